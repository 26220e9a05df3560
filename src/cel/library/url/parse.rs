//! Reads a URL.
//!
//! Upstream: Go `net/url` (1.26), `ParseRequestURI`, `Parse` and `URL.String`. What upstream keeps twice, plain and as
//! written, is kept once here: the written form, or the escaped plain one where the written is not well escaped.

use super::super::ip::{Address, Written};
use super::escape::{Mode, escape, is_encoded, unescape};
use super::{Problem, Url, UrlError, lossy};

/// Whether a text is a URL (CEL `isURL`, format `uri`).
pub(crate) fn check(text: &str) -> Result<(), UrlError> {
    read(text, true)
        .map(|_| ())
        .map_err(|problem| error(text, problem))
}

/// Reads a URL (CEL `url`).
pub(crate) fn parse(text: &str) -> Result<Url, UrlError> {
    check(text)?;
    let (before, fragment) = text.split_once('#').unwrap_or((text, ""));
    let parts = read(before, false).map_err(|problem| error(before, problem))?;
    let fragment = encoded(fragment, Mode::Fragment).map_err(|problem| error(text, problem))?;
    Ok(parts.finish(&fragment))
}

fn error(url: &str, problem: Problem) -> UrlError {
    UrlError {
        url: url.to_owned(),
        problem,
    }
}

/// What stands between scheme and query.
#[derive(Default)]
struct Parts<'t> {
    scheme: String,
    /// What follows the scheme if that is not a path.
    opaque: &'t str,
    /// User and password, escaped; `None` without an `@`.
    user: Option<String>,
    host: Vec<u8>,
    path: String,
    /// The query as written; `None` without a `?`.
    query: Option<&'t str>,
    /// Whether a path follows the scheme without `//`.
    omits_host: bool,
}

/// Reads what `#` does not concern. As the URI of a request, `//` does not start a host without a scheme.
fn read(text: &str, as_request: bool) -> Result<Parts<'_>, Problem> {
    if text.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(Problem::ControlCharacter);
    }
    if text.is_empty() && as_request {
        return Err(Problem::Empty);
    }
    let mut parts = Parts::default();
    if text == "*" {
        parts.path.push('*');
        return Ok(parts);
    }
    let (scheme, rest) = split_scheme(text)?;
    parts.scheme = scheme.to_ascii_lowercase();
    let rest = match rest.split_once('?') {
        Some((rest, query)) => {
            parts.query = Some(query);
            rest
        }
        None => rest,
    };
    if !rest.starts_with('/') {
        if parts.scheme.is_empty() {
            return Err(Problem::Relative);
        }
        parts.opaque = rest;
        return Ok(parts);
    }
    let has_host = !parts.scheme.is_empty() || (!as_request && !rest.starts_with("///"));
    let path = match rest.strip_prefix("//") {
        Some(rest) if has_host => {
            let path = rest.find('/').unwrap_or(rest.len());
            let (authority, path) = rest.split_at(path);
            parts.read_authority(authority)?;
            path
        }
        _ => {
            parts.omits_host = !parts.scheme.is_empty();
            rest
        }
    };
    parts.path = encoded(path, Mode::Path)?;
    Ok(parts)
}

/// The scheme, if there is one, and what follows its colon.
fn split_scheme(text: &str) -> Result<(&str, &str), Problem> {
    let Some((scheme, rest)) = text.split_once(':') else {
        return Ok(("", text));
    };
    if scheme.is_empty() {
        return Err(Problem::MissingScheme);
    }
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    Ok(if is_scheme {
        (scheme, rest)
    } else {
        ("", text)
    })
}

/// The text as written if it is well escaped, otherwise escaped anew.
fn encoded(text: &str, mode: Mode) -> Result<String, Problem> {
    let plain = unescape(text.as_bytes(), mode)?;
    Ok(if is_encoded(text, mode) {
        text.to_owned()
    } else {
        escape(&plain, mode)
    })
}

impl Parts<'_> {
    /// Reads what stands between `//` and the path.
    fn read_authority(&mut self, authority: &str) -> Result<(), Problem> {
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        self.host = read_host(&self.scheme, host)?;
        let Some(user) = user else {
            return Ok(());
        };
        let is_valid =
            |byte: u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte);
        if !user.bytes().all(is_valid) {
            return Err(Problem::UserInfo);
        }
        let parts = user.splitn(2, ':').map(|part| {
            unescape(part.as_bytes(), Mode::User).map(|plain| escape(&plain, Mode::User))
        });
        self.user = Some(parts.collect::<Result<Vec<_>, _>>()?.join(":"));
        Ok(())
    }

    fn finish(self, fragment: &str) -> Url {
        let mut text = String::new();
        if !self.scheme.is_empty() {
            text.extend([&self.scheme, ":"]);
        }
        if self.opaque.is_empty() {
            let has_authority = !self.host.is_empty() || self.user.is_some();
            let is_empty = !has_authority && self.path.is_empty();
            let names_host = has_authority || (!self.scheme.is_empty() && !self.omits_host);
            if names_host && !is_empty {
                text.push_str("//");
            }
            if let Some(user) = &self.user {
                text.extend([user, "@"]);
            }
            text.push_str(&escape(&self.host, Mode::Host));
            text.push_str(&self.path);
        } else {
            text.push_str(self.opaque);
        }
        if let Some(query) = self.query {
            text.extend(["?", query]);
        }
        if !fragment.is_empty() {
            text.extend(["#", fragment]);
        }
        Url {
            scheme: self.scheme,
            host: lossy(&self.host),
            path: self.path,
            query: self.query.unwrap_or_default().to_owned(),
            text,
        }
    }
}

/// The host with its port, without escapes.
fn read_host(scheme: &str, host: &str) -> Result<Vec<u8>, Problem> {
    match host.rfind('[') {
        Some(0) => return read_literal(host),
        Some(_) => return Err(Problem::IpLiteral),
        None => {}
    }
    // Only `http` and `https` are strict: there the port starts at the first colon.
    let port = if matches!(scheme, "http" | "https") {
        host.find(':')
    } else {
        host.rfind(':')
    };
    if let Some(port) = port {
        check_port(host.get(port..).unwrap_or_default())?;
    }
    unescape(host.as_bytes(), Mode::Host)
}

/// An IPv6 address in brackets.
fn read_literal(host: &str) -> Result<Vec<u8>, Problem> {
    let (literal, port) = host.rsplit_once(']').ok_or(Problem::MissingBracket)?;
    let literal = literal.strip_prefix('[').unwrap_or(literal);
    check_port(port)?;
    let plain = match literal.find("%25") {
        Some(zone) => {
            let (address, zone) = literal.split_at(zone);
            let mut plain = unescape(address.as_bytes(), Mode::Host)?;
            plain.extend(unescape(zone.as_bytes(), Mode::Zone)?);
            plain
        }
        None => unescape(literal.as_bytes(), Mode::Host)?,
    };
    match Written::parse(&plain).map(|written| written.address) {
        Ok(Address::V6(_)) => Ok([b"[", &*plain, b"]", port.as_bytes()].concat()),
        Ok(Address::V4(_)) => Err(Problem::IpLiteral),
        Err(problem) => Err(Problem::Address {
            host: plain,
            problem,
        }),
    }
}

/// Nothing, or a colon and perhaps digits.
fn check_port(port: &str) -> Result<(), Problem> {
    let is_valid = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    if is_valid {
        Ok(())
    } else {
        Err(Problem::Port(port.to_owned()))
    }
}
