//! Pointers to heap objects.
//!
//! Nothing moves and nothing is counted: a [`Gc`] is a plain pointer that copies freely. What
//! keeps its object alive is that the collector finds the pointer: in another live object, on a
//! value stack, in a compiled frame, or on the stack of a Rust function that is running (those
//! are scanned conservatively). A `Gc` in a `Vec` or a `Box` is seen by nobody.
#![expect(unsafe_code, reason = "a Gc is a pointer whose validity the collector upholds")]

use core::cell::UnsafeCell;
use core::fmt;
use core::ops::Deref;
use core::ptr::NonNull;

use abi::object::{ObjectHeader, gc, kind};

use crate::value::Value;

/// The Rust view of a heap object: a `repr(C)` type that begins with an [`ObjectHeader`] and
/// changes behind shared references only.
///
/// # Safety
///
/// The type begins with an `ObjectHeader` inside an `UnsafeCell`, and an object of kind `KIND`
/// is at least as large as the type.
pub unsafe trait Object {
    /// One of [`abi::object::kind`].
    const KIND: u8;
}

/// A heap object of any kind: its header.
#[repr(transparent)]
pub struct Any(UnsafeCell<ObjectHeader>);

impl Any {
    /// One of [`abi::object::kind`].
    #[inline]
    pub fn kind(&self) -> u8 {
        // SAFETY: nobody holds a reference into the cell, and a state belongs to one thread.
        unsafe { (*self.0.get()).kind }
    }

    /// The bits of [`abi::object::gc`].
    #[inline]
    pub fn gc_bits(&self) -> u8 {
        // SAFETY: as in `kind`.
        unsafe { (*self.0.get()).gc }
    }

    /// Sets all bits of [`abi::object::gc`].
    #[inline]
    pub(crate) fn write_gc_bits(&self, bits: u8) {
        // SAFETY: as in `set_gc_bits`.
        unsafe { (*self.0.get()).gc = bits }
    }

    /// Sets bits of [`abi::object::gc`].
    #[inline]
    pub(crate) fn set_gc_bits(&self, bits: u8) {
        // SAFETY: as in `kind`; static objects are never passed here, or lie in writable memory.
        unsafe { (*self.0.get()).gc |= bits }
    }

    /// Clears bits of [`abi::object::gc`].
    #[inline]
    pub(crate) fn clear_gc_bits(&self, bits: u8) {
        // SAFETY: as in `set_gc_bits`.
        unsafe { (*self.0.get()).gc &= !bits }
    }

    /// The bits that depend on the kind.
    #[inline]
    pub fn flags(&self) -> u8 {
        // SAFETY: as in `kind`.
        unsafe { (*self.0.get()).flags }
    }

    /// Whether it lies outside the heap: never swept, never marked.
    #[inline]
    pub fn is_static(&self) -> bool {
        self.gc_bits() & gc::STATIC != 0
    }
}

/// A pointer to a live heap object.
#[repr(transparent)]
pub struct Gc<T>(NonNull<T>);

impl<T> Gc<T> {
    /// The pointer.
    #[inline]
    pub fn as_ptr(self) -> *mut T {
        self.0.as_ptr()
    }

    /// The address, as it stands in a payload.
    #[inline]
    pub fn address(self) -> u64 {
        self.0.as_ptr() as u64
    }

    /// # Safety
    ///
    /// `address` is that of a live object of type `T`.
    #[inline]
    pub unsafe fn from_raw(address: u64) -> Self {
        // SAFETY: the address of an object is not null.
        Gc(unsafe { NonNull::new_unchecked(address as *mut T) })
    }

    /// `None` for 0.
    ///
    /// # Safety
    ///
    /// `address` is 0 or that of a live object of type `T`.
    #[inline]
    pub unsafe fn from_raw_or_null(address: u64) -> Option<Self> {
        NonNull::new(address as *mut T).map(Gc)
    }

    /// A pointer to nothing, which must be replaced before anybody follows it.
    pub(crate) const fn dangling() -> Self {
        Gc(NonNull::dangling())
    }
}

impl<T: Object> Gc<T> {
    /// The object as one of unknown kind.
    #[inline]
    pub fn erase(self) -> Gc<Any> {
        Gc(self.0.cast())
    }
}

impl Gc<Any> {
    /// The object as what it is, if it is of `T`'s kind.
    #[inline]
    pub fn downcast<T: Object>(self) -> Option<Gc<T>> {
        (self.kind() == T::KIND).then(|| Gc(self.0.cast()))
    }

    /// The object as a value; `None` for those that no program sees.
    #[inline]
    pub fn to_value(self) -> Option<Value> {
        let kind = self.kind();
        (kind::STRING..=kind::THREAD).contains(&kind).then(|| {
            // SAFETY: kinds and tags have the same numbers for values, and the object is live.
            unsafe {
                Value::from_raw(abi::value::RawValue {
                    payload: self.address(),
                    tag: u64::from(kind),
                })
            }
        })
    }
}

impl<T> Deref for Gc<T> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the object is live while a Gc to it can be reached (the rule above).
        unsafe { self.0.as_ref() }
    }
}

impl<T> Copy for Gc<T> {}
impl<T> Clone for Gc<T> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> PartialEq for Gc<T> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Gc<T> {}
impl<T> fmt::Debug for Gc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Pointer::fmt(&self.0, f)
    }
}

// SAFETY: a table begins with its header, in an UnsafeCell.
unsafe impl Object for crate::table::Table {
    const KIND: u8 = kind::TABLE;
}

/// Begins to fetch the header of an object into the cache.
#[inline]
pub(crate) fn prefetch(object: Gc<Any>) {
    // SAFETY: a prefetch has no effect that a program can see.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(object.as_ptr().cast());
    }
    // SAFETY: as above.
    #[cfg(target_arch = "aarch64")]
    unsafe {
        core::arch::asm!(
            "prfm pstl1keep, [{}]", in(reg) object.as_ptr(),
            options(nostack, preserves_flags, readonly),
        );
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let _ = object;
}
