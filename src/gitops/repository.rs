//! Where the repository begins, and how its files are called.

use std::path::{Path, PathBuf};

/// The name of the Config file.
pub const CONFIG_NAME: &str = ".kpolicy.yaml";

/// What the directories above a place say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repository {
    /// The nearest directory with `.git` or `.kpolicy.yaml`: findings name files relative to it.
    pub root: Option<PathBuf>,
    /// The nearest directory with `.git`: CI names files relative to it.
    pub git: Option<PathBuf>,
    /// The nearest Config file that is not outside of the git repository.
    pub config: Option<PathBuf>,
}

impl Repository {
    /// Looks upwards from a canonical path.
    pub fn around(start: &Path) -> Self {
        let mut found = Self::default();
        for directory in start.ancestors() {
            let config = directory.join(CONFIG_NAME);
            if found.config.is_none() && config.is_file() {
                found.config = Some(config);
                found.root.get_or_insert_with(|| directory.to_owned());
            }
            // A file in worktrees and submodules.
            if directory.join(".git").exists() {
                found.root.get_or_insert_with(|| directory.to_owned());
                found.git = Some(directory.to_owned());
                break;
            }
        }
        found
    }
}

/// A path as people write it: relative to a directory where it lies below it, with `/` everywhere.
pub fn shown(path: &Path, root: &Path) -> String {
    let short = path.strip_prefix(root).unwrap_or(path);
    if short.as_os_str().is_empty() {
        return ".".to_owned();
    }
    let text = short.to_string_lossy();
    if cfg!(windows) {
        text.replace('\\', "/")
    } else {
        text.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_nearest_mark_is_the_root_and_config_outside_of_git_is_not_ours() {
        let keep = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(keep.path()).unwrap();
        fs::create_dir_all(top.join("repo/.git")).unwrap();
        fs::create_dir_all(top.join("repo/sub/deep")).unwrap();
        fs::write(top.join(CONFIG_NAME), "").unwrap();
        let found = Repository::around(&top.join("repo/sub/deep"));
        assert_eq!(found.root, Some(top.join("repo")));
        assert_eq!(found.config, None);
        fs::write(top.join("repo/sub").join(CONFIG_NAME), "").unwrap();
        let found = Repository::around(&top.join("repo/sub/deep"));
        assert_eq!(found.root, Some(top.join("repo/sub")));
        assert_eq!(found.git, Some(top.join("repo")));
        assert_eq!(found.config, Some(top.join("repo/sub").join(CONFIG_NAME)));
    }

    #[test]
    fn paths_are_shown_relative_where_that_is_possible() {
        for (path, expected) in [("/r/a/b", "a/b"), ("/r", "."), ("/other/x", "/other/x")] {
            assert_eq!(shown(Path::new(path), Path::new("/r")), expected);
        }
    }
}
