//! Semantic versions as the CEL functions `semver` and `isSemver` know them.
//!
//! Upstream: `blang/semver` v4 and the apiserver's CEL semver library (since 1.33), with its normalisation. The crate
//! `semver` is not used: it compares build metadata, which is not for order here, and takes other numbers. This module
//! must not know CEL values.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use thiserror::Error;

/// Why a text is not a version.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum VersionError {
    /// There is no text.
    #[error("the version is empty")]
    Empty,
    /// There are not three numbers.
    #[error("`{0}` is not a version: three numbers with dots between them are needed")]
    Parts(String),
    /// Two numbers or one, with something behind them; even normalisation does not take that.
    #[error(
        "`{0}` is not a version: one of less than three numbers cannot have a pre-release or build metadata"
    )]
    ShortWithMetadata(String),
    /// Something else than digits, or nothing, where a number is needed.
    #[error("the {part} number `{text}` of the version is not a number")]
    NotANumber {
        /// `major`, `minor` or `patch`.
        part: &'static str,
        /// What is there.
        text: String,
    },
    /// A number starts with a zero.
    #[error("the {part} number `{text}` of the version must not start with a zero")]
    LeadingZero {
        /// `major`, `minor`, `patch` or `pre-release`.
        part: &'static str,
        /// What is there.
        text: String,
    },
    /// A number does not fit 64 bits.
    #[error("the {part} number `{text}` of the version is too large")]
    TooLarge {
        /// `major`, `minor`, `patch` or `pre-release`.
        part: &'static str,
        /// What is there.
        text: String,
    },
    /// An identifier of the pre-release or build metadata is empty or has other characters than letters, digits and `-`.
    #[error("the {part} `{text}` of the version must be letters, digits and hyphens")]
    Identifier {
        /// `pre-release` or `build metadata`.
        part: &'static str,
        /// What is there.
        text: String,
    },
}

/// A version. Equality and order leave the build metadata out.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    numbers: [u64; 3],
    pre_release: Vec<Identifier>,
    /// The canonical text, with the build metadata.
    text: Box<str>,
}

/// An identifier of a pre-release: numbers come before words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identifier {
    Number(u64),
    Word(Box<str>),
}

impl Version {
    /// Reads a version (CEL `semver(text)`).
    pub(crate) fn parse(text: &str) -> Result<Self, VersionError> {
        if text.is_empty() {
            return Err(VersionError::Empty);
        }
        let mut parts = text.splitn(3, '.');
        let (Some(major), Some(minor), Some(rest)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(VersionError::Parts(text.to_owned()));
        };
        let major = number("major", major)?;
        let minor = number("minor", minor)?;
        let (rest, build) = split_at_mark(rest, '+');
        let (patch, pre_release) = split_at_mark(rest, '-');
        let patch = number("patch", patch)?;
        let pre_release = match pre_release {
            Some(identifiers) => identifiers
                .split('.')
                .map(pre_release_identifier)
                .collect::<Result<_, _>>()?,
            None => Vec::new(),
        };
        for identifier in build.into_iter().flat_map(|build| build.split('.')) {
            check_identifier("build metadata", identifier)?;
        }
        Ok(Self {
            numbers: [major, minor, patch],
            pre_release,
            text: text.into(),
        })
    }

    /// Reads a version after normalising it (CEL `semver(text, true)`): without a leading `v`, missing numbers are 0,
    /// numbers lose leading zeros.
    pub(crate) fn parse_normalized(text: &str) -> Result<Self, VersionError> {
        let plain = text.strip_prefix('v').unwrap_or(text);
        let mut parts: Vec<Cow<'_, str>> = plain.splitn(3, '.').map(without_zeros).collect();
        if parts.len() < 3 && parts.last().is_some_and(|last| last.contains(['+', '-'])) {
            return Err(VersionError::ShortWithMetadata(text.to_owned()));
        }
        while parts.len() < 3 {
            parts.push("0".into());
        }
        Self::parse(&parts.join("."))
    }

    /// The first number. As upstream, numbers beyond 63 bits come out negative.
    pub(crate) const fn major(&self) -> i64 {
        self.numbers[0].cast_signed()
    }

    /// The second number.
    pub(crate) const fn minor(&self) -> i64 {
        self.numbers[1].cast_signed()
    }

    /// The third number.
    pub(crate) const fn patch(&self) -> i64 {
        self.numbers[2].cast_signed()
    }
}

/// The text before a mark, and the text behind it if there is one.
fn split_at_mark(text: &str, mark: char) -> (&str, Option<&str>) {
    text.split_once(mark)
        .map_or((text, None), |(before, behind)| (before, Some(behind)))
}

fn number(part: &'static str, text: &str) -> Result<u64, VersionError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        let text = text.to_owned();
        return Err(VersionError::NotANumber { part, text });
    }
    if text.len() > 1 && text.starts_with('0') {
        let text = text.to_owned();
        return Err(VersionError::LeadingZero { part, text });
    }
    text.parse().map_err(|_| VersionError::TooLarge {
        part,
        text: text.to_owned(),
    })
}

fn pre_release_identifier(text: &str) -> Result<Identifier, VersionError> {
    check_identifier("pre-release", text)?;
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return number("pre-release", text).map(Identifier::Number);
    }
    Ok(Identifier::Word(text.into()))
}

fn check_identifier(part: &'static str, text: &str) -> Result<(), VersionError> {
    let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if text.is_empty() || !text.bytes().all(is_valid) {
        let text = text.to_owned();
        return Err(VersionError::Identifier { part, text });
    }
    Ok(())
}

/// A part without leading zeros; one is left where no digit would be.
fn without_zeros(part: &str) -> Cow<'_, str> {
    if part.len() < 2 {
        return part.into();
    }
    let rest = part.trim_start_matches('0');
    if rest.starts_with(|first: char| first.is_ascii_digit()) {
        rest.into()
    } else {
        format!("0{rest}").into()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_release = || match (self.pre_release.is_empty(), other.pre_release.is_empty()) {
            // What comes before a release is less than the release.
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            _ => self.pre_release.cmp(&other.pre_release),
        };
        self.numbers.cmp(&other.numbers).then_with(by_release)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn versions_are_ordered_as_the_specification_says() {
        let ascending = [
            "0.0.1",
            "0.1.0",
            "1.0.0-1",
            "1.0.0-2",
            "1.0.0-10",
            "1.0.0--",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.1",
            "1.10.0",
            "2.0.0",
        ];
        let versions: Vec<_> = ascending
            .iter()
            .map(|text| Version::parse(text).expect(text))
            .collect();
        for (left, right) in versions.iter().zip(versions.iter().skip(1)) {
            assert!(left < right, "{left} {right}");
        }
        let (plain, built) = (
            Version::parse("1.0.0").ok(),
            Version::parse("1.0.0+b.01").ok(),
        );
        assert_eq!(plain, built);
        assert_eq!(
            built.map(|version| version.to_string()).as_deref(),
            Some("1.0.0+b.01")
        );
    }

    #[test]
    fn normalisation_takes_what_is_written_shortly() {
        let cases = [
            ("v1.2.3", Some("1.2.3")),
            ("1", Some("1.0.0")),
            ("v01.002", Some("1.2.0")),
            ("00.00.00", Some("0.0.0")),
            ("1.2.03-rc.01", None),
            ("1.2.03-rc.1+x", Some("1.2.3-rc.1+x")),
            ("1.2.00-rc", Some("1.2.0-rc")),
            ("1.0-rc", None),
            ("1+x", None),
            ("vv1", None),
            ("V1", None),
            (" 1", None),
            ("", None),
            ("v", None),
            ("1..0", None),
        ];
        for (text, expected) in cases {
            let version = Version::parse_normalized(text).ok();
            assert_eq!(
                version.map(|version| version.to_string()).as_deref(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_version_is_refused() {
        let cases = [
            "",
            "1",
            "1.2",
            "v1.2.3",
            "1.2.3.4",
            "01.2.3",
            "1.02.3",
            "1.2.03",
            "1.2.x",
            "-1.2.3",
            "1.2.3-",
            "1.2.3+",
            "1.2.3-a..b",
            "1.2.3-01",
            "1.2.3-a_b",
            "1.2.3+a_b",
            "1.2.3-\u{e9}",
            "18446744073709551616.0.0",
            "1.2.3-18446744073709551616",
        ];
        for text in cases {
            assert!(Version::parse(text).is_err(), "{text}");
        }
        let largest = Version::parse("18446744073709551615.0.0").expect("64 bits");
        assert_eq!(largest.major(), -1);
    }
}
