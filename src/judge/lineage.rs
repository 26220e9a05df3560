//! Who stands behind an object: which owner reference is believed, and which object a chain of them ends at.
//!
//! Anybody who may create an object may write any `ownerReferences` into it. So a reference proves nothing by itself;
//! what proves it is who writes it. `kube-controller-manager` gives each controller a service account of its own, and a
//! controller writes references only into what it made or adopted. From there upwards each owner is looked up by uid,
//! in the same namespace, with the kind and the name that the reference gives.
//!
//! **The middle of a chain** is no longer witnessed by a requester: the job controller tells the truth of the Job that
//! it makes Pods for, but that Job may carry a reference to a `CronJob` that a person wrote. Therefore an object whose
//! reference is not believed at *its own* admission is judged in its own name, by its own template; a violating one does
//! not get in, so that there is nothing for the exception of the claimed owner to lift. It is asked again when its
//! template changes, and when it is given another controller (`who::is_unchanged`). A policy that does not look at Jobs
//! asks nothing of them: there an exception for the CronJob does not reach the Pod (`lift`).
//!
//! What remains are objects that got in while nobody denied: from before kpolicy, while it was away under failure
//! policy `Ignore`, under `warn` and `audit`. If one of them claims an owner, exceptions for that owner reach the Pods
//! that are made from it. A second witness would have to say which objects a controller made, and there is none to rely
//! on: `CronJob.status.active` is written after the Job, lists only what still runs, and would fail honest Jobs for as
//! long as it lags; the other controllers write no such list; names, labels and `managedFields` are the requester's word
//! like the reference.

use std::sync::Arc;

use crate::engine::Request;
use crate::manifest::{ListRef, NodeRef};
use crate::policy::Operation;
use crate::schema::controllers::{MAKERS, MANAGER};
use crate::schema::templates::{PodTemplateCrd, carries_pods};

use super::{Owner, OwnerReference, Owners};

/// The longest chain of owners. The built-in kinds make chains of two; each custom kind on top adds one.
const LONGEST: usize = 6;

/// An owner on the way up.
#[derive(Clone, Debug)]
pub(super) struct Link {
    /// The API version by which it is referred to.
    pub(super) api_version: Box<str>,
    /// The owner.
    pub(super) owner: Arc<Owner>,
}

/// Who stands behind an object, as far as it is proven. The default: nobody, the object stands for itself.
#[derive(Clone, Debug, Default)]
pub struct Lineage {
    /// Whether the object names a controller at all, of whatever kind.
    claimed: bool,
    /// Whether the requester is the controller of the kind that the object names.
    made: bool,
    /// The owners up to the one at the end; none where a step of the way is not proven.
    chain: Vec<Link>,
    /// Why the reference, or a later one, is not believed.
    doubt: Option<String>,
    /// The reference to an owner that is not known.
    missing: Option<OwnerReference>,
}

impl Lineage {
    /// Follows the references of a request's object. `crds` are the custom kinds that carry pod templates.
    pub(super) fn of(request: &Request<'_>, owners: &dyn Owners, crds: &[PodTemplateCrd]) -> Self {
        let mut lineage = Self::default();
        let Some(object) = request.object.or(request.old_object) else {
            return lineage;
        };
        lineage.claimed = controllers(object).next().is_some();
        if lineage.claimed && carries_pods(request.kind.group, request.kind.kind, crds) {
            let doubt = lineage.follow(request, object, owners, crds).err();
            lineage.doubt = doubt;
        }
        lineage
    }

    fn follow(
        &mut self,
        request: &Request<'_>,
        object: NodeRef<'_>,
        owners: &dyn Owners,
        crds: &[PodTemplateCrd],
    ) -> Result<(), String> {
        let mut references = controllers(object);
        let reference = references.next().and_then(read);
        let (Some(mut reference), None) = (reference, references.next()) else {
            return Err("the object must name one controller, with kind, name and uid".to_owned());
        };
        let user = user(request).unwrap_or_default();
        let made = (request.kind.group, request.kind.kind);
        match makes(&reference, crds, made) {
            Some(makers) if makers.include(user) => self.made = true,
            Some(_) if stood_before(request, &reference) => {}
            Some(_) => {
                return Err(format!(
                    "{} is not believed: `{user}` is not the controller of {}s",
                    shown(&reference),
                    plain(&reference.kind)
                ));
            }
            None => {
                return Err(format!(
                    "{} is not believed: no controller is known that makes {}s for it",
                    shown(&reference),
                    made.1
                ));
            }
        }
        let mut chain: Vec<Link> = Vec::new();
        loop {
            let Some(owner) = owners.owner(&reference.uid) else {
                let doubt = format!(
                    "{} is not believed: no such object with uid `{}` is known",
                    shown(&reference),
                    plain(&reference.uid)
                );
                self.missing = Some(reference);
                return Err(doubt);
            };
            if let Some(other) = difference(&reference, &owner, request.namespace) {
                return Err(format!(
                    "{} is not believed: the object with its uid {other}",
                    shown(&reference)
                ));
            }
            if chain.iter().any(|link| link.owner.uid == owner.uid) {
                return Err(format!("{} owns itself in the end", shown(&reference)));
            }
            let made = (&*owner.group, &*owner.kind);
            let next = owner.controller.clone();
            let next = next.filter(|next| makes(next, crds, made).is_some());
            chain.push(Link {
                api_version: reference.api_version.clone(),
                owner,
            });
            // What no controller makes is what a person (or something that is not judged) wrote.
            match next {
                None => {
                    self.chain = chain;
                    return Ok(());
                }
                Some(_) if chain.len() == LONGEST => {
                    return Err(format!(
                        "the owners of {} are more than {LONGEST}",
                        shown(&reference)
                    ));
                }
                Some(next) => reference = next,
            }
        }
    }

    /// The same for somebody who does not ask for the top owner: nothing is missing, and nothing to be explained.
    pub(super) fn without_questions(self) -> Self {
        Self {
            missing: None,
            doubt: None,
            ..self
        }
    }

    /// Whether the object names a controller, true or not.
    pub const fn is_claimed(&self) -> bool {
        self.claimed
    }

    /// Whether the requester is the controller that the object names: then what it makes from the object is judged
    /// instead of the object.
    pub const fn is_made(&self) -> bool {
        self.made
    }

    /// The object that a person wrote, where it is another one, and proven.
    ///
    /// Where the object was [made](Self::is_made) by the requester it stands behind all of it; otherwise only behind
    /// what was there before the request.
    pub fn top(&self) -> Option<&Owner> {
        self.chain.last().map(|link| &*link.owner)
    }

    /// The owners between the object and the top one, nearest first.
    pub(super) fn between(&self) -> &[Link] {
        self.chain.split_last().map_or(&[], |(_, between)| between)
    }

    /// Why an owner that the object names, or one further up, is not believed.
    pub fn doubt(&self) -> Option<&str> {
        self.doubt.as_deref()
    }

    /// The reference that could be followed further if its owner were known, where the requester may speak for it.
    pub fn missing(&self) -> Option<&OwnerReference> {
        self.missing.as_ref().filter(|_| self.made)
    }
}

/// The owner references that say `controller: true`. The API server lets no more than one pass.
pub(super) fn controllers(object: NodeRef<'_>) -> impl Iterator<Item = NodeRef<'_>> {
    let list = object
        .at(&["metadata", "ownerReferences"])
        .and_then(NodeRef::as_list);
    let entries = list.into_iter().flat_map(ListRef::iter);
    entries.filter(|entry| entry.get("controller").and_then(NodeRef::as_bool) == Some(true))
}

/// What an entry says; `None` where it says too little.
pub(super) fn read(entry: NodeRef<'_>) -> Option<OwnerReference> {
    let text = |key: &str| {
        let text = entry.get(key).and_then(NodeRef::as_str)?;
        (!text.is_empty()).then(|| Box::from(text))
    };
    Some(OwnerReference {
        api_version: text("apiVersion")?,
        kind: text("kind")?,
        name: text("name")?,
        uid: text("uid")?,
    })
}

/// Who asks; unknown offline.
fn user<'a>(request: &Request<'a>) -> Option<&'a str> {
    request.user_info?.get("username").and_then(NodeRef::as_str)
}

/// Whether an UPDATE leaves the reference as it was.
fn stood_before(request: &Request<'_>, reference: &OwnerReference) -> bool {
    let old = request
        .old_object
        .filter(|_| request.operation == Operation::Update);
    let old = old.and_then(|old| controllers(old).next()).and_then(read);
    old.as_ref() == Some(reference)
}

/// Who makes objects for an owner.
enum Makers<'a> {
    BuiltIn(&'static str),
    Custom(&'a [Box<str>]),
}

impl Makers<'_> {
    fn include(&self, user: &str) -> bool {
        match self {
            Self::BuiltIn(maker) => user == *maker || user == MANAGER,
            Self::Custom(makers) => makers.iter().any(|maker| **maker == *user),
        }
    }
}

/// Who makes objects of this group and kind for the owner that a reference names; `None` where nobody does. Of a custom
/// kind it is not known which kinds its controller makes.
fn makes<'a>(
    reference: &OwnerReference,
    crds: &'a [PodTemplateCrd],
    made: (&str, &str),
) -> Option<Makers<'a>> {
    let owner = (reference.group(), &*reference.kind);
    let built_in = MAKERS
        .iter()
        .find(|maker| (maker.group, maker.kind) == owner && maker.makes == made);
    let custom = || {
        let crd = crds
            .iter()
            .find(|crd| (&*crd.group, &*crd.kind) == owner && !crd.controllers.is_empty())?;
        Some(Makers::Custom(&crd.controllers))
    };
    built_in
        .map(|maker| Makers::BuiltIn(maker.user))
        .or_else(custom)
}

/// What keeps an object from being the owner that a reference names.
fn difference(
    reference: &OwnerReference,
    owner: &Owner,
    namespace: Option<&str>,
) -> Option<&'static str> {
    if owner.uid != reference.uid {
        Some("has another uid")
    } else if owner.namespace.as_deref() != namespace {
        Some("is in another namespace")
    } else if *owner.group != *reference.group() || owner.kind != reference.kind {
        Some("is of another kind")
    } else if owner.name != reference.name {
        Some("has another name")
    } else {
        None
    }
}

/// For audit events and logs. The API server lets a reference say anything, of any length.
fn shown(reference: &OwnerReference) -> String {
    format!(
        "the owner `{}/{}`",
        plain(&reference.kind),
        plain(&reference.name)
    )
}

/// No name of an object is longer.
const LONGEST_NAME: usize = 253;

/// What a reference says, where it can be the name of something; otherwise only that it cannot.
fn plain(text: &str) -> &str {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':');
    if text.len() <= LONGEST_NAME && text.bytes().all(is_part) {
        text
    } else {
        "(no name)"
    }
}
