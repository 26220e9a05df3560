//! Label selectors, operator by operator, on labels that are known and unknown.

use super::*;

const REASON: &str = "an unknown substitution";

/// The labels of the tests: two known ones, one without a known value, one that may be there.
fn lookup(key: &str) -> Label<'static> {
    match key {
        "app" => Label::Value("web"),
        "tier" => Label::Value(""),
        "secret" => Label::SomeValue(REASON),
        "maybe" => Label::Perhaps(REASON),
        _ => Label::Absent,
    }
}

#[test]
fn each_operator_selects_as_the_api_server_does() {
    use Selection::{No, Unknown, Yes};
    let cases: &[(&str, &str, &[&str], Selection<'_>)] = &[
        ("app", "In", &["web"], Yes),
        ("app", "In", &["api", "web"], Yes),
        ("app", "In", &["api"], No),
        ("tier", "In", &[""], Yes),
        ("none", "In", &[""], No),
        ("app", "NotIn", &["api"], Yes),
        ("app", "NotIn", &["web", "api"], No),
        ("none", "NotIn", &["web"], Yes),
        ("app", "Exists", &[], Yes),
        ("none", "Exists", &[], No),
        ("app", "DoesNotExist", &[], No),
        ("none", "DoesNotExist", &[], Yes),
        ("secret", "In", &["a"], Unknown(REASON)),
        ("secret", "NotIn", &["a"], Unknown(REASON)),
        ("secret", "Exists", &[], Yes),
        ("secret", "DoesNotExist", &[], No),
        ("maybe", "Exists", &[], Unknown(REASON)),
        ("maybe", "NotIn", &["a"], Unknown(REASON)),
    ];
    for (key, operator, values, expected) in cases {
        let requirement = Requirement::new(key, operator, values.to_vec()).unwrap();
        assert_eq!(
            selects(&[requirement], lookup),
            *expected,
            "{key} {operator} {values:?}"
        );
    }
}

#[test]
fn all_requirements_must_hold_and_a_failing_one_decides() {
    let app = Requirement::equals("app", "web").unwrap();
    let other = Requirement::equals("app", "api").unwrap();
    let maybe = Requirement::equals("maybe", "x").unwrap();
    assert_eq!(selects(&[], lookup), Selection::Yes);
    assert_eq!(
        selects(&[app.clone(), other.clone()], lookup),
        Selection::No
    );
    assert_eq!(
        selects(&[app, maybe.clone()], lookup),
        Selection::Unknown(REASON)
    );
    assert_eq!(selects(&[maybe, other], lookup), Selection::No);
}

#[test]
fn selectors_that_the_api_server_refuses_are_errors() {
    use SelectorError as E;
    let text = str::to_owned;
    let cases: Vec<(&str, &str, Vec<&str>, E)> = vec![
        ("app", "in", vec!["web"], E::Operator(text("in"))),
        ("app", "", vec![], E::Operator(String::new())),
        ("app", "Gt", vec!["1"], E::Operator(text("Gt"))),
        ("app", "In", vec![], E::NoValues(text("app"))),
        ("app", "NotIn", vec![], E::NoValues(text("app"))),
        ("app", "Exists", vec!["web"], E::Values(text("app"))),
        ("app", "DoesNotExist", vec![""], E::Values(text("app"))),
        ("", "Exists", vec![], E::Key(String::new())),
        ("k8s:app", "Exists", vec![], E::Key(text("k8s:app"))),
        (
            "app",
            "In",
            vec!["a b"],
            E::Value {
                key: text("app"),
                value: text("a b"),
            },
        ),
    ];
    for (key, operator, values, expected) in cases {
        assert_eq!(
            Requirement::new(key, operator, values).err(),
            Some(expected),
            "{key} {operator}"
        );
    }
    assert!(Requirement::equals("app", "-x").is_err());
}

#[test]
fn label_keys_and_values_have_their_form() {
    let long = "a".repeat(63);
    let prefix = format!("{}/a", ["a".repeat(62).as_str(); 4].join("."));
    for key in [
        "a",
        "A.b_c-D9",
        "app.kubernetes.io/name",
        "9/9",
        &long,
        &prefix,
    ] {
        assert!(is_label_key(key), "{key}");
    }
    let too_long = "a".repeat(64);
    let prefix = format!("{}/a", "a".repeat(254));
    for key in [
        "", "/", "a/", "/a", "a/b/c", "A.io/x", "a..b/x", "-a", "a-", "a b", "\u{e9}", "a_b/x",
        &too_long, &prefix,
    ] {
        assert!(!is_label_key(key), "{key}");
    }
    assert!(is_label_value("") && is_label_value("1.2_3-x") && is_label_value(&long));
    assert!(!is_label_value(&too_long) && !is_label_value("a/b") && !is_label_value(".a"));
}

#[test]
fn endpoint_selectors_know_sources_and_the_namespace() {
    use Selection::{No, Unknown, Yes};
    const FOREIGN: &str = "Cilium takes this label from outside the Pod";
    let cases: &[(&str, &str, &[&str], Selection<'_>)] = &[
        ("app", "In", &["web"], Yes),
        ("k8s:app", "In", &["web"], Yes),
        ("any:app", "In", &["web"], Yes),
        ("container:app", "In", &["web"], No),
        ("container:app", "NotIn", &["web"], Yes),
        ("reserved:host", "Exists", &[], No),
        ("k8s:io.kubernetes.pod.namespace", "In", &["shop"], Yes),
        ("io.kubernetes.pod.namespace", "In", &["other"], No),
        ("io.kubernetes.pod.namespace", "Exists", &[], Yes),
        (
            "k8s:io.cilium.k8s.namespace.labels.team",
            "In",
            &["a"],
            Unknown(FOREIGN),
        ),
        (
            "io.cilium.k8s.policy.serviceaccount",
            "In",
            &["a"],
            Unknown(FOREIGN),
        ),
    ];
    for (key, operator, values, expected) in cases {
        let requirement = Requirement::cilium(key, operator, values.to_vec()).unwrap();
        let got = cilium_selects(&[requirement], Label::Value("shop"), lookup);
        assert_eq!(got, *expected, "{key} {operator} {values:?}");
    }
    let equals = Requirement::cilium_equals("k8s:app", "web").unwrap();
    assert_eq!(
        cilium_selects(&[equals], Label::Perhaps(REASON), lookup),
        Yes
    );
    assert!(Requirement::cilium_equals("k8s:a b", "web").is_err());
}
