//! Policies and requests at random.

use kpolicy::policy::Operation;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::objects::{EDITS, MAKERS};
use super::policies::{Form, QUIET, Rule, Spec};
use super::requests::{Choice, Served};

const OPERATIONS: [&str; 4] = ["CREATE", "UPDATE", "DELETE", "CONNECT"];

/// Who asks.
/// Users whose changes of nodes the cluster lives on.
pub(super) const MACHINES: [&str; 7] = [
    "system:node:aks-user-0",
    SCHEDULER,
    "system:kube-controller-manager",
    "system:serviceaccount:kube-system:horizontal-pod-autoscaler",
    "system:serviceaccount:kube-system:keda-operator",
    "system:serviceaccount:kube-system:deployment-controller",
    "system:serviceaccount:kube-system:cronjob-controller",
];

/// Who puts pods on nodes.
pub(super) const SCHEDULER: &str = "system:kube-scheduler";

pub(super) const USERS: [&str; 13] = [
    "system:node:aks-user-0",
    SCHEDULER,
    "system:serviceaccount:operators:rollout",
    "dev",
    "dev",
    "",
    "system:kube-controller-manager",
    "system:serviceaccount:kube-system:horizontal-pod-autoscaler",
    "system:serviceaccount:kube-system:keda-operator",
    "system:serviceaccount:keda:keda-operator",
    "system:serviceaccount:kube-system:deployment-controller",
    "system:serviceaccount:kube-system:cronjob-controller",
    "system:serviceaccount:kpolicy-system:kpolicy",
];

fn rule() -> impl Strategy<Value = Rule> {
    let named = select(vec![
        ("", "pods"),
        ("", "pods/*"),
        ("", "pods/resize"),
        ("", "pods/status"),
        ("", "pods/exec"),
        ("", "pods/binding"),
        ("", "bindings"),
        ("", "nodes"),
        ("", "nodes/status"),
        ("", "*"),
        ("", "services"),
        ("", "namespaces"),
        ("", "namespaces/*"),
        ("", "namespaces/finalize"),
        ("apps", "deployments"),
        ("apps", "deployments/scale"),
        ("apps", "deployments/*"),
        ("apps", "replicasets"),
        ("apps", "*"),
        ("apps", "*/scale"),
        ("apps", "*/*"),
        ("batch", "jobs"),
        ("batch", "cronjobs"),
        ("autoscaling", "horizontalpodautoscalers"),
        ("argoproj.io", "rollouts"),
        ("argoproj.io", "*/scale"),
        ("example.io", "widgets"),
        ("example.io", "widgets/status"),
        ("example.io", "*"),
        ("kpolicy.io", "policyexceptions"),
        ("*", "*"),
        ("*", "*/*"),
        ("*", "*/scale"),
        ("*", "*/status"),
        ("*", "deployments"),
    ]);
    let operations = prop_oneof![
        3 => Just(vec!["CREATE", "UPDATE"]),
        1 => Just(vec!["*"]),
        2 => subsequence(OPERATIONS.to_vec(), 1..=3),
    ];
    let scope = prop_oneof![5 => Just("*"), 1 => Just("Cluster"), 1 => Just("Namespaced")];
    let name = prop_oneof![6 => Just(None), 1 => Just(Some("special"))];
    (
        named,
        prop_oneof![3 => Just("*"), 2 => Just("v1"), 1 => Just("v2")],
        operations,
        scope,
        name,
    )
        .prop_map(
            |((group, resource), version, operations, scope, name)| Rule {
                group,
                version,
                resource,
                operations,
                scope,
                name,
            },
        )
}

pub(super) fn spec() -> impl Strategy<Value = Spec> {
    let form =
        prop_oneof![2 => Just(Form::Templates), 3 => Just(Form::Objects), 2 => Just(Form::Native)];
    let words = (
        select(vec!["pod-security", "pod-security", "api"]),
        select(vec!["deny", "deny", "warn", "audit"]),
        select(vec!["Fail", "Fail", "Ignore"]),
    );
    let rules = (
        prop::collection::vec(rule(), 1..=2),
        prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(rule(), 1..=2)],
        prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(rule(), 1..=2)],
    );
    (form, words, rules, prop::bool::weighted(0.3)).prop_map(
        |(
            form,
            (category, enforcement, failure_policy),
            (mut include, mut exclude, mut bound),
            mutates,
        )| {
            // Of an exclusion in a version that does not come our own mutations say nothing, and do nothing.
            for rule in exclude.iter_mut().filter(|_| mutates) {
                rule.version = "*";
            }
            if form == Form::Native && mutates {
                // The API server refuses one that names what is deleted.
                for rule in include.iter_mut().chain(&mut exclude).chain(&mut bound) {
                    rule.operations
                        .retain(|word| !matches!(*word, "DELETE" | "*"));
                    if rule.operations.is_empty() {
                        rule.operations = vec!["CREATE", "UPDATE"];
                    }
                }
            }
            Spec {
                form,
                category,
                // An audited mutation is none.
                enforcement: if mutates && enforcement == "audit" {
                    "warn"
                } else {
                    enforcement
                },
                failure_policy,
                include,
                exclude: if form == Form::Templates {
                    Vec::new()
                } else {
                    exclude
                },
                bound: if form == Form::Native {
                    bound
                } else {
                    Vec::new()
                },
                mutates,
            }
        },
    )
}

pub(super) fn choice() -> impl Strategy<Value = (prop::sample::Index, prop::sample::Index, Choice)>
{
    let words = (
        select(vec![
            "shop",
            "shop",
            "shop",
            "kube-system",
            QUIET,
            "kpolicy-system",
        ]),
        select(vec!["x", "x", "special", "things.kpolicy.io", ""]),
        select(USERS.to_vec()),
    );
    let rest = (
        0_usize..2,
        select(MAKERS.to_vec()),
        prop::bool::weighted(0.2),
        any::<bool>(),
        subsequence(EDITS.to_vec(), 0..=3),
    );
    (
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        words,
        rest,
    )
        .prop_map(
            |(
                resource,
                operation,
                (namespace, name, user),
                (version, maker, deleting, sparse, edits),
            )| {
                let choice = Choice {
                    operation: Operation::Create,
                    version,
                    namespace: namespace.to_owned(),
                    name: name.to_owned(),
                    user: user.to_owned(),
                    maker,
                    deleting,
                    sparse,
                    edits,
                };
                (resource, operation, choice)
            },
        )
}

/// What policies are mostly about comes more often than the many kinds that nobody names.
pub(super) fn likely(all: Vec<Served>) -> Vec<Served> {
    let usual = |served: &Served| {
        let groups = [
            "apps",
            "batch",
            "argoproj.io",
            "jobset.x-k8s.io",
            "example.io",
            "kpolicy.io",
            "autoscaling",
        ];
        groups.contains(&served.group.as_str())
            || served.group.is_empty() && ["pods", "namespaces"].contains(&served.resource.as_str())
    };
    let (usual, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(usual);
    let often = std::iter::repeat_n(usual, 4).flatten();
    often.chain(rest).collect()
}
