//! Reads the text of a quantity.
//!
//! Upstream: apimachinery `resource.ParseQuantity` (0.37). It is kept step by step, because the form it chooses inside
//! (a scaled 64-bit number or a long decimal) shows: `isInteger` is only true for the first.

use super::decimal::{Decimal, MAX_DIGITS, Natural};
use super::{Amount, Format, Quantity, QuantityError};

/// The most decimal digits that surely fit an `i64`.
const MAX_SMALL_DIGITS: i64 = 18;
/// The finest scale, 10^-9.
const NANO: i32 = -9;

/// The pieces of a text.
struct Pieces<'t> {
    negative: bool,
    /// Sign, digits and point.
    value: &'t str,
    /// Digits before the point without leading zeros; `0` if none are left.
    whole: &'t str,
    /// Digits behind the point.
    fraction: &'t str,
    suffix: &'t str,
}

/// What a suffix means: a power of 10 or of 2.
#[derive(Clone, Copy)]
enum Unit {
    Ten(i32, Format),
    Two(u32),
}

pub(super) fn parse(text: &str) -> Result<Quantity, QuantityError> {
    if text.is_empty() {
        return Err(QuantityError::Format);
    }
    let pieces = split(text)?;
    let unit = interpret(pieces.suffix).ok_or(QuantityError::Suffix)?;
    if let Some(quantity) = small(&pieces, unit) {
        return Ok(quantity);
    }
    large(&pieces, unit)
}

fn split(text: &str) -> Result<Pieces<'_>, QuantityError> {
    let negative = text.starts_with('-');
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (digits, rest) = take_digits(unsigned);
    let whole = match digits.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    let (fraction, suffix) = match rest.strip_prefix('.') {
        Some(rest) => take_digits(rest),
        None => ("", rest),
    };
    // The suffix: letters, then perhaps a sign and digits.
    let exponent = suffix.trim_start_matches(|letter| "eEinumkKMGTP".contains(letter));
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    if !take_digits(exponent).1.is_empty() {
        return Err(QuantityError::Format);
    }
    let value = text.strip_suffix(suffix).unwrap_or(text);
    Ok(Pieces {
        negative,
        value,
        whole,
        fraction,
        suffix,
    })
}

fn take_digits(text: &str) -> (&str, &str) {
    let end = text
        .find(|next: char| !next.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at(end)
}

fn interpret(suffix: &str) -> Option<Unit> {
    let decimal = |exponent| Some(Unit::Ten(exponent, Format::DecimalSi));
    match suffix {
        "n" => decimal(-9),
        "u" => decimal(-6),
        "m" => decimal(-3),
        "" => decimal(0),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => Some(Unit::Two(10)),
        "Mi" => Some(Unit::Two(20)),
        "Gi" => Some(Unit::Two(30)),
        "Ti" => Some(Unit::Two(40)),
        "Pi" => Some(Unit::Two(50)),
        "Ei" => Some(Unit::Two(60)),
        _ => {
            let exponent: i64 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            // Upstream cuts the exponent down to 32 bits, so that `1e4294967296` is 1; we refuse it.
            Some(Unit::Ten(
                i32::try_from(exponent).ok()?,
                Format::DecimalExponent,
            ))
        }
    }
}

/// The fast form, if upstream would choose it.
fn small(pieces: &Pieces<'_>, unit: Unit) -> Option<Quantity> {
    let (whole, fraction) = (
        i64::try_from(pieces.whole.len()).ok()?,
        i64::try_from(pieces.fraction.len()).ok()?,
    );
    let (exponent, factor, precision, format) = match unit {
        Unit::Ten(exponent, format) => (exponent, 1, MAX_SMALL_DIGITS - whole - fraction, format),
        // 2^20 takes about 6 decimal digits.
        Unit::Two(power) if fraction == 0 => (
            0,
            1_i64 << power,
            15 - whole - i64::from(power * 3 / 10) - 1,
            Format::BinarySi,
        ),
        Unit::Two(_) => return None,
    };
    if precision < 0 {
        return None;
    }
    let exponent = exponent.checked_sub(i32::try_from(fraction).ok()?)?;
    if exponent < NANO {
        return None;
    }
    let digits = pieces.whole.bytes().chain(pieces.fraction.bytes());
    let value = digits
        .fold(0_i64, |value, digit| value * 10 + i64::from(digit - b'0'))
        .checked_mul(factor)?;
    let value = if pieces.negative { -value } else { value };
    Some(Quantity {
        amount: Amount::Small { value, exponent },
        format,
    })
}

fn large(pieces: &Pieces<'_>, unit: Unit) -> Result<Quantity, QuantityError> {
    if !pieces.value.contains(|next: char| next.is_ascii_digit()) {
        return Err(QuantityError::Numeric);
    }
    if pieces.value.len() > MAX_DIGITS {
        return Err(QuantityError::TooLarge);
    }
    let digits = Natural::from_text(pieces.value);
    let fraction = i32::try_from(pieces.fraction.len()).map_err(|_| QuantityError::TooLarge)?;
    let (digits, scale, mut format) = match unit {
        Unit::Ten(exponent, format) => {
            let scale = fraction
                .checked_sub(exponent)
                .ok_or(QuantityError::TooLarge)?;
            (digits, scale, format)
        }
        Unit::Two(power) => (digits.times(1 << power), fraction, Format::BinarySi),
    };
    let mut amount = Decimal {
        negative: false,
        digits,
        scale,
    };
    // Who asks for some resources gets some: what is finer than 10^-9 is rounded up.
    if !amount.digits.is_zero() {
        amount = amount.rounded_up(-NANO)?;
    }
    if format == Format::BinarySi {
        let most = Decimal::from_scaled(i64::MAX, 0);
        if amount.compare(&most).is_gt() {
            amount = most;
        }
        if amount.sign() > 0 && amount.compare(&Decimal::from_scaled(1, 0)).is_lt() {
            format = Format::DecimalSi;
        }
    }
    amount.negative = pieces.negative;
    Ok(Quantity {
        amount: Amount::Large(amount),
        format,
    })
}
