//! Finding the schemas of custom resources: those that are named, and those in the repository.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;

use crate::gitops::shown;
use crate::manifest::{Dialect, Document, Limits, Problem, decode_text, read, unroll};
use crate::schema::defaults::NEWEST_MINOR;
use crate::schema::openapi::{Schemas, is_crd, is_openapi};
use crate::source::Source;

use super::input::{self, Setup};

/// What every CustomResourceDefinition says somewhere; a file without it is not parsed.
const MARK: &[u8] = b"CustomResourceDefinition";

/// Larger files are no manifests that people write.
const LARGEST: u64 = 16 << 20;

/// More files than this are not looked through.
const MOST_FILES: usize = 50_000;

/// The schemas of the clusters that Config speaks of, with the custom kinds of the repository and those that `named`
/// files hold. What is wrong with them goes to `problems`.
pub(super) fn gather(
    named: &[PathBuf],
    setup: &mut Setup,
    problems: &mut Vec<Problem>,
) -> anyhow::Result<Schemas> {
    let newest = u8::try_from(NEWEST_MINOR).map_or(
        crate::policy::Release::NEWEST,
        crate::policy::Release::minor,
    );
    let mut schemas = Schemas::built_in(setup.release.unwrap_or(newest));
    for object in setup.policies.objects().iter() {
        add(object, &mut schemas, problems);
    }
    // Outside of a repository there is no saying where to stop; what cannot be listed holds nothing for us.
    let found = setup.git.as_deref().map(input::files);
    let found = found.and_then(Result::ok).unwrap_or_default();
    // Their objects are known already.
    let mut read: BTreeSet<String> = setup
        .sources
        .iter()
        .map(|(_, source)| source.name().to_owned())
        .collect();
    for file in found.into_iter().take(MOST_FILES) {
        let small = fs::metadata(&file).is_ok_and(|metadata| metadata.len() <= LARGEST);
        // What cannot be read is no schema; that it should be one nobody said.
        if let Some(bytes) = small.then(|| fs::read(&file).ok()).flatten()
            && contains(&bytes, MARK)
            && read.insert(shown(&file, &setup.root))
        {
            for document in documents(&file, &bytes, setup) {
                if is_crd(document.root()) {
                    add(&document, &mut schemas, problems);
                }
            }
        }
    }
    for path in named {
        let mut found = 0;
        for file in input::files(path)? {
            let name = file.display().to_string();
            let bytes = fs::read(&file).with_context(|| format!("cannot read `{name}`"))?;
            if !read.insert(shown(&file, &setup.root)) {
                // What it describes is known already.
                found += usize::from(contains(&bytes, MARK));
                continue;
            }
            for document in documents(&file, &bytes, setup) {
                found += usize::from(add(&document, &mut schemas, problems));
            }
        }
        if found == 0 {
            let name = path.display();
            anyhow::bail!("`{name}` holds no CustomResourceDefinition and no OpenAPI v3 document");
        }
    }
    Ok(schemas)
}

/// Adds what a document describes; whether it describes anything.
fn add(document: &Document, schemas: &mut Schemas, problems: &mut Vec<Problem>) -> bool {
    if is_crd(document.root()) {
        schemas.add_crd(document, problems);
    } else if is_openapi(document.root()) {
        schemas.add_openapi(document, problems);
    } else {
        return false;
    }
    true
}

/// The documents of a file; those that do not load are left out, which is not for this to complain about.
fn documents(file: &Path, bytes: &[u8], setup: &mut Setup) -> Vec<Document> {
    let Ok(text) = decode_text(bytes) else {
        return Vec::new();
    };
    let text: Arc<str> = Arc::from(&*text);
    let name = shown(file, &setup.root);
    let source = setup.sources.add(Source::new(name, text.clone()));
    let reading = read(source, &text, Dialect::Kubectl, &Limits::default());
    let mut ignored = Vec::new();
    let each = reading.documents.into_iter();
    each.flat_map(|document| unroll(document, &mut ignored))
        .collect()
}

fn contains(bytes: &[u8], mark: &[u8]) -> bool {
    bytes.windows(mark.len()).any(|window| window == mark)
}
