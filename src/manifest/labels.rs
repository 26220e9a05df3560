//! Label selectors, as `metav1.LabelSelector` means them.
//!
//! Source: k8s.io/apimachinery `pkg/apis/meta/v1/helpers.go` and `pkg/labels/selector.go`, 1.36.

use std::collections::BTreeMap;

use crate::source::Span;

use super::fields::wrong_type;
use super::{Fields, NodeRef, Problem, View};

/// How a requirement compares the label under its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

const COMPARISONS: [(&str, Comparison); 4] = [
    ("In", Comparison::In),
    ("NotIn", Comparison::NotIn),
    ("Exists", Comparison::Exists),
    ("DoesNotExist", Comparison::DoesNotExist),
];

#[derive(Clone, Debug)]
struct Requirement {
    key: Box<str>,
    comparison: Comparison,
    values: Vec<Box<str>>,
}

/// A checked label selector. The default, an empty one, selects everything.
///
/// A missing selector is the reader's to interpret: it selects nothing in a `NetworkPolicy` peer and everything in
/// `matchConstraints`.
#[derive(Clone, Debug, Default)]
pub struct LabelSelector {
    requirements: Vec<Requirement>,
}

impl LabelSelector {
    /// Reads a selector that an author wrote, with every error at its place.
    pub fn read(mut fields: Fields<'_, '_>) -> Self {
        let mut requirements = Vec::new();
        for entry in fields.entries("matchLabels").unwrap_or_default() {
            let what = format!("label `{}`", entry.key);
            check_key(entry.key, entry.key_origin, fields.problems());
            let value = super::fields::text(entry.value, &what, fields.problems());
            if let Some(value) = value {
                check_value(value, entry.value.origin(), fields.problems());
                requirements.push(Requirement {
                    key: entry.key.into(),
                    comparison: Comparison::In,
                    values: vec![value.into()],
                });
            }
        }
        requirements.extend(fields.each("matchExpressions", |_, entry| read_requirement(entry)));
        Self { requirements }
    }

    /// Reads a selector from data that nobody will correct; `None` where it is no valid selector.
    pub fn from_node(node: NodeRef<'_>) -> Option<Self> {
        let mut problems = Vec::new();
        let selector = Self::read(Fields::new(node, "the selector", &mut problems));
        problems.is_empty().then_some(selector)
    }

    /// Whether it selects whatever there is.
    pub fn is_everything(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Whether it selects an object with these labels (`None` for none at all).
    ///
    /// Errors: the reason why it cannot be known, where a label decides that is not known here.
    pub fn matches<'a>(&self, labels: Option<NodeRef<'a>>) -> Result<bool, &'a str> {
        let mut unknown = None;
        for requirement in &self.requirements {
            match requirement.holds(labels) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(reason) => unknown = unknown.or(Some(reason)),
            }
        }
        unknown.map_or(Ok(true), Err)
    }
}

impl Requirement {
    fn holds<'a>(&self, labels: Option<NodeRef<'a>>) -> Result<bool, &'a str> {
        let label = match labels.map(NodeRef::view) {
            Some(View::Unknown(reason)) => return Err(reason),
            Some(View::Map(map)) => match (map.get(&self.key).map(NodeRef::view), map.open()) {
                // That a label is there may be known where its value is not.
                (Some(View::Unknown(reason)), _) => match self.comparison {
                    Comparison::Exists => return Ok(true),
                    Comparison::DoesNotExist => return Ok(false),
                    Comparison::In | Comparison::NotIn => return Err(reason),
                },
                (None, Some(reason)) => return Err(reason),
                (Some(View::String(value)), _) => Some(value),
                // A null or a number cannot be stored as a label.
                (Some(_), _) => Some(""),
                (None, None) => None,
            },
            _ => None,
        };
        let listed = |value: &str| self.values.iter().any(|known| **known == *value);
        Ok(match self.comparison {
            Comparison::In => label.is_some_and(listed),
            Comparison::NotIn => !label.is_some_and(listed),
            Comparison::Exists => label.is_some(),
            Comparison::DoesNotExist => label.is_none(),
        })
    }
}

fn read_requirement(mut fields: Fields<'_, '_>) -> Option<Requirement> {
    let key = fields.required_text("key");
    let comparison = fields.required_word("operator", &COMPARISONS);
    let listed = fields.has("values");
    let values = fields.texts_or_blank("values");
    let (key, comparison) = (key?, comparison?);
    let span = fields.span("key");
    check_key(key, span, fields.problems());
    for value in &values {
        check_value(value.value, value.span, fields.problems());
    }
    let span = fields.key_span("values");
    match comparison {
        Comparison::In | Comparison::NotIn if values.is_empty() => {
            fields.error("`values` must not be empty with `In` and `NotIn`", span);
            return None;
        }
        Comparison::Exists | Comparison::DoesNotExist if listed && !values.is_empty() => {
            fields.error(
                "`values` must be empty with `Exists` and `DoesNotExist`",
                span,
            );
            return None;
        }
        _ => {}
    }
    Some(Requirement {
        key: key.into(),
        comparison,
        values: values.iter().map(|value| value.value.into()).collect(),
    })
}

fn check_key(key: &str, span: Option<Span>, problems: &mut Vec<Problem>) {
    let (prefix, name) = key
        .split_once('/')
        .map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let prefix_ok = prefix.is_none_or(|prefix| {
        !prefix.is_empty()
            && prefix.len() <= 253
            && prefix.split('.').all(|label| {
                edges(label, |byte| {
                    byte.is_ascii_lowercase() || byte.is_ascii_digit()
                }) && label
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            })
    });
    if !prefix_ok || name.is_empty() || !is_label_word(name) {
        problems.push(Problem::error(
            format!("`{key}` is no valid label key"),
            span,
        ));
    }
}

fn check_value(value: &str, span: Option<Span>, problems: &mut Vec<Problem>) {
    if !value.is_empty() && !is_label_word(value) {
        problems.push(Problem::error(
            format!("`{value}` is no valid label value"),
            span,
        ));
    }
}

/// At most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends.
fn is_label_word(word: &str) -> bool {
    word.len() <= 63
        && edges(word, |byte| byte.is_ascii_alphanumeric())
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn edges(word: &str, allowed: impl Fn(u8) -> bool) -> bool {
    let bytes = word.as_bytes();
    matches!((bytes.first(), bytes.last()), (Some(&first), Some(&last)) if allowed(first) && allowed(last))
}

/// Reads a map of labels that an author wrote.
pub fn read_labels(
    fields: &mut Fields<'_, '_>,
    key: &'static str,
) -> Option<BTreeMap<Box<str>, Box<str>>> {
    let entries = fields.entries(key)?;
    let mut labels = BTreeMap::new();
    for entry in entries {
        check_key(entry.key, entry.key_origin, fields.problems());
        let Some(value) = entry.value.as_str() else {
            let problem = wrong_type(entry.value, &format!("label `{}`", entry.key), "a string");
            fields.report(problem.with_help("write it in quotes"));
            continue;
        };
        check_value(value, entry.value.origin(), fields.problems());
        labels.insert(entry.key.into(), value.into());
    }
    Some(labels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Document, DocumentBuilder};

    fn labels(pairs: &[(&str, &str)], open: bool) -> Document {
        let mut builder = DocumentBuilder::new();
        let entries: Vec<_> = pairs
            .iter()
            .map(|&(key, value)| (key, builder.string(value, None)))
            .collect();
        let map = builder.object(&entries);
        if open {
            builder.open(map, "the namespace is not in Git");
        }
        builder.finish(map)
    }

    fn selector(operator: &str, key: &str, values: &[&str]) -> Option<LabelSelector> {
        let mut builder = DocumentBuilder::new();
        let values: Vec<_> = values
            .iter()
            .map(|value| builder.string(value, None))
            .collect();
        let (key, operator) = (builder.string(key, None), builder.string(operator, None));
        let values = builder.list(&values, None);
        let entry = builder.object(&[("key", key), ("operator", operator), ("values", values)]);
        let list = builder.list(&[entry], None);
        let root = builder.object(&[("matchExpressions", list)]);
        LabelSelector::from_node(builder.finish(root).root())
    }

    #[test]
    fn requirements_hold_as_upstream_says() {
        let web = labels(&[("app", "web")], false);
        for (operator, key, values, expected) in [
            ("In", "app", &["web", "api"][..], true),
            ("In", "app", &["api"], false),
            ("In", "tier", &["web"], false),
            ("NotIn", "app", &["web"], false),
            ("NotIn", "tier", &["web"], true),
            ("Exists", "app", &[], true),
            ("Exists", "tier", &[], false),
            ("DoesNotExist", "app", &[], false),
            ("DoesNotExist", "tier", &[], true),
        ] {
            let selector = selector(operator, key, values).unwrap();
            let found = selector.matches(Some(web.root()));
            assert_eq!(found, Ok(expected), "{operator} {key} {values:?}");
        }
    }

    #[test]
    fn an_empty_selector_selects_an_object_without_labels() {
        assert_eq!(LabelSelector::default().matches(None), Ok(true));
        assert_eq!(
            selector("Exists", "app", &[]).unwrap().matches(None),
            Ok(false)
        );
    }

    #[test]
    fn a_label_that_may_exist_is_unknown_unless_another_requirement_decides() {
        let open = labels(&[("kubernetes.io/metadata.name", "shop")], true);
        let unknown = selector("Exists", "team", &[]).unwrap();
        assert_eq!(
            unknown.matches(Some(open.root())),
            Err("the namespace is not in Git")
        );
        let mut decided = selector("In", "kubernetes.io/metadata.name", &["bank"]).unwrap();
        decided.requirements.splice(0..0, unknown.requirements);
        assert_eq!(decided.matches(Some(open.root())), Ok(false));
    }

    #[test]
    fn that_a_label_is_there_may_be_known_where_its_value_is_not() {
        let mut builder = DocumentBuilder::new();
        let value = builder.unknown("substituted by Flux");
        let map = builder.object(&[("team", value)]);
        let labels = builder.finish(map);
        for (operator, values, expected) in [
            ("Exists", &[][..], Ok(true)),
            ("DoesNotExist", &[], Ok(false)),
            ("In", &["shop"], Err("substituted by Flux")),
            ("NotIn", &["shop"], Err("substituted by Flux")),
        ] {
            let selector = selector(operator, "team", values).unwrap();
            assert_eq!(
                selector.matches(Some(labels.root())),
                expected,
                "{operator}"
            );
        }
    }

    #[test]
    fn a_malformed_selector_is_refused() {
        for (operator, key, values) in [
            ("Equals", "app", &["web"][..]),
            ("In", "app", &[]),
            ("Exists", "app", &["web"]),
            ("In", "-app", &["web"]),
            ("In", "A.b/app", &["web"]),
            ("In", "app", &["a b"]),
        ] {
            assert!(
                selector(operator, key, values).is_none(),
                "{operator} {key} {values:?}"
            );
        }
    }
}
