//! What an author may call: every function and macro, with its types and the release from which it may be used.
//!
//! This module lists what `functions` declares and the macros of `compile`; it must not declare anything itself.

use super::Release;
use super::compile::MACRO_FORMS;
use super::functions::{self, Group, Style};
use super::types::Overload;

/// Who offers a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Offered {
    /// The API server, to every expression.
    ByKubernetes,
    /// The API server, to the expressions of mutations.
    ToMutations,
    /// kpolicy, to policies of its own kind.
    ByKpolicy,
}

/// One way to call a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The name, a dotted one whole.
    pub name: &'static str,
    /// As it is written: `string.split(string, int)`.
    pub call: String,
    /// The type it gives.
    pub result: String,
    /// The first release whose API server takes it in a new policy; `None` where all of them do.
    pub since: Option<Release>,
    /// Who offers it.
    pub offered: Offered,
}

/// All ways to call all functions, by name.
pub fn signatures() -> Vec<Signature> {
    let mut all: Vec<Signature> = functions::all()
        .flat_map(|function| {
            function.overloads.iter().map(|overload| Signature {
                name: function.name,
                call: call(function.name, function.style, overload),
                result: overload.result.to_string(),
                since: first(overload.since),
                offered: match function.group {
                    Group::Kubernetes => Offered::ByKubernetes,
                    Group::Mutation => Offered::ToMutations,
                    Group::KPolicy => Offered::ByKpolicy,
                },
            })
        })
        .collect();
    all.sort_by(|one, other| (one.name, &one.call).cmp(&(other.name, &other.call)));
    all
}

/// The macros as they are written, each with the first release whose API server takes it in a new policy.
pub fn macros() -> impl Iterator<Item = (&'static str, Option<Release>)> {
    MACRO_FORMS
        .iter()
        .map(|(form, since)| (*form, first(*since)))
}

/// The release from which on a new policy may use what came in this minor release.
fn first(since: u8) -> Option<Release> {
    (since > 0).then(|| Release::minor(since + 1))
}

fn call(name: &str, style: Style, overload: &Overload) -> String {
    let mut arguments: Vec<String> = overload.arguments.iter().map(ToString::to_string).collect();
    match style {
        Style::Method if !arguments.is_empty() => {
            let receiver = arguments.remove(0);
            format!("{receiver}.{name}({})", arguments.join(", "))
        }
        Style::Method | Style::Global => format!("{name}({})", arguments.join(", ")),
    }
}
