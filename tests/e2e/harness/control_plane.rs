//! etcd, kube-apiserver and kube-controller-manager, as processes of this run.

use std::net::SocketAddrV4;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::authority::{Authority, Pair};
use super::process::{Process, tail};
use super::territory::{Territory, free_port};

/// A control plane without nodes: pods are admitted and stored, and stay pending.
pub(crate) struct ControlPlane {
    /// Everything of this run: certificates, data, logs.
    pub(crate) folder: PathBuf,
    pub(crate) territory: Territory,
    pub(crate) authority: Authority,
    /// `https://` and the address of the API server.
    pub(crate) url: String,
    /// `http://` and the address of the store.
    pub(crate) store: String,
    /// The kubeconfig of `system:masters`.
    pub(crate) kubeconfig: PathBuf,
    /// What the API server writes for each request.
    pub(crate) audit_log: PathBuf,
    processes: Vec<(&'static str, Process)>,
    /// How the API server is started.
    apiserver: (PathBuf, Vec<String>),
}

/// The folders that hold the programs, as `assets.sh` printed them.
const ASSETS: &str = "KPOLICY_E2E_ASSETS";

/// One of the programs that the suite needs.
pub(crate) fn program(name: &str) -> PathBuf {
    let folders = std::env::var(ASSETS).unwrap_or_else(|_| {
        panic!("{ASSETS} is not set: run `make e2e`, or see tests/e2e/README.md")
    });
    let found = std::env::split_paths(&folders)
        .map(|folder| folder.join(name))
        .find(|program| program.is_file());
    found.unwrap_or_else(|| panic!("there is no `{name}` in {ASSETS}={folders}"))
}

/// Everything that is judged is written with its annotations; what only the control plane says to itself is not.
const AUDIT_POLICY: &str = r#"
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - {level: None, resources: [{group: coordination.k8s.io}, {group: "", resources: [events]}]}
  - {level: Metadata, verbs: [create, update, patch, delete, deletecollection]}
"#;

/// Whom Pod Security admission of the API server leaves alone; scenarios that need nobody of these names see no difference.
const ADMISSION: &str = r"
apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
  - name: PodSecurity
    configuration:
      apiVersion: pod-security.admission.config.k8s.io/v1
      kind: PodSecurityConfiguration
      exemptions: {usernames: [e2e-exempt], runtimeClasses: [e2e-exempt]}
";

impl ControlPlane {
    /// Starts etcd and the API server, which is not ready yet.
    pub(crate) fn start() -> Self {
        // Missing programs are said before anything runs.
        let [etcd, apiserver, ..] = [
            "etcd",
            "kube-apiserver",
            "kube-controller-manager",
            "kubectl",
        ]
        .map(program);
        let folder = tempfile::Builder::new()
            .prefix("kpolicy-e2e.")
            .tempdir()
            .expect("a folder")
            .keep();
        let territory = Territory::take();
        let authority = Authority::new(&folder.join("pki"));
        let at = territory.control_plane();
        let store = format!("http://{}", free_port(at));
        let address = free_port(at);
        let url = format!("https://{address}");
        let mut plane = Self {
            kubeconfig: folder.join("admin.kubeconfig"),
            audit_log: folder.join("audit.log"),
            territory,
            authority,
            url,
            store,
            processes: Vec::new(),
            apiserver: (apiserver, Vec::new()),
            folder,
        };
        plane.write_kubeconfig("admin", "e2e-admin", &["system:masters"]);
        plane.run("etcd", &etcd, &plane.etcd(&plane.store));
        plane.apiserver.1 = plane.apiserver(address, &plane.store);
        plane.start_apiserver();
        plane
    }

    /// Starts the API server, which is not ready yet.
    pub(crate) fn start_apiserver(&mut self) {
        let (program, arguments) = self.apiserver.clone();
        self.run("kube-apiserver", &program, &arguments);
    }

    /// Ends the API server, and nothing else.
    pub(crate) fn stop_apiserver(&mut self) {
        self.processes.retain(|(name, _)| *name != "kube-apiserver");
    }

    /// Starts the controllers. They give up soon where the API server is not ready.
    pub(crate) fn start_controllers(&mut self) {
        let arguments = self.controller_manager();
        let name = "kube-controller-manager";
        self.run(name, &program(name), &arguments);
    }

    /// Writes `<file>.kubeconfig` for a user who signs in with a certificate, and says where.
    pub(crate) fn write_kubeconfig(&self, file: &str, user: &str, groups: &[&str]) -> PathBuf {
        let Pair { certificate, key } = self.authority.user(file, user, groups);
        // JSON is YAML.
        let kubeconfig = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "e2e",
            "contexts": [{"name": "e2e", "context": {"cluster": "e2e", "user": "e2e"}}],
            "clusters": [{"name": "e2e", "cluster": {
                "server": self.url,
                "certificate-authority": self.authority.certificate(),
            }}],
            "users": [{"name": "e2e", "user": {"client-certificate": certificate, "client-key": key}}],
        });
        let path = self.folder.join(format!("{file}.kubeconfig"));
        std::fs::write(&path, kubeconfig.to_string()).expect("a file");
        path
    }

    /// Fails if a process has ended, which nothing but a defect makes it do.
    pub(crate) fn assert_running(&mut self) {
        for (name, process) in &mut self.processes {
            if let Some(code) = process.ended() {
                let log = process.log();
                panic!(
                    "{name} ended with {code}; {}:\n{}",
                    log.display(),
                    tail(log, 0, 30)
                );
            }
        }
    }

    /// The logs of the processes.
    pub(crate) fn logs(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        self.processes
            .iter()
            .map(|(name, process)| (*name, process.log()))
    }

    fn run(&mut self, name: &'static str, program: &Path, arguments: &[String]) {
        let log = self.folder.join(format!("{name}.log"));
        // The store is what does not end before the run: it takes the folder with it.
        let folder = (name == "etcd").then_some(&*self.folder);
        let process = Process::start(program, arguments, &[], &log, folder);
        self.processes.push((name, process));
    }

    fn etcd(&self, store: &str) -> Vec<String> {
        let peers = format!("http://{}", free_port(self.territory.control_plane()));
        vec![
            format!("--data-dir={}", self.folder.join("etcd").display()),
            format!("--listen-client-urls={store}"),
            format!("--advertise-client-urls={store}"),
            format!("--listen-peer-urls={peers}"),
            format!("--initial-advertise-peer-urls={peers}"),
            format!("--initial-cluster=default={peers}"),
            // Nothing has to survive the run.
            "--unsafe-no-fsync=true".to_owned(),
            "--log-level=warn".to_owned(),
        ]
    }

    fn apiserver(&self, address: SocketAddrV4, store: &str) -> Vec<String> {
        let policy = self.folder.join("audit-policy.yaml");
        std::fs::write(&policy, AUDIT_POLICY).expect("a file");
        let admission = self.folder.join("admission.yaml");
        std::fs::write(&admission, ADMISSION).expect("a file");
        let at = address.ip().to_string();
        let served = self
            .authority
            .server("apiserver", &[&at, "kubernetes.default.svc"]);
        let tokens = self.authority.token_keys();
        vec![
            format!("--etcd-servers={store}"),
            format!("--bind-address={at}"),
            format!("--advertise-address={at}"),
            format!("--secure-port={}", address.port()),
            format!("--tls-cert-file={}", served.certificate.display()),
            format!("--tls-private-key-file={}", served.key.display()),
            format!(
                "--client-ca-file={}",
                self.authority.certificate().display()
            ),
            format!("--service-cluster-ip-range={}", self.territory.range()),
            // The Service `kubernetes` would need an endpoint, and no endpoint may be on loopback.
            "--endpoint-reconciler-type=none".to_owned(),
            "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
            format!(
                "--service-account-key-file={}",
                tokens.certificate.display()
            ),
            format!(
                "--service-account-signing-key-file={}",
                tokens.key.display()
            ),
            "--authorization-mode=Node,RBAC".to_owned(),
            "--allow-privileged=true".to_owned(),
            format!("--admission-control-config-file={}", admission.display()),
            format!("--audit-policy-file={}", policy.display()),
            format!("--audit-log-path={}", self.audit_log.display()),
            "--audit-log-mode=blocking".to_owned(),
        ]
    }

    fn controller_manager(&self) -> Vec<String> {
        let user = "system:kube-controller-manager";
        let kubeconfig = self.write_kubeconfig("controller-manager", user, &[]);
        let tokens = self.folder.join("pki/tokens.key");
        vec![
            format!("--kubeconfig={}", kubeconfig.display()),
            // Each controller is a user of its own, as on AKS: policies tell them apart.
            "--use-service-account-credentials=true".to_owned(),
            format!("--service-account-private-key-file={}", tokens.display()),
            format!("--root-ca-file={}", self.authority.certificate().display()),
            "--leader-elect=false".to_owned(),
            "--secure-port=0".to_owned(),
            "--kube-api-qps=500".to_owned(),
            "--kube-api-burst=500".to_owned(),
        ]
    }
}
