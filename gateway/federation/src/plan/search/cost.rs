//! Owns what a plan costs: calls in sequence far above calls in all, and those far above fields. Above all of them is what
//! can make an answer wrong.

use std::ops::Add;

/// Compared in the order of its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::plan) struct Cost {
    /// Fields that are asked of objects for which they are not wanted, and whose nulls would take those objects with them.
    pub hazards: u32,
    /// Calls that follow each other.
    pub depth: u32,
    /// Calls in all; a lookup that takes one object at a time counts for many.
    pub calls: u32,
    pub fields: u32,
    /// The calls before each field, in sum: what comes early comes with a call that is made anyway, and is in nobody's
    /// way when it fails.
    late: u32,
}

/// What a call for each object counts, as nothing says how many objects there will be.
const UNBATCHED: u32 = 20;

impl Cost {
    pub const ZERO: Self = Self { hazards: 0, depth: 0, calls: 0, fields: 0, late: 0 };
    pub const FIELD: Self = Self { fields: 1, ..Self::ZERO };

    /// A call made at a depth.
    pub fn call(depth: u32, batch: bool) -> Self {
        Self { depth, calls: if batch { 1 } else { UNBATCHED }, ..Self::ZERO }
    }

    /// Both, side by side.
    pub fn beside(self, other: Self) -> Self {
        Self {
            hazards: self.hazards.saturating_add(other.hazards),
            depth: self.depth.max(other.depth),
            calls: self.calls.saturating_add(other.calls),
            fields: self.fields.saturating_add(other.fields),
            late: self.late.saturating_add(other.late),
        }
    }

    /// The same, after calls that are `depth` deep.
    pub fn after(self, depth: u32) -> Self {
        let late = self.late.saturating_add(self.fields.saturating_mul(depth));
        Self { depth: self.depth.add(depth), late, ..self }
    }

    /// The same with fields that are asked of objects which they may take with them.
    pub fn at_risk(self, fields: u32) -> Self {
        Self { hazards: self.hazards.saturating_add(fields), ..self }
    }

    /// The same with a call fewer, since another one answers too.
    pub fn without_call(self) -> Self {
        Self { calls: self.calls.saturating_sub(1), ..self }
    }
}
