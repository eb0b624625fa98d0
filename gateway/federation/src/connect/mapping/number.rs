//! Owns what a number's token means: its grammar, comparison and arithmetic.
//!
//! A token is kept as it was written, so that a backend's 64-bit id or decimal is never rounded.
//! It is read only where a method computes with it.

use std::cmp::Ordering;

/// A number that a method computes with: exact while it is an integer.
#[derive(Debug, Clone, Copy)]
pub(super) enum Number {
    Integer(i128),
    Float(f64),
}

impl Number {
    /// `None` for a token beyond what a float holds.
    pub fn parse(raw: &str) -> Option<Self> {
        if let Ok(integer) = raw.parse::<i128>() {
            return Some(Self::Integer(integer));
        }
        raw.parse::<f64>().ok().filter(|float| float.is_finite()).map(Self::Float)
    }

    pub fn as_float(self) -> f64 {
        match self {
            Self::Integer(integer) => integer as f64,
            Self::Float(float) => float,
        }
    }

    pub fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Integer(left), Self::Integer(right)) => Some(left.cmp(&right)),
            (left, right) => left.as_float().partial_cmp(&right.as_float()),
        }
    }

    /// The JSON token, or `None` where there is none (infinities, NaN).
    pub fn to_token(self) -> Option<String> {
        match self {
            Self::Integer(integer) => Some(integer.to_string()),
            Self::Float(float) => float_token(float),
        }
    }
}

/// The shortest JSON token that reads back as `float`; `None` for NaN and infinities.
pub(crate) fn float_token(float: f64) -> Option<String> {
    token(float, is_plain(float))
}

/// As [`float_token`], for the shorter type.
pub(crate) fn float32_token(float: f32) -> Option<String> {
    token(float, is_plain(f64::from(float)))
}

fn token(float: impl std::fmt::Display + std::fmt::LowerExp, plain: Option<bool>) -> Option<String> {
    plain.map(|plain| if plain { format!("{float}") } else { format!("{float:e}") })
}

/// Whether a finite float is better written without an exponent: with one it would be a row of zeros.
fn is_plain(float: f64) -> Option<bool> {
    float.is_finite().then(|| float == 0.0 || (1e-7..1e21).contains(&float.abs()))
}

/// Two tokens that denote the same number, such as `1` and `1.0`.
pub(super) fn same_number(left: &str, right: &str) -> bool {
    if left == right {
        return true;
    }
    match (Number::parse(left), Number::parse(right)) {
        (Some(left), Some(right)) => left.compare(right) == Some(Ordering::Equal),
        _ => false,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
}

/// `None` on a division by zero and on a result that no number holds.
pub(super) fn compute(operation: Arithmetic, left: Number, right: Number) -> Option<Number> {
    if let (Number::Integer(left), Number::Integer(right)) = (left, right) {
        let exact = match operation {
            Arithmetic::Add => left.checked_add(right),
            Arithmetic::Sub => left.checked_sub(right),
            Arithmetic::Mul => left.checked_mul(right),
            Arithmetic::Mod => return left.checked_rem(right).map(Number::Integer),
            // A quotient with a remainder goes on as a float.
            Arithmetic::Div => left.checked_rem(right).filter(|rest| *rest == 0).and_then(|_| left.checked_div(right)),
        };
        if let Some(exact) = exact {
            return Some(Number::Integer(exact));
        }
    }
    let (left, right) = (left.as_float(), right.as_float());
    let float = match operation {
        Arithmetic::Add => left + right,
        Arithmetic::Sub => left - right,
        Arithmetic::Mul => left * right,
        Arithmetic::Div => left / right,
        Arithmetic::Mod => left % right,
    };
    float.is_finite().then_some(Number::Float(float))
}

/// Length of the JSON number at the start of `bytes`, or `None` if there is none.
#[inline]
pub(super) fn json_number_length(bytes: &[u8]) -> Option<usize> {
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    match bytes.get(at) {
        Some(b'0') => at += 1,
        Some(b'1'..=b'9') => {
            while bytes.get(at).is_some_and(u8::is_ascii_digit) {
                at += 1;
            }
        }
        _ => return None,
    }
    // Most numbers are integers.
    match bytes.get(at) {
        Some(b'.' | b'e' | b'E') => with_fraction_or_exponent(bytes, at),
        _ => Some(at),
    }
}

/// Length of a number whose integer ends at `at`.
fn with_fraction_or_exponent(bytes: &[u8], mut at: usize) -> Option<usize> {
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    if bytes.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        if fraction == 0 {
            return None;
        }
        at += 1 + fraction;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at + 1 + sign);
        if exponent == 0 {
            return None;
        }
        at += 1 + sign + exponent;
    }
    Some(at)
}

pub(super) fn is_json_number(raw: &str) -> bool {
    json_number_length(raw.as_bytes()) == Some(raw.len())
}
