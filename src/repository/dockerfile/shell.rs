//! Shell text of `RUN`: which commands it runs, with their words.
//!
//! No shell: what a command does, and whether it runs at all, is not looked into. It knows quotes, comments,
//! here-documents and what parts commands, so that a word in a text or a comment is not taken for a command; and what
//! only runs another command, so that `sudo sh -c '…'` does not hide one.

use std::collections::BTreeMap;

use super::pieces::Pieces;
use super::words::{self, Quotes, Reader};
use super::wrappers::{Unwrapped, unwrapped};

/// One command: its name without the folder it lies in, and its words.
#[derive(Clone, Debug)]
pub(super) struct Command {
    pub(super) name: Pieces,
    pub(super) arguments: Vec<Pieces>,
}

/// Shells, which run a text that they are given.
const SHELLS: [&str; 6] = ["ash", "bash", "dash", "ksh", "sh", "zsh"];

/// Shells within shells are looked into so deep. Nobody writes more, and each costs its whole text again.
const DEEPEST: usize = 8;

/// The commands of a text, and of the texts that shells are given in it.
pub(super) fn commands(text: &Pieces) -> Vec<Command> {
    let mut commands = Vec::new();
    read(text, 0, &mut commands);
    commands
}

/// The command of words that are given one by one.
pub(super) fn given(words: &[Pieces]) -> Vec<Command> {
    let mut commands = Vec::new();
    command(words, 0, &mut commands);
    commands
}

/// The commands of a here-document that is all there is to run. One that begins with `#!` is for that program.
pub(super) fn script(document: &Pieces) -> Vec<Command> {
    let text = document.text().trim_start_matches('\t');
    let line = text.lines().next().unwrap_or_default();
    let program = line.strip_prefix("#!").map(|line| {
        let mut words = line.split_whitespace().map(base);
        words.find(|word| *word != "env" && !word.starts_with('-'))
    });
    match program {
        Some(program) if !program.is_some_and(|program| SHELLS.contains(&program)) => Vec::new(),
        _ => commands(document),
    }
}

/// The commands of a text with here-documents: a shell that is given one runs it, anything else reads it.
pub(super) fn with_documents(text: &Pieces, documents: &[&Pieces]) -> Vec<Command> {
    let mut commands = Vec::new();
    let mut documents = documents.iter();
    for Simple { words, within } in simple(text) {
        for text in &within {
            read(text, 1, &mut commands);
        }
        let count = words.iter().filter(|word| is_redirected_text(word.text()));
        let mut own: Vec<&Pieces> = documents.by_ref().take(count.count()).copied().collect();
        // Of several the last one counts.
        if let Some(document) = own.pop()
            && let Unwrapped::Words(rest) = unwrapped(&words)
            && reads_commands(rest)
        {
            read(document, 1, &mut commands);
        } else {
            command(&words, 0, &mut commands);
        }
    }
    commands
}

/// Whether these words are a shell that runs what it reads: it is given neither a text nor a file.
fn reads_commands(words: &[Pieces]) -> bool {
    let own = words.iter().filter(|word| !is_redirected_text(word.text()));
    let own: Vec<&Pieces> = own.collect();
    Shell::of(&own)
        .is_some_and(|shell| !shell.has('c') && (shell.has('s') || shell.operand.is_none()))
}

/// `<<NAME`, but not `<<<`.
fn is_redirected_text(word: &str) -> bool {
    let word = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let name = word.strip_prefix("<<");
    name.is_some_and(|name| !name.is_empty() && !name.starts_with('<'))
}

fn read(text: &Pieces, depth: usize, commands: &mut Vec<Command>) {
    for Simple { words, within } in simple(text) {
        if depth < DEEPEST {
            for text in &within {
                read(text, depth + 1, commands);
            }
        }
        command(&words, depth, commands);
    }
}

/// Adds what these words run: the text that a shell is given, or one command without what only runs it.
fn command(words: &[Pieces], depth: usize, commands: &mut Vec<Command>) {
    let rest = match unwrapped(words) {
        Unwrapped::Words(rest) => rest,
        _ if depth == DEEPEST => words,
        Unwrapped::Text(text) => return read(&text, depth + 1, commands),
        Unwrapped::Split(text, rest) => {
            let mut words = words::words(&text, '\\', Quotes::Remove);
            words.extend_from_slice(rest);
            return command(&words, depth + 1, commands);
        }
    };
    let all: Vec<&Pieces> = rest.iter().collect();
    if let Some(shell) = Shell::of(&all)
        && let Some(text) = shell.operand.filter(|_| shell.has('c'))
        && depth < DEEPEST
    {
        read(text, depth + 1, commands);
        return;
    }
    let Some((name, arguments)) = rest.split_first() else {
        return;
    };
    let text = name.text();
    commands.push(Command {
        name: name.part(text.len() - base(text).len()..text.len()),
        arguments: arguments.to_vec(),
    });
}

/// What a shell is given: `bash -ec "…"`, `bash -o pipefail -c "…"`, `sh -x file`.
struct Shell<'p> {
    /// The letters of its flags.
    letters: String,
    /// The first word that is no flag: a text with `-c`, else a file.
    operand: Option<&'p Pieces>,
}

impl<'p> Shell<'p> {
    /// The shell that these words run; none, where they run something else.
    fn of(words: &[&'p Pieces]) -> Option<Self> {
        let (name, rest) = words.split_first()?;
        if !SHELLS.contains(&base(name.text())) {
            return None;
        }
        let mut letters = String::new();
        let mut rest = rest.iter().copied();
        while let Some(word) = rest.next() {
            let text = word.text();
            let operand = match text {
                "-" | "--" => rest.next(),
                "--init-file" | "--rcfile" => {
                    rest.next();
                    continue;
                }
                _ if text.starts_with("--") => continue,
                _ => Some(word).filter(|_| !text.starts_with(['-', '+'])),
            };
            if operand.is_some() || matches!(text, "-" | "--") {
                return Some(Self { letters, operand });
            }
            // For each of them the name of an option follows.
            for _ in text.matches(['o', 'O']) {
                rest.next();
            }
            letters.push_str(text.strip_prefix('-').unwrap_or_default());
        }
        Some(Self {
            letters,
            operand: None,
        })
    }

    fn has(&self, letter: char) -> bool {
        self.letters.contains(letter)
    }
}

/// The name of a program without its folder.
pub(super) fn base(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// A simple command of a text.
#[derive(Default)]
struct Simple {
    words: Vec<Pieces>,
    /// The texts of `"$(…)"` in it, which run before it.
    within: Vec<Pieces>,
}

/// The simple commands of a text.
fn simple(text: &Pieces) -> Vec<Simple> {
    let ends = |c: char| {
        matches!(
            c,
            ' ' | '\t' | '\r' | '\n' | ';' | '|' | '&' | '(' | ')' | '`'
        )
    };
    let mut commands = Vec::new();
    let mut own = Simple::default();
    let mut documents: Vec<String> = Vec::new();
    let mut ends_of = None;
    let mut reader = Reader::of_shell(text);
    while let Some(c) = reader.peek() {
        match c {
            ' ' | '\t' | '\r' => {
                reader.bump();
            }
            '\\' if reader.rest().starts_with("\\\n") => reader.skip(2),
            '\\' if reader.rest().starts_with("\\\r\n") => reader.skip(3),
            '\n' | ';' | '|' | '&' | '(' | ')' | '`' => {
                reader.bump();
                // `2>&1` and `>&2` part nothing.
                let redirects = own
                    .words
                    .last()
                    .is_some_and(|word| word.text().ends_with(['>', '<']));
                if c != '&' || !redirects {
                    commands.extend((!own.words.is_empty()).then(|| std::mem::take(&mut own)));
                }
                if c == '\n' {
                    for name in documents.drain(..) {
                        let ends = ends_of.get_or_insert_with(|| lines(text.text()));
                        reader.skip(document(ends, &name, reader.at()));
                    }
                }
            }
            '#' => {
                while reader.peek().is_some_and(|c| c != '\n') {
                    reader.bump();
                }
            }
            _ => {
                let word = reader.word(Quotes::Remove, &ends);
                own.within.append(&mut reader.take_within());
                let before = own.words.last().map(Pieces::text);
                if matches!(before, Some("<<" | "<<-")) {
                    documents.push(word.text().to_owned());
                } else if is_redirected_text(word.text()) {
                    let name = word.text().trim_start_matches(|c: char| c.is_ascii_digit());
                    let name = name.trim_start_matches('<').trim_start_matches('-');
                    documents.push(name.to_owned());
                }
                own.words.push(word);
            }
        }
    }
    commands.extend((!own.words.is_empty()).then_some(own));
    commands
}

/// The lines of a text as ends of here-documents: for each the bytes behind it, in order.
fn lines(text: &str) -> BTreeMap<&str, Vec<usize>> {
    let mut lines: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        at += line.len();
        let line = line.trim_end_matches(['\n', '\r']).trim_start_matches('\t');
        lines.entry(line).or_default().push(at);
    }
    lines
}

/// How long a here-document that begins here is with its end. One without an end is none: `<<` may also shift a number.
fn document(ends: &BTreeMap<&str, Vec<usize>>, name: &str, start: usize) -> usize {
    let ends = ends.get(name).map_or(&[][..], |ends| ends);
    let next = ends.partition_point(|end| *end <= start);
    ends.get(next).map_or(0, |end| end - start)
}

#[cfg(test)]
mod tests;
