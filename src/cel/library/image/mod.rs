//! Image references: what registry, repository, tag and digest a text names, and whether it comes from an allowed place.
//!
//! Upstream: distribution/reference, `ParseNormalizedNamed` and the grammar beside it (June 2026), which the kubelet and
//! containerd share. This module must not guess: a text that is not a reference is an error, so that a policy denies it.
//!
//! One deliberate difference: a first segment such as `a_b.com` looks like a host to the splitter and like a path to the
//! grammar. Upstream accepts it without a registry and container runtimes then use it as one; here it is an error.

mod grammar;

use std::borrow::Cow;
use std::ops::Range;

use thiserror::Error;

use grammar::{
    is_digest, is_host_and_port, is_lower_hexadecimal, is_path_component, is_tag, split_host,
    split_place,
};

/// The registry that is meant when none is written.
const DEFAULT_HOST: &str = "docker.io";
/// An old name of the same registry.
const LEGACY_HOST: &str = "index.docker.io";
/// The folder of a one-segment name on the default registry.
const OFFICIAL: &str = "library/";
/// The longest repository path, in bytes; the host does not count.
const MAX_PATH: usize = 255;

/// Why a text is not an image reference, or an entry of an allow list is not a place.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(crate) enum ImageError {
    /// The text is empty.
    #[error("the image reference is empty")]
    Empty,
    /// 64 hexadecimal digits, which is an image id.
    #[error("64 hexadecimal digits are an image id, not an image reference")]
    Identifier,
    /// What stands where the host must stand is not `host[:port]`.
    #[error("the registry host of the image reference is not valid")]
    Host,
    /// The repository has upper-case letters.
    #[error("the repository name of the image reference must be lower-case")]
    UpperCase,
    /// The repository is not a path of lower-case components.
    #[error("the repository name of the image reference is not valid")]
    Path,
    /// The repository is longer than 255 bytes.
    #[error("the repository name of the image reference is longer than 255 characters")]
    TooLong,
    /// The tag is empty, too long, or has a character that tags cannot have.
    #[error("the tag of the image reference is not valid")]
    Tag,
    /// The digest is not `algorithm:hexadecimal`, or its algorithm is not sha256, sha384 or sha512.
    #[error("the digest of the image reference is not valid")]
    Digest,
    /// An entry of an allow list is neither a host nor a host with a path.
    #[error(
        "an allowed registry must be a host such as `docker.io`, or a host and a path such as `docker.io/library`"
    )]
    Allowed,
}

/// A parsed image reference over a text `T` (`&str`, `Arc<str>`, ...), which it keeps. Parsing allocates nothing.
#[derive(Clone, Debug)]
pub(crate) struct ImageReference<T> {
    text: T,
    /// Empty if no host is written.
    host: Range<usize>,
    path: Range<usize>,
    tag: Range<usize>,
    digest: Range<usize>,
    /// Whether the normalised path begins with `library/` though the written one does not.
    official: bool,
}

impl<T: AsRef<str>> ImageReference<T> {
    /// Parses a reference. The empty text is an error, as are URLs, user names, spaces and anything beyond ASCII.
    pub(crate) fn parse(text: T) -> Result<Self, ImageError> {
        let whole = text.as_ref();
        if whole.is_empty() {
            return Err(ImageError::Empty);
        }
        if whole.len() == 64 && is_lower_hexadecimal(whole) {
            return Err(ImageError::Identifier);
        }
        let (host, rest) = split_host(whole);
        if host.is_some_and(|host| !is_host_and_port(host)) {
            return Err(ImageError::Host);
        }
        let (name, digest) = match rest.split_once('@') {
            Some((name, digest)) if is_digest(digest) => (name, digest),
            Some(_) => return Err(ImageError::Digest),
            None => (rest, ""),
        };
        let (path, tag) = match name.split_once(':') {
            Some((path, tag)) if is_tag(tag) => (path, tag),
            Some(_) => return Err(ImageError::Tag),
            None => (name, ""),
        };
        let official = !path.contains('/')
            && host.is_none_or(|host| matches!(host, DEFAULT_HOST | LEGACY_HOST));
        if !path.split('/').all(is_path_component) {
            let lower = path.to_ascii_lowercase();
            let only_case = lower.split('/').all(is_path_component);
            return Err(if only_case {
                ImageError::UpperCase
            } else {
                ImageError::Path
            });
        }
        if path.len() + if official { OFFICIAL.len() } else { 0 } > MAX_PATH {
            return Err(ImageError::TooLong);
        }
        // The parts lie one after the other, each behind a separator of one byte.
        let path_start = host.map_or(0, |host| host.len() + 1);
        let path_end = path_start + path.len();
        Ok(Self {
            host: 0..host.map_or(0, str::len),
            path: path_start..path_end,
            tag: if tag.is_empty() {
                0..0
            } else {
                path_end + 1..path_end + 1 + tag.len()
            },
            digest: whole.len() - digest.len()..whole.len(),
            official,
            text,
        })
    }

    /// The text it was parsed from.
    pub(crate) fn text(&self) -> &str {
        self.text.as_ref()
    }

    /// The normalised registry: lower-case `host[:port]`, `docker.io` if none is written.
    pub(crate) fn registry(&self) -> Cow<'_, str> {
        match self.part(&self.host) {
            "" | LEGACY_HOST => Cow::Borrowed(DEFAULT_HOST),
            host if host.bytes().any(|byte| byte.is_ascii_uppercase()) => {
                Cow::Owned(host.to_ascii_lowercase())
            }
            host => Cow::Borrowed(host),
        }
    }

    /// The normalised repository path, such as `library/nginx`.
    pub(crate) fn repository(&self) -> Cow<'_, str> {
        let path = self.part(&self.path);
        if self.official {
            Cow::Owned(format!("{OFFICIAL}{path}"))
        } else {
            Cow::Borrowed(path)
        }
    }

    /// The tag as written, or nothing. (`latest` is what a runtime assumes if there is no digest either.)
    pub(crate) fn tag(&self) -> &str {
        self.part(&self.tag)
    }

    /// The digest as written, such as `sha256:...`, or nothing. It wins over a tag at the pull.
    pub(crate) fn digest(&self) -> &str {
        self.part(&self.digest)
    }

    /// Whether a registry host is written.
    pub(crate) fn has_registry(&self) -> bool {
        !self.host.is_empty()
    }

    /// Whether the image lies at or below one of `places`.
    ///
    /// A place is `host[:port]`, or `host[:port]/path`: hosts are compared without case, ports and paths exactly, and a
    /// path reaches to the end of a segment. With a trailing `/` only what lies below counts. A place of another form
    /// is an error whatever the other places say: an allow list with a mistake must not pass in silence.
    pub(crate) fn is_from<'p>(
        &self,
        places: impl IntoIterator<Item = &'p str>,
    ) -> Result<bool, ImageError> {
        let mut found = false;
        for place in places {
            let (host, path) = split_place(place)?;
            found = found || (self.is_on(host) && path.is_none_or(|path| self.is_below(path)));
        }
        Ok(found)
    }

    fn is_on(&self, host: &str) -> bool {
        let own = match self.part(&self.host) {
            "" | LEGACY_HOST => DEFAULT_HOST,
            own => own,
        };
        let host = if host.eq_ignore_ascii_case(LEGACY_HOST) {
            DEFAULT_HOST
        } else {
            host
        };
        own.eq_ignore_ascii_case(host)
    }

    fn is_below(&self, path: &str) -> bool {
        let own = self.part(&self.path);
        let rest = if self.official {
            // The path of the place must lead through `library`.
            match path.strip_prefix(OFFICIAL) {
                Some("") => return true,
                Some(inner) => own.strip_prefix(inner),
                None => return path == "library",
            }
        } else {
            own.strip_prefix(path)
        };
        rest.is_some_and(|rest| path.ends_with('/') || rest.is_empty() || rest.starts_with('/'))
    }

    fn part(&self, range: &Range<usize>) -> &str {
        self.text.as_ref().get(range.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
