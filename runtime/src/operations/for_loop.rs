//! Numeric `for` loops: the checks and conversions before the first turn, and the turns of loops
//! whose types are not known.

use crate::error::Raised;
use crate::state::State;
use crate::text::arithmetic::{for_count, for_float_limit, for_float_runs};
use crate::value::{Number, Value};

/// Prepares a loop with integer start and step: the number of turns after the first; `None` when
/// it does not run.
pub fn for_limit(
    state: &mut State,
    init: i64,
    limit: Value,
    step: i64,
) -> Result<Option<u64>, Raised> {
    if step == 0 {
        return Err(state.error(format_args!("'for' step is zero")));
    }
    let limit = match limit.to_number() {
        Some(Number::Int(limit)) => Some(limit),
        Some(Number::Float(limit)) => for_float_limit(limit, step),
        None => return Err(state.for_error("limit", limit)),
    };
    Ok(limit.and_then(|limit| for_count(init, limit, step)))
}

/// Prepares a loop: the first value, the number of further turns (of an integer loop) or the
/// limit (of a float loop), and the step. `None` when it does not run.
pub fn for_prep(
    state: &mut State,
    init: Value,
    limit: Value,
    step: Value,
) -> Result<Option<[Value; 3]>, Raised> {
    if let (Some(first), Some(stride)) = (init.as_int(), step.as_int()) {
        let count = for_limit(state, first, limit, stride)?;
        return Ok(count.map(|count| [init, Value::int(count as i64), step]));
    }
    let Some(limit_float) = limit.to_float() else {
        return Err(state.for_error("limit", limit));
    };
    let Some(step_float) = step.to_float() else {
        return Err(state.for_error("step", step));
    };
    let Some(first) = init.to_float() else {
        return Err(state.for_error("initial value", init));
    };
    if step_float == 0.0 {
        return Err(state.error(format_args!("'for' step is zero")));
    }
    // A loop does not run when it is past the limit, which a NaN never is.
    let past = if step_float > 0.0 { limit_float < first } else { first < limit_float };
    Ok((!past).then_some([
        Value::float(first),
        Value::float(limit_float),
        Value::float(step_float),
    ]))
}

/// The next turn of a loop that [`for_prep`] prepared: its value, and what is left of the count or
/// the limit. `None` when the loop is over.
pub fn for_next(index: Value, count: Value, step: Value) -> Option<[Value; 2]> {
    if let Some(value) = index.as_int() {
        let left = (count.as_int()? as u64).checked_sub(1)?;
        return Some([Value::int(value.wrapping_add(step.as_int()?)), Value::int(left as i64)]);
    }
    let (step, limit) = (step.as_float()?, count.as_float()?);
    let next = index.as_float()? + step;
    for_float_runs(next, limit, step).then_some([Value::float(next), count])
}

impl State {
    fn for_error(&mut self, what: &str, value: Value) -> Raised {
        let name = self.object_type_name(value);
        self.error_bytes(&[b"bad 'for' ", what.as_bytes(), b" (number expected, got ", &name, b")"])
    }
}
