//! Label selectors: which labels a selector selects, also where the labels are only partly known.
//!
//! Upstream: apimachinery `metav1.LabelSelectorAsSelector` and `labels.Requirement` (0.37); Cilium's endpoint selectors
//! as documented for `CiliumNetworkPolicy`. This module must not know documents or CEL values: the caller brings the
//! requirements, and a closure that looks a label up.
//!
//! That a missing selector (null) selects nothing and an empty one everything is for the caller to tell apart: here an
//! empty list of requirements selects everything.

use thiserror::Error;

/// The longest name part of a key, and the longest value.
const MAX_NAME: usize = 63;
/// The longest prefix of a key.
const MAX_PREFIX: usize = 253;

/// The label by which Cilium knows the namespace of a Pod.
const CILIUM_NAMESPACE: &str = "io.kubernetes.pod.namespace";
/// Labels that Cilium gives a Pod from elsewhere: the labels of its namespace, its service account, its cluster.
const CILIUM_FOREIGN: [&str; 2] = ["io.cilium.k8s.namespace.labels.", "io.cilium.k8s.policy."];

/// Why a selector is not valid. The API server refuses such a selector.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum SelectorError {
    /// The operator is none of the four.
    #[error(
        "`{0}` is not a valid label selector operator; valid are In, NotIn, Exists and DoesNotExist"
    )]
    Operator(String),
    /// `In` or `NotIn` without values.
    #[error("the operators In and NotIn need at least one value (key `{0}`)")]
    NoValues(String),
    /// `Exists` or `DoesNotExist` with values.
    #[error("the operators Exists and DoesNotExist take no values (key `{0}`)")]
    Values(String),
    /// The key is not a label key.
    #[error("`{0}` is not a valid label key")]
    Key(String),
    /// The value is not a label value.
    #[error("`{value}` is not a valid label value (key `{key}`)")]
    Value {
        /// The key of the requirement.
        key: String,
        /// The value.
        value: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

/// One demand of a selector on one label.
#[derive(Clone, Debug)]
pub(crate) struct Requirement<'s> {
    key: &'s str,
    operator: Operator,
    values: Vec<&'s str>,
    /// Where Cilium expects the label to come from; a selector of Kubernetes says nothing.
    source: &'s str,
}

/// What is known of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Label<'l> {
    /// There is no such label.
    Absent,
    /// It has this value.
    Value(&'l str),
    /// It is there, but its value cannot be known; the reason.
    SomeValue(&'l str),
    /// It may be there or not; the reason.
    Perhaps(&'l str),
}

/// Whether labels are selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Selection<'l> {
    Yes,
    No,
    /// Cannot be known; the reason.
    Unknown(&'l str),
}

impl<'s> Requirement<'s> {
    /// An entry of `matchLabels`.
    pub(crate) fn equals(key: &'s str, value: &'s str) -> Result<Self, SelectorError> {
        Self {
            key,
            operator: Operator::In,
            values: vec![value],
            source: "",
        }
        .checked()
    }

    /// An entry of `matchExpressions`.
    pub(crate) fn new(
        key: &'s str,
        operator: &str,
        values: Vec<&'s str>,
    ) -> Result<Self, SelectorError> {
        let operator = operator_named(operator)?;
        Self {
            key,
            operator,
            values,
            source: "",
        }
        .checked()
    }

    /// An entry of Cilium's `matchLabels`: the key may name a source, as in `k8s:app` or `reserved:host`; without one any
    /// source will do.
    pub(crate) fn cilium_equals(key: &'s str, value: &'s str) -> Result<Self, SelectorError> {
        let (source, key) = cilium_key(key);
        Self {
            key,
            operator: Operator::In,
            values: vec![value],
            source,
        }
        .checked()
    }

    /// An entry of Cilium's `matchExpressions`.
    pub(crate) fn cilium(
        key: &'s str,
        operator: &str,
        values: Vec<&'s str>,
    ) -> Result<Self, SelectorError> {
        let (source, key) = cilium_key(key);
        let operator = operator_named(operator)?;
        Self {
            key,
            operator,
            values,
            source,
        }
        .checked()
    }

    fn checked(self) -> Result<Self, SelectorError> {
        let key = || self.key.to_owned();
        if !is_label_key(self.key) {
            return Err(SelectorError::Key(key()));
        }
        match self.operator {
            Operator::In | Operator::NotIn if self.values.is_empty() => {
                return Err(SelectorError::NoValues(key()));
            }
            Operator::Exists | Operator::DoesNotExist if !self.values.is_empty() => {
                return Err(SelectorError::Values(key()));
            }
            _ => {}
        }
        match self.values.iter().find(|value| !is_label_value(value)) {
            Some(value) => Err(SelectorError::Value {
                key: key(),
                value: (*value).to_owned(),
            }),
            None => Ok(self),
        }
    }

    fn holds<'l>(&self, label: Label<'l>) -> Selection<'l> {
        use Selection::{No, Unknown, Yes};
        match (self.operator, label) {
            (Operator::In | Operator::Exists, Label::Absent)
            | (Operator::DoesNotExist, Label::Value(_) | Label::SomeValue(_)) => No,
            (Operator::NotIn | Operator::DoesNotExist, Label::Absent)
            | (Operator::Exists, Label::Value(_) | Label::SomeValue(_)) => Yes,
            (Operator::In, Label::Value(value)) => {
                if self.values.contains(&value) {
                    Yes
                } else {
                    No
                }
            }
            (Operator::NotIn, Label::Value(value)) => {
                if self.values.contains(&value) {
                    No
                } else {
                    Yes
                }
            }
            (_, Label::SomeValue(reason) | Label::Perhaps(reason)) => Unknown(reason),
        }
    }
}

/// Whether labels meet all requirements. One that certainly fails decides, whatever is unknown beside it.
pub(crate) fn selects<'l>(
    requirements: &[Requirement<'_>],
    lookup: impl Fn(&str) -> Label<'l>,
) -> Selection<'l> {
    let mut unknown = None;
    for requirement in requirements {
        match requirement.holds(lookup(requirement.key)) {
            Selection::Yes => {}
            Selection::No => return Selection::No,
            Selection::Unknown(reason) => {
                unknown.get_or_insert(reason);
            }
        }
    }
    unknown.map_or(Selection::Yes, Selection::Unknown)
}

/// Whether Cilium's endpoint selector selects a Pod with these labels in this namespace.
///
/// A Pod has its own labels from the source `k8s`, and `k8s:io.kubernetes.pod.namespace`. What Cilium adds from elsewhere
/// (labels of the namespace, service account, cluster) is unknown. Other sources (`reserved`, `cidr`, ...) never name a
/// Pod.
pub(crate) fn cilium_selects<'l>(
    requirements: &[Requirement<'_>],
    namespace: Label<'l>,
    lookup: impl Fn(&str) -> Label<'l>,
) -> Selection<'l> {
    let mut unknown = None;
    for requirement in requirements {
        let key = requirement.key;
        let label = if !matches!(requirement.source, "" | "any" | "k8s") {
            Label::Absent
        } else if key == CILIUM_NAMESPACE {
            namespace
        } else if CILIUM_FOREIGN.iter().any(|prefix| key.starts_with(prefix)) {
            Label::Perhaps("Cilium takes this label from outside the Pod")
        } else {
            lookup(key)
        };
        match requirement.holds(label) {
            Selection::Yes => {}
            Selection::No => return Selection::No,
            Selection::Unknown(reason) => {
                unknown.get_or_insert(reason);
            }
        }
    }
    unknown.map_or(Selection::Yes, Selection::Unknown)
}

fn operator_named(name: &str) -> Result<Operator, SelectorError> {
    match name {
        "In" => Ok(Operator::In),
        "NotIn" => Ok(Operator::NotIn),
        "Exists" => Ok(Operator::Exists),
        "DoesNotExist" => Ok(Operator::DoesNotExist),
        other => Err(SelectorError::Operator(other.to_owned())),
    }
}

/// Splits the source off a key of Cilium; keys of Kubernetes have no colon.
fn cilium_key(key: &str) -> (&str, &str) {
    key.split_once(':').unwrap_or(("", key))
}

/// Whether a text is a label key: a name, perhaps behind a DNS name and `/` (apimachinery `content.IsLabelKey`).
pub(crate) fn is_label_key(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => is_dns_name(prefix) && is_name(name),
        None => is_name(text),
    }
}

/// Whether a text is a label value: empty or a name (apimachinery `content.IsLabelValue`).
pub(crate) fn is_label_value(text: &str) -> bool {
    text.is_empty() || is_name(text)
}

/// Letters, digits, `-`, `_` and `.`, at the ends letters and digits only.
fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_end = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    bytes.len() <= MAX_NAME
        && is_end(bytes.first())
        && is_end(bytes.last())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

/// Lower-case labels of a DNS name.
fn is_dns_name(text: &str) -> bool {
    text.len() <= MAX_PREFIX
        && text.split('.').all(|label| {
            let is_plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            let bytes = label.as_bytes();
            bytes.first().is_some_and(is_plain)
                && bytes.last().is_some_and(is_plain)
                && bytes.iter().all(|byte| is_plain(byte) || *byte == b'-')
        })
}

#[cfg(test)]
mod tests;
