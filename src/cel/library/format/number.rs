//! Doubles as text, in the ways Go and the locale `en_US` write them.

/// As Go's `%g`, which is how CEL converts a double to a string: the fewest digits that read back the same, with an
/// exponent below 10^-4 and from 10^6 on.
///
/// Upstream: Go `strconv.FormatFloat(x, 'g', -1, 64)`, cel-go `Double.ConvertToType`.
pub(crate) fn double_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let (digits, exponent) = shortest(value);
    if (-4..6).contains(&exponent) {
        let behind = behind_point(&digits).saturating_sub_signed(exponent as isize);
        let text = format!("{value:.behind$}");
        if text.parse() == Ok(value) {
            return text;
        }
        return value.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

/// The fewest digits that read back the same, and of those with so many the nearest. Where two are equally near, Rust
/// takes the larger one and Go the even one.
fn shortest(value: f64) -> (String, i32) {
    let (digits, exponent) = scientific(format!("{value:e}"));
    let behind = behind_point(&digits);
    let nearest = format!("{value:.behind$e}");
    if nearest.parse() == Ok(value) {
        return scientific(nearest);
    }
    (digits, exponent)
}

/// How many digits stand behind the point.
fn behind_point(digits: &str) -> usize {
    digits.split_once('.').map_or(0, |(_, behind)| behind.len())
}

/// As Go's `%.6f`: how a double is written inside a list or a map.
pub(super) fn literal(value: f64) -> String {
    if value.is_finite() {
        format!("{value:.6}")
    } else {
        double_text(value)
    }
}

/// `%f`: exact digits, rounded half to even, in groups of three before the point.
pub(super) fn fixed(value: f64, precision: usize) -> String {
    if !value.is_finite() {
        return special(value);
    }
    // Upstream shows the sign of `-0.1` rounded to nothing, but not that of negative zero.
    let value = if value == 0.0 { 0.0 } else { value };
    let plain = format!("{value:.precision$}");
    let (sign, plain) = plain
        .strip_prefix('-')
        .map_or(("", plain.as_str()), |rest| ("-", rest));
    let (whole, fraction) = plain
        .split_once('.')
        .map_or((plain, None), |(whole, rest)| (whole, Some(rest)));
    let mut text = String::with_capacity(plain.len() + plain.len() / 3 + 1);
    text.push_str(sign);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// `%e`: six digits behind the point and a power of ten in superscript. What is asked for as precision is the least
/// width instead: so it is upstream.
pub(super) fn exponential(value: f64, width: usize) -> String {
    let value = if value == 0.0 { 0.0 } else { value };
    let text = if value.is_finite() {
        let (digits, exponent) = scientific(format!("{value:.6e}"));
        let sign = if exponent < 0 { "\u{207b}" } else { "" };
        let exponent = format!("{:02}", exponent.unsigned_abs());
        let exponent: String = exponent.chars().map(superscript).collect();
        format!("{digits}\u{d7}10{sign}{exponent}")
    } else {
        special(value)
    };
    format!("{text:>width$}")
}

fn special(value: f64) -> String {
    let text = match (value.is_nan(), value > 0.0) {
        (true, _) => "NaN",
        (false, true) => "\u{221e}",
        (false, false) => "-\u{221e}",
    };
    text.to_owned()
}

/// Splits Rust's `1.5e-7`.
fn scientific(text: String) -> (String, i32) {
    match text.split_once('e') {
        Some((digits, exponent)) => (digits.to_owned(), exponent.parse().unwrap_or_default()),
        None => (text, 0),
    }
}

fn superscript(digit: char) -> char {
    match digit {
        '1' => '\u{b9}',
        '2' => '\u{b2}',
        '3' => '\u{b3}',
        // The others stand together: superscript zero is U+2070.
        other => other
            .to_digit(10)
            .and_then(|value| char::from_u32(0x2070 + value))
            .unwrap_or(other),
    }
}
