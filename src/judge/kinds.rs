//! The kinds that a judge knows.

use crate::manifest::Document;
use crate::policy::Release;
use crate::schema::openapi::{Schemas, is_crd};

/// The kinds of a cluster, in the newest known release where it is not known which it runs, with the custom
/// resources among these documents.
pub(super) fn schemas(minor: Option<u32>, documents: &[Document]) -> Schemas {
    let release = minor
        .and_then(|minor| u8::try_from(minor).ok())
        .map_or(Release::NEWEST, Release::minor);
    let mut schemas = Schemas::built_in(release);
    for document in documents {
        learn(&mut schemas, document);
    }
    schemas
}

/// Adds the kinds of a `CustomResourceDefinition`.
pub(super) fn learn(schemas: &mut Schemas, document: &Document) {
    if is_crd(document.root()) {
        // What is wrong with it is for whoever judges it as an object to say.
        schemas.add_crd(document, &mut Vec::new());
    }
}
