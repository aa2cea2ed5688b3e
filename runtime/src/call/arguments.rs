//! How a library function reads its arguments, with the reference's messages for wrong ones, and
//! gives its results.

use alloc::vec::Vec;
use core::fmt::{self, Write};

use abi::call::TAIL_CALLED;
use abi::module::name_kind;

use crate::call::{Call, Continuation, Saved, Step};
use crate::closure::Closure;
use crate::coroutine::Thread;
use crate::error::{Bytes, Raised};
use crate::gc::Gc;
use crate::state::State;
use crate::string::Str;
use crate::table::Table;
use crate::text::short;
use crate::value::{Number, Value};

impl Call<'_> {
    /// How many arguments there are.
    #[inline]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Where they begin on the value stack.
    #[inline]
    pub fn base(&self) -> usize {
        self.base
    }

    /// The running function.
    #[inline]
    pub fn closure(&self) -> Gc<Closure> {
        self.closure
    }

    /// Whether a tail call entered it.
    #[inline]
    pub fn tail_called(&self) -> bool {
        self.desc & TAIL_CALLED != 0
    }

    /// Argument `index`, from 1 on; nil where there is none.
    #[inline]
    pub fn arg(&self, index: usize) -> Value {
        debug_assert!(index >= 1);
        if index <= self.count { self.state.stack_value(self.base + index - 1) } else { Value::NIL }
    }

    /// Replaces argument `index`.
    ///
    /// # Panics
    ///
    /// When there is no such argument.
    pub fn set_arg(&mut self, index: usize, value: Value) {
        assert!(index >= 1 && index <= self.count);
        self.state.set_stack_value(self.base + index - 1, value);
    }

    /// No such argument?
    #[inline]
    pub fn is_none(&self, index: usize) -> bool {
        index > self.count
    }

    /// No such argument, or nil?
    #[inline]
    pub fn is_none_or_nil(&self, index: usize) -> bool {
        self.arg(index).is_nil()
    }

    /// Upvalue `index` of the running function, from 0 on.
    pub fn upvalue(&self, index: usize) -> Value {
        self.closure.upvalue(index)
    }

    // Checks.

    /// `bad argument #{index} to '{function}' ({message})`
    #[cold]
    pub fn arg_error(&mut self, index: usize, message: impl fmt::Display) -> Raised {
        let mut text = Bytes::default();
        // Writing to memory only fails when there is none, and then the text is cut short.
        let _ = write!(text, "{message}");
        self.arg_error_bytes(index, text.as_bytes())
    }

    /// Likewise, with a message that need not be UTF-8.
    #[cold]
    pub fn arg_error_bytes(&mut self, index: usize, message: &[u8]) -> Raised {
        let mut index = index;
        let frame = self.state.frame_at(0);
        let mut name = frame.as_ref().and_then(|frame| frame.name).map(|(_, name)| name.to_vec());
        if frame.and_then(|frame| frame.name).is_some_and(|(kind, _)| kind == name_kind::METHOD) {
            index -= 1;
            if index == 0 {
                let name = name.unwrap_or_default();
                return self
                    .state
                    .lib_error_bytes(1, &[b"calling '", &name, b"' on bad self (", message, b")"]);
            }
        }
        if name.is_none() {
            name = self.state.global_function_name(Value::function(self.closure));
        }
        let name: Vec<u8> = name.unwrap_or_else(|| b"?".to_vec());
        let mut number = Bytes::default();
        let _ = write!(number, "{index}");
        self.state.lib_error_bytes(
            1,
            &[b"bad argument #", number.as_bytes(), b" to '", &name, b"' (", message, b")"],
        )
    }

    /// `bad argument #{index} to '{function}' ({expected} expected, got {type})`
    #[cold]
    pub fn type_error(&mut self, index: usize, expected: &str) -> Raised {
        let got: Vec<u8> = if self.is_none(index) {
            b"no value".to_vec()
        } else {
            let value = self.arg(index);
            match self.state.named_type(value) {
                Some(name) => name.as_bytes().to_vec(),
                None if value.as_light().is_some() => b"light userdata".to_vec(),
                None => value.type_name().as_bytes().to_vec(),
            }
        };
        let message = [expected.as_bytes(), b" expected, got ", &got].concat();
        self.arg_error_bytes(index, &message)
    }

    /// The argument, which must be there.
    pub fn check_any(&mut self, index: usize) -> Result<Value, Raised> {
        if self.is_none(index) {
            return Err(self.arg_error(index, "value expected"));
        }
        Ok(self.arg(index))
    }

    /// An integer, or what converts to one.
    #[inline]
    pub fn check_int(&mut self, index: usize) -> Result<i64, Raised> {
        match self.arg(index).as_int() {
            Some(value) => Ok(value),
            None => self.check_int_slow(index),
        }
    }

    #[cold]
    fn check_int_slow(&mut self, index: usize) -> Result<i64, Raised> {
        let value = self.arg(index);
        match value.to_integer() {
            Some(value) => Ok(value),
            None if value.to_number().is_some() => {
                Err(self.arg_error(index, "number has no integer representation"))
            }
            None => Err(self.type_error(index, "number")),
        }
    }

    /// A number, or a string that stands for one, as a float.
    #[inline]
    pub fn check_float(&mut self, index: usize) -> Result<f64, Raised> {
        match self.arg(index).as_float() {
            Some(value) => Ok(value),
            None => match self.arg(index).to_float() {
                Some(value) => Ok(value),
                None => Err(self.type_error(index, "number")),
            },
        }
    }

    /// A number of either kind, or a string that stands for one.
    pub fn check_number(&mut self, index: usize) -> Result<Number, Raised> {
        match self.arg(index).to_number() {
            Some(value) => Ok(value),
            None => Err(self.type_error(index, "number")),
        }
    }

    /// A string, or a number as a string, which then takes the argument's place.
    #[inline]
    pub fn check_string(&mut self, index: usize) -> Result<Gc<Str>, Raised> {
        match self.arg(index).as_string() {
            Some(text) => Ok(text),
            None => self.check_string_slow(index),
        }
    }

    #[cold]
    fn check_string_slow(&mut self, index: usize) -> Result<Gc<Str>, Raised> {
        let value = self.arg(index);
        match self.state.coerce_to_string(value)? {
            Some(text) => {
                self.set_arg(index, Value::string(text));
                Ok(text)
            }
            None => Err(self.type_error(index, "string")),
        }
    }

    /// A table.
    #[inline]
    pub fn check_table(&mut self, index: usize) -> Result<Gc<Table>, Raised> {
        match self.arg(index).as_table() {
            Some(table) => Ok(table),
            None => Err(self.type_error(index, "table")),
        }
    }

    /// A function.
    pub fn check_function(&mut self, index: usize) -> Result<Gc<Closure>, Raised> {
        match self.arg(index).as_function() {
            Some(function) => Ok(function),
            None => Err(self.type_error(index, "function")),
        }
    }

    /// A coroutine.
    pub fn check_thread(&mut self, index: usize) -> Result<Gc<Thread>, Raised> {
        match self.arg(index).as_thread() {
            Some(thread) => Ok(thread),
            None => Err(self.type_error(index, "thread")),
        }
    }

    /// An integer; `default` when there is none or nil.
    pub fn opt_int(&mut self, index: usize, default: i64) -> Result<i64, Raised> {
        if self.is_none_or_nil(index) { Ok(default) } else { self.check_int(index) }
    }

    /// A float, likewise.
    pub fn opt_float(&mut self, index: usize, default: f64) -> Result<f64, Raised> {
        if self.is_none_or_nil(index) { Ok(default) } else { self.check_float(index) }
    }

    /// A string, or `None`.
    pub fn opt_string(&mut self, index: usize) -> Result<Option<Gc<Str>>, Raised> {
        if self.is_none_or_nil(index) { Ok(None) } else { self.check_string(index).map(Some) }
    }

    /// The place in `options` of a string argument.
    pub fn check_option(
        &mut self,
        index: usize,
        default: Option<&str>,
        options: &[&str],
    ) -> Result<usize, Raised> {
        let text = match (self.is_none_or_nil(index), default) {
            (true, Some(default)) => return Ok(place_of(default.as_bytes(), options).unwrap_or(0)),
            _ => self.check_string(index)?,
        };
        match place_of(text.as_bytes(), options) {
            Some(place) => Ok(place),
            None => {
                let message = [b"invalid option '", text.as_bytes(), b"'"].concat();
                Err(self.arg_error_bytes(index, &message))
            }
        }
    }

    // Results.

    /// Answers nothing.
    #[inline]
    pub fn ret0(&mut self) -> Result<Step<()>, Raised> {
        self.state.return_values(&[])
    }

    /// Answers one value.
    #[inline]
    pub fn ret1(&mut self, value: impl Into<Value>) -> Result<Step<()>, Raised> {
        self.state.return_values(&[value.into()])
    }

    /// Answers these values.
    #[inline]
    pub fn ret(&mut self, values: &[Value]) -> Result<Step<()>, Raised> {
        self.state.return_values(values)
    }

    /// Answers the arguments from `index` on.
    pub fn ret_args(&mut self, index: usize) -> Result<Step<()>, Raised> {
        let skipped = (index - 1).min(self.count);
        self.state.return_from_stack(self.base + skipped, self.count - skipped)
    }

    /// Pushes a value behind the arguments, for [`Call::ret_pushed`].
    #[inline]
    pub fn push(&mut self, value: Value) -> Result<(), Raised> {
        self.state.push(value)
    }

    /// How many values were pushed.
    pub fn pushed_count(&self) -> usize {
        self.state.stack_top() - self.base - self.count
    }

    /// Answers the values that were pushed.
    pub fn ret_pushed(&mut self) -> Result<Step<()>, Raised> {
        let count = self.pushed_count();
        self.state.return_from_stack(self.base + self.count, count)
    }

    // Calls.

    /// Asks for the call `callee(args...)`: see [`State::request_saved`].
    pub fn request(
        &mut self,
        callee: Value,
        args: &[Value],
        continuation: Continuation,
        saved: Saved,
    ) -> Result<Step<()>, Raised> {
        self.state.request_saved(callee, args, continuation, saved)
    }

    /// An error with the position of the caller.
    pub fn error(&mut self, message: impl fmt::Display) -> Raised {
        self.state.lib_error(1, format_args!("{message}"))
    }
}

#[inline]
fn place_of(text: &[u8], options: &[&str]) -> Option<usize> {
    options.iter().position(|option| short::equal(option.as_bytes(), text))
}

impl State {
    /// The type's name that a value's metatable gives it (`__name`).
    pub fn named_type(&self, value: Value) -> Option<Gc<Str>> {
        let name = self.metatable_of(value)?.get_str(self, self.names.name);
        name.as_string()
    }
}
