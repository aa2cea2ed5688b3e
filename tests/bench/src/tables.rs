//! The results as text: for a terminal, and as the tables of `docs/performance.md`.

use std::fmt::Write;

use crate::footprint::Footprint;
use crate::program::{LIBRARY_CATEGORY, MICRO_CATEGORY};
use crate::results::{Cell, Results, Row, Summary};

/// The first line for a terminal.
pub(crate) fn head(results: &Results) -> String {
    let mut text = format!("{:<18} {:>8}", "program", results.engines[0]);
    for engine in &results.engines[1..] {
        let _ = write!(text, " {engine:>12} times");
    }
    let _ = writeln!(text, "    (user seconds, median of {}; times faster)", results.runs);
    text
}

/// One program's line.
pub(crate) fn line(row: &Row) -> String {
    let mut text = format!("{:<18} {:>8}", row.name, cell_text(&row.cells[0]));
    for (engine, cell) in row.cells.iter().enumerate().skip(1) {
        let _ = write!(text, " {:>12} {}", cell_text(cell), ratio_text(row.ratio(engine)));
    }
    text.push('\n');
    text
}

/// The means, and what programs cost besides their run.
pub(crate) fn foot(results: &Results) -> String {
    let mut text = String::new();
    let mut mean = |name: &str, category: Option<&str>| {
        let _ = write!(text, "{name:<18} {:>8}", "");
        for engine in 1..results.engines.len() {
            let ratio = results.summary(engine, category).map(|summary| summary.geomean);
            let _ = write!(text, " {:>12} {}", "", ratio_text(ratio));
        }
        text.push('\n');
    };
    for category in results.categories() {
        mean(&format!("  mean {category}"), Some(category));
    }
    mean("geometric mean", None);
    let _ = write!(text, "{:<18} {:>8}", "minimum", "");
    for engine in 1..results.engines.len() {
        let ratio = results.summary(engine, None).map(|summary| summary.minimum);
        let _ = write!(text, " {:>12} {}", "", ratio_text(ratio));
    }
    text.push('\n');
    if let Some(footprint) = &results.footprint {
        text.push('\n');
        text.push_str(&footprint_tables(footprint));
    }
    text
}

fn cell_text(cell: &Cell) -> String {
    match cell {
        Cell::Measured { seconds, .. } => format!("{seconds:.3}"),
        Cell::Skipped(_) => "-".into(),
        Cell::Failed(_) => "FAILED".into(),
    }
}

fn ratio_text(ratio: Option<f64>) -> String {
    ratio.map_or_else(|| "     ".into(), |ratio| format!("{ratio:>5.2}"))
}

/// The tables of `docs/performance.md`.
pub(crate) fn markdown(results: &Results) -> String {
    let mut text = String::new();
    let command = format!("cargo run --release -p bench -- {}", results.command);
    let _ = writeln!(text, "Measured on {}: {}.", results.date, results.machine);
    let _ = writeln!(
        text,
        "Command: `{}`. User time, median of {} interleaved runs.\n",
        command.trim_end_matches([' ', '-']),
        results.runs
    );
    for category in results.categories() {
        program_table(&mut text, results, category);
    }
    means_table(&mut text, results);
    if results.rows(MICRO_CATEGORY).next().is_some() {
        let _ = writeln!(text, "One thing each; these enter no mean:\n");
        program_table(&mut text, results, MICRO_CATEGORY);
    }
    if results.rows(LIBRARY_CATEGORY).next().is_some() {
        let _ = writeln!(text, "### The library\n");
        let _ = writeln!(text, "The time goes to functions of the library; these enter no mean:\n");
        program_table(&mut text, results, LIBRARY_CATEGORY);
    }
    let reasons = results.programs.iter().filter_map(|row| {
        row.cells.iter().find_map(|cell| match cell {
            Cell::Skipped(reason) => Some(format!("`{}`: {reason}", row.name)),
            _ => None,
        })
    });
    let reasons: Vec<String> = reasons.collect();
    if !reasons.is_empty() {
        let _ = writeln!(text, "Not run on LuaJIT: {}.\n", reasons.join("; "));
    }
    if let Some(footprint) = &results.footprint {
        text.push_str(&footprint_tables(footprint));
    }
    text
}

fn program_table(text: &mut String, results: &Results, category: &str) {
    let _ = write!(text, "| {category} | {} |", results.engines[0]);
    results.engines[1..].iter().for_each(|engine| text.push_str(&format!(" {engine} |")));
    text.push_str("\n|---|---|");
    text.push_str(&"---|".repeat(results.engines.len() - 1));
    text.push('\n');
    for row in results.rows(category) {
        let _ = write!(text, "| {} | {} s |", row.name, cell_text(&row.cells[0]));
        for (engine, cell) in row.cells.iter().enumerate().skip(1) {
            let _ = match row.ratio(engine) {
                // A loss is shown as plainly as a win.
                Some(ratio) if ratio < 1.0 => {
                    write!(text, " {} s, **{ratio:.2} ×** |", cell_text(cell))
                }
                Some(ratio) => write!(text, " {} s, {ratio:.2} × |", cell_text(cell)),
                None => write!(text, " {} |", cell_text(cell)),
            };
        }
        text.push('\n');
    }
    text.push('\n');
}

fn means_table(text: &mut String, results: &Results) {
    text.push_str("| times faster than the reference |");
    results.engines[1..].iter().for_each(|engine| text.push_str(&format!(" {engine} |")));
    text.push_str("\n|---|");
    text.push_str(&"---|".repeat(results.engines.len() - 1));
    text.push('\n');
    let mut row = |name: String, category: Option<&str>, value: fn(&Summary) -> String| {
        let _ = write!(text, "| {name} |");
        for engine in 1..results.engines.len() {
            let summary = results.summary(engine, category);
            let _ = write!(text, " {} |", summary.as_ref().map_or("-".into(), value));
        }
        text.push('\n');
    };
    let geomean = |summary: &Summary| format!("{:.2}", summary.geomean);
    for category in results.categories() {
        row(format!("geometric mean, {category}"), Some(category), geomean);
    }
    row("**geometric mean of all**".into(), None, |s| {
        format!("**{:.2}** ({})", s.geomean, s.count)
    });
    row("minimum".into(), None, |summary| format!("{:.2}", summary.minimum));
    text.push('\n');
}

fn footprint_tables(footprint: &Footprint) -> String {
    let mut text = String::from("| hello | size | start | peak memory |\n|---|---|---|---|\n");
    for hello in &footprint.hello {
        let _ = writeln!(
            text,
            "| {} | {} KB | {:.2} ms | {} |",
            hello.engine,
            hello.size_bytes.div_ceil(1000),
            hello.start_milliseconds,
            hello.peak_kib.map_or("-".into(), |kib| format!("{kib} KiB")),
        );
    }
    text.push_str(
        "\n| machine code | files | lines (of code) | bytes | a line | a line of code | worst file | build |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for code in &footprint.code {
        let per = |lines: usize| code.code_bytes as f64 / lines.max(1) as f64;
        let worst = code.worst.as_ref();
        let failed = if code.failed == 0 {
            String::new()
        } else {
            format!(" ({} do not compile)", code.failed)
        };
        let _ = writeln!(
            text,
            "| {} -{} | {}{failed} | {} ({}) | {} | {:.0} | {:.0} | {} | {} |",
            code.set,
            code.level,
            code.files,
            code.lines,
            code.code_lines,
            code.code_bytes,
            per(code.lines),
            per(code.code_lines),
            worst.map_or("-".into(), |(name, rate)| format!("{name}: {rate:.0} a line of code")),
            code.build_milliseconds.map_or("-".into(), |time| format!("{time:.0} ms each")),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::sample;

    #[test]
    fn tables_show_losses_skips_and_failures() {
        let mut results = sample();
        results.programs[0].cells[2] = Cell::Measured { seconds: 2.0, peak_kib: 1 };
        let text = markdown(&results);
        assert!(
            text.contains("| a | 1.000 s | 0.100 s, 10.00 × | 2.000 s, **0.50 ×** |"),
            "{text}"
        );
        assert!(text.contains("| b | 1.000 s | - | 0.125 s, 8.00 × |"), "{text}");
        assert!(text.contains("| c | 1.000 s | 0.500 s, 2.00 × | FAILED |"), "{text}");
        assert!(text.contains("Not run on LuaJIT: `b`: no integers."), "{text}");
        let (_, library) = text.split_once("### The library\n").unwrap();
        assert!(
            library.contains("| e | 1.000 s | 1.000 s, 1.00 × | 0.002 s, 500.00 × |"),
            "{text}"
        );
    }
}
