//! The library `math`, with what the reference keeps of 5.3 as it is usually built
//! (`LUA_COMPAT_MATHLIB`): `atan2`, `cosh`, `frexp`, `ldexp`, `log10`, `pow`, `sinh`, `tanh`.

use crate::call::{Call, Step};
use crate::error::Raised;
use crate::gc::Gc;
use crate::library;
use crate::maths;
use crate::os;
use crate::state::State;
use crate::stdlib::quick;
use crate::stdlib::show::less_than;
use crate::sys;
use crate::table::Table;
use crate::text::arithmetic::{Rounding, ceil as ceil_float, float_to_int, floor as floor_float};
use crate::text::random::Random;
use crate::value::{Number, Value};

type Answer = Result<Step<()>, Raised>;

/// A float as an integer, where it is in range.
pub(super) fn fitting(value: f64) -> Value {
    float_to_int(value, Rounding::Exact).map_or(Value::float(value), Value::int)
}

fn abs(call: &mut Call<'_>) -> Answer {
    if let Some(value) = call.arg(1).as_int() {
        return call.ret1(value.wrapping_abs());
    }
    let value = call.check_float(1)?;
    call.ret1(value.abs())
}

fn ceil(call: &mut Call<'_>) -> Answer {
    if let Some(value) = call.arg(1).as_int() {
        return call.ret1(value);
    }
    let value = call.check_float(1)?;
    call.ret1(fitting(ceil_float(value)))
}

fn floor(call: &mut Call<'_>) -> Answer {
    if let Some(value) = call.arg(1).as_int() {
        return call.ret1(value);
    }
    let value = call.check_float(1)?;
    call.ret1(fitting(floor_float(value)))
}

macro_rules! of_one_float {
    ($($name:ident)*) => {
        $(fn $name(call: &mut Call<'_>) -> Answer {
            let value = call.check_float(1)?;
            call.ret1(maths::$name(value))
        })*
    };
}

of_one_float! { acos asin cos cosh exp log10 sin sinh sqrt tan tanh }

fn atan(call: &mut Call<'_>) -> Answer {
    let y = call.check_float(1)?;
    let x = call.opt_float(2, 1.0)?;
    call.ret1(maths::atan2(y, x))
}

fn pow(call: &mut Call<'_>) -> Answer {
    let x = call.check_float(1)?;
    let y = call.check_float(2)?;
    call.ret1(sys::pow(x, y))
}

fn frexp(call: &mut Call<'_>) -> Answer {
    let (fraction, exponent) = maths::frexp(call.check_float(1)?);
    call.ret(&[Value::float(fraction), Value::int(exponent.into())])
}

fn ldexp(call: &mut Call<'_>) -> Answer {
    let x = call.check_float(1)?;
    let exponent = call.check_int(2)?;
    // A C `int` there.
    call.ret1(maths::ldexp(x, exponent as i32))
}

fn deg(call: &mut Call<'_>) -> Answer {
    let value = call.check_float(1)?;
    call.ret1(value * (180.0 / core::f64::consts::PI))
}

fn rad(call: &mut Call<'_>) -> Answer {
    let value = call.check_float(1)?;
    call.ret1(value * (core::f64::consts::PI / 180.0))
}

fn fmod(call: &mut Call<'_>) -> Answer {
    if let (Some(a), Some(b)) = (call.arg(1).as_int(), call.arg(2).as_int()) {
        if b == 0 {
            return Err(call.arg_error(2, "zero"));
        }
        return call.ret1(a.wrapping_rem(b));
    }
    // The reference asks for the second one first.
    let b = call.check_float(2)?;
    let a = call.check_float(1)?;
    call.ret1(maths::fmod(a, b))
}

fn log(call: &mut Call<'_>) -> Answer {
    let value = call.check_float(1)?;
    let base = if call.is_none_or_nil(2) { None } else { Some(call.check_float(2)?) };
    call.ret1(logarithm(value, base))
}

/// The natural logarithm, without a base.
pub(super) fn logarithm(value: f64, base: Option<f64>) -> f64 {
    match base {
        None => maths::log(value),
        Some(2.0) => maths::log2(value),
        Some(10.0) => maths::log10(value),
        Some(base) => maths::log(value) / maths::log(base),
    }
}

fn max(call: &mut Call<'_>) -> Answer {
    extreme(call, less_than)
}

fn min(call: &mut Call<'_>) -> Answer {
    extreme(call, |state, best, value| less_than(state, value, best))
}

/// The argument that no other one is better than.
#[inline(always)]
fn extreme(
    call: &mut Call<'_>,
    better: impl Fn(&mut State, Value, Value) -> Result<bool, Raised>,
) -> Answer {
    let mut best = call.check_any(1)?;
    for index in 2..=call.count() {
        let value = call.arg(index);
        if better(call.state, best, value)? {
            best = value;
        }
    }
    call.ret1(best)
}

fn modf(call: &mut Call<'_>) -> Answer {
    if let Some(value) = call.arg(1).as_int() {
        return call.ret(&[Value::int(value), Value::float(0.0)]);
    }
    let (whole, fraction) = split(call.check_float(1)?);
    call.ret(&[whole, Value::float(fraction)])
}

/// A float's whole part, as an integer where it is in range, and its fraction.
#[inline]
pub(super) fn split(value: f64) -> (Value, f64) {
    let whole = if value < 0.0 { ceil_float(value) } else { floor_float(value) };
    let fraction = if value == whole { 0.0 } else { value - whole };
    (fitting(whole), fraction)
}

fn tointeger(call: &mut Call<'_>) -> Answer {
    match call.arg(1).to_integer() {
        Some(value) => call.ret1(value),
        None => {
            call.check_any(1)?;
            call.ret1(Value::NIL)
        }
    }
}

fn type_(call: &mut Call<'_>) -> Answer {
    let name: &[u8] = match call.arg(1).as_number() {
        Some(Number::Int(_)) => b"integer",
        Some(Number::Float(_)) => b"float",
        None => {
            call.check_any(1)?;
            return call.ret1(Value::NIL);
        }
    };
    let name = call.state.new_string(name)?;
    call.ret1(name)
}

fn ult(call: &mut Call<'_>) -> Answer {
    let a = call.check_int(1)?;
    let b = call.check_int(2)?;
    call.ret1((a as u64) < b as u64)
}

fn random(call: &mut Call<'_>) -> Answer {
    let (low, high) = match call.count() {
        0 => {
            let value = call.state.libraries.random.next_float();
            return call.ret1(value);
        }
        1 => {
            let high = call.check_int(1)?;
            if high == 0 {
                let bits = call.state.libraries.random.next_bits();
                return call.ret1(bits as i64);
            }
            (1, high)
        }
        2 => (call.check_int(1)?, call.check_int(2)?),
        _ => return Err(call.error("wrong number of arguments")),
    };
    match call.state.libraries.random.next_between(low, high) {
        Some(value) => call.ret1(value),
        None => Err(call.arg_error(1, "interval is empty")),
    }
}

fn randomseed(call: &mut Call<'_>) -> Answer {
    let (first, second) = if call.is_none(1) {
        fresh_seed(call.state)
    } else {
        (call.check_int(1)?, call.opt_int(2, 0)?)
    };
    call.state.libraries.random = Random::new(first, second);
    call.ret(&[Value::int(first), Value::int(second)])
}

/// The time, and where the state lies, which differs from run to run.
fn fresh_seed(state: &State) -> (i64, i64) {
    (os::time(), core::ptr::from_ref(state) as i64)
}

fn values(state: &mut State, table: Gc<Table>) -> Result<(), Raised> {
    let (first, second) = fresh_seed(state);
    state.libraries.random = Random::new(first, second);
    for (name, value) in [
        ("pi", Value::float(core::f64::consts::PI)),
        ("huge", Value::float(f64::INFINITY)),
        ("maxinteger", Value::int(i64::MAX)),
        ("mininteger", Value::int(i64::MIN)),
    ] {
        let name = state.new_string(name.as_bytes())?;
        table.set_str(state, name, value)?;
    }
    Ok(())
}

library! { "math", {
    abs => abs, quick::abs;
    acos => acos;
    asin => asin;
    atan => atan, quick::atan;
    atan2 => atan;
    ceil => ceil, quick::ceil;
    cos => cos, quick::cos;
    cosh => cosh;
    deg => deg;
    exp => exp, quick::exp;
    floor => floor, quick::floor;
    fmod => fmod;
    frexp => frexp;
    ldexp => ldexp;
    log => log, quick::log;
    log10 => log10;
    max => max, quick::max;
    min => min, quick::min;
    modf => modf, quick::modf;
    pow => pow, quick::pow;
    rad => rad;
    random => random, quick::random;
    randomseed => randomseed;
    sin => sin, quick::sin;
    sinh => sinh;
    sqrt => sqrt, quick::sqrt;
    tan => tan, quick::tan;
    tanh => tanh;
    tointeger => tointeger;
    type => type_;
    ult => ult;
} values }
