//! When a certificate ends: the one fact of X.509 that the server reads itself.
//!
//! Only the way to `notAfter` is walked (RFC 5280, 4.1); nothing is verified here, rustls does that.

use crate::config::Date;

/// `notAfter` of a certificate in DER, in seconds since the Unix epoch; `None` where the bytes are no certificate.
pub(super) fn not_after(der: &[u8]) -> Option<i64> {
    let (SEQUENCE, certificate, _) = element(der)? else {
        return None;
    };
    let (SEQUENCE, mut fields, _) = element(certificate)? else {
        return None;
    };
    if let (VERSION, _, rest) = element(fields)? {
        fields = rest;
    }
    // Serial number, signature algorithm, issuer.
    for _ in 0..3 {
        fields = element(fields)?.2;
    }
    let (SEQUENCE, validity, _) = element(fields)? else {
        return None;
    };
    let (_, _, rest) = element(validity)?;
    let (tag, text, _) = element(rest)?;
    time(tag, text)
}

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The tag, the content and what follows the first element of a DER text.
fn element(input: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = input.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if bytes.len() > 4 {
            return None;
        }
        (
            bytes
                .iter()
                .fold(0, |length, &byte| length << 8 | usize::from(byte)),
            rest,
        )
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

fn time(tag: u8, text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    if !text.is_ascii() {
        return None;
    }
    let (year, rest) = match tag {
        UTC_TIME => {
            let (year, rest) = text.split_at_checked(2)?;
            let year: i16 = year.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let part = |at: usize, most: u8| {
        let value: u8 = rest.get(at..at + 2)?.parse().ok()?;
        (value <= most).then_some(value)
    };
    let date = Date {
        year,
        month: part(0, 12)?,
        day: part(2, 31)?,
    };
    let hours = date.day_number() * 24 + i64::from(part(4, 23)?);
    Some((hours * 60 + i64::from(part(6, 59)?)) * 60 + i64::from(part(8, 60)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expiring(year: i32) -> Vec<u8> {
        let mut params =
            rcgen::CertificateParams::new(vec!["kpolicy.test".to_owned()]).expect("names");
        params.not_after = rcgen::date_time_ymd(year, 3, 4);
        let key = rcgen::KeyPair::generate().expect("key");
        params
            .self_signed(&key)
            .expect("certificate")
            .der()
            .to_vec()
    }

    #[test]
    fn the_end_of_a_certificate_is_read_in_both_forms_of_time() {
        assert_eq!(not_after(&expiring(2031)), Some(1_930_348_800));
        assert_eq!(not_after(&expiring(2071)), Some(3_192_652_800));
    }

    #[test]
    fn bytes_that_are_no_certificate_have_no_end() {
        let whole = expiring(2031);
        for length in 0..whole.len().min(140) {
            assert_eq!(not_after(&whole[..length]), None, "{length}");
        }
        assert_eq!(not_after(b"\x30\x84\xff\xff\xff\xff"), None);
        assert_eq!(
            not_after(b"\x30\x89\x01\x01\x01\x01\x01\x01\x01\x01\x01"),
            None
        );
    }
}
