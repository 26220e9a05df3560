//! Variables in instructions: `$NAME`, `${NAME}`, `${NAME:-default}`.
//!
//! What is put in for a variable comes from the file alone. A build may be given other values; what has none in the file
//! is unknown, never empty by guess.
//!
//! Upstream: `frontend/dockerfile/shell/lex.go` of moby/buildkit.

use super::said::shown;

/// What is known of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Its value.
    Value(String),
    /// It has one, which the file does not say, and why.
    Not(String),
    /// It has none.
    Unset,
}

/// The word with variables replaced and without quotes; an error says what is not known.
pub(super) fn expand(
    word: &str,
    escape: char,
    lookup: &dyn Fn(&str) -> Known,
) -> Result<String, String> {
    Reader::new(word, escape, lookup).until(None)
}

/// What stands in a text for something that is not known.
const GAP: char = '\0';

/// The parts of a word between what is not known of it.
pub(super) fn known_parts(
    word: &str,
    escape: char,
    lookup: &dyn Fn(&str) -> Known,
) -> Option<Vec<String>> {
    let mut reader = Reader::new(word, escape, lookup);
    reader.leaves_gaps = true;
    let text = reader.until(None).ok()?;
    Some(text.split(GAP).map(str::to_owned).collect())
}

/// Whether a text is these parts, with anything between them.
pub(super) fn is_made_of(text: &str, parts: &[String]) -> bool {
    let [first, between @ .., last] = parts else {
        return parts.first().is_some_and(|only| only == text);
    };
    let inner = text.strip_prefix(first.as_str());
    let Some(mut rest) = inner.and_then(|inner| inner.strip_suffix(last.as_str())) else {
        return false;
    };
    for part in between {
        let Some((_, behind)) = rest.split_once(part.as_str()) else {
            return false;
        };
        rest = behind;
    }
    true
}

/// The variables of a word that have no value where one is put in.
pub(super) fn unset(word: &str, escape: char, lookup: &dyn Fn(&str) -> Known) -> Vec<String> {
    let mut reader = Reader::new(word, escape, lookup);
    // Why something is not known does not matter here.
    let _ = reader.until(None);
    reader.unset
}

/// No value is longer, in bytes: one that is put in twice, again and again, would have no end.
const LONGEST: usize = 64 << 10;

/// Variables within the defaults of variables nest no deeper than this.
const DEEPEST: usize = 16;

struct Reader<'r> {
    rest: &'r str,
    escape: char,
    lookup: &'r dyn Fn(&str) -> Known,
    depth: usize,
    unset: Vec<String>,
    /// Whether [`GAP`] is put in for a value that is not known.
    leaves_gaps: bool,
}

impl<'r> Reader<'r> {
    fn new(word: &'r str, escape: char, lookup: &'r dyn Fn(&str) -> Known) -> Self {
        Self {
            rest: word,
            escape,
            lookup,
            depth: 0,
            unset: Vec::new(),
            leaves_gaps: false,
        }
    }

    fn bump(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        Some(c)
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    /// Up to a character outside of quotes, which is taken; up to the end, where there is none.
    fn until(&mut self, end: Option<char>) -> Result<String, String> {
        let mut text = String::new();
        let mut quote = None;
        while let Some(c) = self.bump() {
            if text.len() > LONGEST {
                return Err("it is too long, once variables are put in".to_owned());
            }
            match (quote, c) {
                (None, c) if Some(c) == end => return Ok(text),
                (Some(open), c) if c == open => quote = None,
                (None, '"' | '\'') => quote = Some(c),
                (Some('\''), c) => text.push(c),
                (_, '$') => text.push_str(&self.variable()?),
                (quote, c) if c == self.escape => match self.peek() {
                    Some(next)
                        if quote.is_none() || matches!(next, '"' | '$') || next == self.escape =>
                    {
                        text.push(next);
                        self.bump();
                    }
                    _ => text.push(c),
                },
                (_, c) => text.push(c),
            }
        }
        Ok(text)
    }

    /// What stands behind a `$`.
    fn variable(&mut self) -> Result<String, String> {
        if self.peek() != Some('{') {
            let name = self.name();
            return if name.is_empty() {
                Ok("$".to_owned())
            } else {
                self.value(&name)
            };
        }
        self.bump();
        let name = self.name();
        if self.depth == DEEPEST {
            let name = shown(&name);
            return Err(format!("the default of `{name}` is too deep"));
        }
        let mut if_empty = false;
        loop {
            return match self.bump() {
                Some('}') => self.value(&name),
                Some(':') if !if_empty => {
                    if_empty = true;
                    continue;
                }
                Some('-') => {
                    let default = self.nested();
                    match self.set(&name, if_empty)? {
                        Some(value) => Ok(value),
                        None => default,
                    }
                }
                Some('+') => {
                    let other = self.nested();
                    match self.set(&name, if_empty)? {
                        Some(_) => other,
                        None => Ok(String::new()),
                    }
                }
                Some('?') => {
                    let _ = self.nested();
                    self.set(&name, if_empty)?
                        .ok_or_else(|| format!("the variable `{}` has no value", shown(&name)))
                }
                _ => {
                    let _ = self.nested();
                    let name = shown(&name);
                    Err(format!("how `{name}` is changed is not worked out"))
                }
            };
        }
    }

    fn nested(&mut self) -> Result<String, String> {
        self.depth += 1;
        let text = self.until(Some('}'));
        self.depth -= 1;
        text
    }

    fn name(&mut self) -> String {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        name.to_owned()
    }

    fn value(&mut self, name: &str) -> Result<String, String> {
        match (self.lookup)(name) {
            Known::Value(value) => Ok(value),
            Known::Unset => {
                self.unset.push(name.to_owned());
                Ok(String::new())
            }
            Known::Not(_) if self.leaves_gaps => Ok(GAP.to_string()),
            Known::Not(why) => Err(why),
        }
    }

    /// The value, if the variable has one; with `if_empty` an empty one is none.
    fn set(&self, name: &str, if_empty: bool) -> Result<Option<String>, String> {
        match (self.lookup)(name) {
            Known::Value(value) if value.is_empty() && if_empty => Ok(None),
            Known::Value(value) => Ok(Some(value)),
            Known::Unset => Ok(None),
            Known::Not(why) => Err(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &str) -> Known {
        match name {
            "TAG" => Known::Value("1.27".to_owned()),
            "EMPTY" => Known::Value(String::new()),
            "BUILD" => Known::Not("`BUILD` comes from the build".to_owned()),
            _ => Known::Unset,
        }
    }

    #[test]
    fn variables_are_replaced_as_the_builder_replaces_them() {
        for (word, expected) in [
            ("nginx:$TAG", Ok("nginx:1.27")),
            ("nginx:${TAG}-alpine", Ok("nginx:1.27-alpine")),
            ("'nginx:$TAG'", Ok("nginx:$TAG")),
            ("\"nginx:$TAG\"", Ok("nginx:1.27")),
            (r"nginx:\$TAG", Ok("nginx:$TAG")),
            ("a$", Ok("a$")),
            ("${NONE:-nginx}:${TAG:-1}", Ok("nginx:1.27")),
            ("${EMPTY:-a}${EMPTY-b}", Ok("a")),
            ("${TAG:+set}${NONE:+set}", Ok("set")),
            ("${NONE:-${OTHER:-deep}}", Ok("deep")),
            ("${NONE}", Ok("")),
            ("${TAG?x}", Ok("1.27")),
            ("${NONE:?x}", Err("the variable `NONE` has no value")),
            ("a:$BUILD", Err("`BUILD` comes from the build")),
            ("a:${BUILD:-1}", Err("`BUILD` comes from the build")),
            ("${TAG%7}", Err("how `TAG` is changed is not worked out")),
        ] {
            let found = expand(word, '\\', &lookup);
            assert_eq!(found.as_deref().map_err(String::as_str), expected, "{word}");
        }
    }

    #[test]
    fn defaults_may_not_nest_without_end() {
        let word = "${A:-".repeat(100) + &"}".repeat(100);
        assert!(expand(&word, '\\', &lookup).is_err());
    }
}
