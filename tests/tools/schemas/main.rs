//! Writes the bundle of Kubernetes' schemas: `make schemas OPENAPI=<folder>`.
//!
//! The folder holds one folder for each release, named by its version (`1.36.3`), with the files of
//! `api/openapi-spec/v3` of that version of Kubernetes. `CONTRIBUTING.md` says where to get them. Nothing is
//! downloaded here.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use kpolicy::manifest::read_json;
use kpolicy::schema::openapi::bundle::{Origin, write};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [folder, target] = &arguments[..] else {
        bail!("usage: schemas <folder with one folder for each version> <file to write>");
    };
    let mut origins = Vec::new();
    for version in entries(folder)? {
        let name = version.file_name().and_then(|name| name.to_str());
        let name = name.context("a folder's name is no text")?;
        origins.push(Origin {
            version: name.trim_start_matches('v').to_owned(),
            documents: documents(&version)?,
        });
    }
    let releases = origins.len();
    let text = write(origins).map_err(|error| anyhow!(error))?;
    fs::write(target, &text).with_context(|| format!("cannot write `{}`", target.display()))?;
    writeln!(
        io::stdout(),
        "wrote {releases} releases, {} bytes, to {}",
        text.len(),
        target.display()
    )?;
    Ok(())
}

fn documents(folder: &Path) -> anyhow::Result<Vec<kpolicy::manifest::Document>> {
    let mut documents = Vec::new();
    for file in entries(folder)? {
        let cannot = || format!("cannot read `{}`", file.display());
        let text = fs::read_to_string(&file).with_context(cannot)?;
        documents.push(read_json(None, &text).with_context(cannot)?);
    }
    Ok(documents)
}

/// What stands in a folder, by name.
fn entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let cannot = || format!("cannot read `{}`", folder.display());
    let entries = fs::read_dir(folder).with_context(cannot)?;
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .with_context(cannot)?;
    paths.sort();
    Ok(paths)
}
