//! Writes constant tables as data ([`abi::data`]).

use abi::data::{END, FALSE, FLOAT, INT, KEY, NIL, STRING, TABLE, TRUE};
use alloc::vec::Vec;

/// The bytes of one table, in the making.
#[derive(Debug, Default)]
pub struct Data {
    bytes: Vec<u8>,
}

impl Data {
    /// The outermost table.
    pub fn new(items: u32, fields: u32) -> Data {
        let mut data = Data::default();
        data.sizes(items, fields);
        data
    }

    /// A table as the next value; its entries follow, and then [`Data::end`].
    pub fn table(&mut self, items: u32, fields: u32) {
        self.bytes.push(TABLE);
        self.sizes(items, fields);
    }

    /// The end of a table.
    pub fn end(&mut self) {
        self.bytes.push(END);
    }

    /// The next value is a key, and the one behind it what is stored there.
    pub fn key(&mut self) {
        self.bytes.push(KEY);
    }

    /// nil
    pub fn nil(&mut self) {
        self.bytes.push(NIL);
    }

    /// A boolean.
    pub fn bool(&mut self, value: bool) {
        self.bytes.push(if value { TRUE } else { FALSE });
    }

    /// An integer.
    pub fn int(&mut self, value: i64) {
        self.bytes.push(INT);
        self.number(((value << 1) ^ (value >> 63)) as u64);
    }

    /// A float.
    pub fn float(&mut self, value: f64) {
        self.bytes.push(FLOAT);
        self.bytes.extend_from_slice(&value.to_bits().to_le_bytes());
    }

    /// A string.
    pub fn string(&mut self, bytes: &[u8]) {
        self.bytes.push(STRING);
        self.number(bytes.len() as u64);
        self.bytes.extend_from_slice(bytes);
    }

    /// The bytes.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }

    fn sizes(&mut self, items: u32, fields: u32) {
        self.number(items.into());
        self.number(fields.into());
    }

    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_take_few_bytes() {
        let mut data = Data::new(2, 300);
        data.int(-1);
        data.key();
        data.string(b"ab");
        data.table(0, 0);
        data.bool(true);
        data.end();
        data.float(1.0);
        data.nil();
        data.end();
        let text = [7, 2, b'a', b'b', 8, 0, 0, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 2, 0];
        assert_eq!(data.finish(), [&[2, 0xac, 2, 5, 1, 1][..], &text].concat());
    }
}
