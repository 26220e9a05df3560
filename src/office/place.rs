//! Where a problem of a resource is: a resource has no lines, so its places are field paths, and characters of an
//! expression.

use crate::manifest::{Document, NodeRef, Problem, View, read_json};
use crate::source::{FieldPath, Span};

/// No more problems than this are told of one resource.
const MOST: usize = 5;

/// A message is cut to so many bytes: it stands in a status, which is stored and sent to all who watch.
const LONGEST: usize = 2000;

/// What is wrong with a resource, in one line. `text` is the JSON that `document` was read from.
pub(super) fn describe(problems: &[Problem], document: &Document, text: &str) -> String {
    let mut problems: Vec<_> = problems.iter().collect();
    problems.sort_by(|a, b| (a.span, &a.message).cmp(&(b.span, &b.message)));
    let said = problems.iter().take(MOST).map(|problem| {
        let place = problem.span.map(|span| place(document, text, span));
        let place = place.filter(|place| !place.is_empty());
        problem.line(place.as_deref())
    });
    let mut message = said.collect::<Vec<_>>().join("; ");
    if problems.len() > MOST {
        message.extend(["; and ", &(problems.len() - MOST).to_string(), " more"]);
    }
    cut(message)
}

/// What is wrong with files, in one line, each with its place as `place` knows it.
pub(super) fn describe_files(problems: &[Problem], place: impl Fn(Span) -> String) -> String {
    let said = problems
        .iter()
        .take(MOST)
        .map(|problem| problem.line(problem.span.map(&place).as_deref()));
    cut(said.collect::<Vec<_>>().join("; "))
}

/// Keeps a message to a length, without tearing a character.
pub(super) fn cut(mut message: String) -> String {
    if message.len() > LONGEST {
        let end = message.floor_char_boundary(LONGEST);
        message.truncate(end);
        message.push('…');
    }
    message
}

/// The field path of a span, and the character where it begins inside a text.
fn place(document: &Document, text: &str, span: Span) -> String {
    let mut path = FieldPath::root();
    let mut node = document.root();
    let holds = |origin: Option<Span>| {
        origin.is_some_and(|origin| origin.start <= span.start && span.end <= origin.end)
    };
    // Down to the deepest value, or the key, that the span lies in.
    loop {
        let next = match node.view() {
            View::Map(map) => {
                let mut entries = map.iter();
                let found =
                    entries.find(|entry| holds(entry.key_origin) || holds(entry.value.origin()));
                found.map(|entry| {
                    path.push_key(entry.key);
                    (entry.value, holds(entry.value.origin()))
                })
            }
            View::List(list) => {
                let mut items = list.iter().enumerate();
                items
                    .find(|(_, item)| holds(item.origin()))
                    .map(|(at, item)| {
                        path.push_index(at);
                        (item, true)
                    })
            }
            _ => None,
        };
        match next {
            Some((value, true)) => node = value,
            Some((_, false)) => return path.to_string(),
            None => break,
        }
    }
    match inside(node, text, span) {
        Some(inside) => format!("{path}, {inside}"),
        None => path.to_string(),
    }
}

/// Which character of a text a span begins at, where it is a part of the text.
fn inside(node: NodeRef<'_>, text: &str, span: Span) -> Option<String> {
    let value = node.as_str()?;
    let origin = node.origin()?;
    if span == origin {
        return None;
    }
    let written = text.get(origin.start as usize..origin.end as usize)?;
    // The quote belongs to the text as written; what stands before the span is JSON once a quote ends it.
    let before = text.get(origin.start as usize..span.start as usize)?;
    if !written.starts_with('"') || before.is_empty() {
        return None;
    }
    let before = read_json(None, &format!("{before}\"")).ok()?;
    let before = before.root().as_str()?.to_owned();
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or(&before)
        .chars()
        .count()
        + 1;
    if value.trim_end().contains('\n') {
        let line = before.matches('\n').count() + 1;
        Some(format!("line {line}, character {column}"))
    } else {
        Some(format!("character {column}"))
    }
}
