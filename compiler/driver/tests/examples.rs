//! The programs in `examples/`, interpreted and built at every level: they print the same.

mod common;

use std::path::Path;
use std::process::Command;

use common::{BINARY, Folder, Run};

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples");

/// What the example prints in every mode.
fn output(example: &str, arguments: &[&str], input: &str) -> String {
    let file = Path::new(EXAMPLES).join(example);
    let path = format!("{EXAMPLES}/?.lua;;");
    let command = || {
        let mut command = Command::new(BINARY);
        command.env("LUA_PATH", &path);
        command
    };
    let interpreted = Run::of(command().arg("run").arg(&file).args(arguments), input);
    assert_eq!((interpreted.status, interpreted.stderr.as_str()), (0, ""), "{example}");
    let folder = Folder::with(&[]);
    for level in ["-O0", "-O2"] {
        let program = folder.path().join("program");
        let built = Run::of(command().args(["build", level, "-o"]).arg(&program).arg(&file), "");
        assert_eq!((built.status, built.stderr.as_str()), (0, ""), "{example} {level}");
        let run = folder.run_with("program", arguments, input);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{example} {level}");
        assert_eq!(run.stdout, interpreted.stdout, "{example} {level}");
    }
    interpreted.stdout
}

#[test]
fn hello() {
    assert_eq!(output("hello.lua", &[], ""), "hello from Lua 5.4\n");
}

#[test]
fn life() {
    let printed = output("life.lua", &[], "");
    assert_eq!(printed.lines().count(), 10);
    assert_eq!(printed.matches('#').count(), 5, "a glider stays a glider");
}

#[test]
fn pipeline() {
    let printed = output("pipeline.lua", &[], "");
    assert!(printed.starts_with("2\t2\n3\t5\n5\t10\n"));
    assert!(printed.ends_with("47\t328\n"));
}

#[test]
fn jsonq() {
    let text = r#" {"b": [1, 2.5, {"c": "x\ty"}], "a": null, "e": [], "u": "\u00e9\ud83c\udf19"} "#;
    let pretty = "{\n  \"a\": null,\n  \"b\": [\n    1,\n    2.5,\n    {\n      \"c\": \"x\\ty\"\n    }\n  ],\n  \
                  \"e\": [],\n  \"u\": \"é🌙\"\n}\n";
    assert_eq!(output("jsonq.lua", &[], text), pretty);
    assert_eq!(output("jsonq.lua", &["b", "3", "c"], text), "\"x\\ty\"\n");
}

#[test]
fn words() {
    let text = "The moon and the sun.\nThe moon's light, and no sun!\n";
    assert_eq!(
        output("words.lua", &["3"], text),
        "2 lines, 11 words, 7 different\n     \
         3  the          ****************************************\n     \
         2  and          ***************************\n     \
         2  sun          ***************************\n"
    );
}

#[test]
fn every_example_is_tested() {
    let own = include_str!("examples.rs");
    for entry in std::fs::read_dir(EXAMPLES).expect("the folder of examples") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        if name.ends_with(".lua") {
            assert!(own.contains(&format!("\"{name}\"")), "{name} is not tested");
        }
    }
}
