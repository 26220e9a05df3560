//! Rendering: kustomizations in, the objects that Flux would apply out, each knowing the file it came from.
//!
//! This module owns running the user's `kustomize` or `kubectl kustomize`, and the way back from a rendered value to
//! the place where a person would edit it. It must not know policies or findings. It never writes into the user's
//! tree, and never asks a network: what is not in the repository is not rendered.
//!
//! Start reading at [`Tool`], then [`Trace`].

mod fields;
mod origin;
mod patches;
mod place;
mod process;
mod tool;
mod trace;
mod workspace;

pub use fields::ImagePart;
pub use origin::Origin;
pub use place::{Found, find};
pub use tool::{Rendered, Tool};
pub use trace::{SourceFile, Trace, Traced};
