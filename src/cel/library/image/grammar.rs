//! The grammar of image references, piece by piece. It knows characters, not what registries mean.
//!
//! Upstream: distribution/reference, `regexp.go` and `splitDockerDomain`.

use super::ImageError;

/// The longest tag, in bytes.
const MAX_TAG: usize = 128;
/// Digest algorithms that container runtimes register, with the count of hexadecimal digits.
const DIGESTS: [(&str, usize); 3] = [("sha256", 64), ("sha384", 96), ("sha512", 128)];

/// Splits a host off, if the first segment is one. Without a `/` nothing is a host: `test.com:5000` is a tagged name.
pub(super) fn split_host(text: &str) -> (Option<&str>, &str) {
    match text.split_once('/') {
        Some((first, rest))
            if first == "localhost"
                || first.contains(['.', ':'])
                || first.chars().any(char::is_uppercase) =>
        {
            (Some(first), rest)
        }
        _ => (None, text),
    }
}

/// Splits an entry of an allow list into host and path.
pub(super) fn split_place(place: &str) -> Result<(&str, Option<&str>), ImageError> {
    let (host, path) = match place.split_once('/') {
        Some((host, path)) => (host, Some(path)),
        None => (place, None),
    };
    let is_host = (host.contains(['.', ':']) || host.eq_ignore_ascii_case("localhost"))
        && is_host_and_port(host);
    // A lone `/` behind the host adds nothing.
    let path = path.filter(|path| !path.is_empty());
    let is_path = path.is_none_or(|path| {
        path.strip_suffix('/')
            .unwrap_or(path)
            .split('/')
            .all(is_path_component)
    });
    if is_host && is_path {
        Ok((host, path))
    } else {
        Err(ImageError::Allowed)
    }
}

/// `domain[:port]` or `[IPv6][:port]`.
pub(super) fn is_host_and_port(text: &str) -> bool {
    let (is_host, port) = if let Some(bracketed) = text.strip_prefix('[') {
        let Some((address, port)) = bracketed.split_once(']') else {
            return false;
        };
        let is_address = !address.is_empty()
            && address
                .bytes()
                .all(|byte| byte == b':' || byte.is_ascii_hexdigit());
        (is_address, port)
    } else {
        let end = text.find(':').unwrap_or(text.len());
        let (domain, port) = text.split_at(end);
        (domain.split('.').all(is_domain_component), port)
    };
    let is_port = port.is_empty()
        || port.strip_prefix(':').is_some_and(|digits| {
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        });
    is_host && is_port
}

/// Letters, digits and dashes, no dash at the ends.
fn is_domain_component(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Lower-case letters and digits; between two of them one of `.`, `_`, `__` or any number of dashes.
pub(super) fn is_path_component(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let mut rest = text.as_bytes();
    loop {
        let plain = rest.iter().take_while(|byte| is_plain(**byte)).count();
        let (word, after) = rest.split_at(plain);
        if word.is_empty() {
            return false;
        }
        if after.is_empty() {
            return true;
        }
        let separator = after.iter().take_while(|byte| !is_plain(**byte)).count();
        let (separator, next) = after.split_at(separator);
        if !matches!(separator, b"." | b"_" | b"__") && !separator.iter().all(|byte| *byte == b'-')
        {
            return false;
        }
        rest = next;
    }
}

/// A word character, then up to 127 word characters, dots and dashes.
pub(super) fn is_tag(text: &str) -> bool {
    text.len() <= MAX_TAG
        && !text.is_empty()
        && !text.starts_with(['.', '-'])
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

pub(super) fn is_digest(text: &str) -> bool {
    text.split_once(':').is_some_and(|(algorithm, encoded)| {
        DIGESTS.contains(&(algorithm, encoded.len())) && is_lower_hexadecimal(encoded)
    })
}

pub(super) fn is_lower_hexadecimal(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
