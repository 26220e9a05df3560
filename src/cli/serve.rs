//! `kpolicy serve`: the admission webhook.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::Date;
use crate::judge::Judge;
use crate::manifest::Severity;
use crate::office::{Assembly, Gate, Office};
use crate::server::{
    self, CertificateFiles, Drain, Judges, Limits, Metrics, Options, Server, Timeouts,
    parse_duration,
};

use super::args::PolicyArguments;
use super::policy_files::{self, PolicyFiles};
use super::reload::{Reload, Wires};
use super::{Console, Exit, input};

/// The options of `kpolicy serve`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Where reviews are answered, over TLS; port 0 takes any free port
    #[arg(
        long,
        env = "KPOLICY_LISTEN",
        value_name = "ADDRESS",
        default_value = "0.0.0.0:8443"
    )]
    listen: SocketAddr,

    /// The certificate chain, PEM, leaf first; looked at again when it changes
    #[arg(long, env = "KPOLICY_TLS_CERT", value_name = "FILE")]
    tls_cert: PathBuf,

    /// The private key of the certificate, PEM
    #[arg(long, env = "KPOLICY_TLS_KEY", value_name = "FILE")]
    tls_key: PathBuf,

    /// Where /healthz, /readyz and /metrics are answered, without TLS
    #[arg(
        long,
        env = "KPOLICY_METRICS_LISTEN",
        value_name = "ADDRESS",
        default_value = "0.0.0.0:8080"
    )]
    metrics_listen: SocketAddr,

    #[command(flatten)]
    policies: PolicyArguments,

    /// The cluster of Config that this webhook serves
    #[arg(long, env = "KPOLICY_CLUSTER", value_name = "NAME")]
    cluster: Option<String>,

    #[cfg(feature = "cluster")]
    #[command(flatten)]
    watching: super::watching::ClusterArguments,

    /// The largest review that is judged, in MiB; a larger one is decided by failure policy
    #[arg(long, env = "KPOLICY_MAX_REVIEW_SIZE", value_name = "MIB", default_value_t = 32,
          value_parser = clap::value_parser!(u16).range(1..=1024))]
    max_review_size: u16,

    /// How much of reviews may be in memory at once, in MiB; beyond it clients are told to come again
    #[arg(long, env = "KPOLICY_MAX_IN_FLIGHT", value_name = "MIB", default_value_t = 96,
          value_parser = clap::value_parser!(u16).range(1..=16384))]
    max_in_flight: u16,

    /// How many connections may be open at once
    #[arg(long, env = "KPOLICY_MAX_CONNECTIONS", value_name = "COUNT", default_value_t = 4096,
          value_parser = clap::value_parser!(u32).range(1..))]
    max_connections: u32,

    /// The webhook timeout where a request names none
    #[arg(long, env = "KPOLICY_TIMEOUT", value_name = "DURATION", default_value = "3s", value_parser = duration)]
    timeout: Duration,

    /// How long requests are still answered after the server was told to stop and says that it is not ready
    #[arg(long, env = "KPOLICY_LAME_DUCK", value_name = "DURATION", default_value = "5s", value_parser = duration)]
    lame_duck: Duration,

    /// How long requests under way may then take; with --lame-duck and 5s, less than the pod's grace period
    #[arg(long, env = "KPOLICY_DRAIN_TIMEOUT", value_name = "DURATION", default_value = "10s", value_parser = duration)]
    drain_timeout: Duration,

    /// What is logged, such as `info` or `kpolicy=debug`
    #[arg(
        long,
        env = "KPOLICY_LOG",
        value_name = "FILTER",
        default_value = "info"
    )]
    log: String,
}

fn duration(text: &str) -> Result<Duration, &'static str> {
    parse_duration(text).ok_or("a duration is written as 3s, 500ms or 1m30s")
}

impl Arguments {
    fn options(&self) -> Options {
        let mebibytes = |count: u16| usize::from(count) << 20;
        Options {
            listen: self.listen,
            metrics_listen: self.metrics_listen,
            certificate: CertificateFiles {
                certificate: self.tls_cert.clone(),
                key: self.tls_key.clone(),
            },
            certificate_interval: Duration::from_secs(1),
            limits: Limits {
                body: mebibytes(self.max_review_size),
                in_flight: mebibytes(self.max_in_flight),
                connections: usize::try_from(self.max_connections).unwrap_or(usize::MAX),
            },
            timeouts: Timeouts {
                webhook: self.timeout,
                ..Timeouts::default()
            },
            drain: Drain {
                lame_duck: self.lame_duck,
                finish: self.drain_timeout,
                ..Drain::default()
            },
        }
    }
}

/// Serves until it is told to stop.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> anyhow::Result<Exit> {
    let mut asked = input::Asked::new();
    let input::Read {
        setup,
        problems,
        print,
        ..
    } = input::read_watched(&arguments.policies, &mut asked)?;
    console.problems(&problems, &setup.sources)?;
    if problems
        .iter()
        .any(|problem| problem.severity == Severity::Error)
    {
        return Ok(Exit::Failed);
    }
    input::require_cluster(arguments.cluster.as_deref(), &setup.config)?;
    let today = setup.today;
    let cluster = arguments.cluster.as_deref();
    let files = PolicyFiles::new(&arguments.policies, cluster, (asked, print));
    #[cfg(feature = "cluster")]
    let open = arguments.watching.watches();
    #[cfg(not(feature = "cluster"))]
    let open = false;
    let mut office = Office::new(policy_files::files(setup), cluster, open);
    let Assembly { judge, gate, .. } = match office.assemble(today) {
        Ok(assembly) => assembly,
        Err(problems) => {
            console.problems(&problems, &office.files().sources)?;
            return Ok(Exit::Failed);
        }
    };
    server::logs::init(&arguments.log).map_err(anyhow::Error::msg)?;
    for (policy, reason) in judge.idle() {
        tracing::warn!(policy = &*policy.name, reason, "a policy judges nothing");
    }
    for policy in judge.repository_policies() {
        let reason = "only `kpolicy lint` sees the repository";
        tracing::info!(policy = &*policy.name, reason, "a policy judges no request");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start threads")?;
    runtime.block_on(serve(
        arguments,
        (judge, gate),
        (office, files),
        (arguments.policies.today, today),
    ))?;
    Ok(Exit::Clean)
}

async fn serve(
    arguments: &Arguments,
    (judge, gate): (Judge, Gate),
    of: (Office, PolicyFiles),
    days: (Option<Date>, Date),
) -> anyhow::Result<()> {
    let options = arguments.options();
    let metrics = Metrics::new();
    let (wires, ends) = Wires::new();
    #[cfg(feature = "cluster")]
    let (cluster, readiness, follower) = arguments.watching.begin(&judge, &metrics, ends).await?;
    #[cfg(not(feature = "cluster"))]
    let (cluster, readiness, follower) = {
        drop(ends);
        let cluster = Arc::new(Arc::new(server::NoCluster));
        (cluster, Arc::new(()), Box::new(()))
    };
    let judges = Arc::new(Judges::with_cluster(judge, cluster));
    judges.open_gate(gate);
    let router = server::admission(
        Arc::clone(&judges),
        metrics.clone(),
        options.limits,
        options.timeouts,
    );
    // Before the ports are open: a signal that comes early must not end the process at once.
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for signals")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for signals")?;
    let server = Server::start_when(options, metrics.clone(), router, readiness).await?;
    let mut reload = Reload::new(judges, metrics, of, days, wires);
    reload.follower = follower;
    tokio::spawn(reload.follow());
    let shutdown = server.shutdown();
    let mut finished = std::pin::pin!(server.finished());
    loop {
        tokio::select! {
            () = finished.as_mut() => return Ok(()),
            _ = terminate.recv() => shutdown.begin(),
            _ = interrupt.recv() => shutdown.begin(),
        }
    }
}
