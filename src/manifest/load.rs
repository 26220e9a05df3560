//! Events to a [`Document`]: nesting, keys, anchors, merge keys and the guards against bombs.
//!
//! The loader keeps its own stack, so that nesting costs no call stack. Source of its rules: `decode.go` of
//! gopkg.in/yaml.v2 2.4 and v3 3.0, `yaml.go` of sigs.k8s.io/yaml 1.6.

use std::ops::Range;

use crate::source::Span;

use super::event::{AnchorId, Event, Events, Style, Tag};
use super::keys::{self, Pending};
use super::place::{Failure, Place};
use super::scalar::{self, Scalar, ScalarError};
use super::{Dialect, Document, DocumentBuilder, Limits, NodeId, Problem, Text, View};

/// What one chunk holds.
pub(super) struct Loaded {
    /// `None` for an empty chunk.
    pub(super) document: Option<Document>,
    pub(super) warnings: Vec<Problem>,
}

/// Loads the first document of `text`.
pub(super) fn load<'t>(
    text: &'t str,
    events: &mut impl Events<'t>,
    place: Place<'_>,
    dialect: Dialect,
    limits: &Limits,
) -> Result<Loaded, Failure> {
    let mut loader = Loader {
        text,
        place,
        dialect,
        depth: limits.depth,
        builder: DocumentBuilder::with_capacity(text.len()),
        frames: Vec::new(),
        items: Vec::new(),
        entries: Vec::new(),
        anchors: Vec::new(),
        steps: 0,
        alias_steps: 0,
        content_end: 0,
        root: None,
        warnings: Vec::new(),
    };
    loop {
        let (event, range) = events.next().map_err(Failure::Syntax)?;
        if matches!(event, Event::End) {
            break;
        }
        loader.take(event, range)?;
    }
    if let Some(at) = events.leftover() {
        loader.warnings.push(
            Problem::warning(
                "what follows is not read: the document ends here",
                Some(place.span(&(at..at))),
            )
            .with_help("check the indentation, or separate documents by a `---` line"),
        );
    }
    let document = loader.root.map(|root| loader.builder.finish(root));
    Ok(Loaded {
        document,
        warnings: loader.warnings,
    })
}

/// A list or map that is being read.
struct Frame {
    start: usize,
    flow: bool,
    anchor: Option<AnchorId>,
    /// Steps taken before it began.
    steps: u64,
    kind: Kind,
}

enum Kind {
    /// Its items stand on the stack of items from here on.
    List { first: usize },
    /// Its entries stand on the stack of entries from here on.
    /// `merged`: it has a `<<` already.
    Map {
        first: usize,
        key: Key,
        merged: bool,
    },
}

/// What a map waits for.
#[derive(Clone, Copy)]
enum Key {
    Awaited,
    Read(Text, Span),
    Merge(Span),
}

/// A node that an alias may ask for.
#[derive(Clone, Copy)]
enum Anchor {
    Open,
    Done { node: NodeId, steps: u64 },
}

struct Loader<'t, 'm> {
    text: &'t str,
    place: Place<'m>,
    dialect: Dialect,
    depth: usize,
    builder: DocumentBuilder,
    frames: Vec<Frame>,
    items: Vec<NodeId>,
    entries: Vec<Pending>,
    /// By anchor id.
    anchors: Vec<Option<Anchor>>,
    /// Nodes decoded so far, those that aliases repeat included.
    steps: u64,
    alias_steps: u64,
    /// Where the last scalar, alias or bracket ended: collections end there, before what trails them.
    content_end: usize,
    root: Option<NodeId>,
    warnings: Vec<Problem>,
}

impl<'t> Loader<'t, '_> {
    fn take(&mut self, event: Event<'t>, range: Range<usize>) -> Result<(), Problem> {
        match event {
            Event::Scalar {
                text,
                style,
                tag,
                anchor,
            } => {
                self.steps += 1;
                self.content_end = self.content_end.max(range.end);
                let merge = &*text == "<<"
                    && matches!((style, tag), (_, Tag::Merge) | (Style::Plain, Tag::None));
                let place = self.place;
                if merge && let Some(key) = self.awaited_key() {
                    *key = Key::Merge(place.span(&range));
                    return Ok(());
                }
                let in_flow = self.frames.last().is_some_and(|frame| frame.flow);
                let value = scalar::resolve(text, style, tag, self.dialect, in_flow)
                    .map_err(|error| self.bad_scalar(&error, &range))?;
                self.scalar(value, anchor, &range)
            }
            Event::Alias(id) => {
                self.content_end = range.end;
                self.alias(id, &range)
            }
            Event::ListStart { flow, anchor } => {
                let first = self.items.len();
                let start = if flow {
                    range.start
                } else {
                    dash_before(self.text, range.start)
                };
                self.open(start, flow, anchor, Kind::List { first })
            }
            Event::MapStart { flow, anchor } => {
                let first = self.entries.len();
                let kind = Kind::Map {
                    first,
                    key: Key::Awaited,
                    merged: false,
                };
                self.open(range.start, flow, anchor, kind)
            }
            Event::ListEnd | Event::MapEnd => self.close(&range),
            Event::End => Ok(()),
        }
    }

    fn awaited_key(&mut self) -> Option<&mut Key> {
        match &mut self.frames.last_mut()?.kind {
            Kind::Map { key, .. } if matches!(key, Key::Awaited) => Some(key),
            _ => None,
        }
    }

    fn open(
        &mut self,
        start: usize,
        flow: bool,
        anchor: Option<AnchorId>,
        kind: Kind,
    ) -> Result<(), Problem> {
        let range = start..start;
        if self.awaited_key().is_some() {
            return Err(self.bad_key("a list or map", &range));
        }
        if self.frames.len() >= self.depth {
            return Err(self.error(
                format!(
                    "lists and maps are nested deeper than {} levels",
                    self.depth
                ),
                &range,
            ));
        }
        if let Some(id) = anchor {
            self.set_anchor(id, Anchor::Open);
        }
        self.frames.push(Frame {
            start,
            flow,
            anchor,
            steps: self.steps,
            kind,
        });
        self.steps += 1;
        Ok(())
    }

    fn close(&mut self, range: &Range<usize>) -> Result<(), Problem> {
        let Some(frame) = self.frames.pop() else {
            return Ok(());
        };
        if frame.flow {
            self.content_end = self.content_end.max(range.end);
        }
        let whole = frame.start..self.content_end.max(frame.start);
        let origin = Some(self.place.span(&whole));
        let node = match frame.kind {
            Kind::List { first } => {
                let node = self.builder.list(&self.items[first..], origin);
                self.items.truncate(first);
                node
            }
            Kind::Map { first, .. } => {
                keys::settle(
                    &mut self.builder,
                    &mut self.entries,
                    first,
                    self.dialect,
                    &mut self.warnings,
                )?;
                let node = self.builder.map_from(
                    self.entries[first..]
                        .iter()
                        .map(|entry| (entry.key, entry.key_origin, entry.value)),
                    origin,
                );
                self.entries.truncate(first);
                node
            }
        };
        if let Some(id) = frame.anchor {
            let steps = self.steps - frame.steps;
            self.set_anchor(id, Anchor::Done { node, steps });
        }
        self.value(node, false, &whole)
    }

    fn scalar(
        &mut self,
        value: Scalar<'_>,
        anchor: Option<AnchorId>,
        range: &Range<usize>,
    ) -> Result<(), Problem> {
        let origin = self.place.span(range);
        let is_key = self.awaited_key().is_some();
        if is_key {
            let key = keys::text(&mut self.builder, &value, self.dialect)
                .map_err(|what| self.bad_key(what, range))?;
            if let Some(awaited) = self.awaited_key() {
                *awaited = Key::Read(key, origin);
            }
            if anchor.is_none() {
                return Ok(());
            }
        }
        let node = match value {
            Scalar::Null => self.builder.null(Some(origin)),
            Scalar::Bool(value) => self.builder.bool(value, Some(origin)),
            Scalar::Int(value) => self.builder.int(value, Some(origin)),
            Scalar::Uint(value) => self.builder.float(value as f64, Some(origin)),
            Scalar::String(value) => self.builder.string(&value, Some(origin)),
            Scalar::Date(value) => self.builder.string(&value, Some(origin)),
            Scalar::Float(value) => match scalar::json_number(value) {
                Some(Ok(whole)) => self.builder.int(whole, Some(origin)),
                Some(Err(value)) => self.builder.float(value, Some(origin)),
                // As a key alone it has a text; its value then never leaves the anchor.
                None if is_key => self.builder.null(Some(origin)),
                None => {
                    return Err(self
                        .error("JSON has no infinity and no NaN", range)
                        .with_help("put the value in quotes if it is a string"));
                }
            },
        };
        if let Some(id) = anchor {
            self.set_anchor(id, Anchor::Done { node, steps: 1 });
        }
        if is_key {
            return Ok(());
        }
        self.value(node, false, range)
    }

    fn alias(&mut self, id: AnchorId, range: &Range<usize>) -> Result<(), Problem> {
        let (node, steps) = match self.anchors.get(id).copied().flatten() {
            Some(Anchor::Done { node, steps }) => (node, steps),
            Some(Anchor::Open) => {
                return Err(self.error("the alias stands inside the value it repeats", range));
            }
            None => return Err(self.error("the alias has no anchor", range)),
        };
        self.steps += 1 + steps;
        self.alias_steps += steps;
        if self.alias_steps > 100
            && self.steps > 1000
            && self.alias_steps as f64 / self.steps as f64 > allowed_alias_share(self.steps)
        {
            return Err(self
                .error("aliases repeat too much of the document", range)
                .with_help("write the repeated values out, or in a base"));
        }
        if self.awaited_key().is_some() {
            let key = keys::text_of_node(&mut self.builder, node, self.dialect)
                .map_err(|what| self.bad_key(what, range))?;
            let origin = self.place.span(range);
            if let Some(awaited) = self.awaited_key() {
                *awaited = Key::Read(key, origin);
            }
            return Ok(());
        }
        let copy = self.builder.copy_own(node, Some(self.place.span(range)));
        self.value(copy, true, range)
    }

    /// Puts a finished node where its parent wants it.
    fn value(&mut self, node: NodeId, is_alias: bool, range: &Range<usize>) -> Result<(), Problem> {
        let Some(frame) = self.frames.last_mut() else {
            self.root.get_or_insert(node);
            return Ok(());
        };
        match &mut frame.kind {
            Kind::List { .. } => self.items.push(node),
            Kind::Map { key, merged, .. } => match std::mem::replace(key, Key::Awaited) {
                Key::Read(key, origin) => self.entries.push(Pending {
                    key,
                    key_origin: Some(origin),
                    value: node,
                    merged: false,
                }),
                Key::Merge(at) if *merged && self.dialect == Dialect::Kustomize => {
                    return Err(Problem::error("`<<` is set twice", Some(at))
                        .with_help("give one `<<` a list of maps"));
                }
                Key::Merge(at) => {
                    *merged = true;
                    let alias = is_alias.then(|| self.place.span(range));
                    if !keys::merge(&mut self.builder, &mut self.entries, node, alias) {
                        return Err(Problem::error(
                            "`<<` merges maps, and this is none",
                            Some(self.place.span(range)),
                        )
                        .with_related(Some(at))
                        .with_help("give it a map, an alias of a map, or a list of these"));
                    }
                }
                // Collections are refused as keys before they begin.
                Key::Awaited => {}
            },
        }
        Ok(())
    }

    fn set_anchor(&mut self, id: AnchorId, anchor: Anchor) {
        if self.anchors.len() <= id {
            self.anchors.resize(id + 1, None);
        }
        if let Some(slot) = self.anchors.get_mut(id) {
            *slot = Some(anchor);
        }
    }

    fn error(&self, message: impl Into<String>, range: &Range<usize>) -> Problem {
        Problem::error(message, Some(self.place.span(range)))
    }

    fn bad_key(&self, what: &str, range: &Range<usize>) -> Problem {
        let problem = self.error(format!("{what} cannot be a key"), range);
        let before = self.text.get(..range.start).unwrap_or_default();
        if before.ends_with('{') {
            problem.with_help("put a value that starts with `{{` in quotes")
        } else {
            problem.with_help("put the key in quotes")
        }
    }

    fn bad_scalar(&self, error: &ScalarError, range: &Range<usize>) -> Problem {
        match error {
            ScalarError::Base64 => self.error("this is no base64", range),
            ScalarError::Tag(tag) => self.error(
                format!("the value does not fit its tag `{}`", tag.name()),
                range,
            ),
        }
    }
}

/// go-yaml's alias guard: how large a part of all decoding steps aliases may cause.
fn allowed_alias_share(steps: u64) -> f64 {
    const LOW: u64 = 400_000;
    const HIGH: u64 = 4_000_000;
    match steps {
        ..=LOW => 0.99,
        HIGH.. => 0.10,
        _ => 0.99 - 0.89 * ((steps - LOW) as f64 / (HIGH - LOW) as f64),
    }
}

/// Where a block list begins: at its first dash. The parser reports the first item of a list that is not indented.
fn dash_before(text: &str, at: usize) -> usize {
    let rest = text.get(at..).and_then(|rest| rest.strip_prefix('-'));
    if rest.is_some_and(|rest| !rest.starts_with(|c: char| !c.is_whitespace())) {
        return at;
    }
    text.get(..at)
        .and_then(|before| before.rfind('-'))
        .unwrap_or(at)
}

/// Whether a node is a map.
pub(super) fn is_map(builder: &DocumentBuilder, node: NodeId) -> bool {
    matches!(builder.node(node).view(), View::Map(_))
}
