//! Ranges of sizes and costs, with the arithmetic that upstream estimates by.

/// The least and the most that an expression may cost, in the units of the API server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CostEstimate {
    /// The least.
    pub min: u64,
    /// The most; [`u64::MAX`] where nothing bounds it.
    pub max: u64,
}

/// How large a value may be, as `size()` counts.
pub(super) type Size = CostEstimate;

/// From here on the most is a share of a size that nothing bounds.
const BOUNDLESS: u64 = 1 << 53;

impl CostEstimate {
    /// The most; `None` where nothing bounds it. Upstream tells a tenth of the largest number, for instance, as it is.
    pub fn bound(self) -> Option<u64> {
        (self.max < BOUNDLESS).then_some(self.max)
    }

    /// No size is known.
    pub(super) const UNKNOWN: Self = Self {
        min: 0,
        max: u64::MAX,
    };

    pub(super) const fn fixed(value: u64) -> Self {
        Self {
            min: value,
            max: value,
        }
    }

    pub(super) const fn range(min: u64, max: u64) -> Self {
        Self { min, max }
    }

    pub(super) const fn plus(self, other: Self) -> Self {
        Self {
            min: self.min.saturating_add(other.min),
            max: self.max.saturating_add(other.max),
        }
    }

    pub(super) const fn times(self, other: Self) -> Self {
        Self {
            min: self.min.saturating_mul(other.min),
            max: self.max.saturating_mul(other.max),
        }
    }

    /// Both ends times a factor, rounded up.
    pub(super) fn scaled(self, factor: f64) -> Self {
        Self {
            min: scaled(self.min, factor),
            max: scaled(self.max, factor),
        }
    }

    /// What lies in either range.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            min: self.min.min(other.min),
            max: self.max.max(other.max),
        }
    }
}

/// Upstream: `multiplyByCostFactor` in `checker/cost.go`. A cast of what is too large gives the largest number.
fn scaled(value: u64, factor: f64) -> u64 {
    (value as f64 * factor).ceil() as u64
}
