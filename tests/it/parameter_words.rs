//! One word, one meaning: a parameter that several built-in policies have is the same in all of them, so that whoever
//! has set it once knows what to set elsewhere.

use std::collections::BTreeMap;

use kpolicy::documents::Documents;
use kpolicy::manifest::{NodeRef, write_json};
use kpolicy::source::SourceMap;

/// Words for what the policy at hand looks at; each has its own list.
const LOCAL: &[&str] = &[
    "allowed",
    "classes",
    "maxSeconds",
    "minReplicas",
    "namespaces",
    "nodeLabels",
    "pools",
    "probes",
    "requireDigest",
    "resources",
    "taints",
    "users",
    "version",
];

/// What must be alike: type, form and default, and the first sentence of the description. What follows it may say what
/// the word means for this policy, and an `enum` may leave a choice out that makes no sense there.
fn meaning(schema: NodeRef<'_>) -> String {
    let part = |key: &str| schema.get(key).map(write_json).unwrap_or_default();
    let description = schema.get("description").and_then(NodeRef::as_str);
    let first = description.unwrap_or_default().split(". ").next();
    let first = first.unwrap_or_default().trim_end_matches('.');
    let keys = ["type", "items", "pattern", "x-kpolicy-release", "default"];
    format!("{first} · {}", keys.map(part).join(" "))
}

#[test]
fn a_parameter_of_several_policies_means_the_same_in_each() {
    let set = Documents::built_in(&mut SourceMap::new()).take_policies();
    let mut words: BTreeMap<&str, BTreeMap<String, Vec<&str>>> = BTreeMap::new();
    for policy in set.iter() {
        for parameter in policy.parameters.iter() {
            let meanings = words.entry(parameter.name).or_default();
            let policies = meanings.entry(meaning(parameter.schema)).or_default();
            policies.push(&policy.name);
        }
    }
    assert!(words.contains_key("meshContainers"), "parameters are read");
    let differ: Vec<_> = words
        .iter()
        .filter(|(name, meanings)| meanings.len() > 1 && !LOCAL.contains(name))
        .collect();
    assert!(
        differ.is_empty(),
        "the same word for different things, or the same thing in different words: {differ:#?}"
    );
}

#[test]
fn every_parameter_is_described() {
    let set = Documents::built_in(&mut SourceMap::new()).take_policies();
    for policy in set.iter() {
        for parameter in policy.parameters.iter() {
            let description = parameter.description.unwrap_or_default();
            assert!(
                description.ends_with(['.', ')']),
                "{} of {} is described in sentences: {description:?}",
                parameter.name,
                policy.name
            );
            assert!(
                parameter.required || parameter.default.is_some(),
                "{} of {} has a default, or is required",
                parameter.name,
                policy.name
            );
        }
    }
}
