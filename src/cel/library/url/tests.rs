//! URLs as Go reads and writes them.

use super::{check, parse};

#[test]
fn the_parts_of_a_url_are_those_that_go_finds() {
    // Scheme, host, host name, port, escaped path, text.
    let cases = [
        (
            "https://u:p%41@Example.com:8080/a%20b?x=1#f g",
            [
                "https",
                "Example.com:8080",
                "Example.com",
                "8080",
                "/a%20b",
                "https://u:pA@Example.com:8080/a%20b?x=1#f%20g",
            ],
        ),
        (
            "HTTP://[::1]:80/",
            ["http", "[::1]:80", "::1", "80", "/", "http://[::1]:80/"],
        ),
        (
            "http://[fe80::1%25en%200]/",
            [
                "http",
                "[fe80::1%en 0]",
                "fe80::1%en 0",
                "",
                "/",
                "http://[fe80::1%25en%200]/",
            ],
        ),
        (
            "https://a/b c?",
            ["https", "a", "a", "", "/b%20c", "https://a/b%20c?"],
        ),
        ("/abs/%2f%zz?", ["", "", "", "", "", ""]),
        (
            "/abs/%2f[x]?q?r",
            ["", "", "", "", "/abs/%2f[x]", "/abs/%2f[x]?q?r"],
        ),
        ("//host/p", ["", "host", "host", "", "/p", "//host/p"]),
        ("///p", ["", "", "", "", "///p", "///p"]),
        ("mailto:a@b", ["mailto", "", "", "", "", "mailto:a@b"]),
        ("file:///x", ["file", "", "", "", "/x", "file:///x"]),
        ("file:/x", ["file", "", "", "", "/x", "file:/x"]),
        ("http:", ["http", "", "", "", "", "http:"]),
        ("*", ["", "", "", "", "*", "*"]),
        ("ftp://h:1:", ["ftp", "h:1:", "h:1", "", "", "ftp://h:1:"]),
        ("http://@h:/", ["http", "h:", "h", "", "/", "http://@h:/"]),
        (
            "http://h%C3%A9/",
            ["http", "h\u{e9}", "h\u{e9}", "", "/", "http://h%C3%A9/"],
        ),
        (
            "http://h%ff/",
            ["http", "h\u{fffd}", "h\u{fffd}", "", "/", "http://h%FF/"],
        ),
    ];
    for (text, expected) in cases {
        let found = parse(text).map_or([""; 6].map(str::to_owned), |url| {
            [
                url.scheme(),
                url.host(),
                url.hostname(),
                url.port(),
                url.escaped_path(),
                &url.text,
            ]
            .map(str::to_owned)
        });
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn a_query_gives_each_name_its_values() {
    let url = parse("http://h?a=1&b=x+y%21&a=&c&;&d;e=1&%zz=2&&=v").expect("a URL");
    let found: Vec<(String, Vec<String>)> = url.query();
    let found: Vec<String> = found
        .iter()
        .map(|(name, values)| format!("{name}={}", values.join(",")))
        .collect();
    assert_eq!(found, ["a=1,", "b=x y!", "c=", "=v"]);
    let many = |count: usize| format!("/?{}", vec!["a"; count].join("&"));
    let names = |count| parse(&many(count)).expect("a URL").query().len();
    assert_eq!((names(10_000), names(10_001)), (1, 0));
}

#[test]
fn what_is_no_url_is_refused_in_the_words_of_go() {
    let cases = [
        ("", "empty url"),
        ("../rel", "invalid URI for request"),
        ("::", "missing protocol scheme"),
        ("1a:b", "invalid URI for request"),
        (
            "http://a\u{7f}",
            "net/url: invalid control character in URL",
        ),
        ("https://a b", "invalid character \" \" in host name"),
        ("http://a%2fb/", "invalid URL escape \"%2f\""),
        ("http://a/%", "invalid URL escape \"%\""),
        ("http://a/%\u{e9}", "invalid URL escape \"%\u{e9}\""),
        ("http://a/%4\u{e9}", "invalid URL escape \"%4\\xc3\""),
        ("http://a:b/", "invalid port \":b\" after host"),
        ("http://a:1:2/", "invalid port \":1:2\" after host"),
        ("ftp://a:1:x/", "invalid port \":x\" after host"),
        ("http://[::1", "missing ']' in host"),
        ("http://a[::1]", "invalid IP-literal"),
        ("http://[1.2.3.4]", "invalid IP-literal"),
        ("http://[::1]x", "invalid port \"x\" after host"),
        (
            "http://[::g]",
            "invalid host: ParseAddr(\"::g\"): each colon-separated field must have at least one digit (at \"g\")",
        ),
        ("http://[::1%25%41%01]", "invalid URL escape \"%01\""),
        ("http://u^@h/", "net/url: invalid userinfo"),
    ];
    for (text, problem) in cases {
        let expected = format!("parse {}: {problem}", super::quote(text.as_bytes()));
        assert_eq!(
            check(text).map_err(|error| error.to_string()),
            Err(expected)
        );
    }
    // The two ways of reading differ.
    for (text, problem) in [
        ("//a:b/", "parse \"//a:b/\": invalid port \":b\" after host"),
        (
            "http://h?#%z",
            "parse \"http://h?#%z\": invalid URL escape \"%z\"",
        ),
        ("//[#f", "parse \"//[\": missing ']' in host"),
    ] {
        assert_eq!(check(text), Ok(()));
        assert_eq!(
            parse(text)
                .map_err(|error| error.to_string())
                .err()
                .as_deref(),
            Some(problem)
        );
    }
}
