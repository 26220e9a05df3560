//! What an expression may use: roots, by slot, declared `variables.*`, by index, functions, and the types of all these.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::functions::{self, Group, Style};
use super::types::{FieldType, ObjectTypes, Overload, StaticType, patches};

/// A minor release of Kubernetes, 1.x.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release(u8);

/// The text is no release such as `1.36`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a Kubernetes release is written as `1.36`")]
pub struct NoRelease;

impl Release {
    /// The newest release whose functions kpolicy knows.
    pub const NEWEST: Self = Self(37);

    /// Release 1.`minor`.
    pub const fn minor(minor: u8) -> Self {
        Self(minor)
    }

    /// The number behind `1.`.
    pub const fn as_minor(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.0)
    }
}

/// `1.36`, also as `v1.36.2`: a patch release changes nothing here.
impl FromStr for Release {
    type Err = NoRelease;

    fn from_str(text: &str) -> Result<Self, NoRelease> {
        let mut parts = text.strip_prefix('v').unwrap_or(text).splitn(3, '.');
        let (Some("1"), Some(minor)) = (parts.next(), parts.next()) else {
            return Err(NoRelease);
        };
        if !minor.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NoRelease);
        }
        minor.parse().map(Self).map_err(|_| NoRelease)
    }
}

/// A top-level name.
#[derive(Clone, Debug)]
struct Name {
    name: Box<str>,
    kind: StaticType,
}

/// What an expression may use.
///
/// A root is a top-level name such as `object`; its slot is its position in [`Environment::new`], and an
/// [`Activation`](super::Activation) gives the roots' values in the same order. Variables are read as
/// `variables.<name>`; each may read those that were declared before it.
///
/// At first roots may be anything, and every function may be used that kpolicy has.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    roots: Vec<Name>,
    variables: Vec<Name>,
    objects: Option<Arc<dyn ObjectTypes>>,
    target: Option<Release>,
    native: bool,
    no_mutation: bool,
    mixed_literals: bool,
    plain_objects: bool,
    unchecked: bool,
}

impl Environment {
    /// An environment with these roots, in slot order. A dotted name such as `authorizer.requestResource` is one root.
    pub fn new<'n>(roots: impl IntoIterator<Item = &'n str>) -> Self {
        let roots = roots.into_iter().map(|name| Name {
            name: name.into(),
            kind: StaticType::Dyn,
        });
        Self {
            roots: roots.collect(),
            ..Self::default()
        }
    }

    /// Leaves out the functions that an API server of this release does not yet allow in a new policy: those that
    /// came with the release itself, too, since the API server may be rolled back by one.
    ///
    /// Upstream: `k8s.io/apiserver/pkg/cel/environment`, `DefaultCompatibilityVersion`.
    #[must_use]
    pub fn for_release(mut self, release: Release) -> Self {
        self.target = Some(release);
        self
    }

    /// Leaves out kpolicy's own functions: what remains is what the API server has.
    #[must_use]
    pub fn native(mut self) -> Self {
        self.native = true;
        self
    }

    /// Leaves out what only mutations may use: `JSONPatch`, `Object` and `jsonpatch.escapeKey`.
    #[must_use]
    pub fn without_mutation(mut self) -> Self {
        self.no_mutation = true;
        self
    }

    /// Lets list and map literals hold values of several types, and leaves a constant that is no index to run time, as
    /// CEL itself does and the API server does not.
    #[must_use]
    pub fn with_mixed_literals(mut self) -> Self {
        self.mixed_literals = true;
        self
    }

    /// Takes the structs of [`StaticType::Object`] for the maps of documents that they are when an expression runs:
    /// what a map can do is no mistake then. To the API server's own type checking it is.
    #[must_use]
    pub fn with_plain_objects(mut self) -> Self {
        self.plain_objects = true;
        self
    }

    /// Leaves the checker out: what an expression cannot do, it finds out when it runs, as CEL without a checker does.
    #[must_use]
    pub fn unchecked(mut self) -> Self {
        self.unchecked = true;
        self
    }

    /// Says what fields the structs have that [`StaticType::Object`] names.
    #[must_use]
    pub fn with_objects(mut self, objects: Arc<dyn ObjectTypes>) -> Self {
        self.objects = Some(objects);
        self
    }

    /// Says of which type a root is. Nothing where there is no such root.
    pub fn set_type(&mut self, root: &str, kind: StaticType) {
        if let Some(slot) = self.root(root)
            && let Some(root) = self.roots.get_mut(slot)
        {
            root.kind = kind;
        }
    }

    /// Makes `variables.<name>` known to what is compiled from now on. Of two with one name the later is meant.
    pub fn declare_variable(&mut self, name: &str) {
        self.declare(name, StaticType::Dyn);
    }

    /// As [`declare_variable`](Self::declare_variable), with its type.
    pub fn declare(&mut self, name: &str, kind: StaticType) {
        self.variables.push(Name {
            name: name.into(),
            kind,
        });
    }

    /// The slot of a root.
    pub fn root(&self, name: &str) -> Option<usize> {
        self.roots.iter().position(|root| &*root.name == name)
    }

    /// The index of a declared variable.
    pub fn variable(&self, name: &str) -> Option<usize> {
        self.variables
            .iter()
            .rposition(|variable| &*variable.name == name)
    }

    /// The roots in slot order.
    pub fn roots(&self) -> impl Iterator<Item = &str> {
        self.roots.iter().map(|root| &*root.name)
    }

    /// The variables in the order they were declared.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(|variable| &*variable.name)
    }

    /// The type of a root.
    pub fn root_type(&self, slot: usize) -> StaticType {
        kind_at(&self.roots, slot)
    }

    /// The type of a variable.
    pub fn variable_type(&self, index: usize) -> StaticType {
        kind_at(&self.variables, index)
    }

    /// The functions and macros that may be used here, as they are written: `size(`, `.size(`, `sets.contains(`.
    pub fn functions(&self) -> BTreeSet<String> {
        let offered = functions::all()
            .filter(|function| self.offers(function.group))
            .filter(|function| function.overloads.iter().any(|overload| self.has(overload)));
        let written = offered.map(|function| match function.style {
            Style::Global => format!("{}(", function.name),
            Style::Method => format!(".{}(", function.name),
        });
        let macros = super::compile::MACRO_FORMS
            .iter()
            .filter(|(_, since)| self.too_old_for(*since).is_none())
            .filter_map(|(form, _)| {
                let (call, _) = form.split_once('(')?;
                let method = call.split_once('.').map(|(_, name)| format!(".{name}("));
                Some(method.unwrap_or_else(|| format!("{call}(")))
            });
        written.chain(macros).collect()
    }

    pub(super) fn field(&self, object: &str, field: &str) -> Option<FieldType> {
        patches::field(object, field).or_else(|| self.objects.as_ref()?.field(object, field))
    }

    pub(super) fn fields(&self, object: &str) -> Vec<String> {
        let fields = patches::fields(object)
            .map(str::to_owned)
            .collect::<Vec<_>>();
        match &self.objects {
            Some(objects) if fields.is_empty() => objects.fields(object),
            _ => fields,
        }
    }

    pub(super) const fn allows_mixed_literals(&self) -> bool {
        self.mixed_literals
    }

    pub(super) const fn is_native(&self) -> bool {
        self.native
    }

    pub(super) const fn has_plain_objects(&self) -> bool {
        self.plain_objects
    }

    pub(super) const fn is_unchecked(&self) -> bool {
        self.unchecked
    }

    pub(super) const fn allows_mutation(&self) -> bool {
        !self.no_mutation
    }

    /// Whether functions of this group may be used.
    pub(super) const fn offers(&self, group: Group) -> bool {
        match group {
            Group::Kubernetes => true,
            Group::Mutation => !self.no_mutation,
            Group::KPolicy => !self.native,
        }
    }

    /// Whether this overload may be used in the target release.
    pub(super) fn has(&self, overload: &Overload) -> bool {
        self.too_old_for(overload.since).is_none()
    }

    /// The target release where it does not yet allow what came in this minor release.
    pub(super) fn too_old_for(&self, since: u8) -> Option<Release> {
        self.target
            .filter(|target| since > 0 && since >= target.as_minor())
    }

    /// What is said of a call that came with a later minor release than the target allows; `None` where it is allowed.
    pub(super) fn too_new(&self, name: &str, since: u8) -> Option<String> {
        let target = self.too_old_for(since)?;
        let from = since + 1;
        Some(format!(
            "a new policy may call `{name}` like this from Kubernetes 1.{from} on; this one is for {target}"
        ))
    }
}

fn kind_at(names: &[Name], index: usize) -> StaticType {
    names
        .get(index)
        .map_or(StaticType::Dyn, |name| name.kind.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_read_with_and_without_its_patch_number() {
        for (text, minor) in [
            ("1.36", 36),
            ("v1.36", 36),
            ("1.36.2", 36),
            ("v1.9.0-beta.1", 9),
        ] {
            assert_eq!(text.parse(), Ok(Release::minor(minor)), "{text}");
        }
        for text in ["", "1", "1.", "2.0", "1.x", "1.+3", "1.300", "36"] {
            assert_eq!(text.parse::<Release>(), Err(NoRelease), "{text}");
        }
        assert_eq!(Release::minor(36).to_string(), "1.36");
    }
}
