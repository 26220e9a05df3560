//! A directory of our own outside the user's tree, gone when it is dropped.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

static COUNTER: AtomicU64 = AtomicU64::new(0);

/// How often another name is tried where one is taken.
const ATTEMPTS: u32 = 100;

/// A fresh directory below the system's directory for temporary files.
#[derive(Debug)]
pub(super) struct Workspace {
    path: PathBuf,
}

impl Workspace {
    /// Makes one that only this user may read. Its path is canonical.
    pub(super) fn new() -> io::Result<Self> {
        let base = fs::canonicalize(std::env::temp_dir())?;
        for _ in 0..ATTEMPTS {
            let number = COUNTER.fetch_add(1, Ordering::Relaxed);
            let path = base.join(format!("kpolicy-{}-{number}", std::process::id()));
            match create(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                other => return other.map(|()| Self { path }),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        // The system cleans up what we cannot.
        let _ = fs::remove_dir_all(&self.path);
    }
}

#[cfg(unix)]
fn create(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(path)
}

#[cfg(not(unix))]
fn create(path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}

/// The way from one canonical directory to another path, with `..` as far as needed.
pub(super) fn relative(from: &Path, to: &Path) -> PathBuf {
    let from: Vec<Component<'_>> = from.components().collect();
    let to: Vec<Component<'_>> = to.components().collect();
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from.iter().skip(common).map(|_| Component::ParentDir);
    let path: PathBuf = up.chain(to.into_iter().skip(common)).collect();
    if path.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        path
    }
}

/// `directory` joined with a path that may climb, without asking the file system.
pub(super) fn join(directory: &Path, path: &Path) -> PathBuf {
    let mut joined = directory.to_owned();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                joined.pop();
            }
            other => joined.push(other),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_from_one_directory_to_another_leads_back_by_joining() {
        for (from, to, way) in [
            ("/tmp/k", "/home/a/b", "../../home/a/b"),
            ("/home/a/k", "/home/a/b", "../b"),
            ("/home/a", "/home/a", "."),
            ("/home/a", "/home/a/b", "b"),
        ] {
            let found = relative(Path::new(from), Path::new(to));
            assert_eq!(found, Path::new(way));
            assert_eq!(join(Path::new(from), &found), Path::new(to));
        }
    }

    #[test]
    fn a_workspace_is_gone_when_it_is_dropped() {
        let workspace = Workspace::new().unwrap();
        let path = workspace.path().to_owned();
        fs::write(path.join("a"), "a").unwrap();
        drop(workspace);
        assert!(!path.exists());
    }
}
