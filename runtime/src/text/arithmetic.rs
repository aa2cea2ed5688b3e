//! Arithmetic and comparison of numbers by Lua's rules, where they differ from the machine's:
//! rounding toward minus infinity, conversions that refuse to lose anything, shifts of any count,
//! exact comparison of integers with floats, and the counting of `for` loops.

use core::cmp::Ordering;

/// What to do with the fraction when a float becomes an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// A float with a fraction has no integer.
    Exact,
    /// Toward minus infinity.
    Floor,
    /// Toward plus infinity.
    Ceil,
}

/// From here on every float is an integer.
const ALL_INTEGERS: f64 = 4_503_599_627_370_496.0; // 2^52

/// `floor` of C, negative zero included.
#[inline]
pub fn floor(x: f64) -> f64 {
    if x.abs() < ALL_INTEGERS {
        let whole = x as i64 as f64;
        let floored = if whole > x { whole - 1.0 } else { whole };
        floored.copysign(x)
    } else {
        x
    }
}

/// `ceil` of C, negative zero included.
#[inline]
pub fn ceil(x: f64) -> f64 {
    -floor(-x)
}

/// The integer that equals `x` after rounding; `None` when it is out of range, or a NaN.
#[inline]
pub fn float_to_int(x: f64, rounding: Rounding) -> Option<i64> {
    let mut whole = floor(x);
    if whole != x {
        match rounding {
            Rounding::Exact => return None,
            Rounding::Floor => {}
            Rounding::Ceil => whole += 1.0,
        }
    }
    // -2^63 is a float and 2^63 - 1 is not: hence the half-open range.
    (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0)
        .contains(&whole)
        .then_some(whole as i64)
}

/// `a // b`; `None` when `b` is zero, an error for the caller to raise.
#[inline]
pub fn int_floor_div(a: i64, b: i64) -> Option<i64> {
    if b == 0 {
        return None;
    }
    let quotient = a.wrapping_div(b);
    let inexact = quotient.wrapping_mul(b) != a;
    Some(if inexact && (a ^ b) < 0 { quotient - 1 } else { quotient })
}

/// `a % b`, with the sign of `b`; `None` when `b` is zero, an error for the caller to raise.
#[inline]
pub fn int_modulo(a: i64, b: i64) -> Option<i64> {
    if b == 0 {
        return None;
    }
    let rest = a.wrapping_rem(b);
    Some(if rest != 0 && (rest ^ b) < 0 { rest + b } else { rest })
}

/// `a // b` for floats.
#[inline]
pub fn float_floor_div(a: f64, b: f64) -> f64 {
    floor(a / b)
}

/// `a % b` for floats, with the sign of `b`.
#[inline]
pub fn float_modulo(a: f64, b: f64) -> f64 {
    let rest = remainder(a, b);
    // The product of the two could underflow and lose its sign.
    if (rest < 0.0 && b > 0.0) || (rest > 0.0 && b < 0.0) { rest + b } else { rest }
}

/// `fmod` of C, which is exact, so that any way to it is right.
#[inline]
fn remainder(a: f64, b: f64) -> f64 {
    if a.abs() < b.abs() {
        return a;
    }
    let (whole_a, whole_b) = (a as i64, b as i64);
    let small = a.abs() < ALL_INTEGERS; // And so is `b`, as it is not greater.
    if small && whole_a as f64 == a && whole_b as f64 == b && whole_b != 0 {
        return ((whole_a % whole_b) as f64).copysign(a);
    }
    a % b
}

/// `x << count`: logical, zero from 64 on, to the right when `count` is negative.
#[inline]
pub fn shift_left(x: i64, count: i64) -> i64 {
    match count {
        0..=63 => ((x as u64) << count) as i64,
        -63..=-1 => (x as u64 >> -count) as i64,
        _ => 0,
    }
}

/// `x >> count`: logical, zero from 64 on, to the left when `count` is negative.
#[inline]
pub fn shift_right(x: i64, count: i64) -> i64 {
    shift_left(x, count.wrapping_neg())
}

/// Order of an integer and a float by their exact values; `None` for a NaN.
#[inline]
pub fn compare_int_float(i: i64, f: f64) -> Option<Ordering> {
    // Up to 2^53 every integer is a float.
    if i.unsigned_abs() <= 1 << 53 {
        return (i as f64).partial_cmp(&f);
    }
    if f.is_nan() {
        return None;
    }
    match float_to_int(f, Rounding::Floor) {
        Some(whole) => Some(i.cmp(&whole).then_with(|| (whole as f64).total_cmp(&f))),
        None => Some(if f > 0.0 { Ordering::Less } else { Ordering::Greater }),
    }
}

/// `i < f`.
#[inline]
pub fn int_lt_float(i: i64, f: f64) -> bool {
    compare_int_float(i, f) == Some(Ordering::Less)
}

/// `i <= f`.
#[inline]
pub fn int_le_float(i: i64, f: f64) -> bool {
    matches!(compare_int_float(i, f), Some(Ordering::Less | Ordering::Equal))
}

/// `f < i`.
#[inline]
pub fn float_lt_int(f: f64, i: i64) -> bool {
    compare_int_float(i, f) == Some(Ordering::Greater)
}

/// `f <= i`.
#[inline]
pub fn float_le_int(f: f64, i: i64) -> bool {
    matches!(compare_int_float(i, f), Some(Ordering::Greater | Ordering::Equal))
}

/// `i == f`, by exact values.
#[inline]
pub fn int_eq_float(i: i64, f: f64) -> bool {
    compare_int_float(i, f) == Some(Ordering::Equal)
}

/// The float limit of an integer `for` loop as an integer, clipped to the range of integers;
/// `None` when the loop does not run. A loop over integers still has to be counted.
pub fn for_float_limit(limit: f64, step: i64) -> Option<i64> {
    let rounding = if step < 0 { Rounding::Ceil } else { Rounding::Floor };
    match float_to_int(limit, rounding) {
        Some(limit) => Some(limit),
        None if limit > 0.0 => (step > 0).then_some(i64::MAX),
        // A NaN too: the reference takes it for less than every integer.
        None => (step < 0).then_some(i64::MIN),
    }
}

/// How many times an integer `for` loop repeats after its first turn; `None` when it does not run
/// at all. The step is not zero: that is the caller's error to raise ("'for' step is zero").
#[inline]
pub fn for_count(init: i64, limit: i64, step: i64) -> Option<u64> {
    if step > 0 {
        (init <= limit).then(|| (limit.wrapping_sub(init) as u64) / step as u64)
    } else {
        let stride = step.unsigned_abs().max(1);
        (init >= limit).then(|| (init.wrapping_sub(limit) as u64) / stride)
    }
}

/// Whether a float `for` loop takes a turn with the value `x`.
#[inline]
pub fn for_float_runs(x: f64, limit: f64, step: f64) -> bool {
    if step > 0.0 { x <= limit } else { limit <= x }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_63: f64 = 9_223_372_036_854_775_808.0;

    #[test]
    fn floors_and_ceils() {
        for (x, low, high) in
            [(1.5, 1.0, 2.0), (-1.5, -2.0, -1.0), (3.0, 3.0, 3.0), (-0.5, -1.0, 0.0)]
        {
            assert_eq!((floor(x), ceil(x)), (low, high));
        }
        assert!(floor(-0.0).is_sign_negative() && ceil(-0.5).is_sign_negative());
        assert!(floor(0.5).is_sign_positive());
        assert_eq!(floor(1e300), 1e300);
        assert_eq!(floor(f64::NEG_INFINITY), f64::NEG_INFINITY);
        assert!(floor(f64::NAN).is_nan());
    }

    #[test]
    fn floats_become_integers() {
        assert_eq!(float_to_int(3.0, Rounding::Exact), Some(3));
        assert_eq!(float_to_int(3.5, Rounding::Exact), None);
        assert_eq!(float_to_int(-3.5, Rounding::Floor), Some(-4));
        assert_eq!(float_to_int(-3.5, Rounding::Ceil), Some(-3));
        assert_eq!(float_to_int(-TWO_63, Rounding::Exact), Some(i64::MIN));
        assert_eq!(float_to_int(TWO_63, Rounding::Exact), None);
        assert_eq!(float_to_int(f64::NAN, Rounding::Floor), None);
    }

    #[test]
    fn divides_toward_minus_infinity() {
        assert_eq!(int_floor_div(-7, 2), Some(-4));
        assert_eq!(int_floor_div(7, -2), Some(-4));
        assert_eq!(int_floor_div(i64::MIN, -1), Some(i64::MIN));
        assert_eq!(int_floor_div(1, 0), None);
        assert_eq!(int_modulo(-7, 2), Some(1));
        assert_eq!(int_modulo(7, -2), Some(-1));
        assert_eq!(int_modulo(i64::MIN, -1), Some(0));
        assert_eq!(int_modulo(1, 0), None);
    }

    #[test]
    fn float_modulo_has_the_sign_of_the_divisor() {
        assert_eq!(float_modulo(-7.5, 2.0), 0.5);
        assert_eq!(float_modulo(7.5, -2.0), -0.5);
        assert_eq!(float_modulo(-6.0, 2.0).to_bits(), (-0.0_f64).to_bits());
        assert_eq!(float_modulo(5.0, f64::INFINITY), 5.0);
        assert_eq!(float_modulo(-5.0, f64::INFINITY), f64::INFINITY);
        assert_eq!(float_modulo(-5e-324, 5e-323), 4.4e-323);
        assert!(float_modulo(1.0, 0.0).is_nan());
        assert!(float_modulo(f64::INFINITY, 2.0).is_nan());
    }

    #[test]
    fn shifts_take_any_count() {
        assert_eq!(shift_left(1, 63), i64::MIN);
        assert_eq!(shift_left(1, 64), 0);
        assert_eq!(shift_left(-1, -63), 1);
        assert_eq!(shift_right(-1, 1), i64::MAX);
        assert_eq!(shift_right(1, -4), 16);
        assert_eq!(shift_right(-1, i64::MIN), 0);
        assert_eq!(shift_left(-1, i64::MIN), 0);
    }

    #[test]
    fn compares_exactly() {
        assert!(int_lt_float(i64::MAX, TWO_63));
        assert!(!int_eq_float(i64::MAX, TWO_63));
        assert!(int_eq_float(i64::MIN, -TWO_63));
        assert!(int_le_float(i64::MIN, -TWO_63));
        assert!(!int_lt_float((1 << 53) + 1, 9_007_199_254_740_992.0));
        assert!(float_lt_int(9_007_199_254_740_992.0, (1 << 53) + 1));
        assert!(float_le_int(f64::NEG_INFINITY, i64::MIN));
        for i in [0, i64::MAX] {
            assert!(!int_lt_float(i, f64::NAN) && !int_le_float(i, f64::NAN));
            assert!(!float_lt_int(f64::NAN, i) && !float_le_int(f64::NAN, i));
        }
    }

    #[test]
    fn counts_loops() {
        assert_eq!(for_count(1, 10, 3), Some(3));
        assert_eq!(for_count(1, 0, 1), None);
        assert_eq!(for_count(i64::MIN, i64::MAX, 1), Some(u64::MAX));
        assert_eq!(for_count(i64::MAX, i64::MIN, i64::MIN), Some(1));
        assert_eq!(for_count(3, 1, -1), Some(2));
        assert_eq!(for_float_limit(3.7, 1), Some(3));
        assert_eq!(for_float_limit(3.2, -1), Some(4));
        assert_eq!(for_float_limit(1e300, 1), Some(i64::MAX));
        assert_eq!(for_float_limit(1e300, -1), None);
        assert_eq!(for_float_limit(f64::NEG_INFINITY, -1), Some(i64::MIN));
        assert_eq!(for_float_limit(f64::NAN, 1), None);
        assert_eq!(for_float_limit(f64::NAN, -1), Some(i64::MIN));
    }
}
