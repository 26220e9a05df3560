//! What is an address, and what kind.

use super::{Address, AddressError};

#[test]
fn addresses_have_one_canonical_text() {
    let cases = [
        ("127.0.0.1", "127.0.0.1"),
        ("::", "::"),
        ("::1", "::1"),
        ("2001:DB8::ABCD", "2001:db8::abcd"),
        ("2001:db8::0:0:0:abcd", "2001:db8::abcd"),
        ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
        ("1:0:0:2:0:0:3:4", "1::2:0:0:3:4"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("0:1:0:1:0:1:0:1", "0:1:0:1:0:1:0:1"),
        ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
        ("::1.2.3.4", "::102:304"),
        ("fe80::", "fe80::"),
    ];
    for (text, canonical) in cases {
        let address = Address::parse(text).expect(text);
        assert_eq!(address.to_string(), canonical, "{text}");
        assert_eq!(Address::is_canonical(text), Ok(text == canonical));
        assert_eq!(Address::parse(canonical), Ok(address));
    }
}

#[test]
fn what_is_refused_is_refused_with_a_reason() {
    let cases = [
        ("", "unable to parse IP"),
        ("1", "unable to parse IP"),
        ("%eth0", "missing IPv6 address"),
        ("1.2.3", "IPv4 address too short"),
        ("1.2.3.4.5", "IPv4 address too long"),
        (
            "1.2..4",
            "IPv4 field must have at least one digit (at \".4\")",
        ),
        (
            "1.2.3.",
            "IPv4 field must have at least one digit (at \".\")",
        ),
        ("1.2.3.256", "IPv4 field has value >255"),
        ("1.2.3.04", "IPv4 field has octet with leading zero"),
        ("1.2.3.4/8", "unexpected character (at \"/8\")"),
        ("1.2.3.x", "unexpected character (at \"x\")"),
        (
            ":::1",
            "each colon-separated field must have at least one digit (at \":1\")",
        ),
        (
            "::12345",
            "each group must have 4 or less digits (at \"12345\")",
        ),
        ("1::2::3", "multiple :: in address (at \":3\")"),
        ("1:", "colon must be followed by more characters (at \":\")"),
        ("1:2x", "unexpected character, want colon (at \"x\")"),
        ("1:2", "address string too short"),
        (
            "1:2:3:4:5:6:7:8:9",
            "trailing garbage after address (at \"9\")",
        ),
        (
            "1:2:3:4::5:6:7:8",
            "the :: must expand to at least one field of zeros",
        ),
        (
            "1:2:1.2.3.4",
            "embedded IPv4 address must replace the final 2 fields of the address (at \"1.2.3.4\")",
        ),
        ("fe80::1%", "zone must be a non-empty string"),
    ];
    for (text, reason) in cases {
        match Address::parse(text) {
            Err(AddressError::Malformed { problem, .. }) => {
                assert_eq!(problem.to_string(), reason, "{text}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    let text = "fe80::1%eth0".to_owned();
    assert_eq!(Address::parse(&text), Err(AddressError::Zone(text)));
    let text = "::ffff:1.2.3.4".to_owned();
    assert_eq!(Address::parse(&text), Err(AddressError::Mapped(text)));
}

#[test]
fn kinds_of_addresses_are_those_of_go() {
    // Unspecified, loopback, link-local multicast, link-local unicast, global unicast.
    let cases = [
        ("0.0.0.0", "u...."),
        ("127.255.0.1", ".l..."),
        ("224.0.0.255", "..m.."),
        ("224.0.1.0", "....."),
        ("169.254.169.254", "...s."),
        ("10.0.0.1", "....g"),
        ("255.255.255.255", "....."),
        ("::", "u...."),
        ("::1", ".l..."),
        ("ff02::1", "..m.."),
        ("ff32::1", "..m.."),
        ("ff05::1", "....."),
        ("fe80::1", "...s."),
        ("febf::1", "...s."),
        ("fec0::1", "....g"),
        ("fd00::1", "....g"),
    ];
    for (text, expected) in cases {
        let address = Address::parse(text).expect(text);
        let kinds = [
            (address.is_unspecified(), 'u'),
            (address.is_loopback(), 'l'),
            (address.is_link_local_multicast(), 'm'),
            (address.is_link_local_unicast(), 's'),
            (address.is_global_unicast(), 'g'),
        ];
        let kinds: String = kinds
            .map(|(is, letter)| if is { letter } else { '.' })
            .iter()
            .collect();
        assert_eq!(kinds, expected, "{text}");
    }
}
