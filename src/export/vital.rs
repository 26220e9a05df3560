//! What is never sent, or only where a policy says its name: what the cluster lives on, and what mends kpolicy itself.
//!
//! A control plane that waits for a webhook cannot mend the webhook. Nodes renew their leases each 10 seconds, and
//! leaders are elected by leases and lease candidates; kubelet writes the status of each Pod many times a minute. Nodes
//! join and are tainted by kubelets and controllers, the scheduler binds each Pod, those of the webhook too, and a
//! namespace ends by what its controller writes: what these do is never sent, and what others do to a Node only for a
//! policy that says its name. Through a status they can write labels and annotations, as everywhere.

use crate::policy::Policy;

use super::expression::{not, one_of};
use super::needs::Need;
use super::pattern::{ANY, Pattern, any_of};

/// The group of kpolicy's own kinds.
const OWN_GROUP: &str = "kpolicy.io";

/// Never sent, whatever a policy names: what, and the condition that keeps it from a rule with wildcards.
const NEVER: [(&str, &[(&str, &str)]); 3] = [
    ("not-a-lease", &[("coordination.k8s.io", ANY)]),
    (
        "not-an-event",
        &[("", "events"), ("events.k8s.io", "events")],
    ),
    (
        "not-an-access-review",
        &[
            ("authentication.k8s.io", ANY),
            ("authorization.k8s.io", ANY),
        ],
    ),
];

/// Users that make nodes join, taint them and take them away: kubelets, and what runs in kube-system. Nobody else can be
/// called so: the API server gives these names itself.
const MACHINES: [&str; 2] = ["system:node:", "system:serviceaccount:kube-system:"];
/// The same, where controllers have no accounts of their own.
const MACHINE_USERS: [&str; 3] = [
    "system:cloud-controller-manager",
    "system:kube-controller-manager",
    "system:kube-scheduler",
];

/// Who puts Pods on nodes.
const SCHEDULER: &str = "system:kube-scheduler";

/// What the API server sends to no webhook: a mistake there could not be mended.
///
/// Upstream: `IsExemptAdmissionConfigurationResource` in k8s.io/apiserver
/// `admission/plugin/webhook/predicates/rules`.
const EXEMPT: [&str; 6] = [
    "mutatingadmissionpolicies",
    "mutatingadmissionpolicybindings",
    "mutatingwebhookconfigurations",
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
    "validatingwebhookconfigurations",
];

fn never() -> impl Iterator<Item = (&'static str, Vec<Pattern>)> {
    NEVER.iter().map(|(name, kinds)| {
        let patterns = kinds
            .iter()
            .map(|(group, resource)| Pattern::new(group, resource, ANY));
        (*name, patterns.collect())
    })
}

/// Nodes and what is part of them.
fn nodes() -> Pattern {
    Pattern::new("", "nodes", ANY)
}

/// Whether a pattern says the name of nodes, or of their status, by which labels and annotations can be written.
fn is_node(pattern: &Pattern) -> bool {
    matches!(&*pattern.group, "" | ANY)
        && &*pattern.resource == "nodes"
        && matches!(&*pattern.subresource, "" | "status")
}

/// By what a namespace ends.
fn ends_of_namespaces() -> [Pattern; 2] {
    ["finalize", "status"].map(|part| Pattern::new("", "namespaces", part))
}

/// Whether a need can be met at all. A policy that says the name of what is never sent is told so.
pub(super) fn is_sent(policy: &Policy, need: &Need, notes: &mut Vec<String>) -> bool {
    let pattern = &need.clause.pattern;
    let exempt =
        &*pattern.group == "admissionregistration.k8s.io" && EXEMPT.contains(&&*pattern.resource);
    let node = nodes().covers(&pattern.kinds()) && !is_node(pattern);
    let vital =
        node || never().any(|(_, kinds)| kinds.iter().any(|kind| kind.covers(&pattern.kinds())));
    if exempt || vital {
        let who = if exempt {
            "the API server sends them to no webhook"
        } else {
            "the cluster could not live with a webhook that does not answer"
        };
        notes.push(format!(
            "`{}` names `{}`, which are never sent: {who}",
            policy.name,
            pattern.written()
        ));
    }
    !(exempt || vital)
}

/// The conditions that keep from rules with wildcards what is not meant: name and expression.
pub(super) fn conditions(needs: &[Need]) -> Vec<(&'static str, String)> {
    let reaches = |pattern: &Pattern| {
        needs
            .iter()
            .any(|need| need.clause.pattern.overlaps(pattern))
    };
    let mut all = Vec::new();
    for (name, kinds) in never() {
        if kinds.iter().any(reaches)
            && let Some(text) = any_of(&kinds)
        {
            all.push((name, not(&text)));
        }
    }
    if reaches(&nodes())
        && let Some(text) = any_of(&[nodes()])
    {
        let patterns = needs.iter().map(|need| &need.clause.pattern);
        let named = patterns.filter(|pattern| is_node(pattern));
        let (whole, status): (Vec<_>, Vec<_>) =
            named.partition(|pattern| pattern.subresource.is_empty());
        let of_status = "has(request.subResource) && request.subResource == 'status'";
        let part = match (whole.is_empty(), status.is_empty()) {
            (true, true) => None,
            (false, true) => Some("!has(request.subResource)".to_owned()),
            (true, false) => Some(of_status.to_owned()),
            (false, false) => Some(format!("(!has(request.subResource) || {of_status})")),
        };
        let text = not(&text);
        all.push((
            "not-a-node",
            match part {
                Some(part) => format!("{text} ||\n{part} && {}", by_others()),
                None => text,
            },
        ));
    }
    let ends = ends_of_namespaces();
    if ends.iter().any(reaches)
        && let Some(text) = any_of(&ends)
    {
        all.push((
            "not-the-end-of-a-namespace",
            format!("{} ||\n{}", not(&text), by_others()),
        ));
    }
    let bindings = [
        Pattern::new("", "bindings", ""),
        Pattern::new("", "pods", "binding"),
    ];
    if bindings.iter().any(reaches)
        && let Some(text) = any_of(&bindings)
    {
        let user = format!("request.userInfo.username != '{SCHEDULER}'");
        all.push((
            "not-the-scheduler",
            format!(
                "!has(request.userInfo.username) || {user} ||\n{}",
                not(&text)
            ),
        ));
    }
    let status = Pattern::new(ANY, ANY, "status");
    let is_named = |pattern: &Pattern| &*pattern.subresource == "status";
    if let Some(text) = unless_named(needs, &status, is_named, "request.subResource != 'status'") {
        all.push((
            "not-a-status",
            format!("!has(request.subResource) || {text}"),
        ));
    }
    let own = Pattern::new(OWN_GROUP, ANY, ANY);
    let is_named = |pattern: &Pattern| &*pattern.group == OWN_GROUP;
    let text = format!("request.resource.group != '{OWN_GROUP}'");
    if let Some(text) = unless_named(needs, &own, is_named, &text) {
        all.push(("not-a-policy", text));
    }
    if reaches(&Pattern::new(
        "apiextensions.k8s.io",
        "customresourcedefinitions",
        ANY,
    )) {
        let group = "request.resource.group != 'apiextensions.k8s.io'";
        let name = format!("!has(request.name) || !request.name.endsWith('.{OWN_GROUP}')");
        all.push(("not-a-kind-of-kpolicy", format!("{group} || {name}")));
    }
    all
}

/// That none of the machines asks.
fn by_others() -> String {
    let user = "request.userInfo.username";
    let mut terms: Vec<String> = MACHINES
        .iter()
        .map(|prefix| format!("!{user}.startsWith('{prefix}')"))
        .collect();
    terms.push(not(&one_of(user, MACHINE_USERS)));
    format!("(!has({user}) || {})", terms.join(" && "))
}

/// A condition for requests of `pattern` that no policy names; `None` where none can come, or each is named.
fn unless_named(
    needs: &[Need],
    pattern: &Pattern,
    is_named: impl Fn(&Pattern) -> bool,
    otherwise: &str,
) -> Option<String> {
    let reaching = || {
        let patterns = needs.iter().map(|need| &need.clause.pattern);
        patterns.filter(|other| other.overlaps(pattern))
    };
    if reaching().all(&is_named) {
        return None;
    }
    let named: Vec<Pattern> = reaching()
        .filter(|other| is_named(other))
        .map(Pattern::kinds)
        .collect();
    if named.is_empty() {
        return Some(otherwise.to_owned());
    }
    any_of(&named).map(|named| format!("{otherwise} || {named}"))
}

/// The condition that keeps autoscalers from being asked, where a rule can match a change of scale.
pub(super) fn scaling(needs: &[Need], autoscalers: &[&str]) -> Option<String> {
    let scale = Pattern::new(ANY, ANY, "scale");
    if !needs
        .iter()
        .any(|need| need.clause.pattern.overlaps(&scale))
        || autoscalers.is_empty()
    {
        return None;
    }
    let by = not(&one_of(
        "request.userInfo.username",
        autoscalers.iter().copied(),
    ));
    Some(format!(
        "!has(request.subResource) || request.subResource != 'scale' ||\n\
         !has(request.userInfo.username) || {by}"
    ))
}
