//! What an exception for the owner of an object lifts, and what it does not although it names it.

use std::cell::OnceCell;

use crate::engine::{self, Context, Kind, Request, Resource, Violation};
use crate::manifest::{Document, DocumentBuilder, NodeId};
use crate::policy::{Match, Operation};
use crate::schema::kinds;
use crate::schema::templates::{PodTemplateCrd, TemplateStep};

use super::assign::Assignment;
use super::exceptions::Subject;
use super::judge::Seen;
use super::lineage::Link;
use super::mask::Mask;
use super::{Decision, Judge, Lineage, Owner, Verdict};

impl Judge {
    /// Finds the exceptions that reach what one policy decided.
    pub(super) fn lift(
        &self,
        assignment: &Assignment,
        seen: Seen<'_>,
        lineage: &Lineage,
        judged: &mut Verdict,
    ) {
        let request = seen.context.request();
        let before = OnceCell::new();
        let between: Vec<_> = lineage
            .between()
            .iter()
            .map(|link| (link, OnceCell::new()))
            .collect();
        for decision in &mut judged.decisions {
            let violation = &decision.violation;
            let templates = seen.context.templates();
            let subject = Subject::of(&decision.policy, violation, request, templates);
            let lifting = |owner| self.exceptions.lifting(subject, owner);
            let exception = match lineage.top() {
                None => lifting(None),
                Some(top) if lineage.is_made() => {
                    let far = lifting(Some(top));
                    let near = |owner| lifting(Some(owner)).or_else(|| lifting(None));
                    let is_doubtful = |(link, found): &&(&Link, OnceCell<_>)| {
                        let found = found.get_or_init(|| self.as_held(link, assignment, seen));
                        !is_judged_as(found, decision)
                    };
                    // Nothing is run where no exception can reach.
                    let reach = far.is_some()
                        || between.iter().any(|(link, _)| near(&link.owner).is_some());
                    let doubtful = between.iter().filter(|_| reach).find(is_doubtful);
                    match doubtful {
                        None => far,
                        // What it says of its own owner is in doubt; itself it is not, and neither is the object.
                        Some((Link { owner, .. }, _)) => near(owner).or_else(|| {
                            let exception = far?;
                            let exception = &exception.name;
                            judged.unreached.push(format!(
                                "`{}`: exception `{exception}` for the owner `{}/{}` does not reach: `{}/{}` is in \
                                 between, and this policy does not refuse each that holds the same",
                                violation.validation, top.kind, top.name, owner.kind, owner.name
                            ));
                            None
                        }),
                    }
                }
                // What another than the owner's controller does with the object it does in its own name. What the
                // object already was is the owner's.
                Some(top) => lifting(None).or_else(|| {
                    let found = lifting(Some(top))?;
                    let before = before.get_or_init(|| self.before(assignment, seen));
                    stood_before(request, before, violation).then_some(found)
                }),
            };
            if exception.is_none() {
                let ended = |owner| self.exceptions.ended(subject, owner);
                let top = lineage.top().filter(|_| lineage.is_made());
                decision.ended = ended(None).or_else(|| ended(Some(top?)));
            }
            decision.exception = exception;
        }
    }

    /// What a policy would have decided of the object as it was before an UPDATE.
    fn before(&self, assignment: &Assignment, seen: Seen<'_>) -> Vec<Decision> {
        let request = *seen.context.request();
        let request = Request {
            object: request.old_object,
            ..request
        };
        self.decisions(assignment, &request, seen)
    }

    /// What a policy would have decided of an owner in between if that held this pod template: when it came, and when it
    /// was changed to hold it.
    ///
    /// Nobody witnesses what an owner in between says of its own owner: a person may have written it. What that person
    /// may not write is a violation, since it is judged in its own name then. This is so for this policy only if it
    /// judges objects of that kind, and finds in them what it finds here: in each of them, whatever else they hold, and
    /// on both ways. So nothing else is known of the stand-in, and what asks for more finds nothing.
    fn as_held(&self, link: &Link, assignment: &Assignment, seen: Seen<'_>) -> [Vec<Decision>; 2] {
        let of = seen.context.request();
        let Some([object, old]) = stand_in(link, seen.context, &self.crds) else {
            return <[_; 2]>::default();
        };
        let owner = &link.owner;
        let (_, version) = link
            .api_version
            .rsplit_once('/')
            .unwrap_or(("", &link.api_version));
        let resource = kinds::resource(&owner.group, &owner.kind);
        let kind = Kind {
            group: &owner.group,
            version,
            kind: &owner.kind,
        };
        let resource = Resource {
            group: &owner.group,
            version,
            resource: &resource,
        };
        let ways = [
            (Operation::Create, None),
            (Operation::Update, Some(old.root())),
        ];
        ways.map(|(operation, old_object)| {
            let request = Request {
                name: &owner.name,
                namespace: of.namespace,
                namespace_object: of.namespace_object,
                object: Some(object.root()),
                old_object,
                user_info: of.user_info,
                ..Request::new(operation, kind, resource)
            };
            self.decisions(assignment, &request, seen)
        })
    }

    fn decisions(
        &self,
        assignment: &Assignment,
        request: &Request<'_>,
        seen: Seen<'_>,
    ) -> Vec<Decision> {
        let context = Context::new(*request, seen.others, &self.crds);
        let policy = &assignment.policy;
        if policy.native.is_none() && engine::applies(&policy.matching, &context) != Match::Yes {
            return Vec::new();
        }
        let seen = Seen {
            context: &context,
            ..seen
        };
        let verdict = self.run(assignment, seen, &mut Mask::of(request));
        verdict.decisions
    }
}

/// Whether a policy that decides this of an owner in between, on each way, would have refused it for the same thing.
fn is_judged_as(found: &[Vec<Decision>; 2], decision: &Decision) -> bool {
    let violation = &decision.violation;
    let same = |known: &Decision| {
        known.at_admission >= decision.at_admission
            && known.violation.validation == violation.validation
            && known.violation.container == violation.container
    };
    found.iter().all(|way| way.iter().any(same))
}

/// Why nothing else is known of a stand-in.
const STAND_IN: &str = "it stands for any object of its kind";

/// An object of an owner's kind that holds the pod template of the object at hand, and what it was before; `None` where
/// that cannot be made. Whatever else they hold is not known.
fn stand_in(link: &Link, context: &Context<'_>, crds: &[PodTemplateCrd]) -> Option<[Document; 2]> {
    let owner = &link.owner;
    let [template] = context.templates() else {
        return None;
    };
    let route = route(owner, crds)?;
    let (first, inner) = route.split_first()?;
    let mut builder = DocumentBuilder::new();
    // A Pod is its own template, and more.
    let mut part = |path: [&'static str; 2]| {
        let known = template.at(&path).map(|node| (path[1], builder.copy(node)));
        known.into_iter().collect::<Vec<_>>()
    };
    let mut metadata = part(["metadata", "labels"]);
    metadata.extend(part(["metadata", "annotations"]));
    let metadata = builder.object(&metadata);
    let spec = builder.copy(template.get("spec")?);
    let mut held = builder.object(&[("metadata", metadata), ("spec", spec)]);
    for key in inner.iter().rev() {
        held = builder.object(&[(key, held)]);
        builder.open(held, STAND_IN);
    }
    let root = object(&mut builder, link, first, held);
    let new = builder.finish(root);
    let mut builder = DocumentBuilder::new();
    let held = builder.unknown(STAND_IN);
    let root = object(&mut builder, link, first, held);
    Some([new, builder.finish(root)])
}

/// An owner, of which only this field is known, and who it is.
fn object(builder: &mut DocumentBuilder, link: &Link, key: &str, value: NodeId) -> NodeId {
    let owner = &link.owner;
    let name = builder.string(&owner.name, None);
    let namespace = builder.string(owner.namespace.as_deref().unwrap_or_default(), None);
    let metadata = builder.object(&[("name", name), ("namespace", namespace)]);
    builder.open(metadata, STAND_IN);
    let api_version = builder.string(&link.api_version, None);
    let kind = builder.string(&owner.kind, None);
    let root = builder.object(&[
        ("apiVersion", api_version),
        ("kind", kind),
        ("metadata", metadata),
        (key, value),
    ]);
    builder.open(root, STAND_IN);
    root
}

/// The keys that lead to the pod template of an owner; `None` where it may have several.
fn route<'a>(owner: &Owner, crds: &'a [PodTemplateCrd]) -> Option<Vec<&'a str>> {
    if let Some(known) = kinds::built_in(&owner.group, &owner.kind) {
        return Some(known.pod_template?.to_vec());
    }
    let of_owner = |crd: &&PodTemplateCrd| (&crd.group, &crd.kind) == (&owner.group, &owner.kind);
    let [path] = &crds.iter().find(of_owner)?.paths[..] else {
        return None;
    };
    let key = |step: &'a TemplateStep| match step {
        TemplateStep::Key(key) => Some(&**key),
        TemplateStep::Each => None,
    };
    path.iter().map(key).collect()
}

/// Whether a violation was there before an UPDATE: the same validation at the same place, where nothing changed.
fn stood_before(request: &Request<'_>, before: &[Decision], violation: &Violation) -> bool {
    let path = &violation.field_path;
    let new = request.object.and_then(|object| object.follow(path));
    let old = request.old_object.and_then(|object| object.follow(path));
    let unchanged = match (new, old) {
        (Some(new), Some(old)) => new.same_value(old),
        (None, None) => true,
        _ => false,
    };
    unchanged
        && before.iter().any(|decision| {
            let old = &decision.violation;
            (&old.validation, &old.message) == (&violation.validation, &violation.message)
                && (&old.field_path, &old.container)
                    == (&violation.field_path, &violation.container)
        })
}
