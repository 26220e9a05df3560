//! Shell text of `RUN`: which commands it runs, with their words.
//!
//! No shell: what a command does, and whether it runs at all, is not looked into. It knows quotes, comments and what
//! parts commands, so that a word in a text or a comment is not taken for a command.

use super::pieces::Pieces;
use super::words::{Quotes, Reader};

/// One command: its name without the folder it lies in, and its words.
#[derive(Clone, Debug)]
pub(super) struct Command {
    pub(super) name: Pieces,
    pub(super) arguments: Vec<Pieces>,
}

/// Words before a command that only say how it is run.
const BEFORE: [&str; 16] = [
    "!", "command", "do", "doas", "elif", "else", "env", "exec", "if", "nice", "sudo", "then",
    "time", "until", "while", "{",
];

/// Shells, which run a text that they are given.
const SHELLS: [&str; 6] = ["ash", "bash", "dash", "ksh", "sh", "zsh"];

/// The commands of a text, and of the texts that shells are given in it.
pub(super) fn commands(text: &Pieces) -> Vec<Command> {
    let mut commands = Vec::new();
    for words in simple(text) {
        match script(&words) {
            Some(script) => commands.extend(simple(script).into_iter().filter_map(command)),
            None => commands.extend(command(words)),
        }
    }
    commands
}

/// The command of words that are given one by one.
pub(super) fn given(words: Vec<Pieces>) -> Vec<Command> {
    match script(&words) {
        Some(script) => commands(script),
        None => command(words).into_iter().collect(),
    }
}

/// The text that a shell is given: `bash -ec "…"`.
fn script(words: &[Pieces]) -> Option<&Pieces> {
    let (name, rest) = words.split_first()?;
    let is_shell = SHELLS.contains(&base(name.text()));
    let is_flag = |word: &Pieces| {
        word.text()
            .strip_prefix('-')
            .is_some_and(|flags| !flags.starts_with('-') && flags.ends_with('c'))
    };
    let at = rest.iter().position(is_flag).filter(|_| is_shell)?;
    rest.get(at + 1)
}

/// Words as a command, without what stands before it.
fn command(words: Vec<Pieces>) -> Option<Command> {
    let mut words = words.into_iter().peekable();
    let mut behind = false;
    loop {
        let word = words.next()?;
        let text = word.text();
        let is_before = BEFORE.contains(&text);
        if is_before || is_assignment(text) || behind && text.starts_with('-') {
            behind = behind || is_before;
            continue;
        }
        let start = text.len() - base(text).len();
        let end = text.len();
        return Some(Command {
            name: word.part(start..end),
            arguments: words.collect(),
        });
    }
}

fn base(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// `NAME=value`
fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

/// The words of each simple command of a text.
fn simple(text: &Pieces) -> Vec<Vec<Pieces>> {
    let ends = |c: char| {
        matches!(
            c,
            ' ' | '\t' | '\r' | '\n' | ';' | '|' | '&' | '(' | ')' | '`'
        )
    };
    let mut commands = Vec::new();
    let mut words: Vec<Pieces> = Vec::new();
    let mut reader = Reader {
        text,
        at: 0,
        escape: '\\',
    };
    while let Some(c) = reader.peek() {
        match c {
            ' ' | '\t' | '\r' => {
                reader.bump();
            }
            '\n' | ';' | '|' | '&' | '(' | ')' | '`' => {
                reader.bump();
                // `2>&1` and `>&2` part nothing.
                let redirects = words
                    .last()
                    .is_some_and(|word| word.text().ends_with(['>', '<']));
                if c != '&' || !redirects {
                    commands.extend((!words.is_empty()).then(|| std::mem::take(&mut words)));
                }
            }
            '#' => {
                while reader.peek().is_some_and(|c| c != '\n') {
                    reader.bump();
                }
            }
            _ => words.push(reader.word(Quotes::Remove, &ends)),
        }
    }
    commands.extend((!words.is_empty()).then_some(words));
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(script: &str) -> String {
        let mut text = Pieces::at(0);
        text.push(script, 0);
        let one = |command: Command| {
            let words = command.arguments.iter().map(Pieces::text);
            std::iter::once(command.name.text())
                .chain(words)
                .collect::<Vec<_>>()
                .join(" ")
        };
        let all: Vec<String> = commands(&text).into_iter().map(one).collect();
        all.join(" / ")
    }

    #[test]
    fn commands_are_parted_as_a_shell_parts_them() {
        for (script, expected) in [
            (
                "apt-get update && apt-get install -y a",
                "apt-get update / apt-get install -y a",
            ),
            ("a;b||c|d&e\nf", "a / b / c / d / e / f"),
            (
                "echo \"apt-get install x && y\" 'a;b'",
                "echo apt-get install x && y a;b",
            ),
            (
                "set -e; # apt-get update\napt-get install a",
                "set -e / apt-get install a",
            ),
            (
                "A=1 B=$(cat x) /usr/bin/apt-get install",
                "cat x / apt-get install",
            ),
            ("sudo -E apt-get update", "apt-get update"),
            ("env A=1 nice -n apt-get update", "apt-get update"),
            (
                "if ! test -f x; then apt update; fi",
                "test -f x / apt update / fi",
            ),
            ("{ apt update; }", "apt update / }"),
            ("a 2>&1 >b && c", "a 2> 1 >b / c"),
            (
                "bash -ec 'apt update && apt install x' && y",
                "apt update / apt install x / y",
            ),
            ("sh -x run.sh", "sh -x run.sh"),
            ("echo a\\;b c#d", "echo a;b c#d"),
            ("", ""),
        ] {
            assert_eq!(shown(script), expected, "{script}");
        }
    }
}
