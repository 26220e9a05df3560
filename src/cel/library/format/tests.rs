//! Formatting, clause by clause.

use super::{FormatArgument as A, FormatError as E, double_text, format};

fn formatted(template: &str, arguments: &[A<'_>]) -> Result<String, E> {
    format(template, |index| Ok(arguments.get(index).cloned()))
}

#[test]
fn clauses_write_their_arguments() {
    let cases: &[(&str, A<'_>, &str)] = &[
        ("%d items", A::Int(3), "3 items"),
        ("%d", A::Uint(u64::MAX), "18446744073709551615"),
        ("%.3d", A::Int(-1), "-1"),
        ("%x", A::Int(-255), "-ff"),
        ("%x", A::Int(i64::MIN), "-8000000000000000"),
        ("%X", A::String("h\u{e9}"), "68C3A9"),
        ("%x", A::Bytes(&[0, 255]), "00ff"),
        ("%o", A::Int(-8), "-10"),
        ("%b", A::Int(-5), "-101"),
        ("%b", A::Bool(true), "1"),
        ("%f", A::Double(1_234_567.891), "1,234,567.891000"),
        ("%.2f", A::Double(-1234.5), "-1,234.50"),
        ("%.0f", A::Double(123.5), "124"),
        ("%.0f", A::Double(0.5), "0"),
        ("%.20f", A::Double(0.1), "0.10000000000000000555"),
        ("%.1f", A::Double(-0.0), "0.0"),
        ("%.0f", A::Double(-0.1), "-0"),
        ("%f", A::String("NaN"), "NaN"),
        ("%f", A::String("-Infinity"), "-\u{221e}"),
        ("%f", A::Double(f64::INFINITY), "\u{221e}"),
        ("%e", A::Double(1234.5), "1.234500\u{d7}10\u{2070}\u{b3}"),
        (
            "%e",
            A::Double(-0.000_123_45),
            "-1.234500\u{d7}10\u{207b}\u{2070}\u{2074}",
        ),
        (
            "%.20e",
            A::Double(1e300),
            "      1.000000\u{d7}10\u{b3}\u{2070}\u{2070}",
        ),
        ("%e", A::Double(f64::NAN), "   NaN"),
        ("%s", A::Null, "null"),
        ("%s", A::Double(1.5), "1.5"),
        ("%s", A::Double(1e6), "1e+06"),
        ("%s", A::String("a\"b"), "a\"b"),
        ("%s", A::Bytes(b"abc"), "abc"),
        ("%s", A::Type("int"), "int"),
        (
            "%s",
            A::Timestamp("2026-01-02T03:04:05Z".to_owned()),
            "2026-01-02T03:04:05Z",
        ),
        ("%s", A::Duration("3601.5s".to_owned()), "3601.5s"),
        (
            "100%% of \u{e9}%s\u{e9}",
            A::Int(1),
            "100% of \u{e9}1\u{e9}",
        ),
    ];
    for (template, argument, expected) in cases {
        assert_eq!(
            formatted(template, std::slice::from_ref(argument)).as_deref(),
            Ok(*expected),
            "{template}"
        );
    }
    assert_eq!(
        formatted("no clause", &[A::Null]).as_deref(),
        Ok("no clause")
    );
    assert_eq!(
        formatted("%s-%s", &[A::Int(1), A::Int(2), A::Int(3)]).as_deref(),
        Ok("1-2")
    );
}

#[test]
fn lists_and_maps_are_written_as_literals_and_maps_in_order() {
    let list = A::List(vec![
        A::String("a\"\n\u{1}\u{ad}\u{301}"),
        A::Bytes(b"b"),
        A::Uint(1),
        A::Null,
        A::Double(0.1),
        A::Double(f64::NEG_INFINITY),
        A::Type("int"),
        A::Duration("1.5s".to_owned()),
        A::Timestamp("2026-01-02T03:04:05Z".to_owned()),
        A::Map(vec![(A::String("k"), A::List(vec![A::Int(1)]))]),
    ]);
    assert_eq!(
        formatted("%s", &[list]).as_deref(),
        Ok(
            "[\"a\\\"\\n\\x01\\u00ad\u{301}\", b\"b\", 1, null, 0.100000, \"-Inf\", int, duration(\"1.5s\"), \
             timestamp(\"2026-01-02T03:04:05Z\"), {\"k\":[1]}]"
        )
    );
    let map = A::Map(vec![
        (A::Int(1), A::Int(2)),
        (A::String("b"), A::Int(3)),
        (A::Bool(true), A::Int(4)),
        (A::Int(10), A::Int(1)),
        (A::Uint(2), A::String("x")),
    ]);
    assert_eq!(
        formatted("%s", &[map]).as_deref(),
        Ok("{\"b\":3, 1:2, 10:1, 2:\"x\", true:4}")
    );
    assert_eq!(formatted("%s", &[A::Map(Vec::new())]).as_deref(), Ok("{}"));
}

#[test]
fn doubles_are_written_as_go_writes_them() {
    let cases: &[(f64, &str)] = &[
        (0.0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (0.1, "0.1"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (123_456.0, "123456"),
        (999_999.5, "999999.5"),
        (1e6, "1e+06"),
        (123_456_789.0, "1.23456789e+08"),
        (1e300, "1e+300"),
        (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
        (f64::NAN, "NaN"),
        (f64::INFINITY, "+Inf"),
    ];
    for (value, expected) in cases {
        assert_eq!(double_text(*value), *expected);
    }
}

#[test]
fn wrong_formats_and_arguments_are_errors() {
    let wrong = |clause, takes, given: &str| E::WrongType {
        clause,
        takes,
        given: given.to_owned(),
    };
    let cases: &[(&str, A<'_>, E)] = &[
        ("%s %s", A::Int(1), E::MissingArgument(1)),
        ("%", A::Int(1), E::UnfinishedClause),
        ("%.", A::Int(1), E::UnfinishedClause),
        ("%.3", A::Int(1), E::UnfinishedClause),
        ("%.f", A::Double(1.0), E::Precision),
        ("%.101f", A::Double(1.0), E::Precision),
        ("%.99999999999999999999f", A::Double(1.0), E::Precision),
        ("%z", A::Int(1), E::UnknownClause('z')),
        ("%\u{e9}", A::Int(1), E::UnknownClause('\u{e9}')),
        ("% s", A::Int(1), E::UnknownClause(' ')),
        ("%d", A::Double(1.5), wrong('d', "integers", "double")),
        ("%f", A::Int(1), wrong('f', "doubles", "int")),
        ("%e", A::String("inf"), wrong('e', "doubles", "string")),
        (
            "%x",
            A::Double(1.5),
            wrong('x', "integers, bytes and strings", "double"),
        ),
        ("%o", A::Bool(true), wrong('o', "integers", "bool")),
        (
            "%b",
            A::String("1"),
            wrong('b', "integers and bools", "string"),
        ),
        (
            "%s",
            A::Map(vec![(A::Double(1.5), A::Null)]),
            E::Key("double".to_owned()),
        ),
        ("%s", A::Bytes(&[255]), E::InvalidBytes),
    ];
    for (template, argument, expected) in cases {
        let got = formatted(template, std::slice::from_ref(argument));
        assert_eq!(got.as_ref(), Err(expected), "{template}");
    }
    assert!(formatted("%s", &[A::List(vec![A::Other("optional_type")])]).is_err());
    let deep = (0..200).fold(A::Null, |inner, _| A::List(vec![inner]));
    assert_eq!(formatted("%s", &[deep]), Err(E::TooLarge));
}
