//! Who may supersede what: a resource of the cluster turns off no policy of a file, and an exception from one policy
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
fn a_resource_may_supersede_a_built_in_policy_and_never_one_of_a_file() {
    for (superseded, in_force) in [("\"require-network-policy\"", true), ("\"of-file\"", false)] {
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
        let idle: Vec<_> = assembly
            .judge
            .idle()
            .map(|(policy, _)| &*policy.name)
            .collect();
        assert_eq!(
            idle.contains(&"require-network-policy"),
            in_force,
            "{idle:?}"
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
            "apiVersion: kpolicy.io/v1alpha1\nkind: PolicyException\nmetadata: {{name: e, namespace: exceptions}}\n\
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
                     metadata: {name: e, namespace: exceptions}\nspec: {policies: [acr-only/reference], \
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
