//! Table constructors.

use crate::builder::Builder;
use crate::expression::Operand;
use alloc::vec::Vec;
use ir::{Imm, Op, Type, Value};
use syntax::ast::{Expr, Field, Table};

/// Items are stored in batches of as many as in the reference, since a keyed field in between can
/// store to the same index: whoever stores last wins. It also keeps live ranges short.
const BATCH: usize = 50;

impl Builder<'_> {
    /// `{ ... }`
    pub(crate) fn table(&mut self, tree: &Table) -> Value {
        let last_is_open = match tree.fields.last() {
            Some(Field::Item(item)) => item.is_multiple(),
            _ => false,
        };
        let items = tree.item_count - u32::from(last_is_open);
        let keyed = tree.fields.len() as u32 - tree.item_count;
        let imm = Imm::Sizes(items, keyed);
        let table = self.push_one(Op::TableNew, imm, &[], Type::Table, tree.line);
        let mut batch = Batch { values: Vec::new(), first: 1 };
        for (index, field) in tree.fields.iter().enumerate() {
            if batch.values.len() == BATCH {
                self.flush(table, &mut batch, tree.end_line);
            }
            match field {
                Field::Item(item) if last_is_open && index + 1 == tree.fields.len() => {
                    // The open list must be used at once, so the table goes in front of it all.
                    let item: &[Expr] = core::slice::from_ref(item);
                    self.open_values(item, &mut batch.values);
                }
                Field::Item(item) => {
                    let value = self.expr(item);
                    batch.values.push(value);
                }
                Field::Keyed(field) => {
                    let key: Operand = self.operand(&field.key);
                    let value = self.operand(&field.value);
                    let (key, value) = (self.finish(key), self.finish(value));
                    self.push(Op::SetIndex, Imm::None, &[table, key, value], &[], field.line);
                }
            }
        }
        if !batch.values.is_empty() {
            self.flush(table, &mut batch, tree.end_line);
        }
        table
    }

    fn flush(&mut self, table: Value, batch: &mut Batch, line: u32) {
        let mut args = Vec::with_capacity(batch.values.len() + 1);
        args.push(table);
        args.append(&mut batch.values);
        self.push(Op::SetList, Imm::Index(batch.first), &args, &[], line);
        batch.first += args.len() as u32 - 1;
    }
}

/// Items that wait to be stored, and the index of the first of them.
struct Batch {
    values: Vec<Value>,
    first: u32,
}
