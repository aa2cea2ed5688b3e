//! What happens when an absent key finds no room: the integers that are keys are counted, the
//! array part gets the size at which more than half of it is in use, and the dictionary is made
//! anew for the rest.

use abi::object::array_kind::ANY;

use super::array::MAX_CAPACITY;
use super::dictionary::Nodes;
use crate::error::Raised;
use crate::gc::Gc;
use crate::state::State;
use crate::value::Value;

/// How many keys there are between powers of two: `counts[n]` of those in `(2^(n-1), 2^n]`.
#[derive(Default)]
struct Counts([u32; 32]);

impl Counts {
    /// Counts a key; false when it cannot be an element.
    fn add(&mut self, key: Value) -> bool {
        let Some(key) = key.as_int() else { return false };
        let fits = key > 0 && key <= i64::from(MAX_CAPACITY);
        if fits {
            self.0[(key as u64).next_power_of_two().ilog2() as usize] += 1;
        }
        fits
    }

    /// Counts the keys from 1 to `len`.
    fn add_run(&mut self, len: u32) {
        let mut below = 0;
        for (log2, count) in self.0.iter_mut().enumerate() {
            let upto = len.min(1 << log2);
            *count += upto - below;
            below = upto;
        }
    }

    /// The greatest power of two of which more than half are keys (or 0), and how many those are.
    fn best_size(&self) -> (u32, u32) {
        let (mut best, mut inside, mut sum) = (0, 0, 0);
        for (log2, count) in self.0.iter().enumerate() {
            sum += count;
            let size = 1u32 << log2;
            if sum > size / 2 {
                (best, inside) = (size, sum);
            }
        }
        (best, inside)
    }
}

impl Gc<super::Table> {
    /// Makes room in a dictionary for the absent key `key`: afterwards the key finds its place
    /// without another rehash.
    pub(super) fn rehash(self, state: &mut State, key: Value) -> Result<(), Raised> {
        let old = self.nodes();
        old.set_fields_first(false);
        let mut entries = 1;
        let mut ints = Counts::default();
        let mut moving = u32::from(ints.add(key));
        for node in old.iter().filter(|node| node.is_present()) {
            entries += 1;
            moving += u32::from(node.key().is_some_and(|key| ints.add(key)));
        }
        let len = self.array_len();
        let mut size = len;
        if moving > 0 {
            let in_array = self.count_keys(&mut ints);
            let (best, inside) = ints.best_size();
            if self.array_kind() == ANY && best < len && in_array < len {
                size = best;
            } else if best > len {
                // A typed array is worth a few elements outside.
                let moved = inside.saturating_sub(in_array);
                if moved > 0 && (self.array_kind() == ANY || moved >= len / 4) {
                    size = best;
                }
            }
        }
        let leaving = if size < len { self.count_from(size) } else { 0 };
        let staying = old
            .iter()
            .filter(|node| {
                node.is_present() && !node.key().is_some_and(|key| is_element(key, size))
            })
            .count();
        let extra = usize::from(!is_element(key, size));
        debug_assert!(staying < entries);
        if size > len {
            self.make_any(state, size)?;
        }
        let nodes = Nodes::new(state, staying + leaving + extra)?;
        for index in u64::from(size)..u64::from(len) {
            if let Some(value) = self.element(index).filter(|value| !value.is_nil()) {
                nodes.place(Value::int(index as i64 + 1), value);
            }
        }
        if size < len {
            self.shrink_array(state, size);
        }
        // Values that go from the dictionary to the array stay in the same table: no barrier.
        for node in old.iter().filter(|node| node.is_present()) {
            match node.key() {
                Some(key) if is_element(key, size) => self.put_element(key, node.get()),
                Some(key) => {
                    nodes.place(key, node.stored());
                }
                None => {}
            }
        }
        self.replace_nodes(state, nodes);
        self.take_following(state)
    }

    /// Counts the elements that are not nil among the integers.
    fn count_keys(self, ints: &mut Counts) -> u32 {
        let len = self.array_len();
        if self.array_kind() != ANY {
            ints.add_run(len);
            return len;
        }
        let mut count = 0;
        for index in 0..u64::from(len) {
            if self.element(index).is_some_and(|value| !value.is_nil()) {
                ints.add(Value::int(index as i64 + 1));
                count += 1;
            }
        }
        count
    }

    /// How many elements behind the first `size` are not nil.
    fn count_from(self, size: u32) -> usize {
        (u64::from(size)..u64::from(self.array_len()))
            .filter(|index| self.element(*index).is_some_and(|value| !value.is_nil()))
            .count()
    }
}

/// Is it an element of an array of this size?
fn is_element(key: Value, size: u32) -> bool {
    key.as_int().is_some_and(|key| key > 0 && key <= i64::from(size))
}
