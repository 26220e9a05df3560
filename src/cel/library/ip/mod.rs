//! IP addresses as the CEL functions `ip` and `isIP` know them.
//!
//! Upstream: Go `net/netip.Addr` and the apiserver's CEL ip library (since 1.30). Zones and IPv4-mapped IPv6 addresses
//! are refused, as there. The standard library's parser is not used: it differs from Go's in corners, and `url` needs
//! Go's words for what is wrong. This module must not know CEL values.

mod parse;

use std::fmt;

use thiserror::Error;

pub(crate) use parse::{Malformed, Written};

/// Why a text is not an address.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum AddressError {
    /// It does not have the form of one.
    #[error("`{text}` is not an IP address: {problem}")]
    Malformed {
        /// What was read.
        text: String,
        /// What is wrong with it.
        problem: Malformed,
    },
    /// An interface is named, as in `fe80::1%eth0`.
    #[error("the IP address `{0}` has a zone, which is not allowed")]
    Zone(String),
    /// An IPv4 address inside an IPv6 address, as in `::ffff:1.2.3.4`.
    #[error("the IPv4-mapped IPv6 address `{0}` is not allowed; write the IPv4 address")]
    Mapped(String),
}

/// An address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// Four bytes.
    V4(u32),
    /// Sixteen bytes.
    V6(u128),
}

impl Address {
    /// Reads an address (CEL `ip`).
    pub(crate) fn parse(text: &str) -> Result<Self, AddressError> {
        let written =
            Written::parse(text.as_bytes()).map_err(|problem| AddressError::Malformed {
                text: text.to_owned(),
                problem,
            })?;
        if written.has_zone {
            return Err(AddressError::Zone(text.to_owned()));
        }
        if written.address.is_mapped() {
            return Err(AddressError::Mapped(text.to_owned()));
        }
        Ok(written.address)
    }

    /// 4 or 6.
    pub(crate) const fn family(self) -> i64 {
        match self {
            Self::V4(_) => 4,
            Self::V6(_) => 6,
        }
    }

    /// How many bits it has.
    pub(crate) const fn bits(self) -> u8 {
        match self {
            Self::V4(_) => 32,
            Self::V6(_) => 128,
        }
    }

    /// Whether the text is the one canonical form of an address; an error where it is none.
    pub(crate) fn is_canonical(text: &str) -> Result<bool, AddressError> {
        Ok(Self::parse(text)?.to_string() == text)
    }

    /// `0.0.0.0` or `::`.
    pub(crate) const fn is_unspecified(self) -> bool {
        matches!(self, Self::V4(0) | Self::V6(0))
    }

    /// `127.0.0.0/8` or `::1`.
    pub(crate) const fn is_loopback(self) -> bool {
        match self {
            Self::V4(address) => address >> 24 == 127,
            Self::V6(address) => address == 1,
        }
    }

    /// `224.0.0.0/24`, or scope 2 of `ff00::/8`.
    pub(crate) const fn is_link_local_multicast(self) -> bool {
        match self {
            Self::V4(address) => address >> 8 == 0x00e0_0000,
            Self::V6(address) => (address >> 112) & 0xff0f == 0xff02,
        }
    }

    /// `169.254.0.0/16` or `fe80::/10`.
    pub(crate) const fn is_link_local_unicast(self) -> bool {
        match self {
            Self::V4(address) => address >> 16 == 0xa9fe,
            Self::V6(address) => (address >> 112) & 0xffc0 == 0xfe80,
        }
    }

    /// Neither unspecified, loopback, multicast, link-local nor `255.255.255.255`; private addresses count.
    pub(crate) const fn is_global_unicast(self) -> bool {
        let is_multicast = match self {
            Self::V4(address) => address >> 28 == 0xe,
            Self::V6(address) => address >> 120 == 0xff,
        };
        !(self.is_unspecified()
            || self.is_loopback()
            || is_multicast
            || self.is_link_local_unicast()
            || matches!(self, Self::V4(u32::MAX)))
    }

    /// Whether it is an IPv4 address in the IPv6 form `::ffff:0:0/96`.
    const fn is_mapped(self) -> bool {
        matches!(self, Self::V6(address) if address >> 32 == 0xffff)
    }
}

/// The canonical form (RFC 5952): lower case, the first longest run of zero groups as `::`.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = match self {
            Self::V4(address) => {
                let bytes = address.to_be_bytes().map(|byte| byte.to_string());
                return f.write_str(&bytes.join("."));
            }
            Self::V6(address) => *address,
        };
        let groups: [u16; 8] = std::array::from_fn(|place| (address >> (112 - 16 * place)) as u16);
        let hidden = longest_zeros(groups);
        let mut separate = false;
        for (place, group) in groups.iter().enumerate() {
            if hidden.contains(&place) {
                if place == hidden.start {
                    f.write_str("::")?;
                }
                separate = false;
                continue;
            }
            if separate {
                f.write_str(":")?;
            }
            write!(f, "{group:x}")?;
            separate = true;
        }
        Ok(())
    }
}

/// The first longest run of two zero groups or more; an empty range if there is none.
fn longest_zeros(groups: [u16; 8]) -> std::ops::Range<usize> {
    let mut longest = 0..0;
    let mut run = 0..0;
    for (place, group) in groups.into_iter().enumerate() {
        if group != 0 {
            run = place + 1..place + 1;
            continue;
        }
        run.end = place + 1;
        if run.len() >= 2 && run.len() > longest.len() {
            longest = run.clone();
        }
    }
    longest
}

#[cfg(test)]
mod tests;
