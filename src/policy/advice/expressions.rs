//! The expressions of a policy where they are written. All forms of policies share the words.

use crate::cel::Program;
use crate::manifest::{ListRef, NodeRef};

use super::super::Policy;

/// What an expression is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A variable.
    Variable,
    /// A match condition.
    Condition,
    /// A validation.
    Validation,
    /// The message of the validation before it.
    Message,
    /// An audit annotation or a patch.
    Value,
}

/// An expression, as it is written and as it compiled without types.
#[derive(Clone, Copy)]
pub(super) struct Written<'p> {
    pub(super) role: Role,
    /// The name of a variable; empty for anything else.
    pub(super) name: &'p str,
    /// Where it is written, as far as that was found.
    pub(super) node: Option<NodeRef<'p>>,
    pub(super) program: &'p Program,
}

/// All expressions, in the order in which they may read each other: variables first.
pub(super) fn written<'p>(document: NodeRef<'p>, policy: &'p Policy) -> Vec<Written<'p>> {
    let mut all = Vec::new();
    let mut add = |role: Role, name: &'p str, node: Option<NodeRef<'p>>, program: &'p Program| {
        let is_it = |node: &NodeRef<'_>| node.as_str() == Some(program.source());
        all.push(Written {
            role,
            name,
            node: node.filter(is_it),
            program,
        });
    };
    let entries = |key: &str| {
        let list = document.at(&["spec", key]).and_then(NodeRef::as_list);
        list.into_iter().flat_map(ListRef::iter)
    };
    let mut variables = entries("variables");
    for (name, program) in policy.variable_names.iter().zip(&policy.variables) {
        let entry = variables.next().and_then(|entry| entry.get("expression"));
        add(Role::Variable, name, entry, program);
    }
    for (entry, condition) in entries("matchConditions").zip(&policy.match_conditions) {
        add(
            Role::Condition,
            "",
            entry.get("expression"),
            &condition.expression,
        );
    }
    for (entry, validation) in entries("validations").zip(&policy.validations) {
        add(
            Role::Validation,
            "",
            entry.get("expression"),
            &validation.expression,
        );
        if let Some(message) = &validation.message_expression {
            add(Role::Message, "", entry.get("messageExpression"), message);
        }
    }
    for (entry, mutation) in entries("mutations").zip(&policy.mutations) {
        let patch = |key: &str| entry.at(&[key, "expression"]);
        let node = patch("jsonPatch").or_else(|| patch("applyConfiguration"));
        add(Role::Value, "", node, &mutation.expression);
    }
    let annotations = policy
        .native
        .iter()
        .flat_map(|native| &native.audit_annotations);
    for (entry, annotation) in entries("auditAnnotations").zip(annotations) {
        add(
            Role::Value,
            "",
            entry.get("valueExpression"),
            &annotation.expression,
        );
    }
    all
}
