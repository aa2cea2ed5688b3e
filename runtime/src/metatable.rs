//! Metatables of values of any type, and the metamethods in them.
//!
//! Tables and full userdata have metatables of their own; the other types have one for all their
//! values, which the state keeps.

use abi::value::tag;

use crate::error::Raised;
use crate::gc::Gc;
use crate::state::State;
use crate::string::Str;
use crate::table::Table;
use crate::value::Value;

/// The place of a basic type in [`State::metatables`].
fn basic_type(tag: u8) -> usize {
    usize::from(match tag {
        tag::TRUE => tag::FALSE,
        tag::FLOAT => tag::INT,
        tag::LIGHT_FUNCTION => tag::FUNCTION,
        tag => tag & 15,
    })
}

impl State {
    /// The metatable of a value.
    #[inline]
    pub fn metatable_of(&self, value: Value) -> Option<Gc<Table>> {
        if let Some(table) = value.as_table() {
            table.metatable(self)
        } else if let Some(userdata) = value.as_userdata() {
            userdata.metatable()
        } else {
            self.metatables[basic_type(value.tag())]
        }
    }

    /// The metamethod `name` of a value, or nil.
    pub fn metamethod(&self, value: Value, name: Gc<Str>) -> Value {
        match self.metatable_of(value) {
            Some(metatable) => metatable.method(self, name),
            None => Value::NIL,
        }
    }

    /// Sets or removes the metatable of a value, or of its type.
    pub fn set_metatable_of(
        &mut self,
        value: Value,
        metatable: Option<Gc<Table>>,
    ) -> Result<(), Raised> {
        if let Some(table) = value.as_table() {
            return table.set_metatable(self, metatable);
        }
        if let Some(metatable) = metatable {
            metatable.mark_prototype(self);
        }
        // Compiled code may have looked up methods of the type.
        self.bump_proto_epoch();
        match value.as_userdata() {
            Some(userdata) => {
                userdata.set_metatable(self, metatable);
                match metatable {
                    Some(metatable) => self.check_finalizer(userdata.erase(), metatable),
                    None => Ok(()),
                }
            }
            None => {
                self.metatables[basic_type(value.tag())] = metatable;
                Ok(())
            }
        }
    }
}
