//! The files of a run: read once, parsed once, known by path and by source.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use crate::gitops::shown;
use crate::manifest::{Dialect, Document, Limits, Problem, Severity, decode_text, read, unroll};
use crate::source::{Source, SourceId, SourceMap, Span};

use super::{Input, Options};

/// Something that could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// The path.
    pub(super) what: String,
    /// Why.
    pub(super) reason: String,
}

impl Failure {
    /// The operating system refused.
    pub(super) fn new(path: &Path, error: &io::Error) -> Self {
        Self::because(path, error.to_string())
    }

    /// For this reason.
    pub(super) fn because(path: &Path, reason: String) -> Self {
        Self {
            what: path.display().to_string(),
            reason,
        }
    }
}

/// One file.
#[derive(Debug)]
pub(super) struct File {
    /// Its canonical path; `None` for standard input.
    pub(super) path: Option<PathBuf>,
    /// What people call it.
    pub(super) name: Box<str>,
    /// Its source.
    pub(super) source: SourceId,
    /// Its text.
    pub(super) text: Arc<str>,
    /// Whether it was asked for, and not only reached from what was.
    pub(super) given: bool,
    /// Its documents; lists are unrolled.
    pub(super) documents: Vec<Document>,
    /// What is wrong with it.
    pub(super) problems: Vec<Problem>,
    /// Chunks that are templates, and why they do not load.
    pub(super) templated: Vec<(Span, Problem)>,
    parsed: bool,
}

/// All files of a run.
#[derive(Debug)]
pub(super) struct Files {
    list: Vec<File>,
    by_path: BTreeMap<PathBuf, usize>,
    root: PathBuf,
    max_bytes: u64,
    /// The texts.
    pub(super) sources: SourceMap,
    /// What could not be read.
    pub(super) failures: Vec<Failure>,
}

impl Files {
    /// No files yet.
    pub(super) fn new(options: &Options<'_>, sources: SourceMap) -> Self {
        Self {
            list: Vec::new(),
            by_path: BTreeMap::new(),
            root: options.root.clone(),
            max_bytes: options.max_bytes,
            sources,
            failures: Vec::new(),
        }
    }

    /// Reads files that were asked for, in parallel. Paths are canonical.
    pub(super) fn read_all(&mut self, paths: &[PathBuf]) {
        let max = self.max_bytes;
        let texts: Vec<_> = paths.par_iter().map(|path| read_text(path, max)).collect();
        for (path, text) in paths.iter().zip(texts) {
            self.add(path, text, true);
        }
    }

    /// Takes standard input for a file.
    pub(super) fn add_input(&mut self, input: &Input) {
        let text = if input.bytes.len() as u64 > self.max_bytes {
            Err(too_large(self.max_bytes))
        } else {
            Ok(decode(&input.bytes))
        };
        match text {
            Ok((text, problem)) => self.push(None, input.name.clone(), text, problem, true),
            Err(error) => self.failures.push(Failure {
                what: input.name.to_string(),
                reason: error.to_string(),
            }),
        }
    }

    /// The file with this canonical path, read now if it was not yet; `None` where it cannot be read.
    pub(super) fn load(&mut self, path: &Path) -> Option<&mut File> {
        if !self.by_path.contains_key(path) {
            let text = read_text(path, self.max_bytes);
            self.add(path, text, false);
        }
        let at = *self.by_path.get(path)?;
        self.list.get_mut(at)
    }

    /// The file with this canonical path, if it was read.
    pub(super) fn get(&self, path: &Path) -> Option<&File> {
        self.list.get(*self.by_path.get(path)?)
    }

    /// All files, in the order they were read.
    pub(super) fn iter(&self) -> impl Iterator<Item = &File> {
        self.list.iter()
    }

    /// How many files were read.
    pub(super) fn count(&self) -> usize {
        self.list.len()
    }

    /// Parses what is not parsed yet, in parallel. `dialect` says how, or `None` for a file that is no manifest.
    pub(super) fn parse(&mut self, dialect: &(dyn Fn(Option<&Path>) -> Option<Dialect> + Sync)) {
        self.list.par_iter_mut().for_each(|file| {
            if !file.parsed
                && let Some(dialect) = dialect(file.path.as_deref())
            {
                file.parse(dialect);
            }
        });
    }

    /// Reads texts that are no manifests, in parallel: their names, their sources and what they hold, in order. What is no
    /// text is a failure, where it `must` be one.
    pub(super) fn read_texts(
        &mut self,
        paths: &[PathBuf],
        must: bool,
    ) -> Vec<(String, SourceId, Arc<str>)> {
        let max = self.max_bytes;
        let texts: Vec<_> = paths.par_iter().map(|path| read_text(path, max)).collect();
        let mut read = Vec::new();
        for (path, text) in paths.iter().zip(texts) {
            let name = self.shown(path);
            match text {
                Ok((text, None)) => {
                    let text: Arc<str> = text.into();
                    let source = Source::new(name.clone(), text.clone());
                    read.push((name, self.sources.add(source), text));
                }
                Ok((_, Some(_))) if !must => {}
                Ok((_, Some(problem))) => self.failures.push(Failure {
                    what: name,
                    reason: problem.message,
                }),
                Err(error) => self.failures.push(Failure {
                    what: name,
                    reason: error.to_string(),
                }),
            }
        }
        read
    }

    /// Takes over what could not be looked at.
    pub(super) fn fail(&mut self, failures: &[Failure]) {
        let root = &self.root;
        let shown = failures.iter().map(|failure| Failure {
            what: shown(Path::new(&failure.what), root),
            reason: failure.reason.clone(),
        });
        self.failures.extend(shown);
    }

    /// A path as people know it.
    pub(super) fn shown(&self, path: &Path) -> String {
        shown(path, &self.root)
    }

    fn add(&mut self, path: &Path, text: io::Result<(String, Option<Problem>)>, given: bool) {
        let name = self.shown(path);
        match text {
            Ok((text, problem)) => {
                self.by_path.insert(path.to_owned(), self.list.len());
                self.push(Some(path.to_owned()), name.into(), text, problem, given);
            }
            Err(error) => self.failures.push(Failure {
                what: name,
                reason: error.to_string(),
            }),
        }
    }

    fn push(
        &mut self,
        path: Option<PathBuf>,
        name: Box<str>,
        text: String,
        problem: Option<Problem>,
        given: bool,
    ) {
        let text: Arc<str> = text.into();
        let source = self.sources.add(Source::new(name.clone(), text.clone()));
        let end = text.len() as u32;
        let is_broken = problem.is_some();
        let problems = problem.map(|problem| Problem {
            span: Some(Span::new(source, end, end)),
            ..problem
        });
        self.list.push(File {
            path,
            name,
            source,
            text,
            given,
            documents: Vec::new(),
            problems: problems.into_iter().collect(),
            templated: Vec::new(),
            parsed: is_broken,
        });
    }
}

impl File {
    /// Parses the file; what is not for kubectl to reject is left to others.
    pub(super) fn parse(&mut self, dialect: Dialect) {
        if self.parsed {
            return;
        }
        self.parsed = true;
        let limits = Limits {
            bytes: Limits::MOST_BYTES,
            ..Limits::default()
        };
        let reading = read(self.source, &self.text, dialect, &limits);
        self.problems.extend(reading.problems);
        for document in reading.documents {
            self.documents.extend(unroll(document, &mut self.problems));
        }
        self.templated = reading.templated;
    }

    /// Whether something in it did not load.
    pub(super) fn is_broken(&self) -> bool {
        self.problems
            .iter()
            .any(|problem| problem.severity == Severity::Error)
    }
}

/// The text, and what is wrong with it; the error is one of the operating system, or of size.
fn read_text(path: &Path, max: u64) -> io::Result<(String, Option<Problem>)> {
    let file = fs::File::open(path)?;
    let mut bytes = Vec::new();
    file.take(max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max {
        return Err(too_large(max));
    }
    Ok(decode(&bytes))
}

fn too_large(max: u64) -> io::Error {
    io::Error::other(format!(
        "it is larger than {} MiB: split it, or raise `--max-file-size`",
        max >> 20
    ))
}

/// The text of a file; of one that is not text, the part up to the first byte that is none.
fn decode(bytes: &[u8]) -> (String, Option<Problem>) {
    match decode_text(bytes) {
        Ok(text) => (text.into_owned(), None),
        Err(problem) => {
            let valid = match std::str::from_utf8(bytes) {
                Ok(text) => text,
                Err(error) => bytes
                    .get(..error.valid_up_to())
                    .and_then(|valid| std::str::from_utf8(valid).ok())
                    .unwrap_or_default(),
            };
            (valid.to_owned(), Some(problem))
        }
    }
}

#[cfg(test)]
impl Files {
    /// One parsed file with this text.
    pub(super) fn of_text(text: &str, sources: SourceMap) -> Self {
        let mut files = Self {
            list: Vec::new(),
            by_path: BTreeMap::new(),
            root: PathBuf::new(),
            max_bytes: u64::MAX,
            sources,
            failures: Vec::new(),
        };
        files.push(None, "a.yaml".into(), text.to_owned(), None, true);
        files.parse(&|_| Some(Dialect::Kubectl));
        files
    }
}
