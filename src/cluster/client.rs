//! How the API server is reached: with the pod's own identity, or as a kubeconfig says.

use std::path::PathBuf;
use std::time::Duration;

use kube::config::{InClusterError, KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};

/// Whose identity is used, and where the API server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// The pod's service account, at the address that the kubelet gives each container.
    InCluster,
    /// What a kubeconfig file says.
    Kubeconfig {
        /// The file.
        file: PathBuf,
        /// The context in it; `None` for its current one.
        context: Option<String>,
    },
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The pod has no service account to use.
    #[error("cannot use the pod's service account: {0}")]
    InCluster(#[from] InClusterError),
    /// The kubeconfig cannot be used.
    #[error("cannot use the kubeconfig `{}`: {error}", file.display())]
    Kubeconfig {
        /// Which.
        file: PathBuf,
        /// Why.
        error: KubeconfigError,
    },
    /// What was read makes no client.
    #[error("cannot set up the client of the API server: {0}")]
    Client(#[from] kube::Error),
}

/// A client of the API server. Nothing is sent yet. Needs a tokio runtime.
pub async fn connect(access: &Access) -> Result<Client, ClientError> {
    // Fails where there is one already, and then that is ring's too: no other is built in.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut config = match access {
        Access::InCluster => Config::incluster()?,
        Access::Kubeconfig { file, context } => {
            let failed = |error| ClientError::Kubeconfig {
                file: file.clone(),
                error,
            };
            let options = KubeConfigOptions {
                context: context.clone(),
                ..KubeConfigOptions::default()
            };
            let kubeconfig = Kubeconfig::read_from(file).map_err(failed)?;
            Config::from_custom_kubeconfig(kubeconfig, &options)
                .await
                .map_err(failed)?
        }
    };
    config.connect_timeout = Some(CONNECT);
    config.read_timeout = Some(SILENCE);
    // Whoever asks knows how long the answer may take, and comes again in its own time.
    config.default_retry = false;
    Ok(Client::try_from(config)?)
}

/// How long it may take to open a connection.
const CONNECT: Duration = Duration::from_secs(5);

/// How long a connection may bring nothing. The API server writes a bookmark into each watch every minute: a watch that
/// is silent for longer hangs on a connection that is dead, and TCP alone would not say so.
const SILENCE: Duration = Duration::from_secs(90);
