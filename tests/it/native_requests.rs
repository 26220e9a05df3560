//! Native policies on single requests through the webhook: what the API server does that is easily done otherwise.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use kpolicy::documents::Documents;
use kpolicy::judge::Judge;
use kpolicy::server::{self, Judges, Metrics, Timeouts};
use kpolicy::source::SourceMap;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::webhook::{TODAY, runtime};

/// The answer of `/validate` or `/mutate` to a review, by these documents.
fn answer(path: &str, documents: &[Value], request: &Value) -> Value {
    let mut sources = SourceMap::new();
    let mut read = Documents::default();
    for document in documents {
        read.add(
            "policies.yaml",
            &Arc::from(document.to_string()),
            &mut sources,
        );
    }
    let config = read.config();
    let policies = Arc::new(read.take_policies());
    assert!(read.problems.is_empty(), "{:?}", read.problems);
    let judge = Judge::new(&policies, &config, &[], None, TODAY).unwrap();
    let router = server::admission(
        Arc::new(Judges::new(judge)),
        Metrics::new(),
        server::Limits::default(),
        Timeouts::default(),
    );
    let mut request = request.clone();
    request["uid"] = "u".into();
    let review =
        json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request});
    let request = Request::post(path)
        .header("content-type", "application/json")
        .body(Body::from(review.to_string()))
        .unwrap();
    runtime().block_on(async {
        let response = router.oneshot(request).await.unwrap();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        serde_json::from_slice::<Value>(&bytes).unwrap()["response"].take()
    })
}

fn document(kind: &str, name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec})
}

/// A `matchConstraints` for everything that is done to this resource.
fn constraints(resource: &str) -> Value {
    json!({"resourceRules": [
        {"apiGroups": [""], "apiVersions": ["v1"], "resources": [resource], "operations": ["*"]}
    ]})
}

/// A validating policy for everything that is done to pods, and a binding with one action.
fn validating(action: &str, mut spec: Value) -> Vec<Value> {
    if spec["matchConstraints"].is_null() {
        spec["matchConstraints"] = constraints("pods");
    }
    let mut binding = json!({"policyName": "p", "validationActions": [action]});
    if !spec["paramKind"].is_null() {
        binding["paramRef"] =
            json!({"name": "one", "namespace": "shop", "parameterNotFoundAction": "Deny"});
    }
    vec![
        document("ValidatingAdmissionPolicy", "p", &spec),
        document("ValidatingAdmissionPolicyBinding", "b", &binding),
    ]
}

/// A mutating policy and its binding.
fn mutating(name: &str, spec: &Value) -> Vec<Value> {
    let mut binding = json!({"policyName": name});
    if !spec["paramKind"].is_null() {
        binding["paramRef"] =
            json!({"name": "one", "namespace": "shop", "parameterNotFoundAction": "Deny"});
    }
    vec![
        document("MutatingAdmissionPolicy", name, spec),
        document("MutatingAdmissionPolicyBinding", name, &binding),
    ]
}

/// A request about the pod `web` in `shop`.
fn pod(operation: &str) -> Value {
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"containers": [{"name": "main", "image": "x"}]},
    });
    let mut request = json!({
        "operation": operation,
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "name": "web", "namespace": "shop", "userInfo": {"username": "dev"},
    });
    let key = if operation == "DELETE" {
        "oldObject"
    } else {
        "object"
    };
    request[key] = pod;
    request
}

/// `kubectl exec` into that pod.
fn exec() -> Value {
    let mut request = pod("CONNECT");
    request["kind"]["kind"] = "PodExecOptions".into();
    request["subResource"] = "exec".into();
    request["requestSubResource"] = "exec".into();
    request["object"] = json!({"apiVersion": "v1", "kind": "PodExecOptions", "command": ["sh"]});
    request["options"] = Value::Null;
    request
}

#[test]
fn what_is_empty_in_a_request_is_not_there() {
    let mut unnamed = pod("CREATE");
    unnamed["object"]["metadata"] = json!({"generateName": "web-", "namespace": "shop"});
    unnamed["name"] = "".into();
    let cases = [
        (
            pod("CREATE"),
            "!has(request.subResource) && !has(request.requestSubResource)",
            true,
        ),
        (pod("CREATE"), "request.subResource == ''", false),
        (pod("CREATE"), "request.name == 'web'", true),
        (unnamed, "!has(request.name)", true),
        (
            exec(),
            "request.subResource == 'exec' && request.requestSubResource == 'exec'",
            true,
        ),
        (exec(), "has(request.options)", true),
    ];
    for (request, expression, holds) in cases {
        let spec = json!({"matchConstraints": constraints("*/*"), "validations": [{"expression": expression}]});
        let response = answer("/validate", &validating("Deny", spec), &request);
        assert_eq!(response["allowed"], holds, "{expression}: {response}");
    }
}

#[test]
fn an_error_has_no_reason_of_its_own() {
    for (expression, code) in [("1 == 2", 403), ("object.spec.nothing == 1", 422)] {
        let spec = json!({"validations": [{"expression": expression, "reason": "Forbidden"}]});
        let response = answer("/validate", &validating("Deny", spec), &pod("CREATE"));
        assert_eq!(response["status"]["code"], code, "{expression}");
    }
}

#[test]
fn what_is_wrong_with_an_audit_annotation_is_refused_and_not_audited() {
    let spec = json!({"auditAnnotations": [{"key": "k", "valueExpression": "string(object.spec.nothing)"}]});
    let response = answer("/validate", &validating("Audit", spec), &pod("CREATE"));
    assert_eq!(response["allowed"], false);
    assert!(response["auditAnnotations"].is_null(), "{response}");
}

#[test]
fn what_a_connection_sends_is_selected_by_no_labels() {
    let mut matching = constraints("pods/exec");
    let absent = json!({"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]});
    for (selector, allowed) in [(json!({}), false), (absent, true)] {
        matching["objectSelector"] = selector;
        let spec = json!({"matchConstraints": matching, "validations": [{"expression": "1 == 2"}]});
        let response = answer("/validate", &validating("Deny", spec), &exec());
        assert_eq!(response["allowed"], allowed, "{matching}");
    }
}

/// Adds an annotation to what it matches.
fn annotating(name: &str, matching: &Value, reinvocation: &str) -> Value {
    let patch = format!(
        "[JSONPatch{{op: 'add', path: '/metadata/annotations', value: {{'{name}': 'seen'}}}}]"
    );
    json!({
        "matchConstraints": matching,
        "reinvocationPolicy": reinvocation,
        "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": patch}}],
    })
}

#[test]
fn no_mutation_is_asked_about_a_deletion() {
    let mut spec = annotating("m", &constraints("pods"), "Never");
    spec["paramKind"] = json!({"apiVersion": "v1", "kind": "ConfigMap"});
    let other = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "two", "namespace": "shop"}});
    let mut documents = mutating("m", &spec);
    documents.push(other);
    let response = answer("/mutate", &documents, &pod("DELETE"));
    assert_eq!(response, json!({"uid": "u", "allowed": true}));
}

#[test]
fn what_matches_is_decided_before_anything_changes() {
    let label = "[JSONPatch{op: 'add', path: '/metadata/labels', value: {'team': 'a'}}]";
    let mut adds = annotating("a", &constraints("pods"), "Never");
    adds["mutations"][0]["jsonPatch"]["expression"] = label.into();
    let mut labelled = constraints("pods");
    labelled["objectSelector"] = json!({"matchLabels": {"team": "a"}});
    for reinvocation in ["Never", "IfNeeded"] {
        let mut wants = annotating("b", &labelled, reinvocation);
        let documents = [mutating("a", &adds), mutating("b", &wants)].concat();
        let response = answer("/mutate", &documents, &pod("CREATE"));
        assert_eq!(
            response["auditAnnotations"],
            json!({"mutated": "[\"a/mutation-0\"]"})
        );
        // The second round asks the conditions of all that match by then.
        wants["matchConditions"] = json!([{"name": "c", "expression": "object.spec.nothing == 1"}]);
        let documents = [mutating("a", &adds), mutating("b", &wants)].concat();
        let response = answer("/mutate", &documents, &pod("CREATE"));
        assert_eq!(response["allowed"], false, "{response}");
    }
}

#[test]
fn what_a_secret_among_the_parameters_holds_is_not_repeated() {
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "one", "namespace": "shop"},
        "data": {"token": "aHVudGVyMi1odW50ZXIy"},
    });
    let kind = json!({"apiVersion": "v1", "kind": "Secret"});
    let told = "'want ' + string(params.data.token)";
    let token = "string(params.data.token)";
    let upper = "variables.token.substring(0, 6).upperAscii()";
    let leaks = |answer: &Value| {
        let text = answer.to_string().to_lowercase();
        text.contains("hunter") || text.contains("ahvudg")
    };
    for action in ["Deny", "Warn", "Audit"] {
        let spec = json!({
            "paramKind": kind,
            "variables": [{"name": "token", "expression": token}],
            "validations": [
                {"expression": "1 == 2", "messageExpression": told},
                {"expression": "1 == 2", "messageExpression": upper, "message": "said plainly"},
                {"expression": format!("int({upper}) == 1")},
                {"expression": format!("object.metadata.name == {token}")},
                {"expression": format!("int({token}) == 1")},
            ],
            "auditAnnotations": [{"key": "k", "valueExpression": token}, {"key": "u", "valueExpression": upper}],
        });
        let mut documents = validating(action, spec);
        documents.push(secret.clone());
        let response = answer("/validate", &documents, &pod("CREATE"));
        assert!(response.to_string().contains("withheld"), "{response}");
        assert!(!leaks(&response), "{action}: {response}");
    }
    let mut spec = annotating("m", &constraints("pods"), "Never");
    spec["paramKind"] = kind;
    spec["mutations"][0]["jsonPatch"]["expression"] =
        format!("[JSONPatch{{op: 'add', path: '/' + {token} + '/x', value: 1}}]").into();
    let mut documents = mutating("m", &spec);
    documents.push(secret);
    let response = answer("/mutate", &documents, &pod("CREATE"));
    assert_eq!(response["allowed"], false);
    assert!(!leaks(&response), "{response}");
}

#[test]
fn among_thousands_of_parameters_each_is_found_once() {
    let config = |name: &str, namespace: Option<&str>| {
        let metadata = json!({"name": name, "namespace": namespace});
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"who": namespace}})
    };
    let spec = json!({
        "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
        "validations": [{"expression": "1 == 2", "messageExpression": "'by ' + string(params.metadata.name)"}],
    });
    let mut documents = validating("Deny", spec);
    documents.push(config("one", Some("shop")));
    // The same object once more, and others.
    documents.push(config("one", Some("shop")));
    documents.push(config("one", Some("bank")));
    documents.extend((0..2_000).map(|index| config(&format!("c{index}"), Some("shop"))));
    let response = answer("/validate", &documents, &pod("CREATE"));
    assert_eq!(response["status"]["message"], "[p/0] by one");
    documents[1]["spec"]["paramRef"] = json!({
        "selector": {}, "namespace": "default", "parameterNotFoundAction": "Deny",
    });
    documents.push(config("alone", None));
    documents.push(config("alone", Some("default")));
    let response = answer("/validate", &documents, &pod("CREATE"));
    assert_eq!(response["status"]["message"], "[p/0] by alone");
}
