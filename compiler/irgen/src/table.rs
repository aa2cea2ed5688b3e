//! Table constructors.

use crate::builder::Builder;
use crate::constant_table;
use crate::expression::Operand;
use alloc::vec::Vec;
use ir::{Imm, Op, Type, Value};
use syntax::ast::{Chunk, Expr, ExprKind, Field, Table};

/// Items are stored in batches of as many as in the reference, since a keyed field in between can
/// store to the same index: whoever stores last wins. It also keeps live ranges short.
const BATCH: usize = 50;
/// The most named fields whose values are made before the table is.
const IN_ONE: u32 = 16;

/// A constructor of so many constants becomes data where it runs once, outside the loops of a chunk;
const DATA_ONCE: usize = 4;
/// so many in loops of a chunk,
const DATA: usize = 64;
/// and so many in other functions: code makes the table faster.
const DATA_INSIDE: usize = 2000;

impl Builder<'_> {
    /// `{ ... }`
    pub(crate) fn table(&mut self, tree: &Table) -> Value {
        let least = match (self.id, self.loops.is_empty()) {
            (Chunk::MAIN, true) => DATA_ONCE,
            (Chunk::MAIN, false) => DATA,
            _ => DATA_INSIDE,
        };
        if self.debug.is_none()
            && let Some(data) = constant_table::data_of(self.chunk, tree, least)
        {
            let data = Imm::Str(self.func.strings.intern(&data));
            return self.push_one(Op::TableData, data, &[], Type::Table, tree.line);
        }
        let last_is_open = match tree.fields.last() {
            Some(Field::Item(item)) => item.is_multiple(),
            _ => false,
        };
        let items = tree.item_count - u32::from(last_is_open);
        let keyed = tree.keyed.len() as u32;
        let imm = Imm::Sizes(items, keyed);
        if self.debug.is_none()
            && items as usize <= BATCH
            && (1..=IN_ONE).contains(&keyed)
            && has_names(tree)
        {
            return self.named_fields(tree, imm, last_is_open);
        }
        let mark = self.mark();
        self.step(tree.line);
        let table = self.push_one(Op::TableNew, imm, &[], Type::Table, tree.line);
        self.hold(table);
        let above = self.mark();
        let mut batch = Batch { values: Vec::new(), open: None, first: 1 };
        for (index, field) in tree.fields.iter().enumerate() {
            if batch.values.len() == BATCH {
                self.flush(table, &mut batch, tree.end_line);
                self.release(above);
            }
            match field {
                Field::Item(item) if last_is_open && index + 1 == tree.fields.len() => {
                    // The open list must be used at once, so the table goes in front of it all.
                    let item: &[Expr] = core::slice::from_ref(item);
                    batch.open = self.open_values(item, &mut batch.values, None);
                }
                Field::Item(item) => {
                    let value = match index + 1 == tree.fields.len() {
                        true => self.next_slot_at(item, tree.end_line),
                        false => self.next_slot(item),
                    };
                    batch.values.push(value);
                }
                Field::Keyed(index) => {
                    let field = &tree.keyed[*index as usize];
                    let mark = self.mark();
                    let key: Operand = self.operand(&field.key);
                    let value = self.operand(&field.value);
                    let (key, value) = (self.finish(key), self.finish(value));
                    self.release(mark);
                    self.step(field.line);
                    self.push(Op::SetIndex, Imm::None, &[table, key, value], &[], field.line);
                }
            }
        }
        if !batch.values.is_empty() || batch.open.is_some() {
            self.flush(table, &mut batch, tree.end_line);
        }
        self.release(mark);
        table
    }

    /// A table whose few fields all have names: the values first, so that nothing comes between the
    /// table and its fields. Nobody sees the table before it is complete.
    fn named_fields(&mut self, tree: &Table, imm: Imm, last_is_open: bool) -> Value {
        let mut batch = Batch { values: Vec::new(), open: None, first: 1 };
        let mut fields = Vec::new();
        let mut open = None;
        for (index, field) in tree.fields.iter().enumerate() {
            match field {
                Field::Item(item) if last_is_open && index + 1 == tree.fields.len() => {
                    open = Some(item);
                }
                Field::Item(item) => {
                    let value = self.expr(item);
                    batch.values.push(Operand::Now(value));
                }
                Field::Keyed(index) => {
                    let field = &tree.keyed[*index as usize];
                    let value = self.expr(&field.value);
                    fields.push((field, value));
                }
            }
        }
        let table = self.push_one(Op::TableNew, imm, &[], Type::Table, tree.line);
        for (field, value) in fields {
            let key = self.expr(&field.key);
            self.push(Op::SetIndex, Imm::None, &[table, key, value], &[], field.line);
        }
        if let Some(item) = open {
            batch.open = self.open_values(core::slice::from_ref(item), &mut batch.values, None);
        }
        if !batch.values.is_empty() || batch.open.is_some() {
            self.flush(table, &mut batch, tree.end_line);
        }
        table
    }

    fn flush(&mut self, table: Value, batch: &mut Batch, line: u32) {
        let mut args = Vec::with_capacity(batch.values.len() + 2);
        args.push(table);
        for held in batch.values.drain(..) {
            args.push(self.finish(held));
        }
        args.extend(batch.open.take());
        self.step(line);
        self.push(Op::SetList, Imm::Index(batch.first), &args, &[], line);
        batch.first += args.len() as u32 - 1;
    }
}

/// Whether all keys are names.
fn has_names(tree: &Table) -> bool {
    tree.keyed.iter().all(|field| matches!(field.key.kind, ExprKind::String(_)))
}

/// Items that wait to be stored, and the index of the first of them.
struct Batch {
    values: Vec<Operand>,
    /// The values of an open list behind them.
    open: Option<Value>,
    first: u32,
}
