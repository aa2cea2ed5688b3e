//! Several states in one process: each has its own globals, strings, collector and errors, in
//! tier 0 and in compiled code of the model `instance`.

mod common;

use std::path::Path;
use std::process::Command;

use common::{Folder, Run, perilune};
use runtime::state::{Options, OwnedState, State};
use runtime::value::Value;

const MODULE: &str = r#"
local lib = require("lib")
local steps = 0
local kept = setmetatable({}, { __index = function(_, key) return who .. key end })

-- Called over and over, in turns with the other states.
function step(n)
  steps = steps + 1
  shared = (shared or 0) + n
  local parts = {}
  for i = 1, 20 do parts[i] = (who .. i):rep(3) end
  kept[steps] = table.concat(parts, ",")
  local generator = coroutine.wrap(function()
    for i = 1, n do coroutine.yield(i * lib.factor()) end
    error({ code = n })
  end)
  local sum = 0
  local ok, problem = pcall(function() while true do sum = sum + generator() end end)
  collectgarbage()
  return table.concat({ who, steps, shared, sum, tostring(ok), problem.code, #kept[1],
    kept.missing, select(2, pcall(lib.fail)) }, " ")
end
"#;

const LIB: &str = r#"
local lib = {}
local calls = 0
function lib.factor() calls = calls + 1; return #who * calls end
function lib.fail() local t = nil; return t[who] end
return lib
"#;

/// What `step(2)`, `step(3)` and so on give in a state called `who`.
fn expected(who: &str) -> Vec<String> {
    let (mut calls, mut shared) = (0, 0);
    let first: usize = (1..=20).map(|i| format!("{who}{i}").len() * 3 + 1).sum::<usize>() - 1;
    (1..=4)
        .map(|step| {
            let n = step + 1;
            shared += n;
            let mut sum = 0;
            for i in 1..=n {
                calls += 1;
                sum += i * who.len() * calls;
            }
            format!(
                "{who} {step} {shared} {sum} false {n} {first} {who}missing \
                 ./lib.lua:5: attempt to index a nil value (local 't')"
            )
        })
        .collect()
}

fn set_global(state: &mut State, name: &str, value: Value) {
    let name = state.new_string(name.as_bytes()).expect("memory");
    state.globals().set_str(state, name, value).expect("memory");
}

fn load(state: &mut State, name: &[u8], text: &str) -> Value {
    let chunk = runtime::load::Chunk { source: text.as_bytes(), name, env: None };
    Value::function(state.load(&chunk, b"t").expect("correct"))
}

fn tier0_state(who: &str, gc_stress: bool) -> OwnedState {
    let options = Options { gc_stress, gc_verify: gc_stress, ..Options::default() };
    let mut state = State::new(options).expect("memory");
    state.enter(|state| {
        runtime::stdlib::open_all(state).expect("memory");
        tier0::install(state);
        let text = Value::string(state.new_string(who.as_bytes()).expect("memory"));
        set_global(state, "who", text);
        // In `package.preload`, where a built program has its modules.
        let preload = runtime::stdlib::registry_table(state, b"_PRELOAD").expect("memory");
        let lib = load(state, b"@./lib.lua", LIB);
        let name = state.new_string(b"lib").expect("memory");
        preload.set_str(state, name, lib).expect("memory");
        let main = load(state, b"@app.lua", MODULE);
        assert!(state.call(main, &[]).is_ok(), "{}", String::from_utf8_lossy(&state.error_text()));
    });
    state
}

fn step(state: &mut State, n: i64) -> String {
    state.enter(|state| {
        let name = state.new_string(b"step").expect("memory");
        let function = state.globals().get_str(state, name);
        match state.call(function, &[Value::int(n)]) {
            Ok(results) => {
                let text = results.first().as_string().expect("a string");
                String::from_utf8_lossy(text.as_bytes()).into_owned()
            }
            Err(_) => String::from_utf8_lossy(&state.error_text()).into_owned(),
        }
    })
}

#[test]
fn two_states_of_tier_0() {
    for gc_stress in [false, true] {
        let mut first = tier0_state("one", gc_stress);
        let mut second = tier0_state("second", gc_stress);
        for (round, (a, b)) in expected("one").into_iter().zip(expected("second")).enumerate() {
            let n = round as i64 + 2;
            assert_eq!(step(&mut first, n), a);
            assert_eq!(step(&mut second, n), b);
        }
        // One ends; the other lives on.
        drop(first);
        assert!(step(&mut second, 1).starts_with("second 5 15 "));
    }
}

#[test]
fn states_of_tier_0_on_two_threads() {
    let run = |who: &'static str| {
        std::thread::spawn(move || {
            let mut state = tier0_state(who, false);
            (2..=5).map(|n| step(&mut state, n)).collect::<Vec<_>>()
        })
    };
    let threads = [run("left"), run("right")];
    let [left, right] = threads.map(|thread| thread.join().expect("no panic"));
    assert_eq!(left, expected("left"));
    assert_eq!(right, expected("right"));
}

/// A host program: two states on the main thread in turns, then one on each of two threads.
const HOST: &str = r#"
use abi::module::ModuleDescriptor;
use runtime::state::{Options, OwnedState, State};
use runtime::value::Value;

#[unsafe(no_mangle)]
pub static VERSION: u8 = 0;

unsafe extern "C" {
    static perilune_module: ModuleDescriptor;
}

fn state(who: &str, gc_stress: bool) -> OwnedState {
    let options = Options { gc_stress, gc_verify: gc_stress, ..Options::default() };
    let mut state = State::new(options).ok().expect("memory");
    state.enter(|state| {
        let main = unsafe { state.register_module(&perilune_module) }.ok().expect("memory");
        let entries = state.modules[0].library_entries();
        runtime::stdlib::open(state, entries.into_iter()).ok().expect("memory");
        let text = Value::string(state.new_string(who.as_bytes()).ok().expect("memory"));
        let name = state.new_string(b"who").ok().expect("memory");
        state.globals().set_str(state, name, text).ok().expect("memory");
        if state.call(Value::function(main), &[]).is_err() {
            println!("{}", String::from_utf8_lossy(&state.error_text()));
        }
    });
    state
}

fn step(state: &mut State, n: i64) -> String {
    state.enter(|state| {
        let name = state.new_string(b"step").ok().expect("memory");
        let function = state.globals().get_str(state, name);
        match state.call(function, &[Value::int(n)]) {
            Ok(results) => {
                let text = results.first().as_string().expect("a string");
                String::from_utf8_lossy(text.as_bytes()).into_owned()
            }
            Err(_) => String::from_utf8_lossy(&state.error_text()).into_owned(),
        }
    })
}

fn main() {
    for gc_stress in [false, true] {
        let (mut first, mut second) = (state("one", gc_stress), state("second", gc_stress));
        for n in 2..=5 {
            println!("{}", step(&mut first, n));
            println!("{}", step(&mut second, n));
        }
        drop(first);
        assert!(step(&mut second, 1).starts_with("second 5 15 "));
    }
    let run = |who: &'static str| {
        std::thread::spawn(move || {
            let mut state = state(who, false);
            (2..=5).map(|n| step(&mut state, n)).collect::<Vec<_>>().join("\n")
        })
    };
    let threads = [run("left"), run("right")];
    threads.map(|thread| println!("{}", thread.join().expect("no panic")));
}
"#;

#[test]
fn compiled_module_in_several_states() {
    // The build script's libraries of the runtime, from which the archive is made.
    let libraries = Path::new(env!("OUT_DIR"));
    if !libraries.join("libruntime.rlib").exists() {
        eprintln!("NOT TESTED: the runtime's archive was not built here");
        return;
    }
    let host = HOST.replace("VERSION", abi::module::VERSION_SYMBOL);
    let folder = Folder::with(&[("app.lua", MODULE), ("lib.lua", LIB), ("host.rs", &host)]);
    let mut all = String::new();
    for _ in 0..2 {
        for (a, b) in expected("one").into_iter().zip(expected("second")) {
            all.push_str(&format!("{a}\n{b}\n"));
        }
    }
    for line in expected("left").into_iter().chain(expected("right")) {
        all.push_str(&format!("{line}\n"));
    }
    for level in ["-O0", "-O2"] {
        let arguments = ["build", level, "--instance", "--emit", "obj", "app.lua", "-o", "app.o"];
        let built = perilune(&folder, &arguments);
        assert_eq!((built.status, built.stderr.as_str()), (0, ""));
        let mut rustc = Command::new("rustc");
        rustc.current_dir(folder.path()).args(["--edition", "2024", "host.rs", "-o", "host"]);
        rustc.args(["-C", "panic=abort", "-C", "link-arg=app.o"]).arg("-L").arg(libraries);
        for library in ["abi", "runtime"] {
            let file = libraries.join(format!("lib{library}.rlib"));
            rustc.arg("--extern").arg(format!("{library}={}", file.display()));
        }
        let built = Run::of(&mut rustc, "");
        assert_eq!(built.status, 0, "{}", built.stderr);
        let run = folder.run("host", "");
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{level}");
        assert_eq!(run.stdout, all, "{level}");
    }
}
