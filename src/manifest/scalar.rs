//! What the text of a scalar means: go-yaml's resolution, v2 for kubectl and v3 for kustomize, and the number rule
//! of the JSON that lies between YAML and the API server.
//!
//! Source: `resolve.go` of gopkg.in/yaml.v2 2.4 and v3 3.0, `strconv` of Go, sigs.k8s.io/yaml 1.6.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use std::borrow::Cow;

use super::event::{Style, Tag};
use super::problem::Dialect;
use super::timestamp;

/// The value of a scalar.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar<'t> {
    Null,
    Bool(bool),
    Int(i64),
    /// Above the largest 64-bit signed integer; a float as a value, an error as a key.
    Uint(u64),
    /// As YAML has it, before the number rule; may be infinite or no number.
    Float(f64),
    String(Cow<'t, str>),
    /// What kustomize makes of a date; a string as a value, an error as a key.
    Date(String),
}

/// Why a scalar has no value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ScalarError {
    /// The tag asks for another type.
    Tag(Tag),
    /// `!!binary` with something that is no base64.
    Base64,
}

/// Resolves a scalar. `empty_in_flow`: it was omitted inside a flow collection.
pub(super) fn resolve(
    text: Cow<'_, str>,
    style: Style,
    tag: Tag,
    dialect: Dialect,
    empty_in_flow: bool,
) -> Result<Scalar<'_>, ScalarError> {
    let tag = match (tag, dialect) {
        // go-yaml v3 treats `!` as no tag at all.
        (Tag::NonSpecific, Dialect::Kustomize) => Tag::None,
        (tag, _) => tag,
    };
    match tag {
        Tag::None if style == Style::Quoted => Ok(Scalar::String(text)),
        // kustomize writes an omitted value inside a flow collection as `''` before it reads it again.
        Tag::None if empty_in_flow && text.is_empty() && dialect == Dialect::Kustomize => {
            Ok(Scalar::String(text))
        }
        Tag::NonSpecific | Tag::Str | Tag::Merge | Tag::Other => Ok(Scalar::String(text)),
        Tag::Binary => binary(&text).map(|text| Scalar::String(text.into())),
        Tag::None => Ok(plain(text, dialect, true)),
        Tag::Timestamp => match timestamp::rewrite(&text) {
            Some(_) if dialect == Dialect::Kubectl => Ok(Scalar::String(text)),
            Some(time) => Ok(Scalar::Date(time)),
            None => Err(ScalarError::Tag(tag)),
        },
        Tag::Bool | Tag::Int | Tag::Float | Tag::Null => match (tag, plain(text, dialect, false)) {
            (Tag::Float, Scalar::Int(value)) => Ok(Scalar::Float(value as f64)),
            (Tag::Bool, value @ Scalar::Bool(_))
            | (Tag::Int, value @ (Scalar::Int(_) | Scalar::Uint(_)))
            | (Tag::Float, value @ Scalar::Float(_))
            | (Tag::Null, value @ Scalar::Null) => Ok(value),
            _ => Err(ScalarError::Tag(tag)),
        },
    }
}

/// The number rule: a float that JSON would print as a 64-bit integer is one. `None` where JSON has no such number.
///
/// Go prints a float below 1e21 without exponent, in the fewest digits that read back; so does Rust.
pub(super) fn json_number(value: f64) -> Option<Result<i64, f64>> {
    if !value.is_finite() {
        return None;
    }
    if value.fract() == 0.0
        && value.abs() < 1e19
        && let Ok(whole) = value.to_string().parse::<i64>()
    {
        return Some(Ok(whole));
    }
    Some(Err(value))
}

/// The text of a float as a map key: Go's `FormatFloat(value, 'g', -1, 32)`.
pub(super) fn float_key(value: f64) -> String {
    if value.is_nan() {
        return ".nan".to_owned();
    }
    let value = value as f32;
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific
        .split_once('e')
        .and_then(|(digits, exponent)| Some((digits, exponent.parse::<i32>().ok()?)))
        .unwrap_or((&scientific, 0));
    // Whatever the number of digits, the shortest form counts as a precision of 6 here.
    if (-4..6).contains(&exponent) {
        value.to_string()
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{digits}e{sign}{:02}", exponent.abs())
    }
}

/// A scalar without tag, or with a tag that asks for resolution (`dates` is then false).
fn plain(text: Cow<'_, str>, dialect: Dialect, dates: bool) -> Scalar<'_> {
    let Some(&first) = text.as_bytes().first() else {
        return Scalar::Null;
    };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => {
            word(&text, dialect).unwrap_or(Scalar::String(text))
        }
        b'.' => match &*text {
            ".inf" | ".Inf" | ".INF" => Scalar::Float(f64::INFINITY),
            ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
            _ => match dot_float(&text) {
                Some(value) => Scalar::Float(value),
                None => Scalar::String(text),
            },
        },
        b'0'..=b'9' | b'+' | b'-' => match &*text {
            "+.inf" | "+.Inf" | "+.INF" => Scalar::Float(f64::INFINITY),
            "-.inf" | "-.Inf" | "-.INF" => Scalar::Float(f64::NEG_INFINITY),
            _ => {
                if dates
                    && dialect == Dialect::Kustomize
                    && let Some(time) = timestamp::rewrite(&text)
                {
                    return Scalar::Date(time);
                }
                number(&text).unwrap_or(Scalar::String(text))
            }
        },
        _ => Scalar::String(text),
    }
}

fn word(text: &str, dialect: Dialect) -> Option<Scalar<'static>> {
    match text {
        "~" | "null" | "Null" | "NULL" => Some(Scalar::Null),
        "true" | "True" | "TRUE" => Some(Scalar::Bool(true)),
        "false" | "False" | "FALSE" => Some(Scalar::Bool(false)),
        _ if dialect == Dialect::Kustomize => None,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(Scalar::Bool(true)),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(Scalar::Bool(false)),
        _ => None,
    }
}

/// A number that starts with a digit or a sign. Underscores mean nothing, wherever they stand.
fn number(text: &str) -> Option<Scalar<'static>> {
    let text: Cow<'_, str> = if text.contains('_') {
        text.replace('_', "").into()
    } else {
        text.into()
    };
    let text = &*text;
    let (negative, signed, digits) = match text.as_bytes().first()? {
        b'-' => (true, true, &text[1..]),
        b'+' => (false, true, &text[1..]),
        _ => (false, false, text),
    };
    if let Some(value) = parse_uint(digits) {
        if negative {
            if value <= 1 << 63 {
                return Some(Scalar::Int(0i64.wrapping_sub_unsigned(value)));
            }
        } else if let Ok(value) = i64::try_from(value) {
            return Some(Scalar::Int(value));
        } else if !signed {
            return Some(Scalar::Uint(value));
        }
    }
    decimal_float(text, digits).map(Scalar::Float)
}

/// Go's `ParseUint(text, 0, 64)` for a text without underscores.
fn parse_uint(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    let (radix, digits) = match bytes {
        [b'0', b'x' | b'X', _, ..] => (16, &text[2..]),
        [b'0', b'o' | b'O', _, ..] => (8, &text[2..]),
        [b'0', b'b' | b'B', _, ..] => (2, &text[2..]),
        [b'0'] => return Some(0),
        [b'0', ..] => (8, &text[1..]),
        _ => (10, text),
    };
    // Rust would take a sign here, Go does not.
    if !digits.as_bytes().first()?.is_ascii_alphanumeric() {
        return None;
    }
    u64::from_str_radix(digits, radix).ok()
}

/// go-yaml's `yamlStyleFloat`, then Go's `ParseFloat`, which refuses what is too large.
fn decimal_float(text: &str, unsigned: &str) -> Option<f64> {
    let rest = unsigned.trim_start_matches(|c: char| c.is_ascii_digit());
    let whole = unsigned.len() - rest.len();
    let (rest, fraction) = match rest.strip_prefix('.') {
        Some(after) => {
            let after_digits = after.trim_start_matches(|c: char| c.is_ascii_digit());
            (after_digits, after.len() - after_digits.len())
        }
        None => (rest, 0),
    };
    if whole + fraction == 0 || !is_exponent(rest, false) {
        return None;
    }
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// A float that starts with a dot: Go's `ParseFloat`, underscores between digits only.
fn dot_float(text: &str) -> Option<f64> {
    let after = text.strip_prefix('.')?;
    let rest = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == '_');
    let fraction = &after[..after.len() - rest.len()];
    if !fraction.bytes().any(|byte| byte.is_ascii_digit()) || !is_exponent(rest, true) {
        return None;
    }
    let bytes = text.as_bytes();
    let between_digits = |at: usize| {
        at > 0
            && bytes[at - 1].is_ascii_digit()
            && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
    };
    if !text
        .bytes()
        .enumerate()
        .all(|(at, byte)| byte != b'_' || between_digits(at))
    {
        return None;
    }
    let value: f64 = text.replace('_', "").parse().ok()?;
    value.is_finite().then_some(value)
}

fn is_exponent(text: &str, underscores: bool) -> bool {
    let Some(rest) = text.strip_prefix(['e', 'E']) else {
        return text.is_empty();
    };
    let digits = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (underscores && byte == b'_'))
}

/// Go's standard base64: padding required, line breaks ignored; each byte that is no UTF-8 becomes U+FFFD.
fn binary(text: &str) -> Result<String, ScalarError> {
    const ENGINE: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
    );
    let joined: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    let bytes = ENGINE.decode(joined).map_err(|_| ScalarError::Base64)?;
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '\u{FFFD}'));
    }
    Ok(text)
}

impl Tag {
    /// As people write it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Bool => "!!bool",
            Self::Int => "!!int",
            Self::Float => "!!float",
            Self::Null => "!!null",
            Self::Timestamp => "!!timestamp",
            Self::Binary => "!!binary",
            Self::Merge => "!!merge",
            Self::Str => "!!str",
            Self::NonSpecific | Self::None | Self::Other => "!",
        }
    }
}
