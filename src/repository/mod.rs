//! The repository as expressions see it: what is in it beside the objects for clusters, with the places of everything.
//!
//! This module owns the document behind the root `repository` of policies with `matchConstraints.repository: true` and
//! `dockerfile` of those with `dockerfiles: true`, and the readers of what is in it and nowhere else. It must not find files or know policies: a caller hands texts in, and
//! `judge` asks what is wrong with the document.
//!
//! Each kind of thing is a list under its own key, and each thing of a list says its `path`. A new kind is a reader in a
//! module of its own, a field of [`Repository`] and a key of its document.
//!
//! Start reading at [`Repository`].

pub mod dockerfile;

use crate::manifest::{Document, DocumentBuilder};

use dockerfile::Dockerfile;

/// The key of the Dockerfiles in the document.
pub const DOCKERFILES: &str = "dockerfiles";

/// What a repository holds.
#[derive(Debug, Default)]
pub struct Repository {
    /// The Dockerfiles, in order of their paths.
    pub dockerfiles: Vec<Dockerfile>,
}

impl Repository {
    /// The repository as expressions see it. Values keep the places in the files that they were read from.
    pub fn document(&self) -> Document {
        let mut builder = DocumentBuilder::new();
        let dockerfiles: Vec<_> = self
            .dockerfiles
            .iter()
            .map(|file| file.node(&mut builder))
            .collect();
        let dockerfiles = builder.list(&dockerfiles, None);
        let root = builder.object(&[(DOCKERFILES, dockerfiles)]);
        builder.finish(root)
    }
}
