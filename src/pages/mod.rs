//! What people read about policies and profiles: one policy's page, the list, what a profile turns on.
//!
//! This module owns what stands on a page and in which order, as text for terminals, as Markdown and as JSON. All three
//! are written from one [`Page`], so that `kpolicy policies NAME` and `docs/policies/` cannot tell different things.
//! Texts of policies are anybody's: terminals and Markdown get them with everything taken out that could act there. It
//! does no I/O of its own, and judges nothing: what a case of a policy gives is handed in.
//!
//! Start reading at [`Page`].

mod beside;
mod choice;
mod describe;
mod diff;
mod examples;
mod exception;
mod here;
mod index;
mod json;
mod list;
mod markdown;
mod markdown_page;
mod page;
mod text;
mod text_page;

pub use beside::beside;
pub use choice::{Case, Outcome, choose};
pub use diff::diff;
pub use examples::{Changed, Examples, Passes, Refused, built_in_examples, examples_json};
pub use exception::Exception;
pub use here::{Here, HereLine};
pub use index::index;
pub use json::{json, profiles_json};
pub use list::{list, profiles};
pub use markdown_page::markdown;
pub use page::{Entry, InProfile, Page, Parameter, Place};
pub use text_page::text;
