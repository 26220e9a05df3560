//! Writes quantities in canonical form: no fraction, the largest suffix that loses nothing.
//!
//! Upstream: apimachinery `Quantity.CanonicalizeBytes`.

use std::cmp::Ordering;
use std::fmt;

use super::decimal::Natural;
use super::{Format, Quantity};

/// The decimal suffixes with their exponents.
const DECIMAL: [(i64, &str); 10] = [
    (18, "E"),
    (15, "P"),
    (12, "T"),
    (9, "G"),
    (6, "M"),
    (3, "k"),
    (0, ""),
    (-3, "m"),
    (-6, "u"),
    (-9, "n"),
];
/// The binary suffixes, by how often 1024 divides.
const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

impl fmt::Display for Quantity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimal = self.amount.decimal();
        if decimal.digits.is_zero() {
            return formatter.write_str("0");
        }
        let sign = if decimal.negative { "-" } else { "" };
        if self.format == Format::BinarySi
            && let Some(whole) = self.whole()
        {
            let (digits, suffix) = binary(whole);
            return write!(formatter, "{sign}{digits}{suffix}");
        }
        let zeros = decimal.digits.trailing_zeros();
        let digits = decimal.digits.text();
        let digits = digits.get(..digits.len() - zeros).unwrap_or_default();
        let exponent = i64::try_from(zeros).unwrap_or(i64::MAX) - i64::from(decimal.scale);
        if self.format == Format::DecimalExponent {
            let shown = exponent.div_euclid(3) * 3;
            let fill = "0".repeat(exponent.rem_euclid(3) as usize);
            return match shown {
                0 => write!(formatter, "{sign}{digits}{fill}"),
                _ => write!(formatter, "{sign}{digits}{fill}e{shown}"),
            };
        }
        let (shown, suffix) = DECIMAL
            .into_iter()
            .find(|(known, _)| *known <= exponent)
            .unwrap_or((-9, "n"));
        write!(formatter, "{sign}{digits}")?;
        for _ in shown..exponent {
            formatter.write_str("0")?;
        }
        formatter.write_str(suffix)
    }
}

impl Quantity {
    /// The size as a whole number if it is one, and large enough for a binary suffix.
    fn whole(&self) -> Option<Natural> {
        let decimal = self.amount.decimal();
        let whole = decimal.rounded_up(0).ok()?;
        let is_large = whole.digits.cmp(&Natural::from_text("1024")) != Ordering::Less;
        (is_large && whole.compare(&decimal).is_eq()).then_some(whole.digits)
    }
}

fn binary(mut digits: Natural) -> (String, &'static str) {
    let mut suffixes = BINARY.into_iter();
    let mut suffix = suffixes.next().unwrap_or_default();
    for next in suffixes {
        let (quotient, rest) = digits.divided(1024);
        if rest != 0 {
            break;
        }
        digits = quotient;
        suffix = next;
    }
    (digits.text(), suffix)
}
