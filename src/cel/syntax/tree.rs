//! The syntax tree. Every node knows the bytes it was read from, its parentheses included.

use std::ops::Range;

/// A range of bytes of the expression. Smaller than a `Range<usize>`, and `Copy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TextRange {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl TextRange {
    /// From the start of this range to the end of `other`.
    pub(crate) const fn to(self, other: Self) -> Self {
        Self {
            start: self.start,
            end: other.end,
        }
    }
}

impl From<TextRange> for Range<usize> {
    fn from(range: TextRange) -> Self {
        range.start as usize..range.end as usize
    }
}

/// A node of the syntax tree.
#[derive(Debug)]
pub(crate) struct Syntax {
    pub(crate) kind: SyntaxKind,
    pub(crate) range: TextRange,
    /// One more than the highest child.
    pub(super) height: u16,
}

/// What a node is.
#[derive(Debug)]
pub(crate) enum SyntaxKind {
    Literal(Literal),
    /// A name; `absolute` with a leading dot, which passes by the names that macros bind.
    Name {
        name: Box<str>,
        absolute: bool,
    },
    Select {
        operand: Box<Syntax>,
        field: Box<str>,
        optional: bool,
    },
    Index {
        operand: Box<Syntax>,
        index: Box<Syntax>,
        optional: bool,
    },
    Unary {
        operator: UnaryOperator,
        operand: Box<Syntax>,
    },
    Arithmetic {
        operator: Arithmetic,
        left: Box<Syntax>,
        right: Box<Syntax>,
    },
    Relation {
        relation: Relation,
        left: Box<Syntax>,
        right: Box<Syntax>,
    },
    /// `a && b && c` as one node.
    Logical {
        operator: LogicalOperator,
        operands: Vec<Syntax>,
    },
    Conditional {
        condition: Box<Syntax>,
        then: Box<Syntax>,
        otherwise: Box<Syntax>,
    },
    List(Vec<ListItem>),
    Map(Vec<MapEntry>),
    Struct {
        name: Box<str>,
        fields: Vec<StructField>,
    },
    /// A call of a function or, as long as nobody has looked at the name, a macro.
    Call(CallSyntax),
}

/// A literal value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(Box<str>),
    Bytes(Box<[u8]>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnaryOperator {
    Not,
    Negate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogicalOperator {
    And,
    Or,
}

/// A call as it is written.
#[derive(Debug)]
pub(crate) struct CallSyntax {
    pub(crate) receiver: Option<Box<Syntax>>,
    pub(crate) function: Box<str>,
    pub(crate) function_range: TextRange,
    pub(crate) arguments: Vec<Syntax>,
}

/// An element of a list literal; an optional one (`?e`) is left out when it is empty.
#[derive(Debug)]
pub(crate) struct ListItem {
    pub(crate) value: Syntax,
    pub(crate) optional: bool,
}

/// An entry of a map literal.
#[derive(Debug)]
pub(crate) struct MapEntry {
    pub(crate) key: Syntax,
    pub(crate) value: Syntax,
    pub(crate) optional: bool,
}

/// A field of a struct literal.
#[derive(Debug)]
pub(crate) struct StructField {
    pub(crate) name: Box<str>,
    pub(crate) range: TextRange,
    pub(crate) value: Syntax,
    pub(crate) optional: bool,
}

impl Arithmetic {
    /// The operator as it is written.
    pub(crate) const fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
        }
    }
}

impl Relation {
    /// The operator as it is written.
    pub(crate) const fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
        }
    }
}

impl Syntax {
    /// How many levels the tree has from here down.
    pub(crate) const fn height(&self) -> u16 {
        self.height
    }

    /// The dotted name that this node spells: `a.b.c`. `None` for anything else.
    pub(crate) fn dotted_name(&self) -> Option<String> {
        match &self.kind {
            SyntaxKind::Name { name, .. } => Some(name.to_string()),
            SyntaxKind::Select {
                operand,
                field,
                optional: false,
            } => {
                let mut name = operand.dotted_name()?;
                name.push('.');
                name.push_str(field);
                Some(name)
            }
            _ => None,
        }
    }

    /// Whether it is, or starts with, an absolute name.
    pub(crate) fn is_absolute(&self) -> bool {
        match &self.kind {
            SyntaxKind::Name { absolute, .. } => *absolute,
            SyntaxKind::Select { operand, .. } => operand.is_absolute(),
            _ => false,
        }
    }
}
