//! The results as JSON, for whoever keeps them and compares.

use std::fmt::Write;

use crate::footprint::Footprint;
use crate::results::{Cell, Results};

pub(crate) fn write(results: &Results) -> String {
    let mut text = String::from("{\n");
    for (key, value) in
        [("date", &results.date), ("machine", &results.machine), ("command", &results.command)]
    {
        let _ = writeln!(text, "  {}: {},", string(key), string(value));
    }
    let _ = writeln!(text, "  \"runs\": {},", results.runs);
    let _ = writeln!(text, "  \"engines\": {},", list(&results.engines, |name| string(name)));
    let programs = list(&results.programs, |row| {
        let cells = list(&row.cells, |cell| match cell {
            Cell::Measured { seconds, peak_kib } => {
                format!("{{\"seconds\": {seconds}, \"peak_kib\": {peak_kib}}}")
            }
            Cell::Skipped(reason) => format!("{{\"skipped\": {}}}", string(reason)),
            Cell::Failed(problem) => format!("{{\"failed\": {}}}", string(problem)),
        });
        let (name, category) = (string(&row.name), string(&row.category));
        format!("\n    {{\"name\": {name}, \"category\": {category}, \"engines\": {cells}}}")
    });
    let _ = writeln!(text, "  \"programs\": {programs},");
    let means: Vec<(usize, Option<&str>)> = (1..results.engines.len())
        .flat_map(|engine| {
            let categories = results.categories().into_iter().map(Some).chain([None]);
            categories.map(move |category| (engine, category))
        })
        .collect();
    let means: Vec<String> = means
        .into_iter()
        .filter_map(|(engine, category)| {
            let summary = results.summary(engine, category)?;
            let (name, category) = (&results.engines[engine], category.unwrap_or("all"));
            Some(format!(
                "\n    {{\"engine\": {}, \"category\": {}, \"geomean\": {}, \"minimum\": {}, \"count\": {}}}",
                string(name),
                string(category),
                summary.geomean,
                summary.minimum,
                summary.count,
            ))
        })
        .collect();
    let _ = write!(text, "  \"means\": {}", list(&means, Clone::clone));
    if let Some(footprint) = &results.footprint {
        write_footprint(&mut text, footprint);
    }
    text.push_str("\n}\n");
    text
}

fn write_footprint(text: &mut String, footprint: &Footprint) {
    let hello = list(&footprint.hello, |hello| {
        let peak = hello.peak_kib.map_or("null".into(), |kib| kib.to_string());
        let (size, start) = (hello.size_bytes, hello.start_milliseconds);
        let engine = string(&hello.engine);
        format!(
            "\n    {{\"engine\": {engine}, \"size_bytes\": {size}, \"start_milliseconds\": {start}, \"peak_kib\": {peak}}}"
        )
    });
    let _ = write!(text, ",\n  \"hello\": {hello}");
    let code = list(&footprint.code, |code| {
        let worst = code.worst.as_ref();
        let worst = worst.map_or("null".into(), |(name, rate)| {
            format!("{{\"file\": {}, \"bytes_per_code_line\": {rate}}}", string(name))
        });
        let build = code.build_milliseconds.map_or("null".into(), |time| time.to_string());
        format!(
            "\n    {{\"set\": {}, \"level\": {}, \"files\": {}, \"failed\": {}, \"lines\": {}, \"code_lines\": {}, \
             \"code_bytes\": {}, \"worst\": {worst}, \"build_milliseconds\": {build}}}",
            string(code.set),
            string(code.level),
            code.files,
            code.failed,
            code.lines,
            code.code_lines,
            code.code_bytes,
        )
    });
    let _ = write!(text, ",\n  \"code\": {code}");
}

fn list<T>(items: &[T], write: impl Fn(&T) -> String) -> String {
    format!("[{}]", items.iter().map(write).collect::<Vec<_>>().join(", "))
}

fn string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(c);
            }
            c if c < ' ' => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::sample;

    #[test]
    fn strings_are_escaped() {
        assert_eq!(string("a\"b\\c\n"), "\"a\\\"b\\\\c\\u000a\"");
    }

    #[test]
    fn results_name_engines_and_cells() {
        let text = write(&sample());
        assert!(text.contains("{\"name\": \"a\", \"category\": \"calls\", \"engines\": [{\"seconds\": 1, \"peak_kib\": 2048}, "));
        assert!(text.contains("{\"skipped\": \"no integers\"}"));
        assert!(text.contains("\"category\": \"all\", \"geomean\": 4"));
    }
}
