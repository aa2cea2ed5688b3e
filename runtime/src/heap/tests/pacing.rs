//! Tests of steps, and of what a collection of a small heap looks at.
#![expect(unsafe_code, reason = "walks blocks cell by cell")]

use super::*;
use crate::heap::block::{Block, FreeRun};

/// Checks after an exact collection that the free cells of each block are those of its runs.
fn check_runs(state: &State) {
    for block in state.heap.blocks.cell_blocks() {
        // SAFETY: a block of cells, and the offsets are those of its runs.
        unsafe {
            let (mut at, mut free) = ((*block).first_run, Vec::new());
            while at != 0 {
                let run = block.cast::<u8>().add(at as usize).cast::<FreeRun>().read();
                free.extend((at..at + run.size).step_by((*block).cell_size as usize));
                at = run.next;
            }
            let cells = (0..(*block).cell_count).map(|index| Block::cell(block, index));
            let cells = cells.filter(|cell| (**cell).kind() == kind::FREE);
            let cells: Vec<u32> =
                cells.map(|cell| (cell as usize - block as usize) as u32).collect();
            assert_eq!(free, cells);
        }
    }
}

#[test]
fn runs_that_were_not_taken_stay_as_they_are() {
    let mut state = state();
    let list = table(&mut state);
    keep(&mut state, "list", list);
    for round in 1..=20 {
        for index in 1..=4000 {
            let inner = table(&mut state);
            // Some die at once, some a few rounds later, and some rounds leave whole runs alone.
            if index % (round + 2) == 0 {
                list.set_int(&mut state, index, Value::table(inner)).unwrap();
            }
            if round % 3 == 0 && index == 100 {
                break;
            }
        }
        for index in (round..4000).step_by(3) {
            list.set_int(&mut state, index, Value::FALSE).unwrap();
        }
        let before = count(&state, kind::TABLE);
        state.collect_full();
        check_runs(&state);
        let left = count(&state, kind::TABLE);
        assert!(left < before);
        state.collect_full();
        check_runs(&state);
        assert_eq!(count(&state, kind::TABLE), left);
    }
}

#[test]
fn a_basic_step_collects_the_young() {
    let mut state = state();
    assert!(!state.collect_step(0) && !state.heap.ages, "in a tiny heap it collects all");
    let ballast = state.new_string(&[b'x'; 1 << 20]).unwrap();
    keep(&mut state, "ballast", ballast);
    let kept = table(&mut state);
    keep(&mut state, "kept", kept);
    assert!(!state.collect_step(0) && state.heap.ages);
    let before = count(&state, kind::TABLE);
    for round in 1..=3 {
        keep(&mut state, "kept", round);
        table(&mut state);
        assert!(!state.collect_step(0));
        assert_eq!(count(&state, kind::TABLE), before, "the old one is left alone");
    }
    state.collect_full();
    assert_eq!(count(&state, kind::TABLE), before - 1);
}

#[test]
fn steps_of_a_size_count_as_allocations() {
    let mut state = state();
    let ballast = state.new_string(&[b'x'; 1 << 20]).unwrap();
    keep(&mut state, "ballast", ballast);
    state.collect_full();
    table(&mut state);
    let before = count(&state, kind::TABLE);
    // A fifth of a heap of a mebibyte and a little.
    for _ in 0..20 {
        assert!(!state.collect_step(10));
    }
    assert_eq!(count(&state, kind::TABLE), before);
    assert!(!state.collect_step(20));
    assert_eq!(count(&state, kind::TABLE), before - 1);
}

#[test]
fn a_cycle_ends_where_steps_have_seen_the_heap() {
    let mut state = state();
    state.heap.pacing.generational = false;
    let ballast = state.new_string(&[b'x'; 4 << 20]).unwrap();
    keep(&mut state, "ballast", ballast);
    state.collect_full();
    let steps = |state: &mut State, kilobytes| {
        table(state);
        let before = count(state, kind::TABLE);
        for turn in 1.. {
            if state.collect_step(kilobytes) {
                assert_eq!(count(state, kind::TABLE), before - 1);
                return turn;
            }
            assert_eq!(count(state, kind::TABLE), before);
        }
        0
    };
    // 8 KiB a hundred times, and what the heap may grow by.
    assert_eq!(steps(&mut state, 0), 6);
    assert!((40..45).contains(&steps(&mut state, 100)));
    assert_eq!(steps(&mut state, 5000), 1);
    assert!(!state.collect_step(-5000) && !state.collect_step(5000));
}

#[test]
fn few_survivors_of_few_say_nothing() {
    let mut state = large_state();
    for _ in 0..10 {
        let kept = table(&mut state);
        keep(&mut state, "kept", kept);
        state.collect_step(0);
        assert!(state.heap.ages && state.heap.pacing.collects_young());
    }
}

#[test]
fn blocks_stay_with_their_class_in_a_step() {
    let mut state = large_state();
    for _ in 0..10 {
        for _ in 0..10_000 {
            table(&mut state);
        }
        state.collect_step(0);
        check_runs(&state);
    }
    state.finish_sweep();
    check_runs(&state);
}
