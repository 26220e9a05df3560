//! What parses, what does not, and where the errors point.

use std::ops::Range;

use super::*;

fn parse_all(source: &str) -> Result<Syntax, SyntaxError> {
    parse(source, true)
}

/// The tree in a form that shows its structure: `(+ a (* b c))`.
fn shape(syntax: &Syntax) -> String {
    let join = |nodes: Vec<String>| nodes.join(" ");
    let mark = |optional: bool| if optional { "?" } else { "" };
    match &syntax.kind {
        SyntaxKind::Literal(Literal::String(text)) => format!("{text:?}"),
        SyntaxKind::Literal(Literal::Bytes(bytes)) => format!("b{bytes:?}"),
        SyntaxKind::Literal(Literal::Null) => "null".into(),
        SyntaxKind::Literal(Literal::Bool(value)) => value.to_string(),
        SyntaxKind::Literal(Literal::Int(value)) => value.to_string(),
        SyntaxKind::Literal(Literal::Uint(value)) => format!("{value}u"),
        SyntaxKind::Literal(Literal::Double(value)) => format!("{value:?}"),
        SyntaxKind::Name { name, absolute } => {
            format!("{}{name}", if *absolute { "." } else { "" })
        }
        SyntaxKind::Select {
            operand,
            field,
            optional,
        } => format!("(.{}{field} {})", mark(*optional), shape(operand)),
        SyntaxKind::Index {
            operand,
            index,
            optional,
        } => format!(
            "([{}] {} {})",
            mark(*optional),
            shape(operand),
            shape(index)
        ),
        SyntaxKind::Unary { operator, operand } => {
            let sign = match operator {
                UnaryOperator::Not => '!',
                UnaryOperator::Negate => '-',
            };
            format!("({sign} {})", shape(operand))
        }
        SyntaxKind::Arithmetic {
            operator,
            left,
            right,
        } => format!("({} {} {})", operator.symbol(), shape(left), shape(right)),
        SyntaxKind::Relation {
            relation,
            left,
            right,
        } => format!("({} {} {})", relation.symbol(), shape(left), shape(right)),
        SyntaxKind::Logical { operator, operands } => {
            let sign = match operator {
                LogicalOperator::And => "&&",
                LogicalOperator::Or => "||",
            };
            format!("({sign} {})", join(operands.iter().map(shape).collect()))
        }
        SyntaxKind::Conditional {
            condition,
            then,
            otherwise,
        } => format!(
            "(? {} {} {})",
            shape(condition),
            shape(then),
            shape(otherwise)
        ),
        SyntaxKind::List(items) => {
            let items = items
                .iter()
                .map(|item| mark(item.optional).to_owned() + &shape(&item.value));
            format!("[{}]", join(items.collect()))
        }
        SyntaxKind::Map(entries) => {
            let entries = entries.iter().map(|entry| {
                format!(
                    "{}{}:{}",
                    mark(entry.optional),
                    shape(&entry.key),
                    shape(&entry.value)
                )
            });
            format!("{{{}}}", join(entries.collect()))
        }
        SyntaxKind::Struct { name, fields } => {
            let fields = fields.iter().map(|field| {
                format!(
                    "{}{}:{}",
                    mark(field.optional),
                    field.name,
                    shape(&field.value)
                )
            });
            format!("{name}{{{}}}", join(fields.collect()))
        }
        SyntaxKind::Call(CallSyntax {
            receiver,
            function,
            arguments,
            ..
        }) => {
            let mut parts: Vec<String> = receiver.iter().map(|node| shape(node)).collect();
            parts.extend(arguments.iter().map(shape));
            let dot = if receiver.is_some() { "." } else { "" };
            format!("({dot}{function}() {})", join(parts)).replace(" )", ")")
        }
    }
}

#[test]
fn a_text_parses_to_the_tree_that_the_grammar_says() {
    for (source, tree) in [
        ("1 + 2 * 3", "(+ 1 (* 2 3))"),
        ("1 - 2 - 3", "(- (- 1 2) 3)"),
        ("(1 - 2) - (3)", "(- (- 1 2) 3)"),
        ("a || b && c || d", "(|| a (&& b c) d)"),
        ("a < b == c", "(== (< a b) c)"),
        ("a ? b : c ? d : e", "(? a b (? c d e))"),
        ("!a && !!b", "(&& (! a) b)"),
        ("--1 - -1", "(- 1 -1)"),
        ("-a.b", "(- (.b a))"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("0xFF + 0xffu", "(+ 255 255u)"),
        (".5 + 1.5e3 + 1e-2", "(+ (+ 0.5 1500.0) 0.01)"),
        ("a.b.c[0][?x].?d", "(.?d ([?] ([] (.c (.b a)) 0) x))"),
        ("a.namespace.`b-c/d`", "(.b-c/d (.namespace a))"),
        (".a.f(.b(1))", "(.f() .a (b() 1))"),
        ("[1, ?a, 2,]", "[1 ?a 2]"),
        ("{'a': 1, ?b: c,}", "{\"a\":1 ?b:c}"),
        ("{}", "{}"),
        ("Object.spec{a: 1, ?b: c}", "Object.spec{a:1 ?b:c}"),
        ("f()", "(f())"),
        ("a in [b] // and a comment", "(in a [b])"),
        ("'a\\n\\x41\\101\\u00e9\\U0001F600\\`'", "\"a\\nAAé😀`\""),
        ("r'\\d' + R\"\\\\\"", "(+ \"\\\\d\" \"\\\\\\\\\")"),
        (
            "'''a'b\n''' + \"\"\"c\"\"d\"\"\"",
            "(+ \"a'b\\n\" \"c\\\"\\\"d\")",
        ),
        ("b'\\xff\\377é'", "b[255, 255, 195, 169]"),
        ("br'\\x'", "b[92, 120]"),
    ] {
        let parsed = parse_all(source).unwrap_or_else(|error| panic!("{source}: {error}"));
        assert_eq!(shape(&parsed), tree, "{source}");
    }
}

#[test]
fn an_error_points_at_what_is_wrong() {
    for (source, place, message) in [
        ("", "", "the expression ends here; expected a value"),
        ("1 +", "", "ends here; expected a value"),
        ("a = b", "=", "`=` means nothing here; compare with `==`"),
        ("a and b", "and", "unexpected `and`"),
        ("(a", "", "expected `)`"),
        ("[a b]", "b", "expected `,` or `]`"),
        ("a ? b", "", "expected `:`"),
        ("'abc", "'abc", "this string does not end"),
        ("'a\nb'", "'a", "triple quotes"),
        ("'a\\qb'", "\\q", "no such escape"),
        ("'\\u12'", "\\u12", "needs 4 digits"),
        ("'\\ud800'", "\\ud800", "no such Unicode character"),
        ("x'a'", "x", "no prefix of a string"),
        ("b'\\u0041'", "\\u0041", "do not exist in bytes"),
        (
            "9223372036854775808",
            "9223372036854775808",
            "does not fit type `int`",
        ),
        (
            "18446744073709551616u",
            "18446744073709551616u",
            "does not fit type `uint`",
        ),
        ("1e999", "1e999", "does not fit type `double`"),
        ("12ab", "12ab", "not a number"),
        ("namespace == 'a'", "namespace", "reserved word"),
        ("a.in", "in", "x[\"in\"]"),
        ("a.", "", "expected the name of a field"),
        ("a.?f()", "(", "unexpected `(`"),
        ("ü", "ü", "text belongs in quotes"),
        ("a.`b!`", "`b", "backticks"),
        ("1{}", "{", "unexpected `{`"),
        ("{a}", "}", "expected `:`"),
    ] {
        let error = parse_all(source).expect_err(source);
        assert_eq!(source.get(error.range.clone()), Some(place), "{source}");
        assert!(error.to_string().contains(message), "{source}: {error}");
    }
}

#[test]
fn a_node_knows_its_whole_range() {
    let source = " ( a + b ) * f( c ) ";
    let text = |node: &Syntax| source[Range::from(node.range)].to_owned();
    let parsed = parse_all(source).unwrap();
    assert_eq!(text(&parsed), "( a + b ) * f( c )");
    let SyntaxKind::Arithmetic { left, right, .. } = parsed.kind else {
        panic!("a product");
    };
    assert_eq!(text(&left), "( a + b )");
    assert_eq!(text(&right), "f( c )");
}

#[test]
fn size_and_depth_are_bounded() {
    let deep =
        |open: &str, close: &str, levels: usize| open.repeat(levels) + "1" + &close.repeat(levels);
    assert!(parse_all(&deep("(", ")", 249)).is_ok());
    assert!(parse_all(&deep("[f(1 + -", ")]", 60)).is_ok());
    assert!(parse_all(&("[1".to_owned() + &",1".repeat(49_998) + "]")).is_ok());
    assert!(parse_all("!!-1").is_ok());
    for text in [
        "x".repeat(1_000_000),
        deep("(", ")", 250),
        deep("[", "]", 40_000),
        deep("{1:", "}", 20_000),
        deep("f(", ")", 30_000),
        deep("a?b:", "", 20_000),
        deep("!(", ")", 30_000),
        "1".to_owned() + &"+1".repeat(40_000),
        "1".to_owned() + &"+1".repeat(300),
        "a".to_owned() + &".b".repeat(50_000),
        "a".to_owned() + &"[0]".repeat(30_000),
        "a".to_owned() + &".f()".repeat(20_000),
        "(".repeat(100_000),
        "!-a".to_owned(),
        "[1".to_owned() + &",1".repeat(50_001) + "]",
    ] {
        assert!(
            parse_all(&text).is_err(),
            "{}",
            text.get(..20).unwrap_or(&text)
        );
    }
    assert!(parse_all(&("-".repeat(99_999) + "a")).is_ok());
    assert!(parse_all(&("a".to_owned() + &"||a".repeat(20_000))).is_ok());
}
