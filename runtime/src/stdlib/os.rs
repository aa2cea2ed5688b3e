//! The library `os`.

use alloc::vec::Vec;

use super::base::until_nul;
use super::io::{file_result, process_result};
use super::quick;
use super::show::{field, set_field};
use crate::call::{Call, Step};
use crate::error::Raised;
use crate::files::{c_string, clear_errno, with_c_string};
use crate::gc::Gc;
use crate::library;
use crate::os::{self, BrokenDownTime};
use crate::state::State;
use crate::table::Table;
use crate::text::date::{
    DATE_NOT_REPRESENTABLE, FIELDS, FieldValue, TIME_NOT_REPRESENTABLE, specifier_length,
};
use crate::value::Value;

type Answer = Result<Step<()>, Raised>;

fn clock(call: &mut Call<'_>) -> Answer {
    call.ret1(os::clock())
}

fn date(call: &mut Call<'_>) -> Answer {
    let format = call.opt_string(1)?;
    let format = format.as_ref().map_or(&b"%c"[..], |format| format.as_bytes());
    let time = if call.is_none_or_nil(2) { os::time() } else { call.check_int(2)? };
    let (date, format) = match format {
        [b'!', rest @ ..] => (os::universal_time(time), rest),
        _ => (os::local_time(time), format),
    };
    let Some(date) = date else { return Err(call.error(DATE_NOT_REPRESENTABLE)) };
    if until_nul(format) == b"*t" {
        let table = call.state.new_table(0, 9)?;
        set_fields(call.state, table, &date)?;
        return call.ret1(table);
    }
    let mut text = Vec::new();
    let mut rest = format;
    while let Some((&byte, after)) = rest.split_first() {
        if byte != b'%' {
            text.push(byte);
            rest = after;
            continue;
        }
        match specifier_length(after) {
            Ok(length) => {
                os::format_time(&mut text, &after[..length], &date);
                rest = &after[length..];
            }
            Err(error) => {
                let mut message = Vec::new();
                error.write_message(&mut message);
                return Err(call.arg_error_bytes(1, &message));
            }
        }
    }
    let text = call.state.new_string(&text)?;
    call.ret1(text)
}

/// Stores all fields of a date.
fn set_fields(state: &mut State, table: Gc<Table>, date: &BrokenDownTime) -> Result<(), Raised> {
    for (name, value, delta) in [
        ("year", date.year, 1900),
        ("month", date.mon, 1),
        ("day", date.mday, 0),
        ("hour", date.hour, 0),
        ("min", date.min, 0),
        ("sec", date.sec, 0),
        ("yday", date.yday, 1),
        ("wday", date.wday, 1),
    ] {
        set_field(
            state,
            Value::table(table),
            name.as_bytes(),
            Value::int(i64::from(value) + delta),
        )?;
    }
    if date.isdst >= 0 {
        set_field(state, Value::table(table), b"isdst", Value::boolean(date.isdst > 0))?;
    }
    Ok(())
}

fn time(call: &mut Call<'_>) -> Answer {
    if call.is_none_or_nil(1) {
        return call.ret1(os::time());
    }
    let table = call.check_table(1)?;
    let mut fields = [0; FIELDS.len()];
    for (place, description) in fields.iter_mut().zip(&FIELDS) {
        let value = field(call.state, Value::table(table), description.name.as_bytes())?;
        let value = match value.to_integer() {
            Some(value) => FieldValue::Int(value),
            None if value.is_nil() => FieldValue::Nil,
            None => FieldValue::Other,
        };
        *place = match description.read(value) {
            Ok(value) => value,
            Err(error) => {
                let mut message = Vec::new();
                error.write_message(&mut message);
                return Err(call.state.lib_error_bytes(1, &[&message]));
            }
        };
    }
    let isdst = field(call.state, Value::table(table), b"isdst")?;
    let isdst = if isdst.is_nil() { -1 } else { i32::from(!isdst.is_falsy()) };
    let mut date = BrokenDownTime::new(fields, isdst);
    let time = os::time_of(&mut date);
    set_fields(call.state, table, &date)?;
    if time == -1 {
        return Err(call.error(TIME_NOT_REPRESENTABLE));
    }
    call.ret1(time)
}

fn difftime(call: &mut Call<'_>) -> Answer {
    let later = call.check_int(1)?;
    let earlier = call.check_int(2)?;
    call.ret1((i128::from(later) - i128::from(earlier)) as f64)
}

fn execute(call: &mut Call<'_>) -> Answer {
    let command = call.opt_string(1)?;
    call.state.flush_print();
    clear_errno();
    match command {
        Some(command) => {
            let status = os::run_command(Some(&c_string(command.as_bytes())));
            process_result(call, status)
        }
        None => call.ret1(os::run_command(None) != 0),
    }
}

fn exit(call: &mut Call<'_>) -> Answer {
    let status = match call.arg(1).as_boolean() {
        Some(true) => 0,
        Some(false) => 1,
        None => call.opt_int(1, 0)? as i32,
    };
    if !call.arg(2).is_falsy() {
        close_pending(call.state);
        call.state.close();
    }
    os::exit(status)
}

/// Closes the variables of the main program that are to be closed. What they raise is only seen by
/// those after them.
fn close_pending(state: &mut State) {
    let mut error = None;
    while let Some(value) = state.pop_main_tbc() {
        if let Err(raised) = state.call_close(value, error) {
            error = Some(state.take_error(raised));
        }
    }
}

fn getenv(call: &mut Call<'_>) -> Answer {
    let name = call.check_string(1)?;
    let value = with_c_string(name.as_bytes(), |name| {
        os::with_environment_variable(name, |value| call.state.new_string(value))
    });
    let value = value.transpose()?;
    call.ret1(value.map_or(Value::NIL, Value::string))
}

fn remove(call: &mut Call<'_>) -> Answer {
    let name = call.check_string(1)?;
    clear_errno();
    let done = os::remove(&c_string(name.as_bytes()));
    file_result(call, done, Some(until_nul(name.as_bytes())))
}

fn rename(call: &mut Call<'_>) -> Answer {
    let from = call.check_string(1)?;
    let to = call.check_string(2)?;
    clear_errno();
    let done = os::rename(&c_string(from.as_bytes()), &c_string(to.as_bytes()));
    file_result(call, done, None)
}

fn setlocale(call: &mut Call<'_>) -> Answer {
    let locale = call.opt_string(1)?;
    let options = ["all", "collate", "ctype", "monetary", "numeric", "time"];
    let category = call.check_option(2, Some("all"), &options)?;
    let locale = locale.map(|locale| c_string(locale.as_bytes()));
    match os::set_locale(category, locale.as_deref()) {
        Some(name) => {
            let name = call.state.new_string(&name)?;
            call.ret1(name)
        }
        None => call.ret1(Value::NIL),
    }
}

fn tmpname(call: &mut Call<'_>) -> Answer {
    match os::temporary_name() {
        Some(name) => {
            let name = call.state.new_string(&name)?;
            call.ret1(name)
        }
        None => Err(call.error("unable to generate a unique filename")),
    }
}

library! { "os", {
    clock => clock, quick::clock;
    date => date;
    difftime => difftime;
    execute => execute;
    exit => exit;
    getenv => getenv, quick::getenv;
    remove => remove;
    rename => rename;
    setlocale => setlocale;
    time => time;
    tmpname => tmpname;
} }
