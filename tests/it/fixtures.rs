//! The fixtures of the policies, `testdata/policies/<policy>/{pass,fail,fix}/<case>.yaml` with the files beside them, as
//! `kpolicy test` reads them.
//!
//! One reading of them serves the policy tests and the parity test, so that both mouths are given the same things.

use std::fs;
use std::path::{Path, PathBuf};

use kpolicy::fixture::{self, Case, Folder, FolderFile, Suite};
use kpolicy::manifest::Document;
use kpolicy::schema::defaults::NEWEST_MINOR;
use kpolicy::source::{Source, SourceId, SourceMap};

pub(crate) use kpolicy::fixture::{Kind, identity};

/// The folder of the fixtures.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/policies")
}

/// The fixtures of all policies, in order of their paths; nothing is wrong with any of them.
pub(crate) fn suites(sources: &mut SourceMap) -> Vec<Suite> {
    let mut suites = Vec::new();
    for path in directory(&folder()) {
        let mut folder = Folder {
            policy: name(&path).into(),
            files: Vec::new(),
        };
        for kind in Kind::ALL {
            for path in directory(&path.join(kind.folder())) {
                let shown = format!("{}/{}/{}", folder.policy, kind.folder(), name(&path));
                let text = fs::read_to_string(&path).unwrap();
                folder.files.push(FolderFile {
                    kind,
                    name: name(&path).into(),
                    source: sources.add(Source::new(shown, text)),
                    unreadable: None,
                });
            }
        }
        let suite = Suite::read(&folder, sources);
        assert_eq!(suite.problems, [], "{}", folder.policy);
        suites.push(suite);
    }
    assert!(!suites.is_empty(), "no fixtures in {}", folder().display());
    suites
}

/// A case with its text.
#[derive(Debug)]
pub(crate) struct Fixture {
    /// The policy it is about.
    pub(crate) policy: String,
    /// The path of its file below `testdata/policies`, for messages.
    pub(crate) name: String,
    /// The object as written.
    pub(crate) text: String,
    /// The further files of a repository.
    pub(crate) further: Vec<String>,
    case: Case,
}

impl std::ops::Deref for Fixture {
    type Target = Case;

    fn deref(&self) -> &Case {
        &self.case
    }
}

/// All fixtures, in order of their paths.
pub(crate) fn all() -> Vec<Fixture> {
    let mut sources = SourceMap::new();
    let suites = suites(&mut sources);
    let cases = suites.into_iter().flat_map(|suite| suite.cases);
    let text = |source: SourceId| sources.get(source).unwrap().text().to_string();
    let fixture = |case: Result<Case, fixture::Broken>| {
        let case = case.unwrap_or_else(|broken| panic!("{}: {:?}", broken.name, broken.problems));
        Fixture {
            policy: case.policy.to_string(),
            name: format!("{}{}", case.id(), case.ending()),
            further: case.further.iter().map(|&source| text(source)).collect(),
            text: text(case.source),
            case,
        }
    };
    cases.map(fixture).collect()
}

fn directory(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(path) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// An object as the API server would send it.
pub(crate) fn defaulted(object: &Document, namespace: Option<&str>) -> Document {
    fixture::defaulted(object, namespace, NEWEST_MINOR)
}
