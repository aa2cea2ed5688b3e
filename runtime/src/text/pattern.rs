//! Lua's patterns: matching by backtracking over bytes, directly from the pattern's text.
//!
//! Nothing is checked before it is reached: a pattern that is malformed behind the place where
//! every attempt fails is no error. Recursion goes where the reference's goes, as its depth is
//! limited and the limit shows ("pattern too complex").
//!
//! What makes it quick: sets are kept as 256 bits each once they were seen; a repetition runs in
//! a loop made for its kind of item; and where an attempt must begin or go on with a certain byte,
//! or with one of a set, the places that have it are looked for first. Such a filter is put in
//! only after the first attempt failed without error, so no error is lost by it.

mod set;
#[cfg(test)]
mod tests;

use self::set::{
    CLASS_OF, CLASSES, EMPTY, NO_CLASS, Set, class, complement, contains, insert, read_set,
};
use super::Sink;
use super::search::find_byte;
use super::short;

/// The most captures a pattern may have.
pub const MAX_CAPTURES: usize = 32;

/// How deep the matcher may recurse.
const MAX_DEPTH: u32 = 200;

/// What is wrong with a pattern, or with a replacement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternError {
    /// The pattern ends with an escape.
    EndsWithEscape,
    /// A set is not closed.
    MissingBracket,
    /// A frontier without a set.
    FrontierWithoutSet,
    /// `%b` without its two bytes.
    MissingBalanceArguments,
    /// A `)` without `(`.
    InvalidCapture,
    /// A back reference, or a replacement, to a capture that is not there or not closed. Counts
    /// from 1; `%0` in a pattern is 0.
    InvalidCaptureIndex(i32),
    /// A `(` without `)`.
    UnfinishedCapture,
    /// More than `MAX_CAPTURES`.
    TooManyCaptures,
    /// Recursion too deep.
    TooComplex,
    /// A `%` in a replacement without a digit or a second `%`.
    InvalidReplacement,
}

impl PatternError {
    /// Appends the reference's message.
    pub fn write_message(&self, out: &mut impl Sink) {
        let text: &[u8] = match *self {
            PatternError::EndsWithEscape => b"malformed pattern (ends with '%')",
            PatternError::MissingBracket => b"malformed pattern (missing ']')",
            PatternError::FrontierWithoutSet => b"missing '[' after '%f' in pattern",
            PatternError::MissingBalanceArguments => {
                b"malformed pattern (missing arguments to '%b')"
            }
            PatternError::InvalidCapture => b"invalid pattern capture",
            PatternError::UnfinishedCapture => b"unfinished capture",
            PatternError::TooManyCaptures => b"too many captures",
            PatternError::TooComplex => b"pattern too complex",
            PatternError::InvalidReplacement => b"invalid use of '%' in replacement string",
            PatternError::InvalidCaptureIndex(index) => {
                out.put(b"invalid capture index %");
                out.put(super::number::int_text(i64::from(index)).as_bytes());
                return;
            }
        };
        out.put(text);
    }
}

/// What a capture holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Captured {
    /// The bytes of the subject from the first offset up to the second.
    Range(usize, usize),
    /// A position, counted from 1 as Lua does.
    Position(usize),
}

#[derive(Clone, Copy, Debug)]
struct Capture {
    start: usize,
    len: usize,
}

/// Lengths that are none. Both are longer than any string, so that a back reference to such a
/// capture never matches.
const UNFINISHED: usize = usize::MAX;
const POSITION: usize = usize::MAX - 1;

/// Results of an attempt that are no offset. From `RAISED` on nothing matched.
const FAILED: usize = usize::MAX;
const RAISED: usize = usize::MAX - 1;

/// An item of a pattern that matches one byte.
#[derive(Clone, Copy)]
enum Single {
    Any,
    Byte(u8),
    /// An index in `CLASSES`.
    Class(u8),
    /// An index in the kept sets.
    Set(u8),
}

/// How many sets of a pattern are kept.
const KEPT_SETS: usize = 4;

/// The sets of longer patterns are not kept from one matcher to the next.
const LONGEST_KEPT: usize = 64;

#[derive(Clone, Copy, Debug)]
struct KeptSet {
    /// Offset of the '[', plus 1; 0 when the place is free.
    key: usize,
    /// Offset behind the ']'.
    end: usize,
    set: Set,
}

const FREE: KeptSet = KeptSet { key: 0, end: 0, set: EMPTY };

/// Where a matcher works: captures, and the sets that it has read. For the next matcher of the same
/// pattern these need not be read again.
#[derive(Clone, Copy, Debug)]
pub struct Scratch {
    captures: [Capture; MAX_CAPTURES],
    sets: [KeptSet; KEPT_SETS],
    /// Which place the next set gets.
    next: u8,
    /// The pattern that they belong to; of none when longer than the array.
    pattern: [u8; LONGEST_KEPT],
    pattern_len: usize,
    kept: Option<Kept>,
}

/// A match that its finder left for somebody else: see [`Matcher::keep`].
#[derive(Clone, Copy, Debug)]
struct Kept {
    key: u64,
    place: (usize, usize),
    level: usize,
}

impl Default for Scratch {
    fn default() -> Self {
        Scratch {
            captures: [Capture { start: 0, len: 0 }; MAX_CAPTURES],
            sets: [FREE; KEPT_SETS],
            next: 0,
            pattern: [0; LONGEST_KEPT],
            pattern_len: 0,
            kept: None,
        }
    }
}

impl Scratch {
    /// Forgets a match that was kept.
    pub fn forget(&mut self) {
        self.kept = None;
    }

    /// Makes the sets those of this pattern.
    fn prepare(&mut self, pattern: &[u8]) {
        if self.pattern.get(..self.pattern_len) == Some(pattern) {
            return;
        }
        self.sets = [FREE; KEPT_SETS];
        self.pattern_len = pattern.len();
        if let Some(kept) = self.pattern.get_mut(..pattern.len()) {
            kept.copy_from_slice(pattern);
        }
    }
}

/// A subject, a pattern, and the captures of the last attempt.
pub struct Matcher<'a> {
    subject: &'a [u8],
    pattern: &'a [u8],
    anchored: bool,
    most_depth: u32,
    depth: u32,
    level: usize,
    error: Option<PatternError>,
    /// The sets in `scratch` are those of the pattern.
    has_sets: bool,
    scratch: &'a mut Scratch,
}

/// Whether a pattern has none of the special bytes, so that a plain search does.
pub fn is_plain(pattern: &[u8]) -> bool {
    !pattern.iter().any(|byte| b"^$*+?.([%-".contains(byte))
}

impl<'a> Matcher<'a> {
    /// For `find`, `match` and `gsub`: a '^' at the beginning of the pattern is an anchor.
    pub fn new(subject: &'a [u8], pattern: &'a [u8], scratch: &'a mut Scratch) -> Self {
        let rest = pattern.strip_prefix(b"^");
        let mut matcher = Matcher::unanchored(subject, rest.unwrap_or(pattern), scratch);
        matcher.anchored = rest.is_some();
        matcher
    }

    /// For `gmatch`, where '^' is an ordinary byte.
    pub fn unanchored(subject: &'a [u8], pattern: &'a [u8], scratch: &'a mut Scratch) -> Self {
        scratch.forget();
        Matcher::over(subject, pattern, scratch)
    }

    fn over(subject: &'a [u8], pattern: &'a [u8], scratch: &'a mut Scratch) -> Self {
        Matcher {
            subject,
            pattern,
            anchored: false,
            most_depth: MAX_DEPTH,
            depth: MAX_DEPTH,
            level: 0,
            error: None,
            has_sets: false,
            scratch,
        }
    }

    /// Leaves the match that was just found to [`Matcher::kept`] with this key. It is kept until the next
    /// matcher is made.
    pub fn keep(&mut self, key: u64, place: (usize, usize)) {
        self.scratch.kept = Some(Kept { key, place, level: self.level });
    }

    /// The matcher, of the same subject and pattern, that kept a match with this key, and its place.
    pub fn kept(
        subject: &'a [u8],
        pattern: &'a [u8],
        scratch: &'a mut Scratch,
        key: u64,
    ) -> Option<(Self, (usize, usize))> {
        let kept = scratch.kept.take().filter(|kept| kept.key == key)?;
        let mut matcher = Matcher::over(subject, pattern, scratch);
        matcher.level = kept.level;
        Some((matcher, kept.place))
    }

    /// Finds what recurses deeper than this too complex.
    pub fn with_depth(mut self, most: u32) -> Self {
        self.most_depth = most;
        self
    }

    /// Whether the pattern matches at the first place only.
    pub fn is_anchored(&self) -> bool {
        self.anchored
    }

    /// The subject.
    pub fn subject(&self) -> &'a [u8] {
        self.subject
    }

    /// Tries to match at `start`; gives the end of the match.
    pub fn match_at(&mut self, start: usize) -> Result<Option<usize>, PatternError> {
        self.depth = self.most_depth;
        self.level = 0;
        match self.run(start, 0) {
            FAILED => Ok(None),
            RAISED => Err(self.error.unwrap_or(PatternError::TooComplex)),
            end => Ok(Some(end)),
        }
    }

    /// The first match that begins at `init` (up to the subject's length) or behind it: its start
    /// and end.
    pub fn find(&mut self, init: usize) -> Result<Option<(usize, usize)>, PatternError> {
        self.find_other(init, None)
    }

    /// As `find`, but passes over matches that end at `last`, where the previous one ended: the
    /// step of `gmatch`, and of `gsub` (which copies the bytes passed over).
    pub fn find_other(
        &mut self,
        init: usize,
        last: Option<usize>,
    ) -> Result<Option<(usize, usize)>, PatternError> {
        if init > self.subject.len() {
            return Ok(None);
        }
        let mut start = init;
        let mut filter = None;
        loop {
            match self.match_at(start)? {
                Some(end) if Some(end) != last => return Ok(Some((start, end))),
                _ if self.anchored || start >= self.subject.len() => return Ok(None),
                _ => start += 1,
            }
            let filter = filter.get_or_insert_with(|| self.start_filter());
            match filter.skip(self.subject, start) {
                Some(place) => start = place,
                None => return Ok(None),
            }
        }
    }

    /// How many captures the last match has; without any, the whole match stands for one.
    pub fn level(&self) -> usize {
        self.level
    }

    /// How many values a match gives: its captures, or the whole match.
    pub fn result_count(&self) -> usize {
        self.level.max(1)
    }

    /// The capture `index`, counted from 0, of the match from `start` to `end`.
    pub fn capture(
        &self,
        index: usize,
        start: usize,
        end: usize,
    ) -> Result<Captured, PatternError> {
        match self.scratch.captures.get(index) {
            Some(capture) if index < self.level => match capture.len {
                UNFINISHED => Err(PatternError::UnfinishedCapture),
                POSITION => Ok(Captured::Position(capture.start + 1)),
                len => Ok(Captured::Range(capture.start, capture.start + len)),
            },
            _ if index == 0 => Ok(Captured::Range(start, end)),
            _ => Err(PatternError::InvalidCaptureIndex(index as i32 + 1)),
        }
    }

    /// Appends the replacement string of a `gsub` for the match from `start` to `end`.
    pub fn replace(
        &self,
        start: usize,
        end: usize,
        replacement: &[u8],
        out: &mut impl Sink,
    ) -> Result<(), PatternError> {
        let mut rest = replacement;
        while let Some(escape) = find_byte(rest, b'%') {
            out.put(&rest[..escape]);
            let after = &rest[escape + 1..];
            match after.first() {
                Some(b'%') => out.push(b'%'),
                Some(b'0') => out.put(&self.subject[start..end]),
                Some(digit @ b'1'..=b'9') => {
                    match self.capture(usize::from(digit - b'1'), start, end)? {
                        Captured::Range(from, to) => out.put(&self.subject[from..to]),
                        Captured::Position(position) => {
                            out.put(super::number::int_text(position as i64).as_bytes());
                        }
                    }
                }
                _ => return Err(PatternError::InvalidReplacement),
            }
            rest = &after[1..];
        }
        out.put(rest);
        Ok(())
    }

    #[cold]
    fn raise(&mut self, error: PatternError) -> usize {
        self.error = Some(error);
        RAISED
    }

    /// Matches the pattern from `p` on at `s`; the end of the match, `FAILED` or `RAISED`.
    fn run(&mut self, mut s: usize, mut p: usize) -> usize {
        if self.depth == 0 {
            return self.raise(PatternError::TooComplex);
        }
        self.depth -= 1;
        let pattern = self.pattern;
        let result = loop {
            let Some(&head) = pattern.get(p) else { break s };
            match head {
                b'(' => {
                    break match pattern.get(p + 1) {
                        Some(b')') => self.start_capture(s, p + 2, POSITION),
                        _ => self.start_capture(s, p + 1, UNFINISHED),
                    };
                }
                b')' => break self.end_capture(s, p + 1),
                b'$' if p + 1 == pattern.len() => {
                    break if s == self.subject.len() { s } else { FAILED };
                }
                b'%' => match pattern.get(p + 1) {
                    Some(b'b') => {
                        s = self.balance(s, p + 2);
                        if s >= RAISED {
                            break s;
                        }
                        p += 4;
                        continue;
                    }
                    Some(b'f') => {
                        p = self.frontier(s, p + 2);
                        if p >= RAISED {
                            break p;
                        }
                        continue;
                    }
                    Some(digit @ b'0'..=b'9') => {
                        s = self.back_reference(s, *digit);
                        if s >= RAISED {
                            break s;
                        }
                        p += 2;
                        continue;
                    }
                    _ => {}
                },
                _ => {}
            }
            let Some((item, end)) = self.single(p) else { break RAISED };
            let suffix = pattern.get(end).copied().unwrap_or(0);
            let matched = self.subject.get(s).is_some_and(|&byte| self.matches(item, byte));
            match suffix {
                b'*' => {
                    break if matched {
                        self.expand(s, 0, item, end + 1)
                    } else {
                        p = end + 1;
                        continue;
                    };
                }
                b'+' => break if matched { self.expand(s, 1, item, end + 1) } else { FAILED },
                b'-' => {
                    break if matched {
                        self.expand_least(s, item, end + 1)
                    } else {
                        p = end + 1;
                        continue;
                    };
                }
                b'?' => {
                    if matched {
                        let result = self.run(s + 1, end + 1);
                        if result != FAILED {
                            break result;
                        }
                    }
                    p = end + 1;
                }
                _ if matched => {
                    s += 1;
                    p = end;
                }
                _ => break FAILED,
            }
        };
        self.depth += 1;
        result
    }

    fn start_capture(&mut self, s: usize, p: usize, len: usize) -> usize {
        let Some(capture) = self.scratch.captures.get_mut(self.level) else {
            return self.raise(PatternError::TooManyCaptures);
        };
        *capture = Capture { start: s, len };
        self.level += 1;
        let result = self.run(s, p);
        if result == FAILED {
            self.level -= 1;
        }
        result
    }

    fn end_capture(&mut self, s: usize, p: usize) -> usize {
        let open = &mut self.scratch.captures[..self.level];
        let Some(index) = open.iter().rposition(|capture| capture.len == UNFINISHED) else {
            return self.raise(PatternError::InvalidCapture);
        };
        open[index].len = s - open[index].start;
        let result = self.run(s, p);
        if result == FAILED {
            self.scratch.captures[index].len = UNFINISHED;
        }
        result
    }

    /// `%bxy`: the end of the balanced text.
    fn balance(&mut self, s: usize, p: usize) -> usize {
        let Some(&[open, close]) = self.pattern.get(p..p + 2) else {
            return self.raise(PatternError::MissingBalanceArguments);
        };
        if self.subject.get(s) != Some(&open) {
            return FAILED;
        }
        let mut depth = 1;
        for (index, &byte) in self.subject.iter().enumerate().skip(s + 1) {
            if byte == close {
                depth -= 1;
                if depth == 0 {
                    return index + 1;
                }
            } else if byte == open {
                depth += 1;
            }
        }
        FAILED
    }

    /// `%f[set]`: where the pattern goes on.
    fn frontier(&mut self, s: usize, p: usize) -> usize {
        if self.pattern.get(p) != Some(&b'[') {
            return self.raise(PatternError::FrontierWithoutSet);
        }
        let Some((item, end)) = self.single(p) else { return RAISED };
        let before = s.checked_sub(1).map_or(0, |place| self.subject[place]);
        let here = self.subject.get(s).copied().unwrap_or(0);
        if !self.matches(item, before) && self.matches(item, here) { end } else { FAILED }
    }

    /// `%1`: the end of the text that equals the capture.
    fn back_reference(&mut self, s: usize, digit: u8) -> usize {
        let index = i32::from(digit) - i32::from(b'1');
        let capture = usize::try_from(index).ok().and_then(|index| {
            self.scratch.captures[..self.level]
                .get(index)
                .filter(|capture| capture.len != UNFINISHED)
        });
        let Some(capture) = capture else {
            return self.raise(PatternError::InvalidCaptureIndex(index + 1));
        };
        if capture.len > self.subject.len() - s {
            return FAILED;
        }
        let (end, start) = (s + capture.len, capture.start);
        let is_same =
            short::equal(&self.subject[start..start + capture.len], &self.subject[s..end]);
        if is_same { end } else { FAILED }
    }

    /// The item at `p` and the offset behind it; `None` when it is malformed, and the error is
    /// noted.
    #[inline]
    fn single(&mut self, p: usize) -> Option<(Single, usize)> {
        match *self.pattern.get(p)? {
            b'.' => Some((Single::Any, p + 1)),
            b'%' => match self.pattern.get(p + 1) {
                None => {
                    self.raise(PatternError::EndsWithEscape);
                    None
                }
                Some(&letter) => match CLASS_OF[usize::from(letter)] {
                    NO_CLASS => Some((Single::Byte(letter), p + 2)),
                    class => Some((Single::Class(class), p + 2)),
                },
            },
            b'[' => {
                if !self.has_sets {
                    self.has_sets = true;
                    self.scratch.prepare(self.pattern);
                }
                match self.scratch.sets.iter().position(|kept| kept.key == p + 1) {
                    Some(place) => Some((Single::Set(place as u8), self.scratch.sets[place].end)),
                    None => self.read_set(p),
                }
            }
            byte => Some((Single::Byte(byte), p + 1)),
        }
    }

    #[cold]
    fn read_set(&mut self, p: usize) -> Option<(Single, usize)> {
        let Some((set, end)) = read_set(self.pattern, p) else {
            self.raise(PatternError::MissingBracket);
            return None;
        };
        let place = self.scratch.next % KEPT_SETS as u8;
        self.scratch.next = place + 1;
        self.scratch.sets[usize::from(place)] = KeptSet { key: p + 1, end, set };
        Some((Single::Set(place), end))
    }

    #[inline]
    fn matches(&self, item: Single, byte: u8) -> bool {
        match item {
            Single::Any => true,
            Single::Byte(other) => byte == other,
            Single::Class(class) => contains(&CLASSES[usize::from(class)], byte),
            Single::Set(place) => contains(&self.scratch.sets[usize::from(place)].set, byte),
        }
    }

    /// The end of the longest run of the item from `s` on.
    #[inline]
    fn run_of(&self, s: usize, item: Single) -> usize {
        let rest = self.subject.get(s..).unwrap_or(&[]);
        let end_in = |set: &Set| rest.iter().position(|&byte| !contains(set, byte));
        let count = match item {
            Single::Any => None,
            Single::Byte(other) => rest.iter().position(|&byte| byte != other),
            Single::Class(class) => end_in(&CLASSES[usize::from(class)]),
            Single::Set(place) => end_in(&self.scratch.sets[usize::from(place)].set),
        };
        count.map_or(self.subject.len(), |count| s + count)
    }

    /// As many of the item as there are, then fewer, down to `least`, until the rest matches.
    fn expand(&mut self, s: usize, least: usize, item: Single, p: usize) -> usize {
        // A set that `item` means may be replaced from here on: it is not used again.
        let mut end = self.run_of(s, item);
        if p == self.pattern.len() && self.depth > 0 {
            return end;
        }
        let result = self.run(end, p);
        if result != FAILED {
            return result;
        }
        let first = self.next_byte(p);
        while end > s + least {
            end -= 1;
            if let Some(first) = first {
                let places = &self.subject[s + least..=end];
                match places.iter().rposition(|&byte| byte == first) {
                    Some(place) => end = s + least + place,
                    None => return FAILED,
                }
            }
            let result = self.run(end, p);
            if result != FAILED {
                return result;
            }
        }
        FAILED
    }

    /// None of the item, then more, until the rest matches.
    fn expand_least(&mut self, mut s: usize, item: Single, p: usize) -> usize {
        let set = self.set_of(item);
        let mut result = self.run(s, p);
        if result != FAILED {
            return result;
        }
        let first = self.next_byte(p);
        while let Some(&byte) = self.subject.get(s)
            && contains(&set, byte)
        {
            s += 1;
            if first.is_some() && self.subject.get(s).copied() != first {
                continue;
            }
            result = self.run(s, p);
            if result != FAILED {
                return result;
            }
        }
        FAILED
    }

    /// The bytes that an item matches: a copy, which stays when the matcher's sets change.
    fn set_of(&self, item: Single) -> Set {
        match item {
            Single::Any => complement(EMPTY),
            Single::Byte(byte) => {
                let mut set = EMPTY;
                insert(&mut set, byte);
                set
            }
            Single::Class(class) => CLASSES[usize::from(class)],
            Single::Set(place) => self.scratch.sets[usize::from(place)].set,
        }
    }

    /// The byte that the pattern from `p` on has to begin with, if there is one such byte.
    fn next_byte(&self, mut p: usize) -> Option<u8> {
        while let Some(b'(' | b')') = self.pattern.get(p) {
            p += 1;
        }
        let (byte, end) = match *self.pattern.get(p)? {
            b'.' | b'[' => return None,
            b'$' if p + 1 == self.pattern.len() => return None,
            b'%' => match *self.pattern.get(p + 1)? {
                b'b' => return self.pattern.get(p + 2).copied(),
                b'f' | b'0'..=b'9' => return None,
                letter if class(letter).is_some() => return None,
                letter => (letter, p + 2),
            },
            byte => (byte, p + 1),
        };
        match self.pattern.get(end) {
            Some(b'*' | b'?' | b'-') => None,
            _ => Some(byte),
        }
    }

    /// What a match has to begin with, if that is known. Only asked for after an attempt failed
    /// without error.
    fn start_filter(&mut self) -> Filter {
        if let Some(byte) = self.next_byte(0) {
            return Filter::Byte(byte);
        }
        let mut p = 0;
        while let Some(b'(' | b')') = self.pattern.get(p) {
            p += 1;
        }
        let item = match (self.pattern.get(p), self.pattern.get(p + 1)) {
            (Some(b'%'), Some(b'b' | b'f' | b'0'..=b'9')) => None,
            (Some(b'%' | b'['), Some(_)) => self.single(p),
            _ => None,
        };
        match item.map(|(item, end)| (item, self.pattern.get(end))) {
            None | Some((_, Some(b'*' | b'?' | b'-'))) => Filter::Nothing,
            Some((item, _)) => Filter::Set(self.set_of(item)),
        }
    }
}

/// What a match has to begin with.
enum Filter {
    Nothing,
    Byte(u8),
    Set(Set),
}

impl Filter {
    /// The first place from `start` on where a match may begin.
    fn skip(&self, subject: &[u8], start: usize) -> Option<usize> {
        let rest = &subject[start..];
        let place = match self {
            Filter::Nothing => Some(0),
            Filter::Byte(byte) => find_byte(rest, *byte),
            Filter::Set(set) => rest.iter().position(|&byte| contains(set, byte)),
        };
        place.map(|place| start + place)
    }
}
