//! Cells of globals: an entry of the globals table whose value compiled code keeps at a fixed
//! place.

use super::Table;
use crate::closure::Cell;
use crate::error::Raised;
use crate::gc::Gc;
use crate::state::State;
use crate::string::Str;
use crate::value::Value;

impl State {
    /// The cell of the global `name`, made when there is none.
    pub fn globals_cell(&mut self, name: Gc<Str>) -> Result<Gc<Cell>, Raised> {
        let globals = self.globals();
        if let Some(cell) = globals.cell(name) {
            return Ok(cell);
        }
        let value = globals.get_str(self, name);
        let cell = self.new_cell(value)?;
        globals.set_cell(self, name, cell)?;
        Ok(cell)
    }

    /// Makes `cell` the one of the global `name`; it gets the global's value. A global has one
    /// cell: when there is one already, this raises.
    pub fn globals_adopt_cell(&mut self, name: Gc<Str>, cell: Gc<Cell>) -> Result<(), Raised> {
        let globals = self.globals();
        match globals.cell(name) {
            Some(old) if old == cell => Ok(()),
            Some(_) => {
                Err(self
                    .error(format_args!("two modules with static globals cannot share a state")))
            }
            None => {
                let value = globals.get_str(self, name);
                cell.set(self, value);
                globals.set_cell(self, name, cell)
            }
        }
    }
}

impl Table {
    /// The cell that holds the value of a field.
    fn cell(&self, name: Gc<Str>) -> Option<Gc<Cell>> {
        if !self.is_dictionary() {
            return None;
        }
        self.nodes().find(Value::string(name))?.stored().as_cell()
    }
}

impl Gc<Table> {
    /// Replaces the value of a field by a cell.
    fn set_cell(self, state: &mut State, name: Gc<Str>, cell: Gc<Cell>) -> Result<(), Raised> {
        if !self.is_dictionary() {
            self.make_dictionary(state, 1)?;
        }
        let key = Value::string(name);
        match self.nodes().find(key) {
            Some(node) => node.store(state, self, Value::cell(cell)),
            None if self.insert_node(state, key, Value::cell(cell)) => {}
            None => {
                self.rehash(state, key)?;
                let inserted = self.insert_node(state, key, Value::cell(cell));
                debug_assert!(inserted, "rehash makes room");
            }
        }
        Ok(())
    }
}
