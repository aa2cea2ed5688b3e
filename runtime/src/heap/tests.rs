//! Tests of the heap as a whole.

use std::cell::RefCell;
use std::vec::Vec;

use abi::object::{array_kind, kind};

use crate::closure::ProtoFields;
use crate::error::Raised;
use crate::gc::Gc;
use crate::state::{Options, OwnedState, State};
use crate::string::Str;
use crate::table::Table;
use crate::value::Value;

mod pacing;

fn state() -> OwnedState {
    state_with(false)
}

fn state_with(gc_stress: bool) -> OwnedState {
    let options = Options { gc_stress, gc_verify: true, ..Options::default() };
    let mut state = State::new(options).expect("there is memory");
    // An exact collection then takes the whole stack of the test for that of a library function.
    state.ctx.system_sp = crate::sys::stack_end();
    state
}

/// How many objects of a kind there are, after everything dead is swept.
fn count(state: &State, kind: u8) -> usize {
    state.heap.objects().filter(|object| object.kind() == kind).count()
}

fn text(state: &mut State, text: &str) -> Gc<Str> {
    state.new_string(text.as_bytes()).unwrap()
}

fn table(state: &mut State) -> Gc<Table> {
    state.new_table(0, 0).unwrap()
}

fn set(state: &mut State, table: Gc<Table>, name: &str, value: impl Into<Value>) {
    let value = value.into();
    let name = text(state, name);
    table.set_str(state, name, value).unwrap();
}

fn get(state: &mut State, table: Gc<Table>, name: &str) -> Value {
    let name = text(state, name);
    table.get_str(state, name)
}

/// Keeps a value under a name in the registry: there it is a root.
fn keep(state: &mut State, name: &str, value: impl Into<Value>) {
    let registry = state.registry;
    set(state, registry, name, value);
}

fn metatable_with(state: &mut State, name: &str, value: impl Into<Value>) -> Gc<Table> {
    let metatable = table(state);
    set(state, metatable, name, value);
    metatable
}

#[test]
fn garbage_goes_and_what_is_kept_stays() {
    let mut state = state();
    let list = table(&mut state);
    keep(&mut state, "list", list);
    for index in 1..=1000 {
        let inner = table(&mut state);
        set(&mut state, inner, "index", index);
        if index % 10 == 0 {
            list.set_int(&mut state, index / 10, Value::table(inner)).unwrap();
        }
    }
    let before = count(&state, kind::TABLE);
    assert!(before > 1000);
    state.collect_full();
    let after = count(&state, kind::TABLE);
    assert!((100..200).contains(&after), "{after}");
    for index in 1..=100 {
        let inner = list.get_int(index).as_table().unwrap();
        assert_eq!(get(&mut state, inner, "index").as_int(), Some(index * 10));
    }
    state.collect_full();
    assert_eq!(count(&state, kind::TABLE), after);
}

#[test]
fn bytes_are_counted() {
    let mut state = state();
    state.collect_full();
    let empty = state.bytes_in_use();
    let long = state.new_string(&[b'x'; 100_000]).unwrap();
    keep(&mut state, "long", long);
    assert!(state.bytes_in_use() >= empty + 100_000);
    let one = table(&mut state);
    for index in 1..=10_000 {
        one.set_int(&mut state, index, Value::int(index)).unwrap();
    }
    assert!(state.bytes_in_use() >= empty + 180_000);
    keep(&mut state, "long", false);
    state.collect_full();
    state.collect_full();
    let left = state.bytes_in_use();
    assert!(left < empty + 2000, "{empty} {left}");
}

/// Follows a pointer through every kind of object.
#[test]
fn marking_goes_through_every_kind_of_object() {
    for stress in [false, true] {
        let mut state = state_with(stress);
        let state = &mut *state;
        let secret = text(state, "the string at the end of a chain of objects, a long one");
        let cell = state.new_cell(Value::string(secret)).unwrap();
        let proto = state
            .new_proto(ProtoFields {
                flags: 0,
                upvalue_count: 11,
                code: 0,
                data: 0,
                module: 0,
                index: 0,
                param_count: 0,
                name: 0,
            })
            .unwrap();
        let closure = state.new_closure(proto).unwrap();
        closure.set_upvalue_slot(state, 10, Value::cell(cell));
        let userdata = state.new_userdata(24, 2).unwrap();
        assert!(userdata.set_user_value(state, 1, Value::function(closure)));
        let metatable = table(state);
        set(state, metatable, "x", userdata);
        let holder = state.new_userdata(0, 0).unwrap();
        holder.set_metatable(state, Some(metatable));
        let thread = state.new_thread(Value::userdata(holder)).unwrap();
        let object = table(state);
        let behind = metatable_with(state, "thread", thread);
        object.set_metatable(state, Some(behind)).unwrap();
        let list = table(state);
        for index in 1..=3 {
            list.set_int(state, index, Value::table(object)).unwrap();
        }
        assert_eq!(list.array_kind(), array_kind::TABLE);
        let dictionary = table(state);
        dictionary.set(state, Value::table(list), Value::TRUE).unwrap();
        keep(state, "all", dictionary);

        state.collect_full();
        for _ in 0..1000 {
            table(state);
        }
        state.collect_full();
        assert_eq!(count(state, kind::USERDATA), 2);
        assert_eq!(closure.upvalue(10).as_string().unwrap().len(), secret.len());
        assert_eq!(cell.get().as_string(), Some(secret));
        keep(state, "all", false);
        state.collect_full();
        for kind in [kind::USERDATA, kind::FUNCTION, kind::CELL, kind::PROTO] {
            assert_eq!(count(state, kind), 0, "{kind}");
        }
        assert_eq!(count(state, kind::THREAD), 1);
    }
}

#[test]
fn the_rust_stack_is_scanned() {
    let mut state = state();
    let mut last = table(&mut state);
    let first = last;
    for _ in 0..100 {
        let next = table(&mut state);
        set(&mut state, last, "next", next);
        last = next;
        state.collect();
    }
    let mut length = 0;
    let mut at = first;
    while let Some(next) = get(&mut state, at, "next").as_table() {
        at = next;
        length += 1;
    }
    assert_eq!(length, 100);
    assert_eq!(at, last);
}

#[test]
fn collections_start_by_themselves() {
    let mut state = state();
    for index in 0..1_000_000 {
        let one = table(&mut state);
        if index % 100 == 0 {
            set(&mut state, one, "field", index);
        }
    }
    assert!(state.bytes_in_use() < 16 << 20, "{}", state.bytes_in_use());
    state.heap.pacing.stopped = true;
    for _ in 0..1_000_000 {
        table(&mut state);
    }
    assert!(state.bytes_in_use() > 24 << 20);
}

#[test]
fn weak_values_are_dropped() {
    let mut state = state();
    let state = &mut *state;
    let mode = text(state, "v");
    let metatable = metatable_with(state, "__mode", mode);
    let weak = table(state);
    weak.set_metatable(state, Some(metatable)).unwrap();
    keep(state, "weak", weak);
    fill_weak(state, weak);
    state.collect_full();
    assert!(get(state, weak, "gone").is_nil());
    assert!(get(state, weak, "kept").as_table().is_some());
    assert!(get(state, weak, "text").as_string().is_some());
    assert!(weak.get_int(1).is_nil());
    assert!(weak.get_int(2).as_table().is_some());
    assert!(weak.get(state, Value::float(0.5)).is_nil());
}

#[inline(never)]
fn fill_weak(state: &mut State, weak: Gc<Table>) {
    let (gone, kept) = (table(state), table(state));
    keep(state, "kept", kept);
    let long = state.new_string(&[b'y'; 200]).unwrap();
    set(state, weak, "gone", gone);
    set(state, weak, "kept", kept);
    set(state, weak, "text", long);
    weak.set_int(state, 1, Value::table(gone)).unwrap();
    weak.set_int(state, 2, Value::table(kept)).unwrap();
    weak.set(state, Value::float(0.5), Value::table(gone)).unwrap();
}

#[test]
fn ephemerons_converge() {
    let mut state = state();
    let state = &mut *state;
    let mode = text(state, "k");
    let metatable = metatable_with(state, "__mode", mode);
    let weak = table(state);
    weak.set_metatable(state, Some(metatable)).unwrap();
    keep(state, "weak", weak);
    // A chain: each value is the key of the next entry. Only the first key is kept.
    let mut key = table(state);
    keep(state, "first", key);
    for _ in 0..50 {
        let value = table(state);
        weak.set(state, Value::table(key), Value::table(value)).unwrap();
        key = value;
    }
    key = table(state);
    // A cycle through the table itself keeps nothing alive.
    weak.set(state, Value::table(key), Value::table(key)).unwrap();
    let _ = key;
    state.collect_full();
    let entries = |state: &mut State| {
        let (mut entries, mut at) = (0, Value::NIL);
        while let Some((key, _)) = weak.next(state, at).unwrap() {
            entries += 1;
            at = key;
        }
        entries
    };
    assert_eq!(entries(state), 50);
    keep(state, "first", false);
    state.collect_full();
    assert_eq!(entries(state), 0);
}

#[test]
fn both_weak_and_a_mode_that_comes_late() {
    let mut state = state();
    let state = &mut *state;
    let list = table(state);
    keep(state, "list", list);
    let metatable = table(state);
    list.set_metatable(state, Some(metatable)).unwrap();
    for index in 1..=4 {
        let inner = table(state);
        list.set_int(state, index, Value::table(inner)).unwrap();
        list.set(state, Value::table(inner), Value::table(inner)).unwrap();
    }
    assert_eq!(list.array_kind(), array_kind::TABLE);
    state.collect_full();
    assert!(list.get_int(4).as_table().is_some());
    let mode = text(state, "kv");
    set(state, metatable, "__mode", mode);
    state.collect_full();
    assert!(list.get_int(4).is_nil());
    assert!(list.next(state, Value::NIL).unwrap().is_none());
}

std::thread_local! {
    static FINALIZED: RefCell<Vec<i64>> = const { RefCell::new(Vec::new()) };
}

/// Stands in for a call of a finalizer in tests: notes the object's number.
fn note(state: &mut State, finalizer: Value, object: Value) -> Result<(), Raised> {
    assert_eq!(finalizer.as_boolean(), Some(true));
    let object = object.as_table().unwrap();
    let number = get(state, object, "number").as_int().unwrap();
    FINALIZED.with_borrow_mut(|list| list.push(number));
    if number == 2 {
        keep(state, "revived", object);
    }
    if number == 3 {
        return Err(state.raise(Value::int(1)));
    }
    Ok(())
}

fn with_finalizer(state: &mut State, metatable: Gc<Table>, number: i64) -> Gc<Table> {
    let object = table(state);
    set(state, object, "number", number);
    object.set_metatable(state, Some(metatable)).unwrap();
    state.check_finalizer(object.erase(), metatable).unwrap();
    object
}

#[test]
fn finalizers_run_in_reverse_order_and_once() {
    FINALIZED.take();
    let mut owned = state();
    let state = &mut *owned;
    state.heap.finalizers.call = note;
    let metatable = metatable_with(state, "__gc", true);
    keep(state, "metatable", metatable);
    let mode = text(state, "v");
    let values = metatable_with(state, "__mode", mode);
    let weak = table(state);
    weak.set_metatable(state, Some(values)).unwrap();
    keep(state, "weak", weak);
    let mode = text(state, "k");
    let keys = metatable_with(state, "__mode", mode);
    let weak_keys = table(state);
    weak_keys.set_metatable(state, Some(keys)).unwrap();
    keep(state, "weak keys", weak_keys);
    for number in 1..=5 {
        let object = with_finalizer(state, metatable, number);
        weak.set_int(state, number, Value::table(object)).unwrap();
        weak_keys.set(state, Value::table(object), Value::int(number)).unwrap();
    }
    let last = with_finalizer(state, metatable, 6);
    keep(state, "last", last);

    state.collect_full();
    assert!(FINALIZED.take().is_empty());
    assert_eq!(state.ctx.poll, 1);
    // Values go before the objects come back to life, keys only once they are gone.
    assert!(weak.get_int(1).is_nil());
    assert!(weak_keys.next(state, Value::NIL).unwrap().is_some());
    state.poll();
    assert_eq!(FINALIZED.take(), [5, 4, 3, 2, 1]);
    state.collect_full();
    state.poll();
    assert!(FINALIZED.take().is_empty());
    let revived = get(state, state.registry, "revived").as_table().unwrap();
    assert_eq!(get(state, revived, "number").as_int(), Some(2));
    assert_eq!(weak_keys.get(state, Value::table(revived)).as_int(), Some(2));
    keep(state, "revived", false);
    // A second setmetatable registers it again.
    state.check_finalizer(revived.erase(), metatable).unwrap();
    drop(owned);
    assert_eq!(FINALIZED.take(), [2, 6]);
}

#[test]
fn two_states_side_by_side() {
    let (mut a, mut b) = (state_with(true), state());
    for index in 0..200 {
        let name = std::format!("name {index}");
        keep(&mut a, &name, index);
        keep(&mut b, &name, -index);
    }
    assert_ne!(a.names.index, b.names.index);
    drop(a);
    b.collect_full();
    let registry = b.registry;
    assert_eq!(get(&mut b, registry, "name 199").as_int(), Some(-199));
}

#[test]
fn large_objects_come_and_go() {
    let mut state = state();
    let kept = state.new_userdata(10_000, 3).unwrap();
    keep(&mut state, "kept", kept);
    let inner = table(&mut state);
    kept.set_user_value(&mut state, 2, Value::table(inner));
    state.heap.pacing.stopped = true;
    for size in 0..300 {
        state.new_userdata(size * 100, 1).unwrap();
    }
    assert_eq!(count(&state, kind::USERDATA), 301);
    state.collect_full();
    assert_eq!(count(&state, kind::USERDATA), 1);
    kept.set_word(1249, 7);
    assert_eq!((kept.word(1249), kept.word(0)), (7, 0));
    assert_eq!(kept.data() as usize % 16, 0);
    assert_eq!(kept.user_value(2).unwrap().as_table(), Some(inner));
    assert!(state.new_userdata(usize::MAX - 10, 0).is_err());
    assert!(state.new_userdata(1 << 62, 0).is_err());
}

#[test]
fn cells_of_every_size_are_zero_and_apart() {
    for stress in [false, true] {
        let mut state = state_with(stress);
        for round in 0..4 {
            for size in 0..600 {
                let userdata = state.new_userdata(size, 0).unwrap();
                assert_eq!(userdata.size(), size);
                for word in 0..size / 8 {
                    assert_eq!(userdata.word(word), 0, "{round} {size}");
                    userdata.set_word(word, u64::MAX);
                }
            }
            state.collect_full();
        }
    }
}

/// A state with so much in it that there are collections of the young.
fn large_state() -> OwnedState {
    let mut state = state();
    let ballast = state.new_string(&[b'x'; 8 << 20]).unwrap();
    keep(&mut state, "ballast", ballast);
    state.collect_full();
    assert!(state.heap.ages);
    state
}

#[test]
fn the_old_are_left_alone_until_a_full_collection() {
    let mut state = large_state();
    let kept = table(&mut state);
    keep(&mut state, "kept", kept);
    let before = count(&state, kind::TABLE);
    for round in 1..=100 {
        let inner = table(&mut state);
        kept.set_int(&mut state, 1, Value::table(inner)).unwrap();
        if round == 50 {
            // The one of this round becomes old, and the table that it is in.
            state.collect_young();
            assert_eq!(count(&state, kind::TABLE), before + 1);
        }
    }
    state.collect_young();
    assert_eq!(count(&state, kind::TABLE), before + 2);
    state.collect_full();
    assert_eq!(count(&state, kind::TABLE), before + 1);
    assert!(kept.get_int(1).as_table().is_some());
}

#[test]
fn young_strings_leave_the_intern_table_when_they_die() {
    let mut state = large_state();
    let kept = table(&mut state);
    keep(&mut state, "kept", kept);
    // As many as make the table look at each of them, in clusters too.
    for round in 0..40 {
        let before = count(&state, kind::STRING);
        for index in 0..200 {
            let string = text(&mut state, &std::format!("string {}", round * 200 + index));
            if index % 3 == 0 {
                kept.set_int(&mut state, index / 3 + 1, Value::string(string)).unwrap();
            }
        }
        state.collect_young();
        assert_eq!(count(&state, kind::STRING), before + 67);
        for index in (0..200).step_by(3) {
            let string = kept.get_int(index / 3 + 1).as_string().unwrap();
            let again = text(&mut state, &std::format!("string {}", round * 200 + index));
            assert_eq!(again, string);
        }
    }
}

#[test]
fn what_is_stored_into_is_listed_once() {
    let mut state = large_state();
    let holder = table(&mut state);
    keep(&mut state, "holder", holder);
    state.collect_young();
    assert!(state.heap.remembered.iter().all(|object| object.kind() == kind::THREAD));
    let young = table(&mut state);
    holder.set_int(&mut state, 1, Value::table(young)).unwrap();
    holder.set_int(&mut state, 2, Value::table(young)).unwrap();
    let listed = |state: &State| {
        state.heap.remembered.iter().filter(|object| **object == holder.erase()).count()
    };
    assert_eq!(listed(&state), 1);
    state.collect_young();
    assert_eq!(listed(&state), 0);
    assert_eq!(holder.get_int(2).as_table(), Some(young));
}

#[test]
fn results_are_roots_but_for_the_first_which_is_elsewhere() {
    let mut state = state();
    state.reserve_rets(2).unwrap();
    for index in 0..2 {
        let value = Value::table(table(&mut state));
        state.set_ret(index, value);
    }
    let before = count(&state, kind::TABLE);
    state.ctx.ret_live = 2;
    state.collect_full();
    assert_eq!(count(&state, kind::TABLE), before - 1);
    state.ctx.ret_live = 0;
    state.collect_full();
    assert_eq!(count(&state, kind::TABLE), before - 2);
}
