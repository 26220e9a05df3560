//! Tokens to a tree: operators. What an operand can be is in `primary.rs`.

use super::lexer::{Lexer, Token, TokenKind};
use super::{
    Arithmetic, LogicalOperator, MAX_HEIGHT, MAX_NESTING, MAX_NODES, MAX_SOURCE, Relation, Syntax,
    SyntaxError, SyntaxKind, TextRange, UnaryOperator, error, error_with_help,
};

/// A subtree. Boxed, so that the recursive functions here have small frames.
pub(super) type Parsed = Result<Box<Syntax>, SyntaxError>;

/// Parses a whole text as one expression. Names in backticks are CEL, but not the API server's.
pub(crate) fn parse(source: &str, backticks: bool) -> Result<Syntax, SyntaxError> {
    // The cheap question first: a text of few bytes has no more characters.
    if source.len() > MAX_SOURCE && source.chars().count() > MAX_SOURCE {
        let whole = TextRange {
            start: 0,
            end: u32::try_from(source.len()).unwrap_or(u32::MAX),
        };
        return Err(error(
            whole,
            format!(
                "this expression has {} characters; at most {MAX_SOURCE} are allowed",
                source.chars().count()
            ),
        ));
    }
    let mut parser = Parser::new(source, backticks)?;
    let expression = parser.expression()?;
    if parser.token.kind == TokenKind::End {
        Ok(*expression)
    } else {
        Err(parser.unexpected("an operator or the end of the expression"))
    }
}

pub(super) struct Parser<'s> {
    source: &'s str,
    lexer: Lexer<'s>,
    /// The token at hand, not yet used.
    pub(super) token: Token,
    /// Where the token before it ended.
    pub(super) previous_end: u32,
    nesting: u16,
    nodes: u32,
}

impl<'s> Parser<'s> {
    fn new(source: &'s str, backticks: bool) -> Result<Self, SyntaxError> {
        let mut lexer = Lexer::new(source, backticks);
        let token = lexer.next()?;
        Ok(Self {
            source,
            lexer,
            token,
            previous_end: 0,
            nesting: 0,
            nodes: 0,
        })
    }

    /// `or ? or : expression`
    pub(super) fn expression(&mut self) -> Parsed {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return Err(too_deep(self.token.range));
        }
        let mut expression = self.or()?;
        if self.accept(TokenKind::Question)? {
            let then = self.or()?;
            self.expect(
                TokenKind::Colon,
                "`:` and what the expression is otherwise: `condition ? this : that`",
            )?;
            let otherwise = self.expression()?;
            let range = expression.range.to(otherwise.range);
            let height = expression.height.max(then.height).max(otherwise.height);
            let kind = SyntaxKind::Conditional {
                condition: expression,
                then,
                otherwise,
            };
            expression = self.node(kind, range, height)?;
        }
        self.nesting -= 1;
        Ok(expression)
    }

    fn or(&mut self) -> Parsed {
        let first = self.and()?;
        if self.token.kind != TokenKind::Or {
            return Ok(first);
        }
        let mut operands = vec![*first];
        while self.accept(TokenKind::Or)? {
            operands.push(*self.and()?);
        }
        self.logical(LogicalOperator::Or, operands)
    }

    fn and(&mut self) -> Parsed {
        let first = self.binary(1)?;
        if self.token.kind != TokenKind::And {
            return Ok(first);
        }
        let mut operands = vec![*first];
        while self.accept(TokenKind::And)? {
            operands.push(*self.binary(1)?);
        }
        self.logical(LogicalOperator::And, operands)
    }

    fn logical(&mut self, operator: LogicalOperator, operands: Vec<Syntax>) -> Parsed {
        let range = match (operands.first(), operands.last()) {
            (Some(first), Some(last)) => first.range.to(last.range),
            _ => self.token.range,
        };
        let height = highest(operands.iter());
        self.node(SyntaxKind::Logical { operator, operands }, range, height)
    }

    /// Relations, sums and products by precedence; all associate to the left.
    fn binary(&mut self, minimum: u8) -> Parsed {
        let mut left = self.unary()?;
        while let Some((operator, precedence)) = binary_operator(self.token.kind)
            && precedence >= minimum
        {
            self.advance()?;
            let right = self.binary(precedence + 1)?;
            let range = left.range.to(right.range);
            let height = left.height.max(right.height);
            let kind = match operator {
                Binary::Relation(relation) => SyntaxKind::Relation {
                    relation,
                    left,
                    right,
                },
                Binary::Arithmetic(operator) => SyntaxKind::Arithmetic {
                    operator,
                    left,
                    right,
                },
            };
            left = self.node(kind, range, height)?;
        }
        Ok(left)
    }

    /// `!` and `-`, any number of one of them; two cancel each other out, as in cel-go.
    fn unary(&mut self) -> Parsed {
        let (operator, token) = match self.token.kind {
            TokenKind::Not => (UnaryOperator::Not, TokenKind::Not),
            TokenKind::Minus => (UnaryOperator::Negate, TokenKind::Minus),
            _ => return self.member(None),
        };
        let start = self.token.range;
        let mut count = 0u32;
        while self.accept(token)? {
            count += 1;
        }
        let is_number = matches!(self.token.kind, TokenKind::Int | TokenKind::Double);
        if operator == UnaryOperator::Negate && count == 1 && is_number {
            return self.member(Some(start));
        }
        // A negative number is a literal, so `!` may stand before it as before any operand.
        let minus = self.token.range;
        let mut operand = if operator == UnaryOperator::Not && self.accept(TokenKind::Minus)? {
            if !matches!(self.token.kind, TokenKind::Int | TokenKind::Double) {
                return Err(self.unexpected("a number"));
            }
            self.member(Some(minus))?
        } else {
            self.member(None)?
        };
        let range = start.to(operand.range);
        if count.is_multiple_of(2) {
            operand.range = range;
            return Ok(operand);
        }
        let height = operand.height;
        self.node(SyntaxKind::Unary { operator, operand }, range, height)
    }

    /// A node one higher than its highest child.
    pub(super) fn node(&mut self, kind: SyntaxKind, range: TextRange, children: u16) -> Parsed {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(error(
                range,
                format!("this expression is too large: at most {MAX_NODES} parts are allowed"),
            ));
        }
        if children >= MAX_HEIGHT {
            return Err(too_deep(range));
        }
        Ok(Box::new(Syntax {
            kind,
            range,
            height: children + 1,
        }))
    }

    pub(super) fn advance(&mut self) -> Result<Token, SyntaxError> {
        let token = self.token;
        self.previous_end = token.range.end;
        self.token = self.lexer.next()?;
        Ok(token)
    }

    pub(super) fn accept(&mut self, kind: TokenKind) -> Result<bool, SyntaxError> {
        let found = self.token.kind == kind;
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    pub(super) fn expect(&mut self, kind: TokenKind, what: &str) -> Result<Token, SyntaxError> {
        if self.token.kind == kind {
            self.advance()
        } else {
            Err(self.unexpected(what))
        }
    }

    pub(super) fn text(&self, range: TextRange) -> &'s str {
        self.source
            .get(range.start as usize..range.end as usize)
            .unwrap_or_default()
    }

    /// From the start of `start` to the end of what was read last.
    pub(super) fn since(&self, start: TextRange) -> TextRange {
        TextRange {
            start: start.start,
            end: self.previous_end,
        }
    }

    /// The token at hand is not what the grammar wants.
    pub(super) fn unexpected(&self, wanted: &str) -> SyntaxError {
        let range = self.token.range;
        if self.token.kind == TokenKind::End {
            return error(
                range,
                format!("the expression ends here; expected {wanted}"),
            );
        }
        let text = self.text(range);
        let message = format!("unexpected `{}`; expected {wanted}", text.escape_debug());
        match text {
            "and" => error_with_help(range, message, "write `&&` for and"),
            "or" => error_with_help(range, message, "write `||` for or"),
            "not" => error_with_help(range, message, "write `!` for not"),
            "in" => error_with_help(
                range,
                message,
                "a field of this name is read as `x[\"in\"]`",
            ),
            _ => error(range, message),
        }
    }
}

/// The greatest height among some nodes.
pub(super) fn highest<'t>(nodes: impl Iterator<Item = &'t Syntax>) -> u16 {
    nodes.map(|node| node.height).max().unwrap_or(0)
}

fn too_deep(range: TextRange) -> SyntaxError {
    error_with_help(
        range,
        format!("this expression nests deeper than {MAX_NESTING} levels"),
        "move parts of it into variables",
    )
}

enum Binary {
    Relation(Relation),
    Arithmetic(Arithmetic),
}

const fn binary_operator(token: TokenKind) -> Option<(Binary, u8)> {
    Some(match token {
        TokenKind::Equal => (Binary::Relation(Relation::Equal), 1),
        TokenKind::NotEqual => (Binary::Relation(Relation::NotEqual), 1),
        TokenKind::Less => (Binary::Relation(Relation::Less), 1),
        TokenKind::LessOrEqual => (Binary::Relation(Relation::LessOrEqual), 1),
        TokenKind::Greater => (Binary::Relation(Relation::Greater), 1),
        TokenKind::GreaterOrEqual => (Binary::Relation(Relation::GreaterOrEqual), 1),
        TokenKind::In => (Binary::Relation(Relation::In), 1),
        TokenKind::Plus => (Binary::Arithmetic(Arithmetic::Add), 2),
        TokenKind::Minus => (Binary::Arithmetic(Arithmetic::Subtract), 2),
        TokenKind::Star => (Binary::Arithmetic(Arithmetic::Multiply), 3),
        TokenKind::Slash => (Binary::Arithmetic(Arithmetic::Divide), 3),
        TokenKind::Percent => (Binary::Arithmetic(Arithmetic::Modulo), 3),
        _ => return None,
    })
}
