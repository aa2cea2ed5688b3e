//! Makes tables of data ([`abi::data`]), as their constructors would.

use abi::data::{END, FALSE, FLOAT, INT, KEY, STRING, TABLE, TRUE};

use super::Table;
use crate::error::Raised;
use crate::gc::Gc;
use crate::state::State;
use crate::value::Value;

/// Constructors are not nested deeper than this: the reference's limit of C calls.
const MAX_DEPTH: usize = 200;

/// So many items are stored at once; the text that becomes data is that of a constructor, where it
/// is as many.
const BATCH: usize = 50;

impl State {
    /// The table that `data` describes. Data that does not end well makes a smaller table.
    pub fn new_table_of_data(&mut self, data: &[u8]) -> Result<Gc<Table>, Raised> {
        let start = self.stack_top();
        let made = Reader { data, depth: 0 }.table(self);
        self.truncate_stack(start);
        made
    }
}

struct Reader<'d> {
    /// What is left.
    data: &'d [u8],
    depth: usize,
}

impl Reader<'_> {
    fn table(&mut self, state: &mut State) -> Result<Gc<Table>, Raised> {
        // No entry takes less than a byte.
        let (items, fields) = (self.size(), self.size());
        let table = state.new_table(items, fields)?;
        let mut batch = Batch { start: state.stack_top(), first: 1 };
        loop {
            let code = self.byte();
            if code == END || batch.len(state) == BATCH {
                batch.store(state, table)?;
            }
            match code {
                END => return Ok(table),
                KEY => {
                    let code = self.byte();
                    let key = self.value(state, code)?;
                    let code = self.byte();
                    let value = self.value(state, code)?;
                    if !key.is_nil() {
                        table.set(state, key, value)?;
                    }
                }
                code => {
                    let value = self.value(state, code)?;
                    state.push(value)?;
                }
            }
        }
    }

    fn value(&mut self, state: &mut State, code: u8) -> Result<Value, Raised> {
        Ok(match code {
            FALSE => Value::FALSE,
            TRUE => Value::TRUE,
            INT => {
                let number = self.number();
                Value::int((number >> 1) as i64 ^ -((number & 1) as i64))
            }
            FLOAT => {
                let mut bits = [0; 8];
                bits.fill_with(|| self.byte());
                Value::float(f64::from_bits(u64::from_le_bytes(bits)))
            }
            STRING => {
                let len = self.size();
                let (bytes, rest) = self.data.split_at(len);
                self.data = rest;
                Value::string(state.new_string(bytes)?)
            }
            TABLE if self.depth < MAX_DEPTH => {
                self.depth += 1;
                let table = self.table(state)?;
                self.depth -= 1;
                Value::table(table)
            }
            // Nil, and what no data have.
            _ => Value::NIL,
        })
    }

    /// The next byte; behind the end of the data, the end of a table.
    fn byte(&mut self) -> u8 {
        let [first, rest @ ..] = self.data else { return END };
        self.data = rest;
        *first
    }

    fn number(&mut self) -> u64 {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte();
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        number
    }

    /// A number that is not above the count of the bytes that are left.
    fn size(&mut self) -> usize {
        let number = self.number();
        self.data.len().min(usize::try_from(number).unwrap_or(usize::MAX))
    }
}

/// Items that wait on the value stack.
struct Batch {
    start: usize,
    /// The index of the first.
    first: i64,
}

impl Batch {
    fn len(&self, state: &State) -> usize {
        state.stack_top() - self.start
    }

    #[inline(never)]
    fn store(&mut self, state: &mut State, table: Gc<Table>) -> Result<(), Raised> {
        let mut values = [Value::NIL; BATCH];
        let count = self.len(state);
        for (index, value) in values[..count].iter_mut().enumerate() {
            *value = state.stack_value(self.start + index);
        }
        table.set_list(state, self.first, &values[..count])?;
        self.first += count as i64;
        state.truncate_stack(self.start);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::state::{Options, State};

    #[test]
    fn damaged_data_makes_smaller_tables() {
        let mut state = State::new(Options::default()).expect("memory");
        let state = &mut *state;
        let start = [2, 1, 5, 2, 1, 7, 1, b'k', 8, 1, 0, 4, 0, 6];
        let whole = [&start[..], &1.0_f64.to_bits().to_le_bytes(), &[0]].concat();
        for len in 0..whole.len() {
            state.new_table_of_data(&whole[..len]).expect("a table");
        }
        let table = state.new_table_of_data(&whole).expect("a table");
        assert_eq!(table.get_int(1).as_int(), Some(1));
        assert_eq!(table.get_int(2).as_float(), Some(1.0));
        let name = state.new_string(b"k").expect("memory");
        let inner = table.get_str(state, name).as_table().expect("a table");
        assert!(!inner.get_int(1).is_falsy());
    }
}
