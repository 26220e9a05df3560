//! Policies: from the document as written to a compiled, immutable [`PolicySet`].
//!
//! This module owns the Policy format (`kpolicy.io/v1alpha1`): reading it with every error placed in the file,
//! compiling its expressions, and deciding which requests a policy applies to. It must not know where policies run
//! or how hard (that is `config` and `judge`), and it evaluates nothing but selectors.
//!
//! Start reading at [`Policy`].

mod advice;
mod builtin;
mod constraints;
mod environment;
mod expressions;
mod matching;
mod model;
mod native;
mod parameters;
mod parts;
mod read;
mod request_types;
mod rules;

pub use crate::cel::Release;
pub use advice::{PolicyAdvice, advise};
pub use builtin::{built_in_examples, built_in_texts};
pub use environment::{Root, Scope, environment, environment_without};
pub use matching::{
    Match, MatchFacts, MatchPolicy, Matching, Operation, ResourceRule, RuleScope, Target,
};
pub use model::{
    About, FailurePolicy, MatchCondition, Mutation, PatchKind, Policy, PolicySet, Reason,
    ResourceDeclaration, ResourceScope, Safety, Severity, Validation,
};
pub use native::{
    Actions, AuditAnnotation, Binding, BindingForm, Form, Native, ParamChoice, ParamKind, ParamRef,
    Reinvocation, bind, read_binding, read_native,
};
pub use parameters::{FilledParams, Parameter, Parameters, layer};
pub use parts::{Part, PartName};
pub use read::{CATEGORIES, read_policy};
