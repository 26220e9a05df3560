//! What can stand at the cursor of the prompt: names, functions, and the keys of what is loaded.

use std::collections::BTreeSet;

use crate::cel::Value;
use crate::manifest::NodeRef;

use super::session::{Session, commands};

/// Macros inside macros whose names are looked through.
const DEEPEST: usize = 4;
/// The most suggestions.
const MOST: usize = 200;

/// Where the word at the cursor begins, and what it may become.
pub(super) fn complete(session: &Session, line: &str, cursor: usize) -> (usize, Vec<String>) {
    let head = line.get(..cursor).unwrap_or(line);
    if let Some(command) = head.strip_prefix(':')
        && !command.contains(char::is_whitespace)
    {
        let names = commands().filter(|name| name.starts_with(command));
        return (1, names.map(|name| format!("{name} ")).collect());
    }
    let start = word_start(head);
    let (before, word) = head.split_at(start);
    let member = before.strip_suffix('?').unwrap_or(before).strip_suffix('.');
    let fitting = |found: BTreeSet<String>| -> Vec<String> {
        let fitting = found.into_iter().filter(|name| name.starts_with(word));
        fitting.take(MOST).collect()
    };
    let Some(before) = member else {
        return (start, fitting(names(session)));
    };
    // What is there is meant more often than what can be done with it.
    let there = fitting(fields(session, before));
    if there.is_empty() {
        (start, fitting(methods(session, before)))
    } else {
        (start, there)
    }
}

/// The byte where the identifier at the end of a text begins.
fn word_start(text: &str) -> usize {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.trim_end_matches(is_word).len()
}

/// Roots, functions and words.
fn names(session: &Session) -> BTreeSet<String> {
    let environment = session.stage.environment();
    let roots = environment.roots().filter(|root| !root.is_empty());
    let functions = environment
        .functions()
        .into_iter()
        .filter(|name| !name.starts_with('.'));
    let words = ["true", "false", "null", "variables."];
    let has_variables = environment.variables().next().is_some();
    let words = words
        .into_iter()
        .filter(|word| has_variables || !word.ends_with('.'));
    roots
        .chain(words)
        .map(str::to_owned)
        .chain(functions)
        .collect()
}

/// The fields of the value that a text ends with.
fn fields(session: &Session, before: &str) -> BTreeSet<String> {
    let operand = operand(before);
    if operand == "variables" {
        let variables = session.stage.environment().variables();
        return variables.map(str::to_owned).collect();
    }
    let found =
        resolved(before, operand, DEEPEST).and_then(|text| session.stage.look_at(&text, keys));
    found.unwrap_or_default().into_iter().collect()
}

/// The functions that may follow the dot behind a text.
fn methods(session: &Session, before: &str) -> BTreeSet<String> {
    let namespace = format!("{}.", operand(before));
    let functions = session.stage.environment().functions();
    let own = functions.iter().filter_map(|name| {
        let method = name.strip_prefix('.');
        method.or_else(|| name.strip_prefix(&namespace))
    });
    own.map(str::to_owned).collect()
}

/// The keys of a map that can be written behind a dot.
fn keys(value: &Value<'_>) -> Vec<String> {
    let inner = match value {
        Value::Optional(Some(inner)) => inner,
        other => other,
    };
    let is_word = |key: &str| {
        word_start(key) == 0 && key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
    };
    match inner {
        Value::Node(node) => {
            let map = NodeRef::as_map(*node);
            let keys = map
                .into_iter()
                .flat_map(|map| map.iter().map(|entry| entry.key));
            keys.filter(|key| is_word(key)).map(str::to_owned).collect()
        }
        Value::Map(map) => {
            let keys = map.entries().iter().filter_map(|(key, _)| key.as_str());
            keys.filter(|key| is_word(key)).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

/// The operand at the end of a text: names, selects, calls and indices in a row.
fn operand(text: &str) -> &str {
    let mut closed = 0usize;
    let mut start = text.len();
    for (at, character) in text.char_indices().rev() {
        match character {
            ')' | ']' | '}' => closed += 1,
            '(' | '[' | '{' if closed > 0 => closed -= 1,
            _ if closed > 0 => {}
            c if c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '?' | '"' | '\'') => {}
            _ => break,
        }
        start = at;
    }
    text.get(start..).unwrap_or_default()
}

/// The operand with a name that a macro binds replaced by the first element it stands for.
fn resolved(before: &str, operand: &str, depth: usize) -> Option<String> {
    let end = operand.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let (name, rest) = operand.split_at(end.unwrap_or(operand.len()));
    let head = before.get(..before.len() - operand.len())?;
    let binding = format!("({name},");
    let Some(at) = head
        .rfind(&binding)
        .filter(|_| depth > 0 && !name.is_empty())
    else {
        return Some(operand.to_owned());
    };
    let call = head.get(..at)?;
    let collection = call.get(..word_start(call))?.strip_suffix('.')?;
    let inner = self::operand(collection);
    let inner = resolved(collection, inner, depth - 1)?;
    Some(format!("{inner}[0]{rest}"))
}
