//! To-be-closed variables: a list of values for each coroutine, innermost last.
//!
//! A block that ends takes its variables off the list and calls their `__close`. After an error the
//! one who caught it does that for everything down to where the list stood at its call, each call
//! protected, and the latest error wins.
#![expect(unsafe_code, reason = "the list is a buffer of the context")]

use abi::value::RawValue;

use crate::call::{Continuation, Results, Saved, Step};
use crate::error::Raised;
use crate::state::State;
use crate::value::Value;

/// What goes on once everything is closed; it gets the latest error.
pub(crate) type Closed = fn(&mut State, Value) -> Result<Step<()>, Raised>;

impl State {
    /// Marks the value of a variable to be closed. Nil and false are not.
    pub fn push_tbc(&mut self, value: Value) -> Result<(), Raised> {
        if !value.is_falsy() && self.metamethod(value, self.names.close).is_nil() {
            let name = self.frame_at(0).and_then(|frame| frame.operand_name(self, 0));
            // Where the function was stripped of its names, as the reference has it.
            let name = name.map_or(&b"(temporary)"[..], |(_, name)| name);
            return Err(self.error_bytes(&[b"variable '", name, b"' got a non-closable value"]));
        }
        if self.ctx.co.tbc_top == self.ctx.co.tbc_capacity {
            let old = self.ctx.co.tbc_capacity as usize;
            let new = (old * 2).max(8);
            match self.grow_buffer(self.ctx.co.tbc, old, new) {
                Ok(buffer) => self.ctx.co.tbc = buffer,
                Err(_) => return Err(self.memory_error()),
            }
            self.ctx.co.tbc_capacity = new as u64;
        }
        let words = &mut self.ctx.co;
        // SAFETY: there is room at the top.
        unsafe { *(words.tbc as *mut RawValue).add(words.tbc_top as usize) = value.to_raw() };
        words.tbc_top += 1;
        Ok(())
    }

    /// Takes off the innermost variable, down to `mark`.
    pub(crate) fn pop_tbc(&mut self, mark: u64) -> Option<Value> {
        let words = &mut self.ctx.co;
        while words.tbc_top > mark {
            words.tbc_top -= 1;
            // SAFETY: the list holds that many values.
            let value = unsafe {
                Value::from_raw(*(words.tbc as *mut RawValue).add(words.tbc_top as usize))
            };
            if !value.is_falsy() {
                return Some(value);
            }
        }
        None
    }

    /// The `__close` of a value, for a call that no Lua function makes: the error does not name
    /// what it calls.
    fn close_method(&mut self, value: Value) -> Result<Value, Raised> {
        let method = self.metamethod(value, self.names.close);
        if !self.is_callable(method) {
            let kind = self.object_type_name(method);
            return Err(self.error_bytes(&[b"attempt to call a ", &kind, b" value"]));
        }
        Ok(method)
    }

    /// Closes the `count` innermost variables, at the end of a block.
    pub fn close_newest(&mut self, count: usize) -> Result<Step<()>, Raised> {
        let mark = self.ctx.co.tbc_top - count as u64;
        self.close_down_to(mark)
    }

    fn close_down_to(&mut self, mark: u64) -> Result<Step<()>, Raised> {
        let Some(value) = self.pop_tbc(mark) else { return self.return_values(&[]) };
        let method = self.metamethod(value, self.names.close);
        let continuation = match self.ctx.co.tbc_top > mark {
            true => Continuation::Then(close_more),
            // Nobody looks at the result.
            false => Continuation::None,
        };
        let saved = Saved { aux: [mark, 0, 0], ..Saved::default() };
        self.request_event(self.names.close, method, &[value, Value::NIL], continuation, saved)
    }

    /// Closes a variable from Rust, where nothing can yield.
    pub(crate) fn call_close(&mut self, value: Value, error: Option<Value>) -> Result<(), Raised> {
        let method = self.close_method(value)?;
        self.call(method, &[value, error.unwrap_or_default()]).map(|_| ())
    }

    /// After `error` was caught: closes everything down to `mark`, with `handler` as the message
    /// handler, then goes on with `closed`.
    pub(crate) fn close_after_error(
        &mut self,
        mark: u64,
        mut error: Value,
        handler: Value,
        closed: Closed,
    ) -> Result<Step<()>, Raised> {
        loop {
            let Some(value) = self.pop_tbc(mark) else { return closed(self, error) };
            let saved = Saved {
                aux: [mark, closed as *const () as u64, 0],
                values: [error, handler, Value::NIL, Value::NIL],
            };
            let step = self.close_method(value).and_then(|method| {
                let (name, arguments) = (self.names.close, [value, error]);
                self.request_event(name, method, &arguments, Continuation::Then(closed_one), saved)
            });
            match step {
                Ok(step) => {
                    self.protect_request(handler);
                    return Ok(step);
                }
                Err(raised) => error = self.take_error(raised),
            }
        }
    }
}

fn close_more(state: &mut State, saved: &mut Saved, _: Results) -> Result<Step<()>, Raised> {
    state.close_down_to(saved.aux[0])
}

fn closed_one(state: &mut State, saved: &mut Saved, _: Results) -> Result<Step<()>, Raised> {
    let error = state.take_caught().unwrap_or(saved.values[0]);
    // SAFETY: the word is one that `close_after_error` made of a `Closed`.
    let closed: Closed = unsafe { core::mem::transmute(saved.aux[1] as *const ()) };
    state.close_after_error(saved.aux[0], error, saved.values[1], closed)
}
