//! Tests of single passes: `passes/NAME/x.ir` goes through the pass NAME alone, and
//! `x.out.ir` says what comes out, or `x.error` why it is refused.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};

use crate::case::collect;
use crate::process::Output;
use crate::{Context, expect, process};

/// How long a pass may take.
const LIMIT: Duration = Duration::from_secs(60);

/// One test for each file of IR that is an input.
pub(crate) fn trials(
    context: &Arc<Context>,
    root: &Path,
    bless: bool,
) -> Result<Vec<Trial>, String> {
    let mut files = Vec::new();
    collect(root, "ir", &mut files)?;
    let mut trials = Vec::new();
    for path in files {
        if path.to_string_lossy().ends_with(".out.ir") {
            continue;
        }
        let relative = path.strip_prefix(root).unwrap_or(&path).with_extension("");
        let Some(pass) = relative.parent().map(|p| p.to_string_lossy().into_owned()) else {
            continue;
        };
        let name = format!("passes/{}", relative.display());
        let context = Arc::clone(context);
        trials.push(Trial::test(name, move || {
            let output = apply(&context, &pass, &path)?;
            let tested = if bless { write(&path, &output) } else { check(&path, &output) };
            tested.map_err(Failed::from)
        }));
    }
    Ok(trials)
}

fn apply(context: &Context, pass: &str, path: &Path) -> Result<Output, String> {
    let mut command = Command::new(&context.compiler);
    command.args(["opt", "--pass", pass]).arg(path.file_name().unwrap_or_default());
    command.current_dir(path.parent().unwrap_or(Path::new(".")));
    process::run(&mut command, LIMIT)
}

fn check(path: &Path, output: &Output) -> Result<(), String> {
    let (changed, refused) = (path.with_extension("out.ir"), path.with_extension("error"));
    if let Some(expected) = expect::read(&refused)? {
        expect::same("the refusal", &expected, &output.stderr)?;
        return if output.status == 0 { Err("was not refused".into()) } else { Ok(()) };
    }
    let Some(expected) = expect::read(&changed)? else {
        return Err(format!("nothing is expected beside {} (BLESS=1 writes it)", path.display()));
    };
    if output.status != 0 {
        return Err(format!("was refused\n{}", String::from_utf8_lossy(&output.stderr)));
    }
    expect::same("the IR", &expected, &output.stdout)
}

fn write(path: &Path, output: &Output) -> Result<(), String> {
    let refused = output.status != 0;
    expect::write(&path.with_extension("error"), refused.then_some(&output.stderr))?;
    expect::write(&path.with_extension("out.ir"), (!refused).then_some(&output.stdout))
}
