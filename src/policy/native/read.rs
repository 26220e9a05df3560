//! Reading and compiling native policies.

use std::sync::{Arc, OnceLock};

use crate::cel::Release;
use crate::manifest::{Document, Fields, ListRef, NodeRef, Placed, Problem, Severity as Weight};
use crate::source::SourceMap;

use super::super::constraints::read_match_resources;
use super::super::expressions::{Declared, Expressions};
use super::super::read::written_names;
use super::super::rules::read_variables;
use super::super::{
    About, FailurePolicy, Matching, Operation, Parameters, Policy, Scope, Severity, Target,
};
use super::binding::{read_actions, read_object_name};
use super::kyverno::only_equal;
use super::names::{is_dns_1035_label, is_subdomain};
use super::rules::{read_annotations, read_conditions, read_mutations, read_validations};
use super::{Actions, Binding, Form, Native, ParamKind, Reinvocation};

/// What a native policy is called where ours say a category.
const CATEGORY: &str = "native";

/// What expressions are read against: where they stand, and the release that must know what they use.
type Sources<'s> = (&'s SourceMap, Option<Release>);

/// Reads a native policy of this form and compiles its expressions; `None` where anything is wrong with it.
///
/// `sources` must hold the source of the document, so that an error is placed inside an expression. An expression may
/// use what an API server of `release` allows in a new policy; without one, all that there is.
pub fn read_native(
    document: &Document,
    form: Form,
    (sources, release): Sources<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Policy> {
    let before = problems.len();
    let policy = read(document, form, (sources, release), problems);
    let wrong = problems
        .iter()
        .skip(before)
        .any(|problem| problem.severity == Weight::Error);
    policy.filter(|_| !wrong)
}

fn read(
    document: &Document,
    form: Form,
    source: Sources<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Policy> {
    let article = format!("a {}", form.kind());
    let mut root = Fields::new(document.root(), &article, problems);
    // Group and version brought the document here.
    root.node("apiVersion");
    root.node("kind");
    let (name, about) = read_metadata(&mut root, form);
    root.node("status");
    let named = name.as_ref().map_or("", |name| name.value);
    let mut spec = root.required_map("spec")?;
    let policy = read_spec(&mut spec, (form, named, about), source);
    let implied = (form == Form::Kyverno).then(|| {
        only_equal(&mut spec, policy.as_ref());
        read_actions(&mut spec).unwrap_or(Actions {
            deny: true,
            ..Actions::default()
        })
    });
    let name = name?;
    let mut policy = policy?;
    policy.span = name.span;
    if let Some(actions) = implied
        && let Some(native) = &mut policy.native
    {
        native.bindings.push(Binding {
            name: policy.name.clone(),
            span: name.span,
            policy: Placed {
                value: name.value.into(),
                span: name.span,
            },
            matching: None,
            param_ref: None,
            actions,
        });
    }
    Some(policy)
}

/// The name, and what people read of the policy: what it says of itself in the usual annotations.
fn read_metadata<'a>(root: &mut Fields<'a, '_>, form: Form) -> (Option<Placed<&'a str>>, About) {
    let mut about = About {
        title: format!("A {}", form.kind()).into(),
        category: CATEGORY.into(),
        severity: Severity::Medium,
        description: Box::default(),
        remediation: Box::default(),
        references: Vec::new(),
    };
    let Some(mut metadata) = root.required_map("metadata") else {
        return (None, about);
    };
    let annotations = metadata.node("annotations");
    let said = |key: &str| {
        let text = annotations?.get(key)?.as_str()?.trim();
        (!text.is_empty()).then_some(text)
    };
    if let Some(title) = said("policies.kyverno.io/title") {
        about.title = title
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .into();
    }
    let description =
        said("kubernetes.io/description").or_else(|| said("policies.kyverno.io/description"));
    about.description = description.unwrap_or_default().into();
    about.severity = match said("policies.kyverno.io/severity") {
        Some("critical") => Severity::Critical,
        Some("high") => Severity::High,
        Some("low") => Severity::Low,
        _ => Severity::Medium,
    };
    (read_object_name(metadata), about)
}

fn read_spec(
    fields: &mut Fields<'_, '_>,
    (form, name, about): (Form, &str, About),
    (sources, release): Sources<'_>,
) -> Option<Policy> {
    // Kyverno's has none: it is an unknown field there.
    let has_params = form != Form::Kyverno && fields.has("paramKind");
    let param_kind = if form == Form::Kyverno {
        None
    } else {
        fields.map("paramKind").map(read_param_kind)
    };
    let matching = fields
        .required_map("matchConstraints")
        .map(|constraints| read_match_resources(constraints, true));
    if form == Form::Mutating
        && let Some(matching) = &matching
    {
        let span = fields.key_span("matchConstraints");
        no_delete(fields, matching, span);
    }
    let words = [
        ("Fail", FailurePolicy::Fail),
        ("Ignore", FailurePolicy::Ignore),
    ];
    let failure_policy = fields
        .word("failurePolicy", &words)
        .unwrap_or(FailurePolicy::Fail);
    let declared = if has_params {
        Declared::Anything
    } else {
        Declared::Nothing
    };
    let environment = |names| {
        Expressions::new(sources, Scope::Native, declared, Vec::new(), names).for_release(release)
    };
    let match_conditions = read_conditions(fields, &environment(Vec::new()));
    let names = written_names(fields, "variables");
    let variable_names = names.iter().map(|name| Box::from(*name)).collect();
    let mut expressions = environment(names);
    let variables = read_variables(fields, &mut expressions);
    let (mut validations, mut mutations, mut audit_annotations) = Default::default();
    let mut reinvocation = Reinvocation::Never;
    if form == Form::Mutating {
        mutations = read_mutations(fields, &expressions, name);
        reinvocation = read_reinvocation(fields);
        has_some(fields, &["mutations"]);
    } else {
        validations = read_validations(fields, &expressions, name);
        audit_annotations = read_annotations(fields, &expressions, name);
        has_some(fields, &["validations", "auditAnnotations"]);
    }
    Some(Policy {
        name: Arc::from(name),
        built_in: false,
        about,
        span: None,
        matching: matching?,
        match_conditions,
        parameters: Parameters::default(),
        resources: Vec::new(),
        variable_names,
        variables,
        validations,
        mutations,
        failure_policy,
        supersedes: Vec::new(),
        native: Some(Box::new(Native {
            form,
            param_kind: param_kind.flatten(),
            audit_annotations,
            reinvocation,
            bindings: Vec::new(),
        })),
        roots: OnceLock::new(),
    })
}

/// A policy does something: one of these lists has an entry.
fn has_some(fields: &mut Fields<'_, '_>, keys: &[&'static str]) {
    let some = keys.iter().any(|key| {
        let list = fields.node(key).and_then(NodeRef::as_list);
        list.is_some_and(|list: ListRef<'_>| !list.is_empty())
    });
    if !some {
        let place = fields.place();
        let names: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
        let message = match names.as_slice() {
            [one] => format!("the policy has no {one}"),
            more => format!("the policy has neither {}", more.join(" nor ")),
        };
        fields.error(message, place);
    }
}

fn read_reinvocation(fields: &mut Fields<'_, '_>) -> Reinvocation {
    let words = [
        ("Never", Reinvocation::Never),
        ("IfNeeded", Reinvocation::IfNeeded),
    ];
    fields
        .required_word("reinvocationPolicy", &words)
        .unwrap_or_default()
}

/// A mutation cannot change what is deleted.
pub(super) fn no_delete(
    fields: &mut Fields<'_, '_>,
    matching: &Matching,
    span: Option<crate::source::Span>,
) {
    let Target::Resources { include, .. } = &matching.target else {
        return;
    };
    if include
        .iter()
        .any(|rule| rule.operations.contains(&Operation::Delete))
    {
        let help = "an object that is deleted cannot be changed";
        let problem = Problem::error("a MutatingAdmissionPolicy cannot name `DELETE`", span);
        fields.report(problem.with_help(help));
    }
}

fn read_param_kind(mut fields: Fields<'_, '_>) -> Option<ParamKind> {
    let api_version = fields.required_text("apiVersion");
    let kind = fields.required_text("kind");
    let (version_span, kind_span) = (fields.span("apiVersion"), fields.span("kind"));
    let parts = api_version.map(|text| text.split_once('/').unwrap_or(("", text)));
    if let (Some((group, version)), Some(text)) = (parts, api_version)
        && (!(group.is_empty() && !text.contains('/') || is_subdomain(group))
            || !is_dns_1035_label(version))
    {
        let message = format!("`{text}` is no API version");
        let help = "write `group/version`, or the version alone for the core group";
        fields.report(Problem::error(message, version_span).with_help(help));
    }
    if let Some(kind) = kind
        && !is_dns_1035_label(&kind.to_lowercase())
    {
        fields.error(format!("`{kind}` is no kind"), kind_span);
    }
    let (group, version) = parts?;
    Some(ParamKind {
        group: group.into(),
        version: version.into(),
        kind: kind?.into(),
    })
}
