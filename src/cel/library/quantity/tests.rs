//! Quantities, case by case: texts, forms, conversions, sums and order.

use proptest::prelude::*;

use super::{Quantity, QuantityError};

fn quantity(text: &str) -> Quantity {
    Quantity::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn quantities_are_read_and_written_in_canonical_form() {
    // Text, canonical text, whole number if it is one to upstream, double.
    let cases: &[(&str, &str, Option<i64>, f64)] = &[
        ("0", "0", Some(0), 0.0),
        ("1", "1", Some(1), 1.0),
        ("+5", "5", Some(5), 5.0),
        ("-5k", "-5k", Some(-5000), -5000.0),
        ("007", "7", Some(7), 7.0),
        ("100m", "100m", None, 0.1),
        ("1000m", "1", None, 1.0),
        ("1.0", "1", None, 1.0),
        ("1.", "1", Some(1), 1.0),
        (".5", "500m", None, 0.5),
        ("-.5", "-500m", None, -0.5),
        ("1.500", "1500m", None, 1.5),
        ("1.5Gi", "1536Mi", None, 1_610_612_736.0),
        ("1Ki", "1Ki", Some(1024), 1024.0),
        ("1023", "1023", Some(1023), 1023.0),
        ("0.5Ki", "512", None, 512.0),
        ("1.5Ki", "1536", None, 1536.0),
        ("0.1Ki", "102400m", None, 102.4),
        (
            "100000Mi",
            "100000Mi",
            Some(104_857_600_000),
            104_857_600_000.0,
        ),
        // A long number with a large binary suffix takes the other form upstream.
        ("100000Gi", "100000Gi", None, 107_374_182_400_000.0),
        ("1Ei", "1Ei", None, 1_152_921_504_606_846_976.0),
        (
            "100Ei",
            "9223372036854775807",
            None,
            9_223_372_036_854_775_807.0,
        ),
        ("1E", "1E", Some(1_000_000_000_000_000_000), 1e18),
        ("100E", "100E", None, 1e20),
        ("1000E", "1000E", None, 1e21),
        ("2e3", "2e3", Some(2000), 2000.0),
        ("2E3", "2e3", Some(2000), 2000.0),
        ("2e+3", "2e3", Some(2000), 2000.0),
        ("12e-4", "1200e-6", None, 0.0012),
        ("25e4", "250e3", Some(250_000), 250_000.0),
        ("1e30", "1e30", None, 1e30),
        ("1n", "1n", None, 1e-9),
        ("0.1n", "1n", None, 1e-9),
        ("-0.1n", "-1n", None, -1e-9),
        ("1.0000000001", "1000000001n", None, 1.000_000_001),
        ("10u", "10u", None, 1e-5),
        (
            "9223372036854775807",
            "9223372036854775807",
            None,
            9_223_372_036_854_775_807.0,
        ),
        (
            "123456789012345678901234567890",
            "123456789012345678901234567890",
            None,
            1.234_567_890_123_456_8e29,
        ),
        (
            "9999999999999999999999999999999999999G",
            "9999999999999999999999999999999999999G",
            None,
            1e46,
        ),
        // What nobody should write, and upstream takes.
        ("m", "0", None, 0.0),
        (".", "0", Some(0), 0.0),
        ("-", "0", Some(0), 0.0),
    ];
    for (text, canonical, integer, float) in cases {
        let quantity = quantity(text);
        assert_eq!(quantity.to_string(), *canonical, "{text}");
        assert_eq!(quantity.as_integer().ok(), *integer, "{text}");
        assert_eq!(quantity.is_integer(), integer.is_some(), "{text}");
        let difference = (quantity.as_approximate_float() - float).abs();
        assert!(
            difference <= float.abs() * 1e-15,
            "{text}: {}",
            quantity.as_approximate_float()
        );
        assert_eq!(
            quantity.sign(),
            if *float == 0.0 {
                0
            } else {
                float.signum() as i64
            },
            "{text}"
        );
    }
}

#[test]
fn what_is_not_a_quantity_is_an_error() {
    use QuantityError as E;
    let cases: &[(&str, E)] = &[
        ("", E::Format),
        (" ", E::Format),
        (" 1", E::Format),
        ("1 ", E::Format),
        ("1 Gi", E::Format),
        ("1,5", E::Format),
        ("1_000", E::Format),
        ("1.1.1", E::Format),
        ("1+1", E::Suffix),
        ("--1", E::Suffix),
        ("+-1", E::Suffix),
        ("Three", E::Format),
        ("0x10", E::Format),
        ("NaN", E::Format),
        ("1GB", E::Format),
        ("200K", E::Suffix),
        ("1ki", E::Suffix),
        ("1mi", E::Suffix),
        ("1gi", E::Format),
        ("1i", E::Suffix),
        ("1KiB", E::Format),
        ("Mi1", E::Suffix),
        ("1e", E::Suffix),
        ("1e+", E::Suffix),
        ("1e1.5", E::Format),
        ("1ee5", E::Suffix),
        ("1e4294967296", E::Suffix),
        (".Ei", E::Numeric),
        ("\u{0661}", E::Format),
        ("1e999999999000", E::Suffix),
        ("9999999999999999999e99999", E::TooLarge),
    ];
    for (text, error) in cases {
        assert_eq!(Quantity::parse(text).err(), Some(*error), "{text:?}");
    }
    assert_eq!(Quantity::parse(&"9".repeat(2000)).err(), Some(E::TooLarge));
}

#[test]
fn order_goes_by_value_at_any_size() {
    let ascending = [
        "-1e900000000",
        "-1Gi",
        "-1",
        "-1n",
        "0",
        "1n",
        "1m",
        "999m",
        "1",
        "1001m",
        "1k",
        "1Ki",
        "50M",
        "50Mi",
        "9223372036854775807",
        "9223372036854775808",
        "10E",
        "9999999999999999999999999999999999999G",
        "1e900000000",
        "11e900000000",
    ];
    for (left_place, left) in ascending.iter().enumerate() {
        for (right_place, right) in ascending.iter().enumerate() {
            assert_eq!(
                quantity(left).cmp(&quantity(right)),
                left_place.cmp(&right_place),
                "{left} {right}"
            );
        }
    }
    for (left, right) in [
        ("1", "1000m"),
        ("1", "1.0"),
        ("200M", "0.2G"),
        ("1Ki", "1024"),
        ("1e3", "1k"),
        ("0", "-0"),
        ("1.5Gi", "1536Mi"),
    ] {
        assert_eq!(quantity(left), quantity(right));
    }
}

#[test]
fn sums_and_differences_are_exact() {
    let cases: &[(&str, &str, &str, &str)] = &[
        ("50k", "20k", "70k", "30k"),
        ("1Gi", "1Gi", "2Gi", "0"),
        ("1Gi", "1", "1073741825", "1073741823"),
        ("0", "1Gi", "1Gi", "-1Gi"),
        ("100m", "1n", "100000001n", "99999999n"),
        ("1", "1Ki", "1025", "-1023"),
        (
            "9223372036854775807",
            "1",
            "9223372036854775808",
            "9223372036854775806",
        ),
        ("900000000000000000", "9E", "9900P", "-8100P"),
        ("-5", "5", "0", "-10"),
        ("1.5Ki", "0.5Ki", "2Ki", "1Ki"),
        (
            "1e30",
            "1",
            "1000000000000000000000000000001",
            "999999999999999999999999999999",
        ),
    ];
    for (left, right, sum, difference) in cases {
        let (left, right) = (quantity(left), quantity(right));
        assert_eq!(left.add(&right).unwrap().to_string(), *sum);
        assert_eq!(left.sub(&right).unwrap().to_string(), *difference);
    }
    assert_eq!(
        quantity("50k").add(&Quantity::from_integer(20)).unwrap(),
        quantity("50020")
    );
    assert_eq!(
        quantity("0")
            .sub(&Quantity::from_integer(i64::MIN))
            .unwrap()
            .to_string(),
        "-9223372036854775808"
    );
    assert_eq!(
        quantity("1e900000000").add(&quantity("1")).err(),
        Some(QuantityError::TooLarge)
    );
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(left in "[-+]?[0-9.]{0,24}[eEinumkKMGTP]{0,2}[-+]?[0-9]{0,4}", right in any::<String>()) {
        if let (Ok(left), Ok(right)) = (Quantity::parse(&left), Quantity::parse(&right).or(Quantity::parse("1n"))) {
            let _ = (left.add(&right), left.sub(&right), left.cmp(&right), left.to_string());
        }
    }

    #[test]
    fn what_is_taken_away_comes_back(left in -1_000_000_000_i64.., places in 0_u32..9, right in any::<i64>(), unit in 0_usize..8) {
        let unit = ["", "m", "u", "n", "k", "Ki", "Gi", "E"][unit];
        let left = quantity(&format!("{}.{}{unit}", left / 10_i64.pow(places), left.unsigned_abs() % 10_u64.pow(places)));
        let right = Quantity::from_integer(right);
        let back = left.sub(&right).unwrap().add(&right).unwrap();
        prop_assert_eq!(&back, &left);
        prop_assert_eq!(quantity(&back.to_string()), left);
    }
}
