//! Policies and exceptions as resources of the cluster: their definitions, hot reload, and what their status says.

use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{Cluster, LONG, Scenario, Setup, eventually, in_turn};
use crate::objects::{NO_PRIVILEGED, pod};

/// Exceptions may be in one namespace, for half a year.
const CONFIG: &str = "{apiVersion: kpolicy.io/v1alpha1, kind: Config, profiles: [], \
     exceptions: {allowedNamespaces: [policy-exceptions], maxLifetimeDays: 180}}";

/// A day on which nothing expires by itself.
const TODAY: &[&str] = &["--today", "2026-11-21"];

fn definitions() -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_kpolicy"))
        .args(["export", "crds"])
        .output()
        .expect("kpolicy");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("text")
}

/// Applies what `kpolicy export crds` prints, and waits until it is served.
async fn define(cluster: &Cluster) {
    let applied = cluster
        .kubectl(&["apply", "--server-side", "-f", "-"], &definitions())
        .await;
    assert_eq!((applied.code, &*applied.errors), (0, ""));
    let wait = "wait --for=condition=Established --timeout=60s crd policies.kpolicy.io \
                policyexceptions.kpolicy.io";
    let wait: Vec<&str> = wait.split_whitespace().collect();
    cluster.kubectl(&wait, "").await.succeeded();
}

/// Takes the definitions away, and with them every policy and exception.
async fn undefine(cluster: &Cluster) {
    let arguments = ["delete", "--ignore-not-found", "-f", "-"];
    cluster
        .kubectl(&arguments, &definitions())
        .await
        .succeeded();
}

fn policy(name: &str, expression: &str) -> Value {
    json!({
        "apiVersion": "kpolicy.io/v1alpha1", "kind": "Policy", "metadata": {"name": name},
        "spec": {
            "title": "Pods have a team", "category": "observability", "severity": "low",
            "matchConstraints": {"podTemplates": true},
            "validations": [{"name": "team", "expression": expression, "message": "say whose it is"}],
        },
    })
}

const HAS_TEAM: &str = "'team' in pod.metadata.?labels.orValue({})";

/// Waits until a condition of an object says this, and gives its message.
async fn condition(cluster: &Cluster, object: &Value, kind: &str, says: (&str, &str)) -> String {
    let what = format!("{kind} of {} is {says:?}", object["metadata"]["name"]);
    eventually(&what, LONG, async || {
        let found = cluster.admin.get(object).await;
        let generation = &found.body["metadata"]["generation"];
        let conditions = found.body["status"]["conditions"].as_array();
        let mut conditions = conditions.into_iter().flatten();
        let condition = conditions
            .find(|condition| condition["type"] == kind)
            .ok_or_else(|| format!("{:?}", found.body["status"]))?;
        let current = condition["observedGeneration"] == *generation;
        if current && condition["status"] == says.0 && condition["reason"] == says.1 {
            Ok(condition["message"].as_str().unwrap_or_default().to_owned())
        } else {
            Err(condition.to_string())
        }
    })
    .await
}

/// The status with which a Pod without a team is answered.
async fn answered(scenario: &Scenario, namespace: &str) -> u16 {
    let pod = pod(namespace, "without-team", false);
    scenario.cluster.admin.try_create(&pod).await.status
}

async fn until_answered(scenario: &Scenario, namespace: &str, status: u16) {
    eventually("the answer changes", LONG, async || {
        let found = answered(scenario, namespace).await;
        if found == status {
            Ok(())
        } else {
            Err(found.to_string())
        }
    })
    .await;
}

async fn apply(cluster: &Cluster, object: &Value) {
    cluster
        .kubectl(&["apply", "-f", "-"], &object.to_string())
        .await
        .succeeded();
}

#[test]
fn the_api_server_takes_the_definitions_and_explains_them() {
    in_turn(async |cluster| {
        define(cluster).await;
        for (path, text) in [
            ("policies.spec", "matchConstraints"),
            (
                "policies.spec.validations.expression",
                "true for what is allowed",
            ),
            ("policyexceptions.spec.match", "Kinds of the top owner"),
        ] {
            let explained = eventually("kubectl explains", LONG, async || {
                let arguments = ["explain", "--api-version", "kpolicy.io/v1alpha1", path];
                let said = cluster.kubectl(&arguments, "").await;
                if said.code == 0 {
                    Ok(said.out)
                } else {
                    Err(said.errors)
                }
            })
            .await;
            let words = explained.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words.contains(text), "{explained}");
        }
        for (_, definition) in [(0, "policies"), (1, "policyexceptions")] {
            let path = format!(
                "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{definition}.kpolicy.io"
            );
            let found = cluster.admin.read(&path).await.accepted();
            let conditions = found["status"]["conditions"]
                .as_array()
                .expect("conditions");
            let structural = conditions
                .iter()
                .all(|c| c["type"] != "NonStructuralSchema");
            assert!(structural, "{conditions:?}");
        }
        undefine(cluster).await;
    });
}

#[test]
fn the_api_server_refuses_what_no_reader_would_take() {
    in_turn(async |cluster| {
        define(cluster).await;
        let changed = |pointer: &str, value: Value| {
            let mut object = policy("wrong", HAS_TEAM);
            *object.pointer_mut(pointer).expect("a field") = value;
            object
        };
        let cases = [
            (policy("right", HAS_TEAM), 201, ""),
            (
                policy("not.a.label", HAS_TEAM),
                422,
                "up to 63 lower-case letters",
            ),
            (
                changed("/spec/category", json!("other")),
                422,
                "Unsupported value: \"other\"",
            ),
            (
                changed("/spec/title", json!("two\nlines")),
                422,
                "spec.title",
            ),
            (
                changed("/spec/validations", json!([])),
                422,
                "spec.validations",
            ),
            (
                changed("/spec/validations", Value::Null),
                422,
                "neither `validations` nor `mutations`",
            ),
            (
                changed("/spec/matchConstraints", json!({})),
                422,
                "exactly one of `podTemplates: true`",
            ),
        ];
        for (object, status, message) in cases {
            let answer = cluster.admin.try_create(&object).await;
            assert_eq!(answer.status, status, "{answer:?}");
            assert!(
                status == 201 || answer.message().contains(message),
                "{answer:?}"
            );
        }
        let mut exception = json!({
            "apiVersion": "kpolicy.io/v1alpha1", "kind": "PolicyException",
            "metadata": {"name": "all", "namespace": "default"},
            "spec": {"policies": ["one"], "match": {}, "reason": "r", "owner": "o", "expires": "2027-01-31"},
        });
        for (matches, status) in [
            (json!({"names": ["*"], "namespaces": ["**"]}), 422),
            (json!({"names": []}), 422),
            (json!({"names": ["*-a"]}), 201),
        ] {
            exception["spec"]["match"] = matches;
            let answer = cluster.admin.try_create(&exception).await;
            assert_eq!(answer.status, status, "{answer:?}");
            let says = answer.message().contains("`match` reaches every object");
            assert!(status == 201 || says, "{answer:?}");
        }
        // What the API server does not know of a parameter's schema, it keeps.
        let mut whole = policy("whole", HAS_TEAM);
        whole["spec"]["parameters"] =
            json!({"type": "object", "properties": {"a": {"default": [1, {"b": null}]}}});
        let stored = cluster.admin.create(&whole).await.accepted();
        assert_eq!(stored["spec"]["parameters"], whole["spec"]["parameters"]);
        undefine(cluster).await;
    });
}

#[test]
fn a_policy_of_the_cluster_is_taken_up_and_a_wrong_version_leaves_the_right_one_in_place() {
    Setup::new(NO_PRIVILEGED)
        .config(CONFIG)
        .watching()
        .run(async |scenario| {
            let (cluster, namespace) = (scenario.cluster, scenario.namespace().await);
            // kpolicy runs, and is ready, before there are any definitions.
            assert_eq!(answered(scenario, &namespace).await, 201);
            define(cluster).await;
            let right = policy("team-label", HAS_TEAM);
            apply(cluster, &right).await;
            let message = condition(cluster, &right, "InForce", ("True", "Judging")).await;
            assert_eq!(message, "enforcement is `deny`");
            until_answered(scenario, &namespace, 422).await;
            let table = cluster
                .kubectl(&["get", "policies.kpolicy.io"], "")
                .await
                .succeeded();
            let rows: Vec<Vec<&str>> = table
                .lines()
                .map(|line| line.split_whitespace().collect())
                .collect();
            assert_eq!(
                rows[0],
                [
                    "NAME", "TITLE", "CATEGORY", "COMPILED", "IN", "FORCE", "AGE"
                ]
            );
            let row = [
                "team-label",
                "Pods",
                "have",
                "a",
                "team",
                "observability",
                "True",
                "True",
            ];
            assert_eq!(rows[1][..8], row);

            // Wrong: the earlier version judges, and the status says where the fault is.
            let wrong = policy("team-label", &format!("{HAS_TEAM} && unheard"));
            apply(cluster, &wrong).await;
            let message = condition(cluster, &wrong, "Compiled", ("False", "Invalid")).await;
            let place = "spec.validations[0].expression, character 47: there is no `unheard` here";
            assert!(message.starts_with(place), "{message}");
            let message = condition(cluster, &wrong, "InForce", ("False", "EarlierVersion")).await;
            assert_eq!(
                message,
                "this version is wrong; generation 1 judges in its place"
            );
            assert_eq!(answered(scenario, &namespace).await, 422);
            let stored = cluster.admin.get(&wrong).await.accepted();
            let earlier = &stored["status"]["earlier"];
            assert_eq!(
                (&earlier["generation"], &earlier["spec"]),
                (&json!(1), &right["spec"])
            );
            let line = "kpolicy_policy_resources{kind=\"Policy\",state=\"earlier\"} 1";
            assert!(scenario.kpolicy.metrics().await.contains(line));

            // Right again, and more lenient.
            apply(cluster, &policy("team-label", "true")).await;
            condition(cluster, &wrong, "InForce", ("True", "Judging")).await;
            until_answered(scenario, &namespace, 201).await;
            let stored = cluster.admin.get(&wrong).await.accepted();
            assert_eq!(stored["status"].get("earlier"), None);

            // The name of a file's policy stays with the file.
            let taken = policy("no-privileged", "true");
            apply(cluster, &taken).await;
            condition(cluster, &taken, "InForce", ("False", "NameTaken")).await;
            let privileged = pod(&namespace, "privileged", true);
            assert_eq!(cluster.admin.try_create(&privileged).await.status, 403);

            let metrics = scenario.kpolicy.metrics().await;
            let writes = crate::harness::kpolicy::sum(
                &metrics,
                "kpolicy_policy_status_writes_total",
                "written",
            );
            assert_eq!(writes, 4, "one for each version of each resource");
            undefine(cluster).await;
        });
}

#[test]
fn an_exception_holds_while_it_is_there_and_not_expired() {
    let setup = Setup::new(NO_PRIVILEGED).config(CONFIG).watching();
    setup.serve_arguments(TODAY).run(async |scenario| {
        let (cluster, namespace) = (scenario.cluster, scenario.namespace().await);
        define(cluster).await;
        let made = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "policy-exceptions"}});
        assert!(matches!(cluster.admin.create(&made).await.status, 201 | 409));
        let privileged = pod(&namespace, "privileged", true);
        let exception = |place: &str, expires: &str| {
            json!({
                "apiVersion": "kpolicy.io/v1alpha1", "kind": "PolicyException",
                "metadata": {"name": "debugging", "namespace": place},
                "spec": {"policies": ["no-privileged"], "match": {"namespaces": [namespace]}, "reason": "a test",
                         "owner": "team-e2e", "expires": expires},
            })
        };
        let answered = async |status: u16| {
            eventually("the answer changes", LONG, async || {
                let answer = cluster.admin.try_create(&privileged).await;
                if answer.status == status { Ok(()) } else { Err(format!("{answer:?}")) }
            })
            .await;
        };
        answered(403).await;
        let holds = exception("policy-exceptions", "2027-01-31");
        apply(cluster, &holds).await;
        condition(cluster, &holds, "Accepted", ("True", "Accepted")).await;
        answered(201).await;
        let table = ["get", "policyexceptions", "-n", "policy-exceptions"];
        let table = cluster.kubectl(&table, "").await.succeeded();
        let rows: Vec<Vec<&str>> =
            table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows[0], ["NAME", "POLICIES", "OWNER", "EXPIRES", "ACCEPTED", "AGE"]);
        let row = ["debugging", "[\"no-privileged\"]", "team-e2e", "2027-01-31", "True"];
        assert_eq!(rows[1][..5], row);
        for (expires, reason) in [("2026-11-20", "Expired"), ("2028-01-01", "NotAllowed")] {
            let ended = exception("policy-exceptions", expires);
            apply(cluster, &ended).await;
            condition(cluster, &ended, "Accepted", ("False", reason)).await;
            answered(403).await;
        }
        let elsewhere = exception(&namespace, "2027-01-31");
        apply(cluster, &elsewhere).await;
        condition(cluster, &elsewhere, "Accepted", ("False", "NotAllowed")).await;
        answered(403).await;
        undefine(cluster).await;
    });
}

/// Whoever may write exceptions in one namespace speaks for no other, and whoever may write policies turns off none of
/// kpolicy's own.
#[test]
fn resources_reach_no_further_than_config_lets_them() {
    let config = "{apiVersion: kpolicy.io/v1alpha1, kind: Config, profiles: []}";
    let setup = Setup::new(NO_PRIVILEGED).config(config).watching();
    setup.serve_arguments(TODAY).run(async |scenario| {
        let cluster = scenario.cluster;
        let (own, other) = (scenario.namespace().await, scenario.namespace().await);
        define(cluster).await;
        let exception = |namespace: &str, matches: &Value| {
            json!({
                "apiVersion": "kpolicy.io/v1alpha1", "kind": "PolicyException",
                "metadata": {"name": "mine", "namespace": namespace},
                "spec": {"policies": ["no-privileged"], "match": matches, "reason": "a test", "owner": "team-e2e",
                         "expires": "2027-01-31"},
            })
        };
        let mine = exception(&own, &json!({"names": ["privileged"]}));
        apply(cluster, &mine).await;
        condition(cluster, &mine, "Accepted", ("True", "Accepted")).await;
        eventually("it reaches its own namespace", LONG, async || {
            let answer = cluster.admin.try_create(&pod(&own, "privileged", true)).await;
            if answer.status == 201 { Ok(()) } else { Err(format!("{answer:?}")) }
        })
        .await;
        let refused = cluster.admin.try_create(&pod(&other, "privileged", true)).await;
        assert_eq!(refused.status, 403, "{refused:?}");
        let reaching = exception(&own, &json!({"namespaces": [other]}));
        apply(cluster, &reaching).await;
        let said = condition(cluster, &reaching, "Accepted", ("False", "NotAllowed")).await;
        assert!(said.contains("may only reach its own namespace"), "{said}");
        let refused = cluster.admin.try_create(&pod(&other, "privileged", true)).await;
        assert_eq!(refused.status, 403, "{refused:?}");
        let replacing = policy("require-limits", "true");
        apply(cluster, &replacing).await;
        condition(cluster, &replacing, "InForce", ("False", "NameTaken")).await;
        undefine(cluster).await;
    });
}

/// The entry of docs/resources.md, for the kpolicy of a scenario.
async fn own_entry(scenario: &Scenario) -> Value {
    let exported = scenario.kpolicy.export().await;
    let field = |key: &str| {
        let mut lines = exported.lines().map(str::trim);
        let line = lines.find_map(|line| line.strip_prefix(key));
        line.expect("a field").trim().to_owned()
    };
    let port: u16 = field("port:").parse().expect("a port");
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "kpolicy-own-kinds"},
        "webhooks": [{
            "name": "own-kinds.kpolicy.io", "admissionReviewVersions": ["v1"],
            "clientConfig": {
                "caBundle": field("caBundle:"),
                "service": {"namespace": "kpolicy-system", "name": scenario.kpolicy.service, "path": "/validate",
                            "port": port},
            },
            "failurePolicy": "Ignore", "sideEffects": "None", "timeoutSeconds": 3,
            "rules": [{"apiGroups": ["kpolicy.io"], "apiVersions": ["v1alpha1"],
                       "resources": ["policies", "policyexceptions"], "operations": ["CREATE", "UPDATE"]}],
        }],
    })
}

#[test]
fn a_wrong_policy_is_refused_before_it_is_stored() {
    Setup::new(NO_PRIVILEGED)
        .config(CONFIG)
        .watching()
        .run(async |scenario| {
            let cluster = scenario.cluster;
            define(cluster).await;
            let entry = own_entry(scenario).await;
            cluster.admin.create(&entry).await.accepted();
            let wrong = policy("wrong", "unheard");
            let refused = eventually("the API server asks kpolicy", LONG, async || {
                let answer = cluster.admin.try_create(&wrong).await;
                if answer.status == 422 {
                    Ok(answer)
                } else {
                    Err(format!("{answer:?}"))
                }
            })
            .await;
            let message = refused.message();
            let expected = "admission webhook \"own-kinds.kpolicy.io\" denied the request: \
                        spec.validations[0].expression, character 1: there is no `unheard` here";
            assert!(message.starts_with(expected), "{message}");
            let taken = cluster
                .admin
                .try_create(&policy("no-privileged", "true"))
                .await;
            assert_eq!(taken.status, 201);
            assert!(
                taken.warnings[0].contains("a file of the webhook has a policy of this name"),
                "{taken:?}"
            );
            let right = cluster
                .admin
                .create(&policy("right", HAS_TEAM))
                .await
                .accepted();
            condition(cluster, &right, "InForce", ("True", "Judging")).await;
            // A wrong change is refused as well, and the status of a resource is no change of it.
            let validations = policy("right", "unheard")["spec"]["validations"].take();
            let change = json!({"spec": {"validations": validations}});
            let refused = cluster.admin.patch(&right, "", &change).await;
            assert!(
                refused.message().contains("own-kinds.kpolicy.io"),
                "{refused:?}"
            );
            cluster.admin.delete(&entry).await.accepted();
            undefine(cluster).await;
        });
}
