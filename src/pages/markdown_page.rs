//! One policy's page in Markdown.

use std::fmt::Write as _;

use super::beside::heading;
use super::markdown::{block, cell, code, inline, link, paragraph};
use super::{Entry, InProfile, Page, Refused};

/// The page. `note` stands under the title: where a generated page comes from.
pub fn markdown(page: &Page, note: &str) -> String {
    let mut out = format!("# {}\n\n**{}**", inline(&page.name), inline(&page.title));
    let strength = page.here.as_ref().map(super::Here::in_words);
    let facts = [
        Some(page.category.clone()).filter(|category| !category.is_empty()),
        Some(format!("severity {}", page.severity)),
        strength,
    ];
    let facts: Vec<String> = facts
        .into_iter()
        .flatten()
        .map(|fact| inline(&fact))
        .collect();
    let _ = write!(out, " · {}\n\n", facts.join(" · "));
    out.push_str(note);
    paragraphs(&mut out, &page.description);
    section(&mut out, "What to do", &page.remediation);
    examples(&mut out, page);
    list(&mut out, "What it looks at", &page.applies_to);
    list(&mut out, "What binds it", &page.bindings);
    if !page.supersedes.is_empty() {
        let names: Vec<String> = page.supersedes.iter().map(|name| code(name)).collect();
        let _ = write!(out, "It makes the checks of {} too.\n\n", names.join(", "));
    }
    if !page.reads.is_empty() {
        list(&mut out, "Other objects that it reads", &page.reads);
        out.push_str(
            "Such an object may arrive after the one that is judged, so at admission this is a warning at most, whatever\n\
             Config says. In Git it is as hard as Config says.\n\n",
        );
    }
    parameters(&mut out, page);
    validations(&mut out, page);
    mutations(&mut out, page);
    expressions(&mut out, page);
    profiles(&mut out, page);
    exception(&mut out, page);
    if !page.references.is_empty() {
        out.push_str("## To read more\n\n");
        for reference in &page.references {
            let _ = writeln!(out, "- {}", link(reference));
        }
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn exception(out: &mut String, page: &Page) {
    let Some(exception) = &page.exception else {
        return;
    };
    out.push_str("## To except an object\n\n");
    if let Some(sentence) = exception.sentence() {
        let end = if exception.text.is_some() { ":" } else { "." };
        out.push_str(&paragraph(&format!("{sentence}{end}")));
        out.push('\n');
    }
    if let Some(text) = &exception.text {
        out.push_str(&block("yaml", text));
        out.push('\n');
        let place = match exception.but {
            None => {
                " It must be in a namespace that `exceptions.allowedNamespaces` of Config names; where Config names none, \
                 in the namespace of its object."
            }
            Some(_) => "",
        };
        out.push_str(&paragraph(&format!(
            "Put it into a file under `exceptions.paths` of Config, or apply it to the cluster.{place} Without an object in \
             mind, turn the policy down where Config says how hard it is."
        )));
        out.push('\n');
    }
}

fn paragraphs(out: &mut String, text: &str) {
    for one in text.split('\n').filter(|one| !one.trim().is_empty()) {
        out.push_str(&paragraph(one));
        out.push('\n');
    }
}

fn section(out: &mut String, heading: &str, text: &str) {
    if !text.trim().is_empty() {
        let _ = write!(out, "## {heading}\n\n");
        paragraphs(out, text);
    }
}

fn list(out: &mut String, heading: &str, entries: &[String]) {
    if entries.is_empty() {
        return;
    }
    let _ = write!(out, "## {heading}\n\n");
    for entry in entries {
        let _ = writeln!(out, "- {}", inline(entry));
    }
    out.push('\n');
}

fn examples(out: &mut String, page: &Page) {
    let examples = &page.examples;
    if let Some(refused) = examples.refused.first() {
        out.push_str("## For instance\n\n");
        let _ = write!(out, "{} ({}):\n\n", refused.word(), case(&refused.case));
        self::refused(out, page, refused);
    }
    if let Some(passes) = &examples.passes {
        let _ = write!(out, "Passes ({}):\n\n", case(&passes.case));
        out.push_str(&block(language(page), &passes.text));
        out.push('\n');
        beside(out, &passes.beside);
    }
    if let Some(changed) = &examples.changed {
        let _ = write!(
            out,
            "What the webhook adds, and lint proposes ({}):\n\n",
            case(&changed.case)
        );
        out.push_str(&block("diff", &changed.diff));
        out.push('\n');
        beside(out, &changed.beside);
    }
}

/// The name of a case as words: it says the one thing that it shows.
fn case(name: &str) -> String {
    let words = name.rsplit('/').next().unwrap_or(name);
    inline(&words.replace('-', " "))
}

/// What cases are written in.
const fn language(page: &Page) -> &'static str {
    if page.is_repository {
        "dockerfile"
    } else {
        "yaml"
    }
}

fn refused(out: &mut String, page: &Page, refused: &Refused) {
    out.push_str(&block(language(page), &refused.text));
    out.push('\n');
    beside(out, &refused.beside);
    let said = [
        (
            "With its mutations, as kpolicy runs by default:",
            &refused.said,
        ),
        ("With `mutate: disabled` in Config:", &refused.unmutated),
    ];
    for (when, said) in said.into_iter().filter(|(_, said)| !said.is_empty()) {
        if !refused.unmutated.is_empty() {
            let _ = write!(out, "{when}\n\n");
        }
        out.push_str(&block("text", said));
        out.push('\n');
    }
}

fn beside(out: &mut String, beside: &[(String, String)]) {
    for (what, text) in beside {
        let _ = write!(out, "{}:\n\n", inline(heading(what)));
        out.push_str(&block("yaml", text));
        out.push('\n');
    }
}

fn parameters(out: &mut String, page: &Page) {
    if page.parameters.is_empty() {
        return;
    }
    out.push_str("## Parameters\n\n| name | what | type | default |\n|---|---|---|---|\n");
    for one in &page.parameters {
        let default = match &one.default {
            Some(default) => code(default),
            None if one.required => "**required**: judges nothing without it".to_owned(),
            None => String::new(),
        };
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} |",
            cell(&code(&one.name)),
            cell(&inline(&one.description)),
            cell(&inline(&one.type_words)),
            cell(&default)
        );
    }
    out.push('\n');
}

fn validations(out: &mut String, page: &Page) {
    if page.validations.is_empty() {
        return;
    }
    out.push_str("## What it checks\n\n");
    for one in &page.validations {
        let message = if one.about.is_empty() {
            "the expression is what is said".to_owned()
        } else {
            inline(&one.about)
        };
        let _ = write!(out, "### {}\n\n{message}\n\n", code(page.short(&one.name)));
        let mut examples = page.examples.refused.iter().skip(1);
        if let Some(example) = examples.find(|example| example.validation == one.name) {
            let _ = write!(
                out,
                "<details><summary>{}: {}</summary>\n\n",
                example.word(),
                case(&example.case)
            );
            refused(out, page, example);
            out.push_str("</details>\n\n");
        }
        details(out, "The expression", &one.expression);
    }
}

fn mutations(out: &mut String, page: &Page) {
    if page.mutations.is_empty() {
        return;
    }
    out.push_str("## What it changes\n\n");
    for one in &page.mutations {
        let safety = match one.about.as_str() {
            "safe" => "safe: right wherever it applies",
            "unsafe" => "unsafe: usually right, someone should look",
            _ => "display: shown, never written",
        };
        let _ = write!(out, "### {}\n\n{safety}\n\n", code(page.short(&one.name)));
        details(out, "The expression", &one.expression);
    }
}

/// What the expressions above stand on.
fn expressions(out: &mut String, page: &Page) {
    let parts: [(&str, &[Entry]); 2] = [
        ("Only where", &page.conditions),
        ("Variables", &page.variables),
    ];
    for (heading, entries) in parts.iter().filter(|(_, entries)| !entries.is_empty()) {
        let _ = write!(out, "## {heading}\n\n");
        for one in *entries {
            details(out, &one.name, &one.expression);
        }
    }
}

fn details(out: &mut String, summary: &str, expression: &str) {
    let _ = write!(
        out,
        "<details><summary>{}</summary>\n\n{}\n</details>\n\n",
        inline(summary),
        block("cel", expression)
    );
}

fn profiles(out: &mut String, page: &Page) {
    if !page.built_in {
        return;
    }
    out.push_str("## Profiles that turn it on\n\n");
    if page.profiles.is_empty() {
        let _ = write!(
            out,
            "None: name it under `policies` of Config.\n\n{}\n",
            block(
                "yaml",
                &format!("policies:\n  {}: {{enforcement: deny}}", page.name)
            )
        );
        return;
    }
    for one in &page.profiles {
        let InProfile {
            name,
            enforcement,
            through,
            params,
        } = one;
        let through = through
            .as_ref()
            .map(|name| format!(", through {}", code(name)));
        let params = params
            .as_ref()
            .map(|params| format!(", with {}", code(params)));
        let _ = writeln!(
            out,
            "- {}: {}{}{}",
            code(name),
            enforcement.as_str(),
            through.unwrap_or_default(),
            params.unwrap_or_default()
        );
    }
    out.push('\n');
}
