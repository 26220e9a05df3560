//! Config: which policies run where and how hard, and nothing about how they work.
//!
//! This module owns `kind: Config`, `kind: Profile` and `kind: PolicyException`: reading them with every error
//! placed, and nothing more. Policy names stay strings until `judge` joins them with a policy set. No I/O, no clock.
//!
//! Start reading at [`Config`].

mod exception;
mod model;

pub use exception::{Date, ExceptionMatch, PolicyException};
pub use model::{
    Cluster, Config, Enforcement, ExceptionSettings, NamespaceSetting, PolicySetting,
    PolicySettings, Profile,
};
