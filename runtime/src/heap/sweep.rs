//! Sweeping: dead objects become runs of free cells.
//!
//! After marking, each class of cells has a list of blocks still to be swept; one is swept when
//! the class needs cells. Whatever is left is swept before the next full marking, so that then every
//! cell that is not free holds an object that was alive at the last collection or is younger. One of
//! the young needs no such care: in a block that is not swept, what has no mark is dead.
#![expect(unsafe_code, reason = "walks blocks cell by cell")]

use alloc::vec::Vec;
use core::ptr::{self, NonNull};

use abi::context::BumpRange;
use abi::object::{self, ObjectHeader, kind, proto_flags};

use super::block::{BLOCK_SIZE, Block, FIRST_CELL, FreeRun, GRANULE};
use super::{Heap, OutOfMemory};
use crate::closure::Proto;
use crate::coroutine::Thread;
use crate::gc::{Any, Gc};
use crate::hooks::Hooks;
use crate::stack::StackPool;
use crate::string::Str;
use crate::table::Table;

/// What freed memory is filled with in stress mode.
pub(crate) const POISON: u8 = 0xdb;

/// The most that is zeroed at once, so that it is still in the first-level cache when it is used.
const PIECE: usize = 4096;

/// A block with less room than this is not worth looking at again after each collection of the
/// young.
const FEW: u32 = BLOCK_SIZE as u32 / 8;

/// The blocks of one cell size: those that have nothing to give, those that were given out since
/// the last collection, and the others.
#[derive(Debug, Default)]
pub(crate) struct Class {
    blocks: Vec<*mut Block>,
    /// How many of them, from the first on, are left alone until the next full collection, as
    /// hardly a cell in them was free.
    full: usize,
    /// How many of them were given out, those that are full included.
    taken: usize,
    /// From which one on all are swept, if that is more.
    swept_from: usize,
    /// The block that runs are taken from, or null.
    current: *mut Block,
}

/// What freeing objects needs beside the heap.
pub(crate) struct Context<'a> {
    pub(crate) hooks: Hooks,
    pub(crate) stacks: &'a mut StackPool,
}

impl Heap {
    /// A run of the current block, zeroed.
    pub(super) fn take_run(&mut self, class: usize) -> Option<BumpRange> {
        let block = self.classes[class].current;
        if block.is_null() {
            return None;
        }
        let cell_size = class * GRANULE;
        // SAFETY: the current block is a swept block of cells, whose free runs are linked through
        // their first cells, and nobody else refers to free cells.
        unsafe {
            let offset = (*block).first_run as usize;
            if offset == 0 {
                self.classes[class].current = ptr::null_mut();
                return None;
            }
            let start = block.cast::<u8>().add(offset);
            let run = start.cast::<FreeRun>().read();
            let piece = if self.stress { cell_size } else { PIECE / cell_size * cell_size };
            let mut size = run.size as usize;
            let used = (*block).used;
            if size > piece {
                size = piece;
                let rest = start.add(size).cast::<FreeRun>();
                rest.write(FreeRun {
                    header: run.header,
                    size: run.size - size as u32,
                    next: run.next,
                });
                (*block).first_run = (offset + size) as u32;
            } else {
                (*block).first_run = run.next;
            }
            ptr::write_bytes(start, 0, if used { size } else { size_of::<FreeRun>() });
            let next = start as u64;
            Some(BumpRange { next, end: next + size as u64 })
        }
    }

    /// Sweeps the next block of the class and makes it current; false when there is none.
    pub(super) fn sweep_next(&mut self, class: usize, context: &mut Context<'_>) -> bool {
        let taken = self.classes[class].taken;
        let Some(&block) = self.classes[class].blocks.get(taken) else { return false };
        self.sweep_block(block, context);
        let class = &mut self.classes[class];
        class.taken += 1;
        // SAFETY: a block of cells.
        if self.ages && unsafe { (*block).free } < FEW {
            class.blocks.swap(class.full, taken);
            class.full += 1;
        } else {
            class.current = block;
        }
        true
    }

    /// Gives the class another block and makes it current.
    pub(super) fn add_block(&mut self, class: usize) -> Result<(), OutOfMemory> {
        self.classes[class].blocks.try_reserve(1).map_err(|_| OutOfMemory)?;
        let block = self.blocks.take()?;
        // SAFETY: the block is free; its first cell is inside it.
        unsafe {
            Block::format(block, class * GRANULE);
            (*block).first_run = FIRST_CELL as u32;
            block.cast::<u8>().add(FIRST_CELL).cast::<FreeRun>().write(FreeRun {
                header: FREE_HEADER,
                size: (*block).cell_count * (*block).cell_size,
                next: 0,
            });
            if (*block).used {
                // The cells must read as free to whoever walks the block.
                for index in 1..(*block).cell_count {
                    Block::cell(block, index).cast::<ObjectHeader>().write(FREE_HEADER);
                }
            }
        }
        let class = &mut self.classes[class];
        debug_assert_eq!(class.blocks.len(), class.taken);
        class.blocks.push(block);
        class.taken += 1;
        class.current = block;
        Ok(())
    }

    /// Frees the dead objects of a block, links the runs. The runs that nobody has taken are known
    /// and stepped over: the work is that for the objects there are.
    fn sweep_block(&mut self, block: *mut Block, context: &mut Context<'_>) {
        // SAFETY: a block of cells: each begins with a header, and what is not marked is reached
        // by nobody. The heads of runs are written behind the place where the next one is read.
        unsafe {
            if (*block).swept {
                return;
            }
            (*block).swept = true;
            (*block).used = true;
            let cell_size = (*block).cell_size;
            let end = FIRST_CELL as u32 + (*block).cell_count * cell_size;
            let mut known = (*block).first_run;
            let mut free = 0;
            let mut link = &raw mut (*block).first_run;
            let mut run: *mut u8 = ptr::null_mut();
            let mut run_size = 0u32;
            let mut at = FIRST_CELL as u32;
            while at < end {
                let cell = block.cast::<u8>().add(at as usize).cast::<Any>();
                let mut size = cell_size;
                if at == known {
                    let untouched = cell.cast::<FreeRun>();
                    size = (*untouched).size;
                    known = (*untouched).next;
                } else if (*cell).kind() != kind::FREE {
                    if (*cell).gc_bits() & self.mark != 0 {
                        if run_size != 0 {
                            link = end_run(block, link, run, run_size);
                            run_size = 0;
                        }
                        at += size;
                        continue;
                    }
                    self.destroy(Gc::from_raw(cell as u64), context);
                    let header = cell.cast::<ObjectHeader>();
                    header.write(FREE_HEADER);
                    if self.poison {
                        let body = cell_size as usize - size_of::<ObjectHeader>();
                        ptr::write_bytes(header.add(1).cast::<u8>(), POISON, body);
                    }
                }
                if run_size == 0 {
                    run = cell.cast();
                }
                run_size += size;
                free += size;
                at += size;
            }
            if run_size != 0 {
                link = end_run(block, link, run, run_size);
            }
            *link = 0;
            (*block).free = free;
        }
    }

    /// Forgets the runs that are given out or known, before marking.
    pub(super) fn retire_runs(&mut self) {
        for class in &mut self.classes {
            class.current = ptr::null_mut();
        }
    }

    /// Sweeps all that is still to be swept. Blocks without an object are free for any class.
    pub(super) fn finish_sweep(&mut self, context: &mut Context<'_>) {
        for class in 1..self.classes.len() {
            let mut index = self.classes[class].taken;
            while index < self.classes[class].swept_from {
                let block = self.classes[class].blocks[index];
                self.sweep_block(block, context);
                // SAFETY: a swept block.
                if unsafe { Block::is_empty(block) } {
                    let class = &mut self.classes[class];
                    class.blocks.swap_remove(index);
                    class.swept_from = class.swept_from.min(class.blocks.len());
                    // SAFETY: no object is in it, and it is on no list any more.
                    unsafe { self.blocks.give_back(block) };
                    continue;
                }
                index += 1;
            }
            self.classes[class].swept_from = 0;
        }
    }

    /// Likewise, but lets each class keep its blocks.
    pub(super) fn sweep_rest(&mut self, context: &mut Context<'_>) {
        for class in 1..self.classes.len() {
            let Class { taken, swept_from, .. } = self.classes[class];
            for index in taken..swept_from {
                self.sweep_block(self.classes[class].blocks[index], context);
            }
            self.classes[class].swept_from = 0;
        }
    }

    /// After marking: everything is to be swept, or after one of the young what was given out
    /// since the last collection, which is what is given out next. Large objects are swept at once.
    pub(super) fn start_sweep(&mut self, young: bool, context: &mut Context<'_>) {
        for class in &mut self.classes {
            if !young {
                class.full = 0;
                class.taken = class.blocks.len();
            }
            class.swept_from = class.swept_from.max(class.taken);
            let given = class.full..core::mem::replace(&mut class.taken, class.full);
            for block in &class.blocks[given] {
                // SAFETY: a block of cells.
                unsafe { (**block).swept = false };
            }
        }
        let mut kept = 0;
        for index in 0..self.large.len() {
            let large = self.large[index];
            // SAFETY: a large object, and unmarked ones are reached by nobody.
            unsafe {
                let object = Gc::<Any>::from_raw(large.address);
                if object.gc_bits() & self.mark != 0 {
                    self.large[kept] = large;
                    kept += 1;
                } else {
                    self.destroy(object, context);
                    self.free_large(large);
                }
            }
        }
        self.large.truncate(kept);
    }

    /// # Safety
    ///
    /// The object was destroyed and leaves the list.
    unsafe fn free_large(&mut self, large: super::Large) {
        // SAFETY: its memory is a buffer of that size, not null, and nobody uses it any more.
        unsafe { self.free_buffer(NonNull::new_unchecked(large.address as *mut u8), large.size) };
    }

    /// Frees what belongs to a dead object. The object itself is then a header without meaning.
    fn destroy(&mut self, object: Gc<Any>, context: &mut Context<'_>) {
        match object.kind() {
            kind::STRING => {
                if let Some(string) = object.downcast::<Str>() {
                    crate::string::free_parts(self, string);
                }
            }
            kind::TABLE => {
                if let Some(table) = object.downcast::<Table>() {
                    table.free_parts(self);
                }
            }
            kind::THREAD => {
                if let Some(thread) = object.downcast::<Thread>() {
                    thread.release(self, context.stacks);
                }
            }
            kind::PROTO => {
                if let Some(proto) = object.downcast::<Proto>() {
                    let proto: object::Proto = proto.get();
                    if proto.header.flags & proto_flags::TIER0 != 0
                        && let Some(tier0) = context.hooks.tier0
                    {
                        let bytes = (tier0.free)(proto.data);
                        self.uncount_code(bytes);
                    }
                }
            }
            _ => {}
        }
    }

    /// Frees all objects, when the state goes.
    pub(crate) fn destroy_all(&mut self, context: &mut Context<'_>) {
        let objects: Vec<Gc<Any>> = self.objects().collect();
        for object in objects {
            self.destroy(object, context);
        }
        for large in core::mem::take(&mut self.large) {
            // SAFETY: destroyed above, and taken off the list.
            unsafe { self.free_large(large) };
        }
    }
}

const FREE_HEADER: ObjectHeader =
    ObjectHeader { kind: kind::FREE, gc: 0, flags: 0, extra: 0, aux: 0 };

/// Writes the head of a run and links it; gives the place for the link to the next one.
///
/// # Safety
///
/// The run lies in free cells of the block, and `link` is a field of the block or of a run.
unsafe fn end_run(block: *mut Block, link: *mut u32, run: *mut u8, size: u32) -> *mut u32 {
    debug_assert!((size as usize) < BLOCK_SIZE);
    // SAFETY: the caller's promise.
    unsafe {
        *link = (run as usize - block as usize) as u32;
        let run = NonNull::new_unchecked(run.cast::<FreeRun>()).as_ptr();
        run.write(FreeRun { header: FREE_HEADER, size, next: 0 });
        &raw mut (*run).next
    }
}
