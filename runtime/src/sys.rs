//! Declarations of the C library's functions that the runtime uses.
//!
//! Stated once, with the types of 64-bit targets. Safe wrappers lie with their users.
#![expect(unsafe_code, reason = "declarations of C functions")]

unsafe extern "C" {
    /// C's `malloc`.
    pub fn malloc(size: usize) -> *mut u8;
    /// C's `calloc`.
    pub fn calloc(count: usize, size: usize) -> *mut u8;
    /// C's `realloc`.
    pub fn realloc(pointer: *mut u8, size: usize) -> *mut u8;
    /// C's `free`.
    pub fn free(pointer: *mut u8);
    /// C's `abort`.
    pub fn abort() -> !;
}
