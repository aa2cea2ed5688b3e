//! The command as a user meets it: what it makes, and what it says about bad input.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{Folder, Run, perilune};

/// A message on standard error, this status, and no other file than those that were there.
fn refused(folder: &Folder, run: &Run, status: i32, message: &str) {
    assert!(run.stderr.contains(message), "{message:?} is not in {:?}", run.stderr);
    assert_eq!(run.status, status, "{}", run.stderr);
    assert_eq!(folder.files(), folder.given, "something was left behind");
    assert!(!run.stderr.contains("os error"), "{}", run.stderr);
}

fn hello() -> Folder {
    Folder::with(&[("hello.lua", "print('hello', ...)\n")])
}

#[test]
fn missing_file() {
    let folder = hello();
    for command in ["build", "check", "run"] {
        let run = perilune(&folder, &[command, "gone.lua"]);
        refused(&folder, &run, 1, "perilune: cannot open gone.lua");
    }
}

#[test]
fn folder_as_a_file() {
    let folder = Folder::with(&[("dir/x.lua", "")]);
    for command in ["build", "check", "run"] {
        refused(&folder, &perilune(&folder, &[command, "dir"]), 1, "cannot read dir");
    }
}

#[cfg(unix)]
#[test]
fn unreadable_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = hello();
    let file = folder.path().join("hello.lua");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o0)).unwrap();
    if fs::read(&file).is_ok() {
        // Whoever may read everything cannot be refused.
        return;
    }
    let run = perilune(&folder, &["build", "hello.lua"]);
    refused(&folder, &run, 1, "cannot open hello.lua: Permission denied");
}

#[test]
fn syntax_error() {
    let folder = Folder::with(&[("bad.lua", "local x\nx = = 1\n"), ("good.lua", "return 1")]);
    let headline = "perilune: bad.lua:2: unexpected symbol near '='\n";
    for command in ["build", "check", "run"] {
        let run = perilune(&folder, &[command, "bad.lua"]);
        refused(&folder, &run, 1, headline);
    }
    // Every file is looked at, and the good ones are passed over in silence.
    let run = perilune(&folder, &["check", "bad.lua", "good.lua", "gone.lua", "bad.lua"]);
    refused(&folder, &run, 1, headline);
    assert_eq!(run.stderr.matches(headline).count(), 2);
    assert!(run.stderr.contains("cannot open gone.lua"));
    assert_eq!(perilune(&folder, &["check", "good.lua"]).status, 0);
}

#[test]
fn syntax_error_in_a_module() {
    let folder = Folder::with(&[
        ("app.lua", "\nlocal m = require 'm'\n"),
        ("m.lua", "return = 1"),
        ("careful.lua", "print(pcall(require, 'm') == false)"),
    ]);
    let run = perilune(&folder, &["build", "app.lua"]);
    refused(&folder, &run, 1, "./m.lua:1: unexpected symbol near '='\n  required by app.lua:2");
    // A program that is prepared for it is built.
    let run = perilune(&folder, &["build", "careful.lua", "-o", "careful"]);
    assert!(run.stderr.contains("careful.lua:1: warning: module 'm' is left out: ./m.lua:1:"));
    assert_eq!(run.status, 0);
    assert_eq!(folder.run("careful", "").stdout, "true\n");
}

#[test]
fn precompiled_chunk() {
    let folder = Folder::with(&[("x.luac", "\x1bLua"), ("y.luac", "# y\n\x1bLua")]);
    for file in ["x.luac", "y.luac"] {
        let run = perilune(&folder, &["build", file]);
        refused(&folder, &run, 1, "this is a precompiled chunk; give the Lua source instead");
    }
}

#[test]
fn output_that_is_a_source() {
    let folder = Folder::with(&[("app.lua", "require 'm'"), ("m.lua", "")]);
    for arguments in [
        &["build", "app.lua", "-o", "app.lua"][..],
        &["build", "app.lua", "-o", "./m.lua"],
        &["build", "--emit", "ir", "app.lua", "-o", "app.lua"],
    ] {
        refused(&folder, &perilune(&folder, arguments), 2, "would replace the source file");
    }
    // A source without a suffix is not its own output.
    let folder = Folder::with(&[("app", "print(1)")]);
    assert_eq!(perilune(&folder, &["build", "app"]).status, 0);
    assert_eq!(folder.run("app.out", "").stdout, "1\n");
}

#[test]
fn output_folder_that_cannot_be_written() {
    let folder = Folder::with(&[("hello.lua", "print(1)"), ("dir/x", "")]);
    let run = perilune(&folder, &["build", "hello.lua", "-o", "gone/hello"]);
    refused(&folder, &run, 1, "cannot write gone/hello: No such file or directory");
    let run = perilune(&folder, &["build", "hello.lua", "-o", "dir"]);
    refused(&folder, &run, 1, "cannot write dir: it is a folder");
    let run = perilune(&folder, &["build", "hello.lua", "-o", "-"]);
    refused(&folder, &run, 2, "an executable cannot go to standard output");
}

#[cfg(target_os = "linux")]
#[test]
fn full_disk() {
    let folder = hello();
    for kind in ["ir", "clif", "asm", "obj", "exe"] {
        let run = perilune(&folder, &["build", "--emit", kind, "hello.lua", "-o", "/dev/full"]);
        refused(&folder, &run, 1, "cannot write /dev/full: No space left on device");
    }
    let run = Run::of(
        Command::new("/bin/sh")
            .args(["-c", "exec \"$0\" build --emit ir hello.lua > /dev/full", common::BINARY])
            .current_dir(folder.path()),
        "",
    );
    refused(&folder, &run, 1, "cannot write standard output: No space left on device");
    // A device is written to, not replaced.
    assert!(!fs::metadata("/dev/full").unwrap().is_file());
}

#[test]
fn no_linker() {
    let folder = hello();
    let run = folder.perilune(&["build", "hello.lua"], &[("PATH", "/nonexistent"), ("CC", "")]);
    refused(&folder, &run, 1, "no linker: `cc` is not on this machine");
    assert!(run.stderr.contains("install a C compiler"), "{}", run.stderr);
    assert!(run.stderr.contains("the link command would have been: cc "), "{}", run.stderr);
    let run = folder.perilune(&["build", "hello.lua"], &[("CC", "no-such-compiler -O2")]);
    refused(&folder, &run, 1, "no linker: `no-such-compiler`, which CC names,");
    let run = folder.perilune(&["build", "hello.lua"], &[("CC", "/")]);
    refused(&folder, &run, 1, "cannot run the linker `/`");
    let run = folder.perilune(&["build", "hello.lua"], &[("CC", "false")]);
    refused(&folder, &run, 1, "linking failed (exit status: 1): false ");
}

#[test]
fn wrong_command_lines() {
    let folder = hello();
    for (arguments, message) in [
        (&["build"][..], "required"),
        (&["build", "-O7", "hello.lua"], "invalid value '7'"),
        (&["build", "--emit", "elf", "hello.lua"], "invalid value 'elf'"),
        (&["build", "--target", "pdp-11", "hello.lua"], "is not a target triple we know"),
        (&["fly"], "unrecognized subcommand"),
    ] {
        refused(&folder, &perilune(&folder, arguments), 2, message);
    }
}

#[test]
fn help_and_version() {
    let folder = hello();
    let run = perilune(&folder, &["--version"]);
    assert_eq!(run.stdout, concat!("perilune ", env!("CARGO_PKG_VERSION"), "\n"));
    for arguments in [&["--help"][..], &["build", "--help"]] {
        let run = perilune(&folder, arguments);
        assert!(run.stdout.contains("Examples:") && run.stdout.contains("Exit status: 0"));
        assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    }
}

#[test]
fn levels_make_the_same_program() {
    let folder = hello();
    for level in ["-O0", "-O1", "-O2"] {
        let run = perilune(&folder, &["build", level, "hello.lua", "-o", "out"]);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "a build says nothing");
        assert_eq!(folder.run("out", "").stdout, "hello\n");
    }
}

#[test]
fn output_is_the_same_every_time() {
    let folder =
        Folder::with(&[("a.lua", "print(require 'b', require 'c')"), ("b.lua", ""), ("c.lua", "")]);
    let object = || {
        assert_eq!(perilune(&folder, &["build", "--emit", "obj", "a.lua", "-o", "a.o"]).status, 0);
        fs::read(folder.path().join("a.o")).unwrap()
    };
    assert_eq!(object(), object());
}

#[test]
fn symbols_are_kept_on_request() {
    let folder = hello();
    assert_eq!(perilune(&folder, &["build", "-g", "hello.lua", "-o", "debug"]).status, 0);
    assert_eq!(perilune(&folder, &["build", "hello.lua", "-o", "plain"]).status, 0);
    let has_symbol = |file: &str| {
        let bytes = fs::read(folder.path().join(file)).unwrap();
        bytes.windows(13).any(|window| window == b"lua:hello.lua")
    };
    assert!(has_symbol("debug"));
    assert!(!has_symbol("plain"));
}

#[test]
fn modules_are_compiled_in_on_request() {
    let folder = Folder::with(&[
        ("app.lua", "for _, name in ipairs(arg) do print(require('plug.' .. name)) end"),
        ("plug/a.lua", "return require('deep').name .. '!'"),
        ("plug/b.lua", "return ..."),
        ("plug/late.lua", "return 'late'"),
        ("deep.lua", "return { name = 'deep' }"),
    ]);
    let build = ["build", "app.lua", "-m", "plug.a", "--module", "plug.b", "-m", "plug.a", "-m"];
    let run = perilune(&folder, &[&build[..], &["string", "-o", "app"]].concat());
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    for module in ["plug/a.lua", "plug/b.lua", "deep.lua"] {
        fs::remove_file(folder.path().join(module)).unwrap();
    }
    let run = folder.run_with("app", &["a", "b", "late"], "");
    assert_eq!(run.stdout, "deep!\t:preload:\nplug.b\t:preload:\nlate\t./plug/late.lua\n");

    let run = perilune(&folder, &["build", "app.lua", "-m", "plug.none", "-o", "none"]);
    assert_eq!(run.status, 1);
    let first = "perilune: module 'plug.none' (of -m) not found:\n\tno file '";
    assert!(run.stderr.starts_with(first), "{}", run.stderr);
    assert!(!folder.path().join("none").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn entries_into_the_runtime_are_counted() {
    let text = "local sum = 0\nfor i = 1, 1000 do\n  sum = sum + '2'\nend\nprint(sum)\nEND";
    for (end, status) in [("", 0), ("os.exit(3)", 3), ("error('wrong', 0)", 1)] {
        for level in ["-O0", "-O2"] {
            let folder = Folder::with(&[("count.lua", &text.replace("END", end))]);
            for stats in [true, false] {
                let mut arguments = vec!["build", level, "count.lua", "-o", "count"];
                arguments.extend(stats.then_some("--stats"));
                let run = perilune(&folder, &arguments);
                assert_eq!(run.status, 0, "{}", run.stderr);
                let run = folder.run("count", "");
                assert_eq!((run.status, run.stdout.as_str()), (status, "2000\n"));
                let hottest = run.stderr.lines().find(|line| line.ends_with("count.lua:3: add"));
                assert_eq!(hottest, stats.then_some("          1000  count.lua:3: add"));
                assert_eq!(run.stderr.contains("entries into the runtime, from"), stats);
            }
        }
    }
}

#[test]
fn static_executable() {
    let folder = hello();
    let run = perilune(&folder, &["build", "--static", "hello.lua", "-o", "hello"]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    assert_eq!(folder.run("hello", "").stdout, "hello\n");
    let bytes = fs::read(folder.path().join("hello")).unwrap();
    assert!(!segments(&bytes).contains(&3), "a static executable names no interpreter");
}

/// The types of the segments of a 64-bit ELF file in the machine's byte order.
fn segments(file: &[u8]) -> Vec<u32> {
    let half = |at: usize| u16::from_ne_bytes([file[at], file[at + 1]]) as usize;
    let start = u64::from_ne_bytes(file[32..40].try_into().unwrap()) as usize;
    let word = |at: usize| u32::from_ne_bytes(file[at..at + 4].try_into().unwrap());
    (0..half(56)).map(|index| word(start + index * half(54))).collect()
}

#[test]
fn listings() {
    let folder = Folder::with(&[
        (
            "app.lua",
            "local m = require 'm'\n\nlocal function f(x)\n  return m.g(x) .. 'x'\nend\nprint(f(1))",
        ),
        ("m.lua", "local m = {}\nfunction m.g(x) return x end\nreturn m"),
    ]);
    let emit = |kind: &str| {
        let run = perilune(&folder, &["build", "--emit", kind, "app.lua"]);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""));
        run.stdout
    };
    let asm = emit("asm");
    assert!(asm.contains("; lua:app.lua:3:f: "), "{asm}");
    assert!(asm.contains("; lua:m.lua:2:m.g: "), "{asm}");
    assert!(asm.contains("; app.lua:4\n") && asm.contains("; app.lua:6\n"), "{asm}");
    let ir = emit("ir");
    assert!(ir.contains("module \"@app.lua\"") && ir.contains("module \"@./m.lua\""), "{ir}");
    assert!(emit("clif").contains("; lua:m.lua:2:m.g\n"));
}

#[test]
fn unknown_and_missing_modules() {
    let folder = Folder::with(&[
        (
            "app.lua",
            "print(pcall(require, 'none'))\nlocal n = ...\nif n then require(n) end\nrequire 'gone'\n",
        ),
        ("late.lua", "print('late')"),
        ("src/main.lua", "require 'beside'"),
        ("src/beside.lua", "print('beside')"),
    ]);
    let run = perilune(&folder, &["build", "app.lua", "-o", "app"]);
    assert_eq!(run.status, 0);
    assert_eq!(
        run.stderr,
        "app.lua:3: warning: the module's name is not known here: it is looked for when the \
         program runs (-m NAME compiles it in)\napp.lua:4: warning: module 'gone' not found\n"
    );
    let run = folder.run_with("app", &["late"], "");
    assert!(run.stdout.contains("\nlate\n"), "{}", run.stdout);
    assert!(run.stderr.contains("app.lua:4: module 'gone' not found:\n\tno field package.preload"));
    assert_eq!(run.status, 1);
    // The path is that of the folder one builds in; another is set as for Lua.
    let run = perilune(&folder, &["build", "src/main.lua"]);
    assert!(
        run.stderr.starts_with(
            "src/main.lua:1: warning: module 'beside' not found on the search path; carried for a \
             package.path that leads to the program's own folder: src/beside.lua (to bundle it"
        ),
        "{}",
        run.stderr
    );
    let run = folder.perilune(&["build", "src/main.lua"], &[("LUA_PATH", "src/?.lua;;")]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    assert_eq!(folder.run("main", "").stdout, "beside\n");
}

#[test]
fn modules_beside_the_executable() {
    let set_path = "package.path = arg[0]:match('^(.-)[^/]*$') .. PLACE .. '/?.lua'\n";
    let main = format!(
        "local PLACE = ...\n{set_path}print(pcall(require, 'm'))\n\
         print((package.searchpath('m', package.path)))\n"
    );
    let folder = Folder::with(&[
        ("src/main.lua", &main),
        ("src/lua/m.lua", "return require 'n' .. ' of lua'"),
        ("src/lua/n.lua", "return 'n'"),
        ("src/other/m.lua", "return 'm of other'"),
        ("src/bad/m.lua", "return ("),
        ("out/real/m.lua", "return 'a file'"),
    ]);
    let run = perilune(&folder, &["build", "src/main.lua", "-o", "out/app"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(run.stderr.contains("left out: src/bad/m.lua:1: "), "{}", run.stderr);
    assert!(run.stderr.contains(": src/lua/n.lua (to bundle it"), "{}", run.stderr);
    let with = |place: &str| {
        let shown = folder.run_with("out/app", &[place], "").stdout;
        shown.replace(folder.path().to_str().expect("text"), ".")
    };
    // Carried as if beside the executable; no file is there.
    assert_eq!(with("lua"), "true\tn of lua\t./out/lua/m.lua\nnil\n");
    let shown = with("./other/../other");
    assert_eq!(shown, "true\tm of other\t./out/./other/../other/m.lua\nnil\n");
    // Files that are there are loaded; what is at neither place is not found.
    assert_eq!(with("real"), "true\ta file\t./out/real/m.lua\n./out/real/m.lua\n");
    assert!(with("../src/lua").starts_with("true\tn of lua\t./out/../src/lua/m.lua\n./out/../src"));
    assert!(with("none").starts_with("false\tmodule 'm' not found:\n"));
}

/// Triples of every kind of object that Cranelift writes.
const OBJECTS: &[(&str, &[u8])] = &[
    ("x86_64-unknown-linux-gnu", b"\x7fELF"),
    ("x86_64-unknown-freebsd", b"\x7fELF"),
    ("aarch64-unknown-linux-gnu", b"\x7fELF"),
    ("riscv64gc-unknown-linux-gnu", b"\x7fELF"),
    ("s390x-unknown-linux-gnu", b"\x7fELF"),
    ("x86_64-apple-darwin", b"\xcf\xfa\xed\xfe"),
    ("aarch64-apple-darwin", b"\xcf\xfa\xed\xfe"),
    ("x86_64-pc-windows-msvc", b"\x64\x86"),
    ("x86_64-pc-windows-gnu", b"\x64\x86"),
];

#[test]
fn objects_for_every_format() {
    let folder = hello();
    for (triple, magic) in OBJECTS {
        let arguments = ["build", "--target", triple, "--emit", "obj", "hello.lua", "-o", "x.o"];
        let run = perilune(&folder, &arguments);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{triple}");
        let object = fs::read(folder.path().join("x.o")).unwrap();
        assert!(object.starts_with(magic), "{triple}");
    }
}

#[test]
fn targets_without_a_runtime() {
    let folder = hello();
    let triple = "riscv64gc-unknown-linux-gnu";
    let run = perilune(&folder, &["build", "--target", triple, "hello.lua", "-o", "hello"]);
    assert_eq!(run.status, 1);
    assert!(run.stderr.contains("no runtime archive for riscv64gc-unknown-linux-gnu"));
    assert!(run.stderr.contains("hello.o libperilune.a -o hello"), "{}", run.stderr);
    assert!(folder.path().join("hello.o").is_file());
    assert!(!folder.path().join("hello").exists());
    // With an archive but no linker the object is kept too.
    let folder = Folder::with(&[("hello.lua", "print(1)"), ("libperilune.a", "!<arch>\n")]);
    let arguments =
        ["build", "--target", triple, "--runtime", "libperilune.a", "hello.lua", "-o", "hello"];
    let run = folder.perilune(&arguments, &[("PATH", "/nonexistent"), ("CC", "")]);
    assert_eq!(run.status, 1);
    assert!(run.stderr.contains("wrote the object hello.o"), "{}", run.stderr);
    assert!(folder.path().join("hello.o").is_file());
    // No code generator, or no way to write an object.
    for triple in ["i686-unknown-linux-gnu", "aarch64-pc-windows-msvc"] {
        let run = perilune(&folder, &["build", "--target", triple, "hello.lua", "-o", "x"]);
        assert_eq!(run.status, 1);
        assert!(
            run.stderr.starts_with(&format!("perilune: target '{triple}': ")),
            "{}",
            run.stderr
        );
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    }
}

#[test]
fn a_failed_build_leaves_the_old_program() {
    let folder = Folder::with(&[("app.lua", "print(1)"), ("app", "old")]);
    let run = folder.perilune(&["build", "app.lua", "-o", "app"], &[("CC", "false")]);
    refused(&folder, &run, 1, "linking failed");
    assert_eq!(fs::read(folder.path().join("app")).unwrap(), b"old");
    assert_eq!(perilune(&folder, &["build", "app.lua", "-o", "app"]).status, 0);
    assert_eq!(folder.run("app", "").stdout, "1\n");
}

#[test]
fn verbose_says_what_is_done() {
    let folder = Folder::with(&[("app.lua", "require 'm'"), ("m.lua", "")]);
    let run = perilune(&folder, &["build", "-v", "app.lua"]);
    assert_eq!(run.status, 0);
    assert!(run.stderr.contains("perilune: bundling module 'm' from ./m.lua\n"));
    assert!(run.stderr.contains("perilune: compiled 2 functions"), "{}", run.stderr);
    assert!(Path::new(&folder.path().join("app")).exists());
}

#[test]
fn no_code_is_loaded() {
    let folder = Folder::with(&[
        (
            "app.lua",
            "local name = ...\nprint(pcall(load, 'x'))\nprint(pcall(dofile, 'x'))\n\
             print(pcall(require, name or 'm'))\nprint(select(2, pcall(require, 'late')):match('^[^\\n]*'))\n",
        ),
        ("m.lua", "return 1"),
    ]);
    let run = perilune(&folder, &["build", "--dynamic=none", "app.lua", "-o", "app"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(
        run.stderr,
        "app.lua:4: warning: the module's name is not known here, and the program is built without \
         the ability to load it (-m NAME compiles it in)\n\
         app.lua:2: note: 'load' raises an error (--dynamic=none)\n\
         app.lua:3: note: 'dofile' raises an error (--dynamic=none)\n"
    );
    let without = "this program was built without the ability to load code";
    let run = folder.run("app", "");
    assert_eq!(
        run.stdout,
        format!(
            "false\t'load' is not available: {without}\n\
             false\t'dofile' is not available: {without}\n\
             false\terror loading module 'm' from file './m.lua':\n\t{without}\n\
             module 'late' not found:\n"
        )
    );
    // The same program, able to.
    let run = perilune(&folder, &["build", "app.lua", "-o", "large"]);
    assert!(!run.stderr.contains("note"), "{}", run.stderr);
    let size = |name: &str| fs::metadata(folder.path().join(name)).unwrap().len();
    assert!(size("app") + 300_000 < size("large"));
}

#[test]
fn debuggable_programs_need_no_interpreter() {
    let hooks = "debug.sethook(function(_, line) print(line) end, 'l')\nlocal x = 1\n";
    let folder = Folder::with(&[("hooks.lua", hooks), ("plain.lua", "print(debug.getlocal)")]);
    let run = perilune(&folder, &["build", "--dynamic=none", "hooks.lua", "-o", "hooks"]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    assert_eq!(folder.run("hooks", "").stdout, "2\n");
    let run = perilune(&folder, &["build", "--debuggable", "-v", "plain.lua", "-o", "plain"]);
    assert!(run.stderr.contains("the program is debuggable"), "{}", run.stderr);
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn executables_are_small() {
    let hooks = "debug.sethook(function(_, line) print(line) end, 'l')\nlocal x = 1\n";
    let folder = Folder::with(&[
        ("hello.lua", "print('hello')"),
        ("load.lua", "print(load('x'))"),
        ("hooks.lua", hooks),
    ]);
    for (name, limit) in [("hello", 400_000), ("load", 900_000), ("hooks", 400_000)] {
        let run = perilune(&folder, &["build", "-O2", &format!("{name}.lua"), "-o", name]);
        assert_eq!(run.status, 0, "{}", run.stderr);
        let size = fs::metadata(folder.path().join(name)).unwrap().len();
        assert!(size <= limit, "{name} has {size} bytes (docs/size.md)");
    }
}
