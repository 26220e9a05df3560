//! What other tools read: the webhook configuration for a set of policies.
//!
//! This module owns the formats of others that policies are written out in. It must not judge anything, and does no
//! I/O.
//!
//! Start reading at [`webhook`]; the definitions of kpolicy's own kinds are in [`crds`].

mod changes;
mod conditions;
pub mod crds;
mod expression;
mod needs;
mod pattern;
mod registration;
mod vital;
pub mod webhook;
