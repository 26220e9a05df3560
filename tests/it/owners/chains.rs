//! What is created: how far an exception reaches, and that a forged reference reaches nothing.

use serde_json::{Value, json};

use super::{
    CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, JANE, JOBS, REPLICA_SETS, ROLLOUTS, STATEFUL_SETS,
    Webhook, annotation, object, review,
};

const MANAGER: &str = "system:kube-controller-manager";

/// An owner that is believed, and the exception that then lifts; or what is said of why not.
type Told = Result<(&'static str, &'static str), &'static str>;

#[test]
fn an_exception_reaches_the_pods_of_its_object_and_nothing_that_only_claims_so() {
    const CRON_JOB: Told = Ok(("CronJob nightly", "policy-exceptions/nightly"));
    let other = "policy-exceptions/others";
    let cases: &[(&str, &str, &str, &str, Told)] = &[
        (
            "an honest chain",
            "Pod nightly-1-*",
            "Job nightly-1 j1",
            JOBS,
            CRON_JOB,
        ),
        (
            "one user for all controllers",
            "Pod nightly-1-*",
            "Job nightly-1 j1",
            MANAGER,
            CRON_JOB,
        ),
        (
            "a chain of two",
            "Pod web-1-*",
            "ReplicaSet web-1 r1",
            REPLICA_SETS,
            Ok(("Deployment web", other)),
        ),
        (
            "a stateful set",
            "Pod db-0",
            "StatefulSet db s1",
            STATEFUL_SETS,
            Ok(("StatefulSet db", other)),
        ),
        (
            "a daemon set",
            "Pod agent-*",
            "DaemonSet agent a1",
            DAEMON_SETS,
            Ok(("DaemonSet agent", other)),
        ),
        (
            "a custom kind on top",
            "Pod front-1-*",
            "ReplicaSet front-1 r2",
            REPLICA_SETS,
            Ok(("Rollout front", other)),
        ),
        (
            "a custom kind that makes pods",
            "Pod front-*",
            "Rollout front f1",
            ROLLOUTS,
            Ok(("Rollout front", other)),
        ),
        (
            "a custom kind without controllers",
            "Pod bird-1-*",
            "ReplicaSet bird-1 r3",
            REPLICA_SETS,
            Ok(("ReplicaSet bird-1", "policy-exceptions/birds")),
        ),
        (
            "a person",
            "Pod nightly-1-x",
            "Job nightly-1 j1",
            JANE,
            Err("`jane` is not the controller of Jobs"),
        ),
        (
            "a person, at the top",
            "Job nightly-2",
            "CronJob nightly c1",
            JANE,
            Err("`jane` is not the controller of CronJobs"),
        ),
        (
            "another controller",
            "Pod nightly-1-x",
            "Job nightly-1 j1",
            REPLICA_SETS,
            Err("is not the controller of Jobs"),
        ),
        (
            "a service account of that name elsewhere",
            "Pod nightly-1-x",
            "Job nightly-1 j1",
            "system:serviceaccount:shop:job-controller",
            Err("is not the controller of Jobs"),
        ),
        (
            "a custom kind's controller on its own",
            "Pod x",
            "Job nightly-1 j1",
            ROLLOUTS,
            Err("is not the controller of Jobs"),
        ),
        (
            "the manager for a custom kind",
            "Pod front-x",
            "Rollout front f1",
            MANAGER,
            Err("is not the controller of Rollouts"),
        ),
        (
            "a forged uid",
            "Pod x",
            "Job nightly-1 j9",
            JOBS,
            Err("no such object with uid `j9` is known"),
        ),
        (
            "a forged kind",
            "Pod x",
            "ReplicaSet nightly-1 j1",
            REPLICA_SETS,
            Err("its uid is of another kind"),
        ),
        (
            "a forged name",
            "Pod x",
            "Job nightly-7 j1",
            JOBS,
            Err("its uid has another name"),
        ),
        (
            "an owner that makes other things",
            "Pod x",
            "CronJob nightly c1",
            CRON_JOBS,
            Err("no controller is known that makes Pods"),
        ),
        (
            "an owner that makes nothing",
            "Pod x",
            "Pod nightly p1",
            JOBS,
            Err("no controller is known that makes Pods"),
        ),
        (
            "a kind without pods",
            "Pod x",
            "Operator nightly o1",
            JOBS,
            Err("no controller is known that makes Pods"),
        ),
        (
            "another namespace",
            "Pod x",
            "Job from-lab j4",
            JOBS,
            Err("its uid is in another namespace"),
        ),
        (
            "an owner that is gone",
            "Pod x",
            "Job other-1 j2",
            JOBS,
            Err("`CronJob/gone` is not believed: no such object with uid `c9`"),
        ),
        (
            "a cycle",
            "Pod x",
            "Rollout egg e1",
            ROLLOUTS,
            Err("owns itself in the end"),
        ),
        (
            "more owners than anybody has",
            "Pod x",
            "Rollout 1 n1",
            ROLLOUTS,
            Err("are more than 6"),
        ),
    ];
    let webhook = Webhook::new();
    for &(what, own, owner, user, expected) in cases {
        let (kind, name) = own.split_once(' ').expect("a kind");
        let made = object(kind, name, Some(owner), true);
        let answer = webhook.validate(&review(&made, None, user));
        let told = annotation(&answer, "owner-not-believed");
        match expected {
            Ok((owner, exception)) => {
                assert_eq!(answer["allowed"], true, "{what}: {answer}");
                let (kind, name) = owner.split_once(' ').expect("a kind");
                assert_eq!(
                    annotation(&answer, "owner"),
                    json!([{"kind": kind, "name": name}]),
                    "{what}"
                );
                let lifted = annotation(&answer, "excepted");
                assert_eq!(lifted[0]["exception"], exception, "{what}");
                assert_eq!(told, Value::Null, "{what}");
            }
            Err(reason) => {
                assert_eq!(answer["allowed"], false, "{what}: {answer}");
                let told = told[0]["reason"].as_str().unwrap_or_default();
                assert!(told.contains(reason), "{what}: {told}");
                assert_eq!(annotation(&answer, "owner"), Value::Null, "{what}");
            }
        }
    }
}

#[test]
fn what_a_controller_made_is_judged_by_its_pods_and_what_a_person_made_in_its_own_name() {
    let cases = [
        (
            "a Job of its CronJob",
            "Job nightly-2",
            "CronJob nightly c1",
            CRON_JOBS,
            true,
        ),
        (
            "one user for all controllers",
            "Job nightly-2",
            "CronJob nightly c1",
            MANAGER,
            true,
        ),
        (
            "a ReplicaSet of its Deployment",
            "ReplicaSet web-2",
            "Deployment web d1",
            DEPLOYMENTS,
            true,
        ),
        (
            "a ReplicaSet of its Rollout",
            "ReplicaSet front-2",
            "Rollout front f1",
            ROLLOUTS,
            true,
        ),
        (
            "an owner that was not seen yet",
            "Job new-1",
            "CronJob new c8",
            CRON_JOBS,
            true,
        ),
        (
            "kubectl create job --from",
            "Job by-hand",
            "CronJob nightly c1",
            JANE,
            false,
        ),
        ("a forged Job", "Job x", "CronJob unknown c9", JANE, false),
        (
            "a forged ReplicaSet",
            "ReplicaSet web-2",
            "Deployment web d1",
            JANE,
            false,
        ),
        (
            "an operator's StatefulSet",
            "StatefulSet x",
            "Operator nightly o1",
            "system:serviceaccount:ops:operator",
            false,
        ),
        (
            "a Deployment that says a CronJob made it",
            "Deployment x",
            "CronJob nightly c1",
            CRON_JOBS,
            false,
        ),
    ];
    let webhook = Webhook::new();
    for (what, own, owner, user, skipped) in cases {
        let (kind, name) = own.split_once(' ').expect("a kind");
        for privileged in [true, false] {
            let made = object(kind, name, Some(owner), privileged);
            let answer = webhook.validate(&review(&made, None, user));
            assert_eq!(
                answer["allowed"],
                skipped || !privileged,
                "{what}: {answer}"
            );
            assert_eq!(annotation(&answer, "excepted"), Value::Null, "{what}");
        }
    }
}

fn without_priority(spec: &mut Value) {
    let spec = spec.as_object_mut().expect("a map");
    spec.remove("priorityClassName");
}

/// An operator's StatefulSet, or a forged one, is not mutated: what made it would undo that. Its Pods are, so it is
/// judged as if it were.
#[test]
fn what_is_not_mutated_for_its_owner_is_judged_as_its_pods_will_be() {
    let webhook = Webhook::new();
    for (owner, mutated) in [(None, true), (Some("Operator nightly o1"), false)] {
        for privileged in [true, false] {
            let mut set = object("StatefulSet", "x", owner, privileged);
            without_priority(&mut set["spec"]["template"]["spec"]);
            let set = review(&set, None, JANE);
            let patch = webhook.ask("/mutate", &set)["patch"].is_string();
            assert_eq!(patch, mutated, "{owner:?}");
            // What is mutated does not come unmutated to the validating call; what is not does, and is excused for
            // nothing but that.
            let answer = webhook.validate(&set);
            assert_eq!(
                answer["allowed"],
                !mutated && !privileged,
                "{owner:?}: {answer}"
            );
        }
    }
    let mut pod = object("Pod", "x-0", Some("StatefulSet x s9"), false);
    without_priority(&mut pod["spec"]);
    let answer = webhook.ask("/mutate", &review(&pod, None, STATEFUL_SETS));
    assert!(answer["patch"].is_string(), "{answer}");
}

/// Nobody asks a Job for what only Pods are asked, so that a forged Job would pass; and nobody sees whether it was mutated.
#[test]
fn what_only_pods_are_asked_is_lifted_for_the_owner_that_made_them_and_not_beyond() {
    let webhook = Webhook::new();
    for (owner, user, allowed) in [
        ("StatefulSet db s1", STATEFUL_SETS, true),
        ("Job nightly-1 j1", JOBS, false),
        ("ReplicaSet front-1 r2", REPLICA_SETS, false),
        ("StatefulSet db s1", JANE, false),
    ] {
        for field in ["hostNetwork", "hostPID"] {
            let mut pod = object("Pod", "x", Some(owner), false);
            pod["spec"][field] = json!(true);
            let answer = webhook.validate(&review(&pod, None, user));
            assert_eq!(
                answer["allowed"], allowed,
                "{owner} {user} {field}: {answer}"
            );
            let told = annotation(&answer, "owner-not-believed");
            assert_eq!(told.is_array(), !allowed, "{answer}");
            if user == JOBS {
                let told = told[0]["reason"].as_str().unwrap_or_default();
                assert!(told.contains("`Job/nightly-1` is in between"), "{told}");
            }
        }
        let mut pod = object("Pod", "x", Some(owner), false);
        pod["metadata"]["labels"] = json!({"broken": "yes"});
        let answer = webhook.ask("/mutate", &review(&pod, None, user));
        assert_eq!(answer["allowed"], allowed, "{owner} {user}: {answer}");
    }
}

#[test]
fn nobody_is_warned_of_what_a_controller_made_and_the_audit_event_names_its_owner() {
    let webhook = Webhook::new();
    for (user, warned) in [(JOBS, false), (JANE, true)] {
        let mut pod = object("Pod", "nightly-1-x", Some("Job nightly-1 j1"), false);
        pod["spec"]["containers"][0]["name"] = json!("other");
        let answer = webhook.validate(&review(&pod, None, user));
        assert_eq!(answer["allowed"], true, "{user}: {answer}");
        assert_eq!(answer["warnings"].is_array(), warned, "{user}: {answer}");
        let audited = annotation(&answer, "violations");
        assert_eq!(
            audited[0]["validation"] == json!("named-containers/main"),
            !warned,
            "{user}: {answer}"
        );
        assert_eq!(
            annotation(&answer, "owner").is_array(),
            !warned,
            "{user}: {answer}"
        );
    }
}
