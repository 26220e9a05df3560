//! A scenario: some policies, a kpolicy that has them, registered with the API server, and a test that speaks to both.
//!
//! Scenarios take turns, since what is exported is registered under one name. Each begins and ends with nothing registered.

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

use futures::FutureExt as _;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::cluster::{Cluster, cluster};
use super::kpolicy::Kpolicy;
use super::process::tail;

/// What kpolicy is given.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(super) policies: String,
    pub(super) config: Config,
    pub(super) watches: bool,
    pub(super) arguments: Vec<String>,
    pub(super) serve_arguments: Vec<String>,
    pub(super) environment: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
pub(super) enum Config {
    Text(String),
    File(PathBuf),
}

/// Without it the profile `recommended` would run beside what the scenario is about.
const CONFIG: &str = "{apiVersion: kpolicy.io/v1alpha1, kind: Config, profiles: []}";

impl Setup {
    /// These policies at `deny`, and none of the built-in ones.
    pub(crate) fn new(policies: &str) -> Self {
        Self {
            policies: policies.to_owned(),
            config: Config::Text(CONFIG.to_owned()),
            watches: false,
            arguments: Vec::new(),
            serve_arguments: Vec::new(),
            environment: Vec::new(),
        }
    }

    /// Another Config.
    pub(crate) fn config(mut self, config: &str) -> Self {
        self.config = Config::Text(config.to_owned());
        self
    }

    /// A Config file where it stands, with all that it names beside it.
    pub(crate) fn config_file(mut self, path: &Path) -> Self {
        self.config = Config::File(path.to_owned());
        self
    }

    /// Watches the cluster, as a user who may read everything in it and change nothing.
    pub(crate) fn watching(mut self) -> Self {
        self.watches = true;
        self
    }

    /// Arguments for both `serve` and `export webhook`.
    pub(crate) fn arguments(mut self, arguments: &[&str]) -> Self {
        self.arguments
            .extend(arguments.iter().map(|&argument| argument.to_owned()));
        self
    }

    /// Arguments for `serve` alone.
    pub(crate) fn serve_arguments(mut self, arguments: &[&str]) -> Self {
        self.serve_arguments
            .extend(arguments.iter().map(|&argument| argument.to_owned()));
        self
    }

    /// Runs a test with kpolicy registered.
    pub(crate) fn run(self, test: impl AsyncFnOnce(&Scenario)) {
        in_turn(async |cluster| {
            let kpolicy = Kpolicy::start(cluster, &self).await;
            let scenario = Scenario {
                cluster,
                kpolicy,
                namespaces: Mutex::default(),
            };
            let outcome = AssertUnwindSafe(async {
                scenario.kpolicy.register().await;
                test(&scenario).await;
            });
            let outcome = outcome.catch_unwind().await;
            if outcome.is_err() {
                eprintln!(
                    "--- kpolicy, last lines ---\n{}",
                    tail(&scenario.kpolicy.log(), 0, 40)
                );
            }
            scenario.end().await;
            if let Err(payload) = outcome {
                resume_unwind(payload);
            }
        });
    }
}

/// Runs a test on the cluster alone, with nothing registered.
pub(crate) fn in_turn(test: impl AsyncFnOnce(&'static Cluster)) {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime")
    });
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    RUNTIME.block_on(async {
        let cluster = cluster().await;
        let marks = cluster.marks();
        let outcome = AssertUnwindSafe(test(cluster)).catch_unwind().await;
        if let Err(payload) = outcome {
            cluster.show_failure(&marks);
            resume_unwind(payload);
        }
    });
}

/// A running scenario.
pub(crate) struct Scenario {
    pub(crate) cluster: &'static Cluster,
    pub(crate) kpolicy: Kpolicy,
    namespaces: Mutex<Vec<String>>,
}

impl Scenario {
    /// A new namespace in which pods can be created. Its name is its own; it ends with the scenario.
    pub(crate) async fn namespace(&self) -> String {
        self.namespace_with(&json!({})).await
    }

    /// The same, with labels.
    pub(crate) async fn namespace_with(&self, labels: &Value) -> String {
        let name = self.cluster.name("scenario");
        self.namespaces.lock().expect("a list").push(name.clone());
        self.cluster.create_namespace(&name, labels).await;
        name
    }

    async fn end(self) {
        self.kpolicy.unregister().await;
        let namespaces = std::mem::take(&mut *self.namespaces.lock().expect("a list"));
        for name in namespaces {
            let object =
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            self.cluster.admin.delete(&object).await;
        }
    }
}
