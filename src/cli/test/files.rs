//! Finding fixtures, and the policies they are about, in the file system.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::fixture::{Folder, FolderFile, Kind};
use crate::gitops::shown;
use crate::manifest::{Limits, Problem, decode_text};
use crate::source::{Source, SourceMap, Span};

/// What the paths lead to.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Folders with `pass`, `fail` or `fix` in them, in order.
    pub(super) folders: Vec<PathBuf>,
    /// Files that hold the policies of those folders.
    pub(super) policies: Vec<PathBuf>,
}

/// Folders nest no deeper than this.
const DEEPEST: usize = 64;

/// Looks through the paths.
pub(super) fn find(paths: &[PathBuf]) -> anyhow::Result<Found> {
    let mut folders = BTreeSet::new();
    let mut policies = BTreeSet::new();
    let mut by_stem: BTreeMap<String, BTreeSet<PathBuf>> = BTreeMap::new();
    for path in paths {
        let path =
            fs::canonicalize(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        if !path.is_dir() {
            policies.insert(path);
            continue;
        }
        let mut walk = Walk::default();
        walk.directory(&path, 0)?;
        if walk.folders.is_empty() {
            policies.extend(
                walk.files
                    .iter()
                    .filter(|file| holds_policies(file))
                    .cloned(),
            );
        }
        for file in walk.files {
            if let Some(stem) = file.file_stem().and_then(OsStr::to_str) {
                by_stem.entry(stem.to_owned()).or_default().insert(file);
            }
        }
        folders.extend(walk.folders);
    }
    for folder in &folders {
        let name = folder
            .file_name()
            .and_then(OsStr::to_str)
            .unwrap_or_default();
        let beside = folder
            .parent()
            .filter(|tests| tests.file_name() == Some(OsStr::new("tests")));
        if let Some(beside) = beside.and_then(Path::parent) {
            let mut files: Vec<PathBuf> = entries(beside)?
                .into_iter()
                .filter(|path| path.is_file() && is_manifest(path))
                .collect();
            files.retain(|file| holds_policies(file));
            policies.extend(files);
        } else if let Some(files) = by_stem.get(name) {
            policies.extend(files.iter().filter(|file| holds_policies(file)).cloned());
        }
    }
    Ok(Found {
        folders: folders.into_iter().collect(),
        policies: policies.into_iter().collect(),
    })
}

#[derive(Debug, Default)]
struct Walk {
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

impl Walk {
    fn directory(&mut self, directory: &Path, depth: usize) -> anyhow::Result<()> {
        let entries = entries(directory)?;
        let is_suite = entries.iter().any(|path| {
            let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
            Kind::of_folder(name).is_some() && path.is_dir()
        });
        if is_suite {
            self.folders.push(directory.to_owned());
            return Ok(());
        }
        if entries
            .iter()
            .any(|path| path.file_name() == Some(OsStr::new("CACHEDIR.TAG")))
        {
            return Ok(());
        }
        for path in entries {
            let hidden = path
                .file_name()
                .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
            if hidden {
                continue;
            }
            if path.is_dir() && !path.is_symlink() && depth < DEEPEST {
                self.directory(&path, depth + 1)?;
            } else if path.is_file() && is_manifest(&path) {
                self.files.push(path);
            }
        }
        Ok(())
    }
}

fn entries(directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let cannot = || format!("cannot read `{}`", directory.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).with_context(cannot)? {
        paths.push(entry.with_context(cannot)?.path());
    }
    paths.sort();
    Ok(paths)
}

fn is_manifest(path: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str);
    matches!(extension, Some("yaml" | "yml" | "json"))
}

/// What a file with a policy names: our group, or that of native policies.
const GROUPS: [&str; 3] = [
    "kpolicy.io/",
    "admissionregistration.k8s.io/",
    "policies.kyverno.io/",
];

fn holds_policies(path: &Path) -> bool {
    read_text(path).is_ok_and(|text| GROUPS.iter().any(|group| text.contains(group)))
}

/// The text of a file, if it is one and not too long.
fn read_text(path: &Path) -> Result<String, String> {
    let most = Limits::default().bytes as u64;
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|error| error.to_string())?;
    file.take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    if bytes.len() as u64 > most {
        return Err(format!("it is longer than {} MiB", most >> 20));
    }
    decode_text(&bytes)
        .map(std::borrow::Cow::into_owned)
        .map_err(|problem| problem.message)
}

/// Reads the files of a folder with fixtures.
pub(super) fn read(
    folder: &Path,
    root: &Path,
    sources: &mut SourceMap,
    problems: &mut Vec<Problem>,
) -> Folder {
    let mut files = Vec::new();
    for kind in Kind::ALL {
        let Ok(paths) = entries(&folder.join(kind.folder())) else {
            continue;
        };
        for path in paths {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let shown = shown(&path, root);
            match read_text(&path) {
                Ok(text) => {
                    let source = sources.add(Source::new(shown, text));
                    files.push(FolderFile {
                        kind,
                        name: name.into(),
                        source,
                    });
                }
                Err(reason) => {
                    let source = sources.add(Source::new(shown, ""));
                    let span = Some(Span::new(source, 0, 0));
                    problems.push(Problem::error(
                        format!("the file cannot be read: {reason}"),
                        span,
                    ));
                }
            }
        }
    }
    Folder {
        policy: folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into(),
        path: shown(folder, root).into(),
        files,
    }
}
