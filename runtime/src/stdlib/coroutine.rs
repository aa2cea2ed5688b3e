//! Coroutines.

use crate::call::{Call, RESUME_ENTRY, StaticProto, Step, WRAP_ENTRY, YIELD_ENTRY, library};
use crate::coroutine::{Mode, Status, Thread};
use crate::error::Raised;
use crate::gc::Gc;
use crate::value::Value;

type Answer = Result<Step<()>, Raised>;

fn create(call: &mut Call<'_>) -> Answer {
    let function = Value::function(call.check_function(1)?);
    let thread = call.state.new_thread(function)?;
    call.ret1(thread)
}

fn resume(call: &mut Call<'_>) -> Answer {
    let thread = call.check_thread(1)?;
    let args = call.base() + 1..call.base() + call.count();
    match call.state.resume(thread, args, Mode::Resume)? {
        Ok(step) => Ok(step),
        Err(message) => {
            let message = call.state.new_string(message.as_bytes())?;
            call.ret(&[Value::FALSE, Value::string(message)])
        }
    }
}

fn running(call: &mut Call<'_>) -> Answer {
    let thread = call.state.current_thread();
    let main = thread == call.state.main_thread;
    call.ret(&[Value::thread(thread), Value::boolean(main)])
}

fn status(call: &mut Call<'_>) -> Answer {
    let thread = call.check_thread(1)?;
    let name = call.state.thread_status(thread).name();
    let name = call.state.new_string(name.as_bytes())?;
    call.ret1(name)
}

static WRAP_PROTO: StaticProto = StaticProto::with_upvalues(WRAP_ENTRY, resume_wrapped, c"wrap", 1);

fn wrap(call: &mut Call<'_>) -> Answer {
    let function = Value::function(call.check_function(1)?);
    let thread = call.state.new_thread(function)?;
    let closure = call.state.new_closure(WRAP_PROTO.get())?;
    closure.set_upvalue(call.state, 0, Value::thread(thread));
    call.ret1(closure)
}

fn resume_wrapped(call: &mut Call<'_>) -> Answer {
    let Some(thread) = call.upvalue(0).as_thread() else { return call.ret0() };
    let args = call.base()..call.base() + call.count();
    match call.state.resume(thread, args, Mode::Wrap)? {
        Ok(step) => Ok(step),
        Err(message) => Err(call.error(message)),
    }
}

fn r#yield(call: &mut Call<'_>) -> Answer {
    let values = call.base()..call.base() + call.count();
    call.state.yield_values(values)
}

/// The coroutine that is the argument, or the running one.
fn optional_thread(call: &mut Call<'_>) -> Result<Gc<Thread>, Raised> {
    if call.is_none(1) { Ok(call.state.current_thread()) } else { call.check_thread(1) }
}

fn isyieldable(call: &mut Call<'_>) -> Answer {
    let thread = optional_thread(call)?;
    let yieldable = call.state.is_thread_yieldable(thread);
    call.ret1(yieldable)
}

fn close(call: &mut Call<'_>) -> Answer {
    let thread = call.check_thread(1)?;
    match call.state.thread_status(thread) {
        Status::Suspended | Status::Dead => match call.state.close_thread(thread)? {
            Ok(()) => call.ret1(true),
            Err(error) => call.ret(&[Value::FALSE, error]),
        },
        status => Err(call.error(format_args!("cannot close a {} coroutine", status.name()))),
    }
}

library! { "coroutine", {
    close => close;
    create => create;
    isyieldable => isyieldable;
    resume => resume | RESUME_ENTRY;
    running => running;
    status => status;
    wrap => wrap;
    yield => r#yield | YIELD_ENTRY;
} }
