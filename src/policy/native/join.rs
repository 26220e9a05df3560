//! Bringing bindings to their policies.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::manifest::Problem;
use crate::manifest::suggest::suggestion;

use super::super::Policy;
use super::{Binding, Form};

/// For more bindings than this that have no policy nobody looks for the name that was meant: each search goes through
/// all policies.
const MOST_SUGGESTIONS: usize = 20;

/// Puts bindings to the native policies that they name, and says what nothing comes of: a binding without its policy, a
/// policy without a binding, parameters that nobody chooses or reads. `broken` names policies that could not be read,
/// or whose bindings could not: nothing more is said of those.
pub fn bind(
    policies: &mut [Policy],
    bindings: Vec<(Form, Binding)>,
    broken: &[(Form, Box<str>)],
    problems: &mut Vec<Problem>,
) {
    let is_broken = |form: Form, name: &str| {
        let mut known = broken.iter();
        known.any(|(other, known)| *other == form && **known == *name)
    };
    let index: BTreeMap<(Form, Arc<str>), usize> = policies
        .iter()
        .enumerate()
        .filter_map(|(at, policy)| Some(((policy.native.as_ref()?.form, policy.name.clone()), at)))
        .collect();
    let mut lost = 0_usize;
    for (form, binding) in bindings {
        let at = index.get(&(form, Arc::from(&*binding.policy.value)));
        let Some(policy) = at.and_then(|at| policies.get_mut(*at)) else {
            if is_broken(form, &binding.policy.value) {
                continue;
            }
            lost += 1;
            let names = index.keys().filter(|(other, _)| *other == form);
            let help = (lost <= MOST_SUGGESTIONS)
                .then(|| suggestion(&binding.policy.value, names.map(|(_, name)| &**name)))
                .flatten();
            let message = format!(
                "there is no {} `{}`, so this binding does nothing",
                form.kind(),
                binding.policy.value
            );
            let mut problem = Problem::warning(message, binding.policy.span);
            problem.help = help;
            problems.push(problem);
            continue;
        };
        let Some(native) = &mut policy.native else {
            continue;
        };
        match (&native.param_kind, &binding.param_ref) {
            (None, Some(reference)) => {
                let message = format!(
                    "`{}` has no `paramKind`, so `paramRef` means nothing",
                    policy.name
                );
                problems.push(Problem::warning(message, reference.span));
            }
            (Some(kind), None) => {
                let message = format!("`{}` gets no parameters from this binding", policy.name);
                let help = format!(
                    "choose a {} under `paramRef`; without it `params` is null",
                    kind.kind
                );
                problems.push(Problem::warning(message, binding.span).with_help(help));
            }
            _ => {}
        }
        native.bindings.push(binding);
    }
    for policy in policies {
        let Some(native) = &mut policy.native else {
            continue;
        };
        native.bindings.sort_by(|a, b| a.name.cmp(&b.name));
        if native.bindings.is_empty() && !is_broken(native.form, &policy.name) {
            let message = format!("no binding names `{}`, so it judges nothing", policy.name);
            let help = format!("bind it with a {}", native.form.binding_kind());
            problems.push(Problem::warning(message, policy.span).with_help(help));
        }
    }
}
