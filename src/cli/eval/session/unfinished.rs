//! Whether what was typed so far is a whole expression.

/// Whether a text is only the beginning of an expression: a bracket or a long string is open, or an operator stands at
/// its end. An empty line ends it in any case.
pub(in super::super) fn needs_more(text: &str) -> bool {
    if text.ends_with('\n') || text.trim().is_empty() {
        return false;
    }
    let mut open = 0usize;
    let mut rest = text;
    let mut last = "";
    while let Some(first) = rest.chars().next() {
        let (token, after) = if let Some(comment) = rest.strip_prefix("//") {
            let end = comment.find('\n').unwrap_or(comment.len());
            rest = comment.get(end..).unwrap_or_default();
            continue;
        } else if matches!(first, '"' | '\'') {
            let is_raw = last.ends_with(['r', 'R']) && last.len() <= 2;
            match string_end(rest, first, is_raw) {
                Some(end) => rest.split_at(end),
                None => return is_long(rest),
            }
        } else if first.is_alphanumeric() || first == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
            rest.split_at(end.unwrap_or(rest.len()))
        } else {
            rest.split_at(first.len_utf8())
        };
        match first {
            '(' | '[' | '{' => open += 1,
            ')' | ']' | '}' => open = open.saturating_sub(1),
            _ => {}
        }
        if !token.trim().is_empty() {
            last = token;
        }
        rest = after;
    }
    let operators = [
        "&", "|", "+", "-", "*", "/", "%", "=", "<", ">", "?", ":", ",", ".", "!", "in",
    ];
    open > 0 || operators.contains(&last)
}

fn is_long(text: &str) -> bool {
    text.starts_with("\"\"\"") || text.starts_with("'''")
}

/// Where the string ends that a text starts with; `None` where it does not.
fn string_end(text: &str, quote: char, is_raw: bool) -> Option<usize> {
    let long: String = std::iter::repeat_n(quote, 3).collect();
    let short = quote.to_string();
    let end = if is_long(text) { long } else { short };
    let mut at = end.len();
    loop {
        let rest = text.get(at..)?;
        if rest.starts_with(&end) {
            return Some(at + end.len());
        }
        let mut characters = rest.chars();
        let first = characters.next()?;
        at += first.len_utf8();
        if first == '\\' && !is_raw {
            at += characters.next()?.len_utf8();
        }
    }
}
