//! kpolicy's own kinds as the API server knows them: the custom resources `Policy` and `PolicyException`.
//!
//! This module owns the types that the CustomResourceDefinitions are made of, and the shape of a status. What a document
//! means is read by `policy` and `config`, from a file and from a resource alike: these types are never a second reader.
//! A test (`tests/it/crds.rs`) holds both to the same fields, words and requirements, and writes the definitions to
//! `charts/kpolicy/crds`, from where `export` takes them. No I/O, no clock.
//!
//! Start reading at [`definitions`], then [`PolicySpec`].

#![allow(
    unreachable_pub,
    reason = "the derives write each type a second time, where nobody can reach it"
)]
#![allow(
    clippy::duplicated_attributes,
    reason = "each column of the printed table has a type and a path"
)]

mod exception;
mod matching;
mod policy;
mod selector;
mod status;

use kube::CustomResourceExt;
use serde_json::Value;

pub use exception::{ExceptionMatch, PolicyException, PolicyExceptionSpec};
pub use matching::{MatchConstraints, MatchPolicy, Operation, ResourceRule, RuleScope};
pub use policy::{
    ApplyConfiguration, Category, DenialReason, FailurePolicy, JsonPatch, MatchCondition, Mutation,
    PatchType, Policy, PolicySpec, ResourceDeclaration, ResourceScope, Safety, Severity,
    Validation, Variable,
};
pub use selector::{LabelSelector, SelectorOperator, SelectorRequirement};
pub use status::{Condition, ConditionStatus, EarlierVersion, Status};

/// The CustomResourceDefinitions as JSON, with the file that each is kept in.
///
/// Errors: a definition that cannot be written as JSON; the types rule that out.
pub fn definitions() -> Result<[(&'static str, Value); 2], serde_json::Error> {
    let mut policy = serde_json::to_value(Policy::crd())?;
    let mut exception = serde_json::to_value(PolicyException::crd())?;
    tidy(&mut policy);
    tidy(&mut exception);
    Ok([
        ("kpolicy.io_policies.yaml", policy),
        ("kpolicy.io_policyexceptions.yaml", exception),
    ])
}

/// Takes out what the generator says beyond need: that an optional field may be null. The API server drops a null of
/// such a field, and our readers count it as not set; where it stayed, `has()` of the rules below would see it.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(map) => {
            // A field of this name would be a map, not `true`.
            if map.get("nullable") == Some(&Value::Bool(true)) {
                map.remove("nullable");
            }
            if let Some(Value::Array(words)) = map.get_mut("enum") {
                words.retain(|word| !word.is_null());
            }
            map.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}
