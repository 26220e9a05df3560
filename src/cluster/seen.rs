//! An object as the API server sends it: its text, and of that only what kube itself has to know.

use std::borrow::Cow;

use kube::Resource;
use kube::api::{ApiResource, ObjectMeta};
use kube::core::DynamicResourceScope;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::manifest::{Document, read_json};

/// An object that was listed, watched or asked for. With `METADATA` the API server is asked for its metadata only.
///
/// The text is read by our own reader, which takes any depth and any content: what somebody wrote into an object must
/// not end the watch. Its `Debug` shows nothing of it.
#[derive(Clone)]
pub(super) struct Seen<const METADATA: bool> {
    meta: ObjectMeta,
    text: Box<RawValue>,
}

impl<const METADATA: bool> std::fmt::Debug for Seen<METADATA> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seen").finish_non_exhaustive()
    }
}

impl<const METADATA: bool> Seen<METADATA> {
    /// The object; `None` where it cannot be read.
    pub(super) fn read(&self) -> Option<Document> {
        read_json(None, self.text.get()).ok()
    }
}

impl Seen<false> {
    /// The object as it was sent.
    pub(super) fn text(&self) -> &str {
        self.text.get()
    }
}

impl<'de, const METADATA: bool> Deserialize<'de> for Seen<METADATA> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Default, Deserialize)]
        struct Head {
            #[serde(default)]
            metadata: Version,
        }
        #[derive(Default, Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Version {
            resource_version: Option<String>,
        }
        let text = Box::<RawValue>::deserialize(deserializer)?;
        let head: Head = serde_json::from_str(text.get()).unwrap_or_default();
        let meta = ObjectMeta {
            resource_version: head.metadata.resource_version,
            ..ObjectMeta::default()
        };
        Ok(Self { meta, text })
    }
}

impl<const METADATA: bool> Resource for Seen<METADATA> {
    type DynamicType = ApiResource;
    type Scope = DynamicResourceScope;

    fn kind(resource: &ApiResource) -> Cow<'_, str> {
        Cow::Borrowed(&resource.kind)
    }

    fn group(resource: &ApiResource) -> Cow<'_, str> {
        Cow::Borrowed(&resource.group)
    }

    fn version(resource: &ApiResource) -> Cow<'_, str> {
        Cow::Borrowed(&resource.version)
    }

    fn plural(resource: &ApiResource) -> Cow<'_, str> {
        Cow::Borrowed(&resource.plural)
    }

    fn metadata_api() -> bool {
        METADATA
    }

    fn meta(&self) -> &ObjectMeta {
        &self.meta
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.meta
    }
}
