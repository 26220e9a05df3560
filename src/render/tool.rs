//! The programs that render, and one build with them.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::manifest::{Dialect, Document, Limits, Severity, read};
use crate::source::SourceId;

use super::origin::{self, Origin};
use super::process;
use super::workspace::{Workspace, relative};

/// Spans of rendered text lead nowhere that a person could edit; they get an id that no source has.
const NOWHERE: SourceId = SourceId(u32::MAX - 1);

/// References to the network are found before a build is tried. Should one hide where we do not look, these keep
/// kustomize's HTTP client and git from following it.
const NO_NETWORK: [(&str, &str); 7] = [
    ("HTTP_PROXY", "http://127.0.0.1:9"),
    ("HTTPS_PROXY", "http://127.0.0.1:9"),
    ("http_proxy", "http://127.0.0.1:9"),
    ("https_proxy", "http://127.0.0.1:9"),
    ("NO_PROXY", ""),
    ("no_proxy", ""),
    ("GIT_ALLOW_PROTOCOL", "none"),
];

/// A program that builds kustomizations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    program: PathBuf,
    arguments: &'static [&'static str],
}

/// One object of a build.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The object, without the build's own annotations.
    pub document: Document,
    /// Where it came from, if the build says so.
    pub origin: Option<Origin>,
}

impl Tool {
    /// The first of `kustomize` and `kubectl` in the directories of a `PATH`.
    pub fn find(path: &OsStr) -> Option<Self> {
        let look = |name: &str| {
            std::env::split_paths(path)
                .filter(|directory| directory.is_absolute())
                .map(|directory| directory.join(name))
                .find(|file| is_program(file))
        };
        let kustomize = look("kustomize").map(|program| Self {
            program,
            arguments: &["build"],
        });
        kustomize.or_else(|| {
            look("kubectl").map(|program| Self {
                program,
                arguments: &["kustomize"],
            })
        })
    }

    /// Builds the kustomization in a directory (a canonical path), as Flux does: files outside of it may be read.
    ///
    /// The error says why there is no build, for people.
    pub fn render(&self, directory: &Path, timeout: Duration) -> Result<Vec<Rendered>, String> {
        let workspace = Workspace::new()
            .map_err(|error| format!("no directory for temporary files: {error}"))?;
        let wrapper = wrapper(&relative(workspace.path(), directory));
        fs::write(workspace.path().join("kustomization.yaml"), wrapper)
            .map_err(|error| format!("no file for the build: {error}"))?;
        let mut command = Command::new(&self.program);
        command
            .args(self.arguments)
            .args(["--load-restrictor", "LoadRestrictionsNone"])
            .arg(workspace.path())
            .current_dir(workspace.path())
            .envs(NO_NETWORK.iter().copied());
        let output = process::output(command, timeout)
            .map_err(|reason| readable(&reason, workspace.path(), directory))?;
        let text = String::from_utf8(output).map_err(|_| "its build is not UTF-8".to_owned())?;
        let limits = Limits {
            bytes: Limits::MOST_BYTES,
            ..Limits::default()
        };
        let reading = read(NOWHERE, &text, Dialect::Kustomize, &limits);
        if let Some(problem) = reading
            .problems
            .iter()
            .find(|problem| problem.severity == Severity::Error)
        {
            return Err(format!("its build does not parse: {problem}"));
        }
        let rendered = reading.documents.into_iter().map(|mut document| {
            let origin = origin::take(&mut document, workspace.path());
            Rendered { document, origin }
        });
        Ok(rendered.collect())
    }
}

/// A kustomization that builds another and asks for the origins of its objects.
fn wrapper(target: &Path) -> String {
    let path = target.to_string_lossy().replace('\'', "''");
    format!(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n\
         resources: ['{path}']\nbuildMetadata: [originAnnotations]\n"
    )
}

/// What is wrong, out of a complaint that tells the whole way there; without the paths of our own wrapper.
///
/// kustomize nests its errors: `accumulating resources: accumulation err='…': must build at directory: …`, and
/// `recursed accumulation of path '…': …` for each kustomization on the way.
fn readable(reason: &str, workspace: &Path, directory: &Path) -> String {
    const MOST: usize = 300;
    let way = relative(workspace, directory);
    let parent = directory.parent().unwrap_or(directory);
    let mut gist = reason;
    if let Some((_, last)) = gist.rsplit_once("recursed accumulation of path '") {
        gist = last.split_once("': ").map_or(last, |(_, cause)| cause);
    }
    if let Some((_, last)) = gist.rsplit_once("accumulation err='") {
        gist = last;
    }
    if let Some((cause, _)) = gist.split_once("': must build at directory") {
        gist = cause;
    }
    let gist = gist
        .replace(&*way.to_string_lossy(), ".")
        .replace(&format!("{}/", parent.display()), "")
        .replace(&format!("{}/", workspace.display()), "");
    match gist.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", gist.get(..end).unwrap_or_default()),
        None => gist,
    }
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_is_cut_to_what_is_wrong() {
        for (reason, expected) in [
            (
                "accumulating resources: accumulation err='accumulating resources from '../../repo/over': read /repo/over: is a \
                 directory': recursed accumulation of path '/repo/over': accumulating resources: accumulation err='accumulating \
                 resources from 'gone.yaml': open /repo/over/gone.yaml: no such file or directory': must build at directory: not \
                 a valid directory: evalsymlink failure on '/repo/over/gone.yaml'",
                "accumulating resources from 'gone.yaml': open over/gone.yaml: no such file or directory",
            ),
            (
                "accumulating resources: accumulation err='a': recursed accumulation of path '/repo/a': accumulating resources: \
                 accumulation err='accumulating resources from '../b': '/repo/b' must resolve to a file': cycle detected: candidate \
                 root '/repo/b' contains visited root '/repo/b'",
                "accumulating resources from '../b': 'b' must resolve to a file': cycle detected: candidate root 'b' contains \
                 visited root 'b'",
            ),
            (
                "invalid Kustomization: json: unknown field \"x\"",
                "invalid Kustomization: json: unknown field \"x\"",
            ),
        ] {
            let (workspace, directory) = (Path::new("/tmp/kpolicy-1"), Path::new("/repo/over"));
            assert_eq!(readable(reason, workspace, directory), expected);
        }
    }
}
