//! Advice on policies about the number of replicas: it changes by a subresource, too.

use crate::cel::Program;
use crate::manifest::Problem;

use super::super::{Operation, Policy, ResourceRule, Root, Target};

/// The built-in resources with a subresource `scale`, by group.
const SCALABLE: [(&str, &str); 4] = [
    ("", "replicationcontrollers"),
    ("apps", "deployments"),
    ("apps", "replicasets"),
    ("apps", "statefulsets"),
];

/// Warns of a policy that judges `object.spec.replicas` and does not see `kubectl scale`.
pub(super) fn problem(policy: &Policy) -> Option<Problem> {
    let reads = |program: &Program| program.names(Root::Object.slot(), &["spec", "replicas"]);
    let validations = policy.validations.iter();
    let mut reading = validations.filter(|validation| reads(&validation.expression));
    let span = match reading.next() {
        Some(validation) => validation.span,
        None if policy.validates() && policy.variables.iter().any(reads) => policy.span,
        None => return None,
    };
    let (what, help) = match &policy.matching.target {
        Target::PodTemplates => (
            "deployments/scale".to_owned(),
            "name the resources in `resourceRules`, `deployments` and `deployments/scale`, instead of `podTemplates`"
                .to_owned(),
        ),
        Target::Resources { include, .. } => {
            let (group, resource) = SCALABLE.iter().find(|(group, resource)| {
                let names = |subresource| names(include, group, resource, subresource);
                names("") && !names("scale")
            })?;
            let scale = format!("{resource}/scale");
            let group = if group.is_empty() { "core" } else { group };
            let help = format!(
                "add `{scale}` of the {group} group to `resources`; its object is a Scale, with `spec.replicas` too"
            );
            (scale, help)
        }
        Target::Repository | Target::Dockerfiles => return None,
    };
    let message = format!(
        "`object.spec.replicas` changes by `{what}` too, which the policy does not match: `kubectl scale` is not judged"
    );
    Some(Problem::warning(message, span.or(policy.span)).with_help(help))
}

/// Whether a rule is about updates of a resource.
fn names(rules: &[ResourceRule], group: &str, resource: &str, subresource: &str) -> bool {
    let listed = |words: &[Box<str>], word: &str| {
        let mut words = words.iter();
        words.any(|known| **known == *word || **known == *"*")
    };
    rules.iter().any(|rule| {
        let operations = &rule.operations;
        let updates = operations.is_empty() || operations.contains(&Operation::Update);
        let named = rule.resources.iter().any(|written| {
            let (name, part) = written.split_once('/').unwrap_or((written, ""));
            (name == "*" || name == resource) && (part == "*" || part == subresource)
        });
        updates && named && listed(&rule.api_groups, group)
    })
}
