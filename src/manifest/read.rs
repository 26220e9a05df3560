//! A whole text of YAML or JSON documents, read as kubectl or kustomize would.

use crate::source::{SourceId, Span};

use super::granit::Granit;
use super::json_read;
use super::load::{self, Loaded};
use super::mend::Mended;
use super::place::{Failure, Place};
use super::split::{self, Piece};
use super::{Dialect, Document, Limits, Problem};

/// What a text holds.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The documents that load, in order; empty ones and plain `null`s are left out.
    pub documents: Vec<Document>,
    /// What is wrong, in the order of the text.
    pub problems: Vec<Problem>,
    /// Chunks that do not load and contain `{{`: templates, which are counted and not judged. Each with its span and
    /// why it does not load.
    pub templated: Vec<(Span, Problem)>,
}

impl Reading {
    /// Whether something in the text did not load, templates apart.
    pub fn has_errors(&self) -> bool {
        self.problems
            .iter()
            .any(|problem| problem.severity == super::Severity::Error)
    }
}

/// Reads a stream of documents as kubectl does: JSON if the first character is `{` and it is JSON, else YAML cut at
/// lines that start with `---`.
///
/// Spans are byte offsets into `text` as it is: a byte-order mark and CRLF line ends are understood in place.
pub fn read(source: SourceId, text: &str, dialect: Dialect, limits: &Limits) -> Reading {
    let mut reading = Reading::default();
    if !fits(source, text, limits, &mut reading) {
        return reading;
    }
    let start = bom(text);
    let rest = text.get(start..).unwrap_or_default().trim_start();
    if rest.starts_with('{') {
        read_json_first(source, text, start, dialect, limits, &mut reading);
    } else {
        read_yaml(source, text, start, dialect, limits, &mut reading);
    }
    reading
}

/// Reads JSON values one after another; where that fails, YAML takes over.
///
/// As kubectl's `YAMLOrJSONDecoder`: after two values or more the text is JSON for good, and of a text that is neither
/// the JSON error is told, if it looks like JSON (kubectl always tells that one).
fn read_json_first(
    source: SourceId,
    text: &str,
    start: usize,
    dialect: Dialect,
    limits: &Limits,
    reading: &mut Reading,
) {
    let mut reader = json_read::Reader::new(Some(source), text, start);
    let mut end = start;
    loop {
        reader.skip_blank();
        if reader.at >= text.len() {
            return;
        }
        match reader.document(0) {
            Ok(document) => {
                end = reader.at;
                reading.problems.append(&mut reader.warnings);
                reading.documents.push(document);
            }
            Err(problem) if reading.documents.len() > 1 => {
                reading.problems.push(problem);
                return;
            }
            Err(problem) => {
                // The rest of the line of the first value belongs to it.
                let rest = text.get(end..).unwrap_or_default();
                let blank = rest.len() - rest.trim_start().len();
                let line = rest[..blank]
                    .find('\n')
                    .map_or(blank, |newline| newline + 1);
                let from = if end == start { start } else { end + line };
                let mut yaml = Reading::default();
                read_yaml(source, text, from, dialect, limits, &mut yaml);
                let key = rest.trim_start().trim_start_matches('{').trim_start();
                if end == start && yaml.has_errors() && key.starts_with('"') {
                    reading.problems.push(problem);
                } else {
                    reading.problems.append(&mut yaml.problems);
                }
                reading.documents.append(&mut yaml.documents);
                reading.templated.append(&mut yaml.templated);
                return;
            }
        }
    }
}

fn read_yaml(
    source: SourceId,
    text: &str,
    start: usize,
    dialect: Dialect,
    limits: &Limits,
    reading: &mut Reading,
) {
    for piece in split::split(text, start) {
        match piece {
            Piece::Chunk(range) => read_chunk(source, text, range, dialect, limits, reading),
            Piece::BadSeparator(range) => reading.problems.push(
                Problem::error(
                    "a line that starts with `---` holds something else",
                    Some(Span::new(source, range.start as u32, range.end as u32)),
                )
                .with_help("kubectl splits documents at such lines; leave nothing but a comment after `---`"),
            ),
        }
    }
}

/// Reads a text as one YAML document, without kubectl's splitter: for YAML inside YAML, such as inline patches.
pub fn read_one(source: SourceId, text: &str, dialect: Dialect, limits: &Limits) -> Reading {
    let mut reading = Reading::default();
    if fits(source, text, limits, &mut reading) {
        let range = bom(text)..text.len();
        read_chunk(source, text, range, dialect, limits, &mut reading);
    }
    reading
}

fn fits(source: SourceId, text: &str, limits: &Limits, reading: &mut Reading) -> bool {
    let fits = limits.allow(text.len());
    if !fits {
        let most = limits.bytes.min(Limits::MOST_BYTES);
        reading.problems.push(
            Problem::error(
                format!(
                    "the text has {} bytes, more than the limit of {most}",
                    text.len()
                ),
                Some(Span::new(source, 0, 0)),
            )
            .with_help("exclude the file, or split it"),
        );
    }
    fits
}

fn bom(text: &str) -> usize {
    if text.starts_with('\u{FEFF}') { 3 } else { 0 }
}

fn read_chunk(
    source: SourceId,
    text: &str,
    range: std::ops::Range<usize>,
    dialect: Dialect,
    limits: &Limits,
    reading: &mut Reading,
) {
    let chunk = text.get(range.clone()).unwrap_or_default();
    let place = Place {
        source,
        base: range.start,
        shifts: &[],
    };
    match load_mended(chunk, place, dialect, limits) {
        Ok(Loaded { document, warnings }) => {
            reading.problems.extend(warnings);
            reading.problems.extend(line_separator(chunk, place));
            reading
                .documents
                .extend(document.filter(|document| !document.root().is_null()));
        }
        Err(problem) if chunk.contains("{{") => {
            let span = place.span(&(0..chunk.len()));
            reading.templated.push((span, problem));
        }
        Err(problem) => reading.problems.push(problem),
    }
}

/// Warns of the characters that YAML 1.1 takes for line breaks and YAML 1.2 does not.
fn line_separator(chunk: &str, place: Place<'_>) -> Option<Problem> {
    if chunk.is_ascii() {
        return None;
    }
    let (at, found) = chunk
        .match_indices(['\u{85}', '\u{2028}', '\u{2029}'])
        .next()?;
    let code = found.chars().next().map_or(0, u32::from);
    let message = format!("Kubernetes may take the character U+{code:04X} for a line break");
    let span = place.span(&(at..at + found.len()));
    Some(
        Problem::warning(message, Some(span))
            .with_help("remove it, or write it as an escape in double quotes"),
    )
}

/// Loads a chunk; where the parser stumbles over what go-yaml takes, loads it mended, with a warning.
fn load_mended(
    chunk: &str,
    place: Place<'_>,
    dialect: Dialect,
    limits: &Limits,
) -> Result<Loaded, Problem> {
    let first = match load_chunk(chunk, place, dialect, limits) {
        Ok(loaded) => return Ok(loaded),
        Err(Failure::Value(problem)) => return Err(*problem),
        Err(Failure::Syntax(error)) => error,
    };
    let mut mended = Mended::new(chunk);
    let message = format!(
        "Kubernetes reads this, but some other YAML readers refuse it: {}",
        first.message
    );
    let warning = Problem::warning(message, Some(place.span(&first.range)));
    let mut error = first;
    loop {
        if !mended.mend(&error) {
            return Err(Place {
                shifts: &mended.shifts,
                ..place
            }
            .problem(error));
        }
        let place = Place {
            shifts: &mended.shifts,
            ..place
        };
        match load_chunk(&mended.text, place, dialect, limits) {
            Ok(mut loaded) => {
                loaded.warnings.push(match error.help {
                    Some(help) => warning.with_help(help),
                    None => warning,
                });
                return Ok(loaded);
            }
            Err(Failure::Value(problem)) => return Err(*problem),
            Err(Failure::Syntax(next)) => error = next,
        }
    }
}

fn load_chunk(
    chunk: &str,
    place: Place<'_>,
    dialect: Dialect,
    limits: &Limits,
) -> Result<Loaded, Failure> {
    let mut events = Granit::new(chunk, limits.depth).map_err(Failure::Syntax)?;
    load::load(chunk, &mut events, place, dialect, limits)
}
