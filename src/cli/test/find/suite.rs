//! One folder of fixtures: what of it is asked for, and its files.

use std::fs;
use std::path::{Path, PathBuf};

use crate::fixture::{Folder, FolderFile, Kind};
use crate::gitops::shown;
use crate::manifest::Problem;
use crate::manifest::suggest::{closest, suggestion};
use crate::policy::Policy;
use crate::source::Source;

use super::super::super::suites::{entries, is_suite, name};
use super::walk::read_text;
use super::{Setup, Trouble};

/// What is asked for of a folder of fixtures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Only {
    /// Everything.
    All,
    /// The cases of one kind.
    Kind(Kind),
    /// One case.
    Case(Kind, String),
    /// Everything, if its policy stands in this file.
    PolicyOf(PathBuf),
}

/// A folder of fixtures.
#[derive(Debug)]
pub(in super::super) struct SuiteFolder {
    /// Where it is.
    pub(super) path: PathBuf,
    /// What was asked for, each time that it was.
    pub(super) only: Vec<Only>,
}

impl SuiteFolder {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self {
            path,
            only: Vec::new(),
        }
    }

    /// The fixtures of a policy that lie beside its file, in `tests/<name>`; `None` where there are none.
    pub(in super::super) fn beside(policy: &Policy, setup: &Setup) -> Option<Self> {
        let source = setup.sources.get(policy.span?.source)?;
        let file = setup.root.join(source.name());
        let path = file.parent()?.join("tests").join(&*policy.name);
        is_suite(&path).then(|| Self::new(path))
    }

    /// The name of the policy.
    pub(in super::super) fn policy(&self) -> String {
        name(&self.path)
    }

    /// Whether a case is asked for.
    pub(in super::super) fn wants(&self, kind: Kind, case: &str) -> bool {
        self.only.iter().any(|only| match only {
            Only::All | Only::PolicyOf(_) => true,
            Only::Kind(known) => *known == kind,
            Only::Case(known, name) => *known == kind && name == case,
        })
    }

    /// Whether some of its cases are left out.
    pub(in super::super) fn is_part(&self) -> bool {
        let part = |only: &Only| matches!(only, Only::Kind(_) | Only::Case(..));
        self.only.iter().all(part)
    }

    /// Whether the policy stands in the file that was named, where it was the file that led here.
    pub(in super::super) fn is_of_its_file(&self, setup: &Setup) -> bool {
        let policy = setup.policies.get(&self.policy());
        let span = policy.and_then(|policy| policy.span);
        let source = span.and_then(|span| setup.sources.get(span.source));
        self.only.iter().any(|only| match only {
            Only::PolicyOf(file) => {
                source.is_some_and(|source| source.name() == shown(file, &setup.root))
            }
            _ => true,
        })
    }

    /// That there is no policy of this name.
    pub(in super::super) fn stranger(&self, names: &[String], setup: &mut Setup) -> Problem {
        let policy = self.policy();
        let message = format!("there is no policy `{policy}`");
        let near = suggestion(&policy, names.iter().map(String::as_str));
        let help = near.unwrap_or_else(|| {
            "a folder of fixtures has the name of its policy, which stands beside `tests`, in a file of its name in the \
             given paths, or under `policyPaths` of Config"
                .to_owned()
        });
        Trouble::new(&self.path, message)
            .with_help(help)
            .problem(setup)
    }

    /// Reads its files; whether some could not be read. What is no fixture is a problem.
    pub(in super::super) fn read(
        &self,
        setup: &mut Setup,
        problems: &mut Vec<Problem>,
    ) -> (Folder, bool) {
        let mut folder = Folder {
            policy: self.policy().into(),
            files: Vec::new(),
        };
        let mut troubles = Vec::new();
        let mut unreadable = false;
        match entries(&self.path) {
            Ok(entries) => troubles.extend(entries.iter().filter_map(|path| {
                let name = name(path);
                let is_known =
                    is_left_alone(&name) || Kind::of_folder(&name).is_some() && path.is_dir();
                (!is_known).then(|| {
                    let near = closest(&name, Kind::ALL.map(Kind::folder));
                    let trouble =
                        Trouble::new(path, format!("`{name}` is no part of the fixtures"));
                    trouble.with_help(match near {
                        Some(near) if near == name => {
                            "it must be a folder, with the cases in it".to_owned()
                        }
                        Some(near) => format!("did you mean `{near}`?"),
                        None => "cases lie in the folders `pass`, `fail` and `fix`".to_owned(),
                    })
                })
            })),
            Err(error) => {
                unreadable = true;
                troubles.push(Trouble::new(
                    &self.path,
                    format!("the folder cannot be read: {error}"),
                ));
            }
        }
        for kind in Kind::ALL {
            let path = self.path.join(kind.folder());
            if !path.is_dir() {
                continue;
            }
            let found = entries(&path).unwrap_or_else(|error| {
                unreadable = true;
                troubles.push(Trouble::new(
                    &path,
                    format!("the folder cannot be read: {error}"),
                ));
                Vec::new()
            });
            for path in found {
                let file = name(&path);
                if is_left_alone(&file) {
                    continue;
                }
                if !path.is_file() {
                    let what = if path.is_dir() { "a folder" } else { "no file" };
                    let message = format!("`{file}` is {what}, and only files are cases");
                    troubles.push(Trouble::new(&path, message));
                    continue;
                }
                let text = if leads_out(&path, &self.path) {
                    Err("it is a link to a file outside of the fixtures".to_owned())
                } else {
                    read_text(&path)
                };
                let (text, reason) = match text {
                    Ok(text) => (text, None),
                    Err(reason) => (String::new(), Some(reason)),
                };
                unreadable |= reason.is_some();
                let shown = shown(&path, &setup.root);
                folder.files.push(FolderFile {
                    kind,
                    name: file.into(),
                    source: setup.sources.add(Source::new(shown, text)),
                    unreadable: reason,
                });
            }
        }
        problems.extend(troubles.iter().map(|trouble| trouble.problem(setup)));
        (folder, unreadable)
    }
}

/// Whether a file lies elsewhere than in a folder, through a link: whoever writes a case shall not make those who test it
/// show a line of what is theirs.
fn leads_out(file: &Path, folder: &Path) -> bool {
    let (Some(tests), Some(name)) = (folder.parent(), folder.file_name()) else {
        return false;
    };
    // The folder itself may be a link too.
    let folder = fs::canonicalize(tests).map(|tests| tests.join(name));
    let file = fs::canonicalize(file);
    !matches!((file, folder), (Ok(file), Ok(folder)) if file.starts_with(&folder))
}

/// Notes for people, and what editors and systems leave behind.
pub(super) fn is_left_alone(name: &str) -> bool {
    name.starts_with('.') || name.to_ascii_lowercase().ends_with(".md")
}
