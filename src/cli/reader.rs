//! Reading files with policies, Config and exceptions into documents.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};

use crate::documents::Documents;
use crate::gitops::shown;
use crate::manifest::{Problem, Severity, decode_text};
use crate::source::{SourceId, SourceMap};

use super::input::{Print, canonical, files};

/// Reads files once each, however often they are named.
#[derive(Debug)]
pub(super) struct Reader {
    /// The texts.
    pub(super) sources: SourceMap,
    seen: BTreeMap<PathBuf, SourceId>,
    hasher: DefaultHasher,
    /// What the names of files are relative to.
    pub(super) root: PathBuf,
}

impl Reader {
    /// Nothing read yet.
    pub(super) fn new(root: PathBuf) -> Self {
        Self {
            sources: SourceMap::new(),
            seen: BTreeMap::new(),
            hasher: DefaultHasher::new(),
            root,
        }
    }

    /// What stood in all files that were read.
    pub(super) fn print(&self) -> Print {
        self.hasher.finish()
    }

    /// The file that a source was read from.
    pub(super) fn path_of(&self, source: SourceId) -> Option<PathBuf> {
        let mut seen = self.seen.iter();
        seen.find(|(_, known)| **known == source)
            .map(|(path, _)| path.clone())
    }

    /// Reads a file, or all YAML and JSON files below a directory.
    pub(super) fn path(&mut self, path: &Path, documents: &mut Documents) -> anyhow::Result<()> {
        let found = canonical(path)?;
        if !found.is_dir() {
            return self.file(&found, documents);
        }
        for file in files(&found)? {
            self.file(&file, documents)?;
        }
        Ok(())
    }

    /// As [`path`](Self::path), where exceptions have no say: what is wrong there is told and stops nobody. Other
    /// documents that lie there count as always.
    pub(super) fn path_of_exceptions(&mut self, path: &Path, documents: &mut Documents) {
        let before = documents.problems.len();
        if let Err(error) = self.path(path, documents) {
            let problem = Problem::error(format!("{error:#}"), None);
            documents.problems.push(problem);
        }
        for problem in documents.problems.iter_mut().skip(before) {
            problem.severity = Severity::Warning;
        }
    }

    /// Reads a file.
    pub(super) fn file(&mut self, file: &Path, documents: &mut Documents) -> anyhow::Result<()> {
        if self.seen.contains_key(file) {
            return Ok(());
        }
        self.seen.insert(file.to_owned(), self.sources.next_id());
        let name = shown(file, &self.root);
        let bytes = fs::read(file).with_context(|| format!("cannot read `{name}`"))?;
        bytes.hash(&mut self.hasher);
        match decode_text(&bytes) {
            Ok(text) => documents.add(&name, &Arc::from(&*text), &mut self.sources),
            Err(problem) => bail!("cannot read `{name}`: {problem}"),
        }
        Ok(())
    }
}
