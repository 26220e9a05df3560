//! Schemas as types of CEL: what the checker asks of objects.
//!
//! Upstream: `SchemaDeclType` in `k8s.io/apiserver/pkg/cel/common/schemas.go`, `PopulateRefs` in
//! `pkg/cel/openapi/resolver/refs.go`, and `MaybeAssignTypeName` in `pkg/cel/types.go`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::cel::{FieldType, ObjectTypes, StaticType, Type};

use super::escape::escape;
use super::gvk::GroupVersionKind;
use super::model::DefinitionId;
use super::schema::{Field, Schema, Shape};
use super::schemas::{Location, Schemas};

/// Which types a schema stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mapping {
    /// Those that the API server's own type checking takes, with all that it gets wrong: dates are timestamps,
    /// quantities and what holds them do not exist, an object inside itself has no fields, and each place has a type
    /// of its own. For comparing with it.
    ApiServer,
    /// Those that values have when a policy runs: dates are strings, quantities may be anything, every container is a
    /// container. Fields that are always there when a policy runs count as required.
    AtRunTime,
}

/// The types of the objects that policies see.
#[derive(Debug)]
pub struct SchemaTypes {
    schemas: Arc<Schemas>,
    mapping: Mapping,
    /// Fields that the API server fills in: the definition's name, then the field's.
    filled: BTreeSet<(Box<str>, Box<str>)>,
    /// What the names of objects mean that were handed out so far.
    names: Mutex<BTreeMap<Arc<str>, Known>>,
}

/// What the name of an object means.
#[derive(Clone, Debug)]
enum Known {
    Schema {
        location: Location,
        place: Place,
        /// The definitions on the way here: none is entered twice in the API server.
        within: Arc<[DefinitionId]>,
    },
    /// An object without fields.
    Blank,
}

/// Where an object stands, which says more of it than its schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Anywhere.
    Within,
    /// A resource, which has `apiVersion`, `kind` and `metadata` whatever its schema says.
    Resource { namespaced: bool },
    /// The metadata of a resource, which the API server fills in: a template's lacks what only objects have.
    Metadata { namespaced: bool },
}

impl SchemaTypes {
    /// The types of these schemas.
    pub fn new(schemas: Arc<Schemas>, mapping: Mapping) -> Self {
        Self {
            schemas,
            mapping,
            filled: BTreeSet::new(),
            names: Mutex::default(),
        }
    }

    /// Counts fields of built-in definitions as always there: `core.v1.PodSpec` and `restartPolicy`, say.
    #[must_use]
    pub fn with_filled(mut self, filled: impl IntoIterator<Item = (Box<str>, Box<str>)>) -> Self {
        self.filled.extend(filled);
        self
    }

    /// The schemas.
    pub fn schemas(&self) -> &Schemas {
        &self.schemas
    }

    /// The type of the objects of a kind; `None` for a kind that is not known.
    pub fn kind(&self, kind: &GroupVersionKind) -> Option<StaticType> {
        let schema = self.schemas.kind(kind)?;
        let name = match self.mapping {
            Mapping::ApiServer => kind.kind.to_string(),
            // A definition has one name, whoever refers to it.
            Mapping::AtRunTime => schema
                .name()
                .map_or_else(|| kind.to_string(), str::to_owned),
        };
        let served = self.schemas.served(kind);
        let namespaced = served.is_some_and(|served| served.namespaced);
        self.root(&name, schema, Place::Resource { namespaced })
    }

    /// The type of something that was added and is no resource.
    pub fn described(&self, name: &GroupVersionKind) -> Option<StaticType> {
        let schema = self.schemas.kind(name)?;
        self.root(&name.kind, schema, Place::Within)
    }

    /// The type of what a built-in definition describes, such as `core.v1.Container`.
    pub fn definition(&self, name: &str) -> Option<StaticType> {
        let schema = self.schemas.definition(name)?;
        self.root(name, schema, Place::Within)
    }

    fn root(&self, name: &str, schema: Schema<'_>, place: Place) -> Option<StaticType> {
        let location = self.schemas.locate(schema);
        let within: Arc<[DefinitionId]> = location.definition.into_iter().collect();
        self.type_of(schema, name, place, &within)
    }

    /// The type of a value; `None` for one that the API server does not show.
    fn type_of(
        &self,
        schema: Schema<'_>,
        name: &str,
        place: Place,
        within: &Arc<[DefinitionId]>,
    ) -> Option<StaticType> {
        let exact = self.mapping == Mapping::ApiServer;
        let unknown = || (!exact).then_some(StaticType::Dyn);
        match schema.shape() {
            Shape::IntOrString => Some(StaticType::Dyn),
            Shape::Any | Shape::Quantity => unknown(),
            Shape::Bool => Some(StaticType::BOOL),
            Shape::Int => Some(StaticType::INT),
            // A number without a fraction is an int when a policy runs.
            Shape::Number => Some(if exact {
                StaticType::Plain(Type::Double)
            } else {
                StaticType::Dyn
            }),
            Shape::String => Some(match schema.format() {
                Some("byte") if exact => StaticType::Plain(Type::Bytes),
                Some("duration") if exact => StaticType::Plain(Type::Duration),
                Some("date" | "date-time") if exact => StaticType::Plain(Type::Timestamp),
                _ => StaticType::STRING,
            }),
            Shape::List(item) => {
                let item = match item {
                    Some(item) => self.inner(item, &format!("{name}.@idx"), within, None),
                    None => unknown(),
                };
                Some(StaticType::list(item?))
            }
            Shape::Map(value) => {
                let value = self.inner(value, &format!("{name}.@elem"), within, None)?;
                Some(StaticType::map(StaticType::STRING, value))
            }
            Shape::Object if !exact && schema.is_blank() && place == Place::Within => {
                Some(StaticType::Dyn)
            }
            Shape::Object => {
                let known = Known::Schema {
                    location: self.schemas.locate(schema),
                    place,
                    within: within.clone(),
                };
                Some(self.name(name, known))
            }
        }
    }

    /// The type of a value inside another one, which stands there under this name.
    fn inner(
        &self,
        schema: Schema<'_>,
        name: &str,
        within: &Arc<[DefinitionId]>,
        place: Option<Place>,
    ) -> Option<StaticType> {
        let embedded = || {
            if schema.is_embedded() {
                Place::Resource { namespaced: false }
            } else {
                Place::Within
            }
        };
        let place = place.unwrap_or_else(embedded);
        match (self.mapping, self.schemas.locate(schema).definition) {
            (Mapping::ApiServer, Some(definition)) => {
                if within.contains(&definition) {
                    return Some(self.name(name, Known::Blank));
                }
                let within: Arc<[DefinitionId]> =
                    within.iter().copied().chain([definition]).collect();
                self.type_of(schema, name, place, &within)
            }
            (Mapping::AtRunTime, Some(_)) => {
                let name = match place {
                    Place::Metadata { namespaced: true } => "ObjectMeta",
                    Place::Metadata { namespaced: false } => "ClusterObjectMeta",
                    _ => schema.name().unwrap_or(name),
                };
                self.type_of(schema, name, place, within)
            }
            (_, None) => self.type_of(schema, name, place, within),
        }
    }

    fn name(&self, name: &str, known: Known) -> StaticType {
        let name: Arc<str> = name.into();
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.entry(name.clone()).or_insert(known);
        StaticType::Object(name)
    }

    fn known(&self, name: &str) -> Option<Known> {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.get(name).cloned()
    }

    /// The field that a policy names.
    fn find<'s>(&self, schema: Schema<'s>, name: &str) -> Option<Field<'s>> {
        match self.mapping {
            // The values that run are plain maps, whose keys nobody escapes.
            Mapping::AtRunTime => schema.field(name),
            Mapping::ApiServer => {
                let word = |field: &Field<'_>| {
                    escape(field.name).is_some_and(|escaped| {
                        escaped == name || field.name == name && escaped == format!("__{name}__")
                    })
                };
                schema.fields().find(word)
            }
        }
    }

    /// Whether a field is there whenever a policy runs.
    fn is_always_there(&self, schema: Schema<'_>, place: Place, field: &Field<'_>) -> bool {
        if field.required || self.mapping == Mapping::ApiServer {
            return field.required;
        }
        let filled = |definition: &str| {
            self.filled
                .iter()
                .any(|(of, name)| **of == *definition && **name == *field.name)
        };
        match (place, field.name) {
            (Place::Resource { .. }, "apiVersion" | "kind" | "metadata")
            | (Place::Metadata { .. }, "name") => true,
            (Place::Metadata { namespaced }, "namespace") => namespaced,
            // Structs of their own in Go, which are written even where they are empty.
            (_, "spec") if field.schema.default() == Some("{}") => true,
            // The API server fills in the defaults of custom resources, whoever wrote them.
            _ => match schema.name() {
                Some(name) => filled(name),
                None => field.schema.default().is_some(),
            },
        }
    }
}

impl ObjectTypes for SchemaTypes {
    fn field(&self, object: &str, field: &str) -> Option<FieldType> {
        let Known::Schema {
            location,
            place,
            within,
        } = self.known(object)?
        else {
            return None;
        };
        let schema = self.schemas.at(location);
        let name = format!("{object}.{field}");
        let below = match (place, field) {
            (Place::Resource { namespaced }, "metadata") => Some(Place::Metadata { namespaced }),
            _ => None,
        };
        let Some(found) = self.find(schema, field) else {
            if matches!(place, Place::Resource { .. })
                && let Some(kind) = self.of_every_resource(field, &name, below)
            {
                return Some(kind);
            }
            let open = schema.is_open() && self.mapping == Mapping::AtRunTime;
            return open.then_some(FieldType {
                kind: StaticType::Dyn,
                required: false,
            });
        };
        Some(FieldType {
            kind: self.inner(found.schema, &name, &within, below)?,
            required: self.is_always_there(schema, place, &found),
        })
    }

    fn fields(&self, object: &str) -> Vec<String> {
        let Some(Known::Schema { location, .. }) = self.known(object) else {
            return Vec::new();
        };
        let schema = self.schemas.at(location);
        schema
            .fields()
            .filter_map(|field| match self.mapping {
                Mapping::AtRunTime => Some(field.name.to_owned()),
                Mapping::ApiServer => escape(field.name),
            })
            .collect()
    }
}

impl SchemaTypes {
    /// A field that a resource has although its schema does not say so.
    fn of_every_resource(
        &self,
        field: &str,
        name: &str,
        below: Option<Place>,
    ) -> Option<FieldType> {
        let kind = match field {
            "apiVersion" | "kind" => StaticType::STRING,
            "metadata" => {
                let schema = self.schemas.definition("meta.v1.ObjectMeta")?;
                self.inner(schema, name, &Arc::default(), below)?
            }
            _ => return None,
        };
        Some(FieldType {
            kind,
            required: self.mapping == Mapping::AtRunTime,
        })
    }
}
