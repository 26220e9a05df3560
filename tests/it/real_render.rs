//! Rendering with a real kustomize: `make test-render` says which.

use std::path::{Path, PathBuf};

use crate::lint_cases::kpolicy;
use crate::lint_sample;

/// The directory with the kustomize to test with.
fn tools() -> PathBuf {
    let program = std::env::var_os("KPOLICY_TEST_KUSTOMIZE").expect("`make test-render` sets it");
    let program = PathBuf::from(program);
    program.parent().expect("it is a file").to_owned()
}

#[test]
fn real_kustomize_shows_all_that_is_planted_in_the_sample() {
    lint_sample::check(&tools(), true);
}

#[test]
fn real_kustomize_builds_what_the_stand_in_of_the_cases_gives() {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/lint/clusters-rendered");
    let arguments = ["lint", "--output-format", "concise"];
    let tree = case.join("tree");
    let real = kpolicy(&arguments, &tree, &tools(), b"");
    let stand_in = kpolicy(&arguments, &tree, &case.join("bin"), b"");
    assert_eq!(real, stand_in);
}
