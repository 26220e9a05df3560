//! What an `Object{...}` literal stands for in an `ApplyConfiguration`.
//!
//! The API server makes JSON of it by rules of its own, and refuses more than JSON would: types that are not named after
//! the fields that lead to them, lists and maps within lists and maps, nulls, and scalars that JSON lacks. A policy that
//! runs here must run there.
//!
//! Upstream: `k8s.io/apiserver` 1.36 `cel/mutation/dynamic/objects.go`.

use crate::manifest::{DocumentBuilder, NodeId};

use super::collection::Making;
use super::{Content, Entries, Items, List, Struct, Type, Value};

/// The type of the whole object; those of its fields are named after it.
const OBJECT: &str = "Object";

impl Struct<'_> {
    /// Whether the types of the objects inside are named after the fields that lead to them, from this one on.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check_names(&self) -> Result<(), String> {
        check_names(self, &mut self.name().split('.').collect())
    }

    /// Writes the object into a document that is being built, as the API server reads an
    /// `ApplyConfiguration`; what it refuses in one is the error. Values that cannot be known here stay unknown.
    pub fn build_configuration(&self, builder: &mut DocumentBuilder) -> Result<NodeId, String> {
        check_names(self, &mut vec![OBJECT])?;
        let mut place = Place(Vec::new());
        object(self, &mut place, builder)
    }
}

/// The way to a value, for messages.
struct Place(Vec<String>);

impl Place {
    fn refuse(&self, what: &str) -> String {
        let place = self.0.concat();
        let place = place.trim_start_matches('.');
        format!("`{place}` {what}")
    }
}

fn is_object(value: &Struct<'_>) -> bool {
    let rest = value.name().strip_prefix(OBJECT);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// A type is named after the fields that lead to it; lists and maps on the way count for nothing.
fn check_names<'v>(value: &'v Struct<'_>, way: &mut Vec<&'v str>) -> Result<(), String> {
    if !is_object(value) {
        return Ok(());
    }
    if !value.name().split('.').eq(way.iter().copied()) {
        return Err(format!(
            "`{}` stands where `{}` is needed: a type is named after the fields that lead to it",
            value.name(),
            way.join(".")
        ));
    }
    for (name, value) in value.fields() {
        way.push(name);
        check_names_in(value, way)?;
        way.pop();
    }
    Ok(())
}

fn check_names_in<'v>(value: &'v Value<'_>, way: &mut Vec<&'v str>) -> Result<(), String> {
    match value {
        Value::Struct(value) => check_names(value, way),
        // Nor does it look into two lists that were put together.
        Value::List(list) if list.making() == Making::Plain => {
            let mut items = list.items().iter();
            items.try_for_each(|item| check_names_in(item, way))
        }
        Value::Map(map) => {
            let mut entries = map.entries().iter();
            entries.try_for_each(|(_, value)| check_names_in(value, way))
        }
        // Upstream looks through an optional at lists and maps, not at an object.
        Value::Optional(Some(value)) if !matches!(**value, Value::Struct(_)) => {
            check_names_in(value, way)
        }
        _ => Ok(()),
    }
}

fn object(
    value: &Struct<'_>,
    place: &mut Place,
    builder: &mut DocumentBuilder,
) -> Result<NodeId, String> {
    let mut built = Vec::with_capacity(value.fields().len());
    for (name, value) in value.fields() {
        place.0.push(format!(".{name}"));
        let value = field(value, place, builder)?;
        place.0.pop();
        built.push((builder.text(name), None, value));
    }
    Ok(builder.map(&built, None))
}

/// The value of a field, which may be a computed list or map.
fn field(
    value: &Value<'_>,
    place: &mut Place,
    builder: &mut DocumentBuilder,
) -> Result<NodeId, String> {
    if let Value::List(items) = value
        && items.making() == Making::Plain
    {
        return list(items, place, builder);
    }
    match value.content() {
        Content::Optional(Some(inner)) => field(inner, place, builder),
        Content::Map(Entries::Values(map)) => {
            let mut built = Vec::with_capacity(map.entries().len());
            for (key, value) in map.entries() {
                let Some(key) = key.as_str() else {
                    let what = format!("has a key of type `{}`: use strings", key.type_name());
                    return Err(place.refuse(&what));
                };
                place.0.push(format!("[\"{key}\"]"));
                let value = element(value, place, builder)?;
                place.0.pop();
                built.push((builder.text(key), None, value));
            }
            Ok(builder.map(&built, None))
        }
        _ => element(value, place, builder),
    }
}

fn list(
    list: &List<'_>,
    place: &mut Place,
    builder: &mut DocumentBuilder,
) -> Result<NodeId, String> {
    let mut built = Vec::with_capacity(list.items().len());
    for (index, item) in list.items().iter().enumerate() {
        place.0.push(format!("[{index}]"));
        built.push(element(item, place, builder)?);
        place.0.pop();
    }
    Ok(builder.list(&built, None))
}

/// An element or entry: no computed list or map.
fn element(
    value: &Value<'_>,
    place: &mut Place,
    builder: &mut DocumentBuilder,
) -> Result<NodeId, String> {
    if let Value::List(items) = value {
        return match items.making() {
            Making::Joined => list(items, place, builder),
            Making::Plain => {
                Err(place.refuse("is a list within a list or map, which cannot be applied"))
            }
            Making::Strings => Err(place.refuse(
                "is what a function made of a string, which the API server does not take: add `.map(x, x)`",
            )),
        };
    }
    Ok(match value.content() {
        Content::Bool(value) => builder.bool(value, None),
        Content::Int(value) => builder.int(value, None),
        Content::Double(value) if value.is_finite() => builder.float(value, None),
        Content::String(text) => builder.string(text, None),
        Content::Struct(value) if is_object(value) => return object(value, place, builder),
        Content::Optional(Some(inner)) => return element(inner, place, builder),
        Content::Optional(None) => builder.null(None),
        Content::Unknown(reason) => builder.unknown(reason),
        Content::Type(kind) if kind != Type::Struct => builder.string(kind.name(), None),
        Content::Null => {
            return Err(place.refuse(
                "is null, which cannot be applied: leave it out, or remove the field with a JSONPatch",
            ));
        }
        Content::List(Items::Node(_)) | Content::Map(Entries::Node(_))
            if let Value::Node(node) = value =>
        {
            builder.copy(*node)
        }
        Content::Map(_) => {
            return Err(place.refuse(
                "is a map within a list or map, which cannot be applied: write an `Object...{}` named after its fields",
            ));
        }
        _ => {
            return Err(place.refuse(&format!(
                "is of type `{}`, which cannot be applied: make it a string or a number",
                value.type_name()
            )));
        }
    })
}
