//! A kpolicy of its own for a scenario: `kpolicy serve` behind a Service, and its registration as it is exported.

use std::collections::BTreeSet;
use std::net::SocketAddrV4;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::api::Api;
use super::cluster::{Cluster, PROBE, SYSTEM};
use super::process::{Process, tail};
use super::scenario::{Config, Setup};
use super::territory::free_port;
use super::waiting::{LONG, eventually};

/// A running kpolicy.
pub(crate) struct Kpolicy {
    cluster: &'static Cluster,
    /// Its Service in `kpolicy-system`.
    pub(crate) service: String,
    /// Its policies, Config and log.
    pub(crate) folder: PathBuf,
    address: SocketAddrV4,
    metrics: SocketAddrV4,
    /// What `serve` and `export webhook` are both given.
    arguments: Vec<String>,
    /// The kubeconfig by which it watches the cluster.
    watching: Option<String>,
    process: Mutex<Option<Process>>,
}

/// What makes the API server call for a ConfigMap, so that the harness can see when it does.
const PROBE_POLICY: &str = r#"
apiVersion: kpolicy.io/v1alpha1
kind: Policy
metadata: {name: e2e-probe}
spec:
  title: Shows that the registration is in force
  category: api
  severity: low
  description: It finds fault with nothing.
  remediation: None.
  matchConstraints:
    namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: e2e-probe}}
    resourceRules: [{apiGroups: [""], apiVersions: [v1], resources: [configmaps], operations: [CREATE]}]
  validations: [{name: no-fault, expression: "true", message: nothing}]
  mutations:
    - name: no-change
      safety: safe
      patchType: JSONPatch
      jsonPatch: {expression: "object.kind == '' ? [JSONPatch{op: 'remove', path: '/kind'}] : []"}
"#;

const BINARY: &str = env!("CARGO_BIN_EXE_kpolicy");

impl Kpolicy {
    /// Starts it, and returns when it is ready. It is not registered yet.
    pub(super) async fn start(cluster: &'static Cluster, setup: &Setup) -> Self {
        let service = cluster.name("kpolicy");
        let folder = cluster.folder(&service);
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::write(&path, text).expect("a file");
            path.display().to_string()
        };
        // In one file with the others, since a file with a single policy has to be named after it.
        let (name, policies) = match setup.policies.trim() {
            "" => ("e2e-probe.yaml", PROBE_POLICY.to_owned()),
            policies => ("policies.yaml", format!("{PROBE_POLICY}---\n{policies}\n")),
        };
        let config = match &setup.config {
            Config::Text(text) => write("config.yaml", text),
            Config::File(path) => path.display().to_string(),
        };
        let mut arguments = vec!["--config".to_owned(), config];
        arguments.extend(["--policy".to_owned(), write(name, &policies)]);
        arguments.extend(setup.arguments.iter().cloned());
        let ip = cluster.plane(|plane| plane.territory.service());
        let mut kpolicy = Self {
            cluster,
            service,
            folder,
            address: free_port(ip),
            metrics: free_port(ip),
            arguments,
            watching: None,
            process: Mutex::default(),
        };
        if setup.watches {
            let file = cluster.reader().await;
            kpolicy.watching = Some(file.display().to_string());
        }
        kpolicy.serve(setup);
        let object = json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": kpolicy.service, "namespace": SYSTEM},
            "spec": {"clusterIP": ip, "ports": [{"port": kpolicy.address.port()}]},
        });
        cluster.admin.create(&object).await.accepted();
        kpolicy.ready().await;
        kpolicy
    }

    fn serve(&mut self, setup: &Setup) {
        let name = format!("{}.{SYSTEM}.svc", self.service);
        let pair = self
            .cluster
            .plane(|plane| plane.authority.server(&self.service, &[&name]));
        let mut arguments = vec!["serve".to_owned()];
        for (option, value) in [
            ("--listen", self.address.to_string()),
            ("--metrics-listen", self.metrics.to_string()),
            ("--tls-cert", pair.certificate.display().to_string()),
            ("--tls-key", pair.key.display().to_string()),
            ("--lame-duck", "0s".to_owned()),
        ] {
            arguments.extend([option.to_owned(), value]);
        }
        if let Some(file) = &self.watching {
            arguments.extend(["--kubeconfig".to_owned(), file.clone()]);
        }
        arguments.extend(self.arguments.iter().cloned());
        arguments.extend(setup.serve_arguments.iter().cloned());
        let log = self.log();
        let process = Process::start(
            Path::new(BINARY),
            &arguments,
            &setup.environment,
            &log,
            None,
        );
        *self.process.lock().expect("a process") = Some(process);
    }

    async fn ready(&self) {
        eventually("kpolicy is ready", LONG, async || {
            if let Some(code) = self.ended() {
                panic!("kpolicy ended with {code}:\n{}", tail(&self.log(), 0, 40));
            }
            let (status, body) = get(self.metrics, "/readyz")
                .await
                .map_err(|error| error.to_string())?;
            if status == 200 { Ok(()) } else { Err(body) }
        })
        .await;
    }

    /// The file that it logs to.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join("kpolicy.log")
    }

    /// What `kpolicy export webhook` prints for the same policies and Config.
    pub(crate) async fn export(&self) -> String {
        let authority = self.cluster.plane(|plane| plane.authority.certificate());
        let port = self.address.port().to_string();
        let mut command = Command::new(BINARY);
        command
            .env_clear()
            .args(["export", "webhook", "--namespace", SYSTEM]);
        command.args([
            "--service",
            &self.service,
            "--service-port",
            &port,
            "--ca-bundle",
        ]);
        command.arg(authority).args(&self.arguments);
        let run = move || command.output();
        let output = tokio::task::spawn_blocking(run)
            .await
            .expect("a thread")
            .expect("kpolicy");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).expect("text")
    }

    /// Applies what is exported, unchanged, and returns when the API server calls for it.
    pub(super) async fn register(&self) {
        let exported = self.export().await;
        self.cluster
            .kubectl(&["apply", "-f", "-"], &exported)
            .await
            .succeeded();
        let mut missing = BTreeSet::new();
        for (kind, path) in [
            ("kind: Mutating", "mutate"),
            ("kind: Validating", "validate"),
        ] {
            if exported.contains(kind) {
                missing.insert(path);
            }
        }
        eventually("the API server calls kpolicy", LONG, async || {
            for path in self.called_for_probe().await? {
                missing.remove(path);
            }
            if missing.is_empty() {
                Ok(())
            } else {
                Err(format!("not called: {missing:?}"))
            }
        })
        .await;
    }

    /// Takes the registration back, and returns when the API server no longer calls.
    pub(super) async fn unregister(&self) {
        for kind in [
            "MutatingWebhookConfiguration",
            "ValidatingWebhookConfiguration",
        ] {
            let object = json!({
                "apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": "kpolicy"},
            });
            self.cluster.admin.delete(&object).await;
        }
        eventually("the API server calls kpolicy no more", LONG, async || {
            let called = self.called_for_probe().await?;
            if called.is_empty() {
                Ok(())
            } else {
                Err(format!("called: {called:?}"))
            }
        })
        .await;
    }

    /// The paths that are called for a ConfigMap in the namespace of the probe; an error where it is not let through.
    async fn called_for_probe(&self) -> Result<Vec<&'static str>, String> {
        let paths = ["mutate", "validate"];
        let object = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "probe", "namespace": PROBE},
        });
        let runs = self.ended().is_none();
        let before = if runs {
            self.calls(paths).await
        } else {
            [0; 2]
        };
        let answer = self.cluster.admin.try_create(&object).await;
        if answer.status != 201 {
            return Err(answer.message().to_owned());
        }
        let after = if runs {
            self.calls(paths).await
        } else {
            [0; 2]
        };
        let each = paths.into_iter().zip(before.into_iter().zip(after));
        let called = each.filter(|(_, (before, after))| before < after);
        Ok(called.map(|(path, _)| path).collect())
    }

    /// How often each of these paths (`mutate`, `validate`) was called so far.
    pub(crate) async fn calls<const N: usize>(&self, paths: [&str; N]) -> [u64; N] {
        let text = self.metrics().await;
        paths.map(|path| {
            sum(
                &text,
                "kpolicy_admission_requests_total",
                &format!("path=\"{path}\""),
            )
        })
    }

    /// Sends it a review as the API server does.
    pub(crate) async fn review(&self, path: &str, review: &serde_json::Value) -> serde_json::Value {
        let kubeconfig = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "kpolicy",
            "contexts": [{"name": "kpolicy", "context": {"cluster": "kpolicy", "user": "nobody"}}],
            "users": [{"name": "nobody", "user": {}}],
            "clusters": [{"name": "kpolicy", "cluster": {
                "server": format!("https://{}", self.address),
                "tls-server-name": format!("{}.{SYSTEM}.svc", self.service),
                "certificate-authority": self.cluster.plane(|plane| plane.authority.certificate()),
            }}],
        });
        let file = self.folder.join("kpolicy.kubeconfig");
        std::fs::write(&file, kubeconfig.to_string()).expect("a file");
        let api = Api::new(&file).await;
        let body = review.to_string().into_bytes();
        let answer = api
            .send(axum::http::Method::POST, path, "application/json", body)
            .await;
        answer.expect("an answer").body
    }

    /// Whether `/readyz` says that it is ready, and what it says.
    pub(crate) async fn readyz(&self) -> (bool, String) {
        let (status, body) = get(self.metrics, "/readyz").await.expect("an answer");
        (status == 200, body)
    }

    /// What `/metrics` says.
    pub(crate) async fn metrics(&self) -> String {
        let (status, body) = get(self.metrics, "/metrics").await.expect("an answer");
        assert_eq!(status, 200, "{body}");
        body
    }

    /// Sends it a signal, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        if let Some(process) = &mut *self.process.lock().expect("a process") {
            process.signal(name);
        }
    }

    /// The exit code, once it has ended.
    pub(crate) fn ended(&self) -> Option<i32> {
        self.process.lock().expect("a process").as_mut()?.ended()
    }

    /// Tells it to stop, and gives its exit code when it has.
    pub(crate) async fn stop(&self) -> i32 {
        self.signal("TERM");
        eventually("kpolicy stops", LONG, async || {
            self.ended().ok_or_else(|| "it runs".to_owned())
        })
        .await
    }
}

/// The sum of the samples of a metric whose labels contain a text.
pub(crate) fn sum(metrics: &str, name: &str, label: &str) -> u64 {
    let samples = metrics.lines().filter(|line| {
        line.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('{'))
            && line.contains(label)
    });
    samples
        .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
        .sum()
}

/// A plain HTTP request; the status and the body of its answer.
async fn get(address: SocketAddrV4, path: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    let status = text
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or(0);
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok((status, body.to_owned()))
}
