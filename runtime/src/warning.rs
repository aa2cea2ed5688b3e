//! Warnings: what `warn` and failing finalizers write to the standard error.

use alloc::vec::Vec;

use crate::state::State;
use crate::sys;

/// Whether warnings are shown, and what of one is there so far.
#[derive(Debug, Default)]
pub struct Warnings {
    on: bool,
    pieces: Vec<u8>,
    /// A piece was given and more are to come.
    unfinished: bool,
}

/// Gives a whole warning in pieces.
pub fn warn(state: &mut State, pieces: &[&[u8]]) {
    if let Some((last, first)) = pieces.split_last() {
        first.iter().for_each(|piece| state.warn(piece, true));
        state.warn(last, false);
    }
}

impl State {
    /// Gives a piece of a warning; `to_continue` says that more follow. A single piece that starts
    /// with `@` is a control message: `@on` and `@off` are known.
    pub fn warn(&mut self, piece: &[u8], to_continue: bool) {
        let warnings = &mut self.warnings;
        if !warnings.unfinished
            && !to_continue
            && let Some(message) = piece.strip_prefix(b"@")
        {
            match message {
                b"on" => warnings.on = true,
                b"off" => warnings.on = false,
                _ => {}
            }
            return;
        }
        warnings.unfinished = to_continue;
        if !warnings.on {
            return;
        }
        if warnings.pieces.is_empty() {
            warnings.pieces.extend_from_slice(b"Lua warning: ");
        }
        warnings.pieces.extend_from_slice(piece);
        if !to_continue {
            let mut line = core::mem::take(&mut warnings.pieces);
            line.push(b'\n');
            self.flush_print();
            sys::write_error(&line);
        }
    }
}
