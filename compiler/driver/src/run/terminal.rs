//! Lines from a terminal: edited, remembered, completed.

use std::cell::RefCell;

use runtime::state::State;
use rustyline::completion::{Completer, Pair};
use rustyline::config::Configurer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::Validator;
use rustyline::{Context, Editor, Helper};

use super::complete;
use super::repl::Line;

/// A terminal.
pub(super) struct Terminal<'a, 's>(Editor<Names<'a, 's>, MemHistory>);

impl<'a, 's> Terminal<'a, 's> {
    /// The terminal of the process, if it is one that lines can be edited on.
    pub(super) fn new(state: &'a RefCell<&'s mut State>) -> Option<Terminal<'a, 's>> {
        let config = rustyline::Config::default();
        let mut editor = Editor::with_history(config, MemHistory::new()).ok()?;
        editor.set_completion_type(rustyline::CompletionType::List);
        editor.set_helper(Some(Names(state)));
        Some(Terminal(editor))
    }

    pub(super) fn read(&mut self, prompt: &[u8]) -> Line {
        match self.0.readline(&*String::from_utf8_lossy(prompt)) {
            Ok(text) => Line::Text(text.into_bytes()),
            // What was typed is no text, or Control-C ended it.
            Err(ReadlineError::Interrupted) => Line::Abandoned,
            Err(_) => Line::End,
        }
    }

    pub(super) fn remember(&mut self, text: &[u8]) {
        // A line that cannot be remembered is no loss.
        let _ = self.0.add_history_entry(String::from_utf8_lossy(text));
    }
}

/// Completes names from the state. Nobody else uses it while a line is being read.
struct Names<'a, 's>(&'a RefCell<&'s mut State>);

impl Completer for Names<'_, '_> {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let Ok(mut state) = self.0.try_borrow_mut() else { return Ok((position, Vec::new())) };
        let (start, names) = complete::names(&mut state, &line.as_bytes()[..position]);
        let pairs = names.into_iter().map(|name| Pair { display: name.clone(), replacement: name });
        Ok((start, pairs.collect()))
    }
}

impl Helper for Names<'_, '_> {}
impl Hinter for Names<'_, '_> {
    type Hint = String;
}
impl Highlighter for Names<'_, '_> {}
impl Validator for Names<'_, '_> {}
