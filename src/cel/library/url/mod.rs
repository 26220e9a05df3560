//! URLs as the CEL functions `url` and `isURL` know them.
//!
//! Upstream: Go `net/url` (1.26) and the apiserver's CEL url library. A URL is absolute or starts with `/`. Like the
//! library, the text is read twice: as the URI of a request, which says whether it is one, and in full, which knows
//! fragments and a host after `//` alone. So `isURL` can be true where `url` fails. This module must not know CEL values.
//!
//! One difference: Go keeps bytes that are not UTF-8 (from `%ff`) in hosts and queries; here they become U+FFFD.

mod escape;
mod parse;

use std::collections::BTreeMap;
use std::fmt;

use thiserror::Error;

use super::ip::Malformed;
use super::quoted::quote;

use escape::Mode;
pub(crate) use parse::{check, parse};

/// More parameters in a query than this are none at all, as in Go.
const MAX_PARAMETERS: usize = 10_000;

/// Why a text is not a URL, in Go's words: the format `uri` gives them as values.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("parse {}: {problem}", quote(.url.as_bytes()))]
pub(crate) struct UrlError {
    /// What was read.
    pub(super) url: String,
    /// What is wrong with it.
    #[source]
    pub(super) problem: Problem,
}

/// What is wrong with a URL.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(super) enum Problem {
    #[error("net/url: invalid control character in URL")]
    ControlCharacter,
    #[error("empty url")]
    Empty,
    #[error("missing protocol scheme")]
    MissingScheme,
    #[error("invalid URI for request")]
    Relative,
    #[error("net/url: invalid userinfo")]
    UserInfo,
    #[error("invalid URL escape {}", quote(.0))]
    Escape(Vec<u8>),
    #[error("invalid character {} in host name", quote(&[*.0]))]
    HostCharacter(u8),
    #[error("invalid IP-literal")]
    IpLiteral,
    #[error("missing ']' in host")]
    MissingBracket,
    #[error("invalid port {} after host", quote(.0.as_bytes()))]
    Port(String),
    #[error("invalid host: ParseAddr({}): {problem}", quote(.host))]
    Address {
        /// What stands between the brackets.
        host: Vec<u8>,
        /// Why it is no address.
        problem: Malformed,
    },
}

/// A URL. Equal are those with the same text.
#[derive(Clone, Debug)]
pub(crate) struct Url {
    scheme: String,
    host: String,
    path: String,
    query: String,
    text: String,
}

impl Url {
    /// The scheme in lower case; empty if there is none.
    pub(crate) fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Host and port, an IPv6 address in brackets.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The host without port and brackets.
    pub(crate) fn hostname(&self) -> &str {
        let (name, _) = split_host(&self.host);
        name.strip_prefix('[')
            .and_then(|name| name.strip_suffix(']'))
            .unwrap_or(name)
    }

    /// The port; empty if there is none.
    pub(crate) fn port(&self) -> &str {
        split_host(&self.host).1
    }

    /// The path with escapes: as written, if it was written well.
    pub(crate) fn escaped_path(&self) -> &str {
        &self.path
    }

    /// The parameters of the query with their values, in the order in which they first come. Malformed ones, and those
    /// with a semicolon, are left out.
    pub(crate) fn query(&self) -> Vec<(String, Vec<String>)> {
        let mut found: Vec<(String, Vec<String>)> = Vec::new();
        if self.query.bytes().filter(|byte| *byte == b'&').count() >= MAX_PARAMETERS {
            return found;
        }
        let mut places = BTreeMap::new();
        for parameter in self.query.split('&') {
            if parameter.is_empty() || parameter.contains(';') {
                continue;
            }
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let unescaped = |text: &str| escape::unescape(text.as_bytes(), Mode::Query);
            let (Ok(name), Ok(value)) = (unescaped(name), unescaped(value)) else {
                continue;
            };
            let place = *places.entry(name).or_insert_with_key(|name| {
                found.push((lossy(name), Vec::new()));
                found.len() - 1
            });
            if let Some((_, values)) = found.get_mut(place) {
                values.push(lossy(&value));
            }
        }
        found
    }
}

/// The whole URL, written as Go writes it.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for Url {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Url {}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Name and port of a host. What stands behind the last colon is only a port if it is all digits.
fn split_host(host: &str) -> (&str, &str) {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (name, port),
        _ => (host, ""),
    }
}

#[cfg(test)]
mod tests;
