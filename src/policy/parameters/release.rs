//! Parameters that are a release of Kubernetes.

use crate::manifest::{Document, MapRef, NodeRef};

/// The keyword of a schema that marks such a parameter: `latest`, `v1.34` or `1.34`.
const KEYWORD: &str = "x-kpolicy-release";

/// Writes each parameter of the schema that is a release as `v1.<minor>`. Where the cluster's is known, `latest` and
/// whatever is newer become that one: its own API server knows no newer rules either.
pub(super) fn settle(schema: NodeRef<'_>, params: &mut Document, cluster: Option<u32>) {
    let properties = schema.get("properties").and_then(NodeRef::as_map);
    let marked = properties
        .into_iter()
        .flat_map(MapRef::iter)
        .filter(|entry| entry.value.get(KEYWORD).and_then(NodeRef::as_bool) == Some(true));
    for entry in marked {
        let text = params.root().get(entry.key).and_then(NodeRef::as_str);
        let Some(written) = text.map(minor) else {
            continue;
        };
        let settled = match (written, cluster) {
            (Some(written), Some(cluster)) => Some(written.min(cluster)),
            (written, cluster) => written.or(cluster),
        };
        if let Some(settled) = settled {
            let map = params.root().id();
            let value = params.make_string(&format!("v1.{settled}"));
            params.set_entry(map, entry.key, value);
        }
    }
}

/// The minor version; `None` for `latest`, and for what is no release.
fn minor(text: &str) -> Option<u32> {
    let number = text.strip_prefix('v').unwrap_or(text).strip_prefix("1.")?;
    number.parse().ok()
}
