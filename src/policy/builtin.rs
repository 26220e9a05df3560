//! The policies and profiles that are part of the program.

use include_dir::{Dir, DirEntry, include_dir};

static POLICIES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/policies");

/// The built-in texts in order of their names, which are paths such as `policies/images/acr-only.yaml`.
pub fn built_in_texts() -> Vec<(String, &'static str)> {
    let mut texts = Vec::new();
    let mut pending: Vec<&DirEntry<'_>> = POLICIES.entries().iter().collect();
    while let Some(entry) = pending.pop() {
        match entry {
            DirEntry::Dir(directory) => pending.extend(directory.entries()),
            DirEntry::File(file) => {
                let yaml = file
                    .path()
                    .extension()
                    .is_some_and(|extension| extension == "yaml");
                if let Some(text) = file.contents_utf8()
                    && yaml
                {
                    texts.push((format!("policies/{}", file.path().display()), text));
                }
            }
        }
    }
    texts.sort();
    texts
}

/// Examples of the built-in policies, as `pages` writes them from the cases of the policies.
pub fn built_in_examples() -> &'static str {
    let file = POLICIES.get_file("examples.json");
    file.and_then(include_dir::File::contents_utf8)
        .unwrap_or("{}")
}
