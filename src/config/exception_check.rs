//! An exception held against the day, and against what Config allows.

use crate::manifest::suggest::{closest, words};
use crate::manifest::{Placed, Problem};
use crate::schema::kinds;

use super::{Config, Date, PolicyException};

/// Exceptions that end within so many days are warned of.
const SOON: i64 = 14;

/// An exception held against the day and what Config says: where it may be, what it may reach from there, and how far
/// away its end is. One that has ended or soon will, or reaches further than it needs to, is a warning.
pub fn check_exception(exception: &PolicyException, config: &Config, today: Date) -> Vec<Problem> {
    let mut problems = Vec::new();
    place(exception, config, &mut problems);
    for kind in &exception.matches.kinds {
        problems.extend(wrong_kind(kind, config));
    }
    end(exception, config, today, &mut problems);
    problems
}

/// Whether the namespace of an exception allows what it reaches.
///
/// Where Config names no namespaces for exceptions, whoever may write one in some namespace speaks for that namespace
/// alone. In those that Config names stand the exceptions of people who may speak for all of them.
fn place(exception: &PolicyException, config: &Config, problems: &mut Vec<Problem>) {
    let namespace = &exception.namespace;
    let allowed = &config.exceptions.allowed_namespaces;
    let named = &exception.matches.namespaces;
    if allowed.is_empty() {
        let others = named.iter().filter(|name| name.value != namespace.value);
        problems.extend(others.map(|other| {
            let message = format!(
                "exception `{}` may only reach its own namespace, and it names `{}`",
                exception.name, other.value
            );
            Problem::error(message, other.span).with_help(format!(
                "name `{}` under `exceptions.allowedNamespaces` of Config: exceptions there reach all namespaces, and \
                 those of other namespaces are refused",
                namespace.value
            ))
        }));
        return;
    }
    if !allowed.contains(&namespace.value) {
        let message = format!("exceptions may not be in namespace `{}`", namespace.value);
        let words = words(allowed.iter().map(|name| &**name));
        problems.push(Problem::error(message, namespace.span).with_help(format!(
            "`exceptions.allowedNamespaces` of Config allows {words}"
        )));
    }
    let named = &exception.matches.kinds;
    let is_of_cluster =
        !named.is_empty() && named.iter().all(|kind| kinds::is_of_cluster(&kind.value));
    if exception.matches.is_of_every_namespace() && !is_of_cluster {
        let message = format!("exception `{}` reaches every namespace", exception.name);
        let help = "name `namespaces`: in any other, whoever may create objects gives them the names, containers and \
                    labels that it asks for";
        problems.push(Problem::warning(message, exception.span).with_help(help));
    }
}

/// A kind that is a known one but for its spelling: it would reach nothing, in silence. Other custom kinds than those
/// of Config are not known, so that only what is near a known one is doubted.
fn wrong_kind(kind: &Placed<Box<str>>, config: &Config) -> Option<Problem> {
    let custom = config.pod_template_crds.iter().map(|crd| &*crd.kind);
    let known = kinds::all().map(|known| known.kind).chain(custom);
    let written = &*kind.value;
    if known.clone().any(|known| known == written) {
        return None;
    }
    let same = |known: &&str| {
        known.eq_ignore_ascii_case(written)
            || kinds::all().any(|built_in| {
                built_in.kind == *known && built_in.resource.eq_ignore_ascii_case(written)
            })
    };
    let exact = known.clone().find(same);
    let meant = exact.or_else(|| closest(written, known))?;
    let message = format!("there is no kind `{written}`");
    let problem = match exact {
        Some(_) => Problem::error(message, kind.span),
        None => Problem::warning(format!("{message} among those that are known"), kind.span),
    };
    Some(problem.with_help(format!("did you mean `{meant}`?")))
}

fn end(exception: &PolicyException, config: &Config, today: Date, problems: &mut Vec<Problem>) {
    let days = exception.expires.day_number() - today.day_number();
    if let Some(longest) = config.exceptions.max_lifetime_days
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
}
