//! Walking through folders. Links to folders are not followed, so that none can lead in a circle.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::manifest::{Limits, decode_text};

use super::super::super::suites::{entries, holds_cases, name};
use super::Trouble;

/// Folders nest no deeper than this.
const DEEPEST: usize = 64;

/// What lies below a folder.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// Folders with fixtures. What lies in them is not listed.
    pub(super) suites: Vec<PathBuf>,
    /// YAML and JSON files outside of those.
    pub(super) manifests: Vec<PathBuf>,
    /// All other folders.
    pub(super) others: Vec<PathBuf>,
    /// What could not be looked at.
    pub(super) troubles: Vec<Trouble>,
}

impl Walk {
    /// Walks. Left out are hidden files and folders, what a cache directory holds, and `node_modules`.
    pub(super) fn through(root: &Path) -> Self {
        let mut walk = Self::default();
        let mut pending = vec![(root.to_owned(), 0)];
        while let Some((directory, depth)) = pending.pop() {
            match entries(&directory) {
                Ok(entries) => walk.look(directory, depth, entries, &mut pending),
                Err(error) => {
                    let message = format!("the folder cannot be read: {error}");
                    walk.troubles.push(Trouble::new(&directory, message));
                }
            }
        }
        walk
    }

    fn look(
        &mut self,
        directory: PathBuf,
        depth: usize,
        entries: Vec<PathBuf>,
        pending: &mut Vec<(PathBuf, usize)>,
    ) {
        if holds_cases(&directory, &entries) {
            self.suites.push(directory);
            return;
        }
        if entries.iter().any(|path| name(path) == "CACHEDIR.TAG") {
            return;
        }
        for path in entries {
            let name = name(&path);
            if name.starts_with('.') || name == "node_modules" {
                continue;
            }
            if !path.is_dir() {
                if is_manifest(&path) {
                    self.manifests.push(path);
                }
            } else if path.is_symlink() {
                // What it leads to is found where it is, or is no part of the tree.
            } else if depth < DEEPEST {
                pending.push((path, depth + 1));
            } else {
                let message = format!("folders nest deeper than {DEEPEST} here");
                self.troubles.push(Trouble::new(&path, message));
            }
        }
        self.others.push(directory);
    }
}

/// Whether something is a file that may hold manifests, going by its name. What is no file, such as a pipe, is not
/// opened: that could wait forever.
pub(super) fn is_manifest(path: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str);
    matches!(extension, Some("yaml" | "yml" | "json")) && path.is_file()
}

/// The text of a file, if it is one and not too long.
pub(super) fn read_text(path: &Path) -> Result<String, String> {
    let most = Limits::default().bytes as u64;
    let in_words = |error: io::Error| error.to_string();
    let file = fs::File::open(path).map_err(in_words)?;
    let mut bytes = Vec::new();
    file.take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(in_words)?;
    if bytes.len() as u64 > most {
        return Err(format!("it is longer than {} MiB", most >> 20));
    }
    let text = decode_text(&bytes).map_err(|problem| problem.message)?;
    Ok(text.into_owned())
}
