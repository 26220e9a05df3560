//! Tolerations and taints: a table of what the scheduler does, all combinations against a model, and unknown fields.

use proptest::prelude::*;

use super::*;

const REASON: &str = "an unknown substitution";

/// `[key, operator, value, effect]`.
fn toleration(fields: [&str; 4]) -> Toleration<'_> {
    let [key, operator, value, effect] = fields.map(Field::Text);
    Toleration {
        key,
        operator,
        value,
        effect,
    }
}

/// `[key, value, effect]`.
fn taint(fields: [&str; 3]) -> Taint<'_> {
    let [key, value, effect] = fields.map(Field::Text);
    Taint { key, value, effect }
}

#[test]
fn a_toleration_matches_as_the_scheduler_matches() {
    let cases: &[([&str; 4], [&str; 3], bool)] = &[
        (["k", "Equal", "v", "E"], ["k", "v", "E"], true),
        (["k", "", "v", "E"], ["k", "v", "E"], true),
        (["k", "Equal", "w", "E"], ["k", "v", "E"], false),
        (["k", "Equal", "v", "F"], ["k", "v", "E"], false),
        (["l", "Equal", "v", "E"], ["k", "v", "E"], false),
        // Empty is any for a key and an effect, of the toleration alone, and a value like others.
        (["", "Exists", "", ""], ["k", "v", "E"], true),
        (["", "Equal", "v", ""], ["k", "v", "E"], true),
        (["", "", "", ""], ["k", "v", "E"], false),
        (["", "", "", ""], ["k", "", "E"], true),
        (["k", "", "", ""], ["", "", "E"], false),
        (["k", "", "", "E"], ["k", "", ""], false),
        // `Exists` asks for no value, whatever is written.
        (["k", "Exists", "w", "E"], ["k", "v", "E"], true),
        (["k", "Exists", "", "F"], ["k", "v", "E"], false),
        (["l", "Exists", "", "E"], ["k", "v", "E"], false),
        // An operator that there is not.
        (["k", "In", "v", "E"], ["k", "v", "E"], false),
        (["k", "exists", "", "E"], ["k", "v", "E"], false),
        // The taint's value is compared with the toleration's.
        (["k", "Gt", "5", "E"], ["k", "6", "E"], true),
        (["k", "Gt", "5", "E"], ["k", "5", "E"], false),
        (["k", "Gt", "5", "E"], ["k", "4", "E"], false),
        (["k", "Lt", "5", "E"], ["k", "4", "E"], true),
        (["k", "Lt", "5", "E"], ["k", "5", "E"], false),
        (["k", "Lt", "5", "E"], ["k", "6", "E"], false),
        (["k", "Gt", "9", ""], ["k", "10", "E"], true),
        (["k", "Lt", "0", ""], ["k", "-1", "E"], true),
        (["l", "Gt", "5", "E"], ["k", "6", "E"], false),
        (["k", "Gt", "5", "F"], ["k", "6", "E"], false),
        (["k", "Gt", "", "E"], ["k", "6", "E"], false),
        (["k", "Gt", "5", "E"], ["k", "", "E"], false),
        (["k", "Gt", "5", "E"], ["k", "spot", "E"], false),
        // 64 bits, and one more.
        (
            ["k", "Gt", "9223372036854775806", ""],
            ["k", "9223372036854775807", "E"],
            true,
        ),
        (
            ["k", "Lt", "9223372036854775808", ""],
            ["k", "1", "E"],
            false,
        ),
        (
            ["k", "Gt", "-9223372036854775808", ""],
            ["k", "1", "E"],
            true,
        ),
        (
            ["k", "Gt", "-9223372036854775809", ""],
            ["k", "1", "E"],
            false,
        ),
    ];
    for (asked, carried, expected) in cases {
        assert_eq!(
            tolerates(&toleration(*asked), &taint(*carried)),
            Ok(*expected),
            "{asked:?} {carried:?}"
        );
    }
}

#[test]
fn a_number_is_one_only_as_people_write_it() {
    for text in ["0", "1", "-1", "10", "120", "-907"] {
        let number = whole_number(Field::Text(text));
        assert_eq!(number, Ok(text.parse().ok()), "{text}");
        assert!(matches!(number, Ok(Some(_))), "{text}");
    }
    for text in [
        "", "-", "-0", "00", "01", "-01", "+1", "--1", "1.0", "1e3", " 1", "1 ", "1_0", "0x1", "١",
    ] {
        assert_eq!(whole_number(Field::Text(text)), Ok(None), "{text}");
    }
}

#[test]
fn what_certainly_differs_decides_beside_what_is_unknown() {
    let unknown = Field::Unknown(REASON);
    let asked = toleration(["k", "Equal", "v", "E"]);
    let carried = taint(["k", "v", "E"]);
    let number = toleration(["k", "Gt", "1", "E"]);
    let any = toleration(["", "Exists", "", ""]);
    let dark = Taint {
        key: unknown,
        value: unknown,
        effect: unknown,
    };
    let cases = [
        (
            Toleration {
                key: unknown,
                ..asked
            },
            carried,
            Err(REASON),
        ),
        (
            Toleration {
                operator: unknown,
                ..asked
            },
            carried,
            Err(REASON),
        ),
        (
            Toleration {
                value: unknown,
                ..asked
            },
            carried,
            Err(REASON),
        ),
        (
            Toleration {
                effect: unknown,
                ..asked
            },
            carried,
            Err(REASON),
        ),
        (
            asked,
            Taint {
                value: unknown,
                ..carried
            },
            Err(REASON),
        ),
        (
            number,
            Taint {
                value: unknown,
                ..carried
            },
            Err(REASON),
        ),
        (
            Toleration {
                value: unknown,
                ..number
            },
            taint(["k", "2", "E"]),
            Err(REASON),
        ),
        (
            Toleration {
                value: unknown,
                ..number
            },
            carried,
            Ok(false),
        ),
        (toleration(["k", "Gt", "x", "E"]), dark, Ok(false)),
        (
            Toleration {
                key: unknown,
                ..asked
            },
            taint(["k", "w", "E"]),
            Ok(false),
        ),
        (
            Toleration {
                operator: unknown,
                ..asked
            },
            taint(["k", "v", "F"]),
            Ok(false),
        ),
        (
            Toleration {
                value: unknown,
                ..asked
            },
            taint(["l", "v", "E"]),
            Ok(false),
        ),
        (toleration(["k", "In", "v", "E"]), dark, Ok(false)),
        (any, dark, Ok(true)),
        (
            Toleration {
                value: unknown,
                ..any
            },
            carried,
            Ok(true),
        ),
    ];
    for (asked, carried, expected) in cases {
        assert_eq!(
            tolerates(&asked, &carried),
            expected,
            "{asked:?} {carried:?}"
        );
    }
}

/// The rules said another way: what each operator asks of the taint's value, on numbers of any size.
fn model(asked: [&str; 4], carried: [&str; 3]) -> bool {
    let [key, operator, value, effect] = asked;
    let number = |text: &str| {
        let number: i128 = text.parse().ok()?;
        let fits = (i128::from(i64::MIN)..=i128::from(i64::MAX)).contains(&number);
        (fits && number.to_string() == text).then_some(number)
    };
    let order = number(value).and_then(|mine| Some(number(carried[1])?.cmp(&mine)));
    ["", carried[0]].contains(&key)
        && ["", carried[2]].contains(&effect)
        && match operator {
            "Exists" => true,
            "Gt" => order.is_some_and(std::cmp::Ordering::is_gt),
            "Lt" => order.is_some_and(std::cmp::Ordering::is_lt),
            "" | "Equal" => value == carried[1],
            _ => false,
        }
}

/// Texts that are numbers, nearly numbers, and none.
fn values() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        (-3..3_i8).prop_map(|number| number.to_string()),
        (-4..4_i8).prop_map(|beyond| (i128::from(i64::MAX) + i128::from(beyond)).to_string()),
        "[-+]?[0-9]{0,3}",
        "[a-z]{0,2}",
    ]
}

proptest! {
    #[test]
    fn any_toleration_matches_as_the_model_says(
        key in prop::sample::select(vec!["", "a", "b"]),
        operator in prop::sample::select(vec!["", "Equal", "Exists", "Gt", "Lt", "In"]),
        value in values(),
        effect in prop::sample::select(vec!["", "NoSchedule", "NoExecute"]),
        their_key in prop::sample::select(vec!["a", "b"]),
        their_value in values(),
        same in any::<bool>(),
        their_effect in prop::sample::select(vec!["NoSchedule", "NoExecute"]),
    ) {
        let their_value = if same { &value } else { &their_value };
        let asked = [key, operator, &value, effect];
        let carried = [their_key, their_value, their_effect];
        prop_assert_eq!(
            tolerates(&toleration(asked), &taint(carried)),
            Ok(model(asked, carried))
        );
    }
}
