//! Which parts of a tree expressions read, as far as their text tells: what has to be kept of an object that only they
//! look at.
//!
//! The answer errs to one side: what it leaves out no expression can tell from absent, in its value, its error or its
//! cost. What a value is used for decides: to select a field reads that field, to compare or to pass a value on reads
//! all below it.

use std::collections::BTreeMap;

use crate::manifest::{DocumentBuilder, NodeId, NodeRef, View};

use super::Program;
use super::expression::{Call, Domain, Expression, Kind, Shape};
use super::syntax::Arithmetic;

/// What is read of a tree. Lists are no level of their own: what is read of a list is read of each of its elements.
///
/// What is read nothing of below is kept as an empty map, a list of as many elements, or the plain value that it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    whole: bool,
    fields: BTreeMap<Box<str>, Reads>,
    entries: Option<Box<Reads>>,
}

impl Reads {
    /// All of it.
    pub fn everything() -> Self {
        Self {
            whole: true,
            ..Self::default()
        }
    }

    /// Whether all of it is read.
    pub const fn is_whole(&self) -> bool {
        self.whole
    }

    /// What is read below a key of a map; `None` where not even whether it is there.
    pub fn below(&self, key: &str) -> Option<Self> {
        if self.whole {
            return Some(Self::everything());
        }
        match (self.fields.get(key), self.entries.as_deref()) {
            (Some(field), Some(entries)) => {
                let mut both = field.clone();
                both.add(entries);
                Some(both)
            }
            (found, other) => found.or(other).cloned(),
        }
    }

    /// Adds all below a route of fields.
    pub fn add_route(&mut self, route: &[&str]) {
        let mut at = self;
        for field in route {
            at = at.fields.entry((*field).into()).or_default();
        }
        *at = Self::everything();
    }

    /// Adds what `other` reads.
    pub fn add(&mut self, other: &Self) {
        if self.whole || other.whole {
            *self = Self::everything();
            return;
        }
        for (field, reads) in &other.fields {
            self.fields.entry(field.clone()).or_default().add(reads);
        }
        if let Some(entries) = &other.entries {
            self.entries.get_or_insert_default().add(entries);
        }
    }

    /// Whether it reads all that `other` reads.
    pub fn covers(&self, other: &Self) -> bool {
        let covered =
            |mine: Option<&Self>, other: &Self| mine.is_some_and(|mine| mine.covers(other));
        self.whole
            || !other.whole
                && other
                    .entries
                    .iter()
                    .all(|other| covered(self.entries.as_deref(), other))
                && other.fields.iter().all(|(field, other)| {
                    covered(self.fields.get(field), other)
                        || covered(self.entries.as_deref(), other)
                })
    }

    /// A copy of a tree with what is read of it.
    pub fn copy(&self, builder: &mut DocumentBuilder, node: NodeRef<'_>) -> NodeId {
        self.copy_at(builder, node, 0)
    }

    fn copy_at(&self, builder: &mut DocumentBuilder, node: NodeRef<'_>, depth: usize) -> NodeId {
        if self.whole || depth > DEPTH {
            return builder.copy(node);
        }
        match node.view() {
            View::Map(map) => {
                let mut entries = Vec::new();
                for entry in map.iter() {
                    if let Some(reads) = self.below(entry.key) {
                        let copy = reads.copy_at(builder, entry.value, depth + 1);
                        entries.push((entry.key, copy));
                    }
                }
                builder.object(&entries)
            }
            View::List(list) => {
                let items = list.iter();
                let items: Vec<_> = items
                    .map(|item| self.copy_at(builder, item, depth + 1))
                    .collect();
                builder.list(&items, None)
            }
            _ => builder.copy(node),
        }
    }

    fn at(&mut self, place: &[Step<'_>]) -> &mut Self {
        let mut at = self;
        for step in place {
            if at.whole {
                break;
            }
            at = match step {
                Step::Field(field) => at.fields.entry((*field).into()).or_default(),
                Step::Entries => at.entries.get_or_insert_default(),
            };
        }
        at
    }
}

/// How deep parts are picked out; what is nested deeper, which only lists in lists can be, is copied whole.
const DEPTH: usize = 64;

/// What these expressions read of a root. `variables` are what they may name as `variables.x`.
pub fn reads<'p>(
    slot: usize,
    variables: &'p [Program],
    programs: impl Iterator<Item = &'p Program>,
) -> Reads {
    let mut tracer = Tracer {
        slot,
        reads: Reads::default(),
        variables: Vec::new(),
        locals: Vec::new(),
    };
    for variable in variables {
        let places = tracer.value(variable.expression());
        tracer.variables.push(places);
    }
    for program in programs {
        tracer.use_up(program.expression());
    }
    tracer.reads
}

/// More steps or places than any policy has; beyond them everything is taken for read.
const MOST_STEPS: usize = 24;
const MOST_PLACES: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step<'p> {
    Field(&'p str),
    /// Any entry of a map.
    Entries,
}

type Place<'p> = Vec<Step<'p>>;

/// Where a value may come from: the value is what stands at one of these places, or made of such as lists are.
type Places<'p> = Vec<Place<'p>>;

struct Tracer<'p> {
    slot: usize,
    reads: Reads,
    variables: Vec<Places<'p>>,
    locals: Vec<Places<'p>>,
}

impl<'p> Tracer<'p> {
    /// Follows an expression, and gives where its value may come from.
    fn value(&mut self, expression: &'p Expression) -> Places<'p> {
        match &expression.kind {
            Kind::Root(slot) if *slot == self.slot => vec![Vec::new()],
            Kind::Constant(_) | Kind::Root(_) => Vec::new(),
            Kind::Variable(index) => self.variables.get(*index).cloned().unwrap_or_default(),
            Kind::Local(slot) => self.locals.get(*slot).cloned().unwrap_or_default(),
            Kind::Select { operand, field, .. } => self.select(operand, Step::Field(field)),
            Kind::Has { operand, field } => {
                self.select(operand, Step::Field(field));
                Vec::new()
            }
            Kind::Index { operand, index, .. } => self.index(operand, index),
            Kind::Not(operand) | Kind::Negate(operand) => self.use_up(operand),
            Kind::And(operands) | Kind::Or(operands) => self.use_all(operands.iter()),
            Kind::Conditional {
                condition,
                then,
                otherwise,
            } => {
                self.use_up(condition);
                let mut places = self.value(then);
                places.extend(self.value(otherwise));
                self.few(places)
            }
            Kind::Arithmetic {
                operator: Arithmetic::Add,
                left,
                right,
            } => {
                let mut places = self.value(left);
                places.extend(self.value(right));
                self.few(places)
            }
            Kind::Arithmetic { left, right, .. } | Kind::Relation { left, right, .. } => {
                self.use_all([&**left, &**right].into_iter())
            }
            Kind::List(items) => {
                let places = items.iter().flat_map(|item| self.value(&item.value));
                let places = places.collect();
                self.few(places)
            }
            Kind::Map(entries) => {
                self.use_all(entries.iter().flat_map(|entry| [&entry.key, &entry.value]))
            }
            Kind::Struct { fields, .. } => self.use_all(fields.iter().map(|field| &field.value)),
            Kind::Call(call) => self.call(call),
            Kind::Quantifier(quantifier) => {
                self.bind(&quantifier.domain);
                self.use_up(&quantifier.predicate)
            }
            Kind::Transform(transform) => {
                let elements = self.bind(&transform.domain);
                self.use_all(transform.condition.iter());
                match (transform.shape, &transform.result) {
                    (Shape::List, Some(result)) => self.value(result),
                    (Shape::Map | Shape::MapEntries, _) => self.use_all(transform.result.iter()),
                    (Shape::Filter | Shape::SortBy | Shape::List, result) => {
                        self.use_all(result.iter());
                        elements
                    }
                }
            }
            Kind::OptionalMap {
                operand,
                slot,
                body,
                ..
            } => {
                let places = self.value(operand);
                self.set_local(*slot, places);
                self.value(body)
            }
            Kind::OptionalOr {
                operand, fallback, ..
            } => {
                let mut places = self.value(operand);
                places.extend(self.value(fallback));
                self.few(places)
            }
        }
    }

    /// Follows an expression whose value is looked at as a whole.
    fn use_up(&mut self, expression: &'p Expression) -> Places<'p> {
        for place in self.value(expression) {
            *self.reads.at(&place) = Reads::everything();
        }
        Vec::new()
    }

    fn use_all(&mut self, expressions: impl Iterator<Item = &'p Expression>) -> Places<'p> {
        for expression in expressions {
            self.use_up(expression);
        }
        Vec::new()
    }

    fn select(&mut self, operand: &'p Expression, step: Step<'p>) -> Places<'p> {
        let mut places = self.value(operand);
        for place in &mut places {
            place.push(step);
            self.reads.at(place);
        }
        self.few(places)
    }

    fn index(&mut self, operand: &'p Expression, index: &'p Expression) -> Places<'p> {
        let Kind::Constant(constant) = &index.kind else {
            self.use_up(index);
            let mut places = self.value(operand);
            places.extend(self.entries(&places.clone()));
            return self.few(places);
        };
        match constant.as_str() {
            Some(key) => self.select(operand, Step::Field(key)),
            // An element of a list; the keys of documents are strings.
            None => self.value(operand),
        }
    }

    fn call(&mut self, call: &'p Call) -> Places<'p> {
        let mut arguments = call.arguments.iter();
        match call.function.name {
            // How many there are shows without what they are.
            "size" => {
                let places: Places<'p> = arguments
                    .flat_map(|argument| self.value(argument))
                    .collect();
                self.entries(&places);
                Vec::new()
            }
            // What comes out is what went in, or elements of it.
            "first" | "flatten" | "last" | "optional.of" | "optional.unwrap" | "reverse"
            | "slice" | "unwrapOpt" | "value" => {
                let receiver = arguments.next();
                let places = receiver.map(|receiver| self.value(receiver));
                self.use_all(arguments);
                places.unwrap_or_default()
            }
            _ => self.use_all(arguments),
        }
    }

    /// Binds the names of a macro to what it walks over, and gives that.
    fn bind(&mut self, domain: &'p Domain) -> Places<'p> {
        let elements = self.value(&domain.collection);
        // Of a map the keys count, also where only values are looked at.
        let entries = self.entries(&elements);
        if domain.pairs {
            self.set_local(domain.slot, Vec::new());
            let values = elements.iter().cloned().chain(entries).collect();
            let values = self.few(values);
            self.set_local(domain.slot + 1, values);
        } else {
            self.set_local(domain.slot, elements.clone());
        }
        elements
    }

    /// The entries at these places, where maps stand there.
    fn entries(&mut self, places: &[Place<'p>]) -> Places<'p> {
        let mut entries = Vec::new();
        for place in places {
            let mut place = place.clone();
            place.push(Step::Entries);
            self.reads.at(&place);
            entries.push(place);
        }
        entries
    }

    fn set_local(&mut self, slot: usize, places: Places<'p>) {
        if self.locals.len() <= slot {
            self.locals.resize(slot + 1, Vec::new());
        }
        if let Some(local) = self.locals.get_mut(slot) {
            *local = places;
        }
    }

    /// Each place once; none where there are too many to follow, and then all of them are read.
    fn few(&mut self, places: Places<'p>) -> Places<'p> {
        let mut few: Places<'p> = Vec::new();
        let mut too_many = false;
        for place in places {
            if place.len() > MOST_STEPS {
                *self.reads.at(&place) = Reads::everything();
            } else if !few.contains(&place) {
                few.push(place);
                too_many |= few.len() > MOST_PLACES;
            }
        }
        if too_many {
            for place in few.drain(..) {
                *self.reads.at(&place) = Reads::everything();
            }
        }
        few
    }
}
