//! Errors as basic functions: `error`, `pcall`, `xpcall`.

use crate::call::{Call, Continuation, Results, Saved, Step};
use crate::error::Raised;
use crate::state::State;
use crate::value::Value;

/// The assembly entry of `pcall`.
pub use crate::call::PCALL_ENTRY;

type Answer = Result<Step<()>, Raised>;

/// `error`
pub fn error(call: &mut Call<'_>) -> Answer {
    let level = call.opt_int(2, 1)?;
    let value = call.arg(1);
    if let Some(text) = value.as_string()
        && let Ok(level) = u32::try_from(level)
        && level > 0
    {
        let position = call.state.where_text(level);
        if !position.as_bytes().is_empty() {
            let mut message = position;
            message.add(text.as_bytes());
            let text = call.state.new_string(message.as_bytes())?;
            return Err(call.state.raise(Value::string(text)));
        }
    }
    Err(call.state.raise(value))
}

/// `pcall`, for the calls that its assembly entry leaves to us.
pub fn pcall(call: &mut Call<'_>) -> Answer {
    let function = call.check_any(1)?;
    let args = call.base() + 1..call.base() + call.count();
    protected(call, function, args, Value::NIL)
}

/// `xpcall`
pub fn xpcall(call: &mut Call<'_>) -> Answer {
    let handler = Value::function(call.check_function(2)?);
    let function = call.arg(1);
    let args = call.base() + 2..call.base() + call.count();
    protected(call, function, args, handler)
}

fn protected(
    call: &mut Call<'_>,
    function: Value,
    args: core::ops::Range<usize>,
    handler: Value,
) -> Answer {
    let state = &mut *call.state;
    let mark = state.ctx.co.tbc_top;
    let saved = Saved { aux: [mark, 0, 0], values: [Value::NIL, handler, Value::NIL, Value::NIL] };
    let asked = match state.check_native_depth() {
        Ok(()) => state.request_range(function, args, Continuation::Then(after_protected), saved),
        Err(raised) => Err(raised),
    };
    match asked {
        Ok(step) => {
            state.protect_request(handler);
            Ok(step)
        }
        // The call itself fails: that too is caught.
        Err(raised) => {
            let error = state.handled_by(handler, raised);
            failed(state, error)
        }
    }
}

/// Goes on when the protected call has returned or thrown.
pub(crate) fn after_protected(state: &mut State, saved: &mut Saved, results: Results) -> Answer {
    match state.take_caught() {
        None => state.return_true_and(results),
        Some(error) => state.close_after_error(saved.aux[0], error, saved.values[1], failed),
    }
}

fn failed(state: &mut State, error: Value) -> Answer {
    state.return_values(&[Value::FALSE, error])
}
