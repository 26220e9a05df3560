//! Native policies: the documents of `admissionregistration.k8s.io`, and Kyverno's where they are equal.
//!
//! They become the same [`Policy`](super::Policy) as ours, with what is theirs alone in [`Native`]. A document is
//! checked as the API server checks it when it is created, so that what is read here would be taken there. What
//! becomes of bindings and parameters on a request is not decided here.
//!
//! Upstream: k8s.io/kubernetes `pkg/apis/admissionregistration/validation`, 1.36; KEP-3488 and KEP-3962.
//!
//! Start reading at [`read_native`].

mod binding;
mod join;
mod kyverno;
mod model;
pub(super) mod names;
mod read;
mod rules;

pub use binding::{BindingForm, read_binding};
pub use join::bind;
pub use model::{
    Actions, AuditAnnotation, Binding, Form, Native, ParamChoice, ParamKind, ParamRef, Reinvocation,
};
pub use read::read_native;
