//! How the API server is reached: with the pod's own identity, or as a kubeconfig says.

use std::path::{Path, PathBuf};
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
    /// The kubeconfig is not one.
    ///
    /// What stands there is not repeated: it may be a token.
    #[error("cannot use the kubeconfig `{}{place}`: this is no YAML of a kubeconfig", file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Line and column, `:4:18`; empty where they are not known.
        place: String,
    },
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
            let failed = |error| unusable(file, error);
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

fn unusable(file: &Path, error: KubeconfigError) -> ClientError {
    let file = file.to_owned();
    let KubeconfigError::Parse(error) = error else {
        return ClientError::Kubeconfig { file, error };
    };
    let place = error.location();
    let place = place.map(|place| format!(":{}:{}", place.line(), place.column()));
    ClientError::Unreadable {
        file,
        place: place.unwrap_or_default(),
    }
}

/// How long it may take to open a connection.
const CONNECT: Duration = Duration::from_secs(5);

/// How long a connection may bring nothing. The API server writes a bookmark into each watch every minute: a watch that
/// is silent for longer hangs on a connection that is dead, and TCP alone would not say so.
const SILENCE: Duration = Duration::from_secs(90);

#[cfg(test)]
mod tests {
    use kube::config::Kubeconfig;

    use super::*;

    #[test]
    fn what_stands_in_a_broken_kubeconfig_is_not_repeated() {
        for (text, place) in [
            (
                "users:\n- name: a\n  user:\n    token: s3cret: s3cret\n",
                ":4:",
            ),
            ("users:\n- name: a\n  user: s3cret\n", ":3:"),
            ("users: [{name: a, user: {token: s3cret", ":1:"),
        ] {
            let error = Kubeconfig::from_yaml(text).expect_err("it is broken");
            let said = unusable(Path::new("kubeconfig"), error).to_string();
            assert!(!said.contains("s3cret"), "{said}");
            let start = format!("cannot use the kubeconfig `kubeconfig{place}");
            assert!(said.starts_with(&start), "{said}");
        }
    }
}
