//! Named formats: what the CEL functions `format.named` and `format.dns1123Label` give, and `validate` asks.
//!
//! Upstream: the apiserver's CEL format library (since 1.31), which calls the name rules of apimachinery (`content`, 0.37)
//! and the formats of `kube-openapi`. The messages are values that expressions see, so they are upstream's to the letter.
//! This module must not know CEL values. How texts are filled with values is `format`'s matter.

use super::url;

/// Bytes of a label, of the name part of a label's key and of a label's value.
const MAX_LABEL: usize = 63;
/// Bytes of a subdomain.
const MAX_SUBDOMAIN: usize = 253;

const BYTES: &str = "bytes";
const CHARACTERS: &str = "characters";

const LABEL_PATTERN: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN_PATTERN: &str = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const KEY_RULE: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
    alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
    '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NamedFormat {
    Dns1123Label,
    Dns1123Subdomain,
    Dns1035Label,
    Dns1123LabelPrefix,
    Dns1123SubdomainPrefix,
    Dns1035LabelPrefix,
    QualifiedName,
    LabelValue,
    Uri,
    Uuid,
    Byte,
    Date,
    Datetime,
}

impl NamedFormat {
    /// All formats.
    pub(crate) const ALL: [Self; 13] = [
        Self::Dns1123Label,
        Self::Dns1123Subdomain,
        Self::Dns1035Label,
        Self::Dns1123LabelPrefix,
        Self::Dns1123SubdomainPrefix,
        Self::Dns1035LabelPrefix,
        Self::QualifiedName,
        Self::LabelValue,
        Self::Uri,
        Self::Uuid,
        Self::Byte,
        Self::Date,
        Self::Datetime,
    ];

    /// The name in expressions.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Dns1123Label => "dns1123Label",
            Self::Dns1123Subdomain => "dns1123Subdomain",
            Self::Dns1035Label => "dns1035Label",
            Self::Dns1123LabelPrefix => "dns1123LabelPrefix",
            Self::Dns1123SubdomainPrefix => "dns1123SubdomainPrefix",
            Self::Dns1035LabelPrefix => "dns1035LabelPrefix",
            Self::QualifiedName => "qualifiedName",
            Self::LabelValue => "labelValue",
            Self::Uri => "uri",
            Self::Uuid => "uuid",
            Self::Byte => "byte",
            Self::Date => "date",
            Self::Datetime => "datetime",
        }
    }

    /// The format of a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// What is wrong with a text; nothing if it has the format.
    pub(crate) fn validate(self, text: &str) -> Vec<String> {
        match self {
            Self::Dns1123Label => dns1123_label(text.as_bytes()),
            Self::Dns1123Subdomain => dns1123_subdomain(text.as_bytes(), CHARACTERS),
            Self::Dns1035Label => dns1035_label(text.as_bytes()),
            Self::Dns1123LabelPrefix => dns1123_label(&completed(text)),
            Self::Dns1123SubdomainPrefix => dns1123_subdomain(&completed(text), CHARACTERS),
            Self::Dns1035LabelPrefix => dns1035_label(&completed(text)),
            Self::QualifiedName => qualified_name(text),
            Self::LabelValue => label_value(text),
            Self::Uri => url::check(text)
                .err()
                .map(|error| error.to_string())
                .into_iter()
                .collect(),
            Self::Uuid => unless(is_uuid(text), "does not match the UUID format"),
            Self::Byte => unless(is_base64(text.as_bytes()), "invalid base64"),
            Self::Date => unless(is_date(text), "invalid date"),
            Self::Datetime => unless(is_datetime(text), "invalid datetime"),
        }
    }
}

fn unless(valid: bool, message: &str) -> Vec<String> {
    if valid {
        Vec::new()
    } else {
        vec![message.to_owned()]
    }
}

/// What is wrong with a text of too many bytes. Some rules of upstream call them characters.
fn too_long(text: &[u8], most: usize, word: &str) -> Option<String> {
    (text.len() > most).then(|| format!("must be no more than {most} {word}"))
}

/// A prefix as it may look when it is a name: a dash at the end and the byte before it become an `a`. (Upstream means to
/// replace the dash alone.)
fn completed(prefix: &str) -> Vec<u8> {
    let bytes = prefix.as_bytes();
    match bytes {
        [start @ .., _, b'-'] => [start, b"a"].concat(),
        _ => bytes.to_vec(),
    }
}

fn is_lower(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// `[a-z0-9]([-a-z0-9]*[a-z0-9])?`
fn is_label(text: &[u8]) -> bool {
    text.first().copied().is_some_and(is_lower)
        && text.last().copied().is_some_and(is_lower)
        && text.iter().all(|byte| is_lower(*byte) || *byte == b'-')
}

fn is_subdomain(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'.').all(is_label)
}

fn dns1123_label(text: &[u8]) -> Vec<String> {
    let form = if is_label(text) {
        None
    } else if is_subdomain(text) {
        Some("must not contain dots".to_owned())
    } else {
        Some(format!(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end \
             with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
             '{LABEL_PATTERN}')"
        ))
    };
    too_long(text, MAX_LABEL, CHARACTERS)
        .into_iter()
        .chain(form)
        .collect()
}

fn dns1123_subdomain(text: &[u8], word: &str) -> Vec<String> {
    let form = (!is_subdomain(text)).then(|| {
        format!(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must \
             start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
             '{SUBDOMAIN_PATTERN}')"
        )
    });
    too_long(text, MAX_SUBDOMAIN, word)
        .into_iter()
        .chain(form)
        .collect()
}

fn dns1035_label(text: &[u8]) -> Vec<String> {
    let starts_well = text.first().is_some_and(u8::is_ascii_lowercase);
    let form = (!starts_well || !is_label(text)).then(|| {
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, \
         and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is \
         '[a-z]([-a-z0-9]*[a-z0-9])?')"
            .to_owned()
    });
    too_long(text, MAX_LABEL, CHARACTERS)
        .into_iter()
        .chain(form)
        .collect()
}

/// `([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]`
fn is_key_name(text: &str) -> bool {
    let is_end = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    is_end(bytes.first())
        && is_end(bytes.last())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

fn qualified_name(text: &str) -> Vec<String> {
    let mut messages = Vec::new();
    let name = match text.split_once('/') {
        None => text,
        Some((_, name)) if name.contains('/') => {
            messages.push(format!(
                "a valid label key {KEY_RULE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            ));
            return messages;
        }
        Some(("", name)) => {
            messages.push("prefix part must be non-empty".to_owned());
            name
        }
        Some((prefix, name)) => {
            let wrong = dns1123_subdomain(prefix.as_bytes(), BYTES).into_iter();
            messages.extend(wrong.map(|message| format!("prefix part {message}")));
            name
        }
    };
    if name.is_empty() {
        messages.push("name part must be non-empty".to_owned());
    }
    let length = too_long(name.as_bytes(), MAX_LABEL, BYTES);
    messages.extend(length.map(|message| format!("name part {message}")));
    if !is_key_name(name) {
        messages.push(format!("name part {KEY_RULE}"));
    }
    messages
}

fn label_value(text: &str) -> Vec<String> {
    let form = (!text.is_empty() && !is_key_name(text)).then(|| {
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and \
         end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is \
         '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
            .to_owned()
    });
    too_long(text.as_bytes(), MAX_LABEL, BYTES)
        .into_iter()
        .chain(form)
        .collect()
}

/// 8, 4, 4, 4 and 12 hexadecimal digits; each dash between them may be missing.
fn is_uuid(text: &str) -> bool {
    let mut rest = text.as_bytes();
    for (place, digits) in [8, 4, 4, 4, 12].into_iter().enumerate() {
        if place > 0 {
            rest = rest.strip_prefix(b"-").unwrap_or(rest);
        }
        let Some((group, after)) = rest.split_at_checked(digits) else {
            return false;
        };
        if !group.iter().all(u8::is_ascii_hexdigit) {
            return false;
        }
        rest = after;
    }
    rest.is_empty()
}

/// Groups of four characters of base64, the last one padded; not the empty text.
fn is_base64(text: &[u8]) -> bool {
    let digits = text
        .strip_suffix(b"==")
        .or_else(|| text.strip_suffix(b"="))
        .unwrap_or(text);
    !text.is_empty()
        && text.len().is_multiple_of(4)
        && digits
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(byte))
}

/// `2006-01-02`, a day of the calendar.
fn is_date(text: &str) -> bool {
    let [year @ .., b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else {
        return false;
    };
    if year.len() != 4 {
        return false;
    }
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0, |number, byte| {
            byte.is_ascii_digit()
                .then(|| number * 10 + u32::from(byte - b'0'))
        })
    };
    let (Some(year), Some(month), Some(day)) =
        (number(year), number(&[*m1, *m2]), number(&[*d1, *d2]))
    else {
        return false;
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// A date, `t`, `15:04:05`, perhaps a fraction, and `z` or an offset; upper case is as good. As upstream, a second `t`
/// and all behind it do not count, and any character may stand for the point.
fn is_datetime(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let mut parts = text.split('t');
    let (Some(date), Some(time)) = (parts.next(), parts.next()) else {
        return false;
    };
    let Some((clock, rest)) = time.split_at_checked(8) else {
        return false;
    };
    let [h1, h2, b':', m1, m2, b':', s1, s2] = clock.as_bytes() else {
        return false;
    };
    let within =
        |digits: [u8; 2], most: [u8; 2]| digits.iter().all(u8::is_ascii_digit) && digits <= most;
    is_date(date)
        && within([*h1, *h2], *b"23")
        && within([*m1, *m2], *b"59")
        && within([*s1, *s2], *b"59")
        && is_fraction_and_zone(rest)
}

fn is_fraction_and_zone(text: &str) -> bool {
    let zone = match text.strip_suffix('z') {
        Some(rest) => Some(rest),
        None => text
            .len()
            .checked_sub(6)
            .and_then(|start| text.split_at_checked(start))
            .filter(|(_, offset)| {
                matches!(offset.as_bytes(), [b'+' | b'-', h1, h2, b':', m1, m2]
                    if [h1, h2, m1, m2].iter().all(|digit| digit.is_ascii_digit()))
            })
            .map(|(rest, _)| rest),
    };
    let Some(fraction) = zone else {
        return false;
    };
    let mut digits = fraction.chars();
    match digits.next() {
        None => true,
        Some('\n') => false,
        Some(_) => !digits.as_str().is_empty() && digits.all(|digit| digit.is_ascii_digit()),
    }
}

#[cfg(test)]
mod tests;
