//! What is changed: what an object already was stays its owner's, everything else is the requester's own doing.

use serde_json::{Value, json};

use super::{DEPLOYMENTS, JANE, JOBS, Webhook, annotation, object, review};

/// A change to an object.
type Change = fn(&mut Value);

fn label(object: &mut Value) {
    object["metadata"]["labels"] = json!({"seen": "yes"});
}

fn another_container(object: &mut Value) {
    let container = json!({"name": "debug", "image": "b:1"});
    object["spec"]["ephemeralContainers"] = json!([container]);
}

fn another_privileged_container(object: &mut Value) {
    another_container(object);
    object["spec"]["ephemeralContainers"][0]["securityContext"] = json!({"privileged": true});
}

fn another_owner(object: &mut Value) {
    let references = &mut object["metadata"]["ownerReferences"];
    *references = json!([{"apiVersion": "batch/v1", "kind": "Job", "name": "own", "uid": "j3", "controller": true}]);
}

#[test]
fn a_pod_keeps_what_its_owner_is_excepted_from_and_gets_nothing_more() {
    let cases: &[(&str, Change, &str, bool)] = &[
        ("a label", label, JANE, true),
        ("a label by its controller", label, JOBS, true),
        ("an ephemeral container", another_container, JANE, true),
        (
            "a privileged ephemeral container",
            another_privileged_container,
            JANE,
            false,
        ),
        (
            "a privileged container by its controller",
            another_privileged_container,
            JOBS,
            true,
        ),
        (
            "another owner",
            |pod| {
                label(pod);
                another_owner(pod);
            },
            JANE,
            false,
        ),
        (
            "no owner",
            |pod| {
                label(pod);
                pod["metadata"]["ownerReferences"] = json!([]);
            },
            JANE,
            false,
        ),
    ];
    let webhook = Webhook::new();
    let old = object("Pod", "nightly-1-x", Some("Job nightly-1 j1"), true);
    for (what, change, user, allowed) in cases {
        let mut new = old.clone();
        change(&mut new);
        let answer = webhook.validate(&review(&new, Some(&old), user));
        assert_eq!(answer["allowed"], *allowed, "{what}: {answer}");
        if *allowed {
            let lifted = annotation(&answer, "excepted");
            assert_eq!(
                lifted[0]["exception"], "policy-exceptions/nightly",
                "{what}: {answer}"
            );
        }
    }
}

/// Somebody lets a harmless Pod in under a forged reference, and makes it violate afterwards.
#[test]
fn a_forged_reference_that_was_let_in_lifts_nothing_later() {
    let webhook = Webhook::new();
    let old = object("Pod", "x", Some("Job nightly-1 j1"), false);
    let mut new = old.clone();
    new["spec"]["containers"][0]["securityContext"]["privileged"] = json!(true);
    let answer = webhook.validate(&review(&new, Some(&old), JANE));
    assert_eq!(answer["allowed"], false, "{answer}");
}

#[test]
fn a_template_that_a_person_changes_is_judged_in_its_own_name_and_so_is_a_new_controller() {
    let owner = Some("Deployment web d1");
    let honest = object("ReplicaSet", "web-1", owner, true);
    let harmless = object("ReplicaSet", "web-1", owner, false);
    let orphan = object("ReplicaSet", "web-1", None, true);
    let cases = [
        (
            "the template of an honest one",
            &honest,
            &harmless,
            JANE,
            false,
        ),
        (
            "the template of an honest one by its controller",
            &honest,
            &harmless,
            DEPLOYMENTS,
            true,
        ),
        (
            "a reference to an excepted owner",
            &honest,
            &orphan,
            JANE,
            false,
        ),
        (
            "a reference by the controller that adopts it",
            &honest,
            &orphan,
            DEPLOYMENTS,
            true,
        ),
        (
            "no reference any more",
            &orphan,
            &honest,
            "system:serviceaccount:kube-system:generic-garbage-collector",
            true,
        ),
        ("nothing that counts", &honest, &honest, JANE, true),
    ];
    let webhook = Webhook::new();
    for (what, new, old, user, allowed) in cases {
        let mut new = new.clone();
        new["spec"]["replicas"] = json!(3);
        let answer = webhook.validate(&review(&new, Some(old), user));
        assert_eq!(answer["allowed"], allowed, "{what}: {answer}");
    }
}
