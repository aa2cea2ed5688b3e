//! Streams: the C library's `FILE *` behind safe functions.
//!
//! A stream is used only while it is open. That is kept by the one place that closes streams,
//! [`Stream::close`] by way of `stdlib/io.rs`, which marks the file's handle as closed first and
//! takes a stream out of its handle anew for every call.
#![expect(unsafe_code, reason = "calls the C library")]

use alloc::ffi::CString;
use alloc::vec::Vec;
use core::ffi::{CStr, c_char, c_int};
use core::mem::MaybeUninit;
use core::ptr::{self, NonNull};

use crate::gc::Gc;
use crate::sys;
use crate::userdata::Userdata;

#[repr(C)]
struct RawFile {
    opaque: [u8; 0],
}

unsafe extern "C" {
    fn fopen(name: *const c_char, mode: *const c_char) -> *mut RawFile;
    fn popen(command: *const c_char, mode: *const c_char) -> *mut RawFile;
    fn tmpfile() -> *mut RawFile;
    fn fclose(file: *mut RawFile) -> c_int;
    fn pclose(file: *mut RawFile) -> c_int;
    fn fflush(file: *mut RawFile) -> c_int;
    fn ungetc(byte: c_int, file: *mut RawFile) -> c_int;
    fn setvbuf(file: *mut RawFile, buffer: *mut c_char, mode: c_int, size: usize) -> c_int;
    fn fseeko(file: *mut RawFile, offset: i64, whence: c_int) -> c_int;
    fn ftello(file: *mut RawFile) -> i64;
    fn getline(line: *mut *mut c_char, capacity: *mut usize, file: *mut RawFile) -> isize;
    fn getc_unlocked(file: *mut RawFile) -> c_int;
    fn strerror(number: c_int) -> *const c_char;
}

#[cfg(target_os = "linux")]
unsafe extern "C" {
    fn fwrite_unlocked(bytes: *const u8, size: usize, count: usize, file: *mut RawFile) -> usize;
    fn fread_unlocked(bytes: *mut u8, size: usize, count: usize, file: *mut RawFile) -> usize;
    #[link_name = "ferror_unlocked"]
    fn ferror(file: *mut RawFile) -> c_int;
    #[link_name = "clearerr_unlocked"]
    fn clearerr(file: *mut RawFile);
    fn __errno_location() -> *mut c_int;
    static stdin: *mut RawFile;
    static stdout: *mut RawFile;
    static stderr: *mut RawFile;
}

#[cfg(target_vendor = "apple")]
unsafe extern "C" {
    #[link_name = "fwrite"]
    fn fwrite_unlocked(bytes: *const u8, size: usize, count: usize, file: *mut RawFile) -> usize;
    #[link_name = "fread"]
    fn fread_unlocked(bytes: *mut u8, size: usize, count: usize, file: *mut RawFile) -> usize;
    fn ferror(file: *mut RawFile) -> c_int;
    fn clearerr(file: *mut RawFile);
    #[link_name = "__error"]
    fn __errno_location() -> *mut c_int;
    #[link_name = "__stdinp"]
    static stdin: *mut RawFile;
    #[link_name = "__stdoutp"]
    static stdout: *mut RawFile;
    #[link_name = "__stderrp"]
    static stderr: *mut RawFile;
}

/// The number of the last error of the C library.
pub fn errno() -> c_int {
    // SAFETY: the address is that of the thread's own variable.
    unsafe { *__errno_location() }
}

/// Sets the number of the last error to zero: what follows may leave it alone.
pub fn clear_errno() {
    // SAFETY: as in `errno`.
    unsafe { *__errno_location() = 0 }
}

/// The text of an error number.
pub fn error_text(number: c_int) -> Vec<u8> {
    // SAFETY: the C library gives a string, which stays until the next call.
    unsafe { CStr::from_ptr(strerror(number)) }.to_bytes().to_vec()
}

/// The C string in `bytes`, which ends at the first NUL.
pub fn c_string(bytes: &[u8]) -> CString {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    CString::new(&bytes[..end]).unwrap_or_default()
}

/// Runs `body` with the C string in `bytes`, which ends at the first NUL. Short ones take no
/// allocation.
pub fn with_c_string<T>(bytes: &[u8], body: impl FnOnce(&CStr) -> T) -> T {
    let mut place = [0; 64];
    if let Some(text) = place[..63].get_mut(..bytes.len()) {
        text.copy_from_slice(bytes);
        if let Ok(text) = CStr::from_bytes_until_nul(&place) {
            return body(text);
        }
    }
    body(&c_string(bytes))
}

/// How a stream is buffered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Buffering {
    /// Not at all.
    No,
    /// Until the buffer is full.
    Full,
    /// Until the end of the line.
    Line,
}

/// What a seek is relative to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whence {
    /// The beginning.
    Start = 0,
    /// The current position.
    Current = 1,
    /// The end.
    End = 2,
}

/// How a file's handle is to be closed: the second word of its userdata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// It is closed.
    Closed = 0,
    /// A file.
    File = 1,
    /// A pipe to a process.
    Pipe = 2,
    /// A standard file, which stays open.
    Standard = 3,
}

/// An open stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream(NonNull<RawFile>);

impl core::fmt::Debug for RawFile {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("FILE")
    }
}

impl Stream {
    /// The standard input.
    pub fn standard_input() -> Option<Stream> {
        // SAFETY: set before the program begins; read as a plain pointer.
        NonNull::new(unsafe { stdin }).map(Stream)
    }

    /// The standard output.
    pub fn standard_output() -> Option<Stream> {
        // SAFETY: as above.
        NonNull::new(unsafe { stdout }).map(Stream)
    }

    /// The standard error output.
    pub fn standard_error() -> Option<Stream> {
        // SAFETY: as above.
        NonNull::new(unsafe { stderr }).map(Stream)
    }

    /// Opens a file; `None`: see [`errno`].
    pub fn open(name: &CStr, mode: &CStr) -> Option<Stream> {
        // SAFETY: both are C strings.
        NonNull::new(unsafe { fopen(name.as_ptr(), mode.as_ptr()) }).map(Stream)
    }

    /// Starts a process.
    pub fn open_process(command: &CStr, mode: &CStr) -> Option<Stream> {
        // SAFETY: both are C strings; all output so far goes before that of the process.
        unsafe {
            fflush(ptr::null_mut());
            NonNull::new(popen(command.as_ptr(), mode.as_ptr())).map(Stream)
        }
    }

    /// Opens a nameless temporary file.
    pub fn open_temporary() -> Option<Stream> {
        // SAFETY: takes nothing.
        NonNull::new(unsafe { tmpfile() }).map(Stream)
    }

    /// The address, for messages.
    pub fn address(self) -> u64 {
        self.0.as_ptr() as u64
    }

    /// The stream in a file's handle, and how it is to be closed; `None` when it is closed. The
    /// handle is one that [`Stream::keep_in`] or nobody wrote to: a userdata of two zero words is
    /// a closed file.
    pub fn of_handle(handle: Gc<Userdata>) -> Option<(Stream, Closing)> {
        let closing = match handle.word(1) {
            1 => Closing::File,
            2 => Closing::Pipe,
            3 => Closing::Standard,
            _ => return None,
        };
        NonNull::new(handle.word(0) as *mut RawFile).map(|file| (Stream(file), closing))
    }

    /// Puts the stream into a handle.
    pub fn keep_in(self, handle: Gc<Userdata>, closing: Closing) {
        handle.set_word(0, self.address());
        handle.set_word(1, closing as u64);
    }

    fn raw(self) -> *mut RawFile {
        self.0.as_ptr()
    }

    /// Writes; false when not all of it could be written.
    #[inline]
    pub fn write(self, bytes: &[u8]) -> bool {
        // SAFETY: the stream is open, and the bytes are there.
        unsafe { fwrite_unlocked(bytes.as_ptr(), 1, bytes.len(), self.raw()) == bytes.len() }
    }

    /// Reads up to `into.len()` bytes; fewer at the end or at an error.
    #[inline]
    pub fn read(self, into: &mut [u8]) -> usize {
        // SAFETY: the stream is open, and the place is ours.
        unsafe { fread_unlocked(into.as_mut_ptr(), 1, into.len(), self.raw()) }
    }

    /// Reads up to `place.len()` bytes to the beginning of `place`; how many it were.
    #[inline]
    pub fn read_into(self, place: &mut [MaybeUninit<u8>]) -> usize {
        // SAFETY: the stream is open, and the place is ours.
        let got = unsafe { fread_unlocked(place.as_mut_ptr().cast(), 1, place.len(), self.raw()) };
        // As the C library promises, and as others rely on.
        assert!(got <= place.len());
        got
    }

    /// Appends up to `count` bytes, for which there is room behind the last one; fewer at the end or
    /// at an error. How many they are.
    pub fn append_to(self, into: &mut Vec<u8>, count: usize) -> usize {
        let place = into.spare_capacity_mut();
        let count = count.min(place.len());
        let got = self.read_into(&mut place[..count]);
        // SAFETY: so many bytes were written behind the last one.
        unsafe { into.set_len(into.len() + got) };
        got
    }

    /// The next byte; `None` at the end or at an error.
    #[inline]
    pub fn next_byte(self) -> Option<u8> {
        // SAFETY: the stream is open.
        u8::try_from(unsafe { getc_unlocked(self.raw()) }).ok()
    }

    /// Puts a byte back, to be read next.
    pub fn put_back(self, byte: u8) {
        // SAFETY: the stream is open.
        unsafe { ungetc(c_int::from(byte), self.raw()) };
    }

    /// The rest of the line, its end included; empty at the end of the stream or at an error.
    pub fn read_line(self, buffer: &mut LineBuffer) -> &[u8] {
        // SAFETY: the buffer is one of the C library's, which may replace it by a larger one.
        let len = unsafe { getline(&mut buffer.pointer, &mut buffer.capacity, self.raw()) };
        match usize::try_from(len) {
            // SAFETY: so many bytes were written to it.
            Ok(len) if len > 0 => unsafe {
                core::slice::from_raw_parts(buffer.pointer.cast::<u8>(), len)
            },
            _ => &[],
        }
    }

    /// Writes out what is buffered.
    pub fn flush(self) -> bool {
        // SAFETY: the stream is open.
        unsafe { fflush(self.raw()) == 0 }
    }

    /// Whether there was an error since [`Stream::clear_error`].
    pub fn has_error(self) -> bool {
        // SAFETY: the stream is open.
        unsafe { ferror(self.raw()) != 0 }
    }

    /// Forgets errors and the end of the stream.
    pub fn clear_error(self) {
        // SAFETY: the stream is open.
        unsafe { clearerr(self.raw()) }
    }

    /// Goes to a position.
    pub fn seek(self, offset: i64, whence: Whence) -> bool {
        // SAFETY: the stream is open.
        unsafe { fseeko(self.raw(), offset, whence as c_int) == 0 }
    }

    /// The position.
    pub fn position(self) -> i64 {
        // SAFETY: the stream is open.
        unsafe { ftello(self.raw()) }
    }

    /// Says how to buffer.
    pub fn set_buffering(self, buffering: Buffering, size: usize) -> bool {
        // The same numbers on every platform with this interface, but for those of Windows.
        let mode = match buffering {
            Buffering::Full => 0,
            Buffering::Line => 1,
            Buffering::No => 2,
        };
        // SAFETY: the stream is open; the C library allocates the buffer.
        unsafe { setvbuf(self.raw(), ptr::null_mut(), mode, size) == 0 }
    }

    /// Closes a file. The handle was marked as closed before.
    pub fn close(self) -> bool {
        // SAFETY: the stream is open, and nobody uses it from here on.
        unsafe { fclose(self.raw()) == 0 }
    }

    /// Closes a pipe and waits for its process; its status.
    pub fn close_process(self) -> c_int {
        // SAFETY: the stream is open and one of `popen`; nobody uses it from here on.
        unsafe { pclose(self.raw()) }
    }
}

/// Where lines are read to: memory of the C library's, kept from line to line.
#[derive(Debug)]
pub struct LineBuffer {
    pointer: *mut c_char,
    capacity: usize,
}

impl Default for LineBuffer {
    fn default() -> Self {
        LineBuffer { pointer: ptr::null_mut(), capacity: 0 }
    }
}

impl LineBuffer {
    /// Frees it when it has grown large.
    pub fn trim(&mut self) {
        if self.capacity > 1 << 16 {
            *self = LineBuffer::default();
        }
    }
}

impl Drop for LineBuffer {
    fn drop(&mut self) {
        // SAFETY: null, or allocated by `getline`.
        unsafe { sys::free(self.pointer.cast()) }
    }
}

/// All bytes of a file, or the error's text.
pub fn read_whole(name: &[u8]) -> Result<Vec<u8>, Vec<u8>> {
    clear_errno();
    let stream = Stream::open(&c_string(name), c"rb").ok_or_else(|| error_text(errno()))?;
    let bytes = read_rest(stream);
    let failed = stream.has_error();
    let number = errno();
    stream.close();
    if failed { Err(error_text(number)) } else { Ok(bytes) }
}

/// All bytes up to the end of a stream.
pub fn read_rest(stream: Stream) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let len = bytes.len();
        let more = len.max(4096);
        if bytes.try_reserve(more).is_err() {
            return bytes;
        }
        bytes.resize(len + more, 0);
        let count = stream.read(&mut bytes[len..]);
        bytes.truncate(len + count);
        if count < more {
            return bytes;
        }
    }
}

/// Writes out what all streams have buffered.
pub fn flush_all() {
    // SAFETY: null stands for all streams.
    unsafe { fflush(ptr::null_mut()) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_and_reads_back() {
        let stream = Stream::open_temporary().unwrap();
        assert!(stream.write(b"one\ntwo\n\nlast"));
        assert!(stream.seek(0, Whence::Start));
        let mut buffer = LineBuffer::default();
        assert_eq!(stream.read_line(&mut buffer), b"one\n");
        assert_eq!(stream.next_byte(), Some(b't'));
        stream.put_back(b't');
        assert_eq!(stream.read_line(&mut buffer), b"two\n");
        assert_eq!(stream.read_line(&mut buffer), b"\n");
        assert_eq!(stream.read_line(&mut buffer), b"last");
        assert_eq!(stream.read_line(&mut buffer), b"");
        assert_eq!(stream.position(), 13);
        assert!(stream.close());
    }

    #[test]
    fn says_why_a_file_cannot_be_read() {
        assert_eq!(read_whole(b"/no/such/file").unwrap_err(), b"No such file or directory");
        assert_eq!(c_string(b"a\0b").as_bytes(), b"a");
        for len in 0..100 {
            let bytes = std::vec![b'x'; len];
            with_c_string(&bytes, |text| assert_eq!(text.to_bytes(), bytes));
        }
        with_c_string(b"a\0b", |text| assert_eq!(text.to_bytes(), b"a"));
    }
}
