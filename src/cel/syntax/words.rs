//! The words that CEL keeps for itself.
//!
//! Upstream: `reservedIds` in `parser/parser.go` of cel-go, and the language definition.

/// Words that are no names: kept for languages that CEL is embedded in. They may be field names.
const RESERVED: [&str; 17] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "namespace",
    "package",
    "return",
    "var",
    "void",
    "while",
];

/// Whether a word may not name a variable or a function.
pub(super) fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&word)
}

/// Whether no expression can read a word as a name: it is reserved, or a literal or an operator.
pub fn is_keyword(word: &str) -> bool {
    matches!(word, "false" | "in" | "null" | "true") || is_reserved(word)
}
