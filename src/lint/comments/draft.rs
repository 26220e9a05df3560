//! The exception that would lift a denied finding, ready to be put into a file.

use std::fmt::Write as _;

use crate::config::Enforcement;
use crate::finding::{Finding, FindingKind, Ignored};
use crate::schema::kinds;

use super::super::Options;

/// How long one holds where neither the comment nor Config says.
const DAYS: u32 = 90;

/// An exception as a text, and where to put it.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) text: String,
    pub(super) folder: String,
}

/// Drafts the exception for a finding; `None` for what no exception can lift.
pub(super) fn exception(
    finding: &Finding,
    comment: &Ignored,
    options: &Options<'_>,
) -> Option<Draft> {
    let object = finding.object.as_ref()?;
    if finding.kind != FindingKind::Violation {
        return None;
    }
    let config = options.config;
    let group = object
        .api_version
        .split_once('/')
        .map_or("", |(group, _)| group);
    let namespace = kinds::is_namespaced(group, &object.kind)
        .then(|| object.namespace.as_deref().unwrap_or("default"));
    let allowed = config.exceptions.allowed_namespaces.first();
    let place = allowed.map(|name| &**name).or(namespace)?;
    let clusters = finding.clusters.iter();
    let clusters = clusters.filter(|verdict| verdict.enforcement == Enforcement::Deny);
    let clusters: Vec<&str> = clusters.map(|verdict| &*verdict.name).collect();
    let mut matches = Vec::new();
    let mut list = |key: &str, words: &[&str]| {
        let words: Vec<String> = words
            .iter()
            .filter(|word| !word.is_empty())
            .map(|word| quoted(word))
            .collect();
        if !words.is_empty() {
            matches.push(format!("{key}: [{}]", words.join(", ")));
        }
    };
    list("clusters", &clusters);
    list("namespaces", &[namespace.unwrap_or_default()]);
    list("kinds", &[&object.kind]);
    list("names", &[&object.name]);
    list(
        "containers",
        &[finding.container.as_deref().unwrap_or_default()],
    );
    let longest = config.exceptions.max_lifetime_days.unwrap_or(u32::MAX);
    let latest = options.today.after(longest.min(36_500));
    let expires = comment
        .until
        .unwrap_or_else(|| options.today.after(DAYS))
        .min(latest);
    let stem = [&*object.name, &*finding.policy].join("-");
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "apiVersion: kpolicy.io/v1alpha1\nkind: PolicyException\nmetadata: {{name: {}, namespace: {}}}\nspec:\n  \
         policies: [{}]\n  match: {{{}}}\n  reason: {}\n  owner: who answers for it\n  expires: \"{expires}\"",
        quoted(stem.trim_start_matches('-')),
        quoted(place),
        quoted(&finding.validation),
        matches.join(", "),
        quoted(&comment.reason),
    );
    let folder = config.exceptions.paths.first();
    let folder = folder.map_or("a folder that `exceptions.paths` of Config names", |path| {
        path
    });
    Some(Draft {
        text,
        folder: folder.to_owned(),
    })
}

/// A word of YAML: in quotes unless it is plainly a name.
fn quoted(word: &str) -> String {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-./".contains(&byte);
    let starts = word
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic());
    let is_word = matches!(
        &*word.to_ascii_lowercase(),
        "true" | "false" | "yes" | "no" | "on" | "off" | "null" | "y" | "n"
    );
    if starts && !is_word && word.bytes().all(is_name) {
        return word.to_owned();
    }
    let mut text = String::from("\"");
    for character in word.chars() {
        match character {
            '"' | '\\' => text.extend(['\\', character]),
            _ if character.is_control() => text.push(' '),
            _ => text.push(character),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_yaml_would_read_as_something_else_is_quoted() {
        for (word, expected) in [
            ("web-1.a", "web-1.a"),
            ("acr-only/registry", "acr-only/registry"),
            ("true", "\"true\""),
            ("On", "\"On\""),
            ("1e3", "\"1e3\""),
            ("a: b", "\"a: b\""),
            ("a\"b\\c", "\"a\\\"b\\\\c\""),
            ("a\tb", "\"a b\""),
            ("", "\"\""),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}
