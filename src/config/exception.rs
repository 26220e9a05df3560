//! `PolicyException`: a reasoned, dated exemption, and how it is read.

use std::sync::Arc;

use crate::manifest::{Document, Fields, LabelSelector, Placed, Problem};
use crate::source::Span;

use super::{API_VERSION, Date, owned};

/// Which objects an exception reaches. Every list that is empty reaches all.
#[derive(Clone, Debug, Default)]
pub struct ExceptionMatch {
    /// Names of clusters.
    pub clusters: Vec<Placed<Box<str>>>,
    /// Namespaces, globs with `*` allowed.
    pub namespaces: Vec<Placed<Box<str>>>,
    /// Kinds of the top owner.
    pub kinds: Vec<Placed<Box<str>>>,
    /// Names of the top owner, globs with `*` allowed.
    pub names: Vec<Box<str>>,
    /// Names of containers, globs with `*` allowed.
    pub containers: Vec<Box<str>>,
    /// Labels: of the pod template for policies of pod templates, of the object for all others.
    pub selector: LabelSelector,
}

impl ExceptionMatch {
    /// Whether no namespace is left out by name.
    pub(super) fn is_of_every_namespace(&self) -> bool {
        let namespaces = &self.namespaces;
        namespaces.is_empty() || namespaces.iter().any(|name| is_any(&name.value))
    }
}

/// Whether a glob stands for every name.
fn is_any(pattern: &str) -> bool {
    pattern.bytes().all(|byte| byte == b'*')
}

/// Names an exception wherever it is told what it lifts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExceptionId {
    /// `<namespace>/<name>`.
    pub name: Box<str>,
    /// The last day on which it holds.
    pub expires: Date,
}

/// A reasoned, dated exemption from policies.
#[derive(Clone, Debug)]
pub struct PolicyException {
    /// `<namespace>/<name>`.
    pub name: Box<str>,
    /// The namespace it is in.
    pub namespace: Placed<Box<str>>,
    /// Policies, or `policy/validation`.
    pub policies: Vec<Placed<Box<str>>>,
    /// Which objects it reaches.
    pub matches: ExceptionMatch,
    /// Why.
    pub reason: Box<str>,
    /// Who answers for it.
    pub owner: Box<str>,
    /// Where it is tracked.
    pub ticket: Option<Box<str>>,
    /// The last day on which it holds.
    pub expires: Date,
    /// Where `expires` is said.
    pub expires_span: Option<Span>,
    /// Where its name stands.
    pub span: Option<Span>,
}

impl PolicyException {
    /// Its name and its end.
    pub fn id(&self) -> Arc<ExceptionId> {
        Arc::new(ExceptionId {
            name: self.name.clone(),
            expires: self.expires,
        })
    }
}

/// Reads a `PolicyException`; `None` where a part that it cannot be without is missing or wrong.
pub fn read_exception(document: &Document, problems: &mut Vec<Problem>) -> Option<PolicyException> {
    let mut root = Fields::new(document.root(), "a PolicyException", problems);
    root.header(API_VERSION, "PolicyException");
    let identity = root.required_map("metadata").and_then(read_identity);
    let spec = root.required_map("spec").and_then(read_spec);
    // Present on objects that come from a cluster; nothing of it is ours to read.
    root.node("status");
    let ((name, namespace), spec) = identity.zip(spec)?;
    Some(PolicyException {
        name: format!("{}/{}", namespace.value, name.value).into(),
        namespace,
        span: name.span,
        ..spec
    })
}

type Identity = (Placed<Box<str>>, Placed<Box<str>>);

fn read_identity(mut fields: Fields<'_, '_>) -> Option<Identity> {
    let name = fields.required_text("name").map(Box::from);
    let namespace = fields.required_text("namespace").map(Box::from);
    let (name_span, namespace_span) = (fields.span("name"), fields.span("namespace"));
    fields.accept_rest();
    Some((
        Placed {
            value: name?,
            span: name_span,
        },
        Placed {
            value: namespace?,
            span: namespace_span,
        },
    ))
}

fn read_spec(mut fields: Fields<'_, '_>) -> Option<PolicyException> {
    let policies = read_policies(&mut fields);
    let matches = fields.required_map("match").map(read_match);
    let reason = fields.required_text("reason");
    let owner = fields.required_text("owner");
    let ticket = fields.text("ticket").map(Box::from);
    let expires_span = fields.span("expires");
    let expires = fields.required_text("expires").and_then(|text| {
        let date = Date::parse(text);
        if date.is_none() {
            let message = format!("`expires` is `{text}`, which is no date");
            let help = "write the last day on which the exception holds as `YYYY-MM-DD`";
            fields.report(Problem::error(message, expires_span).with_help(help));
        }
        date
    });
    Some(PolicyException {
        name: Box::default(),
        namespace: Placed {
            value: Box::default(),
            span: None,
        },
        policies: policies?,
        matches: matches?,
        reason: reason?.into(),
        owner: owner?.into(),
        ticket,
        expires: expires?,
        expires_span,
        span: None,
    })
}

fn read_policies(fields: &mut Fields<'_, '_>) -> Option<Vec<Placed<Box<str>>>> {
    if !fields.require("policies") {
        fields.node("policies");
        return None;
    }
    let texts = fields.texts("policies");
    if texts.is_empty() {
        let span = fields.span("policies");
        fields.error("`policies` names no policy", span);
        return None;
    }
    for text in &texts {
        if text.value.contains('*') {
            let message = format!(
                "`{}` is no policy; exceptions name each policy in full",
                text.value
            );
            fields.error(message, text.span);
        }
    }
    let names: Vec<&str> = texts.iter().map(|text| text.value).collect();
    for (again, first) in named_twice(&names) {
        let (Some(text), Some(first)) = (texts.get(again), texts.get(first)) else {
            continue;
        };
        let message = format!("`{}` is named already", text.value);
        fields.report(Problem::warning(message, text.span).with_related(first.span));
    }
    Some(owned(texts))
}

/// Of a list of policies and `policy/validation`, those that another name speaks of too, each with the other.
pub fn named_twice<'n>(names: &'n [&'n str]) -> impl Iterator<Item = (usize, usize)> + 'n {
    names.iter().enumerate().filter_map(|(at, name)| {
        let whole = name.split('/').next();
        let covers = |known: &str| known == *name || Some(known) == whole;
        let mut others = names.iter().enumerate();
        let first =
            others.find(|(other, known)| covers(known) && (*known != name || *other < at))?;
        Some((at, first.0))
    })
}

fn read_match(mut fields: Fields<'_, '_>) -> ExceptionMatch {
    let values = |fields: &mut Fields<'_, '_>, key| -> Vec<Box<str>> {
        fields
            .texts(key)
            .into_iter()
            .map(|text| text.value.into())
            .collect()
    };
    let matches = ExceptionMatch {
        clusters: owned(fields.texts("clusters")),
        namespaces: owned(fields.texts("namespaces")),
        kinds: owned(fields.texts("kinds")),
        names: values(&mut fields, "names"),
        containers: values(&mut fields, "containers"),
        selector: fields
            .map("selector")
            .map(LabelSelector::read)
            .unwrap_or_default(),
    };
    let narrows = |patterns: &[Box<str>]| {
        !patterns.is_empty() && !patterns.iter().any(|pattern| is_any(pattern))
    };
    let reaches_all = matches.clusters.is_empty()
        && matches.is_of_every_namespace()
        && matches.kinds.is_empty()
        && !narrows(&matches.names)
        && !narrows(&matches.containers)
        && matches.selector.is_everything();
    if reaches_all {
        let place = fields.place();
        let help = "name clusters, namespaces, kinds, names or containers; \
                    to turn a policy off everywhere, set its enforcement in Config";
        fields.report(Problem::error("`match` reaches every object", place).with_help(help));
    }
    matches
}
