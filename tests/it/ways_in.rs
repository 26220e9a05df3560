//! Every way by which a Pod, or something worse in one, gets into a cluster, and what shows that it is judged.
//!
//! The table names a fixture or a test for each way, and fails where one of them is gone. What can be tried here is: each
//! kind that carries pod templates, of Kubernetes and of others, when it comes and when it changes.

use std::fs;
use std::path::Path;

use kpolicy::engine::{Kind, Limits, NoOtherObjects, Request, Resource};
use kpolicy::judge::{Judge, NoOwners};
use kpolicy::manifest::Document;
use kpolicy::policy::Operation;
use kpolicy::schema::kinds;
use kpolicy::schema::templates::TemplateStep;
use serde_json::json;

use crate::fixtures;
use crate::judge::judge;

/// A way in, and what shows that it is closed: a fixture that fails (`policy/fail/case`), or a test (`file::name`).
const WAYS: [(&str, &[&str]); 44] = [
    ("a Pod", &["pod-security-baseline/fail/host-pid"]),
    (
        "a PodTemplate",
        &["pod-security-baseline/fail/privileged-pod-template"],
    ),
    (
        "a ReplicationController",
        &["pod-security-baseline/fail/privileged-replication-controller"],
    ),
    ("a ReplicaSet", &["pod-security-baseline/fail/replica-set"]),
    ("a Deployment", &["pod-security-baseline/fail/privileged"]),
    (
        "a StatefulSet",
        &["pod-security-baseline/fail/stateful-set"],
    ),
    ("a DaemonSet", &["pod-security-baseline/fail/daemon-set"]),
    ("a Job", &["pod-security-baseline/fail/job"]),
    ("a CronJob", &["pod-security-baseline/fail/cron-job"]),
    (
        "an object in a List",
        &[
            "it/lint_cases::every_case_gives_what_it_says",
            "it/manifest_object::lists_give_their_items_each_with_its_places",
        ],
    ),
    (
        "a custom kind that is known",
        &[
            "pod-security-baseline/fail/argo-rollout",
            "pod-security-baseline/fail/knative-service",
            "e2e/ways_in::a_custom_kind_that_is_known_is_judged_without_a_word_in_config",
        ],
    ),
    (
        "a custom kind that Config names",
        &["e2e/ways_in::a_pod_template_in_a_custom_resource_is_judged"],
    ),
    (
        "one of several templates of a custom resource",
        &[
            "pod-security-baseline/fail/job-set",
            "pod-security-baseline/fail/ray-cluster",
        ],
    ),
    (
        "a template behind a name of anybody's choice",
        &["pod-security-baseline/fail/py-torch-job"],
    ),
    (
        "another version of the API",
        &[
            "pod-security-baseline/fail/kruise-clone-set-of-an-older-version",
            "it/webhook_export::everything_that_kubernetes_serves_is_sent_where_it_is_judged",
        ],
    ),
    (
        "an init container",
        &[
            "pod-security-baseline/fail/init-container-privileged",
            "acr-only/fail/init-container",
        ],
    ),
    (
        "a native sidecar",
        &[
            "pod-security-baseline/fail/host-port-in-native-sidecar",
            "acr-only/fail/native-sidecar",
        ],
    ),
    (
        "an ephemeral container",
        &[
            "pod-security-baseline/fail/ephemeral-container-privileged",
            "acr-only/fail/ephemeral-container",
            "e2e/ways_in::an_ephemeral_container_is_judged",
        ],
    ),
    ("an image volume", &["acr-only/fail/image-volume"]),
    (
        "another image of a running Pod",
        &[
            "acr-only/fail/changed-image-of-a-pod",
            "pod-security-baseline/fail/other-image-in-a-running-pod",
        ],
    ),
    (
        "another init image of a running Pod",
        &[
            "acr-only/fail/changed-init-image-of-a-pod",
            "pod-security-baseline/fail/other-image-in-an-init-container-of-a-running-pod",
        ],
    ),
    (
        "labels and annotations of a Node that come with its status",
        &[
            "node-edits/fail/label-by-the-status",
            "node-edits/fail/annotation-by-the-status",
            "e2e/ways_in::labels_and_annotations_that_come_with_a_status_are_judged",
        ],
    ),
    (
        "annotations of a Namespace that come with its status or its end",
        &[
            "namespace-tolerations/fail/toleration-by-status",
            "namespace-tolerations/fail/toleration-by-finalize",
            "e2e/ways_in::labels_and_annotations_that_come_with_a_status_are_judged",
        ],
    ),
    (
        "annotations of a Service that come with its status",
        &["exposed-services/fail/annotation-taken-away-by-the-status"],
    ),
    (
        "a toleration added to a Pod",
        &["spot-scheduling/fail/toleration-added-to-a-pod"],
    ),
    (
        "the affinity of a gated Pod",
        &["spot-scheduling/fail/gated-pod-gets-an-affinity"],
    ),
    (
        "a changed template with the same images",
        &["pod-security-baseline/fail/changed-template-with-the-same-images"],
    ),
    ("a resized Pod", &["e2e/ways_in::a_resize_is_judged"]),
    ("a changed scale", &["e2e/ways_in::scaling_is_judged"]),
    (
        "a name that is still to be generated",
        &["pod-security-baseline/fail/pod-with-a-name-to-be-generated"],
    ),
    (
        "a Pod that claims an owner",
        &[
            "pod-security-baseline/fail/pod-that-says-a-daemon-set-made-it",
            "spot-scheduling/fail/pod-that-claims-a-daemon-set",
        ],
    ),
    (
        "an object that claims an owner",
        &[
            "pod-security-baseline/fail/replica-set-that-says-a-deployment-made-it",
            "it/owners/updates::a_forged_reference_that_was_let_in_lifts_nothing_later",
            "it/owners/in_git::an_object_with_an_owner_is_judged_in_git_as_at_admission",
            "e2e/owners::an_exception_for_a_cron_job_reaches_its_pod_and_no_forged_reference_reaches_anything",
        ],
    ),
    (
        "a ReplicaSet that an excepted Deployment takes in",
        &[
            "e2e/owners::a_replica_set_that_an_excepted_deployment_takes_in_brings_its_pods_no_exception",
        ],
    ),
    (
        "a template that only its owner is excused for",
        &[
            "it/owners/updates::a_template_that_a_person_changes_is_judged_in_its_own_name_and_so_is_a_new_controller",
        ],
    ),
    (
        "an object that cannot be judged",
        &["it/admission::what_cannot_be_judged_is_refused_where_a_policy_would_have_to_judge_it"],
    ),
    (
        "an expression that cannot be evaluated",
        &["it/admission::a_deadline_ends_the_work_and_the_failure_policy_decides"],
    ),
    (
        "a namespace that calls itself the cluster's",
        &["e2e/ways_in::the_api_server_does_not_call_for_excluded_namespaces"],
    ),
    (
        "a namespace that frees itself by a label",
        &["pod-security-baseline/fail/label-of-the-namespace-is-ignored"],
    ),
    (
        "a label that is no level",
        &["pod-security-restricted/fail/label-of-the-namespace-is-no-level"],
    ),
    (
        "the owner's registry in the name of a container",
        &["acr-only/fail/mesh-name-in-a-plain-namespace"],
    ),
    (
        "a registry that only looks like one's own",
        &[
            "acr-only/fail/registry-name-as-prefix-of-host",
            "acr-only/fail/registry-name-as-suffix-of-host",
            "acr-only/fail/registry-name-in-the-path",
            "acr-only/fail/other-port",
            "acr-only/fail/dash-instead-of-dot",
            "acr-only/fail/subdomain-of-the-registry",
            "acr-only/fail/look-alike-letter",
        ],
    ),
    (
        "a reference that cannot be read",
        &[
            "acr-only/fail/trailing-dot",
            "acr-only/fail/url",
            "acr-only/fail/user-before-host",
            "acr-only/fail/white-space-alone",
            "acr-only/fail/ipv6-host",
        ],
    ),
    (
        "Docker Hub without a word of it",
        &[
            "acr-only/fail/docker-hub-short-name",
            "acr-only/fail/docker-hub-user",
            "acr-only/fail/registry-name-alone",
            "acr-only/fail/registry-name-in-the-path-of-docker-hub",
            "acr-only/fail/localhost",
        ],
    ),
    (
        "a token by hand",
        &["service-account-token/fail/token-by-hand"],
    ),
];

#[test]
fn every_way_in_has_a_fixture_or_a_test_that_shows_it_closed() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut missing = Vec::new();
    for (way, proofs) in WAYS {
        assert!(!proofs.is_empty(), "{way}");
        for proof in proofs {
            let is_there = match proof.split_once("::") {
                None => fixtures::folder().join(format!("{proof}.yaml")).is_file(),
                Some((file, name)) => {
                    let file = tests.join(format!("{file}.rs"));
                    let text = fs::read_to_string(file).unwrap_or_default();
                    let at = text.find(&format!("fn {name}("));
                    at.is_some_and(|at| text[..at].trim_end().ends_with("#[test]"))
                }
            };
            if !is_there {
                missing.push(format!("{way}: {proof}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// An object of a kind with one template, which stands at the end of a route, with a container that is privileged or not.
fn object(group: &str, kind: &str, route: &[TemplateStep], privileged: bool) -> Document {
    let template = |privileged: bool| {
        json!({"metadata": {"labels": {}}, "spec": {"containers": [
            {"name": "web", "image": "example.com/web:1", "securityContext": {"privileged": privileged}}]}})
    };
    let steps = route.iter().rev();
    let mut object = steps.fold(template(privileged), |held, step| match step {
        TemplateStep::Key(key) => json!({&**key: held}),
        TemplateStep::Each => json!([template(false), held]),
    });
    object["apiVersion"] = format!("{group}/v1").trim_start_matches('/').into();
    object["kind"] = kind.into();
    object["metadata"]["name"] = "web".into();
    crate::judge::object(&object.to_string())
}

fn is_denied(
    judge: &Judge,
    (group, name): (&str, &str),
    new: &Document,
    old: Option<&Document>,
) -> bool {
    let resource = kinds::resource(group, name);
    let kind = Kind {
        group,
        version: "v1",
        kind: name,
    };
    let resource = Resource {
        group,
        version: "v1",
        resource: &resource,
    };
    let operation = if old.is_some() {
        Operation::Update
    } else {
        Operation::Create
    };
    let request = Request {
        name: "web",
        namespace: Some("shop"),
        object: Some(new.root()),
        old_object: old.map(Document::root),
        ..Request::new(operation, kind, resource)
    };
    let lineage = judge.lineage(&request, &NoOwners);
    let verdict = judge.validate(
        &request,
        &lineage,
        &NoOtherObjects("a test"),
        &Limits::default(),
    );
    assert_eq!(verdict.not_judged, [], "{name}");
    !verdict.decisions.is_empty()
}

#[test]
fn each_kind_that_carries_pod_templates_is_judged_at_each_of_them() {
    let config = "profiles: []\npolicies: {pod-security-baseline: {enforcement: deny}}\n";
    let judge = judge(config, &[], None, (2026, 11, 21));
    let key = |key: &&str| TemplateStep::Key((*key).into());
    let built_in = kinds::pod_kinds().map(|kind| {
        let route = kind.pod_template.unwrap_or_default().iter().map(key);
        (
            kind.group.to_owned(),
            kind.kind.to_owned(),
            route.collect::<Vec<_>>(),
        )
    });
    let known = judge.pod_template_crds().iter().flat_map(|crd| {
        let with = |route: &Vec<TemplateStep>| {
            (crd.group.to_string(), crd.kind.to_string(), route.clone())
        };
        crd.paths.iter().map(with).collect::<Vec<_>>()
    });
    let all: Vec<_> = built_in.chain(known).collect();
    assert!(all.len() >= 50, "only {} are known", all.len());
    for (group, kind, route) in all {
        let [good, bad] = [false, true].map(|privileged| object(&group, &kind, &route, privileged));
        let of = (&*group, &*kind);
        assert!(
            !is_denied(&judge, of, &good, None),
            "{group}/{kind} {route:?}"
        );
        assert!(
            is_denied(&judge, of, &bad, None),
            "{group}/{kind} {route:?}"
        );
        // A Pod is judged where its images change; nothing else of it could become privileged.
        if kind != "Pod" {
            assert!(
                is_denied(&judge, of, &bad, Some(&good)),
                "{group}/{kind} {route:?}"
            );
        }
    }
}
