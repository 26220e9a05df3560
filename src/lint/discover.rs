//! Which files there are.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use crate::gitops::is_kustomization_file;
use crate::repository::dockerfile::{NameKind, name_kind};

use super::files::Failure;
use super::fixtures::{Fixtures, Rule};

/// What the paths lead to.
#[derive(Debug, Default)]
pub(super) struct Discovered {
    /// Canonical paths of files, sorted, each once.
    pub(super) files: Vec<PathBuf>,
    /// Those among them that were named themselves.
    pub(super) named: BTreeSet<PathBuf>,
    /// Canonical paths of Dockerfiles, by their names, sorted, each once. They are no manifests.
    pub(super) dockerfiles: Vec<PathBuf>,
    /// What may be one by its name, likewise.
    pub(super) may_be_dockerfiles: Vec<PathBuf>,
    /// What becomes a Dockerfile when something fills it in.
    pub(super) dockerfile_templates: Vec<PathBuf>,
    /// Whether files were left out because they are fixtures.
    pub(super) has_fixtures: bool,
    /// What could not be looked at.
    pub(super) failures: Vec<Failure>,
    /// Facts for people.
    pub(super) remarks: Vec<String>,
}

/// Finds the manifests below the paths: YAML and JSON files in directories, and every file that is named itself. Files
/// with the names of Dockerfiles are found on the same walk, and not opened.
///
/// Symbolic links inside a directory are not followed: one that stays inside leads to what is found anyway, and one
/// that leads out is not part of the tree. So no link can loop. `.git` is left out, and so are the files `apart`
/// and fixtures of policies.
pub(super) fn discover(paths: &[PathBuf], apart: &[PathBuf], rule: &Rule<'_>) -> Discovered {
    let mut discovered = Discovered::default();
    let mut files = Found::default();
    let mut roots = Vec::new();
    for path in paths {
        match fs::canonicalize(path) {
            Ok(found) if found.is_dir() => roots.push(found),
            Ok(found) => {
                if !files.take_dockerfile(&found) {
                    discovered.named.insert(found.clone());
                    files.manifests.insert(found);
                }
            }
            Err(error) => discovered.failures.push(Failure::new(path, &error)),
        }
    }
    let mut outside = BTreeSet::new();
    for root in &roots {
        walk(
            root,
            rule,
            &mut files,
            &mut outside,
            &mut discovered.failures,
        );
    }
    let Found {
        manifests,
        dockerfiles,
        may_be,
        templates,
        mut fixtures,
    } = files;
    fixtures.without(|file| {
        let judged = [&manifests, &dockerfiles, &may_be, &templates];
        judged.iter().any(|files| files.contains(file))
    });
    discovered.has_fixtures = fixtures.remark().is_some();
    discovered.remarks.extend(fixtures.remark());
    outside.retain(|link| !leads_into(link, &roots));
    if !outside.is_empty() {
        discovered.remarks.push(format!(
            "did not follow {} out of the given paths or to nowhere",
            count(outside.len(), "symbolic link")
        ));
    }
    discovered.files = manifests
        .into_iter()
        .filter(|file| !apart.contains(file))
        .collect();
    discovered.dockerfiles = dockerfiles.into_iter().collect();
    discovered.may_be_dockerfiles = may_be.into_iter().collect();
    discovered.dockerfile_templates = templates.into_iter().collect();
    discovered
}

/// What one walk gathers.
#[derive(Debug, Default)]
struct Found {
    manifests: BTreeSet<PathBuf>,
    dockerfiles: BTreeSet<PathBuf>,
    may_be: BTreeSet<PathBuf>,
    templates: BTreeSet<PathBuf>,
    fixtures: Fixtures,
}

impl Found {
    /// Takes a Dockerfile, or the template of one, and says whether it was that. `Dockerfile.yaml` is a manifest.
    fn take_dockerfile(&mut self, path: &Path) -> bool {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        let set = match name_kind(name) {
            _ if is_manifest_name(path) => return false,
            NameKind::Dockerfile => &mut self.dockerfiles,
            NameKind::MayBe => &mut self.may_be,
            NameKind::Template => &mut self.templates,
            NameKind::Other => return false,
        };
        set.insert(path.to_owned());
        true
    }
}

fn walk(
    root: &Path,
    rule: &Rule<'_>,
    files: &mut Found,
    links: &mut BTreeSet<PathBuf>,
    failures: &mut Vec<Failure>,
) {
    let entries = WalkDir::new(root)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| !is_git(entry));
    for entry in entries {
        match entry {
            Ok(entry) if entry.path_is_symlink() => {
                links.insert(entry.into_path());
            }
            Ok(entry) if entry.file_type().is_file() => {
                if files.fixtures.pass(entry.path(), root, rule) {
                    // Told in the end.
                } else if is_manifest_name(entry.path()) {
                    files.manifests.insert(entry.into_path());
                } else {
                    files.take_dockerfile(entry.path());
                }
            }
            Ok(_) => {}
            Err(error) => {
                let path = error.path().unwrap_or(root).to_owned();
                let reason = error
                    .io_error()
                    .map_or_else(|| error.to_string(), ToString::to_string);
                failures.push(Failure::because(&path, reason));
            }
        }
    }
}

fn is_git(entry: &DirEntry) -> bool {
    entry.file_name() == ".git"
}

fn is_manifest_name(path: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str);
    matches!(extension, Some("yaml" | "yml" | "json")) || is_kustomization_file(path)
}

/// Whether a link leads to something that is found anyway.
fn leads_into(link: &Path, roots: &[PathBuf]) -> bool {
    fs::canonicalize(link).is_ok_and(|target| roots.iter().any(|root| target.starts_with(root)))
}

/// `1 file`, `2 files`.
pub(super) fn count(number: usize, word: &str) -> String {
    if number == 1 {
        format!("1 {word}")
    } else {
        format!("{number} {word}s")
    }
}

/// The Helm charts among the files: their templates are not manifests before helm has made them so.
#[derive(Debug, Default)]
pub(super) struct Charts(Vec<PathBuf>);

impl Charts {
    /// The directories that hold a `Chart.yaml`.
    pub(super) fn among(files: &[PathBuf]) -> Self {
        let charts = files
            .iter()
            .filter(|file| file.file_name() == Some(OsStr::new("Chart.yaml")))
            .filter_map(|file| file.parent().map(Path::to_owned));
        Self(charts.collect())
    }

    /// Whether a file is a template of a chart, or says what is in one.
    pub(super) fn own(&self, file: &Path) -> bool {
        self.0.iter().any(|chart| {
            file.strip_prefix(chart)
                .is_ok_and(|rest| rest.starts_with("templates") || rest == Path::new("Chart.yaml"))
        })
    }

    /// The charts.
    pub(super) fn iter(&self) -> impl Iterator<Item = &PathBuf> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> (tempfile::TempDir, PathBuf) {
        let keep = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(keep.path()).unwrap();
        for file in files {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        (keep, root)
    }

    fn found(paths: &[PathBuf], apart: &[PathBuf]) -> Discovered {
        let policies = crate::policy::PolicySet::new([]);
        discover(paths, apart, &Rule::none(&policies))
    }

    fn names(discovered: &Discovered, root: &Path) -> Vec<String> {
        let name = |file: &PathBuf| crate::gitops::shown(file, root);
        discovered.files.iter().map(name).collect()
    }

    #[test]
    fn manifests_are_found_in_order_and_what_is_named_is_always_taken() {
        let (_keep, root) = tree(&[
            "b.yml",
            "a.yaml",
            "c.json",
            "sub/Kustomization",
            "notes.txt",
            ".git/config.yaml",
            ".kpolicy.yaml",
        ]);
        let paths = [root.clone(), root.join("notes.txt"), root.join("a.yaml")];
        let discovered = found(&paths, &[root.join(".kpolicy.yaml")]);
        assert_eq!(
            names(&discovered, &root),
            [
                "a.yaml",
                "b.yml",
                "c.json",
                "notes.txt",
                "sub/Kustomization"
            ]
        );
        assert!(discovered.failures.is_empty());
    }

    #[test]
    fn dockerfiles_are_found_by_their_names_and_are_no_manifests() {
        let (_keep, root) = tree(&[
            "Dockerfile",
            "web/app.Dockerfile",
            "web/Dockerfile.j2",
            "web/Dockerfile-arm",
            "web/Dockerfile.dockerignore",
            "web/Dockerfile.yaml",
            "named/Containerfile",
        ]);
        let discovered = found(&[root.clone(), root.join("named/Containerfile")], &[]);
        assert_eq!(names(&discovered, &root), ["web/Dockerfile.yaml"]);
        let shown = |files: &[PathBuf]| {
            let names = files.iter().map(|file| crate::gitops::shown(file, &root));
            names.collect::<Vec<_>>().join(" ")
        };
        let dockerfiles = "Dockerfile named/Containerfile web/app.Dockerfile";
        assert_eq!(shown(&discovered.dockerfiles), dockerfiles);
        assert_eq!(shown(&discovered.may_be_dockerfiles), "web/Dockerfile-arm");
        assert_eq!(shown(&discovered.dockerfile_templates), "web/Dockerfile.j2");
        assert!(discovered.named.is_empty());
    }

    #[test]
    fn a_path_that_does_not_exist_is_a_failure() {
        let (_keep, root) = tree(&[]);
        let discovered = found(&[root.join("gone")], &[]);
        assert_eq!(discovered.failures.len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed_in_circles_or_out_of_the_tree() {
        use std::os::unix::fs::symlink;
        let (_keep, root) = tree(&["in/a.yaml"]);
        let (_other, outside) = tree(&["b.yaml"]);
        symlink(&root, root.join("in/up")).unwrap();
        symlink(&outside, root.join("out")).unwrap();
        symlink(root.join("self"), root.join("self")).unwrap();
        symlink(root.join("in/a.yaml"), root.join("same.yaml")).unwrap();
        let discovered = found(std::slice::from_ref(&root), &[]);
        assert_eq!(names(&discovered, &root), ["in/a.yaml"]);
        assert!(discovered.failures.is_empty());
        assert_eq!(
            discovered.remarks,
            ["did not follow 2 symbolic links out of the given paths or to nowhere"]
        );
    }

    #[test]
    fn templates_belong_to_their_chart() {
        let charts = Charts::among(&[PathBuf::from("/r/c/Chart.yaml")]);
        assert!(charts.own(Path::new("/r/c/templates/a/x.yaml")));
        assert!(!charts.own(Path::new("/r/c/crds/x.yaml")));
        assert!(!charts.own(Path::new("/r/templates/x.yaml")));
    }
}
