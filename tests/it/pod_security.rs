//! What Pod Security admission calls its checks: in the names of its test data, and in what it says.

use std::collections::BTreeSet;

/// The levels that check something.
pub(crate) const LEVELS: [&str; 2] = ["baseline", "restricted"];

/// How each check is told of in a refusal, up to the detail in brackets. Checks of one line take each other's place.
const REASONS: [(&str, &[&str]); 18] = [
    (
        "allowPrivilegeEscalation != false",
        &["allowPrivilegeEscalation"],
    ),
    ("forbidden AppArmor profile", &["appArmorProfile"]),
    ("forbidden AppArmor profiles", &["appArmorProfile"]),
    ("non-default capabilities", &["capabilities_baseline"]),
    ("unrestricted capabilities", &["capabilities_restricted"]),
    ("host namespaces", &["hostNamespaces"]),
    ("hostPath volumes", &["hostPathVolumes"]),
    ("hostPort", &["hostPorts"]),
    ("probe or lifecycle host", &["hostProbesAndHostLifecycle"]),
    ("privileged", &["privileged"]),
    ("procMount", &["procMount", "procMount_restricted"]),
    ("restricted volume types", &["restrictedVolumes"]),
    ("runAsNonRoot != true", &["runAsNonRoot"]),
    ("runAsUser=0", &["runAsUser"]),
    ("seLinuxOptions", &["seLinuxOptions"]),
    (
        "seccompProfile",
        &["seccompProfile_baseline", "seccompProfile_restricted"],
    ),
    ("forbidden sysctls", &["sysctls"]),
    ("hostProcess", &["windowsHostProcess"]),
];

/// Checks of the baseline, what takes their place at the level restricted, and the minor version since when.
const REPLACED: [(&str, &str, u32); 4] = [
    ("capabilities_baseline", "capabilities_restricted", 22),
    ("hostPathVolumes", "restrictedVolumes", 0),
    ("procMount", "procMount_restricted", 35),
    ("seccompProfile_baseline", "seccompProfile_restricted", 19),
];

/// The check that decides a file which upstream names, in lower case, after `named`.
pub(crate) fn check_of(named: &str, level: &str, minor: u32) -> &'static str {
    let checks = REASONS.iter().flat_map(|(_, checks)| *checks);
    let check = checks
        .copied()
        .find(|check| check.to_lowercase() == named)
        .unwrap_or_else(|| panic!("there is no check `{named}`"));
    current(check, level, minor)
}

fn current(check: &'static str, level: &str, minor: u32) -> &'static str {
    let replaced = REPLACED
        .iter()
        .find(|(old, _, since)| *old == check && level == "restricted" && minor >= *since);
    replaced.map_or(check, |(_, new, _)| new)
}

/// The checks that a message of Pod Security admission names, such as
/// `violates PodSecurity "baseline:v1.30": privileged (container "a" must not set …), hostPort (…)`.
pub(crate) fn checks_named_in(message: &str, level: &str, version: &str) -> BTreeSet<String> {
    let minor = version
        .rsplit('.')
        .next()
        .and_then(|minor| minor.parse().ok());
    let minor = minor.unwrap_or(u32::MAX);
    let named = REASONS.iter().filter(|(reason, _)| {
        ["\": ", "), "]
            .iter()
            .any(|before| message.contains(&format!("{before}{reason} (")))
    });
    let checks: BTreeSet<String> = named
        .map(|(_, checks)| current(checks[0], level, minor).to_owned())
        .collect();
    assert!(!checks.is_empty(), "no check is known in: {message}");
    checks
}
