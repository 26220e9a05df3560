//! Where pods come from: the pod templates of an object.

use crate::manifest::{NodeRef, View};

use super::kinds;

/// One step of the route to a pod template in a custom resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateStep {
    /// A key.
    Key(Box<str>),
    /// Every element of a list, or every value of a map.
    Each,
}

impl TemplateStep {
    /// Reads a route as Config writes it: keys with dots between them, `[]` for every element of a list and `*` for every
    /// value of a map.
    pub fn route(text: &str) -> Option<Vec<Self>> {
        let mut steps = Vec::new();
        for part in text.split('.') {
            let (key, each) = part
                .strip_suffix("[]")
                .map_or((part, false), |key| (key, true));
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
            match key {
                "*" => steps.push(Self::Each),
                _ if !key.is_empty() && key.bytes().all(plain) => {
                    steps.push(Self::Key(key.into()));
                }
                _ => return None,
            }
            if each {
                steps.push(Self::Each);
            }
        }
        Some(steps)
    }
}

/// A custom kind that carries pod templates, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodTemplateCrd {
    /// API group.
    pub group: Box<str>,
    /// Kind.
    pub kind: Box<str>,
    /// Routes to its templates.
    pub paths: Vec<Vec<TemplateStep>>,
    /// The users that its controller goes by: owner references to this kind are believed from them alone.
    pub controllers: Vec<Box<str>>,
    /// Whether it is of the catalogue, not of Config. It is judged and left as it is: of what else its API server would
    /// say of a changed template nothing is known, and its Pods are changed when they come.
    pub known: bool,
}

/// Whether objects of a kind carry pod templates.
pub fn carries_pods(group: &str, kind: &str, crds: &[PodTemplateCrd]) -> bool {
    kinds::built_in(group, kind).is_some_and(|known| known.pod_template.is_some())
        || crds
            .iter()
            .any(|crd| &*crd.group == group && &*crd.kind == kind)
}

/// The pod templates of an object, in order: the object itself for a Pod. A template that is absent or no map is left
/// out: there is nothing to judge, and the API server refuses it where it must be there.
pub fn templates<'a>(
    object: NodeRef<'a>,
    group: &str,
    kind: &str,
    crds: &[PodTemplateCrd],
) -> Vec<NodeRef<'a>> {
    if let Some(route) = kinds::built_in(group, kind).and_then(|known| known.pod_template) {
        return object
            .at(route)
            .filter(|node| node.as_map().is_some())
            .into_iter()
            .collect();
    }
    let routes = crds
        .iter()
        .filter(|crd| &*crd.group == group && &*crd.kind == kind)
        .flat_map(|crd| &crd.paths);
    routes
        .flat_map(|route| {
            let mut nodes = vec![object];
            for step in route {
                nodes = nodes
                    .into_iter()
                    .flat_map(|node| step_from(node, step))
                    .collect();
            }
            nodes
        })
        .filter(|node| node.as_map().is_some())
        .collect()
}

fn step_from<'a>(node: NodeRef<'a>, step: &TemplateStep) -> Vec<NodeRef<'a>> {
    match (step, node.view()) {
        (TemplateStep::Key(key), _) => node.get(key).into_iter().collect(),
        (TemplateStep::Each, View::List(list)) => list.iter().collect(),
        (TemplateStep::Each, View::Map(map)) => map.iter().map(|entry| entry.value).collect(),
        (TemplateStep::Each, _) => Vec::new(),
    }
}
