//! Config: which policies run where and how hard, and nothing about how they work.
//!
//! This module owns `kind: Config`, `kind: Profile` and `kind: PolicyException`: reading them with every error
//! placed; and exceptions drafted, for what somebody refuses. Policy names stay strings until `judge` joins them with a policy set. No I/O, no clock.
//!
//! Start reading at [`Config`].

mod date;
mod draft;
mod exception;
mod exception_check;
mod model;
mod read;
mod settings;

use crate::manifest::{Placed, fields::text};

pub use date::Date;
pub use draft::{Draft, Drafter, NoException, Subject, Wanted};
pub use exception::{ExceptionId, ExceptionMatch, PolicyException, named_twice, read_exception};
pub use exception_check::check_exception;
pub use model::{
    Cluster, Config, Enforcement, ExceptionSettings, NamespaceSetting, PolicySetting,
    PolicySettings, Profile, RECOMMENDED,
};
pub use read::{kubernetes_version, read_config};
pub use settings::{read_profile, with_bases};

/// The version of kpolicy's own documents.
const API_VERSION: &str = "kpolicy.io/v1alpha1";

/// Texts with their places, no longer borrowed.
fn owned(texts: Vec<Placed<&str>>) -> Vec<Placed<Box<str>>> {
    let own = |text: Placed<&str>| Placed {
        value: text.value.into(),
        span: text.span,
    };
    texts.into_iter().map(own).collect()
}
