//! Kubernetes quantities: `500m`, `1.5Gi`, `2e3`.
//!
//! Upstream: apimachinery `resource.Quantity` (0.37) and the apiserver's CEL quantity library. This module owns parsing,
//! exact arithmetic and order; it must not know CEL values. Differences, all on the side of refusing or printing right:
//! numbers of more than a thousand digits and exponents beyond 32 bits are errors; the canonical text is always
//! canonical (upstream keeps `1.500` as written and drops the unit of `1000E`).

mod canonical;
mod decimal;
mod parse;

use std::cmp::Ordering;

use thiserror::Error;

use decimal::Decimal;

/// Why a text is not a quantity, or a computation has no result.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(crate) enum QuantityError {
    /// The text is empty or not of the form sign, number, suffix.
    #[error("a quantity is a number and a suffix, such as `500m`, `1.5` or `2Gi`, without spaces")]
    Format,
    /// There is no digit.
    #[error("the number of the quantity cannot be read")]
    Numeric,
    /// The suffix is unknown.
    #[error(
        "the suffix of the quantity is unknown; known are n u m k M G T P E, Ki Mi Gi Ti Pi Ei and exponents such as e3"
    )]
    Suffix,
    /// The number has too many digits to be computed.
    #[error("the quantity is too large to be computed")]
    TooLarge,
    /// The quantity is not a whole number in 64 bits.
    #[error("the quantity cannot be converted to an integer without loss")]
    NotInteger,
}

/// How a quantity was written, and is written again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    DecimalSi,
    BinarySi,
    DecimalExponent,
}

/// The two forms of upstream. The value is the same in both; `as_integer` only knows the first.
#[derive(Clone, Debug)]
enum Amount {
    /// `value` times 10^`exponent`.
    Small { value: i64, exponent: i32 },
    /// Anything.
    Large(Decimal),
}

/// A quantity. Equality and order go by value: `1` equals `1000m`.
#[derive(Clone, Debug)]
pub(crate) struct Quantity {
    amount: Amount,
    format: Format,
}

impl Quantity {
    /// Reads a quantity (`resource.ParseQuantity`; CEL `quantity`).
    pub(crate) fn parse(text: &str) -> Result<Self, QuantityError> {
        parse::parse(text)
    }

    /// A whole number as the CEL overloads `add(int)` and `sub(int)` take it.
    pub(crate) const fn from_integer(value: i64) -> Self {
        Self {
            amount: Amount::Small { value, exponent: 0 },
            format: Format::DecimalExponent,
        }
    }

    /// -1, 0 or 1 (`Quantity.Sign`).
    pub(crate) fn sign(&self) -> i64 {
        match &self.amount {
            Amount::Small { value, .. } => value.signum(),
            Amount::Large(decimal) => decimal.sign(),
        }
    }

    /// Whether [`Self::as_integer`] succeeds.
    pub(crate) fn is_integer(&self) -> bool {
        self.as_integer().is_ok()
    }

    /// The whole number, only if upstream finds it without effort (`Quantity.AsInt64`): `1.0`, `1000m` and `1.5Ki` fail.
    pub(crate) fn as_integer(&self) -> Result<i64, QuantityError> {
        match self.amount {
            Amount::Small { value, exponent } => u32::try_from(exponent)
                .ok()
                .and_then(|exponent| scaled_up(value, exponent)),
            Amount::Large(_) => None,
        }
        .ok_or(QuantityError::NotInteger)
    }

    /// The nearest double or one beside it (`Quantity.AsApproximateFloat64`): the digits times a power of ten.
    pub(crate) fn as_approximate_float(&self) -> f64 {
        let (base, exponent) = match &self.amount {
            Amount::Small { value, exponent } => (*value as f64, *exponent),
            Amount::Large(decimal) => {
                let size = decimal.digits.text().parse().unwrap_or(f64::INFINITY);
                (
                    if decimal.sign() < 0 { -size } else { size },
                    decimal.scale.wrapping_neg(),
                )
            }
        };
        if exponent == 0 {
            base
        } else {
            base * power_of_ten(exponent)
        }
    }

    /// The sum (`Quantity.Add`). Zero takes over the way of writing of the other.
    pub(crate) fn add(&self, other: &Self) -> Result<Self, QuantityError> {
        self.combined(other, self.amount.small_sum(&other.amount), &other.amount)
    }

    /// The difference (`Quantity.Sub`).
    pub(crate) fn sub(&self, other: &Self) -> Result<Self, QuantityError> {
        // As upstream, the smallest 64-bit number is its own negative as long as all is small.
        let small = match &other.amount {
            Amount::Small { value, exponent } => self.amount.small_sum(&Amount::Small {
                value: value.wrapping_neg(),
                exponent: *exponent,
            }),
            Amount::Large(_) => None,
        };
        let negated = Amount::Large(other.amount.decimal().negated());
        self.combined(other, small, &negated)
    }

    fn combined(
        &self,
        other: &Self,
        small: Option<Amount>,
        addend: &Amount,
    ) -> Result<Self, QuantityError> {
        let format = if self.sign() == 0 {
            other.format
        } else {
            self.format
        };
        let amount = match small {
            Some(sum) => sum,
            None => Amount::Large(self.amount.decimal().plus(&addend.decimal())?),
        };
        Ok(Self { amount, format })
    }
}

impl Amount {
    fn decimal(&self) -> Decimal {
        match self {
            Self::Small { value, exponent } => Decimal::from_scaled(*value, *exponent),
            Self::Large(decimal) => decimal.clone(),
        }
    }

    /// The sum of two small amounts at the finer scale, if it fits (`int64Amount.Add`).
    fn small_sum(&self, other: &Self) -> Option<Self> {
        let (
            &Self::Small {
                value: left,
                exponent: left_exponent,
            },
            &Self::Small {
                value: right,
                exponent: right_exponent,
            },
        ) = (self, other)
        else {
            return None;
        };
        if right == 0 {
            return Some(self.clone());
        }
        if left == 0 {
            return Some(other.clone());
        }
        let exponent = left_exponent.min(right_exponent);
        let left = scaled_up(left, left_exponent.abs_diff(exponent))?;
        let right = scaled_up(right, right_exponent.abs_diff(exponent))?;
        Some(Self::Small {
            value: left.checked_add(right)?,
            exponent,
        })
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        if let (
            Amount::Small {
                value: left,
                exponent: left_exponent,
            },
            Amount::Small {
                value: right,
                exponent: right_exponent,
            },
        ) = (&self.amount, &other.amount)
        {
            let finer = *left_exponent.min(right_exponent);
            if let (Some(left), Some(right)) = (
                scaled_up(*left, left_exponent.abs_diff(finer)),
                scaled_up(*right, right_exponent.abs_diff(finer)),
            ) {
                return left.cmp(&right);
            }
        }
        self.amount.decimal().compare(&other.amount.decimal())
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Quantity {}

/// `value` times 10^`exponent`, if it fits.
fn scaled_up(value: i64, exponent: u32) -> Option<i64> {
    if value == 0 {
        return Some(0);
    }
    value.checked_mul(10_i64.checked_pow(exponent)?)
}

/// 10^`exponent` with the rounding of Go `math.Pow10`: a product of two table entries.
fn power_of_ten(exponent: i32) -> f64 {
    /// 10^(32 i).
    const HIGH: [f64; 10] = [
        1e0, 1e32, 1e64, 1e96, 1e128, 1e160, 1e192, 1e224, 1e256, 1e288,
    ];
    /// 10^-(32 i).
    const LOW: [f64; 11] = [
        1e0, 1e-32, 1e-64, 1e-96, 1e-128, 1e-160, 1e-192, 1e-224, 1e-256, 1e-288, 1e-320,
    ];
    /// 10^i.
    const UNIT: [f64; 32] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31,
    ];
    let size = exponent.unsigned_abs() as usize;
    let unit = UNIT.get(size % 32).copied().unwrap_or(1.0);
    match exponent {
        0..=308 => HIGH
            .get(size / 32)
            .map_or(f64::INFINITY, |high| high * unit),
        -323..0 => LOW.get(size / 32).map_or(0.0, |low| low / unit),
        309.. => f64::INFINITY,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests;
