//! One instruction: keyword, flags, and what they are about.
//!
//! Upstream: `frontend/dockerfile/parser/line_parsers.go` and `split_command.go` of moby/buildkit.

use crate::manifest::{Problem, read_json};
use crate::source::{SourceId, Span};

use super::lines::Line;
use super::pieces::Pieces;
use super::shell::{self, Command};
use super::words::{Quotes, Reader};

/// All keywords.
const KEYWORDS: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// An instruction.
#[derive(Debug)]
pub(super) struct Instruction {
    /// In upper case; empty where it is none of the known ones.
    pub(super) keyword: &'static str,
    /// Where the keyword stands.
    pub(super) place: Span,
    /// The whole instruction.
    pub(super) whole: Span,
    /// `--name=value`, in order.
    pub(super) flags: Vec<(String, Pieces)>,
    /// What stands behind keyword and flags.
    pub(super) rest: Pieces,
    /// The words of the JSON form.
    pub(super) exec: Option<Vec<Pieces>>,
    /// What `RUN` runs.
    pub(super) commands: Vec<Command>,
}

impl Instruction {
    /// The value of a flag.
    pub(super) fn flag(&self, name: &str) -> Option<&Pieces> {
        let flag = self.flags.iter().find(|(known, _)| known == name);
        flag.map(|(_, value)| value)
    }
}

/// Reads an instruction.
pub(super) fn read(
    line: Line,
    escape: char,
    source: SourceId,
    problems: &mut Vec<Problem>,
) -> Instruction {
    let Line { text, documents } = line;
    let whole = text.trimmed().span(source);
    let end = text
        .text()
        .find(char::is_whitespace)
        .unwrap_or(text.text().len());
    let written = text.part(0..end);
    let place = written.span(source);
    let known = KEYWORDS
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(written.text()));
    if known.is_none() {
        let message = format!(
            "`{}` is no instruction of a Dockerfile",
            shown(written.text())
        );
        let problem = Problem::error(message, Some(place));
        let near =
            crate::manifest::suggest::closest(&written.text().to_ascii_uppercase(), KEYWORDS);
        problems.push(match near {
            Some(near) => problem.with_help(format!("did you mean `{near}`?")),
            None => problem,
        });
    }
    for document in documents.iter().filter(|document| !document.is_closed) {
        let message = "the here-document that begins here has no end";
        problems.push(
            Problem::error(message, Some(place)).with_related(Some(document.text.span(source))),
        );
    }
    let (flags, rest) = flags(&text.part(end..text.text().len()), escape);
    let exec = exec(&rest);
    let mut commands = Vec::new();
    if known == Some("RUN") {
        commands = match &exec {
            Some(words) => shell::given(words.clone()),
            None => shell::commands(&rest),
        };
        // A here-document is a text for the shell, unless something else is to read it.
        let goes_to_shell = rest.text().starts_with("<<");
        let scripts = documents.iter().filter(|_| goes_to_shell);
        if goes_to_shell {
            commands.clear();
        }
        commands.extend(scripts.flat_map(|document| shell::commands(&document.text)));
    }
    Instruction {
        keyword: known.unwrap_or_default(),
        place,
        whole,
        flags,
        rest,
        exec,
        commands,
    }
}

/// A word for a message.
fn shown(word: &str) -> String {
    let word: String = word.chars().filter(|c| !c.is_control()).collect();
    word.chars().take(40).collect()
}

/// Takes the flags off the front.
fn flags(text: &Pieces, escape: char) -> (Vec<(String, Pieces)>, Pieces) {
    let mut flags = Vec::new();
    let mut reader = Reader {
        text,
        at: 0,
        escape,
    };
    loop {
        reader.skip_blank();
        let start = reader.at;
        let rest = text.text().get(start..).unwrap_or_default();
        if !rest.starts_with("--") {
            break;
        }
        let word = reader.word(Quotes::Keep, &char::is_whitespace);
        if word.text() == "--" {
            break;
        }
        let length = word.text().len();
        let (name, value) = match word.text().find('=') {
            Some(at) => (word.part(2..at), word.part(at + 1..length)),
            None => (word.part(2..length), word.part(length..length)),
        };
        flags.push((name.text().to_ascii_lowercase(), value));
    }
    let rest = text.part(reader.at..text.text().len()).trimmed();
    (flags, rest)
}

/// The words of the JSON form; none where the text is not an array of texts.
fn exec(rest: &Pieces) -> Option<Vec<Pieces>> {
    let text = rest.text();
    if !text.starts_with('[') {
        return None;
    }
    let local = SourceId(0);
    let document = read_json(Some(local), text).ok()?;
    let list = document.root().as_list()?;
    let word = |item: crate::manifest::NodeRef<'_>| {
        let value = item.as_str()?;
        let origin = item.origin()?;
        // The place is that of the text between the quotes; where it has escapes its bytes are not those of the value.
        let inner = rest.part(origin.start as usize..origin.end as usize);
        let quotes = inner.text().len() - inner.text().trim_matches('"').len();
        let inner = inner.part(quotes / 2..inner.text().len() - quotes / 2);
        Some(if inner.text() == value {
            inner
        } else {
            inner.standing_for(value)
        })
    };
    list.iter().map(word).collect()
}
