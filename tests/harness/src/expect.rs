//! Compares what came out with what was expected, and says where they part.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Lines of agreement shown before the first difference.
const LINES_BEFORE: usize = 3;
/// Lines shown of each side from the first difference on.
const LINES_AFTER: usize = 8;

/// `Ok` where both are the same bytes; else a text that shows the first difference.
pub(crate) fn same(what: &str, expected: &[u8], actual: &[u8]) -> Result<(), String> {
    if expected == actual {
        return Ok(());
    }
    let (expected, actual) = (lines(expected), lines(actual));
    let first = expected.iter().zip(&actual).take_while(|(e, a)| e == a).count();
    let mut text = format!("{what} differs from line {} on\n", first + 1);
    for line in &expected[first.saturating_sub(LINES_BEFORE)..first] {
        let _ = writeln!(text, "    {line}");
    }
    for (sign, side) in [("-", &expected), ("+", &actual)] {
        for line in side[first..].iter().take(LINES_AFTER) {
            let _ = writeln!(text, "  {sign} {line}");
        }
        let rest = side.len().saturating_sub(first + LINES_AFTER);
        if rest > 0 {
            let _ = writeln!(text, "  {sign} ({rest} lines more)");
        }
    }
    text.push_str("  (- expected, + found)");
    Err(text)
}

/// The lines as text, with a mark where the last one has no end.
fn lines(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut lines: Vec<String> = text.split('\n').map(|l| l.escape_debug().to_string()).collect();
    match lines.last_mut() {
        Some(last) if last.is_empty() => drop(lines.pop()),
        Some(last) => last.push_str("  (no end of line)"),
        None => {}
    }
    lines
}

/// Makes an expectation's file say this; an expectation of nothing has no file.
pub(crate) fn write(path: &Path, bytes: Option<&[u8]>) -> Result<(), String> {
    let problem = |error| format!("{}: {error}", path.display());
    match bytes {
        // Untouched when it says so already, to keep its time of change.
        Some(bytes) if fs::read(path).is_ok_and(|old| old == bytes) => Ok(()),
        Some(bytes) => fs::write(path, bytes).map_err(problem),
        None if path.exists() => fs::remove_file(path).map_err(problem),
        None => Ok(()),
    }
}

/// The bytes of an expectation, `None` where it has no file.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, String> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn the_first_difference_is_shown() {
        let text = same("output", b"a\nb\nc\n", b"a\nx\nc\n").unwrap_err();
        let expected = "output differs from line 2 on\n    a\n  - b\n  - c\n  + x\n  + c\n";
        assert!(text.starts_with(expected), "{text}");
    }

    #[test]
    fn a_missing_end_of_line_is_a_difference() {
        assert!(same("output", b"a\n", b"a").unwrap_err().contains("no end of line"));
        assert_eq!(same("output", b"", b""), Ok(()));
    }
}
