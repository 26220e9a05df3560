//! How hard a policy is, where: profiles, Config, clusters, namespaces; and what exceptions lift.

use std::sync::Arc;

use kpolicy::config::{Date, Enforcement};
use kpolicy::documents::Documents;
use kpolicy::engine::{Kind, Limits, NoOtherObjects, Request, Resource};
use kpolicy::judge::{Judge, NoOwners, Verdict};
use kpolicy::manifest::{Dialect, Document, DocumentBuilder, NodeRef, read};
use kpolicy::policy::Operation;
use kpolicy::source::{SourceId, SourceMap};

/// Judges what `policies` (after the built-in ones) and Config say on a day.
pub(crate) fn judge(
    config: &str,
    more: &[&str],
    cluster: Option<&str>,
    today: (i16, u8, u8),
) -> Judge {
    let mut sources = SourceMap::new();
    let mut documents = Documents::built_in(&mut sources);
    let config = format!("apiVersion: kpolicy.io/v1alpha1\nkind: Config\n{config}");
    documents.add(".kpolicy.yaml", &Arc::from(config), &mut sources);
    for (number, text) in more.iter().enumerate() {
        documents.add(
            &format!("more-{number}.yaml"),
            &Arc::from(*text),
            &mut sources,
        );
    }
    let config = documents.config();
    assert_eq!(documents.problems, []);
    let exceptions = std::mem::take(&mut documents.exceptions);
    let policies = Arc::new(documents.take_policies());
    let today = Date {
        year: today.0,
        month: today.1,
        day: today.2,
    };
    Judge::new(&policies, &config, &exceptions, cluster, today).unwrap()
}

pub(crate) fn object(text: &str) -> Document {
    let reading = read(
        SourceId(0),
        text,
        Dialect::Kubectl,
        &kpolicy::manifest::Limits::default(),
    );
    assert_eq!(reading.problems, []);
    reading.documents.into_iter().next().unwrap()
}

pub(crate) fn validate(
    judge: &Judge,
    kind: &str,
    namespace: &str,
    new: &Document,
    old: Option<&Document>,
) -> Verdict {
    validate_for(judge, kind, namespace, (new, old), None)
}

/// The same for a user, of whom nothing is known otherwise.
fn validate_for(
    judge: &Judge,
    kind: &str,
    namespace: &str,
    objects: (&Document, Option<&Document>),
    user: Option<&Document>,
) -> Verdict {
    let mut builder = DocumentBuilder::new();
    let root = builder.object(&[]);
    let namespace_object = builder.finish(root);
    judge_in(judge, kind, (namespace, &namespace_object), objects, user)
}

/// A new object in a namespace of which all is known.
pub(crate) fn validate_in(
    judge: &Judge,
    kind: &str,
    namespace: &Document,
    new: &Document,
) -> Verdict {
    let name = namespace.root().at(&["metadata", "name"]);
    let name = name.and_then(NodeRef::as_str).unwrap_or_default();
    judge_in(judge, kind, (name, namespace), (new, None), None)
}

fn judge_in(
    judge: &Judge,
    kind: &str,
    (namespace, namespace_object): (&str, &Document),
    (new, old): (&Document, Option<&Document>),
    user: Option<&Document>,
) -> Verdict {
    let (group, resource) = match kind {
        "Pod" => ("", "pods"),
        "ReplicaSet" => ("apps", "replicasets"),
        _ => ("apps", "deployments"),
    };
    let kind = Kind {
        group,
        version: "v1",
        kind,
    };
    let resource = Resource {
        group,
        version: "v1",
        resource,
    };
    let name = new
        .root()
        .at(&["metadata", "name"])
        .and_then(NodeRef::as_str)
        .unwrap_or_default();
    let request = Request {
        name,
        namespace: Some(namespace),
        object: Some(new.root()),
        old_object: old.map(Document::root),
        namespace_object: Some(namespace_object.root()),
        user_info: user.map(Document::root),
        ..Request::new(
            if old.is_some() {
                Operation::Update
            } else {
                Operation::Create
            },
            kind,
            resource,
        )
    };
    judge.validate(
        &request,
        &judge.lineage(&request, &NoOwners),
        &NoOtherObjects("a test"),
        &Limits::default(),
    )
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  hostNetwork: true\n  containers:\n  \
                   - {name: a, image: 'example.com/a:1', securityContext: {privileged: true}}\n  \
                   - {name: b, image: 'example.com/b:1', securityContext: {privileged: true}}\n";
const ONLY: &str = "profiles: []\npolicies: {pod-security-baseline: {enforcement: deny}}\n";

fn hardest(judge: &Judge, namespace: &str) -> Option<Enforcement> {
    let verdict = validate(judge, "Pod", namespace, &object(POD), None);
    verdict
        .decisions
        .iter()
        .map(|decision| decision.enforcement)
        .max()
}

#[test]
fn later_settings_win_and_a_cluster_is_a_ceiling_for_its_namespaces() {
    let clusters = "clusters:\n- {name: app, policies: {pod-security-baseline: {enforcement: warn}}}\n\
                    - {name: mgmt, policies: {'*': {enforcement: audit}}}\n";
    let namespaces = "namespaces:\n- {names: [loose], enforcement: audit}\n- {names: [quiet], enforcement: disabled}\n\
                      - {names: ['prod-*'], policies: {pod-security-baseline: {enforcement: deny}}}\n";
    let text = format!("{ONLY}{clusters}{namespaces}");
    for (cluster, namespace, expected) in [
        (None, "shop", Some(Enforcement::Deny)),
        (None, "loose", Some(Enforcement::Audit)),
        (None, "quiet", None),
        (Some("app"), "shop", Some(Enforcement::Warn)),
        (Some("app"), "prod-shop", Some(Enforcement::Warn)),
        (Some("app"), "loose", Some(Enforcement::Audit)),
        (Some("mgmt"), "shop", Some(Enforcement::Audit)),
        (Some("mgmt"), "prod-shop", Some(Enforcement::Audit)),
    ] {
        let judge = judge(&text, &[], cluster, (2026, 11, 21));
        assert_eq!(
            hardest(&judge, namespace),
            expected,
            "{cluster:?} {namespace}"
        );
    }
}

#[test]
fn a_word_for_every_policy_of_a_cluster_turns_nothing_on() {
    let text =
        format!("{ONLY}clusters:\n- {{name: app, policies: {{'*': {{enforcement: audit}}}}}}\n");
    let judge = judge(&text, &[], Some("app"), (2026, 11, 21));
    let running: Vec<_> = judge
        .policies()
        .filter(|(_, level)| *level > Enforcement::Disabled)
        .collect();
    assert_eq!(running.len(), 1, "only what runs elsewhere too");
}

#[test]
fn an_exception_holds_on_its_last_day_for_its_container_and_no_longer() {
    let exception = "apiVersion: kpolicy.io/v1alpha1\nkind: PolicyException\nmetadata: {name: e, namespace: shop}\nspec:\n  \
                     policies: [pod-security-baseline/privileged]\n  match: {containers: [a]}\n  reason: r\n  owner: o\n  \
                     expires: '2026-12-01'\n";
    for (day, lifted) in [((2026, 12, 1), 1), ((2026, 12, 2), 0)] {
        let judge = judge(ONLY, &[exception], None, day);
        let verdict = validate(&judge, "Pod", "shop", &object(POD), None);
        let lifts: Vec<_> = verdict
            .decisions
            .iter()
            .filter(|decision| decision.exception.is_some())
            .collect();
        assert_eq!(lifts.len(), lifted, "{day:?}");
        assert!(
            lifts
                .iter()
                .all(|decision| decision.violation.container.as_deref() == Some("a"))
        );
        assert_eq!(
            verdict.decisions.len(),
            3,
            "host network and two privileged containers"
        );
    }
}

#[test]
fn more_places_than_are_listed_are_not_lifted_by_an_exception_for_one_container() {
    let exception = "apiVersion: kpolicy.io/v1alpha1\nkind: PolicyException\nmetadata: {name: e, namespace: shop}\nspec:\n  \
                     policies: [pod-security-baseline]\n  match: {containers: [a]}\n  reason: r\n  owner: o\n  \
                     expires: '2026-12-01'\n";
    let port = |port: u16| format!("{{containerPort: {port}, hostPort: {port}}}");
    let ports = (1..=150).map(port).collect::<Vec<_>>().join(", ");
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec:\n  containers:\n  - {{name: a, image: a, ports: [{ports}]}}\n  \
         - {{name: b, image: b, ports: [{{containerPort: 1, hostPort: 1}}]}}\n"
    );
    let judge = judge(ONLY, &[exception], None, (2026, 11, 21));
    let verdict = validate(&judge, "Pod", "shop", &object(&pod), None);
    let stands = verdict
        .decisions
        .iter()
        .filter(|decision| decision.exception.is_none())
        .count();
    assert!(stands > 0, "what container b does is still denied");
}

#[test]
fn an_update_is_judged_again_only_where_what_the_policy_looks_at_changed() {
    let image = "apiVersion: kpolicy.io/v1alpha1\nkind: Policy\nmetadata: {name: more-0}\nspec:\n  title: t\n  \
                 category: images\n  severity: low\n  description: d\n  remediation: r\n  matchConstraints:\n    \
                 podTemplates: true\n  validations:\n  - {expression: 'false', message: m}\n";
    let judge = judge("profiles: []\n", &[image], None, (2026, 11, 21));
    let old = object(POD);
    for (change, judged) in [
        ("metadata: {name: web, finalizers: [x]}", false),
        ("metadata: {name: web, labels: {a: b}}", true),
    ] {
        let new = object(&POD.replace("metadata: {name: web}", change));
        let verdict = validate(&judge, "Pod", "shop", &new, Some(&old));
        assert_eq!(!verdict.decisions.is_empty(), judged, "{change}");
    }
}

#[test]
fn what_a_controller_made_is_judged_by_its_pods_but_only_by_policies_of_pods() {
    let replicas = "apiVersion: kpolicy.io/v1alpha1\nkind: Policy\nmetadata: {name: more-0}\nspec:\n  title: t\n  \
                    category: availability\n  severity: low\n  description: d\n  remediation: r\n  matchConstraints:\n    \
                    resourceRules:\n    - {apiGroups: [apps], apiVersions: ['*'], resources: [replicasets], operations: [CREATE]}\n  \
                    validations:\n  - {expression: 'object.spec.replicas > 1', message: m}\n";
    let judge = judge(ONLY, &[replicas], None, (2026, 11, 21));
    let set = object(
        "apiVersion: apps/v1\nkind: ReplicaSet\nmetadata:\n  name: web\n  ownerReferences: [{apiVersion: apps/v1, \
         kind: Deployment, name: web, uid: a, controller: true}]\nspec:\n  replicas: 1\n  template: {spec: {hostNetwork: true, containers: []}}\n",
    );
    let made = object("{username: 'system:serviceaccount:kube-system:deployment-controller'}");
    for (user, expected) in [
        (Some(&made), &["more-0"][..]),
        // Whoever only says that a controller made it is judged.
        (None, &["more-0", "pod-security-baseline"]),
    ] {
        let verdict = validate_for(&judge, "ReplicaSet", "shop", (&set, None), user);
        let found: Vec<_> = verdict
            .decisions
            .iter()
            .map(|decision| &*decision.policy.name)
            .collect();
        assert_eq!(found, expected);
    }
}

/// Baseline and restricted, each at a strength, and what Config says beside that.
fn both_levels(baseline: &str, restricted: &str, more: &str) -> String {
    format!(
        "profiles: []\npolicies:\n  pod-security-baseline: {baseline}\n  pod-security-restricted: {restricted}\n{more}"
    )
}

/// Which policies say what of the pod, and how hard.
fn told(config: &str, namespace: &str) -> Vec<(String, &'static str)> {
    let judge = judge(config, &[], None, (2026, 11, 21));
    let verdict = validate(&judge, "Pod", namespace, &object(POD), None);
    let mut told: Vec<_> = verdict
        .decisions
        .iter()
        .map(|decision| {
            let id = decision.violation.validation.to_string();
            (id, decision.enforcement.as_str())
        })
        .collect();
    told.sort();
    told.dedup();
    told
}

#[test]
fn a_policy_that_supersedes_another_tells_what_both_find_once() {
    let names = |told: &[(String, &str)], policy: &str| {
        let check = |id: &str| Some(id.strip_prefix(policy)?.strip_prefix('/')?.to_owned());
        let names = told.iter().filter_map(|(id, _)| check(id));
        names.collect::<Vec<_>>().join(" ")
    };
    let own =
        "allowPrivilegeEscalation capabilities_restricted runAsNonRoot seccompProfile_restricted";
    let whole = "allowPrivilegeEscalation capabilities_restricted hostNamespaces privileged runAsNonRoot \
                 seccompProfile_restricted";
    let shared = "hostNamespaces privileged";
    let (deny, warn) = ("{enforcement: deny}", "{enforcement: warn}");
    let pinned = "{enforcement: deny, params: {version: v1.30}}";
    let harder =
        "namespaces: [{names: [shop], policies: {pod-security-restricted: {enforcement: deny}}}]\n";
    let softer = "namespaces: [{names: [shop], policies: {pod-security-restricted: {enforcement: disabled}}}]\n";
    for (baseline, restricted, more, of_baseline, of_restricted) in [
        (deny, deny, "", "", whole),
        (warn, deny, "", "", whole),
        (deny, warn, "", shared, own),
        // By other rules both run, and the one that supersedes leaves out what the other says as hard.
        (deny, pinned, "", shared, own),
        (warn, pinned, "", "", whole),
        (deny, warn, harder, "", whole),
        (deny, deny, softer, shared, ""),
        (
            "{enforcement: deny, params: {version: '1.30'}}",
            pinned,
            "",
            "",
            whole,
        ),
    ] {
        let told = told(&both_levels(baseline, restricted, more), "shop");
        let found = (
            names(&told, "pod-security-baseline"),
            names(&told, "pod-security-restricted"),
        );
        let expected = (of_baseline.to_owned(), of_restricted.to_owned());
        assert_eq!(found, expected, "{baseline} {restricted} {more}");
    }
}

#[test]
fn what_a_policy_supersedes_must_be_there() {
    let text = "apiVersion: kpolicy.io/v1alpha1\nkind: Policy\nmetadata: {name: more}\nspec:\n  title: t\n  \
                category: images\n  severity: low\n  description: d\n  remediation: r\n  \
                supersedes: [pod-security-baselin]\n  matchConstraints:\n    podTemplates: true\n  \
                validations:\n  - {expression: 'true', message: m}\n";
    let mut sources = SourceMap::new();
    let mut documents = Documents::built_in(&mut sources);
    documents.add("more.yaml", &Arc::from(text), &mut sources);
    let config = documents.config();
    let policies = Arc::new(documents.take_policies());
    let today = Date {
        year: 2026,
        month: 11,
        day: 21,
    };
    let problems = Judge::new(&policies, &config, &[], None, today).unwrap_err();
    let said: Vec<_> = problems
        .iter()
        .map(|problem| (&*problem.message, problem.help.as_deref()))
        .collect();
    let help = Some("did you mean `pod-security-baseline`?");
    assert_eq!(said, [("there is no policy `pod-security-baselin`", help)]);
}

#[test]
fn a_policy_that_another_covers_says_so() {
    let config = both_levels("{enforcement: warn}", "{enforcement: deny}", "");
    let judge = judge(&config, &[], None, (2026, 11, 21));
    let idle: Vec<_> = judge
        .idle()
        .map(|(policy, reason)| (&*policy.name, reason))
        .collect();
    let expected = (
        "pod-security-baseline",
        "`pod-security-restricted` makes its checks",
    );
    assert_eq!(idle, [expected]);
}

#[test]
fn what_an_exception_lifts_in_one_policy_the_one_that_supersedes_it_still_says() {
    let exception = "apiVersion: kpolicy.io/v1alpha1\nkind: PolicyException\nmetadata: {name: e, namespace: shop}\nspec:\n  \
                     policies: [pod-security-baseline/hostNamespaces]\n  match: {names: [web]}\n  reason: r\n  owner: o\n  \
                     expires: '2026-12-01'\n";
    let config = both_levels("{enforcement: deny}", "{enforcement: warn}", "");
    let judge = judge(&config, &[exception], None, (2026, 11, 21));
    let verdict = validate(&judge, "Pod", "shop", &object(POD), None);
    let said = |id: &str| {
        let mut all = verdict.decisions.iter();
        let found = all.find(|decision| *decision.violation.validation == *id);
        found.map(|decision| (decision.enforcement, decision.exception.is_some()))
    };
    assert_eq!(
        said("pod-security-baseline/hostNamespaces"),
        Some((Enforcement::Deny, true))
    );
    assert_eq!(
        said("pod-security-restricted/hostNamespaces"),
        Some((Enforcement::Warn, false))
    );
    assert_eq!(said("pod-security-restricted/privileged"), None);
}

#[test]
fn latest_rules_are_those_of_the_cluster_where_config_names_its_release() {
    let pod = object(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  securityContext:\n    \
         sysctls: [{name: net.ipv4.tcp_rmem, value: '1'}]\n  containers: [{name: a, image: 'example.com/a:1'}]\n",
    );
    for (version, cluster, allowed) in [
        ("latest", "", true),
        ("latest", "kubernetesVersion: '1.31'", false),
        ("latest", "kubernetesVersion: '1.32'", true),
        ("v1.31", "kubernetesVersion: '1.35'", false),
        ("1.32", "kubernetesVersion: '1.35'", true),
        // As upstream: what is newer than the API server is its newest.
        ("v1.36", "kubernetesVersion: '1.31'", false),
        ("v1.31", "", false),
    ] {
        let config = format!(
            "profiles: []\npolicies: {{pod-security-baseline: {{enforcement: deny, params: {{version: '{version}'}}}}}}\n\
             clusters: [{{name: app, {cluster}}}]\n"
        );
        let judge = judge(&config, &[], Some("app"), (2026, 11, 21));
        let verdict = validate(&judge, "Pod", "shop", &pod, None);
        assert_eq!(verdict.decisions.is_empty(), allowed, "{version} {cluster}");
    }
}
