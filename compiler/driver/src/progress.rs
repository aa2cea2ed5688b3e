//! One line on a terminal that says what a long build is at.
//!
//! It appears after half a second and disappears with the work; nobody sees it in a log.

use std::io::{IsTerminal, Write};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a build may take before the line appears.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often the line is drawn.
const PERIOD: Duration = Duration::from_millis(200);

/// What the line says. Standard error is the process's, and so is this.
static STATE: Mutex<State> = Mutex::new(State { stage: None, shown: false });
static CHANGED: Condvar = Condvar::new();

struct State {
    stage: Option<&'static str>,
    shown: bool,
}

/// Shows the line while it lives.
pub(crate) struct Progress {
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Progress {
    /// Starts to count the time, if standard error is a terminal.
    pub(crate) fn start() -> Progress {
        if !std::io::stderr().is_terminal() {
            return Progress { thread: None };
        }
        lock().stage = Some("reading");
        Progress { thread: std::thread::Builder::new().spawn(draw).ok() }
    }

    /// Says what is done from now on.
    pub(crate) fn stage(&self, stage: &'static str) {
        if self.thread.is_some() {
            lock().stage = Some(stage);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        lock().stage = None;
        CHANGED.notify_all();
        // It does nothing that could fail.
        let _ = thread.join();
    }
}

/// Removes the line, as something else is about to be written.
pub(crate) fn interrupt() {
    erase(&mut lock());
}

fn lock() -> std::sync::MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn erase(state: &mut State) {
    if std::mem::take(&mut state.shown) {
        let _ = std::io::stderr().write_all(b"\r\x1b[K");
    }
}

fn draw() {
    let start = Instant::now();
    let mut wait = PATIENCE;
    let mut state = lock();
    loop {
        let waited = CHANGED.wait_timeout_while(state, wait, |state| state.stage.is_some());
        state = waited.unwrap_or_else(PoisonError::into_inner).0;
        let Some(stage) = state.stage else { return erase(&mut state) };
        let seconds = start.elapsed().as_secs_f64();
        let _ = write!(std::io::stderr(), "\r\x1b[Kperilune: {stage} ({seconds:.1} s)");
        state.shown = true;
        wait = PERIOD;
    }
}
