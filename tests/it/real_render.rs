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

#[test]
fn real_parts_of_a_build_that_cannot_be_rendered_are_built_for_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for (file, text) in [
        (
            "top/kustomization.yaml",
            "namespace: shop\nresources: [../base, 'https://example.com/remote.yaml']\n",
        ),
        (
            "base/kustomization.yaml",
            "resources: [pod.yaml]\nimages: [{name: example.com/web, newTag: '1.4.2'}]\n",
        ),
        (
            "base/pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: web\n    image: example.com/web\n",
        ),
    ] {
        let path = root.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let arguments = [
        "lint",
        "--output-format",
        "concise",
        "--select",
        "immutable-tags,require-limits",
    ];
    let output = kpolicy(&arguments, root, &tools(), b"");
    let text = format!("{output:?}");
    assert!(
        !text.contains("immutable-tags/tag"),
        "the base gives the tag: {text}"
    );
    assert!(
        text.contains("base/pod.yaml:6:5: error[require-limits/limits]"),
        "{text}"
    );
    assert!(text.contains("top: not rendered"), "{text}");
}
