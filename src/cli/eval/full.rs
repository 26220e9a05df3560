//! The answer for people: the value, its type and cost, why it is so, and the tree of its parts.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::cel::{Cost, CostEstimate};
use crate::report::{Mark, Style, marks, safe_line};
use crate::source::{SourceMap, Span};

use super::answer::{Answer, Line, Placed};
use super::stage::MOST_COST;

/// The longest text of a part, in characters.
const LONGEST_SUBJECT: usize = 90;

/// Writes all of it.
pub(super) fn write(
    answer: &Answer,
    tree: bool,
    sources: &SourceMap,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    if let Some(value) = &answer.value {
        writeln!(out, "{}", safe_line(&value.text))?;
        if value.is_cut {
            writeln!(
                out,
                "  (the value is cut here; --output-format json has all of it)"
            )?;
        }
        writeln!(out, "  {}", about(answer, &value.type_name))?;
        writeln!(out)?;
    }
    let remarks = remarks(answer, sources);
    marks(&remarks, sources, &answer.masked, style, out)?;
    if answer.more_places > 0 {
        writeln!(out, "and {} more places\n", answer.more_places)?;
    }
    if answer.value.is_none()
        && let Some(spent) = answer.cost
    {
        let parts = [Some(cost(spent)), answer.estimate.map(estimate)];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        writeln!(out, "  {}\n", parts.join(" · "))?;
    }
    if tree && answer.steps.len() > 1 {
        for (at, line) in answer.steps.iter().enumerate() {
            let later = answer.steps.get(at + 1..).unwrap_or_default();
            write_line(line, &answer.steps, at, later, style, out)?;
        }
        if answer.is_cut {
            writeln!(out, "… and more parts, which are left out")?;
        }
    }
    Ok(())
}

/// The type and the cost.
fn about(answer: &Answer, type_name: &str) -> String {
    let mut parts = vec![type_name.to_owned()];
    if let Some(of) = answer.static_type.as_deref()
        && of != type_name
    {
        parts.push(format!("as written: {of}"));
    }
    parts.extend(answer.cost.map(cost));
    parts.extend(answer.estimate.map(estimate));
    parts.join(" · ")
}

/// `cost 12 of 1,000,000, and 30 for variables`.
pub(super) fn cost(cost: Cost) -> String {
    let mut text = format!(
        "cost {} of {}",
        grouped(cost.expression),
        grouped(MOST_COST)
    );
    if cost.variables > 0 {
        // Writing to a string cannot fail.
        let _ = write!(text, ", and {} for variables", grouped(cost.variables));
    }
    text
}

/// `estimated 3 to 1,200`: for whatever documents there may be.
pub(super) fn estimate(estimate: CostEstimate) -> String {
    let least = grouped(estimate.min);
    match estimate.bound() {
        None => format!("estimated {least} and more"),
        Some(most) if most == estimate.min => format!("estimated {least}"),
        Some(most) => format!("estimated {least} to {}", grouped(most)),
    }
}

/// A number with a comma for every three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Why there is no value, or why it is false, or where it came from.
fn remarks(answer: &Answer, sources: &SourceMap) -> Vec<Mark> {
    let mut remarks = Vec::new();
    if let Some(error) = &answer.error {
        remarks.push(Mark {
            is_error: true,
            message: match error.kind {
                "unknown" => format!("not known: {}", error.message),
                _ => error.message.clone(),
            },
            span: span(answer, &error.range),
            help: error.help.clone(),
        });
    }
    let explains = answer.error.is_some() || answer.is_false();
    if explains {
        let text = sources.get(answer.source).map(|source| source.text());
        for place in &answer.places {
            let part = text.and_then(|text| text.get(place.range.clone()));
            remarks.push(Mark {
                is_error: false,
                message: said(place, part.filter(|_| answer.is_false())),
                span: place.span,
                help: None,
            });
        }
    }
    remarks
}

fn span(answer: &Answer, range: &std::ops::Range<usize>) -> Option<Span> {
    let start = u32::try_from(range.start).ok()?;
    let end = u32::try_from(range.end).ok()?;
    Some(Span::new(answer.source, start, end))
}

/// What a place has to do with it.
fn said(place: &Placed, part: Option<&str>) -> String {
    let path = if place.path.is_root() {
        place.root.to_owned()
    } else if place.path.to_string().starts_with('[') {
        format!("{}{}", place.root, place.path)
    } else {
        format!("{}.{}", place.root, place.path)
    };
    let what = match &place.value {
        Some(value) => format!("`{path}` is {value}"),
        None => format!("`{path}` is not set"),
    };
    match part {
        Some(part) => format!("{what}, decided by `{}`", shortened(part)),
        None => what,
    }
}

/// A text on one line, cut where it is long.
fn shortened(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    cut(&words, LONGEST_SUBJECT)
}

fn write_line(
    line: &Line,
    all: &[Line],
    at: usize,
    later: &[Line],
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut text = branches(all, at, line.level);
    if line.level > 0 {
        let is_last = !later
            .iter()
            .take_while(|next| next.level >= line.level)
            .any(|next| next.level == line.level);
        text.push_str(if is_last { "└─ " } else { "├─ " });
    }
    let subject = shortened(&line.subject);
    // Writing to a string cannot fail.
    let _ = match line.kind {
        "more" => write!(text, "… {subject} more elements"),
        "definition" => write!(text, "is {subject}"),
        _ => text.write_str(&subject),
    };
    if let Some(type_name) = &line.type_name {
        let _ = write!(text, ": {type_name}");
    }
    if let Some(value) = &line.value {
        let room = style.width.saturating_sub(text.chars().count() + 3);
        let _ = write!(text, " = {}", cut(value, room.max(20)));
    }
    let _ = match &line.error {
        Some(message) if message.is_empty() => text.write_str(": error"),
        Some(message) => write!(text, ": error: {message}"),
        None => Ok(()),
    };
    if line.is_skipped {
        text.push_str(": not evaluated");
    }
    writeln!(out, "{}", safe_line(&text))
}

/// A text of at most so many characters.
fn cut(text: &str, most: usize) -> String {
    if text.chars().nth(most).is_none() {
        return text.to_owned();
    }
    text.chars()
        .take(most.saturating_sub(1))
        .chain(['…'])
        .collect()
}

/// The lines of the tree that pass by on the left: one for each level that goes on below.
fn branches(all: &[Line], at: usize, level: usize) -> String {
    let later = all.get(at + 1..).unwrap_or_default();
    (1..level)
        .map(|outer| {
            let goes_on = later
                .iter()
                .take_while(|next| next.level >= outer)
                .any(|next| next.level == outer);
            if goes_on { "│  " } else { "   " }
        })
        .collect()
}
