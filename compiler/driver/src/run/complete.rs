//! Completion: which names the word before the cursor may become.
//!
//! Globals and keywords, and the fields of what a chain like `a.b:` leads to. Nothing of the
//! program's is run: fields are read raw, and those behind an `__index` that is a table.

use std::collections::BTreeSet;

use runtime::state::State;
use runtime::table::Cursor;
use runtime::value::Value;

const KEYWORDS: [&str; 22] = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
    "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
];

/// How many tables behind `__index` are looked at.
const MAX_DEPTH: usize = 100;

/// Where the word at the end of `text` begins, and what it may become, sorted.
pub(super) fn names(state: &mut State, text: &[u8]) -> (usize, Vec<String>) {
    let start = word_start(text);
    let prefix = &text[start..];
    let mut found = BTreeSet::new();
    match owner(text, start) {
        Owner::Globals => {
            let globals = Value::table(state.globals());
            add_fields(state, globals, prefix, false, &mut found);
            let keywords = KEYWORDS.iter().filter(|word| word.as_bytes().starts_with(prefix));
            found.extend(keywords.map(|word| (*word).to_owned()));
        }
        Owner::Chain { names, method } => {
            let globals = Value::table(state.globals());
            let owner = names.iter().try_fold(globals, |value, name| field(state, value, name));
            if let Some(owner) = owner {
                add_fields(state, owner, prefix, method, &mut found);
            }
        }
        Owner::Unknown => {}
    }
    (start, found.into_iter().collect())
}

/// What the fields are of.
enum Owner<'t> {
    /// The word stands alone.
    Globals,
    /// It stands behind names with '.' or ':' between them, and ':' before it if `method`.
    Chain { names: Vec<&'t [u8]>, method: bool },
    /// It stands behind something else.
    Unknown,
}

fn owner(text: &[u8], mut start: usize) -> Owner<'_> {
    let Some(mark @ (b'.' | b':')) = text[..start].last() else { return Owner::Globals };
    let mut names = Vec::new();
    while let Some(b'.' | b':') = text[..start].last() {
        let end = start - 1;
        start = word_start(&text[..end]);
        // Behind `..` or `f().` no name is known.
        if text[start..end].first().is_none_or(u8::is_ascii_digit) {
            return Owner::Unknown;
        }
        names.push(&text[start..end]);
    }
    names.reverse();
    Owner::Chain { names, method: *mark == b':' }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_name(name: &[u8]) -> bool {
    name.iter().all(|&byte| is_name_byte(byte)) && !name.first().is_none_or(u8::is_ascii_digit)
}

fn word_start(text: &[u8]) -> usize {
    text.iter().rposition(|&byte| !is_name_byte(byte)).map_or(0, |place| place + 1)
}

/// A field, without calling anything; `None` where there is none.
fn field(state: &mut State, object: Value, name: &[u8]) -> Option<Value> {
    let name = state.new_string(name).ok()?;
    let mut object = object;
    for _ in 0..MAX_DEPTH {
        if let Some(table) = object.as_table() {
            let value = table.get_str(state, name);
            if !value.is_nil() {
                return Some(value);
            }
        }
        object = behind(state, object)?;
    }
    None
}

/// What fields that are missing in `object` are looked for in.
fn behind(state: &State, object: Value) -> Option<Value> {
    let index = state.metamethod(object, state.names.index);
    index.as_table().map(Value::table)
}

/// Adds the names of fields; `callable`: of those alone that can be called.
fn add_fields(
    state: &mut State,
    object: Value,
    prefix: &[u8],
    callable: bool,
    found: &mut BTreeSet<String>,
) {
    let mut object = object;
    for _ in 0..MAX_DEPTH {
        if let Some(table) = object.as_table() {
            let mut cursor = Cursor::START;
            while let Some((key, value)) = table.advance(state, &mut cursor) {
                let Some(name) = key.as_string() else { continue };
                let name = name.as_bytes();
                let fits = name.starts_with(prefix) && is_name(name);
                if fits && (!callable || is_callable(state, value)) {
                    found.insert(String::from_utf8_lossy(name).into_owned());
                }
            }
        }
        match behind(state, object) {
            Some(next) => object = next,
            None => return,
        }
    }
}

fn is_callable(state: &State, value: Value) -> bool {
    value.as_function().is_some() || !state.metamethod(value, state.names.call).is_nil()
}

#[cfg(test)]
mod tests {
    use super::*;
    use runtime::load::Chunk;

    /// What `text` is completed to after `program` has run.
    fn completed(program: &str, text: &str) -> Vec<String> {
        let mut state = State::new(runtime::state::Options::default()).unwrap();
        state.enter(|state| {
            runtime::stdlib::open_all(state).unwrap();
            tier0::install(state);
            let chunk = Chunk { source: program.as_bytes(), name: b"=test", env: None };
            let main = state.load(&chunk, b"t").unwrap();
            state.call(Value::function(main), &[]).unwrap();
            let (start, names) = names(state, text.as_bytes());
            names.into_iter().map(|name| text[..start].to_owned() + &name).collect()
        })
    }

    #[test]
    fn globals_and_keywords() {
        assert_eq!(completed("", "pr"), ["print"]);
        assert_eq!(completed("prune = 1", "x = pr"), ["x = print", "x = prune"]);
        assert_eq!(completed("", "re"), ["repeat", "require", "return"]);
        assert_eq!(completed("", "x .. to"), ["x .. tonumber", "x .. tostring"]);
    }

    #[test]
    fn fields() {
        assert_eq!(completed("", "string.re"), ["string.rep", "string.reverse"]);
        assert_eq!(completed("a = {b = {cat = 1, [1] = 2, ['x y'] = 3}}", "f(a.b."), ["f(a.b.cat"]);
        assert_eq!(completed("s = 'x'", "s:u"), ["s:unpack", "s:upper"]);
        let class = "local C = {one = print, two = 2} C.__index = C o = setmetatable({}, C)";
        assert_eq!(completed(class, "o:"), ["o:one"]);
        assert_eq!(completed(class, "o.t"), ["o.two"]);
    }

    #[test]
    fn nothing_where_nothing_is_known() {
        for text in ["f().", "gone.", "a..", "1.", "string.nothing"] {
            assert!(completed("", text).is_empty(), "{text}");
        }
        let calls = "t = setmetatable({}, {__index = function() error('called') end})";
        assert!(completed(calls, "t.x.").is_empty());
        let circle = "t = {} setmetatable(t, {__index = t})";
        assert!(completed(circle, "t.x").is_empty());
    }
}
