//! Parts of a policy in words: what it looks at, what it reads, what a parameter can be.

use crate::manifest::{NodeRef, View, write_json};
use crate::policy::{Binding, Form, Native, ParamChoice, Policy, ResourceScope, Target};

/// Schemas within schemas are put into words no deeper than this.
const DEEPEST: usize = 4;

/// What a policy looks at.
pub(super) fn targets(policy: &Policy) -> Vec<String> {
    let matching = &policy.matching;
    let mut targets = match &matching.target {
        Target::PodTemplates => vec![
            "every pod template: Pod, Deployment, StatefulSet, DaemonSet, Job, CronJob and the other kinds that hold one"
                .to_owned(),
        ],
        Target::Repository => vec!["the repository: its files, not its objects".to_owned()],
        Target::Dockerfiles => vec!["the Dockerfiles of the repository, each by itself".to_owned()],
        Target::Resources { include, .. } => include
            .iter()
            .map(|rule| {
                let groups: Vec<&str> = rule
                    .api_groups
                    .iter()
                    .map(|group| if group.is_empty() { "core" } else { &**group })
                    .collect();
                let operations: Vec<&str> = rule.operations.iter().map(|one| one.as_str()).collect();
                let when = if operations.is_empty() {
                    String::new()
                } else {
                    format!(", on {}", operations.join(", "))
                };
                format!("{} of {}{when}", rule.resources.join(", "), groups.join(", "))
            })
            .collect(),
    };
    if matching.namespace_selector.is_some() {
        targets.push("only in namespaces that its selector chooses by their labels".to_owned());
    }
    if matching.object_selector.is_some() {
        targets.push("only objects that its selector chooses by their labels".to_owned());
    }
    targets
}

/// Other objects that a policy reads.
pub(super) fn reads(policy: &Policy) -> Vec<String> {
    let resource = |one: &crate::policy::ResourceDeclaration| {
        let group = if one.api_group.is_empty() {
            "the core group"
        } else {
            &one.api_group
        };
        let place = match one.scope {
            ResourceScope::SameNamespace => "in the same namespace",
            ResourceScope::Cluster => "in the whole cluster",
        };
        format!("{} of {group}, {place}", one.kind)
    };
    policy.resources.iter().map(resource).collect()
}

/// What puts a native policy to work.
pub(super) fn bindings(policy: &Policy) -> Vec<String> {
    let native = policy.native.iter();
    let native = native.filter(|native| native.form != Form::Kyverno);
    let bindings = native.flat_map(|native| {
        let describe = move |one: &Binding| binding(native, one);
        native.bindings.iter().map(describe)
    });
    bindings.collect()
}

fn binding(native: &Native, binding: &Binding) -> String {
    let actions = binding.actions;
    let words = [
        ("Deny", actions.deny),
        ("Warn", actions.warn),
        ("Audit", actions.audit),
    ];
    let words = words.into_iter().filter(|(_, set)| *set);
    let words: Vec<&str> = words.map(|(word, _)| word).collect();
    let parameters = native.param_kind.as_ref().zip(binding.param_ref.as_ref());
    let parameters = parameters.map(|(kind, reference)| {
        let which = match &reference.choice {
            ParamChoice::Name(name) => format!("`{name}`"),
            ParamChoice::Selector(_) => "by labels".to_owned(),
        };
        let place = reference.namespace.as_deref();
        let place = place.map_or(String::new(), |name| format!(" in `{name}`"));
        format!("parameters: {} {which}{place}", kind.kind)
    });
    let parts = [
        Some(binding.name.to_string()),
        Some(words.join(", ")),
        parameters,
    ];
    let parts = parts.into_iter().flatten().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("; ")
}

/// What a schema lets a value be.
pub(super) fn type_words(schema: NodeRef<'_>) -> String {
    words(schema, 0)
}

fn words(schema: NodeRef<'_>, depth: usize) -> String {
    if let Some(choices) = schema.get("enum").and_then(NodeRef::as_list) {
        let choices: Vec<String> = choices.iter().map(plain).collect();
        return format!("one of {}", choices.join(", "));
    }
    let is_release = schema.get("x-kpolicy-release").and_then(NodeRef::as_bool);
    if is_release == Some(true) {
        return "release of Kubernetes".to_owned();
    }
    let names: Vec<&str> = match schema.get("type").map(NodeRef::view) {
        Some(View::String(name)) => vec![name],
        Some(View::List(names)) => names.iter().filter_map(NodeRef::as_str).collect(),
        _ => return "anything".to_owned(),
    };
    let inner = |node: Option<NodeRef<'_>>| match node {
        Some(node) if depth < DEEPEST => words(node, depth + 1),
        _ => "anything".to_owned(),
    };
    let one = |name: &&str| match *name {
        "array" => format!("list of {}", plural(&inner(schema.get("items")))),
        "object" => object(schema, &inner),
        "integer" | "number" => bounded(name, schema),
        name => name.to_owned(),
    };
    names.iter().map(one).collect::<Vec<_>>().join(" or ")
}

/// An object by its fields, or by what each of its values is.
fn object(schema: NodeRef<'_>, inner: &dyn Fn(Option<NodeRef<'_>>) -> String) -> String {
    let properties = schema.get("properties").and_then(NodeRef::as_map);
    let fields = properties.map(|map| map.iter().map(|entry| entry.key).collect::<Vec<_>>());
    match fields.filter(|fields| !fields.is_empty()) {
        Some(fields) => format!("{{{}}}", fields.join(", ")),
        None => format!(
            "map of {}",
            plural(&inner(schema.get("additionalProperties")))
        ),
    }
}

/// Several of what a word stands for.
fn plural(word: &str) -> String {
    let single = ["string", "integer", "number", "boolean"];
    let ending = if single.contains(&word) { "s" } else { "" };
    format!("{word}{ending}")
}

fn bounded(name: &str, schema: NodeRef<'_>) -> String {
    let bound = |key: &str| schema.get(key).map(write_json);
    match (bound("minimum"), bound("maximum")) {
        (Some(least), Some(most)) => format!("{name} from {least} to {most}"),
        (Some(least), None) => format!("{name}, at least {least}"),
        (None, Some(most)) => format!("{name}, at most {most}"),
        (None, None) => name.to_owned(),
    }
}

/// A text without its quotes, anything else as JSON.
fn plain(node: NodeRef<'_>) -> String {
    node.as_str()
        .map_or_else(|| write_json(node), str::to_owned)
}
