//! A webhook in a test: its certificates, and a client that sees what is on the wire.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kpolicy::config::{Config, Date};
use kpolicy::judge::Judge;
use kpolicy::policy::PolicySet;
use kpolicy::server::{
    CertificateFiles, Drain, Judges, Limits, Metrics, Options, Server, Timeouts, admission,
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The day on which the judges of these tests sit.
pub(crate) const TODAY: Date = Date {
    year: 2026,
    month: 11,
    day: 21,
};

/// A certificate authority, and what it issues.
pub(crate) struct Authority {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

/// A PEM chain and its PEM key.
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
    pub(crate) leaf: CertificateDer<'static>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("key");
        let certificate = params.self_signed(&key).expect("certificate").der().clone();
        Self {
            certificate,
            issuer: Issuer::new(params, key),
        }
    }

    pub(crate) fn issue(&self) -> Pair {
        let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("names");
        let key = KeyPair::generate().expect("key");
        let leaf = params.signed_by(&key, &self.issuer).expect("certificate");
        Pair {
            certificate: leaf.pem(),
            key: key.serialize_pem(),
            leaf: leaf.der().clone(),
        }
    }

    pub(crate) fn connector(
        &self,
        versions: &[&'static SupportedProtocolVersion],
        protocols: &[&str],
    ) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).expect("a root");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols
            .iter()
            .map(|protocol| protocol.as_bytes().to_vec())
            .collect();
        config.resumption = rustls::client::Resumption::disabled();
        TlsConnector::from(Arc::new(config))
    }
}

/// A mounted Secret, as kubelet lays it out: files are links through `..data`, which is swapped as a whole.
pub(crate) struct Mount {
    directory: tempfile::TempDir,
    generation: usize,
}

impl Mount {
    pub(crate) fn new(pair: &Pair) -> Self {
        let mut mount = Self {
            directory: tempfile::tempdir().expect("a directory"),
            generation: 0,
        };
        mount.swap(&pair.certificate, &pair.key);
        for name in ["tls.crt", "tls.key"] {
            std::os::unix::fs::symlink(
                Path::new("..data").join(name),
                mount.directory.path().join(name),
            )
            .expect("a link");
        }
        mount
    }

    pub(crate) fn files(&self) -> CertificateFiles {
        CertificateFiles {
            certificate: self.path("tls.crt"),
            key: self.path("tls.key"),
        }
    }

    /// Puts new contents in place in one step, and removes the old directory.
    pub(crate) fn swap(&mut self, certificate: &str, key: &str) {
        let old = self.path(&format!("..{}", self.generation));
        self.generation += 1;
        let name = format!("..{}", self.generation);
        let new = self.path(&name);
        std::fs::create_dir(&new).expect("a directory");
        std::fs::write(new.join("tls.crt"), certificate).expect("a file");
        std::fs::write(new.join("tls.key"), key).expect("a file");
        std::os::unix::fs::symlink(&name, self.path("..data_tmp")).expect("a link");
        std::fs::rename(self.path("..data_tmp"), self.path("..data")).expect("a swap");
        let _ = std::fs::remove_dir_all(old);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

/// A runtime with two threads, as on the smallest node.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}

/// Options for ports of this machine, with a look at the certificate only when asked for.
pub(crate) fn options(mount: &Mount) -> Options {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    Options {
        listen: any,
        metrics_listen: any,
        certificate: mount.files(),
        certificate_interval: Duration::from_hours(1),
        limits: Limits::default(),
        timeouts: Timeouts::default(),
        drain: Drain {
            lame_duck: Duration::ZERO,
            ..Drain::default()
        },
    }
}

/// A judge without policies: it allows everything.
pub(crate) fn no_policies() -> Arc<Judges> {
    let judge = Judge::new(
        &Arc::new(PolicySet::default()),
        &Config::default(),
        &[],
        None,
        TODAY,
    );
    Arc::new(Judges::new(judge.expect("a judge")))
}

pub(crate) async fn start(options: Options) -> (Server, Metrics) {
    let metrics = Metrics::new();
    let router = admission(
        no_policies(),
        metrics.clone(),
        options.limits,
        options.timeouts,
    );
    let server = Server::start(options, metrics.clone(), router)
        .await
        .expect("a server");
    (server, metrics)
}

/// A review of a Pod that nothing speaks against.
pub(crate) const REVIEW: &str = r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u-1",
"kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},
"namespace":"shop","operation":"CREATE","object":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"}}}}"#;

/// The bytes of a POST.
pub(crate) fn post(path: &str, body: &str) -> Vec<u8> {
    format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        .into_bytes()
}

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn closes(&self) -> bool {
        self.head.to_ascii_lowercase().contains("connection: close")
    }
}

/// Sends a request and reads the answer; an error where the connection ends before it is whole.
pub(crate) async fn ask<S>(stream: &mut S, request: &[u8]) -> std::io::Result<Answer>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    stream.write_all(request).await?;
    stream.flush().await?;
    hear(stream).await
}

/// Reads an answer.
pub(crate) async fn hear<S>(stream: &mut S) -> std::io::Result<Answer>
where
    S: tokio::io::AsyncRead + Unpin,
{
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_ascii_lowercase()
                        .strip_prefix("content-length:")?
                        .trim()
                        .parse()
                        .ok()
                })
                .unwrap_or(0);
            if bytes.len() >= end + 4 + length {
                let status = head
                    .split(' ')
                    .nth(1)
                    .and_then(|code| code.parse().ok())
                    .unwrap_or(0);
                let body = String::from_utf8_lossy(&bytes[end + 4..end + 4 + length]).into_owned();
                return Ok(Answer { status, head, body });
            }
        }
        let mut piece = [0; 8192];
        match stream.read(&mut piece).await? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            count => bytes.extend_from_slice(&piece[..count]),
        }
    }
}

/// A TLS connection, as the API server makes it.
pub(crate) async fn connect(
    address: SocketAddr,
    connector: &TlsConnector,
) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").expect("a name");
    connector.connect(name, stream).await
}

/// The leaf that the server showed.
pub(crate) fn shown(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    let chain = stream
        .get_ref()
        .1
        .peer_certificates()
        .expect("certificates");
    chain.first().expect("a leaf").clone().into_owned()
}

/// An answer of the plain port.
pub(crate) async fn get(address: SocketAddr, path: &str) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address).await?;
    ask(
        &mut stream,
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes(),
    )
    .await
}
