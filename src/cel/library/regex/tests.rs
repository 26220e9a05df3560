//! Patterns against the behaviour of Go's `regexp`, checked case by case.

use proptest::prelude::*;

use super::{Pattern, PatternError};

/// A pattern, texts it is found in, texts it is not found in.
type Case = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

#[test]
fn patterns_match_as_go_matches_them() {
    const CASES: &[Case] = &[
        ("", &["", "x"], &[]),
        ("b+", &["abc", "b"], &["ac", "B"]),
        ("^a$", &["a"], &["a\n", "ba", "ab", "x\na\nx"]),
        ("(?m)^a$", &["a", "x\na\nx", "a\n"], &["ab"]),
        ("(?m:^)a$", &["x\na"], &["a\nx"]),
        // Perl classes are ASCII; `\s` has no vertical tab and no no-break space.
        (r"^\d$", &["7"], &["\u{0663}", "x"]),
        (r"^\D$", &["x", "\u{0663}"], &["7"]),
        (r"^\w+$", &["az_AZ09"], &["\u{e9}", "a-b"]),
        (r"^\W$", &["\u{e9}", "-"], &["_", "a"]),
        (
            r"^\s$",
            &[" ", "\t", "\n", "\r", "\u{c}"],
            &["\u{b}", "\u{a0}", "\u{2003}"],
        ),
        (r"^\S$", &["\u{b}", "\u{a0}", "x"], &[" "]),
        (r"^[\d\-x]+$", &["1-x"], &["\u{0663}", "y"]),
        (r"^[^\s]$", &["\u{b}", "a"], &["\t"]),
        // Word boundaries are ASCII too: an accented letter ends a word.
        (r"\bcaf\b", &["caf\u{e9}", "caf"], &["cafe"]),
        (r"f\B", &["cafe"], &["caf\u{e9}", "caf"]),
        (r"^\B$", &[""], &["a"]),
        // Quoting.
        (r"^\Qa.b*\E+$", &["a.b*", "a.b***"], &["axb", "a.b"]),
        (r"\Q(", &["("], &["x"]),
        (r"^\Q\E$", &[""], &["x"]),
        (r"^\Qa\\E$", &[r"a\"], &["a"]),
        // Counts; what is not a count is text.
        ("^a{2}$", &["aa"], &["a", "aaa"]),
        ("^a{2,}$", &["aa", "aaaa"], &["a"]),
        ("^a{2,3}?$", &["aa", "aaa"], &["a"]),
        ("^a{,2}$", &["a{,2}"], &["a", "aa"]),
        ("^a{$", &["a{"], &["a"]),
        ("^a{x}$", &["a{x}"], &["a"]),
        ("^a{02}$", &["a{02}"], &["aa"]),
        ("^a{1,02}$", &["a{1,02}"], &["a"]),
        ("^{$", &["{"], &[""]),
        ("^}]$", &["}]"], &[""]),
        ("^a{0}b$", &["b"], &["ab"]),
        ("^(?:a{100}){10}$", &[], &["a"]),
        ("^(a{0,}){1000}$", &["", "aa"], &["b"]),
        // Groups, names and flags.
        ("^(?P<first>a)(?<second>b)(?P<first>c)$", &["abc"], &["ab"]),
        ("^(?P<1>a)$", &["a"], &["b"]),
        ("^(?i)ab(?-i)c$", &["ABc", "abc"], &["abC"]),
        ("^(?i:a)b$", &["Ab"], &["aB"]),
        ("^((?i)a)b$", &["Ab"], &["aB"]),
        ("^a(?i)*$", &["", "aaa"], &["A"]),
        ("^a*(?i)?$", &["", "aaa"], &["b"]),
        ("^(?i)[a-c]$", &["B"], &["d"]),
        ("^(?i)k$", &["K", "\u{212a}"], &["x"]),
        (r"^(?i)\w$", &["\u{17f}"], &["\u{e9}"]),
        (r"^(?i)\W$", &["\u{e9}"], &["\u{17f}", "s"]),
        ("^.$", &["x", "\r"], &["\n"]),
        ("(?s)^.$", &["\n"], &[""]),
        ("^(?i-s:A.)$", &["ab"], &["a\n"]),
        ("^(?)(?:)()a||$", &["a", "x"], &[]),
        ("^(a|b|)$", &["a", "b", ""], &["ab"]),
        // Escapes.
        (
            r"^\x41\x{1F600}\101\0\a\f\n\r\t\v$",
            &["A\u{1f600}A\0\u{7}\u{c}\n\r\t\u{b}"],
            &[""],
        ),
        (r"^\_\.\-\/\@\~\&$", &["_.-/@~&"], &[""]),
        (r"\Aab\z", &["ab"], &["ab\n", "cab"]),
        (r"^\x{D800}$", &[], &["x", ""]),
        // Classes; set operations of the target syntax do not leak in.
        ("^[]a]+$", &["]a"], &["b"]),
        ("^[^]a]$", &["b"], &["]", "a"]),
        ("^[a&&b]+$", &["a&b"], &["c"]),
        ("^[a-c--b]+$", &["b-"], &["d"]),
        ("^[a~~b]+$", &["a~b"], &["c"]),
        ("^[[a]+$", &["[a"], &["b"]),
        ("^[[]$", &["["], &["]"]),
        ("^[a[:digit:]]+$", &["a1"], &["b", "\u{0663}"]),
        ("^[[:^alpha:]]$", &["1", "\u{e9}"], &["a"]),
        ("^[[:space:]]$", &["\u{b}"], &["\u{a0}"]),
        ("^[[:alpha]+$", &["[:alph"], &["b"]),
        ("^[a-]+$", &["a-"], &["b"]),
        ("^[-a]+$", &["a-"], &["b"]),
        (r"^[\]\\]+$", &["]\\"], &["["]),
        (r"^[^\x00-\x{10FFFF}]$", &[], &["", "a"]),
        (r"^[\x{D000}-\x{E001}]$", &["\u{e000}"], &["a"]),
        ("^[^a]$", &["\n"], &["a"]),
        // Unicode groups.
        (r"^\pN$", &["\u{0663}", "1"], &["a"]),
        (r"^\p{Greek}+$", &["\u{3b1}"], &["a"]),
        (r"^\P{Greek}$", &["a"], &["\u{3b1}"]),
        (r"^\p{^Greek}$", &["a"], &["\u{3b1}"]),
        (r"^\P{^Greek}$", &["\u{3b1}"], &["a"]),
        (r"^[\p{Lu}\pN]+$", &["A1"], &["a"]),
        (r"^\p{Letter}$", &["a"], &["1"]),
        (r"^\p{Any}$", &["a"], &[""]),
        (r"^\p{Cs}$", &[], &["a"]),
        // The longest repeat.
        ("^a{1000}$", &[], &["a"]),
    ];
    for (pattern, found, not_found) in CASES {
        let compiled =
            Pattern::compile(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
        for text in *found {
            assert!(compiled.matches(text), "`{pattern}` is found in {text:?}");
        }
        for text in *not_found {
            assert!(
                !compiled.matches(text),
                "`{pattern}` is not found in {text:?}"
            );
        }
    }
}

#[test]
fn what_go_rejects_is_rejected() {
    use PatternError as E;
    let text = str::to_owned;
    let cases: Vec<(&str, E)> = vec![
        ("a)", E::UnexpectedClose),
        ("(a", E::MissingClose),
        ("(?i", E::InvalidGroup(text("(?i"))),
        ("[a", E::MissingBracket(text("[a"))),
        ("[]", E::MissingBracket(text("[]"))),
        ("x[", E::MissingBracket(text("["))),
        ("a\\", E::TrailingBackslash),
        (r"(a)\1", E::InvalidEscape(text(r"\1"))),
        (r"\8", E::InvalidEscape(text(r"\8"))),
        (r"\C", E::InvalidEscape(text(r"\C"))),
        (r"a\Z", E::InvalidEscape(text(r"\Z"))),
        (r"\G", E::InvalidEscape(text(r"\G"))),
        (r"\h", E::InvalidEscape(text(r"\h"))),
        (r"\R", E::InvalidEscape(text(r"\R"))),
        (r"\E", E::InvalidEscape(text(r"\E"))),
        (r"\u0041", E::InvalidEscape(text(r"\u"))),
        ("\\\u{e9}", E::InvalidEscape(text("\\\u{e9}"))),
        (r"\x4", E::InvalidEscape(text(r"\x4"))),
        (r"\x{}", E::InvalidEscape(text(r"\x{}"))),
        (r"\x{110000}", E::InvalidEscape(text(r"\x{110000"))),
        (r"[\b]", E::InvalidEscape(text(r"\b"))),
        (r"[a-\d]", E::InvalidEscape(text(r"\d"))),
        ("[z-a]", E::InvalidClass(text("z-a"))),
        ("[[:nope:]]", E::InvalidClass(text("[:nope:]"))),
        (r"\p{Nope}", E::InvalidClass(text(r"\p{Nope}"))),
        (r"\p{Alphabetic}", E::InvalidClass(text(r"\p{Alphabetic}"))),
        (r"\p{sc=Greek}", E::InvalidClass(text(r"\p{sc=Greek}"))),
        (r"\p{Greek", E::InvalidClass(text(r"\p{Greek"))),
        (r"\p", E::InvalidClass(text(r"\p"))),
        (r"\px", E::InvalidClass(text(r"\px"))),
        ("(?=a)", E::InvalidGroup(text("(?="))),
        ("(?!a)", E::InvalidGroup(text("(?!"))),
        ("(?<=a)", E::InvalidGroup(text("(?<="))),
        ("(?<!a)", E::InvalidGroup(text("(?<!"))),
        ("(?>a)", E::InvalidGroup(text("(?>"))),
        ("(?#note)", E::InvalidGroup(text("(?#"))),
        ("(?x)a", E::InvalidGroup(text("(?x"))),
        ("(?u)a", E::InvalidGroup(text("(?u"))),
        ("(?i-)a", E::InvalidGroup(text("(?i-)"))),
        ("(?P=n)", E::InvalidGroup(text("(?P"))),
        ("(?P<n-m>a)", E::InvalidName(text("(?P<n-m>"))),
        ("(?P<>a)", E::InvalidName(text("(?P<>"))),
        ("(?P<n", E::InvalidName(text("(?P<n"))),
        ("*a", E::MissingArgument(text("*"))),
        ("a|*", E::MissingArgument(text("*"))),
        ("(+)", E::MissingArgument(text("+"))),
        ("(?i)?", E::MissingArgument(text("?"))),
        ("{2}", E::MissingArgument(text("{2}"))),
        ("a**", E::StackedRepeat(text("**"))),
        ("a++", E::StackedRepeat(text("++"))),
        ("a?+", E::StackedRepeat(text("?+"))),
        ("a{2}{3}", E::StackedRepeat(text("{2}{3}"))),
        ("a{1001}", E::InvalidCount(text("{1001}"))),
        ("a{1,1001}", E::InvalidCount(text("{1,1001}"))),
        ("a{99999999999}", E::InvalidCount(text("{99999999999}"))),
        ("a{3,2}", E::InvalidCount(text("{3,2}"))),
        ("(a{100}){11}", E::InvalidCount(text("{11}"))),
        ("((a{100})b){2}{0}", E::StackedRepeat(text("{2}{0}"))),
    ];
    for (pattern, expected) in cases {
        assert_eq!(
            Pattern::compile(pattern).err(),
            Some(expected),
            "`{pattern}`"
        );
    }
}

#[test]
fn huge_patterns_are_refused_not_compiled() {
    let deep = |count: usize| format!("{}a{}", "(".repeat(count), ")".repeat(count));
    assert!(Pattern::compile(&deep(100)).is_ok());
    let wide = format!("{}{}", "(?:(a|b)*|".repeat(50), ")".repeat(50));
    assert!(Pattern::compile(&wide).is_ok());
    assert_eq!(
        Pattern::compile(&deep(101)).err(),
        Some(PatternError::TooDeep)
    );
    assert_eq!(
        Pattern::compile(&deep(20_000)).err(),
        Some(PatternError::TooLarge)
    );
    assert_eq!(
        Pattern::compile(r"(\pL{100}){10}").err(),
        Some(PatternError::TooLarge)
    );
}

#[test]
fn find_gives_the_leftmost_match_or_nothing() {
    let digits = Pattern::compile("[0-9]+").unwrap();
    assert_eq!(digits.find("abc 123 45"), "123");
    assert_eq!(digits.find("abc"), "");
}

#[test]
fn find_all_obeys_its_limit_and_skips_empty_matches_behind_a_match() {
    let digits = Pattern::compile("[0-9]+").unwrap();
    assert_eq!(digits.find_all("1 22 333", -1), ["1", "22", "333"]);
    assert_eq!(digits.find_all("1 22 333", 2), ["1", "22"]);
    assert_eq!(digits.find_all("1 22 333", 0), [""; 0]);
    assert_eq!(digits.find_all("none", -1), [""; 0]);
    let maybe = Pattern::compile("a*").unwrap();
    assert_eq!(maybe.find_all("baac", -1), ["", "aa", ""]);
    let lazy = Pattern::compile("(?U)a+").unwrap();
    assert_eq!(lazy.find_all("aaa", -1), ["a", "a", "a"]);
    assert_eq!(
        Pattern::compile("(?U)a+?").unwrap().find_all("aaa", -1),
        ["aaa"]
    );
    assert_eq!(
        Pattern::compile("a(?i)??").unwrap().find_all("a", -1),
        ["", ""]
    );
}

#[test]
fn hostile_patterns_take_linear_time() {
    let text = "a".repeat(20_000);
    let pattern = Pattern::compile("^(a+)+$").unwrap();
    assert!(pattern.matches(&text));
    assert!(!pattern.matches(&format!("{text}b")));
}

proptest! {
    #[test]
    fn any_pattern_is_compiled_or_refused_and_never_by_the_engine(pattern in r"[-a-c(){}\[\]|*+?^$.,:<>=!PQEdDwWsSbBpzAxi\\0-3\u{e9}&~]{0,24}", text in any::<String>()) {
        match Pattern::compile(&pattern) {
            Ok(compiled) => {
                prop_assert_eq!(compiled.matches(&text), !compiled.find_all(&text, 1).is_empty());
            }
            // What the translator lets through must be valid for the engine, or it has misread the syntax.
            Err(PatternError::Unsupported(reason)) => prop_assert!(false, "{}", reason),
            Err(_) => {}
        }
    }
}
