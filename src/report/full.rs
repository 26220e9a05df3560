//! `full`: each finding with its source line, where it holds and what to do.

use std::io;

use annotate_snippets::{Annotation, AnnotationKind, Element, Group, Level, Origin, Renderer};

use crate::config::Enforcement;
use crate::finding::{ClusterVerdict, Finding, FindingKind, ObjectId};
use crate::manifest::{Problem, Severity};
use crate::source::{SourceMap, Span};

use super::snippet::{Snippet, snippet};
use super::{Report, Results, Style, closing, level_word, problem_word, safe_line};

/// The format for people.
#[derive(Debug)]
pub(super) struct Full;

impl Report for Full {
    fn write(
        &self,
        results: &Results<'_>,
        style: Style,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        let renderer = renderer(style);
        for finding in results.shown(style) {
            let text = render(results, finding, &renderer);
            writeln!(out, "{text}\n")?;
        }
        closing::write(results, style, out)
    }
}

/// Writes problems with policies, Config and exceptions, each with its source line.
pub fn problems(
    problems: &[Problem],
    sources: &SourceMap,
    style: Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    problems_masked(problems, (sources, &[]), style, out)
}

/// As [`problems`], without the parts of the sources that are never shown.
pub(super) fn problems_masked(
    problems: &[Problem],
    (sources, masked): (&SourceMap, &[Span]),
    style: Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let renderer = renderer(style);
    for problem in problems {
        let level = match problem.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = level.with_name(problem_word(problem));
        let mut group = Group::with_title(title.primary_title(safe_line(&problem.message)));
        for span in problem.span.iter().chain(&problem.related) {
            group = group.elements(place(sources, *span, masked));
        }
        if let Some(help) = &problem.help {
            group = group.element(Level::HELP.message(safe_line(help)));
        }
        writeln!(out, "{}\n", renderer.render(&[group]))?;
    }
    Ok(())
}

pub(super) fn renderer(style: Style) -> Renderer {
    let renderer = if style.color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    renderer.term_width(style.width)
}

fn render(results: &Results<'_>, finding: &Finding, renderer: &Renderer) -> String {
    let level = match finding.enforcement {
        Enforcement::Deny => Level::ERROR,
        Enforcement::Warn => Level::WARNING,
        Enforcement::Audit | Enforcement::Disabled => Level::INFO,
    };
    let title = level
        .with_name(level_word(finding.enforcement))
        .primary_title(safe_line(&finding.message))
        .id(safe_line(results.short_id(finding)));
    let mut group = Group::with_title(title);
    if let Some(span) = finding.span {
        group = group.elements(place(results.sources, span, results.masked));
    }
    if let Some(object) = &finding.object {
        group = group.element(bare(safe_line(&named(object)).into_owned()));
    }
    if let Some(clusters) = clusters(&finding.clusters) {
        group = group.element(bare(clusters));
    }
    for note in &finding.notes {
        // A note may hold lines to be copied.
        let lines: Vec<_> = note.lines().map(safe_line).collect();
        group = group.element(Level::NOTE.message(lines.join("\n")));
    }
    if let Some(help) = help(finding) {
        group = group.element(Level::HELP.message(help));
    }
    renderer.render(&[group])
}

/// `in: Deployment shop/web`, the namespace where it is known.
fn named(object: &ObjectId) -> String {
    let namespace = object
        .namespace
        .as_deref()
        .map(|name| format!("{name}/"))
        .unwrap_or_default();
    format!("in: {} {namespace}{}", object.kind, object.name)
}

fn bare<'a>(text: String) -> Element<'a> {
    Level::NOTE.no_name().message(text).into()
}

/// `--> file:line:column` and the line itself.
pub(super) fn place<'a>(sources: &SourceMap, span: Span, masked: &[Span]) -> Vec<Element<'a>> {
    let Some(source) = sources.get(span.source) else {
        return Vec::new();
    };
    let path = safe_line(source.name()).into_owned();
    if source.text().is_empty() {
        return vec![Origin::path(path).into()];
    }
    let Some(Snippet {
        line,
        column,
        text,
        mark,
        cut,
    }) = snippet(source, span, masked)
    else {
        return vec![Origin::path(path).into()];
    };
    let annotation: Annotation<'a> = AnnotationKind::Primary.span(mark);
    let snippet = annotate_snippets::Snippet::source(text)
        .line_start(line as usize)
        .annotation(annotation);
    if cut {
        let origin = Origin::path(path)
            .line(line as usize)
            .char_column(column as usize);
        vec![origin.into(), snippet.into()]
    } else {
        vec![snippet.path(path).into()]
    }
}

/// `denied in: app1, app2 (warned at admission) · audited in: mgmt`.
fn clusters(verdicts: &[ClusterVerdict]) -> Option<String> {
    let mut groups: Vec<((Enforcement, Enforcement), Vec<&str>)> = Vec::new();
    for verdict in verdicts {
        let key = (verdict.enforcement, verdict.at_admission);
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, names)) => names.push(&verdict.name),
            None => groups.push((key, vec![&verdict.name])),
        }
    }
    groups.sort_by(|(a, _), (b, _)| b.cmp(a));
    let parts: Vec<String> = groups
        .iter()
        .map(|((enforcement, at_admission), names)| {
            let cap = if at_admission == enforcement {
                String::new()
            } else {
                format!(" ({} at admission)", past(*at_admission))
            };
            format!(
                "{} in: {}{cap}",
                past(*enforcement),
                safe_line(&names.join(", "))
            )
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

const fn past(enforcement: Enforcement) -> &'static str {
    match enforcement {
        Enforcement::Deny => "denied",
        Enforcement::Warn => "warned",
        Enforcement::Audit => "audited",
        Enforcement::Disabled => "disabled",
    }
}

/// What to do, and where to read more.
fn help(finding: &Finding) -> Option<String> {
    let page = format!("kpolicy policies {}", finding.policy);
    let text = match (&finding.help, finding.kind) {
        (Some(help), FindingKind::Parse | FindingKind::Invalid | FindingKind::Comment) => {
            help.clone()
        }
        (None, FindingKind::Parse | FindingKind::Invalid | FindingKind::Comment) => return None,
        (Some(help), _) => {
            let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
            format!("{} · {page}", help.trim_end_matches('.'))
        }
        (None, _) => page,
    };
    Some(safe_line(&text).into_owned())
}
