//! The platform's mathematical functions, so that results equal the reference's to the last bit.
#![expect(unsafe_code, reason = "declarations of C functions, and a conversion in assembly")]

unsafe extern "C" {
    /// C's `sin`.
    pub safe fn sin(x: f64) -> f64;
    /// C's `cos`.
    pub safe fn cos(x: f64) -> f64;
    /// C's `tan`.
    pub safe fn tan(x: f64) -> f64;
    /// C's `asin`.
    pub safe fn asin(x: f64) -> f64;
    /// C's `acos`.
    pub safe fn acos(x: f64) -> f64;
    /// C's `atan2`.
    pub safe fn atan2(y: f64, x: f64) -> f64;
    /// C's `exp`.
    pub safe fn exp(x: f64) -> f64;
    /// C's `log`.
    pub safe fn log(x: f64) -> f64;
    /// C's `log2`.
    pub safe fn log2(x: f64) -> f64;
    /// C's `log10`.
    pub safe fn log10(x: f64) -> f64;
    /// C's `fmod`.
    pub safe fn fmod(x: f64, y: f64) -> f64;
    /// C's `sqrt`.
    pub safe fn sqrt(x: f64) -> f64;
    /// C's `cosh`.
    pub safe fn cosh(x: f64) -> f64;
    /// C's `sinh`.
    pub safe fn sinh(x: f64) -> f64;
    /// C's `tanh`.
    pub safe fn tanh(x: f64) -> f64;
    /// C's `ldexp`.
    pub safe fn ldexp(x: f64, exponent: i32) -> f64;
    /// C's `frexp`.
    #[link_name = "frexp"]
    safe fn split(x: f64, exponent: &mut i32) -> f64;
}

/// `x` as a fraction whose absolute value is in [0.5, 1), times two to the power of the exponent.
pub fn frexp(x: f64) -> (f64, i32) {
    let mut exponent = 0;
    let fraction = split(x, &mut exponent);
    (fraction, exponent)
}

/// `value as f64`, which waits for nothing but `value`.
///
/// x86-64's conversion keeps the upper half of its register, and so waits for what was computed there
/// before, unless that is cleared. The compiler does so only where it sees a computation in the same
/// function: a chain of calls of C's `pow`, each starting with a conversion, ran one after the other.
#[inline(always)]
pub fn float_of(value: i64) -> f64 {
    #[cfg(target_arch = "x86_64")]
    {
        let result: f64;
        // SAFETY: computes in registers, of which it writes its own only.
        unsafe {
            core::arch::asm!(
                "xorps {result}, {result}",
                "cvtsi2sd {result}, {value}",
                result = out(xmm_reg) result,
                value = in(reg) value,
                options(pure, nomem, nostack, preserves_flags),
            );
        }
        result
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        value as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_become_the_nearest_floats() {
        let edges = [0, 1, -1, (1 << 53) + 1, (1 << 53) + 3, i64::MAX, i64::MIN, i64::MAX - 511];
        for value in edges {
            assert_eq!(float_of(value).to_bits(), (value as f64).to_bits(), "{value}");
        }
    }
}
