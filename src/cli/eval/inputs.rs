//! Reading what an expression is evaluated against: bounded, from files or standard input, one document of each.

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};

use crate::manifest::secrets::{joined, secret_spans_of};
use crate::manifest::{
    Dialect, Document, Limits, NodeRef, Problem, Severity, decode_text, read, unroll,
};
use crate::source::{Source, SourceMap, Span};

/// The largest file, in bytes.
const MOST_BYTES: u64 = 64 << 20;
/// The longest expression from standard input, in bytes: far more than compiles, so that the compiler says why.
const MOST_EXPRESSION: u64 = 8 << 20;
/// So many documents of a file are named when it holds too many.
const MOST_NAMED: usize = 8;

/// What standard input is called.
pub(super) const STDIN: &str = "<stdin>";

/// Picks the only Namespace of a file.
pub(super) const NAMESPACE: &str = "Namespace/";

/// What came of reading a document to evaluate against.
#[derive(Debug)]
pub(super) struct Loaded {
    /// The document; `None` where a problem is an error.
    pub(super) document: Option<Document>,
    /// What is wrong, at places in the text.
    pub(super) problems: Vec<Problem>,
    /// What Secrets hold in the whole of the text: another document may stand in the same line.
    pub(super) masked: Vec<Span>,
}

/// Reads the documents of a file, or of standard input for `-`, and picks the one that `pick` names.
///
/// # Errors
/// Where the file cannot be read, holds no document, or leaves open which is meant.
pub(super) fn document(
    path: &Path,
    pick: Option<&str>,
    sources: &mut SourceMap,
) -> anyhow::Result<Loaded> {
    let (name, bytes) = named(path)?;
    parse(&name, &bytes, pick, sources)
}

/// Reads the text of a file, or of standard input for `-`, and what that is called.
///
/// # Errors
/// Where the file cannot be read, or is no text.
pub(super) fn text(path: &Path) -> anyhow::Result<(String, Arc<str>)> {
    let (name, bytes) = named(path)?;
    match decode_text(&bytes) {
        Ok(text) => Ok((name, Arc::from(&*text))),
        Err(problem) => bail!("cannot read `{name}`: {problem}"),
    }
}

fn named(path: &Path) -> anyhow::Result<(String, Vec<u8>)> {
    if path.as_os_str() == "-" {
        let bytes = bounded(&mut io::stdin(), MOST_BYTES).context("cannot read standard input")?;
        return Ok((STDIN.to_owned(), bytes));
    }
    let name = path.display().to_string();
    let bytes = file(path).with_context(|| format!("cannot read `{name}`"))?;
    Ok((name, bytes))
}

/// As [`document`], of bytes that were read.
pub(super) fn parse(
    name: &str,
    bytes: &[u8],
    pick: Option<&str>,
    sources: &mut SourceMap,
) -> anyhow::Result<Loaded> {
    let text = match decode_text(bytes) {
        Ok(text) => text,
        Err(problem) => bail!("cannot read `{name}`: {problem}"),
    };
    let text: Arc<str> = Arc::from(&*text);
    let source = sources.add(Source::new(name, text.clone()));
    let limits = Limits {
        bytes: Limits::MOST_BYTES,
        ..Limits::default()
    };
    let mut reading = read(source, &text, Dialect::Kubectl, &limits);
    let mut masked = secret_spans_of(
        (source, &text),
        &reading.documents,
        &reading.problems,
        &reading.templated,
    );
    let templates = reading.templated.into_iter().map(|(_, problem)| {
        problem.with_help("templates are not filled in: render the file first")
    });
    let mut problems: Vec<Problem> = reading.problems.drain(..).chain(templates).collect();
    let mut documents = Vec::new();
    for document in reading.documents {
        documents.extend(unroll(document, &mut problems));
    }
    // What is in a SecretList says only then what it is.
    masked.extend(secret_spans_of((source, &text), &documents, &[], &[]));
    let document = if problems.iter().any(is_error) {
        None
    } else if let Some(pick) = pick {
        Some(picked(documents, name, pick)?)
    } else {
        Some(only(documents, name)?)
    };
    Ok(Loaded {
        document,
        problems,
        masked: joined(masked),
    })
}

/// Reads an expression from standard input.
pub(super) fn expression() -> anyhow::Result<String> {
    let bytes = bounded(&mut io::stdin(), MOST_EXPRESSION).context("cannot read standard input")?;
    match decode_text(&bytes) {
        Ok(text) => Ok(text.into_owned()),
        Err(problem) => bail!("cannot read the expression from standard input: {problem}"),
    }
}

/// Whether a problem makes the document unusable.
pub(super) fn is_error(problem: &Problem) -> bool {
    problem.severity == Severity::Error
}

fn file(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = fs::File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::Error::other("it is a directory: name one file"));
    }
    bounded(&mut file, MOST_BYTES)
}

fn bounded(input: &mut impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::other(format!(
            "it is larger than {} MiB",
            most >> 20
        )));
    }
    Ok(bytes)
}

fn only(mut documents: Vec<Document>, name: &str) -> anyhow::Result<Document> {
    match (documents.pop(), documents.len()) {
        (None, _) => bail!("`{name}` holds no document"),
        (Some(document), 0) => Ok(document),
        (Some(last), before) => {
            documents.push(last);
            bail!(
                "`{name}` holds {} documents ({}): say with --name KIND/NAME which one is meant",
                before + 1,
                names(&documents)
            );
        }
    }
}

fn picked(documents: Vec<Document>, name: &str, pick: &str) -> anyhow::Result<Document> {
    let (kind, wanted) = match pick.split_once('/') {
        Some((kind, wanted)) => (Some(kind), wanted),
        None => (None, pick),
    };
    let is_meant = |document: &Document| {
        let (own_kind, own_name) = identity(document.root());
        (wanted.is_empty() || own_name == Some(wanted))
            && kind.is_none_or(|kind| own_kind.is_some_and(|own| own.eq_ignore_ascii_case(kind)))
    };
    let all = names(&documents);
    let pick = pick.trim_end_matches('/');
    let mut found: Vec<Document> = documents.into_iter().filter(is_meant).collect();
    match (found.pop(), found.len()) {
        (None, _) => bail!("`{name}` holds no `{pick}`; it holds {all}"),
        (Some(document), 0) => Ok(document),
        (Some(_), more) => bail!(
            "`{name}` holds {} objects `{pick}`: leave only one of them in the file",
            more + 1
        ),
    }
}

fn identity(node: NodeRef<'_>) -> (Option<&str>, Option<&str>) {
    let kind = node.get("kind").and_then(NodeRef::as_str);
    let name = node.at(&["metadata", "name"]).and_then(NodeRef::as_str);
    (kind, name)
}

/// The documents of a file for people: `Deployment/web, Service/web and 3 more`.
fn names(documents: &[Document]) -> String {
    let mut named: Vec<String> = documents
        .iter()
        .take(MOST_NAMED)
        .map(|document| match identity(document.root()) {
            (Some(kind), Some(name)) => format!("{kind}/{name}"),
            (Some(kind), None) => kind.to_owned(),
            (None, Some(name)) => name.to_owned(),
            (None, None) => format!("a {}", document.root().type_name()),
        })
        .collect();
    if named.is_empty() {
        return "no document".to_owned();
    }
    let more = documents.len() - named.len();
    if more > 0 {
        named.push(format!("{more} more"));
    }
    named.join(", ")
}
