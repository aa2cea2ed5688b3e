//! Control-C: raises an error in the program that is running, as under the reference's `lua`. While
//! none is, and the second time, it ends the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use runtime::state::State;
use signal_hook::consts::SIGINT;
use signal_hook::flag;

/// What the signal does.
pub(super) struct Interrupt {
    /// Asks the program to stop.
    asked: &'static AtomicBool,
    /// The next signal ends the process.
    last: Arc<AtomicBool>,
}

impl Interrupt {
    /// Takes over the signal, for the rest of the process. Without the means to do so it ends the
    /// process, as always.
    pub(super) fn install(state: &mut State) -> Interrupt {
        let last = Arc::new(AtomicBool::new(true));
        let asked: &'static Arc<AtomicBool> = Box::leak(Box::default());
        // In this order: the first looks at what the last one sets.
        let done = flag::register_conditional_default(SIGINT, Arc::clone(&last))
            .and_then(|_| flag::register(SIGINT, Arc::clone(asked)))
            .and_then(|_| flag::register(SIGINT, Arc::clone(&last)));
        if done.is_ok() {
            state.hooks.interrupt = Some(asked);
        }
        Interrupt { asked, last }
    }

    /// Calls what runs Lua code.
    pub(super) fn during<T>(&self, run: impl FnOnce() -> T) -> T {
        self.asked.store(false, Ordering::Relaxed);
        self.last.store(false, Ordering::Relaxed);
        let result = run();
        self.last.store(true, Ordering::Relaxed);
        result
    }
}
