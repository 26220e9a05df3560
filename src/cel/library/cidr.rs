//! Networks as the CEL functions `cidr` and `isCIDR` know them: an address and the length of a prefix.
//!
//! Upstream: Go `net/netip.Prefix` and the apiserver's CEL cidr library (since 1.30). Bits behind the prefix may be set;
//! `masked` clears them. This module must not know CEL values.

use std::fmt;

use thiserror::Error;

use super::ip::{Address, AddressError};

/// Why a text is not a network.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum CidrError {
    /// There is no `/`.
    #[error("`{0}` is not a network: there is no `/` with the length of a prefix")]
    NoSlash(String),
    /// What stands before the `/` is no address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// What stands behind the `/` is no plain number.
    #[error(
        "`{0}` is not a network: the length of the prefix must be a number without sign or leading zeros"
    )]
    Bits(String),
    /// The prefix is longer than the address.
    #[error("`{0}` is not a network: the prefix is longer than the address")]
    TooLong(String),
}

/// A network. Equal are those with equal addresses and lengths; [`masked`](Self::masked) says more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cidr {
    address: Address,
    length: u8,
}

impl Cidr {
    /// Reads a network (CEL `cidr`).
    pub(crate) fn parse(text: &str) -> Result<Self, CidrError> {
        let (address, length) = text
            .rsplit_once('/')
            .ok_or_else(|| CidrError::NoSlash(text.to_owned()))?;
        let address = Address::parse(address)?;
        let is_number = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number || (length.len() > 1 && length.starts_with('0')) {
            return Err(CidrError::Bits(text.to_owned()));
        }
        let length = length.parse().unwrap_or(u8::MAX);
        if length > address.bits() {
            return Err(CidrError::TooLong(text.to_owned()));
        }
        Ok(Self { address, length })
    }

    /// The address as written.
    pub(crate) const fn address(self) -> Address {
        self.address
    }

    /// How many bits of the address name the network.
    pub(crate) const fn prefix_length(self) -> i64 {
        self.length as i64
    }

    /// The network with all bits behind the prefix cleared.
    pub(crate) fn masked(self) -> Self {
        Self {
            address: truncated(self.address, self.length),
            length: self.length,
        }
    }

    /// Whether an address is in the network.
    pub(crate) fn contains(self, address: Address) -> bool {
        address.family() == self.address.family()
            && truncated(address, self.length) == truncated(self.address, self.length)
    }

    /// Whether all of another network is in this one.
    pub(crate) fn contains_network(self, other: Self) -> bool {
        self.length <= other.length && self.contains(other.address)
    }
}

/// The first bits of an address, the others zero.
fn truncated(address: Address, length: u8) -> Address {
    let length = u32::from(length);
    match address {
        Address::V4(bits) => Address::V4(bits & !u32::MAX.checked_shr(length).unwrap_or(0)),
        Address::V6(bits) => Address::V6(bits & !u128::MAX.checked_shr(length).unwrap_or(0)),
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::super::ip::Address;
    use super::{Cidr, CidrError};

    fn cidr(text: &str) -> Cidr {
        Cidr::parse(text).expect(text)
    }

    #[test]
    fn a_network_keeps_its_address_until_it_is_masked() {
        let cases = [
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("10.1.2.3/32", "10.1.2.3/32"),
            ("10.1.2.3/0", "0.0.0.0/0"),
            ("2001:db8:ffff::1/33", "2001:db8:8000::/33"),
            ("::1/128", "::1/128"),
            ("fe80::1/0", "::/0"),
        ];
        for (text, masked) in cases {
            assert_eq!(cidr(text).to_string(), text);
            assert_eq!(cidr(text).masked().to_string(), masked);
            assert_eq!(cidr(text) == cidr(masked), text == masked);
        }
    }

    #[test]
    fn a_network_contains_what_begins_alike() {
        let cases = [
            ("10.0.0.0/8", "10.255.0.1/16", true),
            ("10.0.0.0/8", "10.0.0.0/7", false),
            ("10.0.0.0/8", "11.0.0.0/8", false),
            ("0.0.0.0/0", "1.2.3.4/32", true),
            ("0.0.0.0/0", "::/0", false),
            ("fe80::/10", "febf::1/128", true),
            ("fe80::/10", "fec0::1/128", false),
        ];
        for (network, other, expected) in cases {
            assert_eq!(cidr(network).contains_network(cidr(other)), expected);
        }
        let network = cidr("192.168.0.0/24");
        let contains = |text| network.contains(Address::parse(text).expect(text));
        assert!(contains("192.168.0.255") && !contains("192.168.1.0") && !contains("::1"));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        let cases = [
            "10.0.0.0/33",
            "::/129",
            "1.2.3.4/300",
            "1.2.3.4/99999999999999999999",
        ];
        for text in cases {
            assert_eq!(Cidr::parse(text), Err(CidrError::TooLong(text.to_owned())));
        }
        for text in [
            "1.2.3.4/",
            "1.2.3.4/08",
            "1.2.3.4/+8",
            "1.2.3.4/-1",
            "1.2.3.4/a",
        ] {
            assert_eq!(Cidr::parse(text), Err(CidrError::Bits(text.to_owned())));
        }
        for text in ["::ffff:1.2.3.4/96", "fe80::1%a/64", "1.2.3/8"] {
            assert!(matches!(Cidr::parse(text), Err(CidrError::Address(_))));
        }
        assert!(matches!(Cidr::parse("1.2.3.4"), Err(CidrError::NoSlash(_))));
    }
}
