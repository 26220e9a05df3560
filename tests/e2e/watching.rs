//! What kpolicy knows of its cluster, through the role that the documentation gives it.

use serde_json::{Value, json};

use crate::harness::{Cluster, LONG, Setup, eventually, in_turn, sum};
use crate::objects::pod;

const GUARDED: &str = r"
apiVersion: kpolicy.io/v1alpha1
kind: Policy
metadata: {name: guarded}
spec:
  title: Pods of production have a team
  category: observability
  severity: low
  description: Test.
  remediation: Test.
  matchConstraints: {podTemplates: true}
  validations:
    - name: team
      expression: >-
        namespaceObject.metadata.?labels.?env.orValue('') != 'prod' || 'team' in pod.metadata.?labels.orValue({})
      message: say whose it is
";

const NETWORK: &str = "{apiVersion: kpolicy.io/v1alpha1, kind: Config, profiles: [], policies: {
    require-network-policy: {enforcement: deny}}}";

/// The role that docs/webhook.md shows.
fn documented_role() -> String {
    let page = include_str!("../../docs/webhook.md");
    let start = page
        .find("apiVersion: rbac.authorization.k8s.io/v1")
        .expect("a role");
    let role = &page[start..];
    role[..role.find("```").expect("its end")].to_owned()
}

/// Gives a user this role and no other, and says with which arguments kpolicy is that user.
async fn as_user(cluster: &Cluster, user: &str, role: &str) -> Vec<String> {
    let role = role.replace("name: kpolicy-watch", &format!("name: {user}"));
    cluster
        .kubectl(&["apply", "-f", "-"], &role)
        .await
        .succeeded();
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": user},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": user},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
    });
    cluster
        .kubectl(&["apply", "-f", "-"], &binding.to_string())
        .await
        .succeeded();
    let file = cluster.kubeconfig_of(user, &[]);
    vec!["--kubeconfig".to_owned(), file.display().to_string()]
}

/// kpolicy with the documented role.
fn watching(setup: Setup) -> Setup {
    let mut arguments = Vec::new();
    in_turn(async |cluster| {
        arguments = as_user(cluster, "kpolicy-documented", &documented_role()).await;
    });
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    setup.serve_arguments(&arguments)
}

/// Waits until the API server answers the creation of a pod in this way.
async fn pods_are(cluster: &Cluster, namespace: &str, refused: bool) {
    eventually("the verdict changes", LONG, async || {
        let answer = cluster
            .admin
            .try_create(&pod(namespace, "web", false))
            .await;
        if (answer.status != 201) == refused {
            Ok(())
        } else {
            Err(format!("{answer:?}"))
        }
    })
    .await;
}

fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

fn labelled(env: &Value) -> Value {
    json!({"metadata": {"labels": {"env": env}}})
}

#[test]
fn the_labels_of_a_namespace_count_from_its_first_pod_on() {
    watching(Setup::new(GUARDED)).run(async |scenario| {
        let cluster = scenario.cluster;
        for round in 0..10 {
            // Made without the harness, which waits: the pod comes as soon as there is a namespace.
            let name = cluster.name("brief");
            let mut object = namespace(&name);
            object["metadata"]["labels"] = json!({"env": "prod"});
            let account = json!({"apiVersion": "v1", "kind": "ServiceAccount",
                "metadata": {"name": "own", "namespace": name}});
            let mut bad = pod(&name, "web", false);
            bad["spec"]["serviceAccountName"] = json!("own");
            cluster.admin.create(&object).await.accepted();
            cluster.admin.create(&account).await.accepted();
            let answer = cluster.admin.try_create(&bad).await;
            assert_eq!(answer.status, 422, "round {round}: {answer:?}");
            cluster.admin.delete(&object).await.accepted();
        }
    });
}

#[test]
fn a_network_policy_lifts_what_it_was_missing_for() {
    watching(Setup::new("").config(NETWORK)).run(async |scenario| {
        let (cluster, name) = (scenario.cluster, scenario.namespace().await);
        let answer = cluster.admin.try_create(&pod(&name, "web", false)).await;
        let warnings = answer.warnings.clone();
        answer.accepted();
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        assert!(
            warnings[0].starts_with("[require-network-policy/selected]"),
            "{warnings:?}"
        );
        let policy = json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": "default-deny", "namespace": name},
            "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
        });
        cluster.admin.create(&policy).await.accepted();
        warned(cluster, &name, 0).await;
        cluster.admin.delete(&policy).await.accepted();
        warned(cluster, &name, 2).await;
        // The documented role is enough for all of it: everything wanted is known, and no watch was refused.
        let metrics = scenario.kpolicy.metrics().await;
        let known = metrics
            .lines()
            .filter(|line| line.starts_with("kpolicy_watch_known{"));
        let known: Vec<_> = known.collect();
        assert_eq!(known.len(), 13, "{known:?}");
        assert!(known.iter().all(|line| line.ends_with(" 1")), "{known:?}");
        let log = std::fs::read_to_string(scenario.kpolicy.log()).expect("a log");
        assert!(!log.contains("broken"), "{log}");
    });
}

#[test]
fn what_policies_need_is_watched_as_soon_as_they_need_it_and_no_longer() {
    const NOTHING: &str = "{apiVersion: kpolicy.io/v1alpha1, kind: Config, profiles: []}";
    watching(Setup::new(GUARDED).config(NOTHING)).run(async |scenario| {
        let (cluster, name) = (scenario.cluster, scenario.namespace().await);
        let is_watched = async || {
            let metrics = scenario.kpolicy.metrics().await;
            metrics.contains("kpolicy_watch_known{kind=\"NetworkPolicy.networking.k8s.io\"")
        };
        let config = scenario.kpolicy.folder.join("config.yaml");
        warned(cluster, &name, 0).await;
        assert!(!is_watched().await);
        std::fs::write(&config, NETWORK).expect("a file");
        warned(cluster, &name, 2).await;
        assert!(is_watched().await);
        std::fs::write(&config, NOTHING).expect("a file");
        warned(cluster, &name, 0).await;
        eventually("the watch ends", LONG, async || {
            if is_watched().await {
                Err("it is there".to_owned())
            } else {
                Ok(())
            }
        })
        .await;
    });
}

/// Waits until the creation of a pod brings so many warnings.
async fn warned(cluster: &Cluster, namespace: &str, count: usize) {
    eventually("the warnings change", LONG, async || {
        let answer = cluster
            .admin
            .try_create(&pod(namespace, "web", false))
            .await;
        if answer.warnings.len() == count {
            Ok(())
        } else {
            Err(format!("{:?}", answer.warnings))
        }
    })
    .await;
}

#[test]
fn what_kpolicy_may_not_list_is_not_judged_until_it_may() {
    let role = documented_role();
    let less = role.replace("resources: [networkpolicies]", "resources: [nothing]");
    assert_ne!(role, less);
    let user = "kpolicy-without-network-policies";
    let mut arguments = Vec::new();
    in_turn(async |cluster| arguments = as_user(cluster, user, &less).await);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let setup = Setup::new("").config(NETWORK).serve_arguments(&arguments);
    setup.run(async |scenario| {
        let (cluster, name) = (scenario.cluster, scenario.namespace().await);
        let answer = cluster.admin.try_create(&pod(&name, "web", false)).await;
        assert_eq!(answer.warnings, [""; 0]);
        let annotations = cluster.annotations(&answer).await;
        let mut said = annotations.iter().filter(|(key, _)| key.ends_with("/not-judged"));
        let (_, said) = said.next().unwrap_or_else(|| panic!("{annotations:?}"));
        let reason = "kpolicy may not have NetworkPolicy.networking.k8s.io listed: its role needs the verbs get, list";
        assert!(said.contains(reason), "{said}");
        let metrics = scenario.kpolicy.metrics().await;
        let line = "kpolicy_watch_known{kind=\"NetworkPolicy.networking.k8s.io\",holds=\"objects\",within=\"\"} 0";
        assert!(metrics.lines().any(|known| known == line), "{metrics}");
        as_user(cluster, user, &role).await;
        warned(cluster, &name, 2).await;
    });
}

#[test]
fn the_last_known_state_serves_while_the_api_server_is_away() {
    watching(Setup::new(GUARDED)).run(async |scenario| {
        let (cluster, name) = (scenario.cluster, scenario.namespace().await);
        let prod = labelled(&json!("prod"));
        cluster.admin.patch(&namespace(&name), "", &prod).await.accepted();
        pods_are(cluster, &name, true).await;
        let restarts = async || {
            let metrics = scenario.kpolicy.metrics().await;
            sum(&metrics, "kpolicy_watch_restarts_total", "kind=\"Namespace\"")
        };
        let before = restarts().await;
        let refused = async || {
            let review = json!({
                "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
                    "uid": "u", "kind": {"group": "", "version": "v1", "kind": "Pod"},
                    "resource": {"group": "", "version": "v1", "resource": "pods"}, "namespace": name,
                    "operation": "CREATE", "userInfo": {"username": "somebody"},
                    "object": pod(&name, "web", false), "oldObject": null,
                },
            });
            let answer = scenario.kpolicy.review("/validate?timeout=3s", &review).await;
            answer["response"]["allowed"] == false
        };
        cluster
            .without_apiserver(async || {
                eventually("kpolicy misses the API server", LONG, async || {
                    let now = restarts().await;
                    if now > before + 1 { Ok(()) } else { Err(now.to_string()) }
                })
                .await;
                assert!(refused().await);
                assert_eq!(scenario.kpolicy.readyz().await, (true, "ok\n".to_owned()));
            })
            .await;
        pods_are(cluster, &name, true).await;
        // And what changes afterwards is followed again.
        cluster.admin.patch(&namespace(&name), "", &labelled(&Value::Null)).await.accepted();
        pods_are(cluster, &name, false).await;
    });
}

const SIZED: &str = r#"
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: sized.e2e.example.com}
spec:
  paramKind: {apiVersion: v1, kind: ConfigMap}
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  validations:
    - expression: "object.spec.containers.size() <= int(params.data.most)"
      messageExpression: "'at most ' + params.data.most"
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: sized.e2e.example.com}
spec:
  policyName: sized.e2e.example.com
  validationActions: [Deny]
  paramRef: {name: limits, namespace: e2e-parameters, parameterNotFoundAction: Deny}
"#;

const ONE_CONFIG_MAP: &str = "
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: limits, namespace: e2e-parameters}
rules: [{apiGroups: [''], resources: [configmaps], resourceNames: [limits], verbs: [list, watch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: limits, namespace: e2e-parameters}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: limits}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: kpolicy-documented}]
";

#[test]
fn a_parameter_that_is_bound_by_name_is_all_that_kpolicy_must_be_allowed_to_see() {
    in_turn(async |cluster| {
        cluster.create_namespace("e2e-parameters", &json!({})).await;
        cluster
            .kubectl(&["apply", "-f", "-"], ONE_CONFIG_MAP)
            .await
            .succeeded();
    });
    watching(Setup::new(SIZED)).run(async |scenario| {
        let (cluster, name) = (scenario.cluster, scenario.namespace().await);
        let says = async |expected: Option<&str>| {
            eventually("the verdict follows the parameter", LONG, async || {
                let answer = cluster.admin.try_create(&pod(&name, "web", false)).await;
                let message = answer.message();
                if expected.map_or(message.is_empty(), |expected| message.contains(expected)) {
                    Ok(())
                } else {
                    Err(message.to_owned())
                }
            })
            .await;
        };
        says(Some("there is no ConfigMap `limits` in namespace `e2e-parameters`")).await;
        let mut limits = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "limits", "namespace": "e2e-parameters"},
            "data": {"most": "0", "other": "nobody reads this"},
        });
        cluster.admin.create(&limits).await.accepted();
        says(Some("at most 0")).await;
        limits["data"]["most"] = json!("1");
        cluster.admin.replace(&limits, "").await.accepted();
        says(None).await;
        cluster.admin.delete(&limits).await.accepted();
        says(Some("there is no ConfigMap")).await;
        let metrics = scenario.kpolicy.metrics().await;
        let line = "kpolicy_watch_known{kind=\"ConfigMap\",holds=\"objects\",within=\"e2e-parameters/limits\"} 1";
        assert!(metrics.lines().any(|known| known == line), "{metrics}");
    });
}
