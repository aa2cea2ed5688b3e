//! Control-C while a program is interpreted.

#![cfg(unix)]

mod common;

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use common::{BINARY, Folder};

/// Sends the signal `times` times to a program once it has written a line; its status, and what it
/// writes to standard output after that and to standard error.
fn interrupt(program: &str, times: usize) -> (Option<i32>, String, String) {
    let folder = Folder::with(&[("app.lua", program)]);
    let mut child = Command::new(BINARY)
        .args(["run", "app.lua"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
    for _ in 0..times {
        let mut line = String::new();
        output.read_line(&mut line).expect("a line");
        assert_eq!(line, "ready\n");
        // The shell's own: the program `kill` is not on every machine.
        let send = format!("kill -INT {}", child.id());
        let sent = Command::new("sh").args(["-c", &send]).status();
        assert!(sent.expect("there is a shell").success());
    }
    let (mut rest, mut errors) = (String::new(), String::new());
    output.read_to_string(&mut rest).expect("text");
    child.stderr.take().expect("a pipe").read_to_string(&mut errors).expect("text");
    (child.wait().expect("an end").code(), rest, errors)
}

/// Before `print('ready')`. The program prints that where it is to be interrupted: on a busy machine
/// the signal may come before its next instruction.
const UNBUFFERED: &str = "io.stdout:setvbuf('no')\n";

#[test]
fn a_running_program_is_interrupted() {
    let text = "local function inner()\n  print('ready') while true do x = 1 end\nend\n\
                local function outer()\n  inner()\nend\nouter()\n";
    let (status, rest, errors) = interrupt(&[UNBUFFERED, text].concat(), 1);
    let expected = "perilune: app.lua:6: interrupted!\nstack traceback:\n\
                    \tapp.lua:3: in upvalue 'inner'\n\tapp.lua:6: in local 'outer'\n\
                    \tapp.lua:8: in main chunk\n\t[C]: in ?\n";
    assert_eq!((status, rest.as_str(), errors.as_str()), (Some(1), "", expected));
}

#[test]
fn calls_are_interrupted() {
    for text in [
        "local function f() return f() end f()",
        "local function f(n) if n > 0 then f(n - 1) f(n - 1) end end f(200)",
        "coroutine.wrap(function() while true do end end)()",
    ] {
        // Wherever it is by then, each of them has an end by this error alone.
        let (status, _, errors) = interrupt(&[UNBUFFERED, "print('ready') ", text].concat(), 1);
        assert_eq!(status, Some(1), "{text}: {errors}");
        assert!(errors.contains("interrupted!\nstack traceback:\n"), "{text}: {errors}");
    }
}

#[test]
fn the_second_time_the_process_ends() {
    let catch = "while true do pcall(function() print('ready') while true do end end) end";
    let (status, ..) = interrupt(&[UNBUFFERED, catch].concat(), 2);
    assert_eq!(status, None);
    let catch = "print(pcall(function() print('ready') while true do end end)) print('goes on')";
    let (status, rest, _) = interrupt(&[UNBUFFERED, catch].concat(), 1);
    assert_eq!((status, rest.as_str()), (Some(0), "false\tinterrupted!\ngoes on\n"));
}
