//! Reading and compiling `kind: Policy`.

use std::sync::{Arc, OnceLock};

use crate::manifest::{Document, Fields, ListRef, NodeRef, Placed, Problem, Severity as Weight};
use crate::source::SourceMap;

use super::constraints::{WHAT_IS_JUDGED, read_constraints};
use super::expressions::{Declared, Expressions};
use super::rules::{read_conditions, read_mutations, read_validations, read_variables};
use super::{
    About, FailurePolicy, Parameters, Policy, ResourceDeclaration, ResourceScope, Scope, Severity,
    Target,
};

/// The version of kpolicy's own documents.
const API_VERSION: &str = "kpolicy.io/v1alpha1";

/// The families that policies belong to.
pub const CATEGORIES: [&str; 13] = [
    "pod-security",
    "resources",
    "probes",
    "images",
    "scheduling",
    "availability",
    "network",
    "identity",
    "secrets",
    "storage",
    "gitops",
    "observability",
    "api",
];

const SEVERITIES: [(&str, Severity); 4] = [
    ("critical", Severity::Critical),
    ("high", Severity::High),
    ("medium", Severity::Medium),
    ("low", Severity::Low),
];

/// Reads a Policy and compiles its expressions; `None` where anything is wrong with it.
///
/// `sources` must hold the source of the document, so that an error is placed inside an expression; without it the
/// expression as a whole is the place.
pub fn read_policy(
    document: &Document,
    sources: &SourceMap,
    problems: &mut Vec<Problem>,
) -> Option<Policy> {
    let before = problems.len();
    let policy = read(document, sources, problems);
    let wrong = problems
        .iter()
        .skip(before)
        .any(|problem| problem.severity == Weight::Error);
    policy.filter(|_| !wrong)
}

fn read(document: &Document, sources: &SourceMap, problems: &mut Vec<Problem>) -> Option<Policy> {
    let mut root = Fields::new(document.root(), "a Policy", problems);
    root.header(API_VERSION, "Policy");
    let name = root.required_map("metadata").and_then(read_name);
    // Present on objects that come from a cluster; nothing of it is ours to read.
    root.node("status");
    let named = name.as_ref().map_or("", |name| name.value);
    let policy = root
        .required_map("spec")
        .and_then(|spec| read_spec(spec, named, sources));
    let name = name?;
    Some(Policy {
        name: Arc::from(name.value),
        span: name.span,
        ..policy?
    })
}

/// The name is the id of the policy everywhere, so it is plainer than Kubernetes asks.
fn read_name<'a>(mut fields: Fields<'a, '_>) -> Option<Placed<&'a str>> {
    let name = fields.required_text("name");
    let span = fields.span("name");
    if let Some(name) = name
        && !is_label(name)
    {
        let message = format!("`{name}` cannot be the name of a policy");
        let help =
            "use up to 63 lower-case letters, digits and `-`, with a letter or digit at both ends";
        fields.report(Problem::error(message, span).with_help(help));
    }
    fields.accept_rest();
    name.map(|value| Placed { value, span })
}

fn is_label(name: &str) -> bool {
    let word = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    name.len() <= 63
        && bytes.iter().all(|byte| word(byte) || *byte == b'-')
        && bytes.first().is_some_and(word)
        && bytes.last().is_some_and(word)
}

fn read_spec(mut fields: Fields<'_, '_>, name: &str, sources: &SourceMap) -> Option<Policy> {
    let about = read_about(&mut fields);
    let supersedes = read_superseded(&mut fields, name);
    let matching = fields
        .required_map("matchConstraints")
        .and_then(read_constraints);
    fields.explain("matchConstraints", WHAT_IS_JUDGED);
    let schema = fields.node("parameters");
    let parameters = schema.map(|schema| Parameters::read(schema, fields.problems()));
    let resources = read_resources(&mut fields);
    let failure_policy = [
        ("Fail", FailurePolicy::Fail),
        ("Ignore", FailurePolicy::Ignore),
    ];
    let failure_policy = fields
        .word("failurePolicy", &failure_policy)
        .unwrap_or(FailurePolicy::Fail);

    // Expressions compile even where something above is wrong, so that all errors are said at once. Unknown parameters
    // are not spoken of where the schema itself is at fault.
    let scope = match matching.as_ref().map(|matching| &matching.target) {
        Some(Target::Resources { .. }) => Scope::Objects,
        Some(Target::Repository) => Scope::Repository,
        Some(Target::Dockerfiles) => Scope::Dockerfiles,
        Some(Target::PodTemplates) | None => Scope::PodTemplates,
    };
    let names = written_names(&mut fields, "variables");
    let variable_names = names.iter().map(|name| Box::from(*name)).collect();
    let declared = written_names(&mut fields, "resources");
    let mut expressions = Expressions::new(
        sources,
        scope,
        match &parameters {
            None => Declared::Nothing,
            Some(None) => Declared::Wrong,
            Some(Some(parameters)) => Declared::Parameters(parameters),
        },
        declared,
        names,
    );
    let variables = read_variables(&mut fields, &mut expressions);
    let match_conditions = read_conditions(&mut fields, &expressions);
    let validations = read_validations(&mut fields, &expressions, name);
    let mutations = read_mutations(&mut fields, &expressions, name);
    if !fields.has("validations") && !fields.has("mutations") {
        let place = fields.place();
        fields.error(
            "the policy has neither `validations` nor `mutations`",
            place,
        );
    }
    if matches!(scope, Scope::Repository | Scope::Dockerfiles) {
        for (key, why) in [
            ("mutations", "nothing of the repository is changed"),
            (
                "resources",
                "the repository is not in a cluster with other objects",
            ),
        ] {
            if fields.has(key) {
                let span = fields.key_span(key);
                let message = format!("a policy of the repository has no `{key}`: {why}");
                fields.error(message, span);
            }
        }
    }
    let parameters = match parameters {
        None => Parameters::default(),
        Some(read) => read?,
    };
    Some(Policy {
        name: Arc::from(name),
        built_in: false,
        about: about?,
        supersedes,
        span: None,
        matching: matching?,
        match_conditions,
        parameters,
        resources,
        variables,
        variable_names,
        validations,
        mutations,
        failure_policy,
        native: None,
        roots: OnceLock::new(),
    })
}

/// The names of a list's entries as written, whether or not the entries are right: what depends on them is then no
/// error of its own.
pub(super) fn written_names<'a>(fields: &mut Fields<'a, '_>, key: &'static str) -> Vec<&'a str> {
    let list = fields.node(key).and_then(NodeRef::as_list);
    let items = list.into_iter().flat_map(ListRef::iter);
    items
        .filter_map(|item| item.get("name")?.as_str())
        .collect()
}

fn read_about(fields: &mut Fields<'_, '_>) -> Option<About> {
    let title = fields.required_text("title");
    fields.explain(
        "title",
        "write one line: what holds where nobody is refused",
    );
    if let Some(title) = title
        && title.contains('\n')
    {
        let span = fields.span("title");
        fields.error("`title` must be one line", span);
    }
    let categories: Vec<(&str, &str)> = CATEGORIES.iter().map(|word| (*word, *word)).collect();
    let category = fields.required_word("category", &categories);
    let severity = fields.required_word("severity", &SEVERITIES);
    let help = "it is `critical` for a way into the cluster, `high` for an outage or a weakness waiting to happen, \
                `medium` for what costs something some day, `low` for what is untidy";
    fields.explain("severity", help);
    let description = fields.text("description").unwrap_or_default();
    let remediation = fields.text("remediation").unwrap_or_default();
    let references = fields.texts("references");
    Some(About {
        title: title?.into(),
        category: category?.into(),
        severity: severity?,
        description: description.trim_end().into(),
        remediation: remediation.trim_end().into(),
        references: references
            .into_iter()
            .map(|text| text.value.into())
            .collect(),
    })
}

fn read_superseded(fields: &mut Fields<'_, '_>, name: &str) -> Vec<Placed<Box<str>>> {
    let texts = fields.texts("supersedes");
    let mut superseded = Vec::new();
    for Placed { value, span } in texts {
        if value == name {
            fields.error("a policy cannot supersede itself", span);
        } else {
            let value = value.into();
            superseded.push(Placed { value, span });
        }
    }
    superseded
}

fn read_resources(fields: &mut Fields<'_, '_>) -> Vec<ResourceDeclaration> {
    let scopes = [
        ("sameNamespace", ResourceScope::SameNamespace),
        ("cluster", ResourceScope::Cluster),
    ];
    let mut resources: Vec<ResourceDeclaration> = Vec::new();
    fields.each("resources", |_, mut fields| {
        let name = super::rules::read_identifier(&mut fields, "name");
        // The core group is written as an empty text, so it must be there and may be blank.
        let there = fields.require("apiGroup");
        fields.explain("apiGroup", "write `\"\"` for the core group");
        let api_group = fields.text("apiGroup").filter(|_| there);
        let kind = fields.required_text("kind");
        let scope = fields.required_word("scope", &scopes);
        let help = "it is `sameNamespace` for the objects in the namespace of what is judged, `cluster` for all of the kind";
        fields.explain("scope", help);
        let name = name?;
        if resources.iter().any(|known| *known.name == *name.value) {
            fields.error(
                format!("resource `{}` is declared twice", name.value),
                name.span,
            );
        }
        resources.push(ResourceDeclaration {
            name: name.value.into(),
            api_group: api_group?.into(),
            kind: kind?.into(),
            scope: scope?,
        });
        Some(())
    });
    resources
}
