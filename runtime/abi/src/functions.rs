//! Every runtime function that generated code calls, stated once.
//!
//! All have the C convention, the context as first argument and at most five words in all, so that
//! every target passes them in registers; a further value goes through [`Context::operand`]. They
//! return one word; the tag of a returned value goes through [`Context::value_tag`].
//!
//! Parameters: `value` two words (tag, then payload), `word` an integer or a pointer. Results:
//! `value`, `word`, `none`.
//!
//! Effects: `raises` may answer RAISE; `collects` is a safepoint: it allocates, and runs on the
//! system stack; `calls` may answer CALL, that is, run Lua code; none of these: a small function
//! that runs on the Lua stack with little of it, and neither allocates nor does I/O.
//!
//! [`Context::operand`]: crate::context::Context::operand
//! [`Context::value_tag`]: crate::context::Context::value_tag

/// Passes the whole list to a macro.
#[macro_export]
macro_rules! for_each_runtime_function {
    ($then:ident) => {
        $then! {
                /// `lhs + rhs`, metamethods included: the slow path of addition, as the following are.
                add(lhs: value, rhs: value) -> value [raises, collects, calls];
                /// `lhs - rhs`
                sub(lhs: value, rhs: value) -> value [raises, collects, calls];
                /// `lhs * rhs`
                mul(lhs: value, rhs: value) -> value [raises, collects, calls];
                /// `lhs / rhs`
                div(lhs: value, rhs: value) -> value [raises, collects, calls];
                /// `lhs % rhs`
                modulo(lhs: value, rhs: value) -> value [raises, collects, calls];
                /// `lhs ^ rhs` by C's `pow`.
                pow(lhs: value, rhs: value) -> value [raises, collects, calls];
                /// `lhs // rhs`
                idiv(lhs: value, rhs: value) -> value [raises, collects, calls];
                /// `lhs & rhs`
                band(lhs: value, rhs: value) -> value [raises, collects, calls];
                /// `lhs | rhs`
                bor(lhs: value, rhs: value) -> value [raises, collects, calls];
                /// `lhs ~ rhs`
                bxor(lhs: value, rhs: value) -> value [raises, collects, calls];
                /// `lhs << rhs`
                shl(lhs: value, rhs: value) -> value [raises, collects, calls];
                /// `lhs >> rhs`
                shr(lhs: value, rhs: value) -> value [raises, collects, calls];
                /// `-operand`
                unm(operand: value) -> value [raises, collects, calls];
                /// `~operand`
                bnot(operand: value) -> value [raises, collects, calls];
                /// `#operand`
                len(operand: value) -> value [raises, collects, calls];
                /// `lhs == rhs`: 0 or 1.
                eq(lhs: value, rhs: value) -> word [raises, collects, calls];
                /// `lhs < rhs`: 0 or 1.
                lt(lhs: value, rhs: value) -> word [raises, collects, calls];
                /// `lhs <= rhs`: 0 or 1.
                le(lhs: value, rhs: value) -> word [raises, collects, calls];
                /// Concatenates the `count` values in `ctx.args[0..count]`, right associative, metamethods
                /// included.
                concat(count: word) -> value [raises, collects, calls];

                /// `object[key]`
                index(object: value, key: value) -> value [raises, collects, calls];
                /// `object[key] = ctx.operand`
                set_index(object: value, key: value) -> none [raises, collects, calls];
                /// `object.name`, `name` being a constant short string; fills the site's cache if it can.
        field_get(object: value, name: word, cache: word) -> value [raises, collects, calls];
        /// `object.name = ctx.operand`, likewise.
        field_set(object: value, name: word, cache: word) -> none [raises, collects, calls];
        /// `object[name]` for a method call, likewise.
        method_get(object: value, name: word, cache: word) -> value [raises, collects, calls];
        /// The global in `cell` is nil: asks the metatable of the globals table, by the cell's `name`.
                global_get(name: word) -> value [raises, collects, calls];
                /// Stores `ctx.operand` into the global `name`, whose cell holds nil.
                global_set(cell: word, name: word) -> none [raises, collects, calls];
                /// `object` is old and gets a pointer to something young stored into it.
                remember(object: word) -> none [];
                /// The payload of what `table` has at `key`; the tag is in `ctx.value_tag`: DEAD where a metatable
                /// has to be asked.
                get(table: word, key: value) -> word [];
                /// Stores `ctx.operand` over what `table` has at `key`: 1. 0: it has nothing there, or that takes
                /// more than a store.
                replace(table: word, key: value) -> word [];
                /// Stores `value` as the element behind the last one of `table`, if `key` is that, or over
                /// what the table has there: 1. 0: that takes more than a store.
                append(table: word, key: word, value: value) -> word [];
                /// The entry of `table` behind `key`, as by `next`: 1, the key and the value in
                /// `ctx.scratch`; the key is nil at the end. 0: `key` is none of the table's.
                next(table: word, key: value) -> word [];
                /// A new table with room for `array` elements and `fields` fields.
                table_new(array: word, fields: word) -> word [raises, collects];
                /// A new table with room for `array` elements and `count` fields, which are in
                /// `ctx.args`: name, value, name, value and so on. `template` gets the header of tables
                /// like it, if all fields are in slots, in this order.
                table_fields(array: word, count: word, template: word) -> word [raises, collects];
                /// A new table of data ([`crate::data`]), the string with this number in the module
                /// of the function that has this prototype.
                table_data(proto: word, string: word) -> word [raises, collects];
                /// `table[first], table[first + 1], ... = ctx.args[0..count]`
                set_list(table: word, first: word, count: word) -> none [raises, collects];
                /// A new closure of `proto`, its upvalues nil: generated code fills them in at once.
                closure_new(proto: word) -> word [raises, collects];
                /// A new cell that holds the value.
                cell_new(value: value) -> word [raises, collects];

                /// Prepares a numeric loop with start `init`, the step in `ctx.operand`. 0: it does not run.
                /// Else `ctx.scratch` holds the first value, the count or limit, and the step.
                for_prep(init: value, limit: value) -> word [raises, collects];
                /// Prepares a loop with integer start and step (the payload of `ctx.operand`). 0: it does not
                /// run. Else the payload of `ctx.scratch[0]` is the number of iterations after the first.
                for_limit(limit: value, init: word) -> word [raises, collects];
                /// The next turn of a loop that `for_prep` prepared, the step in `ctx.operand`. 0: it is over.
                /// Else `ctx.scratch` holds the value and the count or limit.
                for_next(index: value, count: value) -> word [];

                /// Pads `ctx.args` with nil up to argument `wanted` for a call by `desc`.
                fill_args(desc: word, wanted: word) -> none [];
                /// Makes room for `count` values in the buffers of arguments and results.
                reserve_lists(count: word) -> none [raises];
                /// Puts the arguments after the `desc >> 32` fixed ones on the value stack; their number.
                /// `desc` otherwise and the payloads are the call's.
                vararg_enter(desc: word, p0: word, p1: word, p2: word) -> word [raises];
                /// Appends all results `(r0, rdesc)` of a call to `ctx.args[0..fixed]`; the `desc` of a call
                /// with these arguments, whose first payloads are then in `ctx.args[0..3]`.
                args_from_results(fixed: word, r0: word, rdesc: word) -> word [raises];
                /// Appends `count` values from the value stack at `base` to `ctx.args[0..fixed]`; likewise.
                args_from_varargs(fixed: word, base: word, count: word) -> word [raises];
                /// Makes `ctx.args[0..fixed]` and all results `(r0, rdesc)` the results; their `rdesc`. The
                /// payload of the first is then in `ctx.rets[0]`.
                rets_from_results(fixed: word, r0: word, rdesc: word) -> word [raises];
                /// Likewise with `count` values from the value stack at `base`.
                rets_from_varargs(fixed: word, base: word, count: word) -> word [raises];
                /// Keeps all results `(r0, rdesc)` in a table of the runtime's own.
                pack_results(r0: word, rdesc: word) -> word [raises, collects];
                /// Makes the values of `pack_results` results again; their `rdesc`, the first in `ctx.rets[0]`.
                unpack_results(pack: word) -> word [raises];

                /// Marks the value to be closed; raises when it has no `__close` and is not false or nil.
                tbc_push(value: value) -> none [raises, collects];
                /// Closes the `count` newest to-be-closed variables.
                tbc_close(count: word) -> none [raises, collects, calls];

                /// In a state that has hooks: a debuggable function with so many parameters has been
                /// entered with `desc`.
                hook_enter(desc: word, params: word) -> none [raises, collects];
                /// Likewise: its `step` begins. All results `(r0, rdesc)` of a call wait for what comes then;
                /// they keep their places.
                hook_step(step: word, r0: word, rdesc: word) -> none [raises, collects];
                /// Likewise: it is left with the results `(r0, rdesc)`, which are locals from number `first`
                /// on. What they are then is in `ctx.result`.
                hook_leave(first: word, r0: word, rdesc: word) -> none [raises, collects];

                /// What a poll on a back edge found to do: finalizers.
                poll() -> none [raises, collects, calls];
                /// The prologue found the stack pointer below the limit. Does not return.
                stack_overflow() -> none [raises, collects];
            }
    };
}

/// What a parameter or a result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Two words as a parameter, tag and payload; as a result the payload, the tag through
    /// `ctx.value_tag`.
    Value,
    /// One word.
    Word,
    /// No result.
    None,
}

/// Effects of a runtime function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Effects {
    /// May answer RAISE.
    pub raises: bool,
    /// May collect: a safepoint.
    pub collects: bool,
    /// May run Lua code.
    pub calls: bool,
}

macro_rules! kind {
    (value) => {
        Kind::Value
    };
    (word) => {
        Kind::Word
    };
    (none) => {
        Kind::None
    };
}

macro_rules! derive_functions {
    ($($(#[$doc:meta])* $name:ident($($param:ident: $kind:ident),*) -> $result:ident
        [$($effect:ident),*];)*) => {
        /// A runtime function that generated code calls.
        #[allow(non_camel_case_types, reason = "spelled as in the list, which is the name")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum RuntimeFn { $($(#[$doc])* $name,)* }

        impl RuntimeFn {
            /// All of them, in the order of the list.
            pub const ALL: &'static [RuntimeFn] = &[$(RuntimeFn::$name,)*];

            /// The name of the shim that generated code calls.
            pub const fn symbol(self) -> &'static str {
                match self { $(RuntimeFn::$name => concat!("pl_", stringify!($name)),)* }
            }

            /// The parameters after the context.
            pub const fn params(self) -> &'static [Kind] {
                match self { $(RuntimeFn::$name => &[$(kind!($kind)),*],)* }
            }

            /// The result.
            pub const fn result(self) -> Kind {
                match self { $(RuntimeFn::$name => kind!($result),)* }
            }

            /// What it may do.
            #[allow(unused_mut, reason = "the small functions have no effect to set")]
            pub const fn effects(self) -> Effects {
                match self { $(RuntimeFn::$name => {
                    let mut effects = Effects { raises: false, collects: false, calls: false };
                    $(effects.$effect = true;)*
                    effects
                })* }
            }
        }
    };
}

for_each_runtime_function!(derive_functions);

/// Code addresses by the generic convention of [`crate::call`] that generated code names directly.
pub mod entry {
    /// The callee is no function: its payload is in the closure's place, its tag in
    /// `ctx.value_tag`. Finds `__call` or raises. With [`crate::call::TAIL_CALLED`] in `desc` it
    /// does not call: it returns the closure to call as `r0` and its descriptor as `rdesc`, the
    /// payloads in `ctx.request.payloads`, so that the caller can make a tail call of it.
    pub const CALL_VALUE: &str = "pl_call_value";
}
