//! What the operating system and C's library know and do apart from files: time, the environment,
//! processes, the locale.
#![expect(unsafe_code, reason = "calls the C library")]

use alloc::vec::Vec;
use core::ffi::{CStr, c_char, c_int, c_long};
use core::ptr;

/// C's `struct tm`, as 64-bit Unix systems have it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct BrokenDownTime {
    /// 0 to 60.
    pub sec: c_int,
    /// 0 to 59.
    pub min: c_int,
    /// 0 to 23.
    pub hour: c_int,
    /// 1 to 31.
    pub mday: c_int,
    /// From 0.
    pub mon: c_int,
    /// From 1900.
    pub year: c_int,
    /// From Sunday, 0.
    pub wday: c_int,
    /// From 0.
    pub yday: c_int,
    /// Positive in summer time, zero without, negative when not known.
    pub isdst: c_int,
    gmtoff: c_long,
    zone: *const c_char,
}

impl Default for BrokenDownTime {
    fn default() -> Self {
        BrokenDownTime {
            sec: 0,
            min: 0,
            hour: 0,
            mday: 0,
            mon: 0,
            year: 0,
            wday: 0,
            yday: 0,
            isdst: 0,
            gmtoff: 0,
            zone: ptr::null(),
        }
    }
}

impl BrokenDownTime {
    /// A date to be brought into range: year, month, day, hour, minute, second, as C counts them.
    pub fn new([year, mon, mday, hour, min, sec]: [c_int; 6], isdst: c_int) -> Self {
        BrokenDownTime { year, mon, mday, hour, min, sec, isdst, ..BrokenDownTime::default() }
    }
}

unsafe extern "C" {
    #[link_name = "time"]
    fn c_time(place: *mut i64) -> i64;
    #[link_name = "clock"]
    fn c_clock() -> c_long;
    fn localtime_r(time: *const i64, into: *mut BrokenDownTime) -> *mut BrokenDownTime;
    fn gmtime_r(time: *const i64, into: *mut BrokenDownTime) -> *mut BrokenDownTime;
    fn mktime(time: *mut BrokenDownTime) -> i64;
    fn strftime(
        into: *mut u8,
        size: usize,
        format: *const c_char,
        time: *const BrokenDownTime,
    ) -> usize;
    #[link_name = "getenv"]
    fn c_getenv(name: *const c_char) -> *const c_char;
    fn getcwd(into: *mut c_char, size: usize) -> *const c_char;
    fn system(command: *const c_char) -> c_int;
    #[link_name = "remove"]
    fn c_remove(name: *const c_char) -> c_int;
    #[link_name = "rename"]
    fn c_rename(from: *const c_char, to: *const c_char) -> c_int;
    fn mkstemp(template: *mut c_char) -> c_int;
    fn close(file: c_int) -> c_int;
    #[link_name = "setlocale"]
    fn c_setlocale(category: c_int, locale: *const c_char) -> *const c_char;
    #[link_name = "exit"]
    fn c_exit(status: c_int) -> !;
}

/// Seconds since 1970.
pub fn time() -> i64 {
    // SAFETY: null: the result is enough.
    unsafe { c_time(ptr::null_mut()) }
}

/// Processor time used, in seconds.
pub fn clock() -> f64 {
    const CLOCKS_PER_SEC: f64 = 1_000_000.0; // POSIX.
    // SAFETY: takes nothing.
    unsafe { c_clock() as f64 / CLOCKS_PER_SEC }
}

/// The local date of a time; `None` when its year does not fit.
pub fn local_time(time: i64) -> Option<BrokenDownTime> {
    let mut into = BrokenDownTime::default();
    // SAFETY: both places are ours.
    (!unsafe { localtime_r(&time, &mut into) }.is_null()).then_some(into)
}

/// The date of a time in UTC; `None` when its year does not fit.
pub fn universal_time(time: i64) -> Option<BrokenDownTime> {
    let mut into = BrokenDownTime::default();
    // SAFETY: both places are ours.
    (!unsafe { gmtime_r(&time, &mut into) }.is_null()).then_some(into)
}

/// The time of a local date, whose fields are brought into their ranges; -1: none.
pub fn time_of(date: &mut BrokenDownTime) -> i64 {
    // SAFETY: the place is the caller's.
    unsafe { mktime(date) }
}

/// Appends one conversion of `strftime`: letters, without the '%'.
pub fn format_time(out: &mut Vec<u8>, conversion: &[u8], date: &BrokenDownTime) {
    let mut format = [0_u8; 4];
    format[0] = b'%';
    for (place, letter) in format[1..3].iter_mut().zip(conversion) {
        *place = *letter;
    }
    let mut text = [0_u8; 250];
    // SAFETY: the format ends with a NUL, and the text's place is ours.
    let len = unsafe { strftime(text.as_mut_ptr(), text.len(), format.as_ptr().cast(), date) };
    out.extend_from_slice(&text[..len]);
}

/// The absolute path of the current folder, if it has one of usual length.
pub fn current_folder() -> Option<Vec<u8>> {
    let mut text = [0; 4096]; // `PATH_MAX` of Linux
    // SAFETY: the place is ours and as large as is said; the result is null or a C string in it.
    unsafe { copy_string(getcwd(text.as_mut_ptr(), text.len())) }
}

/// A variable of the environment.
pub fn environment_variable(name: &CStr) -> Option<Vec<u8>> {
    with_environment_variable(name, <[u8]>::to_vec)
}

/// Runs `body` with the text of a variable of the environment, which `body` does not change.
pub fn with_environment_variable<T>(name: &CStr, body: impl FnOnce(&[u8]) -> T) -> Option<T> {
    // SAFETY: the name is a C string; the result is null or one, which stays as it is meanwhile, as
    // nothing in a runtime changes the environment.
    unsafe {
        let text = c_getenv(name.as_ptr());
        if text.is_null() { None } else { Some(body(CStr::from_ptr(text).to_bytes())) }
    }
}

/// # Safety
///
/// `string` is null or a C string.
unsafe fn copy_string(string: *const c_char) -> Option<Vec<u8>> {
    if string.is_null() {
        return None;
    }
    // SAFETY: as the caller promises.
    Some(unsafe { CStr::from_ptr(string) }.to_bytes().to_vec())
}

/// Runs a command by the shell; its status. Without a command: whether there is a shell.
pub fn run_command(command: Option<&CStr>) -> c_int {
    // SAFETY: null, or a C string.
    unsafe { system(command.map_or(ptr::null(), CStr::as_ptr)) }
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With this exit status.
    Exit(c_int),
    /// By this signal.
    Signal(c_int),
}

/// What a status of [`run_command`] says.
pub fn ended(status: c_int) -> Ended {
    let signal = status & 0x7f;
    match signal {
        0 => Ended::Exit(status >> 8 & 0xff),
        0x7f => Ended::Exit(status),
        _ => Ended::Signal(signal),
    }
}

/// Removes a file or an empty directory.
pub fn remove(name: &CStr) -> bool {
    // SAFETY: a C string.
    unsafe { c_remove(name.as_ptr()) == 0 }
}

/// Renames a file.
pub fn rename(from: &CStr, to: &CStr) -> bool {
    // SAFETY: C strings.
    unsafe { c_rename(from.as_ptr(), to.as_ptr()) == 0 }
}

/// Makes an empty temporary file; its name.
pub fn temporary_name() -> Option<Vec<u8>> {
    let mut name = *b"/tmp/lua_XXXXXX\0";
    // SAFETY: the template is ours and ends as it must.
    unsafe {
        let file = mkstemp(name.as_mut_ptr().cast());
        if file == -1 {
            return None;
        }
        close(file);
    }
    Some(name[..name.len() - 1].to_vec())
}

/// The categories of a locale, in the order of the library function's options.
#[cfg(not(target_vendor = "apple"))]
const CATEGORIES: [c_int; 6] = [6, 3, 0, 4, 1, 2];
#[cfg(target_vendor = "apple")]
const CATEGORIES: [c_int; 6] = [0, 1, 2, 3, 4, 5];

/// Sets (or asks for, without a name) the locale of a category: all, collate, ctype, monetary,
/// numeric, time.
pub fn set_locale(category: usize, locale: Option<&CStr>) -> Option<Vec<u8>> {
    let category = *CATEGORIES.get(category)?;
    // SAFETY: null or a C string; the result is null or one, copied before it can change.
    unsafe { copy_string(c_setlocale(category, locale.map_or(ptr::null(), CStr::as_ptr))) }
}

/// Ends the process. Everything buffered is written.
pub fn exit(status: c_int) -> ! {
    // SAFETY: runs what is registered for the exit, which is the C library's only.
    unsafe { c_exit(status) }
}
