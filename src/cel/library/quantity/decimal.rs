//! Whole numbers and decimal fractions of any length. They know nothing of suffixes or of Kubernetes.
//!
//! Upstream: Go `math/big.Int` and `gopkg.in/inf.v0` `Dec` give the meaning; the scale of a result is theirs too, because
//! the conversion to a double depends on it. Unlike them we refuse numbers beyond [`MAX_DIGITS`]: `1e999999999` costs
//! a few bytes to write and a gigabyte to compute.

use std::cmp::Ordering;

use super::QuantityError;

/// The most digits a number may have while it is computed. Quantities of Kubernetes have at most 30 or so.
pub(super) const MAX_DIGITS: usize = 1000;

/// A whole number, not negative: decimal digits, the least first, no zero at the end. Zero has no digits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Natural(Vec<u8>);

impl Natural {
    /// From decimal text; anything but digits is skipped by the caller.
    pub(super) fn from_text(text: &str) -> Self {
        Self(
            text.bytes()
                .rev()
                .filter(u8::is_ascii_digit)
                .map(|byte| byte - b'0')
                .collect(),
        )
        .trimmed()
    }

    fn trimmed(mut self) -> Self {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        self
    }

    pub(super) const fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// How many digits it has; zero has none.
    pub(super) const fn length(&self) -> usize {
        self.0.len()
    }

    /// Decimal text; `0` for zero.
    pub(super) fn text(&self) -> String {
        if self.is_zero() {
            return "0".to_owned();
        }
        self.0
            .iter()
            .rev()
            .map(|digit| char::from(b'0' + digit))
            .collect()
    }

    /// Times a factor below 2^64.
    pub(super) fn times(&self, factor: u64) -> Self {
        let mut digits = Vec::with_capacity(self.0.len() + 20);
        let mut carry: u128 = 0;
        for digit in &self.0 {
            carry += u128::from(*digit) * u128::from(factor);
            digits.push((carry % 10) as u8);
            carry /= 10;
        }
        while carry > 0 {
            digits.push((carry % 10) as u8);
            carry /= 10;
        }
        Self(digits).trimmed()
    }

    /// Times 10^`power`.
    pub(super) fn times_ten(&self, power: u32) -> Result<Self, QuantityError> {
        if self.is_zero() || power == 0 {
            return Ok(self.clone());
        }
        let zeros = power as usize;
        if zeros.saturating_add(self.0.len()) > MAX_DIGITS {
            return Err(QuantityError::TooLarge);
        }
        let mut digits = vec![0; zeros];
        digits.extend_from_slice(&self.0);
        Ok(Self(digits))
    }

    /// Divided by 10^`power`, rounded up.
    pub(super) fn over_ten_up(&self, power: u32) -> Self {
        let at = (power as usize).min(self.0.len());
        let (lost, kept) = self.0.split_at(at);
        let quotient = Self(kept.to_vec());
        if lost.iter().any(|digit| *digit != 0) {
            quotient.plus(&Self(vec![1]))
        } else {
            quotient
        }
    }

    /// Quotient and remainder of a division by a small number, which is not zero.
    pub(super) fn divided(&self, divisor: u32) -> (Self, u32) {
        let mut rest = 0;
        let mut digits = vec![0; self.0.len()];
        for (place, digit) in digits.iter_mut().zip(&self.0).rev() {
            rest = rest * 10 + u32::from(*digit);
            *place = (rest / divisor) as u8;
            rest %= divisor;
        }
        (Self(digits).trimmed(), rest)
    }

    /// How often 10 divides it; 0 for zero.
    pub(super) fn trailing_zeros(&self) -> usize {
        self.0.iter().take_while(|digit| **digit == 0).count()
    }

    fn plus(&self, other: &Self) -> Self {
        let length = self.0.len().max(other.0.len());
        let mut digits = Vec::with_capacity(length + 1);
        let mut carry = 0;
        for place in 0..length {
            let sum = self.digit(place) + other.digit(place) + carry;
            digits.push(sum % 10);
            carry = sum / 10;
        }
        digits.push(carry);
        Self(digits).trimmed()
    }

    /// `self - other`, where `other` is not the larger one.
    fn minus(&self, other: &Self) -> Self {
        let mut digits = Vec::with_capacity(self.0.len());
        let mut borrow = 0;
        for place in 0..self.0.len() {
            let take = other.digit(place) + borrow;
            let digit = self.digit(place);
            borrow = u8::from(digit < take);
            digits.push(digit + borrow * 10 - take);
        }
        Self(digits).trimmed()
    }

    fn digit(&self, place: usize) -> u8 {
        self.0.get(place).copied().unwrap_or_default()
    }
}

impl Ord for Natural {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0
            .len()
            .cmp(&other.0.len())
            .then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }
}

impl PartialOrd for Natural {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A decimal fraction: `digits` times 10^-`scale`, with a sign. (`inf.Dec`.)
#[derive(Clone, Debug)]
pub(super) struct Decimal {
    pub(super) negative: bool,
    pub(super) digits: Natural,
    pub(super) scale: i32,
}

impl Decimal {
    /// `value` times 10^`exponent`.
    pub(super) fn from_scaled(value: i64, exponent: i32) -> Self {
        Self {
            negative: value < 0,
            digits: Natural::from_text(&value.unsigned_abs().to_string()),
            scale: exponent.wrapping_neg(),
        }
    }

    /// -1, 0 or 1.
    pub(super) const fn sign(&self) -> i64 {
        match (self.digits.is_zero(), self.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }

    /// The same value with the scale `scale`; what does not fit is rounded away from zero (`inf.RoundUp`).
    pub(super) fn rounded_up(&self, scale: i32) -> Result<Self, QuantityError> {
        let shift = i64::from(scale) - i64::from(self.scale);
        let by = u32::try_from(shift.unsigned_abs()).unwrap_or(u32::MAX);
        let digits = if shift >= 0 {
            self.digits.times_ten(by)?
        } else {
            self.digits.over_ten_up(by)
        };
        Ok(Self {
            negative: self.negative,
            digits,
            scale,
        })
    }

    /// The sum, at the finer scale of the two.
    pub(super) fn plus(&self, other: &Self) -> Result<Self, QuantityError> {
        let scale = self.scale.max(other.scale);
        let (left, right) = (self.rounded_up(scale)?, other.rounded_up(scale)?);
        let (negative, digits) = if left.negative == right.negative {
            (left.negative, left.digits.plus(&right.digits))
        } else if left.digits >= right.digits {
            (left.negative, left.digits.minus(&right.digits))
        } else {
            (right.negative, right.digits.minus(&left.digits))
        };
        Ok(Self {
            negative,
            digits,
            scale,
        })
    }

    pub(super) fn negated(mut self) -> Self {
        self.negative = !self.negative;
        self
    }

    /// The order by value. Never costly: numbers of different magnitude are told apart without their digits.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let signs = self.sign().cmp(&other.sign());
        if signs != Ordering::Equal || self.sign() == 0 {
            return signs;
        }
        let magnitude = |decimal: &Self| {
            let length = i64::try_from(decimal.digits.length()).unwrap_or(i64::MAX);
            length - i64::from(decimal.scale)
        };
        // At equal magnitude the digits line up from the front; missing ones are zeros.
        let by_size = magnitude(self).cmp(&magnitude(other)).then_with(|| {
            let length = self.digits.length().max(other.digits.length());
            let padded = |digits: &Natural| {
                let mut padded = vec![0; length - digits.length()];
                padded.extend_from_slice(&digits.0);
                padded
            };
            padded(&self.digits)
                .iter()
                .rev()
                .cmp(padded(&other.digits).iter().rev())
        });
        if self.negative {
            by_size.reverse()
        } else {
            by_size
        }
    }
}
