//! The served certificate: read from files, checked, and replaced while connections live.
//!
//! A pair that cannot be used (half-written, key of another certificate, unreadable) never replaces one that can:
//! the old pair is served on, and the log and the metrics say so. New handshakes see a new pair at once; connections
//! that exist keep what they negotiated.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use rustls::SignatureAlgorithm;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::sync::{Notify, watch};

use super::expiry::not_after;
use super::metrics::Metrics;

/// Where the certificate chain and its key are, both PEM.
#[derive(Clone, Debug)]
pub struct CertificateFiles {
    /// The chain, leaf first.
    pub certificate: PathBuf,
    /// The private key: PKCS#8, PKCS#1 or SEC1.
    pub key: PathBuf,
}

/// Why a pair cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("cannot read `{}`: {error}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The chain is no PEM text, or is cut short.
    #[error("`{}` holds no whole PEM certificate: {reason}", path.display())]
    NoCertificate {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The key is no PEM text, or is cut short.
    #[error("`{}` holds no whole PEM private key: {reason}", path.display())]
    NoKey {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Both can be read, and do not go together.
    #[error("`{}` and `{}` cannot be used together: {error}", certificate.display(), key.display())]
    Unusable {
        /// The chain.
        certificate: PathBuf,
        /// The key.
        key: PathBuf,
        /// What rustls says.
        error: rustls::Error,
    },
}

/// What a look at the files led to.
#[derive(Debug)]
pub enum Refresh {
    /// The files are as they were at the last look.
    Unchanged,
    /// A new pair is served from now on.
    Replaced,
    /// The files changed and cannot be used: the old pair is served on.
    Kept(CertificateError),
}

/// The pair that is served, and the files it came from.
#[derive(Debug)]
pub struct Certificates {
    files: CertificateFiles,
    served: RwLock<Arc<CertifiedKey>>,
    /// The bytes at the last look, whether they could be used or not; `None` after a failed read.
    seen: Mutex<Option<Pair>>,
    /// Counts the pairs served so far.
    generation: watch::Sender<u64>,
    look: Notify,
    metrics: Metrics,
}

#[derive(Debug, PartialEq, Eq)]
struct Pair {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Certificates {
    /// Reads the pair that is served first.
    pub fn load(files: CertificateFiles, metrics: Metrics) -> Result<Self, CertificateError> {
        let pair = read(&files)?;
        let certified = certify(&files, &pair)?;
        metrics.certificate(
            certified.cert.first().and_then(|leaf| not_after(leaf)),
            true,
        );
        describe(&certified, "certificate loaded");
        Ok(Self {
            files,
            served: RwLock::new(Arc::new(certified)),
            seen: Mutex::new(Some(pair)),
            generation: watch::Sender::new(1),
            look: Notify::new(),
            metrics,
        })
    }

    /// Looks at the files, and serves what they hold now if it can be served.
    ///
    /// The files are read whole each time: kubelet swaps a symlink two directories up, which changes neither the
    /// name nor, on some file systems, the time of a file.
    pub fn refresh(&self) -> Refresh {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let read = read(&self.files);
        if read.as_ref().ok() == seen.as_ref() {
            // Also a file that still cannot be read: said once.
            return Refresh::Unchanged;
        }
        let certified = read.and_then(|pair| {
            let certified = certify(&self.files, &pair);
            *seen = Some(pair);
            certified
        });
        match certified {
            Ok(certified) => {
                self.metrics.certificate(
                    certified.cert.first().and_then(|leaf| not_after(leaf)),
                    true,
                );
                describe(&certified, "certificate replaced");
                *self.served.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(certified);
                self.generation.send_modify(|generation| *generation += 1);
                Refresh::Replaced
            }
            Err(error) => {
                if matches!(error, CertificateError::Unreadable { .. }) {
                    *seen = None;
                }
                self.metrics.certificate(None, false);
                tracing::error!(%error, "certificate files changed and cannot be used; serving the old certificate");
                Refresh::Kept(error)
            }
        }
    }

    /// Asks the watching task to look now instead of at its next turn.
    pub fn look_now(&self) {
        self.look.notify_one();
    }

    /// The number of pairs served so far; changes when a new one is served.
    pub fn generation(&self) -> watch::Receiver<u64> {
        self.generation.subscribe()
    }

    /// Looks at the files at every turn of `interval`, for ever.
    pub(super) async fn watch(self: Arc<Self>, interval: Duration) {
        loop {
            // Whether the time is up or somebody asked: look.
            let _ = tokio::time::timeout(interval, self.look.notified()).await;
            let this = Arc::clone(&self);
            // Reading may block on a slow volume, which must not hold up a thread that answers.
            let _ = tokio::task::spawn_blocking(move || this.refresh()).await;
        }
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(
            &self.served.read().unwrap_or_else(PoisonError::into_inner),
        ))
    }
}

/// Reads both files; again where the certificate changed while the key was read.
fn read(files: &CertificateFiles) -> Result<Pair, CertificateError> {
    let file = |path: &Path| {
        std::fs::read(path).map_err(|error| CertificateError::Unreadable {
            path: path.to_owned(),
            error,
        })
    };
    let mut certificate = file(&files.certificate)?;
    for _ in 0..3 {
        let key = file(&files.key)?;
        let again = file(&files.certificate)?;
        if again == certificate {
            return Ok(Pair { certificate, key });
        }
        certificate = again;
    }
    Ok(Pair {
        certificate,
        key: file(&files.key)?,
    })
}

fn certify(files: &CertificateFiles, pair: &Pair) -> Result<CertifiedKey, CertificateError> {
    let no_certificate = |reason: String| CertificateError::NoCertificate {
        path: files.certificate.clone(),
        reason,
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&pair.certificate)
        .collect::<Result<_, _>>()
        .map_err(|error| no_certificate(pem_reason(error)))?;
    if chain.is_empty() {
        return Err(no_certificate("no `BEGIN CERTIFICATE` section".to_owned()));
    }
    let key =
        PrivateKeyDer::from_pem_slice(&pair.key).map_err(|error| CertificateError::NoKey {
            path: files.key.clone(),
            reason: pem_reason(error),
        })?;
    let unusable = |error| CertificateError::Unusable {
        certificate: files.certificate.clone(),
        key: files.key.clone(),
        error,
    };
    CertifiedKey::from_der(chain, key, &rustls::crypto::ring::default_provider()).map_err(unusable)
}

/// What is wrong with a PEM text; the library names sections by their bytes.
fn pem_reason(error: pem::Error) -> String {
    match error {
        pem::Error::MissingSectionEnd { end_marker } => {
            let section = String::from_utf8_lossy(&end_marker);
            format!("a section `{section}` has no `END {section}` line: it is cut short")
        }
        pem::Error::IllegalSectionStart { .. } => "a `BEGIN` line is malformed".to_owned(),
        other => other.to_string(),
    }
}

fn describe(certified: &CertifiedKey, what: &str) {
    let expires = certified.cert.first().and_then(|leaf| not_after(leaf));
    tracing::info!(
        expires_unix = expires,
        chain = certified.cert.len(),
        "{what}"
    );
    if certified.key.algorithm() == SignatureAlgorithm::RSA {
        tracing::warn!(
            "the certificate has an RSA key, which costs several times the CPU of ECDSA P-256 per handshake"
        );
    }
}
