//! Translates RE2 syntax as Go reads it into the syntax of the `regex` crate.
//!
//! Upstream: Go `regexp/syntax`, function `parse` with the flags `syntax.Perl`. The output has no free-standing flags
//! and no captures (nobody asks for them); each piece carries its own flags, so the two syntaxes cannot disagree on
//! how far a flag reaches.

use super::PatternError;
use super::class::{bracketed, escaped_char, escaped_class, write_char};
use super::cursor::Cursor;

/// The largest repeat count, alone or as the product of nested counts (Go `maxRepeat`).
const MAX_REPEAT: u32 = 1000;
/// How deep groups may nest. Go allows a height of 1000; we stay far below so that compiling needs little stack.
const MAX_GROUPS: usize = 100;

/// Flags in force, `(?imsU)`.
#[derive(Clone, Copy, Default)]
struct Flags {
    fold_case: bool,
    multi_line: bool,
    dot_all: bool,
    lazy: bool,
}

/// The last thing written in a sequence: what a repeat operator applies to.
#[derive(Clone, Copy)]
struct Atom {
    /// Where it begins in the output.
    start: usize,
    /// The largest product of nested repeat counts inside it.
    weight: u32,
    /// Whether it ends in a repeat operator.
    repeated: bool,
}

/// A group that is open; the flags are those to return to.
struct Group {
    start: usize,
    flags: Flags,
    weight: u32,
}

struct Translator<'p> {
    cursor: Cursor<'p>,
    out: String,
    flags: Flags,
    groups: Vec<Group>,
    last: Option<Atom>,
    /// The largest weight seen in the current group, `last` not counted.
    weight: u32,
}

/// Translates `pattern`, or says why Go would reject it.
pub(super) fn translate(pattern: &str) -> Result<String, PatternError> {
    let mut translator = Translator {
        cursor: Cursor::new(pattern),
        out: String::with_capacity(pattern.len() + 16),
        flags: Flags::default(),
        groups: Vec::new(),
        last: None,
        weight: 1,
    };
    translator.run()?;
    if translator.groups.is_empty() {
        Ok(translator.out)
    } else {
        Err(PatternError::MissingClose)
    }
}

impl<'p> Translator<'p> {
    fn run(&mut self) -> Result<(), PatternError> {
        // Where the repeat operator stands that was read last, if nothing came after it.
        let mut previous_repeat: Option<Cursor<'p>> = None;
        while let Some(next) = self.cursor.peek() {
            let here = self.cursor;
            let mut repeat = None;
            match next {
                '(' => self.open()?,
                ')' => self.close()?,
                '|' => {
                    self.cursor.next();
                    self.settle();
                    self.out.push('|');
                }
                '*' | '+' | '?' => {
                    self.cursor.next();
                    self.repeat(&here, previous_repeat.as_ref(), None)?;
                    repeat = Some(here);
                }
                '{' => {
                    if let Some(counts) = self.counts()? {
                        self.repeat(&here, previous_repeat.as_ref(), Some(counts))?;
                        repeat = Some(here);
                    } else {
                        self.cursor.next();
                        self.literal('{'.into());
                    }
                }
                _ => self.piece(next)?,
            }
            previous_repeat = repeat;
        }
        Ok(())
    }

    /// A piece that stands for itself: a character, a class, an assertion.
    fn piece(&mut self, next: char) -> Result<(), PatternError> {
        match next {
            '^' => self.single(if self.flags.multi_line {
                "(?m:^)"
            } else {
                r"\A"
            }),
            '$' => self.single(if self.flags.multi_line {
                "(?m:$)"
            } else {
                r"\z"
            }),
            '.' => self.single(if self.flags.dot_all { "(?s:.)" } else { "." }),
            '[' => {
                let start = self.begin();
                self.folded(|cursor, out| bracketed(cursor, out).map(|()| true))?;
                self.end(start);
            }
            '\\' => return self.escape(),
            other => {
                self.cursor.next();
                self.literal(other.into());
            }
        }
        Ok(())
    }

    fn escape(&mut self) -> Result<(), PatternError> {
        let here = self.cursor;
        if self.cursor.take(r"\Q") {
            let quoted = match self.cursor.take_until(r"\E") {
                Some(quoted) => quoted,
                None => self.cursor.take_rest(),
            };
            quoted.chars().for_each(|plain| self.literal(plain.into()));
            return Ok(());
        }
        for (escape, written) in [
            (r"\A", r"\A"),
            (r"\z", r"\z"),
            (r"\b", r"(?-u:\b)"),
            (r"\B", r"(?-u:\B)"),
        ] {
            if self.cursor.take(escape) {
                let start = self.begin();
                self.out.push_str(written);
                self.end(start);
                return Ok(());
            }
        }
        if self.cursor.take(r"\C") {
            return Err(PatternError::InvalidEscape(
                self.cursor.since(&here).to_owned(),
            ));
        }
        let start = self.begin();
        if self.folded(escaped_class)? {
            self.end(start);
        } else {
            let code = escaped_char(&mut self.cursor)?;
            self.literal(code);
        }
        Ok(())
    }

    /// Writes one character as an atom.
    fn literal(&mut self, code: u32) {
        let start = self.begin();
        // ASCII other than letters has no other case.
        let folds = self.flags.fold_case
            && (code >= 0x80
                || char::from_u32(code).is_some_and(|plain| plain.is_ascii_alphabetic()));
        self.out.push_str(if folds { "(?i:" } else { "" });
        write_char(&mut self.out, code);
        self.out.push_str(if folds { ")" } else { "" });
        self.end(start);
    }

    /// Takes one character and writes `text` as an atom.
    fn single(&mut self, text: &str) {
        self.cursor.next();
        let start = self.begin();
        self.out.push_str(text);
        self.end(start);
    }

    /// Lets `write` write a class, case folded if the flag says so; writes nothing if it answers false.
    fn folded(
        &mut self,
        write: impl FnOnce(&mut Cursor<'p>, &mut String) -> Result<bool, PatternError>,
    ) -> Result<bool, PatternError> {
        let start = self.out.len();
        self.out
            .push_str(if self.flags.fold_case { "(?i:" } else { "" });
        if !write(&mut self.cursor, &mut self.out)? {
            self.out.truncate(start);
            return Ok(false);
        }
        self.out
            .push_str(if self.flags.fold_case { ")" } else { "" });
        Ok(true)
    }

    /// Begins an atom: the one before is out of reach of repeat operators.
    fn begin(&mut self) -> usize {
        self.settle();
        self.out.len()
    }

    fn end(&mut self, start: usize) {
        self.last = Some(Atom {
            start,
            weight: 1,
            repeated: false,
        });
    }

    fn settle(&mut self) {
        if let Some(atom) = self.last.take() {
            self.weight = self.weight.max(atom.weight);
        }
    }

    /// Reads what begins with `(`: a group, a named capture, or flags.
    fn open(&mut self) -> Result<(), PatternError> {
        let here = self.cursor;
        let outer = self.flags;
        self.cursor.next();
        if self.cursor.take("?") {
            if self.cursor.take("P<") || self.cursor.take("<") {
                self.capture_name(&here)?;
            } else if !self.read_flags(&here)? {
                return Ok(());
            }
        }
        if self.groups.len() >= MAX_GROUPS {
            return Err(PatternError::TooDeep);
        }
        self.settle();
        self.groups.push(Group {
            start: self.out.len(),
            flags: outer,
            weight: self.weight,
        });
        self.weight = 1;
        self.out.push_str("(?:");
        Ok(())
    }

    fn capture_name(&mut self, group: &Cursor<'p>) -> Result<(), PatternError> {
        // Go reports `(?<=` and `(?<!` as bad names; for a reader they are lookbehind.
        if self.cursor.rest().starts_with(['=', '!']) {
            self.cursor.next();
            return Err(PatternError::InvalidGroup(
                self.cursor.since(group).to_owned(),
            ));
        }
        let Some(name) = self.cursor.take_until(">") else {
            return Err(PatternError::InvalidName(group.rest().to_owned()));
        };
        if name.is_empty()
            || !name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            return Err(PatternError::InvalidName(
                self.cursor.since(group).to_owned(),
            ));
        }
        Ok(())
    }

    /// Reads flags up to `:` (true: a group opens) or `)` (false: they hold from here on).
    fn read_flags(&mut self, group: &Cursor<'p>) -> Result<bool, PatternError> {
        let mut flags = self.flags;
        let mut on = true;
        let mut seen = false;
        while let Some(letter) = self.cursor.next() {
            match letter {
                'i' => flags.fold_case = on,
                'm' => flags.multi_line = on,
                's' => flags.dot_all = on,
                'U' => flags.lazy = on,
                '-' if on => {
                    on = false;
                    seen = false;
                    continue;
                }
                ':' | ')' if on || seen => {
                    self.flags = flags;
                    return Ok(letter == ':');
                }
                _ => break,
            }
            seen = true;
        }
        Err(PatternError::InvalidGroup(
            self.cursor.since(group).to_owned(),
        ))
    }

    fn close(&mut self) -> Result<(), PatternError> {
        let Some(group) = self.groups.pop() else {
            return Err(PatternError::UnexpectedClose);
        };
        self.cursor.next();
        self.settle();
        self.out.push(')');
        self.flags = group.flags;
        self.last = Some(Atom {
            start: group.start,
            weight: self.weight,
            repeated: false,
        });
        self.weight = group.weight;
        Ok(())
    }

    /// Reads `{n}`, `{n,}` or `{n,m}`. Anything else, `{,n}` too, is not a count in Go and gives `None`, nothing taken.
    fn counts(&mut self) -> Result<Option<(u32, Option<u32>)>, PatternError> {
        let here = self.cursor;
        let parsed = self.counts_text();
        let Some((minimum, maximum)) = parsed else {
            self.cursor = here;
            return Ok(None);
        };
        if minimum > MAX_REPEAT || maximum.is_some_and(|most| most > MAX_REPEAT || most < minimum) {
            return Err(PatternError::InvalidCount(
                self.cursor.since(&here).to_owned(),
            ));
        }
        Ok(Some((minimum, maximum)))
    }

    fn counts_text(&mut self) -> Option<(u32, Option<u32>)> {
        self.cursor.next();
        let minimum = self.number()?;
        let maximum = if !self.cursor.take(",") {
            Some(minimum)
        } else if self.cursor.rest().starts_with('}') {
            None
        } else {
            Some(self.number()?)
        };
        self.cursor.take("}").then_some((minimum, maximum))
    }

    /// A decimal number without leading zeros; one that is too large for us is only large.
    fn number(&mut self) -> Option<u32> {
        let digits: &str = {
            let rest = self.cursor.rest();
            let end = rest
                .find(|next: char| !next.is_ascii_digit())
                .unwrap_or(rest.len());
            rest.get(..end)?
        };
        if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
            return None;
        }
        self.cursor.take(digits);
        Some(digits.parse().unwrap_or(u32::MAX))
    }

    /// Applies the operator between `here` and the cursor to the last atom.
    fn repeat(
        &mut self,
        here: &Cursor<'p>,
        previous: Option<&Cursor<'p>>,
        counts: Option<(u32, Option<u32>)>,
    ) -> Result<(), PatternError> {
        let operator = self.cursor.since(here);
        let lazy = self.cursor.take("?") ^ self.flags.lazy;
        let text = || self.cursor.since(here).to_owned();
        if let Some(previous) = previous {
            return Err(PatternError::StackedRepeat(
                self.cursor.since(previous).to_owned(),
            ));
        }
        let Some(atom) = self.last else {
            return Err(PatternError::MissingArgument(text()));
        };
        let mut weight = atom.weight;
        if let Some((minimum, maximum)) = counts {
            let factor = maximum.unwrap_or(minimum);
            // Go stops looking below `{0}`; `{0,}` counts as one.
            weight = match maximum {
                Some(0) => 1,
                _ => weight.saturating_mul(factor.max(1)),
            };
            if (minimum >= 2 || factor >= 2) && weight > MAX_REPEAT {
                return Err(PatternError::InvalidCount(text()));
            }
        }
        if atom.repeated {
            self.out.insert_str(atom.start, "(?:");
            self.out.push(')');
        }
        self.out.push_str(operator);
        self.out.push_str(if lazy { "?" } else { "" });
        self.last = Some(Atom {
            start: atom.start,
            weight,
            repeated: true,
        });
        Ok(())
    }
}
