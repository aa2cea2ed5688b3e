//! Many calls of one function from Rust: what is the same in all of them is done once.
#![expect(unsafe_code, reason = "makes a record for the machine")]

#[cfg(target_arch = "x86_64")]
mod kept {
    use abi::call::{TAG_MASK, desc};
    use abi::context::{Record, record_kind};
    use abi::value::tag;

    use crate::closure::Closure;
    use crate::error::Raised;
    use crate::gc::Gc;
    use crate::machine;
    use crate::state::State;
    use crate::table::Table;
    use crate::value::Value;

    /// A function that is being called many times from one library function.
    ///
    /// Between two calls the context stays as it is in a call. Nothing may look at the stack then:
    /// the state is to be had only in [`Repeated::outside`], for which things are put right.
    #[derive(Debug)]
    pub struct Repeated<'a> {
        state: &'a mut State,
        callee: Gc<Closure>,
        record: Record,
        tier0_frame: u64,
        /// The context is as it is in a call.
        is_inside: bool,
    }

    /// What is answered in place of results.
    const THREW: u64 = u64::MAX;

    impl Repeated<'_> {
        /// Runs `body` with a callee. `None` when it takes more than a plain call.
        pub fn with<T>(
            state: &mut State,
            callee: Value,
            body: impl FnOnce(&mut Repeated<'_>) -> Result<T, Raised>,
        ) -> Result<Option<T>, Raised> {
            let Some(callee) = callee.as_function() else { return Ok(None) };
            state.check_native_depth()?;
            if state.hooks.tier0.is_some() {
                state.keep_tier0_frame();
            }
            let nesting = *state.nesting();
            let words = &state.ctx.co;
            let record = Record {
                previous: words.record,
                kind: record_kind::TRAMPOLINE,
                sp: 0,
                resume_pc: machine::pl_call_again_caught as *const () as u64,
                stack_top: words.stack_top,
                tbc_top: words.tbc_top,
                handler: nesting.handler,
                // As they are during a call.
                non_yieldable: nesting.non_yieldable + 1,
                native_depth: nesting.native_depth + 1,
                system_sp: state.ctx.system_sp,
                exit_frame: words.exit_frame,
                exit_pc: words.exit_pc,
                lua_sp: words.lua_sp,
            };
            let tier0_frame = state.hooks.tier0_frame;
            let mut calls = Repeated { state, callee, record, tier0_frame, is_inside: false };
            calls.enter();
            let done = body(&mut calls);
            calls.leave();
            done.map(Some)
        }

        /// The function.
        pub fn callee(&self) -> Gc<Closure> {
            self.callee
        }

        /// Uses the state outside of any call.
        pub fn outside<T>(&mut self, body: impl FnOnce(&mut State) -> T) -> T {
            self.leave();
            let done = body(self.state);
            self.enter();
            done
        }

        /// [`Gc::replace_element`]
        #[inline(always)]
        pub fn replace_element(&mut self, table: Gc<Table>, key: u32, value: Value) -> bool {
            table.replace_element(self.state, key, value)
        }

        /// Calls the function with two arguments; whether its first result is true. Nothing in it can
        /// yield.
        #[inline(always)]
        pub fn is_true(&mut self, a: Value, b: Value) -> Result<bool, Raised> {
            debug_assert!(self.is_inside);
            let desc = desc(2, [a.tag(), b.tag(), 0]);
            let (ctx, record) = (&raw mut self.state.ctx, &raw mut self.record);
            let payloads = [a.payload(), b.payload()];
            // SAFETY: the callee is alive, this is the system stack, and the library function is the
            // one that the record was made in. The record is given anew to each call.
            let results =
                unsafe { machine::call_again(ctx, record, desc, payloads, self.callee.address()) };
            if results == THREW {
                return Err(self.outside(State::caught_in_trampoline));
            }
            Ok(results >> 8 & TAG_MASK > u64::from(tag::FALSE))
        }

        #[inline(never)]
        fn enter(&mut self) {
            self.is_inside = true;
            let nesting = self.state.nesting();
            nesting.non_yieldable = self.record.non_yieldable;
            nesting.native_depth = self.record.native_depth;
        }

        #[inline(never)]
        fn leave(&mut self) {
            self.is_inside = false;
            let (ctx, record) = (&mut self.state.ctx, &self.record);
            ctx.system_sp = record.system_sp;
            ctx.co.record = record.previous;
            ctx.co.exit_frame = record.exit_frame;
            ctx.co.exit_pc = record.exit_pc;
            ctx.co.lua_sp = record.lua_sp;
            let nesting = self.state.nesting();
            nesting.non_yieldable = self.record.non_yieldable - 1;
            nesting.native_depth = self.record.native_depth - 1;
            self.state.hooks.tier0_frame = self.tier0_frame;
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod kept {
    use core::marker::PhantomData;

    use crate::closure::Closure;
    use crate::error::Raised;
    use crate::gc::Gc;
    use crate::state::State;
    use crate::table::Table;
    use crate::value::Value;

    /// A function that is being called many times: never, here.
    #[derive(Debug)]
    pub struct Repeated<'a>(core::convert::Infallible, PhantomData<&'a mut State>);

    impl Repeated<'_> {
        /// There is no quicker way than plain calls.
        pub fn with<T>(
            _: &mut State,
            _: Value,
            _: impl FnOnce(&mut Repeated<'_>) -> Result<T, Raised>,
        ) -> Result<Option<T>, Raised> {
            Ok(None)
        }

        /// Never called.
        pub fn callee(&self) -> Gc<Closure> {
            match self.0 {}
        }

        /// Never called.
        pub fn outside<T>(&mut self, _: impl FnOnce(&mut State) -> T) -> T {
            match self.0 {}
        }

        /// Never called.
        pub fn replace_element(&mut self, _: Gc<Table>, _: u32, _: Value) -> bool {
            match self.0 {}
        }

        /// Never called.
        pub fn is_true(&mut self, _: Value, _: Value) -> Result<bool, Raised> {
            match self.0 {}
        }
    }
}

pub use kept::Repeated;
