//! Logs: one JSON object a line, on standard error.

use tracing_subscriber::EnvFilter;

/// Starts logging for the whole process. `filter` is a `tracing` filter such as `info` or `kpolicy=debug`.
///
/// The Kubernetes client is kept silent: it logs what it cannot read, and that may be a Secret. What matters of it the
/// watches log themselves.
///
/// A panic is logged by its place alone: its message may quote what an object holds.
pub fn init(filter: &str) -> Result<(), String> {
    let mut filter = EnvFilter::try_new(filter)
        .map_err(|error| format!("`{filter}` is no log filter: {error}"))?;
    for silent in [
        "kube_client=off",
        "kube_client::client=off",
        "kube_runtime=off",
    ] {
        filter = filter.add_directive(silent.parse().map_err(|_| "no directive".to_owned())?);
    }
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init()
        .map_err(|error| error.to_string())?;
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "a panic was caught");
    }));
    Ok(())
}
