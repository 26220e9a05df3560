//! Reading files with policies, Config and exceptions into documents.

use std::collections::{BTreeMap, BTreeSet};
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
use super::suites::{has_policy_beside, name, suite_of};

/// What stands in a file, or why it cannot be read.
type Bytes = std::io::Result<Vec<u8>>;

/// Reads files once each, however often they are named.
#[derive(Debug)]
pub(super) struct Reader {
    /// The texts.
    pub(super) sources: SourceMap,
    seen: BTreeMap<PathBuf, SourceId>,
    /// Files that are fixtures if there is a policy of the name of their folder, with that folder.
    waiting: BTreeMap<PathBuf, (PathBuf, Bytes)>,
    /// Files that were left out as fixtures.
    fixtures: BTreeSet<PathBuf>,
    hasher: DefaultHasher,
    /// Files that are counted in it.
    counted: BTreeSet<PathBuf>,
    /// What the names of files are relative to.
    pub(super) root: PathBuf,
}

impl Reader {
    /// Nothing read yet.
    pub(super) fn new(root: PathBuf) -> Self {
        Self {
            sources: SourceMap::new(),
            seen: BTreeMap::new(),
            waiting: BTreeMap::new(),
            fixtures: BTreeSet::new(),
            hasher: DefaultHasher::new(),
            counted: BTreeSet::new(),
            root,
        }
    }

    /// What stood in all files that were read.
    pub(super) fn print(&self) -> Print {
        self.hasher.finish()
    }

    /// How many files were left out as fixtures.
    pub(super) fn fixtures(&self) -> usize {
        self.fixtures.len()
    }

    /// The file that a source was read from.
    pub(super) fn path_of(&self, source: SourceId) -> Option<PathBuf> {
        let mut seen = self.seen.iter();
        seen.find(|(_, known)| **known == source)
            .map(|(path, _)| path.clone())
    }

    /// Reads a file, or all YAML and JSON files below a directory. What may be a fixture there waits until
    /// [`leave_fixtures`](Self::leave_fixtures).
    pub(super) fn path(&mut self, path: &Path, documents: &mut Documents) -> anyhow::Result<()> {
        let found = canonical(path)?;
        if !found.is_dir() {
            return self.file(&found, documents);
        }
        for file in files(&found)? {
            // Whoever names the folder of fixtures itself, or one in it, means what lies there.
            let is_below = |suite: &PathBuf| *suite != found && suite.starts_with(&found);
            match suite_of(&file).filter(is_below) {
                None => self.file(&file, documents)?,
                Some(suite) => self.wait(file, suite),
            }
        }
        Ok(())
    }

    /// Reads what waited and is no fixture: nothing goes by the name of its folder. The rest is left out: it is there to
    /// be judged by a policy, and must never lift, bind or configure anything.
    pub(super) fn leave_fixtures(&mut self, documents: &mut Documents) -> anyhow::Result<()> {
        for (file, (suite, bytes)) in std::mem::take(&mut self.waiting) {
            if documents.has_policy(&name(&suite)) || has_policy_beside(&suite) {
                self.fixtures.insert(file);
            } else {
                self.add(&file, bytes, documents)?;
            }
        }
        Ok(())
    }

    fn wait(&mut self, file: PathBuf, suite: PathBuf) {
        let is_waiting = self.waiting.contains_key(&file) || self.fixtures.contains(&file);
        if !self.seen.contains_key(&file) && !is_waiting {
            let bytes = self.bytes(&file);
            self.waiting.insert(file, (suite, bytes));
        }
    }

    /// What stands in a file, counted once in what stood in all.
    fn bytes(&mut self, file: &Path) -> Bytes {
        let bytes = fs::read(file);
        if !self.counted.insert(file.to_owned()) {
            return bytes;
        }
        match &bytes {
            Ok(bytes) => bytes.hash(&mut self.hasher),
            Err(error) => error.to_string().hash(&mut self.hasher),
        }
        bytes
    }

    /// As [`path`](Self::path), where exceptions have no say: what is wrong there is told and stops nobody. Other
    /// documents that lie there count as always.
    pub(super) fn path_of_exceptions(&mut self, path: &Path, documents: &mut Documents) {
        let before = documents.problems.len();
        let read = self.path(path, documents);
        if let Err(error) = read.and_then(|()| self.leave_fixtures(documents)) {
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
        let bytes = match self.waiting.remove(file) {
            Some((_, bytes)) => bytes,
            None => self.bytes(file),
        };
        self.add(file, bytes, documents)
    }

    fn add(&mut self, file: &Path, bytes: Bytes, documents: &mut Documents) -> anyhow::Result<()> {
        self.fixtures.remove(file);
        self.seen.insert(file.to_owned(), self.sources.next_id());
        let name = shown(file, &self.root);
        let bytes = bytes.with_context(|| format!("cannot read `{name}`"))?;
        match decode_text(&bytes) {
            Ok(text) => documents.add(&name, &Arc::from(&*text), &mut self.sources),
            Err(problem) => bail!("cannot read `{name}`: {problem}"),
        }
        Ok(())
    }
}

#[cfg(all(test, feature = "serve"))]
mod tests {
    use super::*;
    use crate::cli::input::print_of;

    #[test]
    fn whoever_looks_at_files_again_counts_fixtures_as_reading_them_does() {
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in [
            ("a.yaml", "a: 1\n"),
            ("tests/dockerfile/pass/a.yaml", "b: 1\n"),
            ("tests/nobody/pass/a.yaml", "c: 1\n"),
            ("z.yaml", "d: 1\n"),
        ] {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let named = folder.path().join("tests/dockerfile/pass/a.yaml");
        for paths in [
            vec![folder.path().to_owned()],
            vec![folder.path().to_owned(), named],
        ] {
            let mut reader = Reader::new(folder.path().to_owned());
            let mut documents = Documents::built_in(&mut reader.sources);
            for path in &paths {
                reader.path(path, &mut documents).unwrap();
                reader.leave_fixtures(&mut documents).unwrap();
            }
            assert_eq!(reader.fixtures(), 2 - paths.len());
            assert_eq!(documents.others, if paths.len() == 1 { 3 } else { 4 });
            assert_eq!(reader.print(), print_of(&paths));
        }
    }
}
