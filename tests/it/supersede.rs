//! Who may supersede what: a resource of the cluster turns off no policy of a file and no built-in one, and an exception from one policy
//! excuses nothing from another.

use std::sync::Arc;

use kpolicy::documents::Documents;
use kpolicy::office::{Files, Identity, Key, Kind, Office};
use kpolicy::source::SourceMap;

use crate::judge::{judge, object, validate};
use crate::policies::TODAY;

fn policy(name: &str, supersedes: &str) -> String {
    format!(
        r#"{{"apiVersion": "kpolicy.io/v1alpha1", "kind": "Policy", "metadata": {{"name": "{name}"}}, "spec": {{
            "title": "A title", "category": "api", "severity": "low", "supersedes": [{supersedes}],
            "matchConstraints": {{"podTemplates": true}}, "validations": [{{"expression": "true"}}]}}}}"#
    )
}

/// Built-in policies, and one of a file.
fn files() -> Files {
    let mut sources = SourceMap::new();
    let mut documents = Documents::built_in(&mut sources);
    let text = policy("of-file", "");
    documents.add("of-file.yaml", &Arc::from(text), &mut sources);
    let config = documents.config();
    assert_eq!(documents.problems, []);
    Files {
        policies: Arc::new(documents.take_policies()),
        config,
        exceptions: Vec::new(),
        sources,
    }
}

#[test]
fn a_resource_supersedes_no_built_in_policy_and_none_of_a_file() {
    for (superseded, in_force) in [
        ("", true),
        ("\"require-network-policy\"", false),
        ("\"of-file\"", false),
    ] {
        let mut office = Office::new(files(), None, true);
        let key = Key {
            kind: Kind::Policy,
            namespace: "".into(),
            name: "new".into(),
        };
        let identity = Identity {
            uid: "u".into(),
            generation: 1,
        };
        office.receive(key, identity, &policy("new", superseded));
        let assembly = office.assemble(TODAY).expect("a judge");
        let conditions = &assembly.outcomes[0].conditions;
        let said: Vec<_> = conditions
            .iter()
            .map(|condition| (condition.holds, condition.reason.as_str()))
            .collect();
        assert_eq!(
            !said.contains(&(false, "SupersedesFile")),
            in_force,
            "{said:?}"
        );
        let mut running = assembly.judge.policies();
        assert_eq!(running.any(|(policy, _)| *policy.name == *"new"), in_force);
    }
}

/// What is excused from the stricter of two policies is not excused from the other, also where the stricter one makes
/// the checks of both.
#[test]
fn an_exception_from_a_superseding_policy_is_none_from_what_it_supersedes() {
    let pod = object(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  containers:\n  \
         - {name: a, image: 'a:1', securityContext: {privileged: true}}\n",
    );
    let exception = |policies: &str, expires: &str| {
        format!(
            "apiVersion: kpolicy.io/v1alpha1\nkind: PolicyException\nmetadata: {{name: e, namespace: shop}}\n\
             spec: {{policies: [{policies}], match: {{names: [x]}}, reason: r, owner: o, expires: '{expires}'}}\n"
        )
    };
    let (baseline, restricted) = ("pod-security-baseline", "pod-security-restricted");
    let privileged = "pod-security-restricted/privileged";
    for (excepted, expires, denied_by) in [
        (restricted, "2026-12-31", baseline),
        (privileged, "2026-12-31", baseline),
        // Ended: nothing is excused, and what both find is told once.
        (restricted, "2026-01-31", restricted),
        (
            "pod-security-restricted, pod-security-baseline",
            "2026-12-31",
            "",
        ),
    ] {
        let exception = exception(excepted, expires);
        let profiles = "profiles: [pod-security-baseline, pod-security-restricted]";
        let judge = judge(profiles, &[&exception], None, (2026, 11, 21));
        let verdict = validate(&judge, "Pod", "shop", &pod, None);
        let counted = verdict
            .decisions
            .iter()
            .filter(|one| one.exception.is_none());
        let mut denied: Vec<_> = counted
            .filter(|one| one.violation.validation.ends_with("/privileged"))
            .map(|one| &*one.policy.name)
            .collect();
        denied.dedup();
        let expected: Vec<_> = Some(denied_by)
            .filter(|name| !name.is_empty())
            .into_iter()
            .collect();
        assert_eq!(denied, expected, "{excepted} {expires}");
    }
}

/// An image that cannot be read is refused by every policy of images, whichever run, and told once.
#[test]
fn what_two_policies_of_one_category_say_in_the_same_words_is_told_once_by_the_harder() {
    let pod = object(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: a, image: 'A:1'}]}\n",
    );
    let all = ["acr-only", "docker-hub", "immutable-tags", "registry-host"];
    let exception = "apiVersion: kpolicy.io/v1alpha1\nkind: PolicyException\n\
                     metadata: {name: e, namespace: shop}\nspec: {policies: [acr-only/reference], \
                     match: {names: [x]}, reason: r, owner: o, expires: '2026-12-31'}\n";
    for (levels, left_out, exceptions, expected) in [
        (["deny"; 4], None, &[][..], "acr-only"),
        (
            ["warn", "deny", "deny", "deny"],
            None,
            &[],
            "immutable-tags",
        ),
        (
            ["warn", "warn", "deny", "warn"],
            None,
            &[],
            "immutable-tags",
        ),
        (
            ["disabled", "disabled", "disabled", "deny"],
            None,
            &[],
            "registry-host",
        ),
        (
            ["deny"; 4],
            Some("acr-only/reference"),
            &[],
            "immutable-tags",
        ),
        (
            ["deny"; 4],
            None,
            &[exception],
            "acr-only (excepted) immutable-tags",
        ),
    ] {
        let lines = all.iter().zip(levels).map(|(name, level)| {
            let params = match *name {
                "acr-only" => ", params: {registries: [acrdemo.azurecr.io]}",
                _ => "",
            };
            format!("  {name}: {{enforcement: {level}{params}}}\n")
        });
        let config = format!("profiles: []\npolicies:\n{}", lines.collect::<String>());
        let mut judge = judge(&config, exceptions, None, (2026, 11, 21));
        judge.leave_out(left_out.map(Arc::from));
        let verdict = validate(&judge, "Pod", "shop", &pod, None);
        let mut said: Vec<_> = verdict
            .decisions
            .iter()
            .map(|one| {
                assert!(one.violation.validation.ends_with("/reference"), "{one:?}");
                let lifted = one.exception.as_ref().map_or("", |_| " (excepted)");
                format!("{}{lifted}", one.policy.name)
            })
            .collect();
        said.sort();
        assert_eq!(said.join(" "), expected, "{levels:?} {left_out:?}");
    }
}

#[test]
fn a_check_by_another_name_or_of_another_category_is_told_by_itself() {
    let policy = |name: &str, category: &str, check: &str| {
        format!(
            "apiVersion: kpolicy.io/v1alpha1\nkind: Policy\nmetadata: {{name: {name}}}\nspec:\n  title: t\n  \
             category: {category}\n  severity: low\n  matchConstraints: {{podTemplates: true}}\n  validations:\n  \
             - {{name: {check}, expression: 'pod.spec.containers.size() > 1', message: m}}\n"
        )
    };
    let pod = object(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: a, image: 'a:1'}]}\n",
    );
    for (category, check, expected) in [
        ("images", "size", 1),
        ("api", "size", 2),
        ("images", "count", 2),
    ] {
        let more = [
            policy("one", "images", "size"),
            policy("two", category, check),
        ]
        .join("---\n");
        let config = "profiles: []\npolicies: {one: {enforcement: deny}, two: {enforcement: deny}}";
        let judge = judge(config, &[&more], None, (2026, 11, 21));
        let verdict = validate(&judge, "Pod", "shop", &pod, None);
        assert_eq!(verdict.decisions.len(), expected, "{category} {check}");
    }
}

/// A Pod that only the level restricted refuses, and what privileged lets through alone.
const PODS: [(&str, &str); 2] = [
    (
        "plain",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  containers: [{name: a, image: 'a:1'}]\n",
    ),
    (
        "hostile",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  hostPID: true\n  containers: [{name: a, image: 'a:1'}]\n",
    ),
];

/// Who denies a Pod in a namespace with these labels: policies, each once.
fn denied_by(judge: &kpolicy::judge::Judge, pod: &str, labels: &str) -> Vec<String> {
    let namespace = object(&format!(
        "apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop, labels: {{{labels}}}}}\n"
    ));
    let verdict = crate::judge::validate_in(judge, "Pod", &namespace, &object(pod));
    assert_eq!(verdict.not_judged, []);
    let mut denied: Vec<_> = verdict
        .decisions
        .iter()
        .map(|one| one.policy.name.to_string())
        .collect();
    denied.dedup();
    denied
}

#[test]
fn where_labels_are_followed_each_pod_is_judged_at_its_level_and_by_one_policy() {
    let (baseline, restricted) = ("pod-security-baseline", "pod-security-restricted");
    let follow = "{enforcement: deny, params: {namespaceLabels: follow}}";
    let both =
        format!("profiles: []\npolicies: {{{baseline}: {follow}, {restricted}: {follow}}}\n");
    let both = judge(&both, &[], None, (2026, 11, 21));
    // Each of them judges some namespace, so neither is idle.
    assert_eq!(both.idle().count(), 0);
    let alone = format!("profiles: []\npolicies: {{{baseline}: {follow}}}\n");
    let alone = judge(&alone, &[], None, (2026, 11, 21));
    let other = "{enforcement: deny, params: {namespaceLabels: follow, defaultLevel: restricted}}";
    let unlike =
        format!("profiles: []\npolicies: {{{baseline}: {follow}, {restricted}: {other}}}\n");
    let unlike = judge(&unlike, &[], None, (2026, 11, 21));
    for (level, plain, hostile, without_restricted) in [
        ("privileged", "", "", ""),
        ("baseline", "", baseline, baseline),
        ("restricted", restricted, restricted, baseline),
        ("strict", restricted, restricted, baseline),
    ] {
        let labels = format!("pod-security.kubernetes.io/enforce: {level}");
        let list =
            |name: &str| Vec::from_iter(Some(name.to_owned()).filter(|name| !name.is_empty()));
        let [(_, safe), (_, bad)] = PODS;
        assert_eq!(denied_by(&both, safe, &labels), list(plain), "{level}");
        assert_eq!(denied_by(&both, bad, &labels), list(hostile), "{level}");
        assert_eq!(
            denied_by(&alone, bad, &labels),
            list(without_restricted),
            "{level}"
        );
    }
    assert_eq!(denied_by(&both, PODS[1].1, ""), [baseline]);
    // By other parameters both run, and what both find is told once.
    assert_eq!(denied_by(&unlike, PODS[1].1, ""), [baseline, restricted]);
}

#[test]
fn a_superseding_policy_that_looks_at_less_leaves_the_rest_to_the_other() {
    let more = |extra: &str| {
        format!(
            "apiVersion: kpolicy.io/v1alpha1\nkind: Policy\nmetadata: {{name: more-0}}\nspec:\n  title: t\n  \
             category: images\n  severity: low\n  supersedes: [pod-security-baseline]\n  parameters: SCHEMA\n{extra}  \
             validations:\n  - {{expression: '!has(pod.spec.hostPID)', message: m}}\n"
        )
    };
    let schema = include_str!("../../policies/pod-security/pod-security-baseline.yaml")
        .split_once("  parameters:\n")
        .and_then(|(_, rest)| rest.split_once("  variables:\n"))
        .map(|(schema, _)| format!("\n{schema}"))
        .expect("a schema");
    let config = "profiles: []\npolicies:\n  pod-security-baseline: {enforcement: deny, params: {namespaceLabels: follow}}\n  \
                  more-0: {enforcement: deny, params: {namespaceLabels: follow}}\n";
    let all = "  matchConstraints: {podTemplates: true}\n";
    let labels =
        "  matchConstraints: {podTemplates: true, objectSelector: {matchLabels: {team: shop}}}\n";
    let condition = "  matchConstraints: {podTemplates: true}\n  \
                     matchConditions: [{name: named, expression: object.metadata.name == 'y'}]\n";
    let parameter = "  matchConstraints: {podTemplates: true}\n  \
                     matchConditions: [{name: named, expression: params.version == 'latest' || object.metadata.name == 'y'}]\n";
    // The words of a condition of the other policy, in which a variable means something else.
    let words = "params.namespaceLabels == 'ignore' || variables.level != 'privileged'";
    assert!(include_str!("../../policies/pod-security/pod-security-baseline.yaml").contains(words));
    let variable = format!(
        "  matchConstraints: {{podTemplates: true}}\n  \
         matchConditions: [{{name: named, expression: \"{words}\"}}]\n  \
         variables: [{{name: level, expression: \"'privileged'\"}}]\n"
    );
    for (extra, denied) in [
        (variable.as_str(), "pod-security-baseline"),
        (all, "more-0"),
        (labels, "pod-security-baseline"),
        (condition, "pod-security-baseline"),
        (parameter, "more-0"),
    ] {
        let text = more(extra).replace("SCHEMA", schema.trim_end());
        let judge = judge(config, &[&text], None, (2026, 11, 21));
        assert_eq!(denied_by(&judge, PODS[1].1, ""), [denied], "{extra}");
    }
}
