//! Diagnostics for people: the reference's words as the headline, below it, on a terminal, the
//! place in the source.

use std::io::IsTerminal;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use syntax::Source;
use syntax::diagnostic::Diagnostic;

use crate::failure::Failure;

/// Lines longer than this are not shown: they are data, not text.
const LONGEST_LINE: usize = 400;

/// The failure that a refused source is.
pub(crate) fn refused(source: &Source, diagnostic: &Diagnostic) -> Failure {
    let mut message = diagnostic.message.clone();
    if std::io::stderr().is_terminal()
        && let Some(snippet) = snippet(source, diagnostic)
    {
        message.push(b'\n');
        message.extend_from_slice(snippet.as_bytes());
    }
    Failure::new(message)
}

/// The lines that the diagnostic is about, with its labels; `None` where they cannot be shown.
fn snippet(source: &Source, diagnostic: &Diagnostic) -> Option<String> {
    let text = std::str::from_utf8(&source.text).ok()?;
    let clamp = |offset: u32| text.floor_char_boundary(offset as usize);
    let start = text[..clamp(diagnostic.span.start)].rfind('\n').map_or(0, |at| at + 1);
    let end = diagnostic
        .labels
        .iter()
        .map(|label| label.span.end)
        .chain([diagnostic.span.end])
        .map(clamp)
        .max()
        .unwrap_or(start);
    let end = text[end..].find('\n').map_or(text.len(), |at| end + at);
    let window = &text[start..end];
    if window.lines().any(|line| line.len() > LONGEST_LINE) {
        return None;
    }
    let first_line = source.position(start as u32).line as usize;
    let chunk = source.chunk_id();
    let path = String::from_utf8_lossy(&chunk);
    let place = |span: syntax::Span| {
        let from = clamp(span.start).clamp(start, end) - start;
        let to = clamp(span.end).clamp(start, end) - start;
        from..to.max(from)
    };
    let mut shown = Snippet::source(window).line_start(first_line).path(path.as_ref());
    if diagnostic.labels.is_empty() {
        shown = shown.annotation(AnnotationKind::Primary.span(place(diagnostic.span)));
    }
    for (index, label) in diagnostic.labels.iter().enumerate() {
        let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        shown = shown.annotation(kind.span(place(label.span)).label(label.text.as_str()));
    }
    let mut group = Group::with_level(Level::ERROR).element(shown);
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    Some(Renderer::styled().render(&[group]).to_string())
}
