//! The command line of the reference's `lua`, row by row: what comes out, and with which status.
//!
//! `lua_command.expected` has what the reference makes of each row. With `PERILUNE_REF` the rows
//! are run by the reference too and compared with that; with `BLESS=1` as well, it is written.

#![cfg(unix)]

mod common;

use std::fmt::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use common::{Folder, Run, perilune};

/// The files that rows use.
const FILES: &[(&str, &str)] = &[
    ("args.lua", "for i = -9, 9 do if arg[i] then print(i, arg[i]) end end print('...', ...)\n"),
    ("fails.lua", "local function f() error('boom') end\nf()\n"),
    ("syntax.lua", "x = = 1\n"),
    ("value.lua", "error(setmetatable({}, {__tostring = function() return 'as text' end}))\n"),
    ("table.lua", "error({})\n"),
    ("nil.lua", "error()\n"),
    ("exit.lua", "print('before') os.exit(7)\n"),
    ("exit_false.lua", "io.write('x') os.exit(false, true)\n"),
    ("hash.lua", "#!/usr/bin/lua\nprint('behind a hash')\nerror('line 3')\n"),
    ("mod.lua", "print('mod', ...) return {name = 'mod'}\n"),
    ("bad.lua", "error('in module')\n"),
    ("init.lua", "print('init', ...) initialised = true\n"),
    (
        "close.lua",
        "local x <close> = setmetatable({}, {__close = function() print('closed') end})\n",
    ),
    ("gc.lua", "setmetatable({}, {__gc = function() print('collected at the end') end})\n"),
    ("thread.lua", "coroutine.wrap(function() local x = nil + 1 end)()\n"),
    ("sub/inner.lua", "print('inner', ...) return 'inner value'\n"),
    ("-dash.lua", "print('dash')\n"),
];

/// A command line, variables of the environment, and the standard input.
type Row = (&'static str, &'static [(&'static str, &'static str)], &'static str);

/// Words have no spaces; a `~` in one stands for a space.
const ROWS: &[Row] = &[
    ("args.lua", &[], ""),
    ("args.lua a b -e c", &[], ""),
    ("-e x=1 -W args.lua a", &[], ""),
    ("-- args.lua a", &[], ""),
    ("-- -dash.lua", &[], ""),
    ("-dash.lua", &[], ""),
    ("- a b", &[], "print(arg[0], arg[-1], ...)"),
    ("-", &[], "#!hash\nprint(debug.getinfo(1, 'S').source) error('in input')"),
    ("- x", &[], "local x = ="),
    ("", &[], "print(arg[0] ~= nil, ...)"),
    ("", &[], "error('the status stays')"),
    ("", &[], "print(1 +"),
    ("-e print(1) -eprint(2) -e print(3)", &[], ""),
    ("-e print(...) x", &[], ""),
    ("-e error('here') -e print(2)", &[], ""),
    ("-e x~=~=", &[], ""),
    ("-e local~x~=", &[], ""),
    ("-e print(arg[0],arg[1],arg[2],#arg)", &[], ""),
    ("-e error({})", &[], ""),
    ("-e error(nil)", &[], ""),
    ("-e error(setmetatable({},{__tostring=function()return~'T'end}))", &[], ""),
    ("-e error(setmetatable({},{__tostring=function()return~{}end}))", &[], ""),
    ("-e error(12)", &[], ""),
    ("-e error('no~place',0)", &[], ""),
    ("-e return~1", &[], ""),
    ("-e os.exit(3)", &[], ""),
    ("-e os.exit(true)", &[], ""),
    ("-e warn('@on','x') -e warn('off')", &[], ""),
    ("-W -e warn('on~',1)", &[], ""),
    ("-e warn('off') -W -e warn('on') -e warn('@off') -e warn('no')", &[], ""),
    ("-l mod -e print(mod.name)", &[], ""),
    ("-lmod -e print(mod.name)", &[], ""),
    ("-l m=mod -e print(m.name,mod)", &[], ""),
    ("-l mod-v1 -e print(mod)", &[], ""),
    ("-l sub.inner -e print(_G['sub.inner'])", &[], ""),
    ("-l gone", &[], ""),
    ("-l bad", &[], ""),
    ("-l syntax", &[], ""),
    ("-l g= -e print(1)", &[], ""),
    ("-l =mod -e print(_G[''].name)", &[], ""),
    ("-l string -e print(string.format('%d',3))", &[], ""),
    ("-e require=nil -l mod", &[], ""),
    ("-e arg=nil args.lua", &[], ""),
    ("-e arg={'own','list'} -e arg[-9]='low' args.lua a", &[], ""),
    ("-e arg=setmetatable({},{__len=function()return~2~end}) -e print(#arg) args.lua", &[], ""),
    ("-e", &[], ""),
    ("-l", &[], ""),
    ("-e -l", &[], ""),
    ("-l -", &[], ""),
    ("-x", &[], ""),
    ("-ix", &[], ""),
    ("-vv", &[], ""),
    ("-Ex", &[], ""),
    ("-W2", &[], ""),
    ("--version", &[], ""),
    ("-e print(1) -z args.lua", &[], ""),
    ("-v", &[], "print('not read')"),
    ("-v -e print(1)", &[], "print('not read')"),
    ("-v args.lua", &[], ""),
    ("-E", &[], "print('read')"),
    ("gone.lua", &[], ""),
    ("sub", &[], ""),
    ("fails.lua", &[], ""),
    ("syntax.lua", &[], ""),
    ("value.lua", &[], ""),
    ("table.lua", &[], ""),
    ("nil.lua", &[], ""),
    ("exit.lua", &[], ""),
    ("exit_false.lua", &[], ""),
    ("hash.lua", &[], ""),
    ("close.lua", &[], ""),
    ("gc.lua", &[], ""),
    ("thread.lua", &[], ""),
    ("args.lua a", &[("LUA_INIT", "print('init', ...)")], ""),
    ("args.lua a", &[("LUA_INIT", "@init.lua")], ""),
    ("-e print(initialised)", &[("LUA_INIT", "@init.lua")], ""),
    ("-E -e print(initialised)", &[("LUA_INIT", "@init.lua")], ""),
    ("-e print(1)", &[("LUA_INIT", "@gone.lua")], ""),
    ("-e print(1)", &[("LUA_INIT", "error('in init')")], ""),
    ("-e print(1)", &[("LUA_INIT", "x = =")], ""),
    ("-e print(1)", &[("LUA_INIT", "print('old')"), ("LUA_INIT_5_4", "print('new')")], ""),
    ("-e print(1)", &[("LUA_INIT_5_4", "error('in init')")], ""),
    ("-e print(1)", &[("LUA_INIT", "")], ""),
    ("-v -e print(1)", &[("LUA_INIT", "print(arg[1])")], ""),
    ("-e print(package.path)", &[("LUA_PATH", "a/?.lua")], ""),
    ("-e print(package.path)", &[("LUA_PATH", ";;b/?.lua")], ""),
    ("-e print(package.path)", &[("LUA_PATH", "a;;b;;c")], ""),
    ("-e print(package.path)", &[("LUA_PATH", "old"), ("LUA_PATH_5_4", "new;;")], ""),
    ("-e print(package.cpath)", &[("LUA_CPATH", "a/?.so;;")], ""),
    ("-e print(package.cpath)", &[("LUA_CPATH", "old"), ("LUA_CPATH_5_4", "new")], ""),
    (
        "-E -e print(package.path) -e print(package.cpath)",
        &[("LUA_PATH", "a"), ("LUA_CPATH", "b")],
        "",
    ),
    ("-l inner -e print(inner)", &[("LUA_PATH", "sub/?.lua")], ""),
    ("-i", &[], ""),
    ("-i", &[], "1 + 1\n= 2, 3\nx = 5\nx\nreturn x, nil\nprint(x)\n\n  \n"),
    (
        "-i",
        &[],
        "for i = 1, 2 do\nprint(i)\nend\nlocal y = 3\ny\nf = function()\nreturn 7 end\nf()\n",
    ),
    (
        "-i",
        &[],
        "error('e')\nfoo bar\nx = = 1\nnil + 1\nlocal t = nil; t.x = 1\nerror({})\nerror()\n",
    ),
    ("-i", &[], "'a\\\nb'\n[[long\nstring]]\n--[[ comment\n]] 3\n1 +\n2\n"),
    ("-i", &[], "for\n"),
    ("-i", &[], "(function() error('deep') end)()\npcall(error, 'x')\nselect('#', nil, nil)\n"),
    (
        "-i",
        &[],
        "_PROMPT = 'first '\n_PROMPT2 = 'second '\nx = \n1\n_PROMPT = 5\n_PROMPT = nil\nx\n",
    ),
    (
        "-i",
        &[],
        "_PROMPT = setmetatable({}, {__tostring = function() error('in prompt') end})\nx = 1\n",
    ),
    (
        "-i",
        &[],
        "print = nil\n1\nprint = function() error({}) end\n1\nprint = function() error('p') end\n1\n",
    ),
    ("-i args.lua a", &[], "arg[1]\n"),
    ("-i fails.lua", &[], "1\n"),
    ("-i -e x=1 -", &[], "print('a script')"),
    ("-i -l mod", &[], "mod.name\n"),
    ("-i", &[], "os.exit(4)\n1\n"),
    ("-i", &[], "io.read()\nthis line is read\nio.read('n')\n12 rest\n'end'\n"),
    ("-i", &[], "#!not skipped\n..\n...\n"),
    ("-i", &[], "goto done\n::done::\nbreak\nreturn 1; 2\nlocal x <const> = 1; x = 2\n"),
    ("-i", &[], "last line without end"),
];

fn command(program: &Path, folder: &Folder, row: &Row) -> Run {
    let (words, variables, input) = row;
    let mut command = Command::new(program);
    for name in ["INIT", "PATH", "CPATH"] {
        command.env_remove(format!("LUA_{name}")).env_remove(format!("LUA_{name}_5_4"));
    }
    command.arg0("lua").current_dir(folder.path()).envs(variables.iter().copied());
    command
        .args(words.split(' ').filter(|word| !word.is_empty()).map(|word| word.replace('~', " ")));
    Run::of(&mut command, input)
}

/// What a row left, as it stands in the file. The version and the list of options, which are our
/// own, are left out.
fn shown(row: &Row, run: &Run) -> String {
    let mut text = format!("=== lua {}", row.0);
    for (name, value) in row.1 {
        let _ = write!(text, " with {name}={value}");
    }
    let version = run.stdout.lines().next().filter(|line| line.starts_with("Lua 5.4"));
    let stdout = match version {
        Some(version) => run.stdout.replacen(version, "VERSION", 1),
        None => run.stdout.clone(),
    };
    let stderr = match run.stderr.find("\nusage: ") {
        Some(usage) => format!("{}\nUSAGE\n", &run.stderr[..usage]),
        None => run.stderr.clone(),
    };
    let end =
        |text: &str| if text.is_empty() || text.ends_with('\n') { "" } else { "<no newline>\n" };
    let _ = write!(text, "\n{stdout}{}--- {}\n{stderr}{}", end(&stdout), run.status, end(&stderr));
    text
}

#[test]
fn command_lines() {
    let folder = Folder::with(FILES);
    let all = |program: &Path| -> Vec<String> {
        ROWS.iter().map(|row| shown(row, &command(program, &folder, row))).collect()
    };
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lua_command.expected");
    if let Some(reference) = std::env::var_os("PERILUNE_REF") {
        let text = all(Path::new(&reference)).concat();
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&file, &text).expect("written");
        }
        assert_eq!(std::fs::read_to_string(&file).expect("a file"), text, "the reference differs");
    }
    let expected = std::fs::read_to_string(&file).expect("a file");
    let ours = all(Path::new(common::BINARY));
    let mut rest = expected.as_str();
    let mut differing = String::new();
    for (row, text) in ROWS.iter().zip(&ours) {
        let end = rest[1..].find("\n=== lua").map_or(rest.len(), |end| end + 2);
        if &rest[..end] != text {
            let _ = write!(differing, "{:?}\nexpected:\n{}got:\n{text}", row.2, &rest[..end]);
        }
        rest = &rest[end..];
    }
    assert!(differing.is_empty(), "{differing}");
    assert!(rest.is_empty(), "{rest}");
}

#[test]
fn names_of_the_command() {
    let folder = Folder::with(FILES);
    let run = perilune(&folder, &["run", "-e", "print(1)", "args.lua", "--gc=x"]);
    assert!(
        run.stdout.starts_with("1\n-4\t") && run.stdout.contains("\n1\t--gc=x\n"),
        "{}",
        run.stdout
    );
    let run = perilune(&folder, &["run", "-q"]);
    assert!(run.stderr.starts_with("perilune: unrecognized option '-q'\nusage: perilune run ["));
    assert_eq!(run.status, 1);
    let run = perilune(&folder, &["run", "--help"]);
    assert!(run.stdout.contains("-e CODE") && run.status == 0);
    let run = Run::of(Command::new(common::BINARY).arg("repl").current_dir(folder.path()), "1+1\n");
    assert!(run.stdout.ends_with(")\n> 2\n> \n"), "{}", run.stdout);
}

#[cfg(target_os = "linux")]
#[test]
fn streams_that_cannot_be_used() {
    let folder = Folder::with(FILES);
    let shell = |line: &str| {
        let mut command = Command::new("/bin/sh");
        Run::of(command.args(["-c", line, common::BINARY]).current_dir(folder.path()), "")
    };
    let run = shell("exec \"$0\" run - < sub");
    assert_eq!((&run.stderr[..], run.status), ("perilune: cannot read stdin: Is a directory\n", 1));
    let run = shell("exec \"$0\" --help > /dev/full");
    let message = "perilune: cannot write standard output: No space left on device\n";
    assert_eq!((&run.stderr[..], run.status), (message, 1));
}

/// On a terminal of its own, by way of the command `script`, where there is one.
#[cfg(target_os = "linux")]
#[test]
fn terminal() {
    let folder = Folder::with(FILES);
    let typed = |keys: &str| {
        let mut command = Command::new("script");
        command.args(["-qec", &format!("'{}' repl", common::BINARY), "/dev/null"]);
        command.current_dir(folder.path()).env("TERM", "xterm").env_remove("LUA_INIT");
        let Ok(mut child) = command
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
        else {
            return None;
        };
        let mut input = child.stdin.take().expect("piped");
        // Keys come one after the other: what comes too early is for the line before.
        for key in keys.split_inclusive(['\r', '\t']) {
            std::thread::sleep(std::time::Duration::from_millis(300));
            let _ = std::io::Write::write_all(&mut input, key.as_bytes());
        }
        let output = child.wait_with_output().expect("it was started");
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    // Completion of a global and of a field, a continued line, the history, the end.
    let Some(output) = typed("x = strin\t.re\tp('ab', 3)\rx\rt = {\r7}\rt[1]\r\x1b[A\r\x04") else {
        return;
    };
    assert!(output.contains("ababab"), "{output}");
    assert!(output.contains(">> "), "{output}");
    assert_eq!(output.matches("\n7\r\n").count(), 2, "{output}");
}
