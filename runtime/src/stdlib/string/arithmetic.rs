//! The metamethods by which strings that stand for numbers take part in arithmetic.

use crate::call::{Call, Quick, Quickly, StaticClosure, Step};
use crate::error::Raised;
use crate::gc::Gc;
use crate::operations::{self, ArithOp};
use crate::state::State;
use crate::stdlib::show::finish;
use crate::string::Str;
use crate::table::Table;
use crate::value::Value;

type Answer = Result<Step<()>, Raised>;

fn apply(call: &mut Call<'_>, op: ArithOp, event: Gc<Str>) -> Answer {
    // The reference takes the number that it has made of an only argument for the second one.
    let (a, b) = (call.arg(1), call.arg(if call.count() == 1 { 1 } else { 2 }));
    if let (Some(x), Some(y)) = (a.to_number(), b.to_number()) {
        let step = operations::arith(call.state, op, Value::number(x), Value::number(y))?;
        let result = finish(call.state, step)?;
        return call.ret1(result);
    }
    let b = call.arg(2);
    let method = call.state.metamethod(b, event);
    if b.as_string().is_some() || method.is_nil() {
        let name = event.as_bytes();
        return Err(call.state.lib_error_bytes(
            1,
            &[
                b"attempt to ",
                &name[2..],
                b" a '",
                a.type_name().as_bytes(),
                b"' with a '",
                b.type_name().as_bytes(),
                b"'",
            ],
        ));
    }
    let result = call.state.call(method, &[a, b])?.first();
    call.ret1(result)
}

/// The quick form, for what is a number in the end.
#[inline(always)]
fn quickly(call: &Quick<'_>, op: ArithOp) -> Quickly {
    if call.count() == 1 {
        return None;
    }
    let (a, b) = (call.arg(1).to_number()?, call.arg(2).to_number()?);
    call.ret1(Value::number(operations::arith_numbers(op, a, b).ok()?))
}

macro_rules! metamethods {
    ($($function:ident $closure:ident $name:literal $field:ident $op:ident;)*) => {
        mod quick {
            use super::{ArithOp, Quick, Quickly, quickly};
            $(
                pub(super) fn $function(call: &mut Quick<'_>) -> Quickly {
                    quickly(call, ArithOp::$op)
                }
            )*
        }
        $(
            fn $function(call: &mut Call<'_>) -> Answer {
                let event = call.state.names.$field;
                apply(call, ArithOp::$op, event)
            }
            crate::library_closure!(
                $closure, concat!("pl_string", $name), concat!($name, "\0"), $function, [],
                [quick::$function]
            );
        )*

        /// Adds them to the metatable of strings.
        pub(super) fn add_to(state: &mut State, metatable: Gc<Table>) -> Result<(), Raised> {
            let methods: [(Gc<Str>, &'static StaticClosure); _] =
                [$((state.names.$field, &$closure)),*];
            for (name, closure) in methods {
                metatable.set_str(state, name, Value::function(closure.get()))?;
            }
            Ok(())
        }
    };
}

metamethods! {
    add ADD "__add" add Add;
    sub SUB "__sub" sub Sub;
    mul MUL "__mul" mul Mul;
    modulo MOD "__mod" modulo Mod;
    pow POW "__pow" pow Pow;
    div DIV "__div" div Div;
    idiv IDIV "__idiv" idiv IDiv;
    unm UNM "__unm" unm Unm;
}
