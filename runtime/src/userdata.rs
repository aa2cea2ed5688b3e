//! Full userdata: a block of bytes with a metatable and user values.
#![expect(unsafe_code, reason = "user values and bytes lie behind the header")]

use core::cell::UnsafeCell;

use abi::object::{ObjectHeader, kind};
use abi::value::RawValue;

use crate::error::Raised;
use crate::gc::{Gc, Object};
use crate::state::State;
use crate::table::Table;
use crate::value::Value;

/// The layout: user values follow as [`RawValue`]s, then the bytes, at an address that is a
/// multiple of 16.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct UserdataHeader {
    /// `aux` is the number of user values.
    header: ObjectHeader,
    metatable: u64,
    size: u64,
    padding: u64,
}

/// A full userdata.
#[repr(transparent)]
pub struct Userdata(UnsafeCell<UserdataHeader>);

// SAFETY: the header comes first, in an UnsafeCell.
unsafe impl Object for Userdata {
    const KIND: u8 = kind::USERDATA;
}

impl Userdata {
    fn fields(&self) -> UserdataHeader {
        // SAFETY: reads a copy; a state belongs to one thread.
        unsafe { *self.0.get() }
    }

    /// How many bytes it has.
    pub fn size(&self) -> usize {
        self.fields().size as usize
    }

    /// The size of the whole object.
    pub(crate) fn total_size(&self) -> usize {
        size_of::<UserdataHeader>() + self.user_value_count() * size_of::<RawValue>() + self.size()
    }

    /// How many user values it has.
    pub fn user_value_count(&self) -> usize {
        self.fields().header.aux as usize
    }

    /// Its metatable.
    pub fn metatable(&self) -> Option<Gc<Table>> {
        // SAFETY: 0, or a live table that `set_metatable` stored.
        unsafe { Gc::from_raw_or_null(self.fields().metatable) }
    }

    /// User value `index`, from 0 on; `None` when there is none.
    pub fn user_value(&self, index: usize) -> Option<Value> {
        (index < self.user_value_count()).then(|| {
            // SAFETY: that many user values follow the header, valid pairs all.
            unsafe { Value::from_raw(self.0.get().add(1).cast::<RawValue>().add(index).read()) }
        })
    }

    /// The address of its bytes.
    pub fn data(&self) -> *mut u8 {
        // SAFETY: within the object, behind the user values.
        unsafe { self.0.get().add(1).cast::<RawValue>().add(self.user_value_count()).cast() }
    }

    /// Word `index` of its bytes.
    pub fn word(&self, index: usize) -> u64 {
        assert!((index + 1) * 8 <= self.size());
        // SAFETY: within the bytes, which are aligned for words.
        unsafe { self.data().cast::<u64>().add(index).read() }
    }

    /// Writes word `index` of its bytes.
    pub fn set_word(&self, index: usize, value: u64) {
        assert!((index + 1) * 8 <= self.size());
        // SAFETY: within the bytes, to which nobody holds a reference.
        unsafe { self.data().cast::<u64>().add(index).write(value) }
    }
}

impl Gc<Userdata> {
    /// Sets or removes its metatable. Finalizers are registered by the caller
    /// ([`State::check_finalizer`]).
    pub fn set_metatable(self, state: &mut State, metatable: Option<Gc<Table>>) {
        // SAFETY: nobody holds a reference into the header.
        unsafe { (*self.0.get()).metatable = metatable.map_or(0, Gc::address) };
        if let Some(metatable) = metatable {
            state.barrier(self.erase(), Value::table(metatable));
        }
    }

    /// Sets user value `index`, from 0 on; false when there is none.
    pub fn set_user_value(self, state: &mut State, index: usize, value: Value) -> bool {
        if index >= self.user_value_count() {
            return false;
        }
        // SAFETY: that many user values follow the header.
        unsafe { self.0.get().add(1).cast::<RawValue>().add(index).write(value.to_raw()) };
        state.barrier(self.erase(), value);
        true
    }
}

impl State {
    /// A userdata with `size` bytes, all zero, and `user_values` user values, all nil.
    pub fn new_userdata(
        &mut self,
        size: usize,
        user_values: usize,
    ) -> Result<Gc<Userdata>, Raised> {
        let total = user_values
            .checked_mul(size_of::<RawValue>())
            .and_then(|values| values.checked_add(size_of::<UserdataHeader>()))
            .and_then(|fixed| fixed.checked_add(size));
        let (Some(total), Ok(count)) = (total, u32::try_from(user_values)) else {
            return Err(self.memory_error());
        };
        let object = self.alloc_object(kind::USERDATA, total)?.cast::<UserdataHeader>();
        // SAFETY: a fresh, zeroed object of that size: its user values are nil.
        unsafe {
            let header = &mut *object.as_ptr();
            header.header.aux = count;
            header.size = size as u64;
            Ok(Gc::from_raw(object.as_ptr() as u64))
        }
    }
}
