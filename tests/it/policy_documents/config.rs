//! Config and `PolicyException`.

use kpolicy::config::{
    Config, Date, Enforcement, ExceptionSettings, Profile, check_exception, read_config,
    read_exception, read_profile,
};
use kpolicy::manifest::{NodeRef, Severity};
use kpolicy::schema::templates::TemplateStep;

use super::{document, shown};

const PROFILE: &str = "\
apiVersion: kpolicy.io/v1alpha1
kind: Profile
metadata: {name: recommended}
spec:
  title: the basics
  description: For anybody.
  policies:
    immutable-tags: {enforcement: deny}
    require-limits: {enforcement: warn, params: {cpu: false}}
";

fn profiles() -> Vec<Profile> {
    let mut problems = Vec::new();
    let profile = read_profile(&document(PROFILE), &mut problems);
    assert_eq!(shown(PROFILE, &problems), [""; 0]);
    profile.into_iter().collect()
}

fn config(body: &str) -> (Config, Vec<String>) {
    let text = format!("apiVersion: kpolicy.io/v1alpha1\nkind: Config\n{body}");
    let mut problems = Vec::new();
    let config = read_config(&document(&text), &profiles(), &mut problems);
    (config, shown(&text, &problems))
}

#[test]
fn a_full_config_is_read() {
    let (config, problems) = config(
        r#"
profiles: [recommended]
policyPaths: [policies/]
policies:
  acr-only: {enforcement: deny, params: {registries: ["acrdemo.azurecr.io"]}}
  require-limits: {enforcement: warn}
clusters:
  - {name: app1, path: clusters/app1, kubernetesVersion: "1.34"}
  - {name: mgmt, path: clusters/mgmt, policies: {"*": {enforcement: audit}}}
namespaces:
  - {names: [flux-system, aks-istio-system], enforcement: disabled}
  - {names: ["prod-*"], policies: {require-limits: {enforcement: deny}}}
  - {names: [shop], labels: {team: shop}}
exceptions: {paths: [exceptions/], maxLifetimeDays: 180, allowedNamespaces: [policy-exceptions]}
podTemplateCrds: [{group: jobset.x-k8s.io, kind: JobSet, paths: ["spec.replicatedJobs[].template.spec.template", "spec.roles.*.template"], controllers: ["system:serviceaccount:jobset-system:jobset-controller-manager"]}]
mutate: disabled
autoscalers: ["system:serviceaccount:scaling:keda-operator"]
"#,
    );
    assert_eq!(problems, [""; 0]);
    assert_eq!(config.profiles.len(), 1);
    assert_eq!(config.policies.len(), 2);
    let registries = config.policies["acr-only"].params.as_ref().unwrap().root();
    let first = registries.get("registries").and_then(|list| list.item(0));
    assert_eq!(first.and_then(NodeRef::as_str), Some("acrdemo.azurecr.io"));
    assert!(first.and_then(NodeRef::origin).is_some());
    assert_eq!(config.clusters[0].kubernetes_version, Some((1, 34)));
    let everything = &config.clusters[1].policies["*"];
    assert_eq!(everything.enforcement, Some(Enforcement::Audit));
    assert!(everything.enforcement_span.is_some());
    assert_eq!(config.namespaces.len(), 3);
    assert_eq!(
        config.namespaces[0].enforcement,
        Some(Enforcement::Disabled)
    );
    assert_eq!(config.exceptions.max_lifetime_days, Some(180));
    assert!(!config.mutate);
    let autoscalers = ["system:serviceaccount:scaling:keda-operator".into()];
    assert_eq!(config.autoscalers, autoscalers);
    let crd = &config.pod_template_crds[0];
    let controller = "system:serviceaccount:jobset-system:jobset-controller-manager";
    assert_eq!(crd.controllers, [controller.into()]);
    let paths = &crd.paths;
    assert_eq!(paths[0][2], TemplateStep::Each);
    assert_eq!(paths[0].len(), 6);
    assert_eq!(paths[1][2], TemplateStep::Each);
}

#[test]
fn without_profiles_the_recommended_one_runs_and_mutations_do() {
    let (silent, problems) = config("");
    assert_eq!(problems, [""; 0]);
    assert!(silent.mutate);
    assert_eq!(silent.profiles.len(), 1);
    let (none, problems) = config("profiles: []");
    assert_eq!(problems, [""; 0]);
    assert!(none.profiles.is_empty());
}

#[test]
fn every_error_of_a_config_is_placed() {
    const ACCOUNT: &str = "write the user name of the account that the kind's controller runs as: `system:serviceaccount:<namespace>:<name>`";
    const CLAIM: &str = "a namespace name that fits a glob can be claimed by whoever may create namespaces; name the namespaces in full";
    let glob = |problem: &str| format!("{problem} ({CLAIM})");
    let cases: Vec<(&str, Vec<String>)> = vec![
        ("polices: {}", vec!["polices: unknown field `polices` (did you mean `policies`?)".into()]),
        (
            "profiles: [recomended]",
            vec!["recomended: unknown profile `recomended` (did you mean `recommended`?)".into()],
        ),
        (
            "policies: {acr-only: {enforcement: dney}}",
            vec!["dney: `enforcement` is `dney`; it must be one of `deny`, `warn`, `audit`, `disabled` (did you mean `deny`?)".into()],
        ),
        (
            "policies: {acr-only: {enforcement: off}}",
            vec!["off: `enforcement` must be one of `deny`, `warn`, `audit`, `disabled`, not a boolean (YAML reads `on`, `off`, `yes` and `no` as booleans)".into()],
        ),
        (
            "policies: {acr-only: deny}",
            vec!["deny: the setting of `acr-only` must be a map, not a string".into()],
        ),
        (
            "policies: {acr-only: {params: [a]}}",
            vec!["[a]: `params` must be a map, not a list".into()],
        ),
        (
            "policies: {\"*\": {params: {a: 1}}}",
            vec!["params: `*` cannot have parameters: every policy has its own".into()],
        ),
        (
            "policies: {require-*: {enforcement: deny}}",
            vec!["require-*: `require-*` is no policy; policies are named in full".into()],
        ),
        (
            "clusters: [{name: app1, kubernetesVersion: 1.30}]",
            vec!["1.30: `kubernetesVersion` must be in quotes (YAML reads a version without quotes as a number: 1.30 becomes 1.3)".into()],
        ),
        (
            "clusters: [{name: app1, kubernetesVersion: 1.34.2}]",
            vec!["1.34.2: `kubernetesVersion` is `1.34.2`; it must be like `1.34` (the patch release makes no difference to the API: leave it out)".into()],
        ),
        (
            "clusters: [{name: app1, kubernetesVersion: '2.1'}]",
            vec!["'2.1': `kubernetesVersion` is `2.1`; it must be like `1.34` (the patch release makes no difference to the API: leave it out)".into()],
        ),
        ("clusters: [{name: app1, kubernetesVersion: '1.37'}]", vec![]),
        (
            "clusters: [{name: app1, kubernetesVersion: '1.99'}]",
            vec!["'1.99': Kubernetes 1.99 is newer than what this kpolicy knows (it judges as for 1.37)".into()],
        ),
        ("clusters: [{path: a}]", vec!["{path: a}: `name` is missing".into()]),
        (
            "clusters: [{name: a}, {name: a}]",
            vec!["a: cluster `a` is named twice".into()],
        ),
        (
            "clusters: [{name: a, path: /etc}]",
            vec!["/etc: `/etc` is absolute; paths here are relative".into()],
        ),
        ("clusters: {name: a}", vec!["{name: a}: `clusters` must be a list, not a map".into()]),
        (
            "namespaces: [{names: [kube-*], enforcement: disabled}]",
            vec![glob("disabled: `disabled` under a glob may lower enforcement")],
        ),
        (
            "namespaces: [{names: [kube-*, shop], policies: {acr-only: {enforcement: warn}}}]",
            vec![glob("warn: `warn` under a glob may lower enforcement")],
        ),
        (
            "namespaces: [{names: [kube-*], policies: {acr-only: {params: {a: 1}}}}]",
            vec![glob("params: parameters under a glob may weaken a policy")],
        ),
        (
            "namespaces: [{names: [Shop], enforcement: warn}]",
            vec![
                "[Shop]: `names` names no namespace".into(),
                "Shop: `Shop` is no namespace name, and no glob with `*`".into(),
            ],
        ),
        (
            "namespaces: [{names: [shop], policies: {\"*\": {enforcement: warn}}}]",
            vec!["\"*\": `*` is not allowed here (put `enforcement` beside `names`)".into()],
        ),
        (
            "namespaces: [{names: [shop], labels: {team: 7, a/b/c: x}}]",
            vec![
                "7: label `team` must be a string, not an integer (write it in quotes)".into(),
                "a/b/c: `a/b/c` is no valid label key".into(),
            ],
        ),
        (
            "exceptions: {maxLifetimeDays: 0}",
            vec!["0: `maxLifetimeDays` is 0; it must be from 1 to 36500".into()],
        ),
        (
            "podTemplateCrds: [{group: a.io, kind: A, paths: [\"spec..template\"]}]",
            vec!["\"spec..template\": `spec..template` is no route to a pod template (write keys with dots between them, `[]` for every element of a list and `*` for every value of a map: `spec.jobs[].template`)".into()],
        ),
        (
            "podTemplateCrds: [{group: a.io, kind: A, paths: [spec.a], controllers: [a, \"system:serviceaccount:a:*\"]}]",
            vec![
                format!("a: `a` is no service account ({ACCOUNT})"),
                format!("\"system:serviceaccount:a:*\": `system:serviceaccount:a:*` is no service account ({ACCOUNT})"),
            ],
        ),
        (
            "autoscalers: [keda]",
            vec![format!(
                "keda: `keda` is no service account ({})",
                ACCOUNT.replace("the kind's controller", "the autoscaler")
            )],
        ),
        (
            "mutate: true",
            vec!["true: `mutate` must be one of `enabled`, `disabled`, not a boolean (YAML reads `on`, `off`, `yes` and `no` as booleans)".into()],
        ),
    ];
    for (body, expected) in cases {
        let (_, problems) = config(body);
        assert_eq!(problems, expected, "{body}");
    }
}

const EXCEPTION: &str = "\
apiVersion: kpolicy.io/v1alpha1
kind: PolicyException
metadata: {name: legacy, namespace: policy-exceptions, uid: 1-2}
spec:
  policies: [acr-only, require-limits/memory]
  match: {clusters: [app1], namespaces: [batch], kinds: [CronJob], names: [\"nightly-*\"], selector: {matchLabels: {app: a}}}
  reason: vendor image
  owner: team-batch
  expires: 2027-01-31
";

#[test]
fn a_full_exception_is_read_with_its_date_quoted_or_not() {
    for text in [
        EXCEPTION.to_owned(),
        EXCEPTION.replace("2027-01-31", "\"2027-01-31\""),
    ] {
        let mut problems = Vec::new();
        let exception = read_exception(&document(&text), &mut problems).unwrap();
        assert_eq!(shown(&text, &problems), [""; 0]);
        assert_eq!(&*exception.name, "policy-exceptions/legacy");
        assert_eq!(
            exception.expires,
            Date {
                year: 2027,
                month: 1,
                day: 31
            }
        );
        assert_eq!(&*exception.policies[1].value, "require-limits/memory");
        assert!(!exception.matches.selector.is_everything());
    }
}

#[test]
fn every_error_of_an_exception_is_placed() {
    for (from, to, expected) in [
        ("  reason: vendor image\n", "", "spec: `reason` is missing"),
        (
            "reason: vendor image",
            "reason: ''",
            "'': `reason` is empty",
        ),
        ("  owner: team-batch\n", "", "spec: `owner` is missing"),
        ("  expires: 2027-01-31\n", "", "spec: `expires` is missing"),
        (
            "2027-01-31",
            "2027-02-30",
            "2027-02-30: `expires` is `2027-02-30`, which is no date (write the last day on which the exception holds as `YYYY-MM-DD`)",
        ),
        (
            ", namespace: policy-exceptions",
            "",
            "metadata: `namespace` is missing",
        ),
        (
            "acr-only",
            "\"*\"",
            "\"*\": `*` is no policy; exceptions name each policy in full",
        ),
        (
            "[acr-only, require-limits/memory]",
            "[]",
            "[]: `policies` names no policy",
        ),
        (
            "kinds",
            "kind",
            "kind: unknown field `kind` (did you mean `kinds`?)",
        ),
        (
            "PolicyException",
            "PolicyExeption",
            "PolicyExeption: `kind` is `PolicyExeption`; it must be `PolicyException`",
        ),
    ] {
        let text = EXCEPTION.replace(from, to);
        let mut problems = Vec::new();
        read_exception(&document(&text), &mut problems);
        assert_eq!(shown(&text, &problems), [expected], "{to}");
    }
}

#[test]
fn an_exception_must_reach_less_than_everything() {
    let start = EXCEPTION.find("{clusters").unwrap();
    let end = EXCEPTION.find("  reason").unwrap();
    let text = format!("{}{{}}\n{}", &EXCEPTION[..start], &EXCEPTION[end..]);
    let mut problems = Vec::new();
    read_exception(&document(&text), &mut problems);
    let found = shown(&text, &problems);
    assert_eq!(found.len(), 1);
    assert!(
        found[0].starts_with("match: `match` reaches every object (name clusters"),
        "{found:?}"
    );
    for (narrow, everything) in [
        ("{names: ['*'], containers: ['**']}", true),
        ("{namespaces: ['*'], names: [a, '*']}", true),
        ("{selector: {}}", true),
        ("{names: ['*a']}", false),
        ("{kinds: [Pod], names: ['*']}", false),
    ] {
        let text = format!("{}{narrow}\n{}", &EXCEPTION[..start], &EXCEPTION[end..]);
        let mut problems = Vec::new();
        read_exception(&document(&text), &mut problems);
        assert_eq!(
            problems.len(),
            usize::from(everything),
            "{narrow}: {problems:?}"
        );
    }
}

#[test]
fn a_policy_that_an_exception_names_twice_is_a_warning() {
    for (list, expected) in [
        ("[acr-only, acr-only]", 1),
        ("[acr-only/registry, acr-only]", 1),
        ("[acr-only, acr-only/registry, acr-only/registry]", 2),
        ("[acr-only/registry, acr-only/other]", 0),
    ] {
        let text = EXCEPTION.replace("[acr-only, require-limits/memory]", list);
        let mut problems = Vec::new();
        assert!(read_exception(&document(&text), &mut problems).is_some());
        assert_eq!(problems.len(), expected, "{list}: {problems:?}");
        let warned = problems
            .iter()
            .all(|problem| problem.severity == Severity::Warning);
        assert!(warned, "{list}");
    }
}

/// A Config that lets exceptions be in these namespaces.
fn allowing(namespaces: &[&str]) -> Config {
    let mut config = Config::default();
    let namespaces = namespaces.iter().map(|name| Box::from(*name));
    config.exceptions.allowed_namespaces = namespaces.collect();
    config
}

#[test]
fn what_an_exception_reaches_depends_on_where_it_may_be() {
    let today = Date::parse("2026-12-01").unwrap();
    let crd = "apiVersion: kpolicy.io/v1alpha1\nkind: Config\npodTemplateCrds: [{group: a.io, kind: Rollout, paths: [spec.template]}]\n";
    let mut custom = read_config(&document(crd), &[], &mut Vec::new());
    custom.exceptions.allowed_namespaces = vec!["policy-exceptions".into()];
    for (allowed, from, to, expected) in [
        (&allowing(&["policy-exceptions"]), "a", "a", &[][..]),
        (
            &allowing(&[]),
            "a",
            "a",
            &[
                "batch: exception `policy-exceptions/legacy` may only reach its own namespace, and it names `batch` (name \
               `policy-exceptions` under `exceptions.allowedNamespaces` of Config: exceptions there reach all namespaces, \
               and those of other namespaces are refused)",
            ],
        ),
        (&allowing(&[]), "namespaces: [batch], ", "", &[]),
        (&allowing(&[]), "[batch]", "[policy-exceptions]", &[]),
        (
            &allowing(&[]),
            "[batch]",
            "['policy-*']",
            &["'policy-*': exception `policy-exceptions/legacy` may only"],
        ),
        (
            &allowing(&["policy-exceptions"]),
            "namespaces: [batch], ",
            "",
            &[
                "legacy: exception `policy-exceptions/legacy` reaches every namespace (name `namespaces`: in any other,",
            ],
        ),
        (
            &allowing(&["policy-exceptions"]),
            "[batch]",
            "['*']",
            &["legacy: exception `policy-exceptions/legacy` reaches every"],
        ),
        (
            &allowing(&["policy-exceptions"]),
            "namespaces: [batch], kinds: [CronJob]",
            "kinds: [ClusterRole]",
            &[],
        ),
        (
            &custom,
            "[CronJob]",
            "[Cronjob, jobs, Rollout, HelmRelease, CronJobb]",
            &[
                "Cronjob: there is no kind `Cronjob` (did you mean `CronJob`?)",
                "jobs: there is no kind `jobs` (did you mean `Job`?)",
                "CronJobb: there is no kind `CronJobb` among those that are known (did you mean `CronJob`?)",
            ],
        ),
    ] {
        let text = EXCEPTION.replace(from, to);
        let mut problems = Vec::new();
        let exception = read_exception(&document(&text), &mut problems).unwrap();
        assert_eq!(shown(&text, &problems), [""; 0]);
        let found = shown(&text, &check_exception(&exception, allowed, today));
        assert_eq!(found.len(), expected.len(), "{to}: {found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{to}: {found}");
        }
    }
}

#[test]
fn config_decides_where_exceptions_may_be_and_how_long_they_hold() {
    let exception = read_exception(&document(EXCEPTION), &mut Vec::new()).unwrap();
    let settings = ExceptionSettings {
        paths: Vec::new(),
        max_lifetime_days: Some(30),
        allowed_namespaces: vec!["elsewhere".into()],
    };
    let config = Config {
        exceptions: settings,
        ..Config::default()
    };
    let on = |month, day| {
        let today = Date {
            year: 2026,
            month,
            day,
        };
        shown(EXCEPTION, &check_exception(&exception, &config, today))
    };
    assert_eq!(
        on(12, 1),
        [
            "policy-exceptions: exceptions may not be in namespace `policy-exceptions` (`exceptions.allowedNamespaces` of Config allows `elsewhere`)",
            "2027-01-31: exception `policy-exceptions/legacy` ends in 61 days; `exceptions.maxLifetimeDays` of Config allows 30",
        ]
    );
    let lenient = allowing(&["policy-exceptions"]);
    for (year, month, day, expected) in [
        (2026, 12, 1, None),
        (2027, 1, 16, None),
        (
            2027,
            1,
            17,
            Some("exception `policy-exceptions/legacy` ends in 14 days"),
        ),
        (
            2027,
            1,
            30,
            Some("exception `policy-exceptions/legacy` ends tomorrow"),
        ),
        (
            2027,
            1,
            31,
            Some("exception `policy-exceptions/legacy` ends today"),
        ),
        (
            2027,
            2,
            1,
            Some("exception `policy-exceptions/legacy` has ended and lifts nothing any more"),
        ),
    ] {
        let problems = check_exception(&exception, &lenient, Date { year, month, day });
        let expected = expected.map(|text| {
            format!("2027-01-31: {text} (remove it, or agree on another date with `team-batch`)")
        });
        assert_eq!(
            shown(EXCEPTION, &problems),
            expected.as_slice(),
            "{month} {day}"
        );
        assert!(
            problems
                .iter()
                .all(|problem| problem.severity == Severity::Warning)
        );
    }
}

#[test]
fn the_newest_release_is_the_one_whose_functions_are_known() {
    let known = kpolicy::schema::defaults::NEWEST_KNOWN_MINOR;
    assert_eq!(
        known,
        u32::from(kpolicy::policy::Release::NEWEST.as_minor())
    );
}
