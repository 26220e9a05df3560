//! What a native policy has beside the words that it shares with ours.

use std::sync::Arc;

use crate::cel::Program;
use crate::manifest::{LabelSelector, NodeRef, Placed};
use crate::source::Span;

use super::super::Matching;

/// Which kind of document a native policy was written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// `ValidatingAdmissionPolicy` of `admissionregistration.k8s.io`.
    Validating,
    /// `MutatingAdmissionPolicy` of `admissionregistration.k8s.io`.
    Mutating,
    /// `ValidatingPolicy` of `policies.kyverno.io`, as far as it equals the first. Its binding is implied.
    Kyverno,
}

impl Form {
    /// The kind of the document.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Validating => "ValidatingAdmissionPolicy",
            Self::Mutating => "MutatingAdmissionPolicy",
            Self::Kyverno => "ValidatingPolicy",
        }
    }

    /// The kind of the documents that bind it.
    pub const fn binding_kind(self) -> &'static str {
        match self {
            Self::Validating | Self::Kyverno => "ValidatingAdmissionPolicyBinding",
            Self::Mutating => "MutatingAdmissionPolicyBinding",
        }
    }
}

/// A native policy's own part.
#[derive(Clone, Debug)]
pub struct Native {
    /// What it was written as.
    pub form: Form,
    /// The kind of its parameters; `None` where it has none.
    pub param_kind: Option<ParamKind>,
    /// What it adds to the audit event of a request, in order.
    pub audit_annotations: Vec<AuditAnnotation>,
    /// Whether its mutations run again after others changed the object.
    pub reinvocation: Reinvocation,
    /// What puts it to work, in order of names. Without any it does nothing.
    pub bindings: Vec<Binding>,
}

/// The kind of a policy's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParamKind {
    /// API group; empty for the core group.
    pub group: Box<str>,
    /// API version, such as `v1`.
    pub version: Box<str>,
    /// Kind.
    pub kind: Box<str>,
}

impl ParamKind {
    /// Whether an object is of this group and kind, in whatever version.
    pub fn is_of(&self, object: NodeRef<'_>) -> bool {
        let text = |key: &str| object.get(key).and_then(NodeRef::as_str);
        let group = text("apiVersion").map(|version| {
            let group = version.split_once('/').map(|(group, _)| group);
            group.unwrap_or_default()
        });
        group == Some(&*self.group) && text("kind") == Some(&*self.kind)
    }

    /// `apiVersion` as objects write it.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_string()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }
}

/// One audit annotation: an expression that gives its value.
#[derive(Clone, Debug)]
pub struct AuditAnnotation {
    /// `<policy>/<key>`.
    pub id: Arc<str>,
    /// Its key, without the policy's name.
    pub key: Box<str>,
    /// An expression that gives a string, or null for no annotation.
    pub expression: Program,
}

/// KEP-3962's `reinvocationPolicy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reinvocation {
    /// Once for a request.
    #[default]
    Never,
    /// Once more, where a mutation changed the object.
    IfNeeded,
}

/// What puts a native policy to work: where, with which parameters, and what a violation leads to.
#[derive(Clone, Debug)]
pub struct Binding {
    /// Its name.
    pub name: Arc<str>,
    /// Where its name stands.
    pub span: Option<Span>,
    /// The policy that it binds.
    pub policy: Placed<Box<str>>,
    /// Which of the policy's requests it applies to; `None` for all.
    pub matching: Option<Matching>,
    /// Which parameters; `None` for none.
    pub param_ref: Option<ParamRef>,
    /// What a violation leads to.
    pub actions: Actions,
}

/// KEP-3488's `validationActions`. At least one is set, and never both `deny` and `warn`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Actions {
    /// The request is refused.
    pub deny: bool,
    /// The client is warned.
    pub warn: bool,
    /// The audit event says so.
    pub audit: bool,
}

/// Which parameter objects a binding uses; each is evaluated by itself.
#[derive(Clone, Debug)]
pub struct ParamRef {
    /// By name or by labels.
    pub choice: ParamChoice,
    /// Their namespace; `None` for the request's own, where they live in namespaces.
    pub namespace: Option<Box<str>>,
    /// Whether a request is refused where there are none.
    pub must_exist: bool,
    /// Where the reference stands.
    pub span: Option<Span>,
}

/// How parameter objects are chosen.
#[derive(Clone, Debug)]
pub enum ParamChoice {
    /// The object of this name.
    Name(Box<str>),
    /// All objects with these labels.
    Selector(LabelSelector),
}
