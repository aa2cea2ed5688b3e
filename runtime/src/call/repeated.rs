//! Many calls of one function from Rust: what is the same in all of them is done once.
#![expect(unsafe_code, reason = "makes a record for the machine")]

#[cfg(target_arch = "x86_64")]
mod kept {
    use abi::call::desc;
    use abi::context::{Record, record_kind};

    use crate::closure::Closure;
    use crate::error::Raised;
    use crate::gc::Gc;
    use crate::machine;
    use crate::state::State;
    use crate::value::Value;

    /// A function that is about to be called many times, from one library function, which keeps it
    /// alive.
    #[derive(Debug)]
    pub struct Repeated {
        callee: Gc<Closure>,
        record: Record,
    }

    impl Repeated {
        /// `None` when it takes more than a plain call.
        pub fn new(state: &mut State, callee: Value) -> Result<Option<Repeated>, Raised> {
            let Some(callee) = callee.as_function() else { return Ok(None) };
            state.check_native_depth()?;
            let words = &state.ctx.co;
            let record = Record {
                previous: words.record,
                kind: record_kind::TRAMPOLINE,
                sp: 0,
                resume_pc: machine::pl_call_again_caught as *const () as u64,
                stack_top: words.stack_top,
                tbc_top: words.tbc_top,
                handler: words.handler,
                // As they are during a call.
                non_yieldable: words.non_yieldable + 1,
                native_depth: words.native_depth + 1,
                system_sp: state.ctx.system_sp,
                exit_frame: words.exit_frame,
                exit_pc: words.exit_pc,
                lua_sp: words.lua_sp,
            };
            Ok(Some(Repeated { callee, record }))
        }

        /// Calls the function with two arguments; its first result. Nothing in it can yield.
        #[inline]
        pub fn call(&mut self, state: &mut State, a: Value, b: Value) -> Result<Value, Raised> {
            debug_assert_eq!(self.record.previous, state.ctx.co.record);
            let request = &mut state.ctx.request;
            request.closure = self.callee.address();
            request.desc = desc(2, [a.tag(), b.tag(), 0]);
            request.payloads[0] = a.payload();
            request.payloads[1] = b.payload();
            let frame = state.hooks.tier0_frame;
            if state.hooks.tier0.is_some() {
                state.keep_tier0_frame();
            }
            state.ctx.co.non_yieldable += 1;
            state.ctx.co.native_depth += 1;
            // SAFETY: the request is filled in, this is the system stack, and the library function
            // is the one that the record was made in: what it says is so again at each call.
            let threw = unsafe {
                machine::pl_call_again((state as *mut State).cast(), &raw mut self.record)
            };
            state.ctx.co.non_yieldable -= 1;
            state.ctx.co.native_depth -= 1;
            state.hooks.tier0_frame = frame;
            if threw != 0 {
                return Err(state.caught_in_trampoline());
            }
            Ok(state.result_value())
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod kept {
    use crate::error::Raised;
    use crate::state::State;
    use crate::value::Value;

    /// A function that is about to be called many times.
    #[derive(Debug)]
    pub enum Repeated {}

    impl Repeated {
        /// There is no quicker way than a plain call.
        pub fn new(_: &mut State, _: Value) -> Result<Option<Repeated>, Raised> {
            Ok(None)
        }

        /// Never called.
        pub fn call(&mut self, _: &mut State, _: Value, _: Value) -> Result<Value, Raised> {
            match *self {}
        }
    }
}

pub use kept::Repeated;
