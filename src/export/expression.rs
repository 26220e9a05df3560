//! Pieces of CEL, as text.

use std::fmt::Write as _;

/// A string literal of this value.
pub(super) fn literal(value: &str) -> String {
    let mut text = String::from("'");
    for c in value.chars() {
        match c {
            '\'' | '\\' => {
                text.push('\\');
                text.push(c);
            }
            c if c.is_control() => {
                // Writing to a string cannot fail.
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text.push('\'');
    text
}

/// Whether something is one of these strings.
pub(super) fn one_of<'v>(what: &str, values: impl IntoIterator<Item = &'v str>) -> String {
    let literals: Vec<String> = values.into_iter().map(literal).collect();
    match &literals[..] {
        [one] => format!("{what} == {one}"),
        _ => format!("{what} in [{}]", literals.join(", ")),
    }
}

/// Whether any of these conditions holds; in parentheses where there are several, or the one needs them.
pub(super) fn any(alternatives: Vec<String>) -> String {
    match <[String; 1]>::try_from(alternatives) {
        Ok([one]) => one,
        Err(alternatives) => {
            let parts: Vec<String> = alternatives
                .iter()
                .map(|part| {
                    if part.contains(" && ") && !is_enclosed(part) {
                        format!("({part})")
                    } else {
                        part.clone()
                    }
                })
                .collect();
            format!("({})", parts.join(" || "))
        }
    }
}

/// That a condition does not hold.
pub(super) fn not(condition: &str) -> String {
    if is_enclosed(condition) {
        format!("!{condition}")
    } else {
        format!("!({condition})")
    }
}

/// Whether one pair of parentheses stands around all of it.
fn is_enclosed(text: &str) -> bool {
    if !text.starts_with('(') || !text.ends_with(')') {
        return false;
    }
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => {
                depth = depth.saturating_sub(1);
                if depth == 0 && at + 1 < text.len() {
                    return false;
                }
            }
            _ => {}
        }
    }
    true
}
