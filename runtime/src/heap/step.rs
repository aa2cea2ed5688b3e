//! `collectgarbage("step")`.
//!
//! A collection is done in one go, so a step either does a whole one or nothing. It says truly which:
//! true ends a cycle. Steps count as memory that was allocated, as in the reference, and when they
//! come to what may be allocated between two collections, the step collects.

use crate::state::State;

impl State {
    /// Does a step of so many kilobytes, or a basic step of the size that is set; whether it ended a
    /// cycle. The caller is as for [`State::collect_full`].
    pub fn collect_step(&mut self, kilobytes: i32) -> bool {
        let pacing = &self.heap.pacing;
        if pacing.generational {
            // After a collection of the young no cycle has ended.
            self.collect_young();
            return false;
        }
        let bytes = self.bytes_in_use();
        let (step, wanted) = if kilobytes == 0 {
            let size = 1_usize.checked_shl(pacing.step_size).unwrap_or(usize::MAX);
            // The reference looks at so many bytes for each that was allocated.
            let work = size.saturating_mul(pacing.step_multiplier.max(1) as usize);
            (i64::try_from(work).unwrap_or(i64::MAX), bytes)
        } else {
            (i64::from(kilobytes) << 10, bytes / 100 * pacing.pause.saturating_sub(100) as usize)
        };
        let credit = pacing.step_credit.saturating_add(step);
        let is_due = credit > 0 && credit as usize >= wanted;
        self.heap.pacing.step_credit = if is_due { 0 } else { credit };
        if is_due {
            self.collect_full();
        }
        is_due
    }
}
