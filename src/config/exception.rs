//! `PolicyException`: a reasoned, dated exemption, and how it is read.

use crate::manifest::{Document, Fields, LabelSelector, Placed, Problem};
use crate::source::Span;

use super::{API_VERSION, Date, ExceptionSettings, owned};

/// Which objects an exception reaches. Every list that is empty reaches all.
#[derive(Clone, Debug, Default)]
pub struct ExceptionMatch {
    /// Names of clusters.
    pub clusters: Vec<Placed<Box<str>>>,
    /// Namespaces, globs with `*` allowed.
    pub namespaces: Vec<Box<str>>,
    /// Kinds of the top owner.
    pub kinds: Vec<Box<str>>,
    /// Names of the top owner, globs with `*` allowed.
    pub names: Vec<Box<str>>,
    /// Names of containers, globs with `*` allowed.
    pub containers: Vec<Box<str>>,
    /// Labels of the object.
    pub selector: LabelSelector,
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

/// Exceptions that end within so many days are warned of.
const SOON: i64 = 14;

/// An exception held against the day and what Config says: where it may be, and how far away its end. One that has
/// ended or soon will is a warning.
pub fn check_exception(
    exception: &PolicyException,
    settings: &ExceptionSettings,
    today: Date,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let namespace = &exception.namespace;
    let allowed = &settings.allowed_namespaces;
    if !allowed.is_empty() && !allowed.contains(&namespace.value) {
        let message = format!("exceptions may not be in namespace `{}`", namespace.value);
        let words = crate::manifest::suggest::words(allowed.iter().map(|name| &**name));
        problems.push(Problem::error(message, namespace.span).with_help(format!(
            "`exceptions.allowedNamespaces` of Config allows {words}"
        )));
    }
    let days = exception.expires.day_number() - today.day_number();
    if let Some(longest) = settings.max_lifetime_days
        && days > i64::from(longest)
    {
        let message = format!(
            "exception `{}` ends in {days} days; `exceptions.maxLifetimeDays` of Config allows {longest}",
            exception.name
        );
        problems.push(Problem::error(message, exception.expires_span));
    }
    let name = &exception.name;
    let ends = match days {
        ..0 => Some(format!(
            "exception `{name}` has ended and lifts nothing any more"
        )),
        0 => Some(format!("exception `{name}` ends today")),
        1 => Some(format!("exception `{name}` ends tomorrow")),
        2..=SOON => Some(format!("exception `{name}` ends in {days} days")),
        _ => None,
    };
    problems.extend(ends.map(|message| {
        let help = format!(
            "remove it, or agree on another date with `{}`",
            exception.owner
        );
        Problem::warning(message, exception.expires_span).with_help(help)
    }));
    problems
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
    for text in texts.iter().filter(|text| text.value.contains('*')) {
        let message = format!(
            "`{}` is no policy; exceptions name each policy in full",
            text.value
        );
        fields.error(message, text.span);
    }
    Some(owned(texts))
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
        namespaces: values(&mut fields, "namespaces"),
        kinds: values(&mut fields, "kinds"),
        names: values(&mut fields, "names"),
        containers: values(&mut fields, "containers"),
        selector: fields
            .map("selector")
            .map(LabelSelector::read)
            .unwrap_or_default(),
    };
    let reaches_all = matches.clusters.is_empty()
        && matches.namespaces.is_empty()
        && matches.kinds.is_empty()
        && matches.names.is_empty()
        && matches.containers.is_empty()
        && matches.selector.is_everything();
    if reaches_all {
        let place = fields.place();
        let help = "name clusters, namespaces, kinds, names or containers; \
                    to turn a policy off everywhere, set its enforcement in Config";
        fields.report(Problem::error("`match` reaches every object", place).with_help(help));
    }
    matches
}
