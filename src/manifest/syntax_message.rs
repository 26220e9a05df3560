//! Our words for what granit finds wrong with a text.

use std::ops::Range;

use granit_parser::ErrorKind as Kind;

use super::event::SyntaxError;

const TABS: &str = "indent with spaces; a tab is not indentation in YAML";
const QUOTE: &str = "put the value in quotes";

/// Says what is wrong and, where it is clear, what to do.
pub(super) fn describe(kind: &Kind, range: Range<usize>) -> SyntaxError {
    let say = |message: &'static str| SyntaxError::new(message, range.clone());
    match kind {
        Kind::MappingValueNotAllowed | Kind::InvalidColonPlacement => {
            say("a second `: ` is not allowed here")
                .with_help("check the indentation, or put a value that contains `: ` in quotes")
        }
        Kind::SimpleKeyExpected | Kind::InvalidSimpleKey => say("this line is no `key: value`")
            .with_help("a `:` and a space are missing, or the indentation is wrong"),
        Kind::ExpectedBlockMappingKey => say("expected a key here")
            .with_help("check the indentation of this line and the one before it"),
        Kind::ExpectedBlockSequenceEntry => say("expected `- ` here")
            .with_help("check the indentation of this line and the one before it"),
        Kind::ExpectedFlowMappingSeparator | Kind::UnexpectedEofFlowMapping => {
            say("expected `,` or `}` here")
        }
        Kind::ExpectedFlowSequenceSeparator | Kind::UnexpectedEofFlowSequence => {
            say("expected `,` or `]` here")
        }
        Kind::ExpectedNodeContent => say("expected a value here"),
        Kind::TabNotAllowed
        | Kind::TabInBlockIndentation
        | Kind::TabInIndentation
        | Kind::TabAtBlockScalarStart
        | Kind::TabInPlainScalar => say("a tab is used as indentation").with_help(TABS),
        Kind::InvalidBlockEntryWhitespace | Kind::InvalidMappingValueWhitespace => {
            say("a tab separates an indicator from what it holds").with_help("use a space")
        }
        Kind::UnexpectedCharacter { character } => SyntaxError::new(
            format!("a value cannot start with `{}`", character.escape_default()),
            range,
        )
        .with_help(QUOTE),
        Kind::UnknownAnchor => say("the alias has no anchor")
            .with_help("an anchor (`&name`) must stand before its alias, in the same document"),
        Kind::UndeclaredTagHandle => say("the tag's handle is not declared"),
        Kind::UnclosedQuotedScalar => say("the quote is not closed"),
        Kind::DocumentIndicatorInQuotedScalar => {
            say("a `---` or `...` line stands inside a quoted string")
        }
        Kind::InvalidTrailingSingleQuotedScalar | Kind::InvalidTrailingDoubleQuotedScalar => {
            say("text follows a quoted string").with_help("put all of the value in the quotes")
        }
        Kind::InvalidQuotedScalarIndent => say("a line of a quoted string is not indented")
            .with_help("indent it deeper than its key"),
        Kind::UnknownQuotedScalarEscape => say("unknown escape in a double-quoted string")
            .with_help("write `\\\\` for a backslash, or use single quotes"),
        Kind::InvalidQuotedScalarHexEscape
        | Kind::InvalidLowSurrogateHexEscape
        | Kind::InvalidLowSurrogate
        | Kind::MissingLowSurrogate
        | Kind::UnpairedLowSurrogate
        | Kind::InvalidUnicodeEscape => say("the escape names no character"),
        Kind::UnclosedFlowCollection { open } => {
            SyntaxError::new(format!("the `{open}` is not closed"), range)
        }
        Kind::MismatchedFlowCollectionEnd { open, close } => {
            SyntaxError::new(format!("the `{open}` is closed by a `{close}`"), range)
        }
        Kind::MisplacedFlowCollectionEnd => say("a bracket closes what was never opened"),
        Kind::RecursionLimitExceeded => say("lists and maps are nested too deep"),
        Kind::BlockEntryInFlowCollection | Kind::BlockSequenceEntryNotAllowed => {
            say("a list item (`- `) is not allowed here")
                .with_help("check the indentation, or put the value in quotes")
        }
        Kind::MappingKeyNotAllowed => say("a key (`? `) is not allowed here").with_help(QUOTE),
        Kind::ZeroBlockScalarIndent => say("a block of text cannot be indented by 0"),
        Kind::InvalidBlockScalarHeader => say("text follows the `|` or `>` of a block of text"),
        Kind::InvalidBlockScalarIndent => say("a line of a block of text is not indented enough"),
        Kind::InvalidIndentation | Kind::InvalidFlowScalarIndent => say("the indentation is wrong"),
        Kind::InvalidDocumentEnd => say("text follows the `...` that ends the document"),
        Kind::MissingAnchorOrAliasName => say("an anchor or alias has no name").with_help(QUOTE),
        Kind::CommentInterceptedScalar => say("a comment stands inside a value of several lines"),
        Kind::CommentNotSeparated => say("a comment needs a space before its `#`"),
        Kind::PlainScalarStartsWithDashFlowIndicator => {
            say("expected a value after `-`").with_help(QUOTE)
        }
        Kind::ExpectedDocumentStart | Kind::MissingDocumentEndBeforeDirective => {
            say("expected the start of a document here")
        }
        Kind::BomInsideDocument => say("a byte-order mark stands inside the document"),
        Kind::DuplicateVersionDirective | Kind::UnsupportedYamlMajorVersion => {
            say("the `%YAML` directive is not accepted")
        }
        _ => SyntaxError::new(format!("invalid YAML ({})", words(kind)), range),
    }
}

/// The name of a rare error kind as words.
fn words(kind: &Kind) -> String {
    let name = format!("{kind:?}");
    let name = name.split([' ', '{', '(']).next().unwrap_or_default();
    let mut words = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(c.to_ascii_lowercase());
    }
    words
}
