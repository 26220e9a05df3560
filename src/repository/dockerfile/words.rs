//! Words of instructions: what white space parts, with quotes and escapes.
//!
//! Upstream: `frontend/dockerfile/shell/lex.go` of moby/buildkit.

use super::pieces::Pieces;

/// What becomes of quotes and escapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quotes {
    /// They stay.
    Keep,
    /// They go, as a shell would have it.
    Remove,
}

/// The words of a text.
pub(super) fn words(text: &Pieces, escape: char, quotes: Quotes) -> Vec<Pieces> {
    let mut words = Vec::new();
    let mut reader = Reader::new(text, escape);
    loop {
        reader.skip_blank();
        if reader.peek().is_none() {
            return words;
        }
        words.push(reader.word(quotes, &char::is_whitespace));
    }
}

/// Reads characters of a text.
pub(super) struct Reader<'t> {
    text: &'t Pieces,
    at: usize,
    escape: char,
    /// Whether `$(…)` and `` `…` `` within double quotes are commands, which the quotes around them do not part.
    is_shell: bool,
    /// The commands within double quotes of the words that were read.
    within: Vec<Pieces>,
}

impl<'t> Reader<'t> {
    /// Reads a text from its start.
    pub(super) const fn new(text: &'t Pieces, escape: char) -> Self {
        Self {
            text,
            at: 0,
            escape,
            is_shell: false,
            within: Vec::new(),
        }
    }

    /// Reads a text for a shell from its start.
    pub(super) const fn of_shell(text: &'t Pieces) -> Self {
        let mut reader = Self::new(text, '\\');
        reader.is_shell = true;
        reader
    }

    /// The texts of `"$(…)"` in the words that were read since it was last asked.
    pub(super) fn take_within(&mut self) -> Vec<Pieces> {
        std::mem::take(&mut self.within)
    }

    /// The byte of the text that is next.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// What is not read yet.
    pub(super) fn rest(&self) -> &'t str {
        self.text.text().get(self.at..).unwrap_or_default()
    }

    /// Passes over so many bytes, which end with a character.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// The next character.
    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// The next character, taken.
    pub(super) fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// Passes over white space.
    pub(super) fn skip_blank(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.bump();
        }
    }

    /// A word, up to a character that ends it outside of quotes.
    pub(super) fn word(&mut self, quotes: Quotes, ends: &dyn Fn(char) -> bool) -> Pieces {
        let start = self.at;
        let mut word = Pieces::at(0);
        let mut quote = None;
        while let Some(c) = self.peek() {
            if quote.is_none() && ends(c) {
                break;
            }
            self.bump();
            match (quote, c) {
                (Some(open), c) if c == open => quote = None,
                (None, '"' | '\'') => quote = Some(c),
                // Between single quotes nothing escapes; between double ones only what would mean something.
                // A line that goes on does so as if it were one.
                (None | Some('"'), c) if c == self.escape && self.rest().starts_with('\n') => {
                    self.bump();
                }
                (None | Some('"'), c) if c == self.escape => {
                    let at = self.at - c.len_utf8();
                    let escapes = |next: char| {
                        quote.is_none() || matches!(next, '"' | '$') || next == self.escape
                    };
                    match self.peek().filter(|next| escapes(*next)) {
                        Some(next) => {
                            word.take(self.text, self.at, next);
                            self.bump();
                        }
                        None => word.take(self.text, at, c),
                    }
                }
                (_, c) => {
                    word.take(self.text, self.at - c.len_utf8(), c);
                    if self.is_shell && quote == Some('"') {
                        self.substitution(c, &mut word);
                    }
                }
            }
        }
        match quotes {
            Quotes::Remove if !word.is_empty() => word,
            Quotes::Remove => self.text.part(start..start),
            Quotes::Keep => self.text.part(start..self.at),
        }
    }

    /// Takes what a shell runs behind `$` or a backtick, which is read already, to its end.
    fn substitution(&mut self, opened: char, word: &mut Pieces) {
        let rest = self.rest();
        let (open, length) = match opened {
            '$' if rest.starts_with('(') => (1, parenthesis(rest)),
            '`' => (0, backtick(rest)),
            _ => return,
        };
        // `$((1 + 2))` is a number.
        if !rest.starts_with("((") {
            let start = self.at + open;
            let end = self.at + length;
            self.within.push(self.text.part(start..end));
        }
        for (at, c) in rest.char_indices().take_while(|(at, _)| *at <= length) {
            word.take(self.text, self.at + at, c);
        }
        self.at = self.text.text().len().min(self.at + length + 1);
    }
}

/// Where the parenthesis ends that a text begins with; its end, where it does not.
fn parenthesis(text: &str) -> usize {
    let mut open = Vec::new();
    let mut chars = text.char_indices();
    let mut before = ' ';
    while let Some((at, c)) = chars.next() {
        match (open.last(), c) {
            (Some('\''), '\'') | (Some('"'), '"') => {
                open.pop();
            }
            (Some('\''), _) => {}
            (_, '\\') => {
                chars.next();
            }
            (Some('"'), '(') if before == '$' => open.push('('),
            (Some('"'), '(' | ')' | '\'') => {}
            (_, '(' | '"' | '\'') => open.push(c),
            (_, ')') => {
                open.pop();
                if open.is_empty() {
                    return at;
                }
            }
            _ => {}
        }
        before = c;
    }
    text.len()
}

/// Where a backtick stands that nothing escapes; the end of the text, where none does.
fn backtick(text: &str) -> usize {
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '`' => return at,
            _ => {}
        }
    }
    text.len()
}
