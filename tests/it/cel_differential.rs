//! Our evaluator beside the `cel` crate, another of CEL in Rust: the same value, or an error from both, for generated
//! expressions, but for the differences that are known and listed here by name.
//!
//! The API server is the measure, not `cel`: each known difference says why ours is the one that the API server has.

use std::collections::BTreeMap;
use std::sync::Arc;

use kpolicy::cel::{Activation, Environment, Value, compile};
use kpolicy::manifest::{Document, NodeRef, View, read_json};
use serde_json::Value as Json;

use super::generate::{Kind, OBJECT, Random, WIDE};

/// A known difference: its name, and texts of expressions that may show it.
const KNOWN: &[(&str, &[&str])] = &[
    (
        "`cel` has no macros of two variables",
        &[
            ".transform",
            "existsOne(v",
            ".all(v0, v1",
            ".all(v1, v2",
            ".all(v2, v3",
            ".exists(v0, v1",
            ".exists(v1, v2",
            ".exists(v2, v3",
        ],
    ),
    (
        "`cel` has none of Kubernetes' own functions",
        &[
            "isSorted",
            ".sum()",
            ".min()",
            ".max()",
            "uantity",
            "isURL",
            ".find",
            "sets.",
            "asInteger",
            "isInteger",
            ".indexOf(",
            ".lastIndexOf(",
            "sign(",
        ],
    ),
    (
        "`cel` was built without times",
        &[
            "timestamp",
            "duration",
            ".getHours",
            "getMilli",
            ".getD",
            "getFullYear",
            "getMinutes",
        ],
    ),
    ("`cel` lacks `first` of lists", &[".first()"]),
    (
        "Go's formats quote keys, group digits and write powers of ten",
        &[".format("],
    ),
    (
        "`cel` refuses a negative range, which is empty",
        &["lists.range("],
    ),
    (
        "`cel` takes an optional index that is no whole number for absent",
        &["[?object.f]"],
    ),
];

/// What both make of an expression; `None` for an error.
type Outcomes<'o> = (Option<&'o str>, Option<&'o str>);

/// Whether an expression with these outcomes shows a known difference.
type IsKnown = fn(&str, Outcomes<'_>) -> bool;

/// A known difference that only outcomes show: its name, and whether an expression may be one.
const KNOWN_OUTCOMES: &[(&str, IsKnown)] = &[
    (
        "`cel` adds the keys of a map to a list",
        |source, outcomes| source.contains(" + ") && matches!(outcomes, (None, Some(_))),
    ),
    (
        "`cel` evaluates the fallback of `or` and `orValue` where it is not needed",
        |source, outcomes| {
            (source.contains(".or(") || source.contains(".orValue("))
                && matches!(outcomes, (Some(_), None))
        },
    ),
    (
        "Go writes large doubles with an exponent, and infinity with a sign",
        |source, outcomes| {
            source.contains("string(")
                && ["1e300", " / ", "18446744073709551615u", "9223372036854775"]
                    .iter()
                    .any(|text| source.contains(text))
                && matches!(outcomes, (Some(_), Some(_)))
        },
    ),
    (
        "`has` of a field of what has no fields is false",
        |source, outcomes| source.contains("has(") && matches!(outcomes, (Some(_), None)),
    ),
    (
        "`cel` takes an optional index that is no whole number for absent, a computed one too",
        |source, outcomes| source.contains("[?") && matches!(outcomes, (None, Some(_))),
    ),
    (
        "null, a list or a map is in no map, which `cel` refuses to look up",
        |source, outcomes| source.contains(" in ") && matches!(outcomes, (Some(_), None)),
    ),
];

fn number(value: f64) -> String {
    // One NaN is as good as another.
    if value.is_nan() {
        "NaN".to_owned()
    } else {
        format!("{value:?}")
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

fn map(entries: impl Iterator<Item = (String, String)>) -> String {
    format!("{:?}", entries.collect::<BTreeMap<_, _>>())
}

fn node(node: NodeRef<'_>) -> String {
    match node.view() {
        View::Null => "null".to_owned(),
        View::Bool(value) => value.to_string(),
        View::Int(value) => value.to_string(),
        View::Float(value) => number(value),
        View::String(text) => format!("{text:?}"),
        View::List(items) => list(items.iter().map(self::node)),
        View::Map(entries) => map(entries
            .iter()
            .map(|entry| (format!("{:?}", entry.key), self::node(entry.value)))),
        View::Unknown(_) => "?".to_owned(),
    }
}

pub(crate) fn own(value: &Value<'_>) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => format!("{value}u"),
        Value::Double(value) => number(*value),
        Value::String(text) => format!("{:?}", text.as_str()),
        Value::Bytes(bytes) => format!("b{:?}", bytes.as_slice()),
        Value::Node(value) => node(*value),
        Value::List(items) => list(items.items().iter().map(own)),
        Value::Map(entries) => map(entries
            .entries()
            .iter()
            .map(|(key, value)| (own(key), own(value)))),
        Value::Optional(None) => "none".to_owned(),
        Value::Optional(Some(value)) => format!("of({})", own(value)),
        // `cel` gives the name of a type as text.
        Value::Type(kind) => format!("{:?}", kind.name()),
        other => other.type_name().to_owned(),
    }
}

fn theirs(value: &cel::Value) -> String {
    match value {
        cel::Value::Null => "null".to_owned(),
        cel::Value::Bool(value) => value.to_string(),
        cel::Value::Int(value) => value.to_string(),
        cel::Value::UInt(value) => format!("{value}u"),
        cel::Value::Float(value) => number(*value),
        cel::Value::String(text) => format!("{text:?}"),
        cel::Value::Bytes(bytes) => format!("b{bytes:?}"),
        cel::Value::List(items) => list(items.iter().map(theirs)),
        cel::Value::Map(entries) => {
            let entries = entries.map.iter().map(|(key, value)| {
                let key = match key {
                    cel::objects::Key::Int(value) => value.to_string(),
                    cel::objects::Key::Uint(value) => format!("{value}u"),
                    cel::objects::Key::Bool(value) => value.to_string(),
                    cel::objects::Key::String(text) => format!("{text:?}"),
                };
                (key, theirs(value))
            });
            map(entries)
        }
        cel::Value::Opaque(value) => {
            match value
                .downcast_ref::<cel::objects::OptionalValue>()
                .map(|optional| optional.value())
            {
                Some(Some(value)) => format!("of({})", theirs(value)),
                Some(None) => "none".to_owned(),
                None => "opaque".to_owned(),
            }
        }
        other => format!("{other:?}"),
    }
}

/// A JSON value as `cel` has it; whole numbers are int, as in the API server.
fn value(json: &Json) -> cel::Value {
    match json {
        Json::Null => cel::Value::Null,
        Json::Bool(value) => cel::Value::Bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(value) => cel::Value::Int(value),
            None => cel::Value::Float(number.as_f64().expect("a number")),
        },
        Json::String(text) => cel::Value::String(Arc::new(text.clone())),
        Json::Array(items) => cel::Value::List(Arc::new(items.iter().map(value).collect())),
        Json::Object(entries) => {
            let entries = entries.iter().map(|(key, entry)| {
                (
                    cel::objects::Key::String(Arc::new(key.clone())),
                    value(entry),
                )
            });
            cel::Value::Map(cel::objects::Map {
                map: Arc::new(entries.collect()),
            })
        }
    }
}

struct Both {
    document: Document,
    environment: Environment,
    other: Arc<cel::Env>,
    context: cel::Context<'static, 'static>,
}

impl Both {
    fn new() -> Self {
        let mut other = cel::Env::stdlib();
        other.add_extension(cel::extensions::strings).expect("once");
        other.add_extension(cel::extensions::lists).expect("once");
        other.set_error_on_duplicate_map_keys(false);
        let other = Arc::new(other);
        let mut context = cel::Context::with_env(Arc::clone(&other));
        let json: Json = serde_json::from_str(OBJECT).expect("JSON");
        context.add_variable_from_value("object", value(&json));
        Self {
            document: read_json(None, OBJECT).expect("JSON"),
            environment: Environment::new(["object"])
                .unchecked()
                .with_mixed_literals(),
            other,
            context,
        }
    }

    /// What both make of an expression; `None` for an error.
    fn evaluate(&self, source: &str) -> (Option<String>, Option<String>) {
        let program = compile(source, &self.environment).ok();
        let roots = vec![Value::Node(self.document.root())];
        let activation = Activation::new(roots, &[], 1_000_000);
        let mine = program
            .as_ref()
            .and_then(|program| program.evaluate(&activation).ok());
        let other = self.other.compile(source).ok();
        let other = other.and_then(|program| program.execute(&self.context).ok());
        (mine.as_ref().map(own), other.as_ref().map(theirs))
    }
}

/// Compares so many expressions; gives how many had a value.
pub(crate) fn compare(seed: u64, wanted: usize) -> usize {
    let both = Both::new();
    let mut random = Random::new(seed);
    let (mut done, mut values) = (0, 0);
    let mut wrong = Vec::new();
    while done < wanted {
        let depth = 2 + done % 4;
        let source = WIDE.expression(&mut random, Kind::Any, depth);
        if KNOWN
            .iter()
            .any(|(_, texts)| texts.iter().any(|text| source.contains(text)))
        {
            continue;
        }
        done += 1;
        let (mine, other) = both.evaluate(&source);
        values += usize::from(mine.is_some());
        let outcomes = (mine.as_deref(), other.as_deref());
        if mine != other
            && !KNOWN_OUTCOMES
                .iter()
                .any(|(_, is_known)| is_known(&source, outcomes))
        {
            wrong.push(format!("{source}\n  kpolicy {mine:?}\n  cel     {other:?}"));
        }
    }
    wrong.sort_by(|a, b| a.len().cmp(&b.len()).then(a.cmp(b)));
    wrong.dedup();
    let count = wrong.len();
    wrong.truncate(40);
    assert!(wrong.is_empty(), "{count} of {done}\n{}", wrong.join("\n"));
    values
}

#[test]
fn generated_expressions_have_the_value_that_another_evaluator_gives_them() {
    let values = compare(2026, 2_000);
    assert!(values > 800, "{values} of 2000 have a value");
}

/// `make soak`
#[cfg(feature = "soak")]
#[test]
fn soak_generated_expressions_have_the_value_that_another_evaluator_gives_them() {
    for seed in 0..50 {
        println!(
            "seed {seed}: {} of 10000 have a value",
            compare(seed, 10_000)
        );
    }
}
