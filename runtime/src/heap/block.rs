//! Blocks: 64 KiB of memory each, aligned to their size, cut out of chunks of sixteen.
//!
//! A block holds cells of one size, behind a header, or small buffers. Any address can be asked
//! which cell it lies in: that is what makes the conservative scan of Rust frames possible.
#![expect(unsafe_code, reason = "lays out memory by hand")]

use alloc::vec::Vec;
use core::ptr::NonNull;

use abi::object::{ObjectHeader, kind};

use super::OutOfMemory;
use crate::gc::{Any, Gc};
use crate::sys;

/// The size and the alignment of a block.
pub(crate) const BLOCK_SIZE: usize = 1 << 16;
/// Every cell size is a multiple of it.
pub(crate) const GRANULE: usize = 16;
/// The largest cell. Larger objects stand alone.
pub(crate) const MAX_CELL: usize = 512;
/// Blocks in a chunk. One more is asked of the system, to align them.
const CHUNK_BLOCKS: usize = 16;

/// What a block is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Use {
    /// Nothing.
    Free,
    /// Cells with objects.
    Cells,
    /// Small buffers.
    Buffers,
}

/// The head of a block.
#[repr(C)]
pub(crate) struct Block {
    pub(crate) cell_size: u32,
    /// How many cells it has.
    pub(crate) cell_count: u32,
    /// Where the first run of free cells begins of those that nobody has taken since it was swept,
    /// counted from the block; 0: there is none.
    pub(crate) first_run: u32,
    pub(crate) used_for: Use,
    /// It was used before: what lies behind the header need not be zero. Blocks come from the system
    /// without this, and untouched.
    pub(crate) used: bool,
    /// Dead cells are freed.
    pub(crate) swept: bool,
    /// How many bytes were free when it was swept.
    pub(crate) free: u32,
    padding: [u8; 44],
}

/// Where the cells begin.
pub(crate) const FIRST_CELL: usize = size_of::<Block>();
const _: () = assert!(FIRST_CELL == 64);

/// What the first two words of a run of free cells say. The first is the header of a free cell.
#[repr(C)]
pub(crate) struct FreeRun {
    pub(crate) header: ObjectHeader,
    /// The length in bytes.
    pub(crate) size: u32,
    /// The next run of the block, counted from the block; 0: there is none.
    pub(crate) next: u32,
}

impl Block {
    /// The size of the cell that an object lies in, which is not one that stands alone.
    ///
    /// The heads of all blocks compete for the same few places of the cache: not for hot paths.
    pub(crate) fn cell_size_of(object: Gc<Any>) -> usize {
        let block = object.as_ptr().map_addr(|address| address & !(BLOCK_SIZE - 1));
        // SAFETY: objects lie in blocks of cells, which are aligned to their size.
        unsafe { (*block.cast::<Block>()).cell_size as usize }
    }

    /// Makes a block of cells out of a free one.
    ///
    /// # Safety
    ///
    /// `block` is a free block of a live chunk.
    pub(crate) unsafe fn format(block: *mut Block, cell_size: usize) {
        // SAFETY: the caller's promise; nobody refers to a free block.
        let block = unsafe { &mut *block };
        block.cell_size = cell_size as u32;
        block.cell_count = ((BLOCK_SIZE - FIRST_CELL) / cell_size) as u32;
        block.first_run = 0;
        block.used_for = Use::Cells;
        block.swept = true;
    }

    /// Whether no object is in it.
    ///
    /// # Safety
    ///
    /// `block` is a swept block of cells.
    pub(crate) unsafe fn is_empty(block: *mut Block) -> bool {
        // SAFETY: the caller's promise; the first run is a run of the block.
        unsafe {
            let all = (*block).cell_count * (*block).cell_size;
            (*block).first_run == FIRST_CELL as u32
                && (*block.cast::<u8>().add(FIRST_CELL).cast::<FreeRun>()).size == all
        }
    }

    /// The cell with this number, free or not.
    ///
    /// # Safety
    ///
    /// `block` is a block of cells, and `index` is less than `cell_count`.
    #[inline]
    pub(crate) unsafe fn cell(block: *mut Block, index: u32) -> *mut Any {
        // SAFETY: the caller's promise.
        unsafe {
            let offset = FIRST_CELL + index as usize * (*block).cell_size as usize;
            block.cast::<u8>().add(offset).cast()
        }
    }
}

/// Memory from the system that holds blocks.
#[derive(Debug)]
struct Chunk {
    /// What was allocated.
    memory: NonNull<u8>,
    /// The first block.
    blocks: *mut Block,
}

impl Chunk {
    fn block(&self, index: usize) -> *mut Block {
        self.blocks.cast::<u8>().wrapping_add(index * BLOCK_SIZE).cast()
    }

    fn all(&self) -> impl Iterator<Item = *mut Block> + use<> {
        let first = self.blocks.cast::<u8>();
        (0..CHUNK_BLOCKS).map(move |index| first.wrapping_add(index * BLOCK_SIZE).cast())
    }
}

/// All chunks of a heap, and the free blocks in them.
#[derive(Debug, Default)]
pub(crate) struct BlockMap {
    /// Sorted by address.
    chunks: Vec<Chunk>,
    free: Vec<*mut Block>,
}

impl BlockMap {
    /// A block that is free. Its header is all that may be relied on, unless it was never used.
    pub(crate) fn take(&mut self) -> Result<*mut Block, OutOfMemory> {
        if let Some(block) = self.free.pop() {
            return Ok(block);
        }
        self.chunks.try_reserve(1).map_err(|_| OutOfMemory)?;
        self.free.try_reserve(CHUNK_BLOCKS).map_err(|_| OutOfMemory)?;
        // SAFETY: calloc answers zeroed memory or null.
        let memory = unsafe { sys::calloc(CHUNK_BLOCKS + 1, BLOCK_SIZE) };
        let memory = NonNull::new(memory).ok_or(OutOfMemory)?;
        let aligned = memory.as_ptr().map_addr(|address| address.next_multiple_of(BLOCK_SIZE));
        let chunk = Chunk { memory, blocks: aligned.cast() };
        for index in (0..CHUNK_BLOCKS).rev() {
            let block = chunk.block(index);
            self.free.push(block);
        }
        let at = self.chunks.partition_point(|other| other.blocks < chunk.blocks);
        // Zero means free.
        self.chunks.insert(at, chunk);
        self.free.pop().ok_or(OutOfMemory)
    }

    /// Takes a block back.
    ///
    /// # Safety
    ///
    /// `block` is from `take`, and nothing in it is used any more.
    pub(crate) unsafe fn give_back(&mut self, block: *mut Block) {
        // SAFETY: the caller's promise.
        unsafe { (*block).used_for = Use::Free };
        self.free.push(block);
    }

    /// Gives chunks without a block in use back to the system, all but one.
    pub(crate) fn trim(&mut self) {
        let mut spare = true;
        let BlockMap { chunks, free } = self;
        chunks.retain(|chunk| {
            // SAFETY: reads headers of blocks of a live chunk.
            let unused = chunk.all().all(|block| unsafe { (*block).used_for == Use::Free });
            if !unused || core::mem::take(&mut spare) {
                return true;
            }
            let start = chunk.blocks as usize;
            let range = start..start + CHUNK_BLOCKS * BLOCK_SIZE;
            free.retain(|block| !range.contains(&(*block as usize)));
            // SAFETY: from calloc, and none of its blocks is used or listed any more.
            unsafe { sys::free(chunk.memory.as_ptr()) };
            false
        });
    }

    /// All blocks of cells.
    pub(crate) fn cell_blocks(&self) -> impl Iterator<Item = *mut Block> + '_ {
        // SAFETY: reads headers of blocks of live chunks.
        self.chunks
            .iter()
            .flat_map(Chunk::all)
            .filter(|block| unsafe { (**block).used_for == Use::Cells })
    }

    /// The object that `word` points to or into, if it is the address of a byte of one. In a block
    /// that is still to be swept only objects with this mark are.
    pub(crate) fn find(&self, word: u64, mark: u8) -> Option<Gc<Any>> {
        let address = word as usize;
        let after = self.chunks.partition_point(|chunk| chunk.blocks as usize <= address);
        let chunk = &self.chunks[after.checked_sub(1)?];
        let offset = address - chunk.blocks as usize;
        if offset >= CHUNK_BLOCKS * BLOCK_SIZE {
            return None;
        }
        let block = chunk.block(offset / BLOCK_SIZE);
        // SAFETY: a block of a live chunk; the index is checked before the cell is looked at, and
        // every cell of a block of cells begins with a header, if only that of a free one.
        unsafe {
            if (*block).used_for != Use::Cells {
                return None;
            }
            let offset = (offset % BLOCK_SIZE).checked_sub(FIRST_CELL)?;
            let index = (offset / (*block).cell_size as usize) as u32;
            if index >= (*block).cell_count {
                return None;
            }
            let cell = Block::cell(block, index);
            let is_alive = (*block).swept || (*cell).gc_bits() & mark != 0;
            ((*cell).kind() != kind::FREE && is_alive).then(|| Gc::from_raw(cell as u64))
        }
    }
}

impl Drop for BlockMap {
    fn drop(&mut self) {
        for chunk in &self.chunks {
            // SAFETY: from calloc; the heap goes, and all of its objects have gone.
            unsafe { sys::free(chunk.memory.as_ptr()) };
        }
    }
}
