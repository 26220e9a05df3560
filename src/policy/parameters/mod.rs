//! The parameters of a policy: a JSON Schema (2020-12) that checks what Config gives and fills in defaults.

mod check;
mod fill;
mod release;

use std::sync::Arc;

use serde_json::Value;

use crate::manifest::suggest::suggestion;
use crate::manifest::{Document, DocumentBuilder, NodeRef, Problem, to_serde};

pub use fill::layer;

/// What becomes of the parameters given to a policy.
#[derive(Debug)]
pub enum FilledParams {
    /// They keep to the schema, and defaults are filled in.
    Ready(Document),
    /// Required parameters that nobody has set, by name: the policy is not judged, never guessed.
    Unset(Vec<Box<str>>),
}

/// The parameters of a policy. The default takes none at all.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    schema: Option<Arc<Schema>>,
}

#[derive(Debug)]
struct Schema {
    document: Document,
    validator: jsonschema::Validator,
}

/// One parameter, for its reader.
#[derive(Clone, Copy, Debug)]
pub struct Parameter<'p> {
    /// Its name.
    pub name: &'p str,
    /// What it is, as its author says.
    pub description: Option<&'p str>,
    /// Its schema.
    pub schema: NodeRef<'p>,
    /// What it is where nobody says otherwise.
    pub default: Option<NodeRef<'p>>,
    /// Whether the policy judges nothing without it.
    pub required: bool,
}

impl Parameters {
    /// Reads the schema of a policy. What is wrong with it, its defaults included, is reported at its place.
    pub fn read(schema: NodeRef<'_>, problems: &mut Vec<Problem>) -> Option<Self> {
        let mut builder = DocumentBuilder::new();
        let root = builder.copy(schema);
        let document = builder.finish(root);
        let before = problems.len();
        let validator = check::compile(document.root(), problems);
        if problems.len() > before {
            return None;
        }
        let parameters = Self {
            schema: Some(Arc::new(Schema {
                document,
                validator: validator?,
            })),
        };
        // What the author gives must keep to the author's own schema.
        if let Err(wrong) = parameters.fill(None) {
            problems.extend(wrong);
            return None;
        }
        Some(parameters)
    }

    /// The parameters in the order of the schema.
    pub fn iter(&self) -> impl Iterator<Item = Parameter<'_>> {
        let root = self.schema.as_ref().map(|schema| schema.document.root());
        let required = self.required();
        let properties = root.and_then(|root| root.get("properties")?.as_map());
        let entries = properties
            .into_iter()
            .flat_map(crate::manifest::MapRef::iter);
        entries.map(move |entry| Parameter {
            name: entry.key,
            description: entry.value.get("description").and_then(NodeRef::as_str),
            schema: entry.value,
            default: entry.value.get("default"),
            required: required.contains(&entry.key),
        })
    }

    /// Whether the schema names every parameter there can be.
    pub fn is_closed(&self) -> bool {
        self.schema
            .as_ref()
            .is_none_or(|schema| check::is_closed(schema.document.root()))
    }

    /// Checks what is given and fills in defaults.
    ///
    /// Defaults reach into objects and list elements that are there, as in Kubernetes: an object that is not there
    /// gets none unless it has a default itself. Errors: every unknown or invalid parameter, at its own place.
    pub fn fill(&self, given: Option<&Document>) -> Result<FilledParams, Vec<Problem>> {
        let given = given.map(Document::root);
        let Some(schema) = &self.schema else {
            return no_parameters(given);
        };
        let document = fill::fill(schema.document.root(), given);
        let Some(value) = to_serde(document.root()) else {
            let problem =
                Problem::error("parameters are nested too deeply", document.root().origin());
            return Err(vec![problem]);
        };
        let place = given.and_then(NodeRef::origin);
        let problems = check::check(
            &schema.validator,
            schema.document.root(),
            &document,
            &value,
            place,
        );
        if !problems.is_empty() {
            return Err(problems);
        }
        let unset = self.unset(&value);
        if unset.is_empty() {
            Ok(FilledParams::Ready(document))
        } else {
            Ok(FilledParams::Unset(unset))
        }
    }

    /// Settles the filled parameters that are a release of Kubernetes for a cluster of `1.<minor>`, where that is known:
    /// `latest` is then the cluster's, and so is whatever is newer.
    pub fn settle_release(&self, params: &mut Document, minor: Option<u32>) {
        if let Some(schema) = &self.schema {
            release::settle(schema.document.root(), params, minor);
        }
    }

    fn unset(&self, value: &Value) -> Vec<Box<str>> {
        let missing = |name: &&str| value.get(name).is_none();
        self.required()
            .into_iter()
            .filter(missing)
            .map(Box::from)
            .collect()
    }

    fn required(&self) -> Vec<&str> {
        let list = self
            .schema
            .as_ref()
            .and_then(|schema| schema.document.root().get("required")?.as_list());
        list.into_iter()
            .flat_map(crate::manifest::ListRef::iter)
            .filter_map(NodeRef::as_str)
            .collect()
    }
}

fn no_parameters(given: Option<NodeRef<'_>>) -> Result<FilledParams, Vec<Problem>> {
    let entries = given.and_then(NodeRef::as_map);
    let problems: Vec<_> = entries
        .into_iter()
        .flat_map(crate::manifest::MapRef::iter)
        .map(|entry| {
            let span = entry.key_origin.or(entry.value.origin());
            Problem::error(format!("unknown parameter `{}`", entry.key), span)
                .with_help("the policy has no parameters")
        })
        .collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut builder = DocumentBuilder::new();
    let root = builder.object(&[]);
    Ok(FilledParams::Ready(builder.finish(root)))
}

/// "Did you mean" among the names of parameters.
fn suggest(name: &str, schema: NodeRef<'_>) -> Option<String> {
    let properties = schema.get("properties").and_then(NodeRef::as_map)?;
    let names: Vec<&str> = properties.iter().map(|entry| entry.key).collect();
    suggestion(name, names.iter().copied())
}

#[cfg(test)]
mod tests;
