//! Who is sent, decided as the API server does it, from the configurations as they are written.
//!
//! Upstream: k8s.io/apiserver `admission/plugin/webhook/generic` `ShouldCallHook`, with `predicates/{rules,namespace}`
//! and `matchconditions`, 1.37.

use kpolicy::cel::{Activation, Program, Release, StaticType, Value, compile};
use kpolicy::manifest::{Dialect, Document, Limits, NodeRef, read};
use kpolicy::policy::{Root, Scope, environment_without};
use kpolicy::source::SourceId;

use super::requests::{Case, Version};

/// What the API server calls.
pub(crate) struct Hook {
    pub(crate) name: String,
    pub(crate) failure_policy: String,
    rules: Vec<Rule>,
    excluded: Vec<String>,
    pub(crate) conditions: Vec<(String, Program)>,
}

pub(crate) struct Rule {
    pub(crate) groups: Vec<String>,
    pub(crate) versions: Vec<String>,
    pub(crate) resources: Vec<String>,
    pub(crate) operations: Vec<String>,
    pub(crate) scope: String,
}

/// The hooks of one kind of configuration.
pub(crate) struct Hooks {
    pub(crate) mutating: Vec<Hook>,
    pub(crate) validating: Vec<Hook>,
}

/// The most that the conditions of a hook may cost on a request of these tests. The API server allows 2.5 million.
const COST: u64 = 1_000;

pub(crate) fn hooks(yaml: &str) -> Hooks {
    let reading = read(SourceId(0), yaml, Dialect::Kubectl, &Limits::default());
    assert_eq!(reading.problems, [], "{yaml}");
    let mut hooks = Hooks {
        mutating: Vec::new(),
        validating: Vec::new(),
    };
    for document in &reading.documents {
        let root = document.root();
        let list = match text(root, "kind").as_str() {
            "MutatingWebhookConfiguration" => &mut hooks.mutating,
            "ValidatingWebhookConfiguration" => &mut hooks.validating,
            other => panic!("{other}"),
        };
        list.extend(items(root, "webhooks").into_iter().map(hook));
    }
    hooks
}

fn hook(node: NodeRef<'_>) -> Hook {
    let expressions = node
        .at(&["namespaceSelector", "matchExpressions"])
        .and_then(NodeRef::as_list)
        .expect("a selector");
    let expressions: Vec<_> = expressions.iter().collect();
    let [one] = expressions[..] else {
        panic!("one expression")
    };
    assert_eq!(
        (text(one, "key").as_str(), text(one, "operator").as_str()),
        ("kubernetes.io/metadata.name", "NotIn")
    );
    for (key, value) in [("matchPolicy", "Equivalent"), ("sideEffects", "None")] {
        assert_eq!(text(node, key), value);
    }
    assert_eq!(
        node.get("timeoutSeconds").and_then(NodeRef::as_i64),
        Some(3)
    );
    assert_eq!(texts(node, "admissionReviewVersions"), ["v1"]);
    let conditions = items(node, "matchConditions");
    assert!(conditions.len() <= 64);
    let conditions = conditions.into_iter().map(|condition| {
        (
            text(condition, "name"),
            program(&text(condition, "expression")),
        )
    });
    Hook {
        name: text(node, "name"),
        failure_policy: text(node, "failurePolicy"),
        rules: items(node, "rules").into_iter().map(rule).collect(),
        excluded: texts(one, "values"),
        conditions: conditions.collect(),
    }
}

/// Compiles as the oldest API server does that is supported: it takes `object`, `oldObject`, `request`, the authorizer, and
/// no function of kpolicy's own.
fn program(text: &str) -> Program {
    let environment = environment_without(Scope::Native, &[Root::Params, Root::NamespaceObject])
        .native()
        .without_mutation()
        .for_release(Release::minor(34));
    let program = compile(text, &environment).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
    assert_eq!(*program.static_type(), StaticType::BOOL, "{text}");
    program
}

fn rule(node: NodeRef<'_>) -> Rule {
    let rule = Rule {
        groups: texts(node, "apiGroups"),
        versions: texts(node, "apiVersions"),
        resources: texts(node, "resources"),
        operations: texts(node, "operations"),
        scope: node
            .get("scope")
            .map_or_else(|| "*".to_owned(), |_| text(node, "scope")),
    };
    rule.check();
    rule
}

impl Rule {
    /// What the API server refuses in a rule.
    ///
    /// Upstream: `validateResources` in `pkg/apis/admissionregistration/validation`.
    fn check(&self) {
        for list in [&self.groups, &self.versions, &self.operations] {
            assert!(!list.is_empty());
            assert!(list.len() == 1 || !list.iter().any(|word| word == "*"));
        }
        let resources = &self.resources;
        assert!(!resources.is_empty());
        let (mut seen, mut all) = (Vec::new(), false);
        for resource in resources {
            assert!(resources.len() == 1 || resource != "*/*", "{resources:?}");
            match resource.split_once('/') {
                None => all |= resource == "*",
                Some((name, part)) => {
                    let wider = [format!("{name}/*"), format!("*/{part}")];
                    assert!(
                        !wider.iter().any(|wider| seen.contains(wider)),
                        "{resources:?}"
                    );
                    seen.push(resource.clone());
                }
            }
        }
        let whole = resources
            .iter()
            .any(|resource| resource != "*" && !resource.contains('/'));
        assert!(!(all && whole), "{resources:?}");
    }

    pub(crate) fn matches(&self, case: &Case, version: &Version) -> bool {
        let listed = |list: &[String], word: &str| list.iter().any(|one| one == "*" || one == word);
        let cluster =
            case.namespace.is_empty() || (&*case.group, &*case.resource) == ("", "namespaces");
        let scope = match self.scope.as_str() {
            "*" => true,
            "Cluster" => cluster,
            "Namespaced" => !cluster,
            other => panic!("{other}"),
        };
        let resource = self.resources.iter().any(|resource| {
            let (name, part) = resource.split_once('/').unwrap_or((resource, ""));
            (name == "*" || name == case.resource) && (part == "*" || part == case.subresource)
        });
        scope
            && resource
            && listed(&self.operations, case.operation.as_str())
            && listed(&self.groups, &case.group)
            && listed(&self.versions, &version.0)
    }
}

impl Hook {
    /// The version in which a request is sent; `None` where it is not.
    pub(crate) fn sends<'c>(&self, case: &'c Case) -> Option<&'c Version> {
        if case.is_exempt() || self.excluded.contains(&case.selected_namespace()) {
            return None;
        }
        let own = case.version();
        let same = self.rules.iter().any(|rule| rule.matches(case, own));
        let converted = || {
            let mut rules = self.rules.iter();
            rules.find_map(|rule| {
                let mut versions = case.versions.iter().filter(|version| *version != own);
                versions.find(|version| rule.matches(case, version))
            })
        };
        let version = if same { own } else { converted()? };
        self.hold(case, version).then_some(version)
    }

    /// Whether the conditions hold. They never fail, and cost little.
    fn hold(&self, case: &Case, version: &Version) -> bool {
        let (object, old) = (case.object(version), case.old_object(version));
        let request = case.attributes(version);
        let mut roots = vec![Value::Null; Root::COUNT];
        roots[Root::Object.slot()] = node(object.as_ref());
        roots[Root::OldObject.slot()] = node(old.as_ref());
        roots[Root::Request.slot()] = Value::Node(request.root());
        let activation = Activation::new(roots, &[], 1_000_000);
        let mut holds = true;
        for (name, program) in &self.conditions {
            let value = program.evaluate(&activation);
            let value = value.unwrap_or_else(|error| {
                panic!("{name}: {error:?}\n{}\n{case:#?}", program.source())
            });
            holds &= value.as_bool().expect("a boolean");
        }
        let cost = activation.cost().total;
        assert!(cost <= COST, "{} costs {cost}\n{case:#?}", self.name);
        holds
    }
}

fn node(document: Option<&Document>) -> Value<'_> {
    document.map_or(Value::Null, |document| Value::Node(document.root()))
}

fn text(node: NodeRef<'_>, key: &str) -> String {
    node.get(key)
        .and_then(NodeRef::as_str)
        .unwrap_or_else(|| panic!("{key}"))
        .to_owned()
}

fn texts(node: NodeRef<'_>, key: &str) -> Vec<String> {
    let items = items(node, key).into_iter();
    items
        .map(|item| item.as_str().expect("text").to_owned())
        .collect()
}

fn items<'a>(node: NodeRef<'a>, key: &str) -> Vec<NodeRef<'a>> {
    let list = node.get(key).and_then(NodeRef::as_list);
    list.into_iter()
        .flat_map(|list| list.iter().collect::<Vec<_>>())
        .collect()
}
