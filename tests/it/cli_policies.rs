//! `kpolicy policies`, as people run it: the list, pages, profiles.

use serde_json::Value;

use super::cli_check::{Folder, POLICY, full};

/// The cells of the line that begins with this name.
fn cells<'o>(out: &'o str, name: &str) -> Vec<&'o str> {
    let line = out
        .lines()
        .find(|line| line.split_whitespace().next() == Some(name));
    let cells = line.unwrap_or_default().split("  ").map(str::trim);
    cells.filter(|cell| !cell.is_empty()).collect()
}

#[test]
fn the_list_says_by_family_how_hard_each_policy_is_in_each_cluster() {
    let folder = full();
    let (code, out, err) = folder.run(&["policies"]);
    assert_eq!((code, &*err), (0, ""));
    assert_eq!(
        cells(&out, "sample"),
        [
            "sample",
            "low",
            "warn in app1; audit in mgmt",
            "Images are small"
        ]
    );
    let families: Vec<&str> = out
        .lines()
        .filter(|line| !line.starts_with(' ') && !line.contains(' '))
        .collect();
    assert!(
        families.starts_with(&["pod-security", "resources"]),
        "{out}"
    );
    let at = |text: &str| {
        out.find(text)
            .unwrap_or_else(|| panic!("no {text} in {out}"))
    };
    assert!(at("\nimages\n") < at("  sample ") && at("  sample ") < at("\nscheduling\n"));
    assert_eq!(cells(&out, "acr-only").get(2), Some(&"disabled"));
    assert_eq!(cells(&out, "require-limits").get(2), Some(&"deny"));
    let (_, out, _) = folder.run(&["policies", "--cluster", "mgmt"]);
    assert_eq!(cells(&out, "sample").get(2), Some(&"audit"), "{out}");
    let (code, _, err) = folder.run(&["policies", "--cluster", "app9"]);
    assert_eq!(code, 2, "{err}");
}

#[test]
fn a_page_tells_all_of_a_policy_and_who_decides_here() {
    let folder = full();
    let (code, out, _) = folder.run(&["policies", "sample"]);
    assert_eq!(code, 0);
    assert_eq!(
        out,
        "\
sample: Images are small
images · low · warn in app1; audit in mgmt · your own

Big images take long to start.

What to do
  Make it small.

What decides here
  warn in app1: .kpolicy.yaml:5:25
  audit in mgmt: .kpolicy.yaml:8:51

Applies to
  every pod template: Pod, Deployment, StatefulSet, DaemonSet, Job, CronJob and the other kinds that
    hold one

Parameters
  most (integer), required
    The most megabytes.
    here: 3 (.kpolicy.yaml:5:46)
  names (list of strings) = [\"a\",\"b\"]

Validations
  sample/size: use a small image

To except an object, put this into a file under `exceptions.paths` of Config
  apiVersion: kpolicy.io/v1alpha1
  kind: PolicyException
  metadata: {name: NAME-sample, namespace: exceptions}
  spec:
    policies: [sample]
    match: {namespaces: [NAMESPACE], names: [NAME]}
    reason: why this one may
    owner: who answers for it
    expires: \"2027-02-19\" # the last day on which it holds

References
  https://example.com/small
"
    );
    let (_, out, _) = folder.run(&["policies", "sample", "--expressions"]);
    assert!(
        out.contains(
            "sample/size: use a small image\n      containers.all(c,\n        c.image != '' && params.most > 0)\n"
        ),
        "{out}"
    );
    let (code, out, err) = folder.run(&["policies", "smaple"]);
    assert_eq!((code, &*out), (2, ""));
    assert_eq!(
        err,
        "error: there is no policy `smaple`; did you mean `sample`?\n"
    );
}

#[test]
fn a_page_of_a_built_in_policy_shows_what_is_refused_and_what_passes() {
    let (code, out, _) = full().run(&["policies", "image-pull-policy"]);
    assert_eq!(code, 0);
    for part in [
        "profile `recommended`",
        "\nRefused, for instance (fail/",
        "\n  kpolicy says\n    error[image-pull-policy/",
        "\nPasses, for instance (pass/",
        "\nWhat the mutations do, for instance (fix/",
        "\nProfiles\n",
    ] {
        assert!(out.contains(part), "{part:?} in {out}");
    }
}

/// An own policy with fixtures beside it: one that holds for each kind of page, one that does not, one with a Secret.
const OWN: &[(&str, &str)] = &[
    (
        "policies/team.yaml",
        "apiVersion: kpolicy.io/v1alpha1
kind: Policy
metadata: {name: team}
spec:
  title: Owners are named
  category: api
  severity: low
  matchConstraints: {resourceRules: [{apiGroups: [\"*\"], apiVersions: [\"*\"], operations: [CREATE], resources: [\"*\"]}]}
  parameters:
    type: object
    properties:
      label: {type: string, default: team}
  validations:
    - {name: owner, expression: \"params.label in object.metadata.?labels.orValue({})\", message: name the owner}
",
    ),
    (
        "policies/tests/team/fail/nobody.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: shop}\n",
    ),
    (
        "policies/tests/team/fail/nobody.context.yaml",
        "# of tests\nparams:\n  # ours\n  label: owner\nnamespace: {name: shop}\n",
    ),
    (
        "policies/tests/team/fail/somebody.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: shop, labels: {team: a}}\n",
    ),
    (
        "policies/tests/team/fail/secret.yaml",
        "# example\napiVersion: v1\nkind: Secret\nmetadata: {name: web}\nstringData: {a: hunter2}\n",
    ),
    (
        "policies/tests/team/pass/somebody.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: shop, labels: {team: a}}\n",
    ),
];

#[test]
fn the_page_of_an_own_policy_shows_the_fixtures_beside_it() {
    let folder = Folder::new(OWN);
    let page = ["policies", "team", "--policy", "policies/team.yaml"];
    let (code, out, err) = folder.run(&page);
    assert_eq!(code, 0, "{err}");
    for part in [
        "\nRefused, for instance (fail/nobody)\n    apiVersion: v1\n    kind: ConfigMap\n",
        "\n  With this in Config\n    policies:\n      team:\n        enforcement: deny\n        params:\n          # ours\n          \
         label: owner\n    namespaces:\n      - {names: [shop], labels: {}}\n",
        "\n  kpolicy says\n    [team/owner] `metadata.labels` is not set: name the owner (metadata.labels)\n",
        "\nPasses, for instance (pass/somebody)\n",
        "\n  metadata: {name: web-team, namespace: shop}\n",
        "\n    match: {namespaces: [shop], kinds: [ConfigMap], names: [web]}\n",
    ] {
        assert!(out.contains(part), "{part} in {out}");
    }
    assert!(!out.contains("hunter2"), "{out}");
    let left_out =
        "warning: the page of `team` leaves out 1 case that does not show what the folder says";
    assert!(err.starts_with(left_out), "{err}");
    // A list shows no examples, and so asks for no fixtures.
    let (code, _, err) = folder.run(&["policies", "--policy", "policies/team.yaml"]);
    assert_eq!((code, &*err), (0, ""));
    let mut json = page.to_vec();
    json.extend(["--output-format", "json"]);
    let (_, out, _) = folder.run(&json);
    let all: Value = serde_json::from_str(&out).unwrap();
    let page = &all["policies"][0];
    assert_eq!(page["examples"]["refused"][0]["case"], "fail/nobody");
    let exception = page["exception"].as_str().unwrap_or_default();
    assert!(exception.contains("policies: [team]"), "{exception}");
}

#[test]
fn a_page_says_where_no_exception_helps_and_what_does() {
    let native = "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: native.example.com}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
  validations: [{expression: \"object.metadata.name != 'a'\"}]
";
    let folder = Folder::new(&[("native.yaml", native)]);
    for (name, expected) in [
        (
            "native.example.com",
            "\nTo except an object\n  Whoever enforces a native policy in the cluster knows no exceptions of kpolicy: change what the\n  \
             policy or its binding matches\n",
        ),
        ("node-edits", "`exceptions: {allowedNamespaces:"),
        (
            "node-edits",
            "\n  metadata: {name: aks-user-0-node-edits, namespace: policy-exceptions}\n",
        ),
        (
            "dockerfile",
            "\n  Exceptions are for objects, and this policy judges the repository",
        ),
    ] {
        let (code, out, err) = folder.run(&["policies", name, "--policy", "native.yaml"]);
        assert_eq!(code, 0, "{err}");
        assert!(out.contains(expected), "{expected} in {out}");
    }
}

#[test]
fn the_profiles_are_listed_and_what_one_turns_on_is_one_command() {
    let folder = full();
    let (code, out, _) = folder.run(&["policies", "--profiles"]);
    assert_eq!(code, 0);
    for name in [
        "recommended",
        "pod-security-baseline",
        "pod-security-restricted",
    ] {
        assert!(
            out.lines()
                .any(|line| line.starts_with(&format!("{name}: "))),
            "{name} in {out}"
        );
    }
    // Whatever Config says.
    let (code, out, _) = folder.run(&["policies", "--profile", "pod-security-baseline"]);
    assert_eq!(code, 0);
    assert_eq!(cells(&out, "pod-security-baseline").get(2), Some(&"deny"));
    assert_eq!(cells(&out, "require-limits"), [""; 0]);
    assert_eq!(
        out.lines().count(),
        3,
        "a header, a family and a policy: {out}"
    );
    // What it extends counts, and what nobody has set is said.
    let (code, out, _) = folder.run(&["policies", "--profile", "aks"]);
    assert_eq!(code, 0);
    for name in ["acr-only", "require-limits"] {
        assert_eq!(cells(&out, name).get(2), Some(&"deny"), "{out}");
    }
    let idle = "acr-only judges nothing: set the parameter `registries` in Config\n";
    assert!(out.contains(idle), "{out}");
    let (code, out, err) = folder.run(&["policies", "--profile", "recomended"]);
    assert_eq!((code, &*out), (2, ""));
    assert_eq!(
        err,
        "error: there is no profile `recomended`; did you mean `recommended`?\n"
    );
}

#[test]
fn of_several_profiles_the_strictest_counts_and_each_has_a_column() {
    let profiles = "pod-security-restricted,pod-security-baseline";
    let (code, out, _) = full().run(&["policies", "--profile", profiles]);
    assert_eq!(code, 0);
    let header = out.lines().next().unwrap_or_default();
    assert_eq!(
        header.split_whitespace().collect::<Vec<_>>(),
        [
            "NAME",
            "SEVERITY",
            "ENFORCEMENT",
            "pod-security-restricted",
            "pod-security-baseline",
            "TITLE"
        ]
    );
    assert_eq!(
        cells(&out, "pod-security-restricted")[1..5],
        ["high", "deny", "deny", "-"]
    );
    assert!(
        out.ends_with(
            "pod-security-baseline judges nothing: `pod-security-restricted` makes its checks\n"
        ),
        "{out}"
    );
}

#[test]
fn programs_get_every_page_whole() {
    let folder = full();
    let json = |arguments: &[&str]| -> Value {
        let (code, out, err) = folder.run(arguments);
        assert_eq!(code, 0, "{err}");
        serde_json::from_str(&out).unwrap()
    };
    let all = json(&["policies", "--output-format", "json"]);
    assert_eq!(all["version"], 1);
    assert!(all["policies"].as_array().unwrap().len() > 9);
    let one = json(&["policies", "sample", "--output-format", "json"]);
    let page = &one["policies"][0];
    assert_eq!(page["here"]["decided"][0]["enforcement"], "warn");
    assert_eq!(page["here"]["decided"][1]["clusters"][0], "mgmt");
    assert_eq!(page["parameters"][0]["name"], "most");
    assert_eq!(page["parameters"][0]["set"][0]["value"], 3);
    assert_eq!(page["validations"][0]["message"], "use a small image");
    let profiles = json(&["policies", "--profiles", "--output-format", "json"]);
    let names = profiles["profiles"].as_array().unwrap().iter();
    let names: Vec<&str> = names.filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(names.first(), Some(&"recommended"));
}

#[test]
fn nothing_that_a_policy_says_acts_in_a_terminal_or_in_markdown() {
    let hostile = POLICY
        .replace(
            "title: Images are small",
            "title: \"\\e[2Jgone <img src=x onerror=alert(1)> | [x](https://evil.example)\"",
        )
        .replace(
            "    Big images take long to start.",
            "    <script>alert(1)</script> `</code>` ![x](https://evil.example) https://evil.example",
        )
        .replace("message: use a small image", "message: \"a\\u202Eb <b>\"")
        .replace("https://example.com/small", "'javascript:alert(1)'")
        .replace("The most megabytes.", "'a | b <i>'");
    let folder = Folder::new(&[("sample.yaml", &hostile)]);
    let run = |arguments: &[&str]| {
        let mut all = vec!["policies", "--policy", "sample.yaml"];
        all.extend(arguments);
        let (code, out, err) = folder.run(&all);
        assert_eq!(code, 0, "{err}");
        assert!(!out.contains(['\u{1b}', '\u{202e}']), "{out:?}");
        out
    };
    run(&[]);
    run(&["sample"]);
    let page = run(&["sample", "--output-format", "markdown"]);
    let outside = |text: &str| page.replace(&format!("\\{text}"), "").contains(text);
    for tag in ["<script", "<img", "<b>", "<i>", "](https"] {
        assert!(!outside(tag), "{tag} in {page}");
    }
    assert!(page.contains("`javascript:alert(1)`"), "{page}");
    assert!(!page.contains(" https://evil"), "{page}");
    let index = run(&["--output-format", "markdown"]);
    let row = index
        .lines()
        .find(|line| line.starts_with("| [sample]"))
        .unwrap_or_default();
    assert!(
        row.contains("\\<img") && row.contains("\\| \\[x\\]"),
        "{row}"
    );
}

#[test]
fn a_broken_exception_stops_nobody_from_reading_policies() {
    let config = "apiVersion: kpolicy.io/v1alpha1\nkind: Config\nexceptions: {paths: [exceptions, nowhere]}\n";
    let exception = "apiVersion: kpolicy.io/v1alpha1\nkind: PolicyException\nspec: {bad: 1}\n";
    let folder = Folder::new(&[
        (".kpolicy.yaml", config),
        ("exceptions/broken.yaml", exception),
    ]);
    for arguments in [
        &["policies"][..],
        &["policies", "--profiles"],
        &["policies", "--profile", "aks"],
        &["policies", "acr-only"],
    ] {
        let (code, out, err) = folder.run(arguments);
        assert_eq!(code, 0, "{arguments:?}: {err}");
        assert!(!out.is_empty());
        assert!(!err.contains("broken.yaml"), "{err}");
        assert!(err.contains("warning: cannot read `"), "{err}");
    }
    let (code, _, err) = folder.run(&["check"]);
    assert_eq!(code, 2, "whoever checks is told: {err}");
}

#[test]
fn what_is_asked_for_by_name_goes_before_the_environment() {
    let folder = full();
    for (variables, arguments, code) in [
        (
            &[("KPOLICY_CLUSTER", "app9")][..],
            &["--profile", "aks"][..],
            0,
        ),
        (&[("KPOLICY_PROFILE", "nobody")], &["--profiles"], 0),
        (&[("KPOLICY_PROFILE", "nobody")], &["--cluster", "app1"], 0),
        (&[("KPOLICY_PROFILES", "true")], &["acr-only"], 0),
        // What does not exclude what was asked for counts.
        (&[("KPOLICY_CLUSTER", "app9")], &["acr-only"], 2),
        (&[("KPOLICY_PROFILE", "nobody")], &[], 2),
        (&[], &["--profile", "aks", "--cluster", "app1"], 2),
        (
            &[("KPOLICY_PROFILE", "aks"), ("KPOLICY_CLUSTER", "app1")],
            &[],
            2,
        ),
    ] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_kpolicy"))
            .arg("policies")
            .args(arguments)
            .env_clear()
            .envs(variables.iter().copied())
            .current_dir(folder.path())
            .output()
            .unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{variables:?} {arguments:?}: {err}"
        );
    }
}
