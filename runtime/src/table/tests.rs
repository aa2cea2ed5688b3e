//! Tables against what they promise, and against a simple model.

use alloc::format;
use alloc::vec::Vec;
use std::collections::BTreeMap;

use abi::object::array_kind::{ANY, FLOAT, INT, NONE, STRING, TABLE};

use super::{Cursor, Table};
use crate::gc::Gc;
use crate::shape::{MAX_FIELDS, ShapeMetatable};
use crate::state::{Options, OwnedState, State};
use crate::string::Str;
use crate::value::Value;

fn state() -> OwnedState {
    State::new(Options::default()).expect("memory for a state")
}

/// Collects at every allocation of an object, and verifies the heap.
fn stressed() -> OwnedState {
    let options = Options { gc_stress: true, gc_verify: true, ..Options::default() };
    State::new(options).expect("memory for a state")
}

fn new(state: &mut State) -> Gc<Table> {
    state.new_table(0, 0).expect("memory for a table")
}

fn string(state: &mut State, text: &str) -> Gc<Str> {
    state.new_string(text.as_bytes()).expect("memory for a string")
}

fn set(state: &mut State, table: Gc<Table>, key: impl Into<Value>, value: impl Into<Value>) {
    table.set(state, key.into(), value.into()).expect("a valid key");
}

fn set_nil(state: &mut State, table: Gc<Table>, key: impl Into<Value>) {
    table.set(state, key.into(), Value::NIL).expect("a valid key");
}

fn set_field(state: &mut State, table: Gc<Table>, name: &str, value: impl Into<Value>) {
    let name = string(state, name);
    table.set_str(state, name, value.into()).expect("memory");
}

fn field(state: &mut State, table: Gc<Table>, name: &str) -> Value {
    let name = string(state, name);
    table.get_str(state, name)
}

fn list(state: &mut State, values: &[Value]) -> Gc<Table> {
    let table = new(state);
    table.set_list(state, 1, values).expect("memory");
    table
}

fn ints(values: &[i64]) -> Vec<Value> {
    values.iter().map(|value| if *value == 0 { Value::NIL } else { Value::int(*value) }).collect()
}

fn entries(state: &State, table: Gc<Table>) -> Vec<(Value, Value)> {
    let mut cursor = Cursor::START;
    core::iter::from_fn(|| table.advance(state, &mut cursor)).collect()
}

#[test]
fn elements_choose_the_kind() {
    let state = &mut *state();
    let (inner, name) = (new(state), string(state, "x"));
    let samples = [
        (Value::int(1), INT),
        (Value::float(1.5), FLOAT),
        (Value::table(inner), TABLE),
        (Value::string(name), STRING),
        (Value::TRUE, ANY),
    ];
    for (sample, kind) in samples {
        let table = new(state);
        assert_eq!(table.array_kind(), NONE);
        for key in 1..=100 {
            set(state, table, key, sample);
        }
        assert_eq!((table.array_kind(), table.len()), (kind, 100));
        assert!(table.get_int(100).is_identical(sample));
        assert!(table.get_int(101).is_nil() && table.get_int(0).is_nil());
        for (other, _) in samples.into_iter().filter(|(_, other)| *other != kind) {
            set(state, table, 50, other);
            assert_eq!((table.array_kind(), table.len()), (ANY, 100));
            assert!(table.get_int(50).is_identical(other));
            assert!(table.get_int(51).is_identical(sample));
        }
    }
}

#[test]
fn an_empty_array_takes_another_kind() {
    let state = &mut *state();
    let table = list(state, &ints(&[7]));
    set_nil(state, table, 1);
    assert_eq!(table.len(), 0);
    set(state, table, 1, 0.5);
    assert_eq!((table.array_kind(), table.len()), (FLOAT, 1));
}

#[test]
fn nil_in_the_middle_and_at_the_end() {
    let state = &mut *state();
    let table = list(state, &ints(&[1, 2, 3, 4]));
    set_nil(state, table, 4);
    assert_eq!((table.array_kind(), table.len()), (INT, 3));
    set_nil(state, table, 2);
    assert_eq!((table.array_kind(), table.len()), (ANY, 3));
    assert_eq!(entries(state, table).len(), 2);
    set(state, table, 2, 5);
    assert_eq!(table.get_int(2).as_int(), Some(5));
}

/// The numbers are what the reference answers for the same constructors.
#[test]
fn length_of_constructed_arrays() {
    let state = &mut *state();
    for (values, len) in [
        (&[1, 0, 3][..], 3),
        (&[1, 0], 1),
        (&[0, 0, 3], 3),
        (&[0, 0], 0),
        (&[1, 2, 0], 2),
        (&[1, 0, 3, 0], 3),
        (&[1, 0, 0, 0], 1),
        (&[0, 2, 0, 0], 2),
        (&[1, 2, 0, 0, 5, 0, 0], 2),
        (&[0, 0, 0, 4, 0], 4),
        (&[], 0),
    ] {
        let table = list(state, &ints(values));
        assert_eq!(table.len(), len, "{values:?}");
    }
}

#[test]
fn integers_in_any_order_end_in_the_array() {
    let state = &mut *state();
    let table = new(state);
    for key in (1..=1000).rev() {
        set(state, table, key, key * 2);
    }
    assert_eq!((table.len(), table.array_len()), (1000, 1000));
    let table = new(state);
    for step in 0..1000 {
        let key = step * 387 % 1000 + 1;
        set(state, table, key, key);
    }
    assert!(table.array_len() >= 1000);
    assert!((1..=1000).all(|key| table.get_int(key).as_int() == Some(key)));
    assert_eq!(entries(state, table).len(), 1000);
    // Only the start is missing.
    let table = new(state);
    for key in 2..=1000 {
        set(state, table, key, true);
    }
    assert!(table.array_len() >= 512);
}

#[test]
fn sparse_and_negative_integers() {
    let state = &mut *state();
    let table = new(state);
    for key in [-1, 0, 1 << 40, i64::MAX, i64::MIN, 100] {
        set(state, table, key, key);
    }
    assert_eq!((table.array_len(), table.len()), (0, 0));
    for key in [-1, 0, 1 << 40, i64::MAX, i64::MIN, 100] {
        assert_eq!(table.get_int(key).as_int(), Some(key));
    }
    for key in 1..100 {
        set(state, table, key, key);
    }
    assert_eq!((table.array_len(), table.len()), (100, 100));
    assert_eq!(entries(state, table).len(), 105);
}

#[test]
fn a_queue_does_not_grow() {
    let state = &mut *state();
    let table = new(state);
    for head in 1..100_000 {
        set(state, table, head + 9, true);
        set_nil(state, table, head);
    }
    let nodes = if table.is_dictionary() { table.nodes().count() } else { 0 };
    assert!(table.array_capacity() <= 64 && nodes <= 64);
    assert_eq!(entries(state, table).len(), 9);
}

#[test]
fn a_stack_of_any_kind() {
    let state = &mut *state();
    let table = list(state, &[Value::TRUE]);
    for round in 1..100 {
        for _ in 0..round {
            set(state, table, table.len() + 1, true);
        }
        for _ in 0..round {
            set_nil(state, table, table.len());
        }
        assert_eq!(table.len(), 1);
    }
}

#[test]
fn keys_of_all_types() {
    let state = &mut *state();
    let table = new(state);
    let inner = new(state);
    set(state, table, 1.5, 1);
    set(state, table, 2.0, 2);
    set(state, table, true, 3);
    set(state, table, false, 4);
    set(state, table, inner, 5);
    set(state, table, Value::light(8), 6);
    set(state, table, -0.0, 7);
    set(state, table, f64::INFINITY, 8);
    let long = "long ".repeat(20);
    set_field(state, table, &long, 9);
    assert_eq!(table.get_int(2).as_int(), Some(2));
    assert_eq!(table.get(state, Value::float(2.0)).as_int(), Some(2));
    assert_eq!(table.get(state, Value::float(1.5)).as_int(), Some(1));
    assert_eq!(table.get(state, Value::TRUE).as_int(), Some(3));
    assert_eq!(table.get(state, Value::FALSE).as_int(), Some(4));
    assert_eq!(table.get(state, Value::table(inner)).as_int(), Some(5));
    assert_eq!(table.get(state, Value::light(8)).as_int(), Some(6));
    assert!(table.get(state, Value::light(9)).is_nil());
    assert_eq!(table.get_int(0).as_int(), Some(7));
    assert_eq!(table.get(state, Value::float(f64::INFINITY)).as_int(), Some(8));
    assert_eq!(field(state, table, &long).as_int(), Some(9));
    assert!(table.get(state, Value::NIL).is_nil());
    assert!(table.get(state, Value::float(f64::NAN)).is_nil());
    assert!(table.set(state, Value::NIL, Value::NIL).is_err());
    assert!(table.set(state, Value::float(f64::NAN), Value::TRUE).is_err());
    assert_eq!(entries(state, table).len(), 9);
}

#[test]
fn tables_with_the_same_fields_share_a_shape() {
    let state = &mut *state();
    let (a, b) = (new(state), new(state));
    for table in [a, b] {
        for name in ["x", "y", "z", "u", "v", "w", "p", "q", "r", "s"] {
            set_field(state, table, name, true);
        }
    }
    assert!(!a.is_dictionary() && a.shape() == b.shape());
    set_field(state, a, "other", 1);
    set_field(state, b, "different", 2);
    assert!(a.shape() != b.shape());
    assert_eq!(field(state, a, "other").as_int(), Some(1));
    assert!(field(state, a, "different").is_nil());
    assert_eq!(field(state, b, "different").as_int(), Some(2));
    set_field(state, a, "x", Value::NIL);
    assert_eq!(entries(state, a).len(), 10);
    // Slots inside and outside the object.
    let c = state.new_table(0, 3).expect("memory");
    for index in 0..20 {
        set_field(state, c, &format!("f{index}"), index);
    }
    assert!(!c.is_dictionary());
    assert!((0..20).all(|index| field(state, c, &format!("f{index}")).as_int() == Some(index)));
}

#[test]
fn many_fields_make_a_dictionary() {
    let state = &mut *state();
    let table = new(state);
    for index in 0..1000 {
        set_field(state, table, &format!("f{index}"), index);
        assert_eq!(table.is_dictionary(), index >= MAX_FIELDS as i64);
    }
    assert!(
        (0..1000)
            .all(|index| { field(state, table, &format!("f{index}")).as_int() == Some(index) })
    );
    // Fields that come and go, too.
    let table = new(state);
    for index in 0..1000 {
        set_field(state, table, &format!("g{index}"), index);
        set_field(state, table, &format!("g{index}"), Value::NIL);
    }
    assert!(table.is_dictionary() && table.nodes().count() <= 16);
    let before = state.shapes.names(table.shape()).len();
    assert_eq!(before, 0);
}

#[test]
fn names_as_data_do_not_fill_the_shapes() {
    let state = &mut *state();
    for index in 0..2000 {
        let table = new(state);
        set_field(state, table, &format!("only{index}"), index);
        assert_eq!(field(state, table, &format!("only{index}")).as_int(), Some(index));
    }
}

#[test]
fn metatables_are_in_the_object_first_and_in_the_shape_then() {
    let state = &mut *state();
    let metatable = new(state);
    let tables = [new(state), new(state), new(state)];
    for table in tables {
        set_field(state, table, "x", 1);
        table.set_metatable(state, Some(metatable)).expect("memory");
        assert_eq!(table.metatable(state), Some(metatable));
        set_field(state, table, "y", 2);
    }
    let [a, b, c] = tables;
    assert_eq!(state.shapes.metatable(a.shape()), ShapeMetatable::InObject);
    assert_eq!(state.shapes.metatable(b.shape()), ShapeMetatable::Fixed(metatable));
    assert_eq!(b.shape(), c.shape());
    // It goes along into a dictionary.
    for table in tables {
        set(state, table, true, 3);
        assert!(table.is_dictionary());
        assert_eq!(table.metatable(state), Some(metatable));
        assert_eq!(field(state, table, "y").as_int(), Some(2));
    }
    let other = new(state);
    a.set_metatable(state, Some(other)).expect("memory");
    assert_eq!(a.metatable(state), Some(other));
    for index in 0..100 {
        set(state, a, index, index);
    }
    assert_eq!(a.metatable(state), Some(other));
    a.set_metatable(state, None).expect("memory");
    assert_eq!(a.metatable(state), None);
    let d = new(state);
    for metatable in [Some(metatable), Some(other), None, Some(metatable)] {
        d.set_metatable(state, metatable).expect("memory");
        assert_eq!(d.metatable(state), metatable);
        set_field(state, d, "x", 1);
    }
}

#[test]
fn a_lacking_metamethod_is_remembered_until_it_comes() {
    let state = &mut *state();
    let (table, metatable) = (new(state), new(state));
    table.set_metatable(state, Some(metatable)).expect("memory");
    let name = state.names.index;
    assert!(metatable.metamethod(state, name, super::absent::INDEX).is_nil());
    assert!(metatable.flags() & super::absent::INDEX != 0);
    let epoch = state.ctx.proto_epoch;
    metatable.set_str(state, name, Value::table(table)).expect("memory");
    assert!(state.ctx.proto_epoch != epoch);
    assert!(!metatable.metamethod(state, name, super::absent::INDEX).is_nil());
}

#[test]
fn shapes_go_when_nobody_needs_them() {
    let state = &mut *state();
    let keeper = list(state, &[]);
    set_field(state, state.registry, "keeper", keeper);
    for round in 0..3 {
        for index in 1..=200 {
            // Twice, so that the shape knows the metatable.
            let metatable = new(state);
            set(state, keeper, 1, metatable);
            for _ in 0..2 {
                let table = state.new_table(0, 2).expect("memory");
                set(state, keeper, 2, table);
                table.set_metatable(state, Some(metatable)).expect("memory");
                set_field(state, table, &format!("own{index}"), index);
                set_field(state, table, "shared", round);
            }
        }
        state.collect_full();
        let table = keeper.get_int(2).as_table().expect("kept");
        assert_eq!(field(state, table, "own200").as_int(), Some(200));
        assert_eq!(field(state, table, "shared").as_int(), Some(round));
        assert!(table.metatable(state).is_some() && !table.is_dictionary());
        // Each of the 200 metatables had three shapes; one of them is still in use. The ones
        // without a metatable stay: they are few.
        assert!(state.shapes.in_use() < 500, "{}", state.shapes.in_use());
    }
}

#[test]
fn traversal_while_entries_are_removed() {
    let state = &mut *state();
    for dictionary in [false, true] {
        for any in [false, true] {
            let table = new(state);
            for key in 1..=20 {
                set(state, table, key, key);
            }
            if any {
                set(state, table, 7, true);
            }
            for index in 0..20 {
                set_field(state, table, &format!("f{index}"), index);
            }
            if dictionary {
                set(state, table, 0.5, 1);
                set(state, table, -5, 1);
            }
            let expected = entries(state, table).len();
            let mut seen = 0;
            let mut key = Value::NIL;
            while let Some((next, _)) = table.next(state, key).expect("a key of the table") {
                set_nil(state, table, next);
                key = next;
                seen += 1;
            }
            assert_eq!(seen, expected);
            assert!(entries(state, table).is_empty());
            assert_eq!(table.len(), 0);
        }
    }
}

#[test]
fn next_refuses_keys_that_were_never_there() {
    let state = &mut *state();
    let table = list(state, &ints(&[1, 2, 3]));
    set_field(state, table, "x", 1);
    let stranger = string(state, "stranger");
    assert!(table.next(state, Value::string(stranger)).is_err());
    assert!(table.next(state, Value::TRUE).is_err());
    assert!(table.next(state, Value::int(100)).is_err());
    assert!(table.next(state, Value::float(1.5)).is_err());
    set(state, table, true, 1);
    assert!(table.next(state, Value::string(stranger)).is_err());
    assert!(table.next(state, Value::int(-1)).is_err());
    assert!(table.next(state, Value::float(1.0)).is_err());
}

#[test]
fn globals_have_cells() {
    let state = &mut *state();
    let globals = state.globals();
    set_field(state, globals, "before", 1);
    let (before, fresh) = (string(state, "before"), string(state, "fresh"));
    let cell = state.globals_cell(before).expect("memory");
    assert_eq!(cell.get().as_int(), Some(1));
    cell.set(state, Value::int(2));
    assert_eq!(globals.get_str(state, before).as_int(), Some(2));
    globals.set_str(state, before, Value::int(3)).expect("memory");
    assert_eq!(cell.get().as_int(), Some(3));
    let other = state.globals_cell(fresh).expect("memory");
    assert!(other.get().is_nil() && state.globals_cell(fresh).expect("memory") == other);
    let count = entries(state, globals).len();
    for index in 0..200 {
        set_field(state, globals, &format!("g{index}"), index);
    }
    assert_eq!(entries(state, globals).len(), count + 200);
    other.set(state, Value::TRUE);
    assert_eq!(entries(state, globals).len(), count + 201);
    assert!(entries(state, globals).iter().all(|(_, value)| value.as_cell().is_none()));
    globals.set_str(state, before, Value::NIL).expect("memory");
    assert!(cell.get().is_nil());
    let own = state.new_cell(Value::NIL).expect("memory");
    let adopted = string(state, "g7");
    state.globals_adopt_cell(adopted, own).expect("no cell so far");
    assert_eq!(own.get().as_int(), Some(7));
    assert!(state.globals_adopt_cell(adopted, cell).is_err());
}

/// xorshift64*
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % bound
    }
}

/// A key in the model: type and text, floats with integer values as integers.
fn model_key(key: Value) -> (u8, Vec<u8>) {
    match key.as_string() {
        Some(name) => (key.tag(), name.as_bytes().to_vec()),
        None => (key.tag(), key.payload().to_be_bytes().to_vec()),
    }
}

#[test]
fn random_operations_against_a_model() {
    compare_with_model(&mut state(), 300);
}

#[test]
fn random_operations_while_collecting() {
    compare_with_model(&mut stressed(), 3);
}

/// What a constructor does: keys in brackets, then a list with nil in it.
fn construct(
    state: &mut State,
    random: &mut Random,
    table: Gc<Table>,
    model: &mut BTreeMap<(u8, Vec<u8>), Value>,
) {
    for _ in 0..random.below(8) {
        let (key, value) = (Value::int(random.below(10) as i64 + 1), Value::int(7));
        table.set(state, key, value).expect("a valid key");
        model.insert(model_key(key), value);
    }
    let values: Vec<Value> = (0..random.below(9))
        .map(|index| if random.below(2) == 0 { Value::NIL } else { Value::int(index as i64) })
        .collect();
    table.set_list(state, 1, &values).expect("memory");
    for (key, value) in (1..).map(Value::int).zip(&values) {
        assert!(table.get(state, key).is_identical(*value));
        model.remove(&model_key(key));
        if !value.is_nil() {
            model.insert(model_key(key), *value);
        }
    }
    assert_parts_are_apart(table);
}

/// No key that the dictionary has is that of an element, or of one that would come next. A nil
/// among the elements is like any other.
fn assert_parts_are_apart(table: Gc<Table>) {
    for index in 0..u64::from(table.array_len()) {
        let element = table.element(index).expect("an element");
        assert!(!element.is_nil() || element.is_identical(Value::NIL));
    }
    if !table.is_dictionary() {
        return;
    }
    let next = i64::from(table.array_len()) + 1;
    for node in table.nodes().iter().filter(|node| node.is_present()) {
        let key = node.key().and_then(Value::as_int);
        assert!(key.is_none_or(|key| key < 1 || key > next), "{key:?} of {next}");
    }
}

fn compare_with_model(state: &mut State, rounds: usize) {
    let mut random = Random(0x1234_5678_9abc_def1);
    // Kept alive by the registry: the collector does not look into vectors.
    let objects = list(state, &[]);
    set_field(state, state.registry, "objects", objects);
    for index in 1..=8 {
        let object = new(state);
        set(state, objects, index, object);
    }
    for round in 0..rounds {
        let table = state
            .new_table(random.below(3) as usize * 4, random.below(3) as usize * 5)
            .expect("memory");
        set_field(state, state.registry, "table", table);
        if random.below(4) == 0 {
            let metatable = objects.get_int(1).as_table();
            table.set_metatable(state, metatable).expect("memory");
        }
        let mut model: BTreeMap<(u8, Vec<u8>), Value> = BTreeMap::new();
        if random.below(3) == 0 {
            construct(state, &mut random, table, &mut model);
        }
        let range = [4, 20, 100, 400][random.below(4) as usize];
        let typed = random.below(2) == 0;
        for _ in 0..random.below(600) {
            let key = match random.below(12) {
                0..=3 => Value::int(random.below(range) as i64 + 1),
                4..=5 => Value::int(table.len() + 1),
                6 => Value::int(random.below(range) as i64 - range as i64 / 2),
                7..=8 => string(state, &format!("name{}", random.below(range))).into(),
                9 => Value::float(random.below(range) as f64 / 2.0 + 1.0),
                10 => string(state, &format!("{:060}", random.below(range))).into(),
                _ => objects.get_int(random.below(8) as i64 + 1),
            };
            let value = match random.below(if typed { 5 } else { 9 }) {
                0 => Value::NIL,
                1..=4 => Value::int(random.below(100) as i64),
                5 => Value::float(0.5),
                6 => Value::TRUE,
                7 => objects.get_int(1),
                _ => state.names.index.into(),
            };
            table.set(state, key, value).expect("a valid key");
            let key = super::normalise(key).expect("a valid key");
            if value.is_nil() {
                model.remove(&model_key(key));
            } else {
                model.insert(model_key(key), value);
            }
            assert!(table.get(state, key).is_identical(value), "round {round}");
            assert_parts_are_apart(table);
            let len = table.len();
            assert!(len == 0 || !table.get_int(len).is_nil(), "round {round}");
            assert!(table.get_int(len + 1).is_nil(), "round {round}");
        }
        let found = entries(state, table);
        assert_eq!(found.len(), model.len(), "round {round}");
        for (key, value) in &found {
            assert!(model[&model_key(*key)].is_identical(*value), "round {round}");
        }
        // The same by `next`, removing or overwriting what is found.
        let (mut key, mut count) = (Value::NIL, 0);
        while let Some((next, _)) = table.next(state, key).expect("a key of the table") {
            assert!(next.is_identical(found[count].0), "round {round}");
            match random.below(3) {
                0 => set_nil(state, table, next),
                1 => set(state, table, next, true),
                _ => {}
            }
            key = next;
            count += 1;
        }
        assert_eq!(count, found.len(), "round {round}");
    }
}
