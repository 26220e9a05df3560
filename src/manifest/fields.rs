//! A typed reading cursor over a map, which collects every problem at its place.
//!
//! kpolicy's own documents are read through it. Whatever nobody asked for is an unknown field when the cursor goes
//! away. The cursor knows types and words, not what the fields mean.

use std::ops::RangeInclusive;

use crate::source::Span;

use super::suggest::{closest, words};
use super::{EntryRef, MapRef, NodeRef, Problem, View};

/// A value with the place it was written at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Option<Span>,
}

/// Reads the fields of one map.
///
/// A missing required field is reported at the map's own key (or at the map, where it has none), a wrong type at the
/// value, an unknown field at its key. A null counts as not set, as in Kubernetes. Over a value that is no map every
/// read quietly gives nothing: that was reported when the cursor was made.
#[derive(Debug)]
pub struct Fields<'a, 'p> {
    map: Option<MapRef<'a>>,
    place: Option<Span>,
    asked: Vec<&'static str>,
    problems: &'p mut Vec<Problem>,
}

impl<'a, 'p> Fields<'a, 'p> {
    /// A cursor over `node`, which must be a map. `what` names it in the message if it is none.
    pub fn new(node: NodeRef<'a>, what: &str, problems: &'p mut Vec<Problem>) -> Self {
        Self::placed(node, node.origin(), what, problems)
    }

    fn placed(
        node: NodeRef<'a>,
        place: Option<Span>,
        what: &str,
        problems: &'p mut Vec<Problem>,
    ) -> Self {
        let map = node.as_map();
        if map.is_none() {
            problems.push(wrong_type(node, what, "a map"));
        }
        Self {
            map,
            place,
            asked: Vec::new(),
            problems,
        }
    }

    /// Reads `apiVersion` and `kind`, which must be these.
    pub fn header(&mut self, api_version: &str, kind: &str) {
        for (key, wanted) in [("apiVersion", api_version), ("kind", kind)] {
            if let Some(found) = self.required_text(key)
                && found != wanted
            {
                let span = self.span(key);
                self.error(format!("`{key}` is `{found}`; it must be `{wanted}`"), span);
            }
        }
    }

    /// Where this map is pointed at: its key, or its own place where it has none.
    pub fn place(&self) -> Option<Span> {
        self.place
    }

    /// Where the value of `key` stands; this map's place where it is not there.
    pub fn span(&self, key: &str) -> Option<Span> {
        self.map
            .and_then(|map| map.get(key))
            .and_then(NodeRef::origin)
            .or(self.place)
    }

    /// Where `key` itself stands; this map's place where it is not there.
    pub fn key_span(&self, key: &str) -> Option<Span> {
        self.map
            .and_then(|map| map.entry(key))
            .and_then(|entry| entry.key_origin)
            .or(self.place)
    }

    /// Reports an error.
    pub fn error(&mut self, message: impl Into<String>, span: Option<Span>) {
        self.problems.push(Problem::error(message, span));
    }

    /// Reports a problem.
    pub fn report(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// The problems so far, for readers of raw nodes.
    pub fn problems(&mut self) -> &mut Vec<Problem> {
        self.problems
    }

    /// Whether the field is there and not null. Does not count as asking for it.
    pub fn has(&self, key: &str) -> bool {
        self.map
            .and_then(|map| map.get(key))
            .is_some_and(|node| !node.is_null())
    }

    /// The raw value of a field.
    pub fn node(&mut self, key: &'static str) -> Option<NodeRef<'a>> {
        self.entry(key).map(|entry| entry.value)
    }

    /// Reports a field that must be there and is not.
    pub fn require(&mut self, key: &'static str) -> bool {
        let there = self.has(key);
        if !there && self.map.is_some() {
            self.problems
                .push(Problem::error(format!("`{key}` is missing"), self.place));
        }
        there
    }

    /// A string.
    pub fn text(&mut self, key: &'static str) -> Option<&'a str> {
        let node = self.node(key)?;
        text(node, &format!("`{key}`"), self.problems)
    }

    /// A string that must be there and not be blank.
    pub fn required_text(&mut self, key: &'static str) -> Option<&'a str> {
        if !self.require(key) {
            self.asked.push(key);
            return None;
        }
        let value = self.text(key)?;
        if value.trim().is_empty() {
            let span = self.span(key);
            self.error(format!("`{key}` is empty"), span);
            return None;
        }
        Some(value)
    }

    /// A boolean.
    pub fn flag(&mut self, key: &'static str) -> Option<bool> {
        let node = self.node(key)?;
        let value = node.as_bool();
        if value.is_none() {
            self.problems
                .push(wrong_type(node, &format!("`{key}`"), "`true` or `false`"));
        }
        value
    }

    /// A whole number within a range.
    pub fn number(&mut self, key: &'static str, range: RangeInclusive<i64>) -> Option<i64> {
        let node = self.node(key)?;
        match node.as_i64() {
            Some(value) if range.contains(&value) => Some(value),
            Some(value) => {
                let message = format!(
                    "`{key}` is {value}; it must be from {} to {}",
                    range.start(),
                    range.end()
                );
                self.error(message, node.origin());
                None
            }
            None => {
                self.problems
                    .push(wrong_type(node, &format!("`{key}`"), "a whole number"));
                None
            }
        }
    }

    /// One of a few words.
    pub fn word<T: Copy>(&mut self, key: &'static str, known: &[(&str, T)]) -> Option<T> {
        let node = self.node(key)?;
        word(node, &format!("`{key}`"), known, self.problems)
    }

    /// One of a few words, which must be there.
    pub fn required_word<T: Copy>(&mut self, key: &'static str, known: &[(&str, T)]) -> Option<T> {
        if !self.require(key) {
            self.asked.push(key);
            let choice = words(known.iter().map(|(word, _)| *word));
            self.explain(key, &format!("it is one of {choice}"));
            return None;
        }
        self.word(key, known)
    }

    /// Says what belongs under `key`, where that was just found missing.
    pub fn explain(&mut self, key: &str, help: &str) {
        let missing = format!("`{key}` is missing");
        let last = self.problems.last_mut();
        if let Some(problem) = last.filter(|problem| problem.message == missing) {
            problem.help = Some(help.to_owned());
        }
    }

    /// A list of strings, none of them blank; empty where it is not there.
    pub fn texts(&mut self, key: &'static str) -> Vec<Placed<&'a str>> {
        let mut texts = self.texts_or_blank(key);
        texts.retain(|text| {
            let blank = text.value.trim().is_empty();
            if blank {
                self.problems.push(Problem::error(
                    format!("an entry of `{key}` is empty"),
                    text.span,
                ));
            }
            !blank
        });
        texts
    }

    /// A list of strings; empty where it is not there.
    pub fn texts_or_blank(&mut self, key: &'static str) -> Vec<Placed<&'a str>> {
        let items = self.items(key).unwrap_or_default();
        let what = format!("an entry of `{key}`");
        items
            .into_iter()
            .filter_map(|node| {
                let value = text(node, &what, self.problems)?;
                Some(Placed {
                    value,
                    span: node.origin(),
                })
            })
            .collect()
    }

    /// The elements of a list; `None` where it is not there or no list.
    pub fn items(&mut self, key: &'static str) -> Option<Vec<NodeRef<'a>>> {
        let node = self.node(key)?;
        let Some(list) = node.as_list() else {
            self.problems
                .push(wrong_type(node, &format!("`{key}`"), "a list"));
            return None;
        };
        Some(list.iter().collect())
    }

    /// A cursor over each element of a list of maps, in order, with its index.
    pub fn each<T>(
        &mut self,
        key: &'static str,
        mut read: impl FnMut(usize, Fields<'a, '_>) -> Option<T>,
    ) -> Vec<T> {
        let what = format!("an entry of `{key}`");
        let items = self.items(key).unwrap_or_default();
        items
            .into_iter()
            .enumerate()
            .filter_map(|(index, node)| read(index, Fields::new(node, &what, self.problems)))
            .collect()
    }

    /// A cursor over a map; `None` where it is not there.
    pub fn map(&mut self, key: &'static str) -> Option<Fields<'a, '_>> {
        let entry = self.entry(key)?;
        let place = entry.key_origin.or(entry.value.origin());
        Some(Fields::placed(
            entry.value,
            place,
            &format!("`{key}`"),
            self.problems,
        ))
    }

    /// A cursor over a map that must be there.
    pub fn required_map(&mut self, key: &'static str) -> Option<Fields<'a, '_>> {
        if !self.require(key) {
            self.asked.push(key);
            return None;
        }
        self.map(key)
    }

    /// The entries of a map whose keys are names, in written order; `None` where it is not there.
    pub fn entries(&mut self, key: &'static str) -> Option<Vec<EntryRef<'a>>> {
        let node = self.node(key)?;
        let Some(map) = node.as_map() else {
            self.problems
                .push(wrong_type(node, &format!("`{key}`"), "a map"));
            return None;
        };
        Some(map.iter().collect())
    }

    /// A map from strings to strings, such as labels; `None` where it is not there.
    pub fn strings(&mut self, key: &'static str) -> Option<Vec<(&'a str, &'a str)>> {
        let entries = self.entries(key)?;
        let read = |entry: EntryRef<'a>| {
            let value = text(entry.value, &format!("`{}`", entry.key), self.problems)?;
            Some((entry.key, value))
        };
        Some(entries.into_iter().filter_map(read).collect())
    }

    /// Takes every field that is left as it is: nothing of this map is unknown.
    pub fn accept_rest(mut self) {
        self.map = None;
    }

    fn entry(&mut self, key: &'static str) -> Option<EntryRef<'a>> {
        self.asked.push(key);
        self.map?.entry(key).filter(|entry| !entry.value.is_null())
    }
}

impl Drop for Fields<'_, '_> {
    /// Reports what nobody asked for.
    fn drop(&mut self) {
        let Some(map) = self.map else { return };
        for entry in map.iter().filter(|entry| !self.asked.contains(&entry.key)) {
            let span = entry.key_origin.or(entry.value.origin()).or(self.place);
            let problem = Problem::error(format!("unknown field `{}`", entry.key), span);
            let mut known = self.asked.clone();
            known.sort_unstable();
            known.dedup();
            let help = match closest(entry.key, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the fields here are {}", words(known)),
            };
            self.problems.push(problem.with_help(help));
        }
    }
}

/// Reads a string; `what` names it in the message.
pub fn text<'a>(node: NodeRef<'a>, what: &str, problems: &mut Vec<Problem>) -> Option<&'a str> {
    let value = node.as_str();
    if value.is_none() {
        let mut problem = wrong_type(node, what, "a string");
        if matches!(node.view(), View::Int(_) | View::Float(_) | View::Bool(_)) {
            problem = problem.with_help("write it in quotes");
        }
        problems.push(problem);
    }
    value
}

/// Reads one of a few words; `what` names it in the message.
pub fn word<T: Copy>(
    node: NodeRef<'_>,
    what: &str,
    known: &[(&str, T)],
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let choice = || words(known.iter().map(|(word, _)| *word));
    let Some(value) = node.as_str() else {
        let mut problem = wrong_type(node, what, &format!("one of {}", choice()));
        if node.as_bool().is_some() {
            problem = problem.with_help("YAML reads `on`, `off`, `yes` and `no` as booleans");
        }
        problems.push(problem);
        return None;
    };
    let found = known.iter().find(|(word, _)| *word == value);
    if found.is_none() {
        let message = format!("{what} is `{value}`; it must be one of {}", choice());
        let mut problem = Problem::error(message, node.origin());
        if let Some(near) = closest(value, known.iter().map(|(word, _)| *word)) {
            problem = problem.with_help(format!("did you mean `{near}`?"));
        }
        problems.push(problem);
    }
    found.map(|&(_, value)| value)
}

/// The error for a value of the wrong type, at the value.
pub fn wrong_type(node: NodeRef<'_>, what: &str, wanted: &str) -> Problem {
    let article = match node.view() {
        View::Null => "",
        View::Int(_) => "an ",
        _ => "a ",
    };
    let message = format!("{what} must be {wanted}, not {article}{}", node.type_name());
    Problem::error(message, node.origin())
}
