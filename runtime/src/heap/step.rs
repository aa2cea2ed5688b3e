//! `collectgarbage("step")`.
//!
//! A collection is done in one go, so a step does one or none. In incremental mode steps do the work of a
//! cycle on paper: a basic one has looked at so many bytes of the heap, as many as in the reference; one of
//! a size counts as memory that was allocated, and looks at the heap once the pause between two cycles is
//! over. The step that comes to the end of the heap does the collection, and says that a cycle has ended.
//!
//! In generational mode a basic step collects the young; one of a size does when what it stands for and
//! what was allocated come to what the reference lets a program allocate in between. That ends no cycle.

use super::collect::Pacing;
use crate::state::State;

impl State {
    /// Does a step of so many kilobytes, or a basic step of the size that is set; whether it ended a
    /// cycle. The caller is as for [`State::collect_full`].
    pub fn collect_step(&mut self, kilobytes: i32) -> bool {
        let in_use = self.bytes_in_use();
        let pacing = &mut self.heap.pacing;
        pacing.debt = pacing.debt.saturating_add(i64::from(kilobytes) << 10);
        if pacing.generational {
            pacing.steps = true;
            if kilobytes == 0 || pacing.has_grown(in_use, pacing.minor_multiplier) {
                let is_full = kilobytes != 0 && in_use >= pacing.full;
                if is_full { self.collect_full() } else { self.collect_young() }
            }
            return false;
        }
        let size = if kilobytes == 0 {
            1_usize.checked_shl(pacing.step_size).unwrap_or(usize::MAX)
        } else if pacing.looked_at > 0 || pacing.has_grown(in_use, pacing.pause.saturating_sub(100))
        {
            usize::try_from(kilobytes).unwrap_or(0) << 10
        } else {
            0
        };
        // The reference looks at so many bytes for each of the size.
        let work = size.saturating_mul(pacing.step_multiplier.max(1) as usize);
        pacing.looked_at = pacing.looked_at.saturating_add(work);
        let ended = work > 0 && pacing.looked_at >= in_use;
        if ended {
            self.collect_full();
        }
        ended
    }
}

impl Pacing {
    /// Whether so many percent of what the last collection left were allocated since, or steps said so.
    fn has_grown(&self, in_use: usize, percent: u32) -> bool {
        let grown = (in_use as i64).saturating_sub(self.left as i64).saturating_add(self.debt);
        grown >= (self.left / 100).saturating_mul(percent as usize) as i64
    }
}
