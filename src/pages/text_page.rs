//! One policy's page in a terminal.

use std::io::{self, Write};

use crate::report::Style;

use super::beside::heading;
use super::text::Lines;
use super::{Entry, Examples, Page};

/// Writes the page. Expressions are many lines, so they come only when asked for.
pub fn text(page: &Page, expressions: bool, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut lines = Lines::new(style, out);
    head(page, &mut lines)?;
    lines.text("", &page.description, 0)?;
    lines.text("What to do", &page.remediation, 2)?;
    here(page, &mut lines)?;
    lines.list("Applies to", &page.applies_to)?;
    lines.list("Bound by", &page.bindings)?;
    lines.list("Makes the checks of", &page.supersedes)?;
    lines.list(
        "Reads other objects, and so warns at most at admission",
        &page.reads,
    )?;
    parameters(page, &mut lines)?;
    if expressions {
        entries("Only where", &page.conditions, true, &mut lines)?;
        entries("Variables", &page.variables, true, &mut lines)?;
    }
    entries("Validations", &page.validations, expressions, &mut lines)?;
    entries("Mutations", &page.mutations, expressions, &mut lines)?;
    examples(&page.examples, &mut lines)?;
    lines.list("Profiles", &profiles(page))?;
    exception(page, &mut lines)?;
    lines.list("References", &page.references)
}

fn head(page: &Page, lines: &mut Lines<'_>) -> io::Result<()> {
    let origin = if page.built_in {
        "built in"
    } else {
        "your own"
    };
    lines.line(&format!("{}: {}", page.name, page.title))?;
    let strength = page.here.as_ref().map(super::Here::in_words);
    let parts = [
        Some(page.category.clone()).filter(|category| !category.is_empty()),
        Some(page.severity.to_owned()),
        strength,
        Some(origin.to_owned()),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    lines.line(&parts.join(" · "))?;
    let idle = page.here.as_ref().and_then(|here| here.idle.as_deref());
    idle.map_or(Ok(()), |reason| {
        lines.line(&format!("judges nothing: {reason}"))
    })
}

fn here(page: &Page, lines: &mut Lines<'_>) -> io::Result<()> {
    let Some(here) = &page.here else {
        return Ok(());
    };
    let said = here.lines.iter().map(|line| {
        let place = if line.clusters.is_empty() {
            String::new()
        } else {
            format!(" in {}", line.clusters.join(", "))
        };
        format!("{}{place}: {}", line.enforcement.as_str(), line.by)
    });
    let said: Vec<String> = said.chain(here.namespaces.iter().cloned()).collect();
    lines.list("What decides here", &said)
}

fn parameters(page: &Page, lines: &mut Lines<'_>) -> io::Result<()> {
    if page.parameters.is_empty() {
        return Ok(());
    }
    lines.heading("Parameters")?;
    for parameter in &page.parameters {
        let value = match &parameter.default {
            Some(default) => format!(" = {default}"),
            None if parameter.required => ", required".to_owned(),
            None => String::new(),
        };
        let line = format!("{} ({}){value}", parameter.name, parameter.type_words);
        lines.wrapped(&line, 2, 4)?;
        if !parameter.description.is_empty() {
            lines.wrapped(&parameter.description, 4, 4)?;
        }
        for set in &parameter.set {
            lines.wrapped(&format!("here: {} ({})", set.value, set.by), 4, 6)?;
        }
    }
    Ok(())
}

fn entries(
    heading: &str,
    entries: &[Entry],
    expressions: bool,
    lines: &mut Lines<'_>,
) -> io::Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    lines.heading(heading)?;
    for entry in entries {
        // Where nobody wrote a message, the expression is what is said.
        let about = if entry.about.is_empty() && !expressions {
            entry
                .expression
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        } else {
            entry.about.clone()
        };
        let colon = if about.is_empty() { "" } else { ": " };
        lines.wrapped(&format!("{}{colon}{about}", entry.name), 2, 4)?;
        if expressions {
            lines.block(&entry.expression, 6)?;
        }
    }
    Ok(())
}

fn examples(examples: &Examples, lines: &mut Lines<'_>) -> io::Result<()> {
    if let Some(refused) = examples.refused.first() {
        let word = refused.word();
        lines.heading(&format!("{word}, for instance ({})", refused.case))?;
        lines.block(&refused.text, 4)?;
        beside(&refused.beside, lines)?;
        if !refused.said.is_empty() {
            lines.line("  kpolicy says")?;
            lines.block(&refused.said, 4)?;
        }
        if !refused.unmutated.is_empty() {
            lines.line("  with `mutate: disabled` in Config")?;
            lines.block(&refused.unmutated, 4)?;
        }
    }
    if let Some(passes) = &examples.passes {
        lines.heading(&format!("Passes, for instance ({})", passes.case))?;
        lines.block(&passes.text, 4)?;
        beside(&passes.beside, lines)?;
    }
    if let Some(changed) = &examples.changed {
        lines.heading(&format!(
            "What the mutations do, for instance ({})",
            changed.case
        ))?;
        lines.block(&changed.diff, 4)?;
        beside(&changed.beside, lines)?;
    }
    Ok(())
}

fn exception(page: &Page, lines: &mut Lines<'_>) -> io::Result<()> {
    let Some(exception) = &page.exception else {
        return Ok(());
    };
    match exception.sentence() {
        Some(sentence) => {
            lines.heading("To except an object")?;
            lines.wrapped(&sentence, 2, 2)?;
        }
        None => lines.heading(
            "To except an object, put this into a file under `exceptions.paths` of Config",
        )?,
    }
    let text = exception.text.as_ref();
    text.map_or(Ok(()), |text| lines.block(text, 2))
}

fn beside(beside: &[(String, String)], lines: &mut Lines<'_>) -> io::Result<()> {
    for (what, text) in beside {
        lines.line(&format!("  {}", heading(what)))?;
        lines.block(text, 4)?;
    }
    Ok(())
}

fn profiles(page: &Page) -> Vec<String> {
    let profile = |one: &super::InProfile| {
        let through = one.through.as_ref();
        let through = through
            .map(|name| format!(" (through {name})"))
            .unwrap_or_default();
        let params = one.params.as_ref();
        let params = params
            .map(|params| format!(" with {params}"))
            .unwrap_or_default();
        format!(
            "{}: {}{params}{through}",
            one.name,
            one.enforcement.as_str()
        )
    };
    page.profiles.iter().map(profile).collect()
}
