//! Bytes to tokens.

use super::{SyntaxError, TextRange, error, error_with_help};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    Name,
    /// A field name in backticks.
    QuotedName,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    True,
    False,
    Null,
    In,
    Dot,
    Comma,
    Colon,
    Question,
    LeftParenthesis,
    RightParenthesis,
    LeftBracket,
    RightBracket,
    LeftBrace,
    RightBrace,
    Not,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    And,
    Or,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    End,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) range: TextRange,
}

/// Reads one token after the other.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'s> {
    source: &'s str,
    at: usize,
    /// Whether names may stand in backticks.
    backticks: bool,
}

impl<'s> Lexer<'s> {
    pub(super) const fn new(source: &'s str, backticks: bool) -> Self {
        Self {
            source,
            at: 0,
            backticks,
        }
    }

    /// The next token; [`TokenKind::End`] at the end, again and again.
    pub(super) fn next(&mut self) -> Result<Token, SyntaxError> {
        self.skip_blanks();
        let start = self.at;
        let kind = match self.peek(0) {
            None => TokenKind::End,
            Some(byte) => match byte {
                b'_' | b'a'..=b'z' | b'A'..=b'Z' => self.word()?,
                b'0'..=b'9' => self.number()?,
                b'.' if matches!(self.peek(1), Some(b'0'..=b'9')) => self.number()?,
                b'"' | b'\'' => {
                    self.text(start, false)?;
                    TokenKind::String
                }
                b'`' => self.quoted_name()?,
                _ => self.symbol()?,
            },
        };
        Ok(Token {
            kind,
            range: self.range(start),
        })
    }

    fn peek(&self, offset: usize) -> Option<u8> {
        self.source.as_bytes().get(self.at + offset).copied()
    }

    fn range(&self, start: usize) -> TextRange {
        TextRange {
            start: start as u32,
            end: self.at as u32,
        }
    }

    fn skip_blanks(&mut self) {
        loop {
            match self.peek(0) {
                Some(b' ' | b'\t' | b'\r' | b'\n' | 0x0c) => self.at += 1,
                Some(b'/') if self.peek(1) == Some(b'/') => {
                    while self.peek(0).is_some_and(|byte| byte != b'\n') {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    fn skip_while(&mut self, accept: impl Fn(u8) -> bool) {
        while self.peek(0).is_some_and(&accept) {
            self.at += 1;
        }
    }

    /// A name, a keyword, or a literal with a prefix (`r""`, `b""`, `br""`).
    fn word(&mut self) -> Result<TokenKind, SyntaxError> {
        let start = self.at;
        self.skip_while(|byte| byte == b'_' || byte.is_ascii_alphanumeric());
        let word = self.source.get(start..self.at).unwrap_or_default();
        if matches!(self.peek(0), Some(b'"' | b'\'')) {
            let (bytes, raw) = match word {
                "r" | "R" => (false, true),
                "b" | "B" => (true, false),
                "br" | "bR" | "Br" | "BR" => (true, true),
                _ => {
                    return Err(error(
                        self.range(start),
                        format!("`{word}` is no prefix of a string; known are `r`, `b` and `br`"),
                    ));
                }
            };
            self.text(start, raw)?;
            return Ok(if bytes {
                TokenKind::Bytes
            } else {
                TokenKind::String
            });
        }
        Ok(match word {
            "true" => TokenKind::True,
            "false" => TokenKind::False,
            "null" => TokenKind::Null,
            "in" => TokenKind::In,
            _ => TokenKind::Name,
        })
    }

    fn number(&mut self) -> Result<TokenKind, SyntaxError> {
        let start = self.at;
        let digit = |byte: u8| byte.is_ascii_digit();
        let mut kind = TokenKind::Int;
        if self.peek(0) == Some(b'0')
            && matches!(self.peek(1), Some(b'x' | b'X'))
            && self.peek(2).is_some_and(|byte| byte.is_ascii_hexdigit())
        {
            self.at += 2;
            self.skip_while(|byte| byte.is_ascii_hexdigit());
        } else {
            self.skip_while(digit);
            if self.peek(0) == Some(b'.') && self.peek(1).is_some_and(digit) {
                kind = TokenKind::Double;
                self.at += 1;
                self.skip_while(digit);
            }
            if matches!(self.peek(0), Some(b'e' | b'E')) {
                let sign = usize::from(matches!(self.peek(1), Some(b'+' | b'-')));
                if self.peek(1 + sign).is_some_and(digit) {
                    kind = TokenKind::Double;
                    self.at += 1 + sign;
                    self.skip_while(digit);
                }
            }
        }
        if kind == TokenKind::Int && matches!(self.peek(0), Some(b'u' | b'U')) {
            self.at += 1;
            kind = TokenKind::Uint;
        }
        if self
            .peek(0)
            .is_some_and(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
        {
            self.skip_while(|byte| byte == b'_' || byte.is_ascii_alphanumeric());
            return Err(error(self.range(start), "this is not a number"));
        }
        Ok(kind)
    }

    /// The quotes and what is between them; the escapes are looked at later.
    fn text(&mut self, start: usize, raw: bool) -> Result<(), SyntaxError> {
        let Some(quote) = self.peek(0) else {
            return Ok(());
        };
        let triple = self.peek(1) == Some(quote) && self.peek(2) == Some(quote);
        self.at += if triple { 3 } else { 1 };
        loop {
            match self.peek(0) {
                None => return Err(self.unterminated(start, quote, triple)),
                Some(b'\n' | b'\r') if !triple => {
                    return Err(self.unterminated(start, quote, triple));
                }
                Some(b'\\') if !raw => {
                    self.at += 1;
                    self.skip_char();
                }
                Some(byte) if byte == quote => {
                    if !triple {
                        self.at += 1;
                        return Ok(());
                    }
                    if self.peek(1) == Some(quote) && self.peek(2) == Some(quote) {
                        self.at += 3;
                        return Ok(());
                    }
                    self.at += 1;
                }
                Some(_) => self.skip_char(),
            }
        }
    }

    fn unterminated(&self, start: usize, quote: u8, triple: bool) -> SyntaxError {
        let quotes = (quote as char)
            .to_string()
            .repeat(if triple { 3 } else { 1 });
        let help = if triple || self.at >= self.source.len() {
            format!("close it with {quotes}")
        } else {
            format!("close it with {quotes}, or use triple quotes for more than one line")
        };
        error_with_help(self.range(start), "this string does not end", help)
    }

    fn quoted_name(&mut self) -> Result<TokenKind, SyntaxError> {
        let start = self.at;
        self.at += 1;
        self.skip_while(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'/' | b' ')
        });
        if self.peek(0) == Some(b'`') && self.at > start + 1 {
            self.at += 1;
            if !self.backticks {
                return Err(error_with_help(
                    self.range(start),
                    "the API server reads no names in backticks",
                    "use an index with a string instead: `x[\"...\"]`",
                ));
            }
            return Ok(TokenKind::QuotedName);
        }
        Err(error_with_help(
            self.range(start),
            "this name in backticks does not end or has other characters than letters, digits and `_.-/ `",
            "use an index with a string instead: `x[\"...\"]`",
        ))
    }

    fn symbol(&mut self) -> Result<TokenKind, SyntaxError> {
        use TokenKind::{
            And, Colon, Comma, Dot, Equal, Greater, GreaterOrEqual, LeftBrace, LeftBracket,
            LeftParenthesis, Less, LessOrEqual, Minus, Not, NotEqual, Or, Percent, Plus, Question,
            RightBrace, RightBracket, RightParenthesis, Slash, Star,
        };
        let start = self.at;
        let (kind, length) = match (self.peek(0).unwrap_or_default(), self.peek(1)) {
            (b'&', Some(b'&')) => (And, 2),
            (b'|', Some(b'|')) => (Or, 2),
            (b'=', Some(b'=')) => (Equal, 2),
            (b'!', Some(b'=')) => (NotEqual, 2),
            (b'<', Some(b'=')) => (LessOrEqual, 2),
            (b'>', Some(b'=')) => (GreaterOrEqual, 2),
            (b'<', _) => (Less, 1),
            (b'>', _) => (Greater, 1),
            (b'!', _) => (Not, 1),
            (b'+', _) => (Plus, 1),
            (b'-', _) => (Minus, 1),
            (b'*', _) => (Star, 1),
            (b'/', _) => (Slash, 1),
            (b'%', _) => (Percent, 1),
            (b'.', _) => (Dot, 1),
            (b',', _) => (Comma, 1),
            (b':', _) => (Colon, 1),
            (b'?', _) => (Question, 1),
            (b'(', _) => (LeftParenthesis, 1),
            (b')', _) => (RightParenthesis, 1),
            (b'[', _) => (LeftBracket, 1),
            (b']', _) => (RightBracket, 1),
            (b'{', _) => (LeftBrace, 1),
            (b'}', _) => (RightBrace, 1),
            (byte, _) => {
                self.skip_char();
                return Err(unknown_symbol(
                    byte,
                    self.range(start),
                    self.source.get(start..self.at).unwrap_or_default(),
                ));
            }
        };
        self.at += length;
        Ok(kind)
    }

    /// Steps over one character, which may be several bytes.
    fn skip_char(&mut self) {
        let rest = self.source.get(self.at..).unwrap_or_default();
        self.at += rest.chars().next().map_or(0, char::len_utf8);
    }
}

fn unknown_symbol(byte: u8, range: TextRange, text: &str) -> SyntaxError {
    let message = format!("`{}` means nothing here", text.escape_debug());
    match byte {
        b'=' => error_with_help(range, message, "compare with `==`"),
        b'&' => error_with_help(range, message, "write `&&` for and"),
        b'|' => error_with_help(range, message, "write `||` for or"),
        b';' | b'$' | b'@' | b'#' => error(range, message),
        _ => error_with_help(range, message, "text belongs in quotes"),
    }
}
