//! Pseudo-random numbers that are the same everywhere, for ever: a seed in a report names a program.
//!
//! The generator is SplitMix64, which passes from any seed to an unrelated stream at once.

/// A stream of pseudo-random numbers.
pub struct Rng(u64);

impl Rng {
    /// The stream of program number `index` of the run with this seed.
    pub fn new(seed: u64, index: u64) -> Rng {
        let mut outer = Rng(seed);
        Rng(outer.draw() ^ index.wrapping_mul(0xd134_2543_de82_ef95))
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 up to, but not including, `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        // The bias is far below anything a choice among a few dozen could show.
        (self.draw() % bound as u64) as usize
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1) as usize) as i64
    }

    /// True `percent` times out of a hundred.
    pub fn percent(&mut self, percent: u32) -> bool {
        self.below(100) < percent as usize
    }

    /// One of the choices.
    pub fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_names_a_stream() {
        let mut first = Rng::new(1, 2);
        let mut again = Rng::new(1, 2);
        let mut other = Rng::new(1, 3);
        let numbers: Vec<u64> = (0..4).map(|_| first.draw()).collect();
        assert_eq!(numbers, (0..4).map(|_| again.draw()).collect::<Vec<_>>());
        assert_ne!(numbers, (0..4).map(|_| other.draw()).collect::<Vec<_>>());
    }
}
