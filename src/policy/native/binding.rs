//! Reading bindings.

use std::sync::Arc;

use crate::manifest::{Document, Fields, LabelSelector, Placed, Problem, Severity as Weight};

use super::super::constraints::read_match_resources;
use super::names::{is_path_segment, is_subdomain};
use super::read::no_delete;
use super::{Actions, Binding, Form, ParamChoice, ParamRef};

/// What the form of a binding decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BindingForm {
    /// What it binds: `Validating` or `Mutating`.
    pub of: Form,
    /// Whether `parameterNotFoundAction` may be left out, as `v1alpha1` had it: it is then `Deny`.
    pub not_found_denies: bool,
}

/// Reads a binding; `None` where anything is wrong with it.
pub fn read_binding(
    document: &Document,
    form: BindingForm,
    problems: &mut Vec<Problem>,
) -> Option<Binding> {
    let before = problems.len();
    let binding = read(document, form, problems);
    let wrong = problems
        .iter()
        .skip(before)
        .any(|problem| problem.severity == Weight::Error);
    binding.filter(|_| !wrong)
}

fn read(document: &Document, form: BindingForm, problems: &mut Vec<Problem>) -> Option<Binding> {
    let article = format!("a {}", form.of.binding_kind());
    let mut root = Fields::new(document.root(), &article, problems);
    root.node("apiVersion");
    root.node("kind");
    let name = root.required_map("metadata").and_then(read_object_name);
    let mut spec = root.required_map("spec")?;
    let policy = spec.required_text("policyName");
    let policy_span = spec.span("policyName");
    if let Some(policy) = policy
        && !is_subdomain(policy)
    {
        spec.error(format!("`{policy}` is no name of a policy"), policy_span);
    }
    let param_ref = spec.has("paramRef").then(|| {
        spec.map("paramRef")
            .and_then(|fields| read_ref(fields, form))
    });
    if param_ref.is_none() {
        spec.node("paramRef");
    }
    let matching = spec
        .map("matchResources")
        .map(|fields| read_match_resources(fields, false));
    let actions = if form.of == Form::Mutating {
        if let Some(matching) = &matching {
            let span = spec.key_span("matchResources");
            no_delete(&mut spec, matching, span);
        }
        Actions::default()
    } else {
        spec.require("validationActions");
        read_actions(&mut spec).unwrap_or_default()
    };
    let name = name?;
    Some(Binding {
        name: Arc::from(name.value),
        span: name.span,
        policy: Placed {
            value: policy?.into(),
            span: policy_span,
        },
        matching,
        // A reference that is wrong was reported.
        param_ref: match param_ref {
            None => None,
            Some(read) => Some(read?),
        },
        actions,
    })
}

/// Reads `validationActions`; `None` where it is not there.
pub(super) fn read_actions(fields: &mut Fields<'_, '_>) -> Option<Actions> {
    const WORDS: [(&str, &str); 3] = [("Deny", "Deny"), ("Warn", "Warn"), ("Audit", "Audit")];
    let nodes = fields.items("validationActions")?;
    let span = fields.span("validationActions");
    let mut actions = Actions::default();
    for node in &nodes {
        let what = "an entry of `validationActions`";
        let word = crate::manifest::fields::word(*node, what, &WORDS, fields.problems());
        let flag = match word {
            Some("Deny") => &mut actions.deny,
            Some("Warn") => &mut actions.warn,
            Some(_) => &mut actions.audit,
            None => continue,
        };
        if std::mem::replace(flag, true) {
            let message = format!("`{}` is named twice", word.unwrap_or_default());
            fields.error(message, node.origin());
        }
    }
    if nodes.is_empty() {
        fields.error("`validationActions` is empty", span);
    }
    if actions.deny && actions.warn {
        let help = "a denial is told to the client anyhow: leave `Warn` out";
        let problem = Problem::error("`Deny` and `Warn` cannot stand together", span);
        fields.report(problem.with_help(help));
    }
    Some(actions)
}

fn read_ref(mut fields: Fields<'_, '_>, form: BindingForm) -> Option<ParamRef> {
    let span = fields.place();
    let name = fields.text("name").filter(|name| !name.is_empty());
    let name_span = fields.span("name");
    if let Some(name) = name
        && !is_path_segment(name)
    {
        fields.error(format!("`{name}` is no name of an object"), name_span);
    }
    let selector = fields.map("selector").map(LabelSelector::read);
    let namespace = fields.text("namespace").filter(|name| !name.is_empty());
    let actions = [("Allow", false), ("Deny", true)];
    let must_exist = if form.not_found_denies && !fields.has("parameterNotFoundAction") {
        fields.node("parameterNotFoundAction");
        Some(true)
    } else {
        fields.required_word("parameterNotFoundAction", &actions)
    };
    let choice = match (name, selector) {
        (Some(_), Some(_)) => {
            fields.error("`selector` cannot stand beside `name`", name_span);
            return None;
        }
        (Some(name), None) => ParamChoice::Name(name.into()),
        (None, Some(selector)) => ParamChoice::Selector(selector),
        (None, None) => {
            let help = "say which parameters: an empty `selector` stands for all of them";
            let problem = Problem::error("`paramRef` has neither `name` nor `selector`", span);
            fields.report(problem.with_help(help));
            return None;
        }
    };
    Some(ParamRef {
        choice,
        namespace: namespace.map(Box::from),
        must_exist: must_exist?,
        span,
    })
}

/// Reads `metadata` of an object whose name is a DNS subdomain.
pub(super) fn read_object_name<'a>(mut fields: Fields<'a, '_>) -> Option<Placed<&'a str>> {
    let name = fields.required_text("name");
    let span = fields.span("name");
    if let Some(name) = name
        && !is_subdomain(name)
    {
        let message = format!("`{name}` cannot be the name of this object");
        let help = "use up to 253 lower-case letters, digits, `-` and `.`, with a letter or digit at both ends";
        fields.report(Problem::error(message, span).with_help(help));
    }
    fields.accept_rest();
    name.map(|value| Placed { value, span })
}
