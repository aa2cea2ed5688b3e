//! The machine without a compiler: library functions that call one another through requests.

use std::vec::Vec;

use crate::call::Continuation::{self, Then};
use crate::call::{Call, LIBRARY_ENTRY, Results, Saved, StaticClosure, StaticProto, Step};
use crate::error::Raised;
use crate::state::{Options, OwnedState, State};
use crate::stdlib;
use crate::value::Value;

type Answer = Result<Step<()>, Raised>;

fn state() -> OwnedState {
    State::new(Options::default()).expect("there is memory for a state")
}

macro_rules! functions {
    ($($closure:ident: $name:expr => $function:ident;)*) => {
        $(static $closure: StaticClosure = {
            static PROTO: StaticProto = StaticProto::new(LIBRARY_ENTRY, $function, $name);
            StaticClosure::new(LIBRARY_ENTRY, &PROTO)
        };)*
    };
}

functions! {
    SUM: c"sum" => sum;
    FAIL: c"fail" => fail;
    DOWN: c"down" => down;
    CALL_RUST: c"call_rust" => call_rust;
    MANY: c"many" => many;
    TAIL: c"tail" => tail;
    GENERATOR: c"generator" => generator;
    DRIVE: c"drive" => drive;
    YIELD_UNDER_RUST: c"yield_under_rust" => yield_under_rust;
    NEST: c"nest" => nest;
    COUNT_FRAMES: c"count_frames" => count_frames;
    COLLECT: c"collect" => collect;
    IDENTITY: c"identity" => identity;
}

fn value(closure: &'static StaticClosure) -> Value {
    Value::function(closure.get())
}

/// A function of a library.
fn library(library: &crate::call::Library, name: &str) -> Value {
    let function = library.functions.iter().find(|function| function.name == name);
    value(function.expect("the library has the function").closure)
}

fn coroutine(name: &str) -> Value {
    library(&stdlib::coroutine::LIBRARY, name)
}

fn base(name: &str) -> Value {
    library(&stdlib::base::LIBRARY, name)
}

fn call(state: &mut State, function: Value, args: &[Value]) -> Result<Vec<Value>, Value> {
    match state.call(function, args) {
        Ok(results) => Ok((0..results.count()).map(|index| results.get(state, index)).collect()),
        Err(raised) => Err(state.take_error(raised)),
    }
}

fn ints(values: &[Value]) -> Vec<i64> {
    values.iter().map(|value| value.as_int().unwrap_or(i64::MIN)).collect()
}

fn text(value: Value) -> std::string::String {
    let text = value.as_string().expect("a string");
    std::string::String::from_utf8_lossy(text.as_bytes()).into_owned()
}

fn sum(call: &mut Call<'_>) -> Answer {
    let mut sum = 0;
    for index in 1..=call.count() {
        sum += call.check_int(index)?;
    }
    call.ret1(sum)
}

fn fail(call: &mut Call<'_>) -> Answer {
    let value = call.arg(1);
    Err(call.state.raise(value))
}

/// down(n, f, ...): n requests deep, then f(...).
fn down(call: &mut Call<'_>) -> Answer {
    let depth = call.check_int(1)?;
    if depth == 0 {
        let args = call.base() + 2..call.base() + call.count();
        let function = call.arg(2);
        return call.state.request_range(function, args, Continuation::None, Saved::default());
    }
    call.set_arg(1, Value::int(depth - 1));
    let args = call.base()..call.base() + call.count();
    let saved = Saved { aux: [depth as u64, 0, 0], ..Saved::default() };
    call.state.request_range(value(&DOWN), args, Then(add_one), saved)
}

fn add_one(state: &mut State, saved: &mut Saved, results: Results) -> Answer {
    assert!(saved.aux[0] > 0);
    match results.first().as_int() {
        Some(int) => state.return_values(&[Value::int(int + 1)]),
        None => state.return_values(&[results.first()]),
    }
}

fn call_rust(call: &mut Call<'_>) -> Answer {
    let function = call.arg(1);
    let args = call.base() + 1..call.base() + call.count();
    let results = call.state.call_range(function, args)?;
    let results: Vec<Value> = (0..results.count()).map(|i| results.get(call.state, i)).collect();
    call.ret(&results)
}

/// many(n): 1, 2, ..., n
fn many(call: &mut Call<'_>) -> Answer {
    for int in 1..=call.check_int(1)? {
        call.push(Value::int(int))?;
    }
    call.ret_pushed()
}

fn tail(call: &mut Call<'_>) -> Answer {
    let depth = call.check_int(1)?;
    if depth == 0 {
        return call.ret1(Value::TRUE);
    }
    let at = call.state.stack_top();
    call.push(Value::int(depth - 1))?;
    call.state.tail_request_from_stack(TAIL.get(), at, 1)?;
    Ok(Step::Call)
}

/// generator(n): yields 1 to n, each through a call of `yield`.
fn generator(call: &mut Call<'_>) -> Answer {
    let last = call.check_int(1)? as u64;
    let saved = Saved { aux: [1, last, 0], ..Saved::default() };
    call.state.request_saved(coroutine("yield"), &[Value::int(1)], Then(generate), saved)
}

fn generate(state: &mut State, saved: &mut Saved, _: Results) -> Answer {
    let [current, last, _] = saved.aux;
    if current == last {
        return state.return_values(&[Value::int(-1)]);
    }
    let saved = Saved { aux: [current + 1, last, 0], ..Saved::default() };
    let next = Value::int(current as i64 + 1);
    state.request_saved(coroutine("yield"), &[next], Then(generate), saved)
}

/// drive(co, n): resumes until the coroutine ends and adds up what it yields.
fn drive(call: &mut Call<'_>) -> Answer {
    let (thread, arg) = (call.arg(1), call.arg(2));
    let saved = Saved { values: [thread; 4], ..Saved::default() };
    call.state.request_saved(coroutine("resume"), &[thread, arg], Then(driven), saved)
}

fn driven(state: &mut State, saved: &mut Saved, results: Results) -> Answer {
    let int = results.get(state, 1).as_int();
    let (true, Some(int)) = (results.first().as_boolean() == Some(true), int) else {
        let error = results.get(state, 1);
        return state.return_values(&[Value::FALSE, error]);
    };
    if int == -1 {
        return state.return_values(&[Value::int(saved.aux[0] as i64)]);
    }
    saved.aux[0] += int as u64;
    let thread = saved.values[0];
    state.request_saved(coroutine("resume"), &[thread], Then(driven), *saved)
}

fn yield_under_rust(call: &mut Call<'_>) -> Answer {
    let _ = call.state.call(coroutine("yield"), &[])?;
    call.ret0()
}

fn nest(call: &mut Call<'_>) -> Answer {
    call.state.call(value(&NEST), &[])?;
    call.ret0()
}

fn count_frames(call: &mut Call<'_>) -> Answer {
    let thread = call.state.current_thread();
    let count = call.state.frames(thread).count();
    call.ret1(count as i64)
}

fn collect(call: &mut Call<'_>) -> Answer {
    call.state.collect_full();
    call.ret0()
}

fn identity(call: &mut Call<'_>) -> Answer {
    call.ret_args(1)
}

#[test]
fn arguments_and_results() {
    let mut state = state();
    let args: Vec<Value> = (1..=700).map(Value::int).collect();
    for count in [0, 1, 2, 3, 4, 5, 254, 255, 256, 700] {
        let expected = (count * (count + 1) / 2) as i64;
        let results = call(&mut state, value(&SUM), &args[..count]);
        assert_eq!(ints(&results.unwrap()), [expected]);
        let results = call(&mut state, value(&IDENTITY), &args[..count]).unwrap();
        assert_eq!(ints(&results), (1..=count as i64).collect::<Vec<_>>());
    }
    assert_eq!(state.ctx.co.stack_top, 0);
    let error = call(&mut state, value(&SUM), &[Value::TRUE]).unwrap_err();
    assert_eq!(text(error), "bad argument #1 to '?' (number expected, got boolean)");
}

#[test]
fn requests_nest_and_errors_cut() {
    let mut state = state();
    let down = value(&DOWN);
    let args = |function| [Value::int(50_000), function, Value::int(7)];
    let results = call(&mut state, down, &args(value(&SUM))).unwrap();
    assert_eq!(ints(&results), [50_007]);
    let error = call(&mut state, down, &args(value(&FAIL))).unwrap_err();
    assert_eq!(error.as_int(), Some(7));
    assert_eq!((state.ctx.co.stack_top, state.ctx.co.record), (0, 0));
}

#[test]
fn protected_calls() {
    let mut state = state();
    let pcall = base("pcall");
    let results = call(&mut state, pcall, &[value(&SUM), Value::int(1), Value::int(2)]).unwrap();
    assert_eq!((results[0].as_boolean(), results[1].as_int()), (Some(true), Some(3)));
    let results = call(&mut state, pcall, &[value(&FAIL), Value::int(9)]).unwrap();
    assert_eq!((results[0].as_boolean(), results[1].as_int()), (Some(false), Some(9)));
    // More arguments and results than the fast path takes.
    for count in [0, 1, 2, 3, 5, 253, 254, 300] {
        let results = call(&mut state, pcall, &[value(&MANY), Value::int(count)]).unwrap();
        assert_eq!(results[0].as_boolean(), Some(true));
        assert_eq!(ints(&results[1..]), (1..=count).collect::<Vec<_>>());
        let mut args = std::vec![value(&IDENTITY)];
        args.extend((1..=count).map(Value::int));
        let results = call(&mut state, pcall, &args).unwrap();
        assert_eq!(ints(&results[1..]), (1..=count).collect::<Vec<_>>());
    }
    // From deep inside, and nested.
    let args = [value(&DOWN), Value::int(1000), value(&FAIL), Value::int(3)];
    let results = call(&mut state, pcall, &args).unwrap();
    assert_eq!((results[0].as_boolean(), results[1].as_int()), (Some(false), Some(3)));
    let args = [pcall, pcall, value(&FAIL), Value::int(4)];
    let results = call(&mut state, pcall, &args).unwrap();
    let booleans: Vec<_> = results[..3].iter().map(|value| value.as_boolean()).collect();
    assert_eq!(booleans, [Some(true), Some(true), Some(false)]);
    // What is no function.
    let results = call(&mut state, pcall, &[Value::int(1)]).unwrap();
    assert_eq!(text(results[1]), "attempt to call a number value");
    assert_eq!(state.ctx.co.record, 0);
    assert_eq!(state.native_depth(), 0);
    let error = call(&mut state, pcall, &[]).unwrap_err();
    assert_eq!(text(error), "bad argument #1 to '?' (value expected)");
}

#[test]
fn throws_pass_through_rust() {
    let mut state = state();
    let pcall = base("pcall");
    let args = [value(&CALL_RUST), value(&CALL_RUST), value(&FAIL), Value::int(5)];
    let results = call(&mut state, pcall, &args).unwrap();
    assert_eq!((results[0].as_boolean(), results[1].as_int()), (Some(false), Some(5)));
    let args = [value(&CALL_RUST), pcall, value(&FAIL), Value::int(6)];
    let results = call(&mut state, pcall, &args).unwrap();
    let booleans: Vec<_> = results[..2].iter().map(|value| value.as_boolean()).collect();
    assert_eq!(booleans, [Some(true), Some(false)]);
    assert_eq!(state.nesting().non_yieldable, 1);
    // Too deep.
    let results = call(&mut state, pcall, &[value(&NEST)]).unwrap();
    assert_eq!(text(results[1]), "C stack overflow");
    assert_eq!(state.native_depth(), 0);
}

#[test]
fn message_handlers() {
    let mut state = state();
    let (xpcall, identity) = (base("xpcall"), value(&IDENTITY));
    let args = [value(&FAIL), identity, Value::int(5)];
    let results = call(&mut state, xpcall, &args).unwrap();
    assert_eq!((results[0].as_boolean(), results[1].as_int()), (Some(false), Some(5)));
    // The handler runs where the error is: under two more functions here.
    let args = [value(&DOWN), value(&COUNT_FRAMES), Value::int(1), value(&FAIL)];
    let results = call(&mut state, xpcall, &args).unwrap();
    assert_eq!(results[1].as_int(), Some(5));
    // A handler that fails itself.
    let results = call(&mut state, xpcall, &[value(&FAIL), value(&FAIL), Value::int(1)]).unwrap();
    assert_eq!(results[0].as_boolean(), Some(false));
    assert!(state.nesting().handler.tag == 0);
}

#[test]
fn tail_requests_take_no_stack() {
    let mut state = state();
    let results = call(&mut state, value(&TAIL), &[Value::int(1_000_000)]).unwrap();
    assert_eq!(results[0].as_boolean(), Some(true));
}

#[test]
fn coroutines_switch() {
    let mut state = state();
    let thread = state.new_thread(value(&GENERATOR)).ok().unwrap();
    let count = 1_000_000;
    let args = [Value::thread(thread), Value::int(count)];
    let results = call(&mut state, value(&DRIVE), &args).unwrap();
    assert_eq!(ints(&results), [count * (count + 1) / 2]);
    // It has ended.
    let results = call(&mut state, coroutine("resume"), &args).unwrap();
    assert_eq!(text(results[1]), "cannot resume dead coroutine");
    assert_eq!(state.native_depth(), 0);
}

#[test]
fn coroutines_end_by_errors() {
    let mut state = state();
    for _ in 0..100 {
        let thread = Value::thread(state.new_thread(value(&FAIL)).ok().unwrap());
        let results = call(&mut state, coroutine("resume"), &[thread, Value::int(3)]).unwrap();
        assert_eq!((results[0].as_boolean(), results[1].as_int()), (Some(false), Some(3)));
        let results = call(&mut state, coroutine("status"), &[thread]).unwrap();
        assert_eq!(text(results[0]), "dead");
        let results = call(&mut state, coroutine("close"), &[thread]).unwrap();
        assert_eq!((results[0].as_boolean(), results[1].as_int()), (Some(false), Some(3)));
        let results = call(&mut state, coroutine("close"), &[thread]).unwrap();
        assert_eq!(results[0].as_boolean(), Some(true));
    }
    let wrapped = call(&mut state, coroutine("wrap"), &[value(&FAIL)]).unwrap()[0];
    let error = call(&mut state, wrapped, &[Value::int(8)]).unwrap_err();
    assert_eq!(error.as_int(), Some(8));
    let error = call(&mut state, wrapped, &[]).unwrap_err();
    assert_eq!(text(error), "cannot resume dead coroutine");
    assert_eq!(state.native_depth(), 0);
}

#[test]
fn yields_that_cannot_be() {
    let mut state = state();
    let error = call(&mut state, coroutine("yield"), &[]).unwrap_err();
    assert_eq!(text(error), "attempt to yield from outside a coroutine");
    let thread = Value::thread(state.new_thread(value(&YIELD_UNDER_RUST)).ok().unwrap());
    let results = call(&mut state, coroutine("resume"), &[thread]).unwrap();
    assert_eq!(text(results[1]), "attempt to yield across a C-call boundary");
}

#[test]
fn yields_pass_through_protected_calls() {
    let mut state = state();
    // pcall(down, 3, generator, 4) in a coroutine
    let thread = Value::thread(state.new_thread(base("pcall")).ok().unwrap());
    let resume = coroutine("resume");
    let args = [thread, value(&DOWN), Value::int(3), value(&GENERATOR), Value::int(4)];
    let mut results = call(&mut state, resume, &args).unwrap();
    for expected in 1..=4 {
        assert_eq!(results[1].as_int(), Some(expected));
        results = call(&mut state, resume, &[thread]).unwrap();
    }
    assert_eq!((results[1].as_boolean(), results[2].as_int()), (Some(true), Some(2)));
}

#[test]
fn collections_see_waiting_stubs() {
    let mut state = state();
    let text = state.new_string(&[b'x'; 100]).ok().unwrap();
    let args = [Value::int(3), value(&DOWN), Value::int(2), value(&COLLECT), Value::string(text)];
    for _ in 0..3 {
        call(&mut state, value(&DOWN), &args).unwrap();
    }
    let thread = Value::thread(state.new_thread(value(&GENERATOR)).ok().unwrap());
    let resume = coroutine("resume");
    call(&mut state, resume, &[thread, Value::int(4)]).unwrap();
    let args = [Value::int(3), value(&COLLECT), thread];
    call(&mut state, value(&DOWN), &args).unwrap();
    let results = call(&mut state, resume, &[thread]).unwrap();
    assert_eq!(results[1].as_int(), Some(2));
    assert!(text.as_bytes().iter().all(|byte| *byte == b'x'));
}

#[test]
fn frames_are_walked() {
    let mut state = state();
    let args =
        [Value::int(4), value(&CALL_RUST), value(&DOWN), Value::int(0), value(&COUNT_FRAMES)];
    let results = call(&mut state, value(&DOWN), &args).unwrap();
    // down five times, call_rust, down, count_frames; each `down` adds one on the way back.
    assert_eq!(results[0].as_int(), Some(8 + 4));
}

#[test]
fn many_coroutines_live() {
    let mut state = state();
    let resume = coroutine("resume");
    let mut threads = Vec::new();
    let keep = state.new_table(0, 0).ok().unwrap();
    let registry = state.registry;
    registry.set_int(&mut state, 1, Value::table(keep)).ok().unwrap();
    for index in 0..2000 {
        let thread = Value::thread(state.new_thread(value(&GENERATOR)).ok().unwrap());
        keep.set_int(&mut state, index + 1, thread).ok().unwrap();
        call(&mut state, resume, &[thread, Value::int(3)]).unwrap();
        threads.push(thread);
    }
    for expected in 2..=3 {
        for thread in &threads {
            let results = call(&mut state, resume, &[*thread]).unwrap();
            assert_eq!(results[1].as_int(), Some(expected));
        }
    }
}
