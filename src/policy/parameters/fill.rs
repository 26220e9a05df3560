//! Filling in defaults, and laying parameters over each other.

use crate::manifest::{Document, DocumentBuilder, EntryRef, MapRef, NodeId, NodeRef, View};
use crate::source::Span;

/// Schemas that refer to themselves are followed no further than this.
const DEEPEST: usize = 64;

/// What is given, with the schema's defaults where it is silent. Defaults keep the place they have in the schema.
pub(super) fn fill(schema: NodeRef<'_>, given: Option<NodeRef<'_>>) -> Document {
    let mut builder = DocumentBuilder::new();
    let mut filler = Filler {
        root: schema,
        builder: &mut builder,
    };
    let root = match given {
        Some(given) => filler.value(Some(schema), given, 0),
        None => filler.map(Some(schema), None, None, 0),
    };
    builder.finish(root)
}

/// Parameters said in several places, later ones last: each key is taken whole from the last that has it.
pub fn layer<'d>(layers: impl IntoIterator<Item = &'d Document>) -> Document {
    let mut entries: Vec<EntryRef<'_>> = Vec::new();
    let mut origin = None;
    for layer in layers {
        let root = layer.root();
        origin = root.origin().or(origin);
        for entry in root.as_map().into_iter().flat_map(MapRef::iter) {
            match entries.iter_mut().find(|known| known.key == entry.key) {
                Some(known) => *known = entry,
                None => entries.push(entry),
            }
        }
    }
    let mut builder = DocumentBuilder::new();
    let entries: Vec<_> = entries
        .into_iter()
        .map(|entry| {
            (
                builder.text(entry.key),
                entry.key_origin,
                builder.copy(entry.value),
            )
        })
        .collect();
    let root = builder.map(&entries, origin);
    builder.finish(root)
}

struct Filler<'s, 'b> {
    root: NodeRef<'s>,
    builder: &'b mut DocumentBuilder,
}

impl<'s> Filler<'s, '_> {
    fn value(&mut self, schema: Option<NodeRef<'s>>, given: NodeRef<'_>, depth: usize) -> NodeId {
        let schema = schema.and_then(|schema| self.resolve(schema));
        match given.view() {
            View::Map(map) if depth < DEEPEST => self.map(schema, Some(map), given.origin(), depth),
            View::List(list) if depth < DEEPEST => {
                let items = schema.and_then(|schema| schema.get("items"));
                let items: Vec<_> = list
                    .iter()
                    .map(|item| self.value(items, item, depth + 1))
                    .collect();
                self.builder.list(&items, given.origin())
            }
            _ => self.builder.copy(given),
        }
    }

    fn map(
        &mut self,
        schema: Option<NodeRef<'s>>,
        given: Option<MapRef<'_>>,
        origin: Option<Span>,
        depth: usize,
    ) -> NodeId {
        let schema = schema.and_then(|schema| self.resolve(schema));
        let properties = schema.and_then(|schema| schema.get("properties")?.as_map());
        let rest = schema.and_then(|schema| schema.get("additionalProperties"));
        let mut entries = Vec::new();
        for entry in given.into_iter().flat_map(MapRef::iter) {
            let schema = properties
                .and_then(|properties| properties.get(entry.key))
                .or(rest);
            let value = self.value(schema, entry.value, depth + 1);
            entries.push((self.builder.text(entry.key), entry.key_origin, value));
        }
        for property in properties.into_iter().flat_map(MapRef::iter) {
            let there = given.is_some_and(|given| given.get(property.key).is_some());
            let schema = self.resolve(property.value);
            if let Some(default) = schema.and_then(|schema| schema.get("default"))
                && !there
            {
                let value = self.value(schema, default, depth + 1);
                entries.push((self.builder.text(property.key), default.origin(), value));
            }
        }
        self.builder.map(&entries, origin)
    }

    /// Follows `$ref` inside the schema. A schema that also says something itself keeps to what it says.
    fn resolve(&self, schema: NodeRef<'s>) -> Option<NodeRef<'s>> {
        let mut schema = schema;
        for _ in 0..DEEPEST {
            let Some(reference) = schema.get("$ref").and_then(NodeRef::as_str) else {
                return Some(schema);
            };
            let mut steps = reference.strip_prefix('#')?.split('/').skip(1);
            schema = steps.try_fold(self.root, |node, step| {
                let step = step.replace("~1", "/").replace("~0", "~");
                node.get(&step).or_else(|| node.item(step.parse().ok()?))
            })?;
        }
        None
    }
}
