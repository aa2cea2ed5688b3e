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
    /// C's `pow`, so that results equal the reference's to the last bit.
    pub safe fn pow(x: f64, y: f64) -> f64;
    /// C's `abort`.
    pub fn abort() -> !;
}

/// For `mmap`: pages can be read.
pub const PROT_READ: i32 = 1;
/// For `mmap`: pages can be written.
pub const PROT_WRITE: i32 = 2;
/// For `mmap`: changes stay our own.
pub const MAP_PRIVATE: i32 = 2;
/// For `mmap`: memory without a file.
pub const MAP_ANONYMOUS: i32 = 0x20;
/// For `mmap`: no memory is set aside before it is touched.
pub const MAP_NORESERVE: i32 = 0x4000;
/// For `madvise`: the contents may go.
pub const MADV_DONTNEED: i32 = 4;
/// For `madvise`: no huge pages.
pub const MADV_NOHUGEPAGE: i32 = 15;

unsafe extern "C" {
    /// POSIX's `mmap`.
    pub fn mmap(
        address: *mut u8,
        size: usize,
        protection: i32,
        flags: i32,
        file: i32,
        offset: i64,
    ) -> *mut u8;
    /// POSIX's `munmap`.
    pub fn munmap(address: *mut u8, size: usize) -> i32;
    /// `madvise`
    pub fn madvise(address: *mut u8, size: usize, advice: i32) -> i32;
}

/// How much address space the process may have; `u64::MAX`: all there is.
#[cfg(target_os = "linux")]
pub fn address_space() -> u64 {
    const RLIMIT_AS: i32 = 9;
    unsafe extern "C" {
        fn getrlimit(resource: i32, limits: *mut [u64; 2]) -> i32;
    }
    let mut limits = [u64::MAX; 2];
    // SAFETY: two words are written, or none.
    unsafe { getrlimit(RLIMIT_AS, &mut limits) };
    limits[0]
}

/// How much address space the process may have: no limit is known.
#[cfg(not(target_os = "linux"))]
pub fn address_space() -> u64 {
    u64::MAX
}

unsafe extern "C" {
    /// POSIX's `write`.
    fn write(file: i32, bytes: *const u8, count: usize) -> isize;
}

/// Writes to the standard error. What cannot be written is lost.
pub fn write_error(mut bytes: &[u8]) {
    while !bytes.is_empty() {
        // SAFETY: reads no more than `bytes` has.
        let written = unsafe { write(2, bytes.as_ptr(), bytes.len()) };
        match usize::try_from(written) {
            Ok(count) if count > 0 => bytes = &bytes[count..],
            _ => return,
        }
    }
}

/// The end of the running thread's stack: its highest address.
#[cfg(target_os = "linux")]
pub fn stack_end() -> u64 {
    unsafe extern "C" {
        fn pthread_self() -> usize;
        fn pthread_getattr_np(thread: usize, attributes: *mut [u64; 16]) -> i32;
        fn pthread_attr_getstack(
            attributes: *const [u64; 16],
            base: *mut *mut u8,
            size: *mut usize,
        ) -> i32;
        fn pthread_attr_destroy(attributes: *mut [u64; 16]) -> i32;
    }
    let mut attributes = [0; 16];
    let (mut base, mut size) = (core::ptr::null_mut::<u8>(), 0);
    // SAFETY: attributes are 64 bytes at most, and are initialised by the first call.
    unsafe {
        if pthread_getattr_np(pthread_self(), &mut attributes) != 0 {
            abort();
        }
        pthread_attr_getstack(&attributes, &mut base, &mut size);
        pthread_attr_destroy(&mut attributes);
    }
    base as u64 + size as u64
}

/// The end of the running thread's stack: its highest address.
#[cfg(target_vendor = "apple")]
pub fn stack_end() -> u64 {
    unsafe extern "C" {
        fn pthread_self() -> usize;
        fn pthread_get_stackaddr_np(thread: usize) -> *mut u8;
    }
    // SAFETY: of the running thread.
    unsafe { pthread_get_stackaddr_np(pthread_self()) as u64 }
}
