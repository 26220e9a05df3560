//! Reading `matchConstraints`: the words of a `ValidatingAdmissionPolicy`, and three of our own.
//!
//! What a rule may say is upstream's: k8s.io/kubernetes `pkg/apis/admissionregistration/validation`, 1.36.

use std::collections::{HashMap, HashSet};

use crate::manifest::{Fields, LabelSelector, ListRef, NodeRef, Placed, Problem};

use super::native::names::is_path_segment;
use super::{MatchPolicy, Matching, Operation, ResourceRule, RuleScope, Target};

const OPERATIONS: [(&str, Option<Operation>); 5] = [
    ("CREATE", Some(Operation::Create)),
    ("UPDATE", Some(Operation::Update)),
    ("DELETE", Some(Operation::Delete)),
    ("CONNECT", Some(Operation::Connect)),
    ("*", None),
];

/// What a policy may judge, for an author who has not said it.
pub(super) const WHAT_IS_JUDGED: &str = "say what is judged: `podTemplates: true` for all that makes pods, `resourceRules` for \
    other kinds, `dockerfiles: true` for each Dockerfile, or `repository: true`";

/// Reads what a policy looks at.
pub(super) fn read_constraints(mut fields: Fields<'_, '_>) -> Option<Matching> {
    let pod_templates = fields.flag("podTemplates");
    let repository = fields.flag("repository");
    let dockerfiles = fields.flag("dockerfiles");
    let matching = read_shared(&mut fields);
    let rules = fields.has("resourceRules");
    let chosen: Vec<&str> = [
        ("podTemplates", pod_templates == Some(true)),
        ("repository", repository == Some(true)),
        ("dockerfiles", dockerfiles == Some(true)),
        ("resourceRules", rules),
    ]
    .into_iter()
    .filter_map(|(key, there)| there.then_some(key))
    .collect();
    if let [first, second, ..] = chosen.as_slice() {
        let span = fields.key_span(second);
        fields.error(format!("`{second}` cannot stand beside `{first}`"), span);
        return None;
    }
    let target = if pod_templates == Some(true) {
        Target::PodTemplates
    } else if repository == Some(true) || dockerfiles == Some(true) {
        let what = if repository == Some(true) {
            "the repository is none"
        } else {
            "Dockerfiles are none"
        };
        for key in ["namespaceSelector", "objectSelector", "matchPolicy"] {
            if fields.has(key) {
                let span = fields.key_span(key);
                let message = format!("`{key}` is about objects, and {what}");
                fields.error(message, span);
            }
        }
        if repository == Some(true) {
            Target::Repository
        } else {
            Target::Dockerfiles
        }
    } else if rules {
        if fields
            .node("resourceRules")
            .and_then(NodeRef::as_list)
            .is_some_and(ListRef::is_empty)
        {
            let span = fields.span("resourceRules");
            fields.error("`resourceRules` is empty", span);
        }
        matching.target
    } else {
        let place = fields.place();
        let problem = Problem::error("`matchConstraints` names nothing to judge", place);
        fields.report(problem.with_help(WHAT_IS_JUDGED));
        return None;
    };
    if !matches!(target, Target::Resources { .. }) && fields.has("excludeResourceRules") {
        let span = fields.key_span("excludeResourceRules");
        let help = "leave objects out with `matchConditions`";
        let problem = Problem::error("`excludeResourceRules` needs `resourceRules`", span);
        fields.report(problem.with_help(help));
    }
    Some(Matching { target, ..matching })
}

/// Reads the `MatchResources` of a native policy, which must name resources, or of a binding, which need not.
pub(super) fn read_match_resources(mut fields: Fields<'_, '_>, needs_rules: bool) -> Matching {
    let matching = read_shared(&mut fields);
    let rules = fields.node("resourceRules").and_then(NodeRef::as_list);
    if needs_rules && rules.is_none_or(ListRef::is_empty) {
        let place = fields.place();
        let help = "name at least one resource that the policy is about";
        let problem = Problem::error("`resourceRules` is missing", place).with_help(help);
        fields.report(problem);
    }
    matching
}

/// The words that upstream has too; the target is that of `resourceRules`.
fn read_shared(fields: &mut Fields<'_, '_>) -> Matching {
    let match_policy = [
        ("Exact", MatchPolicy::Exact),
        ("Equivalent", MatchPolicy::Equivalent),
    ];
    Matching {
        target: Target::Resources {
            include: read_rules(fields, "resourceRules"),
            exclude: read_rules(fields, "excludeResourceRules"),
        },
        namespace_selector: fields.map("namespaceSelector").map(LabelSelector::read),
        object_selector: fields.map("objectSelector").map(LabelSelector::read),
        match_policy: fields
            .word("matchPolicy", &match_policy)
            .unwrap_or_default(),
    }
}

fn read_rules(fields: &mut Fields<'_, '_>, key: &'static str) -> Vec<ResourceRule> {
    fields.each(key, |_, mut fields| {
        let api_groups = words(&mut fields, "apiGroups");
        let api_versions = words(&mut fields, "apiVersions");
        let resources = words(&mut fields, "resources");
        let operations = read_operations(&mut fields);
        let resource_names = fields.texts("resourceNames");
        check_names(&mut fields, &resource_names);
        let scopes = [
            ("*", RuleScope::All),
            ("Cluster", RuleScope::Cluster),
            ("Namespaced", RuleScope::Namespaced),
        ];
        let scope = fields.word("scope", &scopes).unwrap_or_default();
        Some(ResourceRule {
            api_groups: api_groups?,
            api_versions: api_versions?,
            resources: resources?,
            operations: operations?,
            resource_names: resource_names
                .iter()
                .map(|name| name.value.into())
                .collect(),
            scope,
        })
    })
}

/// A list that must not be empty; `*` stands for all, so nothing may stand beside it. The core group is `""`.
fn words(fields: &mut Fields<'_, '_>, key: &'static str) -> Option<Vec<Box<str>>> {
    let there = fields.require(key);
    let texts = fields.texts_or_blank(key);
    if texts.is_empty() {
        let span = fields.span(key);
        if there {
            fields.error(format!("`{key}` is empty"), span);
        }
        return None;
    }
    if let Some(all) = texts.iter().find(|text| text.value == "*")
        && texts.len() > 1
        && key != "resources"
    {
        fields.error(
            format!("`*` stands for all: nothing else may be in `{key}`"),
            all.span,
        );
    }
    if let Some(blank) = texts.iter().find(|text| text.value.is_empty())
        && key != "apiGroups"
    {
        fields.error(format!("an entry of `{key}` is empty"), blank.span);
    }
    if key == "resources" {
        check_resources(fields, &texts);
    }
    Some(texts.iter().map(|text| text.value.into()).collect())
}

/// Resources that others of the list stand for already.
fn check_resources(fields: &mut Fields<'_, '_>, texts: &[Placed<&str>]) {
    let other = |word: &str, at: usize| {
        let mut entries = texts.iter().enumerate();
        entries.any(|(other, text)| other != at && text.value == word)
    };
    // Where it stands twice, each is part of the other.
    let (all, whole) = (other("*/*", usize::MAX), other("*", usize::MAX));
    let mut before = HashSet::new();
    for (at, text) in texts.iter().enumerate() {
        let is_wide = matches!(text.value, "*" | "*/*");
        let everything = all && (!is_wide || other("*/*", at));
        let wider = match text.value.split_once('/') {
            _ if everything => Some("*/*".to_owned()),
            // Upstream looks at what stands before only.
            Some((resource, subresource)) => {
                let wide = [format!("{resource}/*"), format!("*/{subresource}")];
                wide.into_iter().find(|wide| before.contains(&**wide))
            }
            None => (whole && (!is_wide || other("*", at))).then(|| "*".to_owned()),
        };
        if let Some(wider) = wider {
            let message = format!("`{}` is part of `{wider}`", text.value);
            fields.error(message, text.span);
        }
        before.insert(text.value);
    }
}

/// Names of objects, each of which can be one and stands once.
fn check_names(fields: &mut Fields<'_, '_>, names: &[Placed<&str>]) {
    let mut known = HashMap::new();
    for name in names {
        if !is_path_segment(name.value) {
            fields.error(
                format!("`{}` is no name of an object", name.value),
                name.span,
            );
        }
        if let Some(first) = known.get(name.value) {
            let problem = Problem::error(format!("`{}` is named twice", name.value), name.span);
            fields.report(problem.with_related(*first));
        } else {
            known.insert(name.value, name.span);
        }
    }
}

/// Operations; none stands for all.
fn read_operations(fields: &mut Fields<'_, '_>) -> Option<Vec<Operation>> {
    let there = fields.require("operations");
    let nodes = fields.items("operations")?;
    if nodes.is_empty() && there {
        let span = fields.span("operations");
        fields.error("`operations` is empty", span);
        return None;
    }
    let all = nodes.iter().find(|node| node.as_str() == Some("*"));
    if let Some(all) = all
        && nodes.len() > 1
    {
        let message = "`*` stands for all: nothing else may be in `operations`";
        fields.error(message, all.origin());
    }
    let mut operations = Vec::new();
    for node in nodes {
        let what = "an entry of `operations`";
        match crate::manifest::fields::word(node, what, &OPERATIONS, fields.problems())? {
            Some(operation) => operations.push(operation),
            None => return Some(Vec::new()),
        }
    }
    Some(operations)
}
