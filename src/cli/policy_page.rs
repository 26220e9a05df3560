//! One policy's page, for people.

use std::io::{self, Write};

use crate::config::Config;
use crate::manifest::write_json;
use crate::policy::{Binding, Form, Native, ParamChoice, Policy, ResourceScope, Target};
use crate::report::{Style, safe_line};

use super::policies::{Strength, in_words};

/// Lines longer than this are hard to read, however wide the terminal is.
const WIDEST: usize = 100;

/// Writes the page.
pub(super) fn write(
    policy: &Policy,
    strength: &Strength<'_>,
    idle: Option<&str>,
    config: &Config,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut page = Page {
        out,
        width: style.width.min(WIDEST),
    };
    let about = &policy.about;
    let origin = if policy.built_in {
        "built in"
    } else {
        "your own"
    };
    page.line(&format!("{}: {}", policy.name, about.title))?;
    page.line(&format!(
        "{} · {} · {} · {origin}",
        about.category,
        about.severity.as_str(),
        in_words(strength)
    ))?;
    if let Some(reason) = idle {
        page.line(&format!("judges nothing: {reason}"))?;
    }
    page.text("", &about.description, 0)?;
    page.text("What to do", &about.remediation, 2)?;
    page.list("Applies to", &targets(policy))?;
    page.list("Bound by", &bindings(policy))?;
    let superseded = policy.supersedes.iter();
    let superseded: Vec<String> = superseded.map(|name| name.value.to_string()).collect();
    page.list("Makes the checks of", &superseded)?;
    page.parameters(policy)?;
    let validations = policy.validations.iter().map(|validation| {
        let source = validation
            .expression
            .source()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        let text = validation.message.as_deref().map_or(source, str::to_owned);
        format!("{}: {text}", validation.id)
    });
    page.list("Validations", &validations.collect::<Vec<_>>())?;
    let mutations = policy
        .mutations
        .iter()
        .map(|mutation| format!("{}: {}", mutation.id, mutation.safety.as_str()));
    page.list("Mutations", &mutations.collect::<Vec<_>>())?;
    let resources = policy.resources.iter().map(|resource| {
        let group = if resource.api_group.is_empty() {
            "the core group"
        } else {
            &resource.api_group
        };
        let place = match resource.scope {
            ResourceScope::SameNamespace => "in the same namespace",
            ResourceScope::Cluster => "in the whole cluster",
        };
        format!("{} of {group}, {place}", resource.kind)
    });
    page.list(
        "Reads other objects, and so warns at most at admission",
        &resources.collect::<Vec<_>>(),
    )?;
    let profiles = config.profiles.iter().filter_map(|profile| {
        let setting = profile.policies.get(&*policy.name)?;
        let enforcement = setting
            .enforcement
            .map_or("no enforcement", |word| word.as_str());
        Some(format!("{}: {enforcement}", profile.name))
    });
    page.list("Profiles", &profiles.collect::<Vec<_>>())?;
    let references: Vec<String> = about.references.iter().map(ToString::to_string).collect();
    page.list("References", &references)
}

/// What puts a native policy to work.
fn bindings(policy: &Policy) -> Vec<String> {
    let native = policy.native.iter();
    let native = native.filter(|native| native.form != Form::Kyverno);
    let describe = |native: &Native, binding: &Binding| {
        let actions = binding.actions;
        let words = [
            ("Deny", actions.deny),
            ("Warn", actions.warn),
            ("Audit", actions.audit),
        ];
        let words = words.into_iter().filter(|(_, set)| *set);
        let words: Vec<&str> = words.map(|(word, _)| word).collect();
        let parameters = native.param_kind.as_ref().zip(binding.param_ref.as_ref());
        let parameters = parameters.map(|(kind, reference)| {
            let which = match &reference.choice {
                ParamChoice::Name(name) => format!("`{name}`"),
                ParamChoice::Selector(_) => "by labels".to_owned(),
            };
            let place = reference.namespace.as_deref();
            let place = place.map_or(String::new(), |name| format!(" in `{name}`"));
            format!("parameters: {} {which}{place}", kind.kind)
        });
        let parts = [
            Some(binding.name.to_string()),
            Some(words.join(", ")),
            parameters,
        ];
        let parts = parts.into_iter().flatten().filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join("; ")
    };
    let bindings = native.flat_map(|native| {
        native
            .bindings
            .iter()
            .map(move |binding| describe(native, binding))
    });
    bindings.collect()
}

fn targets(policy: &Policy) -> Vec<String> {
    match &policy.matching.target {
        Target::PodTemplates => vec!["every pod template".to_owned()],
        Target::Repository => vec!["the repository".to_owned()],
        Target::Resources { include, .. } => include
            .iter()
            .map(|rule| {
                let groups: Vec<&str> = rule
                    .api_groups
                    .iter()
                    .map(|group| if group.is_empty() { "core" } else { &**group })
                    .collect();
                format!("{} of {}", rule.resources.join(", "), groups.join(", "))
            })
            .collect(),
    }
}

struct Page<'o> {
    out: &'o mut dyn Write,
    width: usize,
}

impl Page<'_> {
    fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", safe_line(text))
    }

    fn heading(&mut self, heading: &str) -> io::Result<()> {
        writeln!(self.out)?;
        if heading.is_empty() {
            Ok(())
        } else {
            self.line(heading)
        }
    }

    fn text(&mut self, heading: &str, text: &str, indent: usize) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        self.heading(heading)?;
        for paragraph in text
            .split('\n')
            .filter(|paragraph| !paragraph.trim().is_empty())
        {
            self.wrapped(paragraph, indent, indent)?;
        }
        Ok(())
    }

    fn list(&mut self, heading: &str, entries: &[String]) -> io::Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        self.heading(heading)?;
        entries
            .iter()
            .try_for_each(|entry| self.wrapped(entry, 2, 4))
    }

    fn parameters(&mut self, policy: &Policy) -> io::Result<()> {
        let mut parameters = policy.parameters.iter().peekable();
        if parameters.peek().is_none() {
            return Ok(());
        }
        self.heading("Parameters")?;
        for parameter in parameters {
            let of_type = parameter.type_name.map(|name| format!(" ({name})"));
            let value = match parameter.default {
                Some(default) => format!(" = {}", write_json(default)),
                None if parameter.required => ", required".to_owned(),
                None => String::new(),
            };
            let line = format!("{}{}{value}", parameter.name, of_type.unwrap_or_default());
            self.wrapped(&line, 2, 4)?;
            if let Some(description) = parameter.description {
                self.wrapped(description, 4, 4)?;
            }
        }
        Ok(())
    }

    /// Writes words in lines of at most the page's width, the first indented by `first`, the rest by `rest`.
    fn wrapped(&mut self, text: &str, first: usize, rest: usize) -> io::Result<()> {
        let mut line = " ".repeat(first);
        let mut is_empty = true;
        for word in text.split_whitespace() {
            if !is_empty && line.chars().count() + 1 + word.chars().count() > self.width {
                self.line(&line)?;
                line = " ".repeat(rest);
                is_empty = true;
            }
            if !is_empty {
                line.push(' ');
            }
            line.push_str(word);
            is_empty = false;
        }
        self.line(&line)
    }
}
