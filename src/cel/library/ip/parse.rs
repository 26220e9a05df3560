//! Reads the text of an address.
//!
//! Upstream: Go `netip.ParseAddr` (1.26), step by step, so that what is refused, and in which words, agrees.

use std::fmt;

use super::super::quoted::quote;
use super::Address;

/// The groups of an IPv6 address.
const GROUPS: usize = 8;

/// What is wrong with a text that is no address, in Go's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    problem: &'static str,
    /// Where: the rest of the text from there; empty where Go does not say.
    at: Vec<u8>,
}

impl Malformed {
    const fn new(problem: &'static str) -> Self {
        Self {
            problem,
            at: Vec::new(),
        }
    }

    fn at(problem: &'static str, rest: &[u8]) -> Self {
        Self {
            problem,
            at: rest.to_vec(),
        }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.problem)?;
        if self.at.is_empty() {
            return Ok(());
        }
        write!(f, " (at {})", quote(&self.at))
    }
}

/// An address as it was written, before the CEL library refuses some forms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written {
    /// The address.
    pub(crate) address: Address,
    /// Whether a zone stands behind it: `%eth0`.
    pub(crate) has_zone: bool,
}

impl Written {
    /// Reads any address. Bytes, because the host of a URL need not be UTF-8.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, Malformed> {
        match text.iter().find(|byte| b".:%".contains(byte)) {
            Some(b'.') => Ok(Self {
                address: Address::V4(parse_v4(text)?),
                has_zone: false,
            }),
            Some(b':') => parse_v6(text),
            Some(_) => Err(Malformed::new("missing IPv6 address")),
            None => Err(Malformed::new("unable to parse IP")),
        }
    }
}

fn parse_v4(text: &[u8]) -> Result<u32, Malformed> {
    let (mut address, mut field, mut digits, mut fields) = (0_u32, 0_u32, 0, 0);
    for (place, byte) in text.iter().enumerate() {
        let rest = || text.get(place..).unwrap_or_default();
        match byte {
            b'0'..=b'9' => {
                if digits == 1 && field == 0 {
                    return Err(Malformed::new("IPv4 field has octet with leading zero"));
                }
                field = field * 10 + u32::from(byte - b'0');
                digits += 1;
                if field > 255 {
                    return Err(Malformed::new("IPv4 field has value >255"));
                }
            }
            b'.' => {
                if digits == 0 || place + 1 == text.len() {
                    return Err(Malformed::at(
                        "IPv4 field must have at least one digit",
                        rest(),
                    ));
                }
                if fields == 3 {
                    return Err(Malformed::new("IPv4 address too long"));
                }
                address = address << 8 | field;
                fields += 1;
                (field, digits) = (0, 0);
            }
            _ => return Err(Malformed::at("unexpected character", rest())),
        }
    }
    if fields < 3 {
        return Err(Malformed::new("IPv4 address too short"));
    }
    Ok(address << 8 | field)
}

fn parse_v6(text: &[u8]) -> Result<Written, Malformed> {
    let mut parts = text.splitn(2, |byte| *byte == b'%');
    let mut rest = parts.next().unwrap_or_default();
    let zone = parts.next();
    if zone.is_some_and(<[u8]>::is_empty) {
        return Err(Malformed::new("zone must be a non-empty string"));
    }
    let written = |address| Written {
        address: Address::V6(address),
        has_zone: zone.is_some(),
    };
    let mut groups: Vec<u16> = Vec::with_capacity(GROUPS);
    // How many groups stand before `::`.
    let mut ellipsis = None;
    if let Some(after) = rest.strip_prefix(b"::") {
        if after.is_empty() {
            return Ok(written(0));
        }
        ellipsis = Some(0);
        rest = after;
    }
    while groups.len() < GROUPS {
        let (group, after) = take_group(rest)?;
        if after.first() == Some(&b'.') {
            embedded(&mut groups, ellipsis, rest)?;
            rest = b"";
            break;
        }
        groups.push(group);
        rest = after;
        let Some(colon) = rest.first() else {
            break;
        };
        if *colon != b':' {
            return Err(Malformed::at("unexpected character, want colon", rest));
        }
        if rest.len() == 1 {
            return Err(Malformed::at(
                "colon must be followed by more characters",
                rest,
            ));
        }
        rest = rest.get(1..).unwrap_or_default();
        if rest.first() == Some(&b':') {
            if ellipsis.is_some() {
                return Err(Malformed::at("multiple :: in address", rest));
            }
            ellipsis = Some(groups.len());
            rest = rest.get(1..).unwrap_or_default();
            if rest.is_empty() {
                break;
            }
        }
    }
    if !rest.is_empty() {
        return Err(Malformed::at("trailing garbage after address", rest));
    }
    let missing = GROUPS - groups.len();
    match ellipsis {
        None if missing > 0 => return Err(Malformed::new("address string too short")),
        Some(_) if missing == 0 => {
            return Err(Malformed::new(
                "the :: must expand to at least one field of zeros",
            ));
        }
        None => {}
        Some(before) => {
            groups.splice(before..before, std::iter::repeat_n(0, missing));
        }
    }
    Ok(written(groups.into_iter().fold(0, |address, group| {
        address << 16 | u128::from(group)
    })))
}

/// The hexadecimal group at the front, and what follows it.
fn take_group(text: &[u8]) -> Result<(u16, &[u8]), Malformed> {
    let mut group = 0_u32;
    let mut length = 0;
    for byte in text {
        let Some(digit) = char::from(*byte).to_digit(16) else {
            break;
        };
        if length > 3 {
            return Err(Malformed::at("each group must have 4 or less digits", text));
        }
        group = group << 4 | digit;
        length += 1;
    }
    if length == 0 {
        return Err(Malformed::at(
            "each colon-separated field must have at least one digit",
            text,
        ));
    }
    Ok((group as u16, text.get(length..).unwrap_or_default()))
}

/// The IPv4 address at the end of an IPv6 address.
fn embedded(groups: &mut Vec<u16>, ellipsis: Option<usize>, rest: &[u8]) -> Result<(), Malformed> {
    if ellipsis.is_none() && groups.len() != GROUPS - 2 {
        return Err(Malformed::at(
            "embedded IPv4 address must replace the final 2 fields of the address",
            rest,
        ));
    }
    if groups.len() + 2 > GROUPS {
        return Err(Malformed::at(
            "too many hex fields to fit an embedded IPv4 at the end of the address",
            rest,
        ));
    }
    let address = parse_v4(rest)?;
    groups.extend([(address >> 16) as u16, address as u16]);
    Ok(())
}
