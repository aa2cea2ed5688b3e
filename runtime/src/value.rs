//! A Lua value as the runtime holds it: a tag and a payload.
#![expect(unsafe_code, reason = "turns payloads into pointers by the tag beside them")]

use core::fmt;

use abi::value::{RawValue, tag};

use crate::closure::{Cell, Closure};
use crate::coroutine::Thread;
use crate::gc::{Any, Gc, Object};
use crate::maths::float_of;
use crate::string::Str;
use crate::table::Table;
use crate::text::arithmetic::{Rounding, float_to_int, int_eq_float};
pub use crate::text::number::Number;
use crate::text::number::parse;
use crate::userdata::Userdata;

/// A Lua value. Invariant: one whose tag is that of a heap object has the address of a live
/// object of that kind as its payload. The field is private and only this file writes such pairs.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Value(RawValue);

impl Value {
    /// nil
    pub const NIL: Value = Value(RawValue::NIL);
    /// false
    pub const FALSE: Value = Value(RawValue { payload: 0, tag: tag::FALSE as u64 });
    /// true
    pub const TRUE: Value = Value(RawValue { payload: 0, tag: tag::TRUE as u64 });

    const fn new(tag: u8, payload: u64) -> Value {
        Value(RawValue { payload, tag: tag as u64 })
    }

    /// A boolean.
    #[inline]
    pub const fn boolean(value: bool) -> Value {
        if value { Value::TRUE } else { Value::FALSE }
    }
    /// An integer.
    #[inline]
    pub const fn int(value: i64) -> Value {
        Value::new(tag::INT, value as u64)
    }
    /// A float.
    #[inline]
    pub const fn float(value: f64) -> Value {
        Value::new(tag::FLOAT, value.to_bits())
    }
    /// A number of either kind.
    #[inline]
    pub const fn number(value: Number) -> Value {
        match value {
            Number::Int(value) => Value::int(value),
            Number::Float(value) => Value::float(value),
        }
    }
    /// A light userdata.
    #[inline]
    pub const fn light(pointer: u64) -> Value {
        Value::new(tag::LIGHT_USERDATA, pointer)
    }
    /// A string.
    #[inline]
    pub fn string(value: Gc<Str>) -> Value {
        Value::new(tag::STRING, value.address())
    }
    /// A table.
    #[inline]
    pub fn table(value: Gc<Table>) -> Value {
        Value::new(tag::TABLE, value.address())
    }
    /// A function.
    #[inline]
    pub fn function(value: Gc<Closure>) -> Value {
        Value::new(tag::FUNCTION, value.address())
    }
    /// A full userdata.
    #[inline]
    pub fn userdata(value: Gc<Userdata>) -> Value {
        Value::new(tag::USERDATA, value.address())
    }
    /// A coroutine.
    #[inline]
    pub fn thread(value: Gc<Thread>) -> Value {
        Value::new(tag::THREAD, value.address())
    }
    /// Not a value of the language: the slot of a closure or of the globals table that refers to
    /// a cell.
    #[inline]
    pub fn cell(value: Gc<Cell>) -> Value {
        Value::new(tag::CELL, value.address())
    }

    /// One of [`abi::value::tag`].
    #[inline]
    pub const fn tag(self) -> u8 {
        self.0.tag as u8
    }
    /// The payload: an integer, float bits, a pointer.
    #[inline]
    pub const fn payload(self) -> u64 {
        self.0.payload
    }
    /// As it lies in memory.
    #[inline]
    pub const fn to_raw(self) -> RawValue {
        self.0
    }
    /// # Safety
    ///
    /// With the tag of a heap object, `raw` has the address of a live one of that kind.
    #[inline]
    pub const unsafe fn from_raw(raw: RawValue) -> Value {
        Value(raw)
    }

    /// nil?
    #[inline]
    pub const fn is_nil(self) -> bool {
        self.tag() == tag::NIL
    }
    /// nil or false?
    #[inline]
    pub const fn is_falsy(self) -> bool {
        self.tag() <= tag::LAST_FALSY
    }
    /// An integer or a float?
    #[inline]
    pub const fn is_number(self) -> bool {
        matches!(self.tag(), tag::INT | tag::FLOAT)
    }
    /// A pointer into the heap?
    #[inline]
    pub const fn is_collectable(self) -> bool {
        self.tag() & tag::COLLECTABLE_BIT != 0
    }

    #[inline]
    fn as_object<T: Object>(self, tag: u8) -> Option<Gc<T>> {
        debug_assert_eq!(tag, T::KIND);
        // SAFETY: by the invariant of `Value`, as the tag is tested first.
        (self.tag() == tag).then(|| unsafe { Gc::from_raw(self.payload()) })
    }

    /// The boolean, if it is one.
    #[inline]
    pub const fn as_boolean(self) -> Option<bool> {
        match self.tag() {
            tag::FALSE => Some(false),
            tag::TRUE => Some(true),
            _ => None,
        }
    }
    /// The integer, if it is one (no conversion).
    #[inline]
    pub const fn as_int(self) -> Option<i64> {
        if self.tag() == tag::INT { Some(self.payload() as i64) } else { None }
    }
    /// The float, if it is one (no conversion).
    #[inline]
    pub const fn as_float(self) -> Option<f64> {
        if self.tag() == tag::FLOAT { Some(f64::from_bits(self.payload())) } else { None }
    }
    /// The number, if it is one (no conversion).
    #[inline]
    pub const fn as_number(self) -> Option<Number> {
        match self.tag() {
            tag::INT => Some(Number::Int(self.payload() as i64)),
            tag::FLOAT => Some(Number::Float(f64::from_bits(self.payload()))),
            _ => None,
        }
    }
    /// The string, if it is one (no conversion).
    #[inline]
    pub fn as_string(self) -> Option<Gc<Str>> {
        self.as_object(tag::STRING)
    }
    /// The table, if it is one.
    #[inline]
    pub fn as_table(self) -> Option<Gc<Table>> {
        self.as_object(tag::TABLE)
    }
    /// The function, if it is one.
    #[inline]
    pub fn as_function(self) -> Option<Gc<Closure>> {
        self.as_object(tag::FUNCTION)
    }
    /// The full userdata, if it is one.
    #[inline]
    pub fn as_userdata(self) -> Option<Gc<Userdata>> {
        self.as_object(tag::USERDATA)
    }
    /// The coroutine, if it is one.
    #[inline]
    pub fn as_thread(self) -> Option<Gc<Thread>> {
        self.as_object(tag::THREAD)
    }
    /// The cell, where one stands in place of a value.
    #[inline]
    pub fn as_cell(self) -> Option<Gc<Cell>> {
        self.as_object(tag::CELL)
    }
    /// The light userdata, if it is one.
    #[inline]
    pub const fn as_light(self) -> Option<u64> {
        if self.tag() == tag::LIGHT_USERDATA { Some(self.payload()) } else { None }
    }
    /// The heap object, if it is one.
    #[inline]
    pub fn as_any(self) -> Option<Gc<Any>> {
        // SAFETY: by the invariant of `Value`; every object begins with a header.
        self.is_collectable().then(|| unsafe { Gc::from_raw(self.payload()) })
    }

    /// The same tag and the same payload: identity, where 1 and 1.0 differ and so do a NaN and
    /// another.
    #[inline]
    pub fn is_identical(self, other: Value) -> bool {
        self.0 == other.0
    }

    /// Equal without metamethods: 1 == 1.0, strings by content.
    pub fn raw_equals(self, other: Value) -> bool {
        match (self.tag(), other.tag()) {
            (tag::FLOAT, tag::FLOAT) => {
                f64::from_bits(self.payload()) == f64::from_bits(other.payload())
            }
            (tag::INT, tag::FLOAT) => {
                int_eq_float(self.payload() as i64, f64::from_bits(other.payload()))
            }
            (tag::FLOAT, tag::INT) => {
                int_eq_float(other.payload() as i64, f64::from_bits(self.payload()))
            }
            (a, b) if a != b => false,
            (tag::STRING, _) => {
                self.payload() == other.payload()
                    || match (self.as_string(), other.as_string()) {
                        (Some(a), Some(b)) => a.equals(&b),
                        _ => false,
                    }
            }
            _ => self.payload() == other.payload(),
        }
    }

    /// The basic type's name.
    pub const fn type_name(self) -> &'static str {
        match self.tag() {
            tag::NIL => "nil",
            tag::FALSE | tag::TRUE => "boolean",
            tag::INT | tag::FLOAT => "number",
            tag::LIGHT_USERDATA | tag::USERDATA => "userdata",
            tag::LIGHT_FUNCTION | tag::FUNCTION => "function",
            tag::STRING => "string",
            tag::TABLE => "table",
            tag::THREAD => "thread",
            _ => "no value",
        }
    }

    /// The number it is or, for a string, stands for.
    pub fn to_number(self) -> Option<Number> {
        match self.as_string() {
            Some(text) => parse(text.as_bytes()),
            None => self.as_number(),
        }
    }

    /// The float that it converts to: a number, or a string that stands for one.
    pub fn to_float(self) -> Option<f64> {
        Some(match self.to_number()? {
            Number::Int(value) => float_of(value),
            Number::Float(value) => value,
        })
    }

    /// The integer that it converts to: an integer, a float with an exact integer value, or a
    /// string that stands for one of these.
    pub fn to_integer(self) -> Option<i64> {
        match self.to_number()? {
            Number::Int(value) => Some(value),
            Number::Float(value) => float_to_int(value, Rounding::Exact),
        }
    }
}

impl Default for Value {
    fn default() -> Self {
        Value::NIL
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tag() {
            tag::NIL => f.write_str("nil"),
            tag::FALSE => f.write_str("false"),
            tag::TRUE => f.write_str("true"),
            tag::INT => write!(f, "{}", self.payload() as i64),
            tag::FLOAT => write!(f, "{:?}", f64::from_bits(self.payload())),
            tag::STRING => match self.as_string() {
                Some(text) => write!(f, "\"{}\"", text.as_bytes().escape_ascii()),
                None => Ok(()),
            },
            _ => write!(f, "{}: {:#x}", self.type_name(), self.payload()),
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::boolean(value)
    }
}
impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::int(value)
    }
}
impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Value::float(value)
    }
}
impl From<Number> for Value {
    fn from(value: Number) -> Self {
        Value::number(value)
    }
}
impl From<Gc<Str>> for Value {
    fn from(value: Gc<Str>) -> Self {
        Value::string(value)
    }
}
impl From<Gc<Table>> for Value {
    fn from(value: Gc<Table>) -> Self {
        Value::table(value)
    }
}
impl From<Gc<Closure>> for Value {
    fn from(value: Gc<Closure>) -> Self {
        Value::function(value)
    }
}
impl From<Gc<Userdata>> for Value {
    fn from(value: Gc<Userdata>) -> Self {
        Value::userdata(value)
    }
}
impl From<Gc<Thread>> for Value {
    fn from(value: Gc<Thread>) -> Self {
        Value::thread(value)
    }
}
