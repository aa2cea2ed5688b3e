//! Large constructors of constants become data: code for each entry would take many times the room,
//! and run once.

use alloc::vec::Vec;
use ir::data::Data;
use syntax::ast::{Chunk, ConstantValue, Expr, ExprKind, Field, Table};

use crate::fold::{Number, fold};

/// The data of a constructor that consists of constants and has at least so many entries, those of
/// inner constructors included.
pub(crate) fn data_of(chunk: &Chunk, table: &Table, least: usize) -> Option<Vec<u8>> {
    let mut count = 0;
    if !is_constant(chunk, table, &mut count) || count < least {
        return None;
    }
    let (items, fields) = sizes(table);
    let mut data = Data::new(items, fields);
    entries(chunk, table, &mut data);
    Some(data.finish())
}

/// A constant, or a constructor.
enum Constant<'c> {
    Nil,
    Bool(bool),
    Number(Number),
    String(&'c [u8]),
    Table(&'c Table),
}

fn constant<'c>(chunk: &'c Chunk, expr: &'c Expr) -> Option<Constant<'c>> {
    Some(match &expr.kind {
        ExprKind::Nil => Constant::Nil,
        ExprKind::True => Constant::Bool(true),
        ExprKind::False => Constant::Bool(false),
        ExprKind::String(id) => Constant::String(chunk.string(*id)),
        ExprKind::Table(table) => Constant::Table(table),
        ExprKind::Constant(id) => match chunk.constant(*id).value {
            ConstantValue::Nil => Constant::Nil,
            ConstantValue::Boolean(value) => Constant::Bool(value),
            ConstantValue::String(id) => Constant::String(chunk.string(id)),
            _ => Constant::Number(fold(chunk, expr)?),
        },
        _ => Constant::Number(fold(chunk, expr)?),
    })
}

fn is_constant(chunk: &Chunk, table: &Table, count: &mut usize) -> bool {
    *count += table.fields.len();
    table.fields.iter().all(|field| {
        let value = match field {
            Field::Item(item) => item,
            Field::Keyed(index) => {
                let field = &table.keyed[*index as usize];
                match constant(chunk, &field.key) {
                    // These raise errors.
                    None | Some(Constant::Nil) => return false,
                    Some(Constant::Number(Number::Float(key))) if key.is_nan() => return false,
                    Some(Constant::Table(key)) if !is_constant(chunk, key, count) => return false,
                    Some(_) => &field.value,
                }
            }
        };
        match constant(chunk, value) {
            Some(Constant::Table(table)) => is_constant(chunk, table, count),
            other => other.is_some(),
        }
    })
}

fn sizes(table: &Table) -> (u32, u32) {
    (table.item_count, table.keyed.len() as u32)
}

fn entries(chunk: &Chunk, table: &Table, data: &mut Data) {
    for field in &table.fields {
        match field {
            Field::Item(item) => value(chunk, item, data),
            Field::Keyed(index) => {
                let field = &table.keyed[*index as usize];
                data.key();
                value(chunk, &field.key, data);
                value(chunk, &field.value, data);
            }
        }
    }
    data.end();
}

fn value(chunk: &Chunk, expr: &Expr, data: &mut Data) {
    match constant(chunk, expr) {
        None | Some(Constant::Nil) => data.nil(),
        Some(Constant::Bool(value)) => data.bool(value),
        Some(Constant::Number(Number::Int(int))) => data.int(int),
        Some(Constant::Number(Number::Float(float))) => data.float(float),
        Some(Constant::String(bytes)) => data.string(bytes),
        Some(Constant::Table(table)) => {
            let (items, fields) = sizes(table);
            data.table(items, fields);
            entries(chunk, table, data);
        }
    }
}
