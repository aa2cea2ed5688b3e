//! Tests of strings.

use std::vec::Vec;

use crate::files::{Stream, Whence};
use crate::gc::Gc;
use crate::state::{Options, OwnedState, State};
use crate::string::Str;
use crate::value::Value;

fn state(gc_stress: bool) -> OwnedState {
    let options = Options { gc_stress, gc_verify: true, ..Options::default() };
    let mut state = State::new(options).expect("there is memory");
    // An exact collection then takes the whole stack of the test for that of a library function.
    state.ctx.system_sp = crate::sys::stack_end();
    state
}

#[test]
fn short_strings_are_interned() {
    let mut state = state(false);
    for len in 0..=40 {
        let bytes: Vec<u8> = (0..len).map(|index| index as u8 ^ 0x55).collect();
        let (a, b) = (state.new_string(&bytes).unwrap(), state.new_string(&bytes).unwrap());
        assert_eq!(a, b);
        assert!(a.is_short());
        assert_eq!(a.as_bytes(), bytes);
    }
    let (a, b) = (state.new_string(&[7; 41]).unwrap(), state.new_string(&[7; 41]).unwrap());
    assert!(a != b && !a.is_short() && a.equals(&b) && a.hash() == b.hash());
    assert!(Value::string(a).raw_equals(Value::string(b)));
}

#[test]
fn the_intern_table_grows_and_forgets() {
    let mut state = state(false);
    let kept = state.new_string(b"a string that is kept").unwrap();
    let registry = state.registry;
    registry.set_str(&mut state, kept, Value::TRUE).unwrap();
    for index in 0..10_000 {
        state.new_string(std::format!("string {index}").as_bytes()).unwrap();
    }
    state.collect_full();
    for index in 0..10_000 {
        state.new_string(std::format!("other {index}").as_bytes()).unwrap();
    }
    assert_eq!(state.new_string(b"a string that is kept").unwrap(), kept);
    for byte in 0..=255 {
        assert_eq!(state.new_string(&[byte]).unwrap().as_bytes(), [byte]);
    }
}

#[test]
fn appending_shares_a_buffer() {
    for stress in [false, true] {
        let mut state = state(stress);
        let mut all = Vec::new();
        let mut prefixes: Vec<(usize, Gc<Str>)> = Vec::new();
        let list = state.new_table(0, 0).unwrap();
        let registry = state.registry;
        let name = state.new_string(b"list").unwrap();
        registry.set_str(&mut state, name, Value::table(list)).unwrap();
        let mut text = state.new_string(b"").unwrap();
        for index in 0..2000 {
            let piece = std::format!("{index},");
            all.extend_from_slice(piece.as_bytes());
            let piece = state.new_string(piece.as_bytes()).unwrap();
            text = state.append(text, &[piece.as_bytes()]).unwrap();
            if index % 100 == 0 {
                prefixes.push((all.len(), text));
                list.set_int(&mut state, index / 100 + 1, Value::string(text)).unwrap();
            }
        }
        assert_eq!(text.as_bytes(), all);
        // A second continuation of a prefix does not disturb the first.
        let (len, prefix) = prefixes[10];
        let other = state.append(prefix, &[b"other", b"wise"]).unwrap();
        assert_eq!(other.as_bytes(), [&all[..len], b"otherwise"].concat());
        let doubled = state.append(text, &[text.as_bytes()]).unwrap();
        assert_eq!(doubled.as_bytes(), [&all[..], &all[..]].concat());
        for (len, prefix) in prefixes {
            assert_eq!(prefix.as_bytes(), &all[..len]);
        }
        state.collect_full();
    }
}

#[test]
fn appending_takes_linear_time() {
    let mut state = state(false);
    state.options.gc_verify = false;
    let piece = state.new_string(b"0123456789").unwrap();
    let mut text = piece;
    for _ in 0..200_000 {
        text = state.append(text, &[piece.as_bytes()]).unwrap();
    }
    assert_eq!(text.len(), 2_000_010);
}

#[test]
fn too_long_strings_are_errors() {
    let mut state = state(false);
    let stream = Stream::open_temporary().unwrap();
    assert!(state.read_string(stream, usize::MAX - 8).is_err());
    assert!(state.read_string(stream, 1 << 60).is_err());
    assert!(stream.close());
}

#[test]
fn reads_as_much_as_there_is() {
    for stress in [false, true] {
        let mut state = state(stress);
        let bytes: Vec<u8> = (0..100_000_u32).map(|index| ((index * 7) >> 3) as u8).collect();
        for len in [0, 1, 40, 41, 479, 480, 1000, 2000, 2100, 65_536] {
            let stream = Stream::open_temporary().unwrap();
            assert!(stream.write(&bytes[..len]));
            for more in [0, 1, 3, 500, 5000, 100_000] {
                assert!(stream.seek(0, Whence::Start));
                if len + more > 0 {
                    let text = state.read_string(stream, len + more).unwrap();
                    assert_eq!(text.is_some(), len > 0);
                    if let Some(text) = text {
                        assert_eq!(text.as_bytes(), &bytes[..len]);
                        assert_eq!(text.is_short(), len < 41);
                    }
                }
            }
            assert!(stream.close());
        }
        state.collect_full();
    }
}

#[test]
fn numbers_become_strings() {
    let mut state = state(false);
    let mut check = |value: Value, expected: &str| {
        let text = state.coerce_to_string(value).unwrap().unwrap();
        assert_eq!(text.as_bytes(), expected.as_bytes());
    };
    check(Value::int(-12), "-12");
    check(Value::float(1.0), "1.0");
    check(Value::float(0.1), "0.1");
    assert!(state.coerce_to_string(Value::NIL).unwrap().is_none());
}

#[test]
fn strings_that_stay_are_found_beside_those_that_die() {
    let mut state = state(false);
    let list = state.new_table(0, 0).unwrap();
    let name = state.new_string(b"list").unwrap();
    let registry = state.registry;
    registry.set_str(&mut state, name, Value::table(list)).unwrap();
    // From a table that is nearly full to one in which hardly anything is left.
    for every in [1, 2, 3, 5, 50, 1000] {
        for index in 0..12_000 {
            let string = state.new_string(std::format!("string {index}").as_bytes()).unwrap();
            let stays = if index % every == 0 { Value::string(string) } else { Value::FALSE };
            list.set_int(&mut state, index + 1, stays).unwrap();
        }
        for _ in 0..3 {
            state.collect_full();
            for index in (0..12_000).step_by(every as usize) {
                let string = list.get_int(index + 1).as_string().unwrap();
                let again = state.new_string(std::format!("string {index}").as_bytes()).unwrap();
                assert_eq!(again, string);
            }
        }
    }
}
