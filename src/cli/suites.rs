//! Where the fixtures of policies lie: the one rule by which `test` finds them and all others leave them alone.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::fixture::{Kind, case_of_file};

/// The folder with a policy's fixtures in which a file is part of a case, going by where it lies. Whether there is
/// such a policy is the caller's to say.
pub(super) fn suite_of(file: &Path) -> Option<PathBuf> {
    let folder = file.parent().filter(|folder| is_kind(folder))?;
    case_of_file(&name(file))?;
    let suite = folder.parent()?;
    is_suite(suite).then(|| suite.to_owned())
}

/// Whether a file beside `tests` has the name of this folder in it, as the policy that it is about would.
pub(super) fn has_policy_beside(suite: &Path) -> bool {
    let tests = suite.parent().filter(|tests| name(tests) == "tests");
    let beside = tests.and_then(Path::parent);
    beside.is_some_and(|beside| {
        let policy = name(suite);
        ["yaml", "yml", "json"]
            .iter()
            .any(|extension| beside.join(format!("{policy}.{extension}")).is_file())
    })
}

/// What a folder holds, in order.
pub(super) fn entries(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory)? {
        paths.push(entry?.path());
    }
    paths.sort();
    Ok(paths)
}

/// The last part of a path, as people read it.
pub(super) fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Whether a folder has fixtures.
pub(super) fn is_suite(path: &Path) -> bool {
    entries(path).is_ok_and(|entries| holds_cases(path, &entries))
}

/// Whether a folder with these entries has fixtures. Outside of a folder `tests` a name such as `pass` may mean something
/// else, so there must be cases in it.
pub(super) fn holds_cases(directory: &Path, inside: &[PathBuf]) -> bool {
    let mut kinds = inside.iter().filter(|path| is_kind(path));
    if directory
        .parent()
        .is_some_and(|parent| name(parent) == "tests")
    {
        return kinds.next().is_some();
    }
    kinds.any(|kind| match entries(kind) {
        Ok(entries) => entries
            .iter()
            .any(|path| case_of_file(&name(path)).is_some()),
        // Whoever looks at it closer says what is wrong.
        Err(_) => true,
    })
}

fn is_kind(path: &Path) -> bool {
    Kind::of_folder(&name(path)).is_some() && path.is_dir()
}
