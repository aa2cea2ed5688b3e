//! The generator behind `math.random`: xoshiro256**, seeded and projected as the reference does,
//! so that a seed gives the same numbers.

/// The state of the generator.
#[derive(Clone, Debug)]
pub struct Random {
    state: [u64; 4],
}

impl Random {
    /// As `math.randomseed(first, second)`.
    pub fn new(first: i64, second: i64) -> Self {
        // The second word keeps the state from being all zeros.
        let mut random = Random { state: [first as u64, 0xff, second as u64, 0] };
        for _ in 0..16 {
            random.next_bits();
        }
        random
    }

    /// 64 random bits: `math.random(0)`.
    #[inline]
    pub fn next_bits(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let result = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let (c, d) = (c ^ a, d ^ b);
        self.state = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        result
    }

    /// A float in [0, 1): `math.random()`.
    #[inline]
    pub fn next_float(&mut self) -> f64 {
        const UNIT: f64 = 1.0 / (1_u64 << 53) as f64;
        (self.next_bits() >> 11) as f64 * UNIT
    }

    /// An integer from `low` to `high`: `math.random(low, high)`; `None` when the interval is
    /// empty. Takes a number from the generator in any case, as the reference does.
    #[inline]
    pub fn next_between(&mut self, low: i64, high: i64) -> Option<i64> {
        let bits = self.next_bits();
        if low > high {
            return None;
        }
        let span = high.wrapping_sub(low) as u64;
        Some(low.wrapping_add(self.project(bits, span) as i64))
    }

    /// A number up to `span`: the low bits, drawn again until they fit.
    fn project(&mut self, mut bits: u64, span: u64) -> u64 {
        if span & span.wrapping_add(1) == 0 {
            return bits & span;
        }
        let mask = u64::MAX >> span.leading_zeros();
        loop {
            bits &= mask;
            if bits <= span {
                return bits;
            }
            bits = self.next_bits();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_the_sequence_of_the_reference() {
        let mut random = Random::new(42, 0);
        assert_eq!(random.next_bits() as i64, -1276290044721465627);
        assert_eq!(random.next_bits() as i64, 8333941968102511665);
        assert_eq!(random.next_float().to_bits(), 0x3fe1_8011_0354_77f7);
        assert_eq!(random.next_between(1, 6), Some(6));
        assert_eq!(random.next_between(1, 6), Some(6));
        assert_eq!(random.next_between(1, 10), Some(7));
        assert_eq!(random.next_between(i64::MIN, i64::MAX), Some(3891836817331783281));
        assert_eq!(random.next_between(-3, 1 << 40), Some(975859394815));
        assert_eq!(random.next_between(2, 1), None);
        let mut random = Random::new(-7, 123456789);
        assert_eq!(random.next_bits() as i64, -4226750529651993962);
        assert_eq!(random.next_between(1, 1000), Some(238));
    }
}
