//! Another mutating webhook beside ours: one such as a mesh has, which adds a container to each new Pod that has none of
//! that name, or any other that makes patches of objects.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::cluster::{Cluster, SYSTEM};

/// A registered webhook for the Pods of one namespace. Its configuration ends when the namespace's scenario calls `end`.
pub(crate) struct Injector {
    cluster: &'static Cluster,
    configuration: Value,
    task: JoinHandle<()>,
    protocols: Protocols,
}

/// What a webhook does with an object: the patch, where it changes something.
pub(crate) type Patch = Arc<dyn Fn(&Value) -> Option<Value> + Send + Sync>;

/// How a webhook is registered.
pub(crate) struct Registration<'a> {
    /// Decides whether it is called before kpolicy or after: configurations are called in the order of their names.
    pub(crate) name: &'a str,
    /// Of objects in this namespace alone.
    pub(crate) namespace: &'a str,
    /// The creation of what: `group/resource`, all of version v1.
    pub(crate) resources: &'a [(&'a str, &'a str)],
    /// `Never` or `IfNeeded`.
    pub(crate) reinvocation: &'a str,
}

/// What was agreed on for each connection, by ALPN.
type Protocols = Arc<Mutex<Vec<Vec<u8>>>>;

impl Injector {
    /// Starts one that adds a container, for Pods, which is called once.
    pub(crate) async fn start(
        cluster: &'static Cluster,
        name: &str,
        namespace: &str,
        container: Value,
    ) -> Self {
        let registration = Registration {
            name,
            namespace,
            resources: &[("", "pods")],
            reinvocation: "Never",
        };
        let patch = move |object: &Value| add_container(object, &container);
        Self::serving(cluster, &registration, Arc::new(patch)).await
    }

    /// Starts one behind a Service.
    pub(crate) async fn serving(
        cluster: &'static Cluster,
        registration: &Registration<'_>,
        patch: Patch,
    ) -> Self {
        let ip = cluster.plane(|plane| plane.territory.service());
        let service = cluster.name("injector");
        let host = format!("{service}.{SYSTEM}.svc");
        let (pair, authority) = cluster.plane(|plane| {
            (
                plane.authority.server(&service, &[&host]),
                plane.authority.certificate(),
            )
        });
        let certificate = CertificateDer::from_pem_file(&pair.certificate).expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(&pair.key).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("a certificate and its key");
        // As any Go server offers.
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let protocols = Protocols::default();
        let spoken = Arc::clone(&protocols);
        let listener = TcpListener::bind((ip, 0)).await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(
                    acceptor.clone(),
                    stream,
                    Arc::clone(&patch),
                    Arc::clone(&spoken),
                ));
            }
        });
        let object = json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": service, "namespace": SYSTEM},
            "spec": {"clusterIP": ip, "ports": [{"port": port}]},
        });
        cluster.admin.create(&object).await.accepted();
        let bundle = STANDARD.encode(std::fs::read(authority).expect("a certificate"));
        let rules = registration.resources.iter().map(|(group, resource)| {
            json!({"apiGroups": [group], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": [resource]})
        });
        let rules: Vec<Value> = rules.collect();
        let configuration = json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": registration.name},
            "webhooks": [{
                "name": "injector.example.com",
                "admissionReviewVersions": ["v1"],
                "clientConfig": {
                    "caBundle": bundle,
                    "service": {"namespace": SYSTEM, "name": service, "path": "/", "port": port},
                },
                "sideEffects": "None",
                "failurePolicy": "Fail",
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": registration.namespace}},
                "reinvocationPolicy": registration.reinvocation,
                "rules": rules,
            }],
        });
        cluster.admin.create(&configuration).await.accepted();
        Self {
            cluster,
            configuration,
            task,
            protocols,
        }
    }

    /// The protocol of each connection so far: `h2` and `http/1.1` were offered.
    pub(crate) fn protocols(&self) -> Vec<String> {
        let protocols = self.protocols.lock().expect("a list");
        protocols
            .iter()
            .map(|name| String::from_utf8_lossy(name).into_owned())
            .collect()
    }

    /// Takes its registration back.
    pub(crate) async fn end(self) {
        self.cluster
            .admin
            .delete(&self.configuration)
            .await
            .accepted();
        self.task.abort();
    }
}

async fn serve(acceptor: TlsAcceptor, stream: TcpStream, patch: Patch, spoken: Protocols) {
    let Ok(stream) = acceptor.accept(stream).await else {
        return;
    };
    let protocol = stream.get_ref().1.alpn_protocol().unwrap_or_default();
    spoken.lock().expect("a list").push(protocol.to_owned());
    let answer = service_fn(async |request: Request<Incoming>| {
        let body = request
            .into_body()
            .collect()
            .await
            .map(http_body_util::Collected::to_bytes);
        let review = serde_json::from_slice(&body.unwrap_or_default()).unwrap_or_default();
        let bytes = Bytes::from(answered(&review, &patch).to_string());
        let response = Response::builder().header("Content-Type", "application/json");
        Ok::<_, Infallible>(response.body(Full::new(bytes)).unwrap_or_default())
    });
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), answer)
        .await;
}

/// The answer to a review.
fn answered(review: &Value, patch: &Patch) -> Value {
    let request = &review["request"];
    let mut response = json!({"uid": request["uid"], "allowed": true});
    if let Some(patch) = patch(&request["object"]) {
        response["patchType"] = json!("JSONPatch");
        response["patch"] = json!(STANDARD.encode(patch.to_string()));
    }
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response})
}

fn add_container(pod: &Value, container: &Value) -> Option<Value> {
    let containers = pod["spec"]["containers"].as_array();
    let is_there =
        containers.is_some_and(|all| all.iter().any(|one| one["name"] == container["name"]));
    let patch = json!([{"op": "add", "path": "/spec/containers/-", "value": container}]);
    (!is_there).then_some(patch)
}
