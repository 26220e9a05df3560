//! One instruction: keyword, flags, and what they are about.
//!
//! Upstream: `frontend/dockerfile/parser/line_parsers.go` and `split_command.go` of moby/buildkit.

use crate::manifest::{Problem, read_json};
use crate::source::{SourceId, Span, one_line};

use super::lines::{self, HereDocument, Line};
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
    begins_template: bool,
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
    /// What `RUN` runs, also as what `ONBUILD` keeps for later.
    pub(super) commands: Vec<Command>,
}

impl Instruction {
    /// Whether it stands in a template: where one begins, or one says what `FROM` names.
    pub(super) fn is_template(&self) -> bool {
        self.begins_template || self.keyword == "FROM" && opens_template(self.rest.text())
    }

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
            one_line(written.text(), MOST_SHOWN)
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
        let name = one_line(&document.name, MOST_SHOWN);
        let message = format!("the here-document `{name}` has no end");
        let help = format!("write `{name}` on a line of its own, with nothing before or behind it");
        problems.push(Problem::error(message, Some(whole)).with_help(help));
    }
    let behind = text.part(end..text.text().len());
    // What is kept for later is an instruction in itself.
    let kept = (known == Some("ONBUILD")).then(|| word_and_rest(&behind.trimmed()));
    let runs = match &kept {
        Some((keyword, _)) => keyword.eq_ignore_ascii_case("RUN"),
        None => known == Some("RUN"),
    };
    let parted = kept.as_ref().map_or(&behind, |(_, rest)| rest);
    let (flags, own) = flags(parted, escape);
    let exec = exec(&own);
    let commands = match &exec {
        _ if !runs => Vec::new(),
        Some(words) => shell::given(words),
        None => run(&own, &documents),
    };
    let rest = if kept.is_some() {
        behind.trimmed()
    } else {
        own
    };
    Instruction {
        begins_template: known.is_none() && opens_template(written.text()),
        keyword: known.unwrap_or_default(),
        place,
        whole,
        flags,
        rest,
        exec,
        commands,
    }
}

/// Whether a text has what begins a place to fill in, of Go, Jinja or ERB.
fn opens_template(text: &str) -> bool {
    ["{{", "{%", "<%"].iter().any(|open| text.contains(open))
}

/// So much of a word is shown in a message.
const MOST_SHOWN: usize = 40;

/// The first word, and what follows.
fn word_and_rest(text: &Pieces) -> (String, Pieces) {
    let whole = text.text();
    let end = whole.find(char::is_whitespace).unwrap_or(whole.len());
    let word = whole.get(..end).unwrap_or_default().to_owned();
    (word, text.part(end..whole.len()))
}

/// What the shell form runs. A here-document that is all of it is a text for the shell.
fn run(rest: &Pieces, documents: &[HereDocument]) -> Vec<Command> {
    match documents {
        [] => shell::commands(rest),
        [document] if lines::is_document(rest) => shell::script(&document.text),
        several => {
            let texts: Vec<&Pieces> = several.iter().map(|document| &document.text).collect();
            shell::with_documents(rest, &texts)
        }
    }
}

/// Takes the flags off the front.
fn flags(text: &Pieces, escape: char) -> (Vec<(String, Pieces)>, Pieces) {
    let mut flags = Vec::new();
    let mut reader = Reader::new(text, escape);
    loop {
        reader.skip_blank();
        if !reader.rest().starts_with("--") {
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
    let rest = text.part(reader.at()..text.text().len()).trimmed();
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
