//! What has a format, and the messages for what has not.

use super::NamedFormat as F;

#[test]
fn formats_take_what_kubernetes_takes() {
    let (label, long) = ("a".repeat(63), "a".repeat(64));
    let subdomain = format!("{0}.{0}.{0}.{1}", label, "a".repeat(61));
    let cases: &[(F, &[&str], &[&str])] = &[
        (
            F::Dns1123Label,
            &["a", "0", "a-0", &label],
            &["", "A", "-a", "a-", "a.b", "\u{e9}", &long],
        ),
        (
            F::Dns1123LabelPrefix,
            &["ab-", "a-", "a"],
            &["-", "-a", "a.-b", "\u{e9}-"],
        ),
        (
            F::Dns1123Subdomain,
            &["a", "a.b-c.0", &subdomain],
            &["", ".", "a.", "a..b", "A.b", &format!("{subdomain}a")],
        ),
        (
            F::Dns1123SubdomainPrefix,
            &["a.b-", "a.-", "--"],
            &["-", "a...-", "-ab-"],
        ),
        (
            F::Dns1035Label,
            &["a", "a-0", &label],
            &["0a", "a-", "", &long],
        ),
        (F::Dns1035LabelPrefix, &["a-", "a0-"], &["0a-", "-"]),
        (
            F::QualifiedName,
            &["A", "a_b.c", "x.y/Z-1", &label],
            &["", "/", "a/", "/a", "a/b/c", "X/y", "a-", "_a", &long],
        ),
        (
            F::LabelValue,
            &["", "A_b.c-1", &label],
            &["a b", "-a", "a-", "/", &long],
        ),
        (F::Uri, &["/a", "http://h", "a:b"], &["", "a", "http://a b"]),
        (
            F::Uuid,
            &[
                "123E4567-e89b-12d3-a456-426614174000",
                "123e4567e89b12d3a456426614174000",
                "123e4567e89b-12d3a456-426614174000",
            ],
            &[
                "",
                "123e4567-e89b-12d3-a456-42661417400",
                "123e4567-e89b-12d3-a456-4266141740000",
                "g23e4567-e89b-12d3-a456-426614174000",
                "123e4567--e89b-12d3-a456-426614174000",
            ],
        ),
        (
            F::Byte,
            &["AAAA", "AA==", "AAA=", "+/+/"],
            &["", "A", "A===", "====", "AA=A", "AAAAA", "AA-_"],
        ),
        (
            F::Date,
            &["2024-02-29", "0000-01-01", "2000-02-29", "9999-12-31"],
            &[
                "2023-02-29",
                "1900-02-29",
                "2024-1-01",
                "2024-04-31",
                "2024-13-01",
                "2024-01-00",
                "24-01-01",
                "99999999999999-01-01",
                "2024-01-01 ",
            ],
        ),
        (
            F::Datetime,
            &[
                "2021-01-01T00:00:00Z",
                "2021-01-01t23:59:59.5z",
                "2021-01-01T00:00:00+99:99",
                "2021-01-01T00:00:00x1Z",
                "2021-01-01T00:00:00ZtX",
            ],
            &[
                "",
                "2021-01-01",
                "2021-01-01T24:00:00Z",
                "2021-01-01T00:00:60Z",
                "2021-01-01T00:00:00",
                "2021-01-01T00:00:00.Z",
                "2021-01-01T00:00:00\n1Z",
                "2021-02-30T00:00:00Z",
                "99999999999999-01-01T00:00:00Z",
            ],
        ),
    ];
    assert_eq!(cases.len(), F::ALL.len());
    for (format, valid, invalid) in cases {
        assert_eq!(F::named(format.name()), Some(*format));
        for text in *valid {
            assert_eq!(format.validate(text), [""; 0], "{format:?} {text}");
        }
        for text in *invalid {
            assert_ne!(format.validate(text), [""; 0], "{format:?} {text}");
        }
    }
    assert_eq!(F::named("dns1123label"), None);
}

#[test]
fn messages_are_those_of_kubernetes() {
    let long = "A".repeat(64);
    let cases: &[(F, &str, &[&str])] = &[
        (F::Dns1123Label, "a.b", &["must not contain dots"]),
        (
            F::Dns1123Label,
            &long,
            &[
                "must be no more than 63 characters",
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
            ],
        ),
        (
            F::QualifiedName,
            "/",
            &[
                "prefix part must be non-empty",
                "name part must be non-empty",
                "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
            ],
        ),
        (
            F::QualifiedName,
            "a/b/c",
            &[
                "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
            ],
        ),
        (F::LabelValue, &long, &["must be no more than 63 bytes"]),
        (F::Uri, "a", &["parse \"a\": invalid URI for request"]),
        (F::Uuid, "", &["does not match the UUID format"]),
        (F::Byte, "", &["invalid base64"]),
        (F::Date, "", &["invalid date"]),
        (F::Datetime, "", &["invalid datetime"]),
    ];
    for (format, text, messages) in cases {
        assert_eq!(format.validate(text), *messages, "{format:?} {text}");
    }
}
