//! Functions: closures, the prototypes they share, and the cells of captured variables.
#![expect(unsafe_code, reason = "captured values lie behind the header")]

use core::cell::UnsafeCell;

use abi::object::{
    self, ClosureHeader, ObjectHeader, closure_flags, kind, proto_flags, slot_payload_offset,
    slot_tag_offset, slots_size,
};
use abi::value::RawValue;

use crate::error::Raised;
use crate::gc::{Gc, Object};
use crate::state::State;
use crate::value::Value;

/// A function value.
#[repr(transparent)]
pub struct Closure(UnsafeCell<ClosureHeader>);

// SAFETY: the header comes first, in an UnsafeCell.
unsafe impl Object for Closure {
    const KIND: u8 = kind::FUNCTION;
}

impl Closure {
    #[inline]
    fn header(&self) -> ClosureHeader {
        // SAFETY: reads a copy; a state belongs to one thread.
        unsafe { *self.0.get() }
    }

    /// Where a call goes.
    #[inline]
    pub fn code(&self) -> u64 {
        self.header().code
    }

    /// What all closures of the function share.
    #[inline]
    pub fn proto(&self) -> Gc<Proto> {
        // SAFETY: every closure has a live prototype.
        unsafe { Gc::from_raw(self.header().proto) }
    }

    /// How many upvalues it has.
    #[inline]
    pub fn upvalue_count(&self) -> usize {
        self.header().header.aux as usize
    }

    /// Its size in bytes.
    pub(crate) fn size(&self) -> usize {
        size_of::<ClosureHeader>() + slots_size(self.upvalue_count())
    }

    /// Slot `index` as it is: a value, or a cell.
    #[inline]
    pub fn upvalue_slot(&self, index: usize) -> Value {
        assert!(index < self.upvalue_count());
        // SAFETY: the slot groups follow the header and hold `upvalue_count` slots.
        unsafe {
            let slots = self.0.get().add(1).cast::<u8>();
            let tag = slots.add(slot_tag_offset(index)).read();
            let payload = slots.add(slot_payload_offset(index)).cast::<u64>().read();
            Value::from_raw(RawValue { payload, tag: u64::from(tag) })
        }
    }

    /// The value of upvalue `index`: through its cell, if it has one.
    pub fn upvalue(&self, index: usize) -> Value {
        let slot = self.upvalue_slot(index);
        slot.as_cell().map_or(slot, |cell| cell.get())
    }
}

impl Gc<Closure> {
    /// Stores `value` (or a cell) into slot `index` itself.
    pub fn set_upvalue_slot(self, state: &mut State, index: usize, value: Value) {
        assert!(index < self.upvalue_count());
        // SAFETY: as in `upvalue_slot`; no reference into the slots is ever made.
        unsafe {
            let slots = self.as_ptr().add(1).cast::<u8>();
            slots.add(slot_tag_offset(index)).write(value.tag());
            slots.add(slot_payload_offset(index)).cast::<u64>().write(value.payload());
        }
        state.barrier(self.erase(), value);
    }

    /// Assigns to upvalue `index`: through its cell, if it has one.
    pub fn set_upvalue(self, state: &mut State, index: usize, value: Value) {
        match self.upvalue_slot(index).as_cell() {
            Some(cell) => cell.set(state, value),
            None => self.set_upvalue_slot(state, index, value),
        }
    }
}

/// A variable that is captured and reassigned, or a global.
#[repr(transparent)]
pub struct Cell(UnsafeCell<object::Cell>);

// SAFETY: the header comes first, in an UnsafeCell.
unsafe impl Object for Cell {
    const KIND: u8 = kind::CELL;
}

impl Cell {
    /// The value.
    #[inline]
    pub fn get(&self) -> Value {
        // SAFETY: a cell holds a valid pair; nobody holds a reference into it.
        unsafe {
            let cell = self.0.get();
            Value::from_raw(RawValue {
                payload: (*cell).payload,
                tag: u64::from((*cell).header.extra),
            })
        }
    }
}

impl Gc<Cell> {
    /// Assigns.
    #[inline]
    pub fn set(self, state: &mut State, value: Value) {
        // SAFETY: nobody holds a reference into the cell.
        unsafe {
            let cell = self.0.get();
            (*cell).header.extra = value.tag();
            (*cell).payload = value.payload();
        }
        state.barrier(self.erase(), value);
    }
}

/// What the closures of one function share.
#[repr(transparent)]
pub struct Proto(UnsafeCell<object::Proto>);

// SAFETY: the header comes first, in an UnsafeCell.
unsafe impl Object for Proto {
    const KIND: u8 = kind::PROTO;
}

impl Proto {
    /// A copy of its fields.
    #[inline]
    pub fn get(&self) -> object::Proto {
        // SAFETY: reads a copy; a state belongs to one thread.
        unsafe { *self.0.get() }
    }

    /// Bits of [`proto_flags`].
    #[inline]
    pub fn flags(&self) -> u8 {
        self.get().header.flags
    }

    /// A function of tier 0?
    #[inline]
    pub fn is_tier0(&self) -> bool {
        self.flags() & proto_flags::TIER0 != 0
    }

    /// A library function?
    #[inline]
    pub fn is_library(&self) -> bool {
        self.flags() & proto_flags::LIBRARY != 0
    }
}

/// What [`State::new_proto`] needs to know: the fields of [`object::Proto`].
#[derive(Clone, Copy, Debug)]
pub struct ProtoFields {
    /// Bits of [`proto_flags`].
    pub flags: u8,
    /// How many upvalues its closures have.
    pub upvalue_count: u32,
    /// The generic entry.
    pub code: u64,
    /// See [`object::Proto::data`].
    pub data: u64,
    /// See [`object::Proto::module`].
    pub module: u64,
    /// The number of the function in its module.
    pub index: u32,
    /// How many fixed parameters it has.
    pub param_count: u32,
    /// See [`object::Proto::name`].
    pub name: u64,
}

impl State {
    /// A closure of `proto` with as many upvalues as that says, all nil.
    pub fn new_closure(&mut self, proto: Gc<Proto>) -> Result<Gc<Closure>, Raised> {
        let upvalues = proto.get().header.aux;
        let size = size_of::<ClosureHeader>() + slots_size(upvalues as usize);
        let object = self.alloc_object(kind::FUNCTION, size)?.cast::<ClosureHeader>();
        // SAFETY: a fresh, zeroed object of that size: its upvalues are nil.
        unsafe {
            let header = &mut *object.as_ptr();
            header.header.aux = upvalues;
            if proto.is_library() {
                header.header.flags = closure_flags::LIBRARY;
            }
            header.code = proto.get().code;
            header.proto = proto.address();
            Ok(Gc::from_raw(object.as_ptr() as u64))
        }
    }

    /// A cell that holds `value`.
    pub fn new_cell(&mut self, value: Value) -> Result<Gc<Cell>, Raised> {
        let object = self.alloc_object(kind::CELL, size_of::<object::Cell>())?;
        // SAFETY: a fresh object of that size.
        unsafe {
            let cell = object.cast::<object::Cell>().as_ptr();
            (*cell).header.extra = value.tag();
            (*cell).payload = value.payload();
            Ok(Gc::from_raw(cell as u64))
        }
    }

    /// A prototype on the heap (those of compiled modules lie in their static data).
    pub fn new_proto(&mut self, fields: ProtoFields) -> Result<Gc<Proto>, Raised> {
        let ProtoFields { flags, upvalue_count, code, data, module, index, param_count, name } =
            fields;
        let object = self.alloc_object(kind::PROTO, size_of::<object::Proto>())?;
        // SAFETY: a fresh object of that size.
        unsafe {
            let proto = object.cast::<object::Proto>().as_ptr();
            let header = ObjectHeader { flags, aux: upvalue_count, ..(*proto).header };
            *proto = object::Proto { header, code, data, module, index, param_count, name };
            Ok(Gc::from_raw(proto as u64))
        }
    }
}
