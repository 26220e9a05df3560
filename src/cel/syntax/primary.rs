//! Tokens to a tree: operands, that is names, literals, brackets, and what may follow them.

use super::lexer::TokenKind;
use super::parser::{Parsed, Parser, highest};
use super::words::is_reserved;
use super::{
    CallSyntax, ListItem, Literal, MapEntry, StructField, Syntax, SyntaxError, SyntaxKind,
    TextRange, error_with_help, literal,
};

impl Parser<'_> {
    /// An operand with all its `.field`, `.method()`, `[index]` and `{fields}`. `minus` is a sign before a number.
    pub(super) fn member(&mut self, minus: Option<TextRange>) -> Parsed {
        let start = minus.unwrap_or(self.token.range);
        let mut operand = self.primary(minus)?;
        loop {
            operand = match self.token.kind {
                TokenKind::Dot => self.field_or_method(start, operand)?,
                TokenKind::LeftBracket => self.index(start, operand)?,
                TokenKind::LeftBrace => {
                    let Some(name) = operand.dotted_name() else {
                        return Ok(operand);
                    };
                    self.structure(start, name)?
                }
                _ => return Ok(operand),
            };
        }
    }

    fn field_or_method(&mut self, start: TextRange, operand: Box<Syntax>) -> Parsed {
        self.advance()?;
        let optional = self.accept(TokenKind::Question)?;
        let (field, field_range) = self.field_name()?;
        if self.token.kind != TokenKind::LeftParenthesis || optional {
            let height = operand.height;
            let kind = SyntaxKind::Select {
                operand,
                field,
                optional,
            };
            return self.node(kind, self.since(start), height);
        }
        let arguments = self.arguments()?;
        let height = highest(arguments.iter()).max(operand.height);
        let kind = SyntaxKind::Call(CallSyntax {
            receiver: Some(operand),
            function: field,
            function_range: field_range,
            arguments,
        });
        self.node(kind, self.since(start), height)
    }

    fn index(&mut self, start: TextRange, operand: Box<Syntax>) -> Parsed {
        self.advance()?;
        let optional = self.accept(TokenKind::Question)?;
        let index = self.expression()?;
        self.expect(TokenKind::RightBracket, "`]`")?;
        let height = operand.height.max(index.height);
        let kind = SyntaxKind::Index {
            operand,
            index,
            optional,
        };
        self.node(kind, self.since(start), height)
    }

    fn structure(&mut self, start: TextRange, name: String) -> Parsed {
        self.advance()?;
        let mut fields = Vec::new();
        while self.token.kind != TokenKind::RightBrace {
            let optional = self.accept(TokenKind::Question)?;
            let (field, range) = self.field_name()?;
            self.expect(TokenKind::Colon, "`:` and the value of the field")?;
            let value = *self.expression()?;
            fields.push(StructField {
                name: field,
                range,
                value,
                optional,
            });
            if !self.accept(TokenKind::Comma)? {
                break;
            }
        }
        self.expect(TokenKind::RightBrace, "`,` or `}`")?;
        let height = highest(fields.iter().map(|field| &field.value));
        let kind = SyntaxKind::Struct {
            name: name.into(),
            fields,
        };
        self.node(kind, self.since(start), height)
    }

    fn field_name(&mut self) -> Result<(Box<str>, TextRange), SyntaxError> {
        let range = self.token.range;
        match self.token.kind {
            TokenKind::Name => {
                self.advance()?;
                Ok((self.text(range).into(), range))
            }
            TokenKind::QuotedName => {
                self.advance()?;
                Ok((self.text(range).trim_matches('`').into(), range))
            }
            _ => Err(self.unexpected("the name of a field")),
        }
    }

    /// `(a, b)` of a call.
    fn arguments(&mut self) -> Result<Vec<Syntax>, SyntaxError> {
        self.advance()?;
        let mut arguments = Vec::new();
        if self.token.kind != TokenKind::RightParenthesis {
            arguments.push(*self.expression()?);
            while self.accept(TokenKind::Comma)? {
                arguments.push(*self.expression()?);
            }
        }
        self.expect(TokenKind::RightParenthesis, "`,` or `)`")?;
        Ok(arguments)
    }

    fn primary(&mut self, minus: Option<TextRange>) -> Parsed {
        match self.token.kind {
            TokenKind::Name => self.name(self.token.range, false),
            TokenKind::Dot => {
                let start = self.token.range;
                self.advance()?;
                if self.token.kind != TokenKind::Name {
                    return Err(self.unexpected("a name"));
                }
                self.name(start, true)
            }
            TokenKind::LeftParenthesis => self.parentheses(),
            TokenKind::LeftBracket => self.list(),
            TokenKind::LeftBrace => self.map(),
            _ => self.literal(minus),
        }
    }

    fn parentheses(&mut self) -> Parsed {
        let start = self.advance()?.range;
        let mut expression = self.expression()?;
        self.expect(TokenKind::RightParenthesis, "`)`")?;
        expression.range = self.since(start);
        Ok(expression)
    }

    /// A name, or a call of a function that has no receiver.
    fn name(&mut self, start: TextRange, absolute: bool) -> Parsed {
        let range = self.advance()?.range;
        let name = self.text(range);
        if is_reserved(name) {
            return Err(error_with_help(
                range,
                format!("`{name}` is a reserved word"),
                format!("a field of this name is read as `x.{name}`"),
            ));
        }
        if self.token.kind == TokenKind::LeftParenthesis {
            let arguments = self.arguments()?;
            let height = highest(arguments.iter());
            let kind = SyntaxKind::Call(CallSyntax {
                receiver: None,
                function: name.into(),
                function_range: range,
                arguments,
            });
            return self.node(kind, self.since(start), height);
        }
        let kind = SyntaxKind::Name {
            name: name.into(),
            absolute,
        };
        self.node(kind, self.since(start), 0)
    }

    fn list(&mut self) -> Parsed {
        let start = self.advance()?.range;
        let mut items = Vec::new();
        while self.token.kind != TokenKind::RightBracket {
            let optional = self.accept(TokenKind::Question)?;
            let value = *self.expression()?;
            items.push(ListItem { value, optional });
            if !self.accept(TokenKind::Comma)? {
                break;
            }
        }
        self.expect(TokenKind::RightBracket, "`,` or `]`")?;
        let height = highest(items.iter().map(|item| &item.value));
        self.node(SyntaxKind::List(items), self.since(start), height)
    }

    fn map(&mut self) -> Parsed {
        let start = self.advance()?.range;
        let mut entries: Vec<MapEntry> = Vec::new();
        while self.token.kind != TokenKind::RightBrace {
            let optional = self.accept(TokenKind::Question)?;
            let key = *self.expression()?;
            self.expect(TokenKind::Colon, "`:` and the value of this key")?;
            let value = *self.expression()?;
            entries.push(MapEntry {
                key,
                value,
                optional,
            });
            if !self.accept(TokenKind::Comma)? {
                break;
            }
        }
        self.expect(TokenKind::RightBrace, "`,` or `}`")?;
        let height = highest(entries.iter().flat_map(|entry| [&entry.key, &entry.value]));
        self.node(SyntaxKind::Map(entries), self.since(start), height)
    }

    fn literal(&mut self, minus: Option<TextRange>) -> Parsed {
        let range = self.token.range;
        let text = self.text(range);
        let whole = minus.map_or(range, |minus| minus.to(range));
        let negative = minus.is_some();
        let value = match self.token.kind {
            TokenKind::Null => Literal::Null,
            TokenKind::True => Literal::Bool(true),
            TokenKind::False => Literal::Bool(false),
            TokenKind::Int => literal::int(text, whole, negative)?,
            TokenKind::Uint => literal::uint(text, range)?,
            TokenKind::Double => literal::double(text, whole, negative)?,
            TokenKind::String => literal::string(text, range)?,
            TokenKind::Bytes => literal::bytes(text, range)?,
            _ => return Err(self.unexpected("a value")),
        };
        self.advance()?;
        self.node(SyntaxKind::Literal(value), whole, 0)
    }
}
