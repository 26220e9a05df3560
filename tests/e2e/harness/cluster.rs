//! The cluster of this run: started by the first scenario, shared by all, ended with the test process.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::FutureExt as _;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::api::{Answer, Api};
use super::control_plane::ControlPlane;
use super::kubectl;
use super::process::tail;
use super::waiting::{LONG, eventually};

/// Where kpolicy runs.
pub(crate) const SYSTEM: &str = "kpolicy-system";
/// Where the harness looks whether a registration is in force.
pub(super) const PROBE: &str = "e2e-probe";

/// A running cluster.
pub(crate) struct Cluster {
    plane: Mutex<ControlPlane>,
    folder: PathBuf,
    kubeconfig: PathBuf,
    audit_log: PathBuf,
    /// Speaks as `e2e-admin` of `system:masters`.
    pub(crate) admin: Api,
    names: AtomicU32,
}

/// The cluster; the first call starts it.
pub(super) async fn cluster() -> &'static Cluster {
    static CLUSTER: OnceCell<Result<Cluster, ()>> = OnceCell::const_new();
    let start = async || {
        AssertUnwindSafe(Cluster::start())
            .catch_unwind()
            .await
            .map_err(drop)
    };
    match CLUSTER.get_or_init(start).await {
        Ok(cluster) => cluster,
        Err(()) => panic!("the control plane did not start: the first test says why"),
    }
}

impl Cluster {
    async fn start() -> Self {
        let mut plane = ControlPlane::start();
        let admin = Api::new(&plane.kubeconfig).await;
        eventually("the API server is ready", LONG, async || {
            plane.assert_running();
            let answer = admin
                .send(axum::http::Method::GET, "/readyz", "", Vec::new())
                .await?;
            if answer.status == 200 {
                Ok(())
            } else {
                Err(answer.body.to_string())
            }
        })
        .await;
        plane.start_controllers();
        let cluster = Self {
            folder: plane.folder.clone(),
            kubeconfig: plane.kubeconfig.clone(),
            audit_log: plane.audit_log.clone(),
            plane: Mutex::new(plane),
            admin,
            names: AtomicU32::new(0),
        };
        for name in [SYSTEM, PROBE] {
            cluster.create_namespace(name, &json!({})).await;
        }
        cluster
    }

    /// Takes the API server away while a test runs.
    pub(crate) async fn without_apiserver(&self, test: impl AsyncFnOnce()) {
        self.plane(ControlPlane::stop_apiserver);
        let outcome = AssertUnwindSafe(test()).catch_unwind().await;
        self.plane(ControlPlane::start_apiserver);
        self.until_ready().await;
        if let Err(payload) = outcome {
            std::panic::resume_unwind(payload);
        }
    }

    async fn until_ready(&self) {
        eventually("the API server is ready", LONG, async || {
            self.plane(ControlPlane::assert_running);
            let ready = self
                .admin
                .send(axum::http::Method::GET, "/readyz", "", Vec::new());
            match ready.await?.status {
                200 => Ok(()),
                status => Err(status.to_string()),
            }
        })
        .await;
    }

    /// Runs `look` on the control plane.
    pub(super) fn plane<T>(&self, look: impl FnOnce(&mut ControlPlane) -> T) -> T {
        // `look` may be an assertion that failed.
        look(&mut self.plane.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A folder of this run, made anew.
    pub(super) fn folder(&self, name: &str) -> PathBuf {
        let folder = self.folder.join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        folder
    }

    /// A name that this run has not given out yet.
    pub(crate) fn name(&self, stem: &str) -> String {
        format!("{stem}-{}", self.names.fetch_add(1, Ordering::Relaxed))
    }

    /// Creates a namespace and waits until pods can be created in it: its service account is there.
    pub(crate) async fn create_namespace(&self, name: &str, labels: &Value) {
        let namespace = json!({
            "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels},
        });
        self.admin.create(&namespace).await.accepted();
        self.until_usable(name).await;
    }

    /// Writes a namespace into the store behind the API server's back, as one that was there before a rule was.
    pub(crate) async fn store_namespace(&self, name: &str, labels: &Value) {
        let namespace = json!({
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": {
                "name": name, "labels": labels, "uid": format!("00000000-0000-4000-8000-{:0>12}", name.len()),
                "creationTimestamp": "2026-11-21T00:00:00Z",
            },
            "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"},
        });
        let key = STANDARD.encode(format!("/registry/namespaces/{name}"));
        let put = json!({"key": key, "value": STANDARD.encode(namespace.to_string())});
        let store = self.plane(|plane| plane.store.clone());
        let answer = Api::bare(&store)
            .send(
                axum::http::Method::POST,
                "/v3/kv/put",
                "application/json",
                put.to_string().into_bytes(),
            )
            .await;
        let answer = answer.expect("the store answers");
        assert_eq!(answer.status, 200, "{answer:?}");
        self.until_usable(name).await;
    }

    /// Waits until pods can be created in a namespace: its service account is there.
    async fn until_usable(&self, name: &str) {
        let account = json!({
            "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name},
        });
        eventually("the controllers make a service account", LONG, async || {
            self.plane(ControlPlane::assert_running);
            let answer = self.admin.get(&account).await;
            if answer.status == 200 {
                Ok(())
            } else {
                Err(answer.message().to_owned())
            }
        })
        .await;
    }

    /// Runs kubectl as `e2e-admin`.
    pub(crate) async fn kubectl(&self, arguments: &[&str], input: &str) -> kubectl::Output {
        let (kubeconfig, home) = (self.kubeconfig.clone(), self.folder.clone());
        let arguments: Vec<String> = arguments
            .iter()
            .map(|&argument| argument.to_owned())
            .collect();
        let input = input.to_owned();
        let run = move || {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            kubectl::run(&kubeconfig, &home, &arguments, &input)
        };
        tokio::task::spawn_blocking(run).await.expect("kubectl")
    }

    /// A kubeconfig by which this user signs in, with a certificate.
    pub(crate) fn kubeconfig_of(&self, user: &str, groups: &[&str]) -> PathBuf {
        let file = user.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        self.plane(|plane| plane.write_kubeconfig(&file, user, groups))
    }

    /// The kubeconfig of a user who may read everything, and write nothing but the status of kpolicy's own kinds.
    pub(super) async fn reader(&self) -> PathBuf {
        let role = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "e2e-reader"},
            "rules": [
                {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]},
                {"apiGroups": ["kpolicy.io"], "resources": ["policies/status", "policyexceptions/status"],
                 "verbs": ["patch"]},
            ],
        });
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "e2e-reader"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "e2e-reader"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "e2e-reader"}],
        });
        for object in [role, binding] {
            let answer = self.admin.create(&object).await;
            assert!(matches!(answer.status, 201 | 409), "{answer:?}");
        }
        self.kubeconfig_of("e2e-reader", &[])
    }

    /// The audit annotations of a request.
    pub(crate) async fn annotations(&self, answer: &Answer) -> BTreeMap<String, String> {
        let event = self
            .audited(|event| event["auditID"] == *answer.audit_id)
            .await;
        serde_json::from_value(event["annotations"].clone()).expect("annotations are texts")
    }

    /// The last request in the audit log that is this one.
    pub(crate) async fn audited(&self, is_it: impl Fn(&Value) -> bool) -> Value {
        eventually("the audit log knows the request", LONG, async || {
            let mut events = self.audit_since(0).into_iter().rev();
            events
                .find(&is_it)
                .ok_or_else(|| "it is not there".to_owned())
        })
        .await
    }

    /// How far the audit log has come.
    pub(crate) fn audit_mark(&self) -> u64 {
        std::fs::metadata(&self.audit_log).map_or(0, |data| data.len())
    }

    /// The requests in the audit log since then. An answer can be here before its request is there.
    pub(crate) fn audit_since(&self, mark: u64) -> Vec<Value> {
        let text = std::fs::read(&self.audit_log).expect("an audit log");
        let text = text
            .get(usize::try_from(mark).expect("an offset")..)
            .unwrap_or_default();
        // The last line may still be being written.
        let events = text
            .split(|&byte| byte == b'\n')
            .filter_map(|line| serde_json::from_slice::<Value>(line).ok());
        events
            .filter(|event| event["stage"] == "ResponseComplete")
            .collect()
    }

    /// Deletes namespaces and returns when they are gone.
    pub(crate) async fn delete_namespaces(&self, names: &[&str]) {
        let objects = names.iter().map(
            |name| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}),
        );
        let objects: Vec<_> = objects.collect();
        for object in &objects {
            self.admin.delete(object).await;
        }
        for object in &objects {
            eventually("the namespace is gone", LONG, async || {
                let found = self.admin.get(object).await;
                if found.status == 404 {
                    Ok(())
                } else {
                    Err(found.body["status"].to_string())
                }
            })
            .await;
        }
    }

    /// How far the logs have come.
    pub(super) fn marks(&self) -> Vec<u64> {
        let length = |log: &Path| std::fs::metadata(log).map_or(0, |data| data.len());
        self.plane(|plane| plane.logs().map(|(_, log)| length(log)).collect())
    }

    /// Shows what the control plane logged since then, and keeps everything for a look.
    pub(super) fn show_failure(&self, since: &[u64]) {
        let _ = std::fs::write(self.folder.join("keep"), "a test failed");
        self.plane(|plane| {
            for ((name, log), from) in plane.logs().zip(since) {
                eprintln!("--- {name}, last lines ---\n{}", tail(log, *from, 20));
            }
        });
        eprintln!("--- all logs are kept in {} ---", self.folder.display());
    }
}
