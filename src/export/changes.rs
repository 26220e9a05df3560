//! What an UPDATE changes, as CEL: the same comparisons that `judge::who` makes.
//!
//! Nothing here may fail: what may be absent is asked for, and what may be no map is asked whether it is one.

use super::expression::{any, literal};
use super::needs::{Need, TemplateKind};
use super::pattern::{Pattern, any_of};

/// Names a controller that the object did not name before.
pub(super) const OTHER_CONTROLLER: &str = "\
    object.?metadata.?ownerReferences.orValue([]).exists(owner, owner.?controller.orValue(false) == true &&\n\
    !oldObject.?metadata.?ownerReferences.orValue([]).exists(old, old.?controller.orValue(false) == true &&\n\
    old.?uid == owner.?uid && old.?name == owner.?name && old.?kind == owner.?kind && old.?apiVersion == owner.?apiVersion))";

/// Labels are not what they were.
pub(super) const OTHER_LABELS: &str =
    "object.?metadata.?labels.orValue({}) != oldObject.?metadata.?labels.orValue({})";

/// That annotations, or anything but metadata and status, are not what they were. A status is looked at where it is
/// what the request is about.
pub(super) fn content_differs(needs: &[Need]) -> String {
    let status = Pattern::new("*", "*", "status");
    let may_be_status = needs
        .iter()
        .any(|need| need.clause.pattern.overlaps(&status));
    let counts = if may_be_status {
        "key != 'metadata' && (key != 'status' || has(request.subResource) && request.subResource == 'status')"
    } else {
        "!(key in ['metadata', 'status'])"
    };
    format!(
        "(object.?metadata.?annotations.orValue({{}}) != oldObject.?metadata.?annotations.orValue({{}}) ||\n\
         object.exists(key, {counts} && !(key in oldObject && object[key] == oldObject[key])) ||\n\
         oldObject.exists(key, {counts} && !(key in object)))"
    )
}

/// That the pod templates of one of these kinds are not what they were.
pub(super) fn template_differs(kinds: &[&TemplateKind]) -> String {
    let mut together: Vec<(String, Vec<Pattern>)> = Vec::new();
    for kind in kinds.iter().filter(|kind| !kind.is("", "pods")) {
        let text = routes_differ(kind);
        let pattern = Pattern::new(&kind.group, &kind.resource, "*");
        match together.iter_mut().find(|(known, _)| *known == text) {
            Some((_, patterns)) => patterns.push(pattern),
            None => together.push((text, vec![pattern])),
        }
    }
    // The one that most kinds have needs no naming.
    together.sort_by_key(|(_, patterns)| patterns.len());
    let Some((usual, _)) = together.pop() else {
        return "true".to_owned();
    };
    let cases = together.into_iter().filter_map(|(text, patterns)| {
        any_of(&patterns).map(|about| format!("{about} ? {text}\n: "))
    });
    let cases: String = cases.collect();
    if cases.is_empty() {
        usual
    } else {
        format!("({cases}{usual})")
    }
}

fn routes_differ(kind: &TemplateKind) -> String {
    let routes = kind.routes.iter();
    let each = routes.map(|route| {
        // Nothing is known of the way, so whatever differs may be a template.
        if route.is_empty() {
            return content_differs(&[]);
        }
        let at = |root: &str| value_at(root, route, kind.built_in);
        format!("{} != {}", at("object"), at("oldObject"))
    });
    any(each.collect())
}

/// What stands at the end of a route. What is no map on the way stands for what is not behind it: to ask for its fields
/// would be an error.
fn value_at(root: &str, route: &[Box<str>], built_in: bool) -> String {
    let ends = (1..=route.len()).map(|end| {
        let keys = route.iter().take(end);
        let keys: String = keys.map(|key| field(key)).collect();
        format!("{root}{keys}.orValue(null)")
    });
    let mut ends: Vec<String> = ends.collect();
    let Some(last) = ends.pop() else {
        return root.to_owned();
    };
    if built_in || ends.is_empty() {
        return last;
    }
    let guards: Vec<String> = ends
        .iter()
        .map(|value| format!("type({value}) != map ? {value} : "))
        .collect();
    let guards = guards.concat();
    format!("({guards}{last})")
}

/// The way to a field that may not be there.
fn field(key: &str) -> String {
    let mut bytes = key.bytes();
    let is_name = bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !crate::cel::is_keyword(key);
    if is_name {
        format!(".?{key}")
    } else {
        format!("[?{}]", literal(key))
    }
}
