//! Tables.

use core::cell::UnsafeCell;

use abi::object::TableHeader;

/// A table.
#[repr(transparent)]
pub struct Table(UnsafeCell<TableHeader>);
