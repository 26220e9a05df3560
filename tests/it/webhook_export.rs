//! `kpolicy export webhook`: every request that a policy judges is sent once, and none that no policy judges.
//!
//! What is sent is decided from the YAML alone, as the API server decides it (`api_server`); what is judged is asked of
//! the judge. Aside stand the selectors, match conditions and parameters of policies, and the namespaces in which Config
//! runs a policy: those only the webhook knows.
//!
//! `UPDATE=1` rewrites the expected configurations.

mod api_server;
mod configurations;
mod generate;
mod objects;
mod policies;
mod requests;

use kpolicy::policy::Operation;
use proptest::prelude::*;

use api_server::{Hooks, hooks};
use generate::{MACHINES, SCHEDULER, USERS, choice, likely, spec};
use objects::{EDITS, Edit, MAKERS, Maker};
use policies::{Form, QUIET, Rule, Said, Spec, Together};
use requests::{Case, Choice, Version, served};

/// What is never sent, or only where a policy says its name. `None` where one says the name, and then does not judge it.
fn is_spared(case: &Case, together: &Together, mutating: bool) -> Option<bool> {
    // By name a policy asks for it, whatever else it leaves out; where it judges, so may the others.
    let named = |subresource, group| {
        let mut policies = together
            .alone
            .iter()
            .filter(|alone| alone.spec.mutates == mutating);
        let mut naming = policies
            .clone()
            .filter(|alone| alone.names(case, subresource, group));
        let judged = naming.any(|alone| alone.says(case, case.version()) == Said::Judged);
        match (
            policies.any(|alone| alone.names(case, subresource, group)),
            judged,
        ) {
            (false, _) => Some(false),
            (true, true) => Some(true),
            (true, false) => None,
        }
    };
    let group = case.group.as_str();
    let always = ["kube-system", "kube-public", "kpolicy-system", QUIET]
        .contains(&case.namespace.as_str())
        || [
            "coordination.k8s.io",
            "authentication.k8s.io",
            "authorization.k8s.io",
        ]
        .contains(&group)
        || (group, case.resource.as_str()) == ("", "nodes")
            && (!["", "status"].contains(&case.subresource.as_str())
                || MACHINES.contains(&case.user.as_str()))
        || (group, case.resource.as_str()) == ("", "namespaces")
            && ["finalize", "status"].contains(&case.subresource.as_str())
            && MACHINES.contains(&case.user.as_str())
        || is_binding(case) && case.user == SCHEDULER
        || case.resource == "events"
        || case
            .user
            .starts_with("system:serviceaccount:kpolicy-system:")
        || case.resource == "customresourcedefinitions" && case.name.ends_with(".kpolicy.io")
        || case.is_exempt();
    if always {
        return Some(true);
    }
    let status = case.subresource == "status";
    let own = group == "kpolicy.io";
    if (group, case.resource.as_str()) == ("", "nodes") {
        return named(Some(&case.subresource), Some("")).map(|named| !named);
    }
    let status = if status {
        named(Some("status"), None).map(|named| !named)
    } else {
        Some(false)
    };
    let own = if own {
        named(None, Some("kpolicy.io")).map(|named| !named)
    } else {
        Some(false)
    };
    Some(status? || own?)
}

/// Whether a Pod is put on a node.
fn is_binding(case: &Case) -> bool {
    let parts = (&*case.group, &*case.resource, &*case.subresource);
    [("", "bindings", ""), ("", "pods", "binding")].contains(&parts)
}

/// Holds what is sent of a request against what is judged of it.
fn check(case: &Case, together: &Together, hooks: &Hooks) -> Result<(), String> {
    for mutating in [false, true] {
        let list = if mutating {
            &hooks.mutating
        } else {
            &hooks.validating
        };
        let sent: Vec<_> = list
            .iter()
            .filter_map(|hook| Some((hook, hook.sends(case)?)))
            .collect();
        if sent.len() > 1 {
            return Err("it is sent twice".to_owned());
        }
        let Some(spared) = is_spared(case, together, mutating) else {
            continue;
        };
        let concerned = || {
            together
                .alone
                .iter()
                .filter(|alone| alone.spec.mutates == mutating)
        };
        let judged_somehow = |version: &Version| {
            concerned()
                .filter(|alone| alone.says(case, version) == Said::Judged)
                .collect::<Vec<_>>()
        };
        let judging = judged_somehow(case.version());
        let Some((hook, version)) = sent.first() else {
            // What is not sent, no policy judges in any version to which it could be converted.
            for version in &case.versions {
                if let Some(alone) = judged_somehow(version).first().filter(|_| !spared) {
                    return Err(format!("it is not sent, and judged by {:#?}", alone.spec));
                }
            }
            continue;
        };
        if spared {
            return Err(format!("it is spared, and sent to {}", hook.name));
        }
        // Which versions are served nobody knows who registers: a policy may say that it names another.
        let concerned: Vec<_> = concerned()
            .filter(|alone| alone.says(case, version) != Said::Nothing)
            .collect();
        if concerned.is_empty() {
            return Err(format!(
                "it is sent to {} as {version:?}, and nobody judges it",
                hook.name
            ));
        }
        for alone in judging {
            if alone.says(case, version) == Said::Nothing {
                return Err(format!(
                    "as {version:?} nothing is said by {:#?}",
                    alone.spec
                ));
            }
        }
        if !mutating && concerned.iter().any(|alone| alone.fails) && hook.failure_policy != "Fail" {
            return Err(format!("it is sent to {}, and must fail closed", hook.name));
        }
        if mutating && hook.failure_policy != "Ignore" {
            return Err("mutations fail open".to_owned());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, max_shrink_iters: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_sent_is_what_is_judged(
        specs in prop::collection::vec(spec(), 1..=4),
        choices in prop::collection::vec(choice(), 60),
    ) {
        let together = Together::new(&specs);
        let hooks = hooks(&together.registered.yaml);
        let all = likely(served());
        for (resource, operation, choice) in choices {
            let served = resource.get(&all);
            let operation = *operation.get(&served.operations);
            let case = served.case(&Choice { operation, ..choice });
            if let Err(what) = check(&case, &together, &hooks) {
                prop_assert!(false, "{what}\n{case:?}\n{}", together.registered.yaml);
            }
        }
    }
}

/// Kinds of which it matters who changes them.
const MAKING: [&str; 5] = ["Job", "Pod", "ReplicaSet", "Rollout", "Scale"];

/// Every resource with every operation, as it comes without any particulars, and with some that matter.
fn every_request() -> Vec<Case> {
    let mut cases = Vec::new();
    let plain = Choice {
        operation: Operation::Create,
        version: 0,
        namespace: "shop".to_owned(),
        name: "x".to_owned(),
        user: "dev".to_owned(),
        maker: Maker::Nobody,
        deleting: false,
        sparse: false,
        edits: Vec::new(),
    };
    for served in served() {
        for &operation in &served.operations {
            for version in 0..served.versions.len() {
                let choice = Choice {
                    operation,
                    version,
                    ..plain.clone()
                };
                cases.push(served.case(&choice));
                for edit in EDITS {
                    cases.push(served.case(&Choice {
                        edits: vec![edit],
                        ..choice.clone()
                    }));
                }
                cases.push(served.case(&Choice {
                    edits: vec![Edit::Template],
                    deleting: true,
                    ..choice.clone()
                }));
                // Who asks, and for whom, matters where there are Pods and scales.
                let makes_pods = MAKING.contains(&served.kind.as_str());
                for maker in MAKERS.into_iter().filter(|_| makes_pods) {
                    for user in USERS {
                        let (user, edits) = (user.to_owned(), vec![Edit::Template]);
                        cases.push(served.case(&Choice {
                            user,
                            maker,
                            edits,
                            ..choice.clone()
                        }));
                    }
                }
                for namespace in ["kube-system", QUIET, "kpolicy-system"] {
                    let namespace = namespace.to_owned();
                    cases.push(served.case(&Choice {
                        namespace,
                        edits: vec![Edit::Label],
                        ..choice.clone()
                    }));
                }
            }
        }
    }
    cases
}

#[test]
fn everything_that_kubernetes_serves_is_sent_where_it_is_judged() {
    let rule = |group, resource, operations: &[&'static str]| Rule {
        group,
        version: "*",
        resource,
        operations: operations.to_vec(),
        scope: "*",
        name: None,
    };
    let spec = |form, category, include: Vec<Rule>| Spec {
        form,
        category,
        enforcement: "deny",
        failure_policy: "Fail",
        include,
        exclude: Vec::new(),
        bound: Vec::new(),
        mutates: false,
    };
    let templates = spec(Form::Templates, "pod-security", Vec::new());
    let everything = |form| spec(form, "api", vec![rule("*", "*/*", &["*"])]);
    let mutating = |form| Spec {
        mutates: true,
        ..spec(
            form,
            "api",
            vec![rule("*", "*/*", &["CREATE", "UPDATE", "CONNECT"])],
        )
    };
    let scale = spec(
        Form::Objects,
        "availability",
        vec![rule("*", "*/scale", &["UPDATE"])],
    );
    let sets = [
        vec![templates.clone()],
        vec![everything(Form::Objects)],
        vec![everything(Form::Native)],
        vec![
            templates.clone(),
            everything(Form::Objects),
            mutating(Form::Objects),
        ],
        vec![
            templates.clone(),
            everything(Form::Native),
            mutating(Form::Native),
        ],
        vec![
            templates.clone(),
            scale,
            Spec {
                mutates: true,
                ..templates
            },
        ],
    ];
    let cases = every_request();
    for specs in sets {
        let together = Together::new(&specs);
        let hooks = hooks(&together.registered.yaml);
        for case in &cases {
            if let Err(what) = check(case, &together, &hooks) {
                panic!("{what}\n{case:#?}\n{}", together.registered.yaml);
            }
        }
    }
}
