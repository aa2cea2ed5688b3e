//! Dates for `os.date` and `os.time`: the calendar, the fields of a date table, and `strftime` in
//! the C locale.
//!
//! All of it is arithmetic on the proleptic Gregorian calendar. Which offset from UTC holds at
//! which time is the platform's to say; here it is an argument.

use super::Sink;
use super::digits::Text;

/// A broken-down time, the numbers as in a date table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    /// The year.
    pub year: i64,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub min: u8,
    /// 0 to 60.
    pub sec: u8,
    /// 1 (Sunday) to 7.
    pub wday: u8,
    /// 1 to 366.
    pub yday: u16,
}

/// What is local about a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone<'a> {
    /// Seconds that local time is ahead of UTC.
    pub offset: i32,
    /// Its abbreviation.
    pub name: &'a [u8],
}

/// Universal time.
pub const UTC: Zone<'static> = Zone { offset: 0, name: b"GMT" };

/// What is wrong with a date table or with a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateError<'a> {
    /// A field of a date table is no integer.
    NotAnInteger(&'static str),
    /// A field that has no default is not there.
    Missing(&'static str),
    /// A field does not fit C's `int`.
    OutOfBound(&'static str),
    /// No such conversion; what is shown goes on to the end of the format. About argument 1.
    InvalidSpecifier(&'a [u8]),
}

/// The message for a time whose year does not fit.
pub const DATE_NOT_REPRESENTABLE: &str = "date result cannot be represented in this installation";

/// The message for a date table whose time does not fit.
pub const TIME_NOT_REPRESENTABLE: &str = "time result cannot be represented in this installation";

impl DateError<'_> {
    /// Appends the reference's message.
    pub fn write_message(&self, out: &mut impl Sink) {
        let (before, name, after): (&[u8], &[u8], &[u8]) = match *self {
            DateError::NotAnInteger(name) => (b"field '", name.as_bytes(), b"' is not an integer"),
            DateError::Missing(name) => (b"field '", name.as_bytes(), b"' missing in date table"),
            DateError::OutOfBound(name) => (b"field '", name.as_bytes(), b"' is out-of-bound"),
            DateError::InvalidSpecifier(rest) => (b"invalid conversion specifier '%", rest, b"'"),
        };
        out.put(before);
        out.put(name);
        out.put(after);
    }
}

/// A field of a date table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its key.
    pub name: &'static str,
    /// Its value where it is absent; `None` when it must not be.
    pub default: Option<i32>,
    /// What C's field is less by.
    pub delta: i32,
}

/// The fields that `os.time` reads, in its order. (After them comes the boolean "isdst".)
pub const FIELDS: [Field; 6] = [
    Field { name: "year", default: None, delta: 1900 },
    Field { name: "month", default: None, delta: 1 },
    Field { name: "day", default: None, delta: 0 },
    Field { name: "hour", default: Some(12), delta: 0 },
    Field { name: "min", default: Some(0), delta: 0 },
    Field { name: "sec", default: Some(0), delta: 0 },
];

/// What a date table holds under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldValue {
    /// Nothing.
    Nil,
    /// An integer, or what converts to one.
    Int(i64),
    /// Anything else.
    Other,
}

impl Field {
    /// The value for C's `struct tm`.
    pub fn read(&self, value: FieldValue) -> Result<i32, DateError<'static>> {
        match value {
            FieldValue::Nil => self.default.ok_or(DateError::Missing(self.name)),
            FieldValue::Other => Err(DateError::NotAnInteger(self.name)),
            FieldValue::Int(value) => value
                .checked_sub(i64::from(self.delta))
                .and_then(|value| i32::try_from(value).ok())
                .ok_or(DateError::OutOfBound(self.name)),
        }
    }
}

const DAY: i64 = 86_400;

/// Days from 1970-01-01. Years are counted from March, so that the leap day is the last of its
/// year; 400 of them are an era of 146 097 days.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

impl Date {
    /// The date of a time in seconds since 1970 at an offset from UTC; `None` when its year does
    /// not fit C's `int` ([`DATE_NOT_REPRESENTABLE`]).
    pub fn from_time(time: i64, zone: Zone) -> Option<Date> {
        let (days, seconds) = (time.div_euclid(DAY), time.rem_euclid(DAY));
        let seconds = seconds + i64::from(zone.offset);
        let (days, seconds) = (days + seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let months = (5 * day_of_year + 2) / 153; // From March.
        let day = day_of_year - (153 * months + 2) / 5 + 1;
        let month = if months < 10 { months + 3 } else { months - 9 };
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        i32::try_from(year - 1900).ok()?;
        Some(Date {
            year,
            month: month as u8,
            day: day as u8,
            hour: (seconds / 3600) as u8,
            min: (seconds / 60 % 60) as u8,
            sec: (seconds % 60) as u8,
            wday: ((days + 4).rem_euclid(7) + 1) as u8,
            yday: (days - days_from_civil(year, 1, 1) + 1) as u16,
        })
    }

    /// The year and number of the week by ISO 8601: weeks begin on Monday, and the first is the
    /// one with January 4th.
    fn iso_week(&self) -> (i64, i64) {
        let weekday = (i64::from(self.wday) + 5) % 7; // From Monday.
        let week = (i64::from(self.yday) - 1 - weekday + 10) / 7;
        if week < 1 {
            let year = self.year - 1;
            let days = if is_leap(year) { 366 } else { 365 };
            return (year, (i64::from(self.yday) + days - 1 - weekday + 10) / 7);
        }
        let days = if is_leap(self.year) { 366 } else { 365 };
        if week == 53 && i64::from(self.yday) - 1 - weekday + 3 >= days {
            return (self.year + 1, 1);
        }
        (self.year, week)
    }
}

/// The time in seconds since 1970 of fields as C's `struct tm` has them (year from 1900, month
/// from 0), each of any value, taken for UTC.
pub fn time_from_fields([year, month, day, hour, min, sec]: [i32; 6]) -> i64 {
    let month = i64::from(month);
    let year = i64::from(year) + 1900 + month.div_euclid(12);
    let days = days_from_civil(year, month.rem_euclid(12) + 1, 1) + i64::from(day) - 1;
    days * DAY + i64::from(hour) * 3600 + i64::from(min) * 60 + i64::from(sec)
}

/// The conversions of C99, alone and after 'E' and 'O'.
const PLAIN: &[u8] = b"aAbBcCdDeFgGhHIjmMnprRStTuUVwWxXyYzZ%";
const AFTER_E: &[u8] = b"cCxXyY";
const AFTER_O: &[u8] = b"deHImMSuUVwWy";

/// The length of the conversion at the beginning of `rest`, which is what follows a '%'.
pub fn specifier_length(rest: &[u8]) -> Result<usize, DateError<'_>> {
    match *rest {
        [letter, ..] if PLAIN.contains(&letter) => Ok(1),
        [b'E', letter, ..] if AFTER_E.contains(&letter) => Ok(2),
        [b'O', letter, ..] if AFTER_O.contains(&letter) => Ok(2),
        _ => {
            let end = rest.iter().position(|&byte| byte == 0).unwrap_or(rest.len());
            Err(DateError::InvalidSpecifier(&rest[..end]))
        }
    }
}

const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Appends the date by a format: `os.date`, after its '!' and when it is not "*t".
pub fn write<'f>(
    out: &mut impl Sink,
    format: &'f [u8],
    date: &Date,
    zone: Zone,
) -> Result<(), DateError<'f>> {
    let mut rest = format;
    while let Some((&byte, after)) = rest.split_first() {
        if byte != b'%' {
            out.push(byte);
            rest = after;
            continue;
        }
        let length = specifier_length(after)?;
        // In the C locale the modifiers change nothing.
        write_one(out, after[length - 1], date, zone);
        rest = &after[length..];
    }
    Ok(())
}

/// One conversion: of a letter that `specifier_length` took.
fn write_one(out: &mut impl Sink, letter: u8, date: &Date, zone: Zone) {
    let day_name = DAYS[usize::from(date.wday + 6) % 7];
    let month_name = MONTHS[usize::from(date.month + 11) % 12];
    let hour_12 = i64::from((date.hour + 11) % 12 + 1);
    let yday = i64::from(date.yday) - 1;
    let wday = i64::from(date.wday) - 1;
    let all = |out: &mut _, letters: &[u8]| {
        for &letter in letters {
            match letter {
                b' ' | b'/' | b':' | b'-' => Sink::push(out, letter),
                _ => write_simple(out, letter, date),
            }
        }
    };
    match letter {
        b'a' => out.put(&day_name.as_bytes()[..3]),
        b'A' => out.put(day_name.as_bytes()),
        b'b' | b'h' => out.put(&month_name.as_bytes()[..3]),
        b'B' => out.put(month_name.as_bytes()),
        b'c' => {
            out.put(&day_name.as_bytes()[..3]);
            out.push(b' ');
            out.put(&month_name.as_bytes()[..3]);
            all(out, b" e H:M:S Y");
        }
        b'C' => number(out, date.year.div_euclid(100), 1, b'0'),
        b'D' | b'x' => all(out, b"m/d/y"),
        b'F' => all(out, b"Y-m-d"),
        b'g' => number(out, date.iso_week().0.rem_euclid(100), 2, b'0'),
        b'G' => number(out, date.iso_week().0, 1, b'0'),
        b'I' => number(out, hour_12, 2, b'0'),
        b'j' => number(out, yday + 1, 3, b'0'),
        b'n' => out.push(b'\n'),
        b'p' => out.put(if date.hour < 12 { b"AM" } else { b"PM" }),
        b'r' => {
            number(out, hour_12, 2, b'0');
            all(out, b":M:S ");
            out.put(if date.hour < 12 { b"AM" } else { b"PM" });
        }
        b'R' => all(out, b"H:M"),
        b't' => out.push(b'\t'),
        b'T' | b'X' => all(out, b"H:M:S"),
        b'u' => number(out, (wday + 6) % 7 + 1, 1, b'0'),
        b'U' => number(out, (yday + 7 - wday) / 7, 2, b'0'),
        b'V' => number(out, date.iso_week().1, 2, b'0'),
        b'w' => number(out, wday, 1, b'0'),
        b'W' => number(out, (yday + 7 - (wday + 6) % 7) / 7, 2, b'0'),
        b'z' => {
            out.push(if zone.offset < 0 { b'-' } else { b'+' });
            let minutes = i64::from(zone.offset.unsigned_abs() / 60);
            number(out, minutes / 60 * 100 + minutes % 60, 4, b'0');
        }
        b'Z' => out.put(zone.name),
        b'%' => out.push(b'%'),
        _ => write_simple(out, letter, date),
    }
}

/// The conversions that others are made of.
fn write_simple(out: &mut impl Sink, letter: u8, date: &Date) {
    match letter {
        b'd' => number(out, i64::from(date.day), 2, b'0'),
        b'e' => number(out, i64::from(date.day), 2, b' '),
        b'H' => number(out, i64::from(date.hour), 2, b'0'),
        b'm' => number(out, i64::from(date.month), 2, b'0'),
        b'M' => number(out, i64::from(date.min), 2, b'0'),
        b'S' => number(out, i64::from(date.sec), 2, b'0'),
        b'y' => number(out, date.year.rem_euclid(100), 2, b'0'),
        _ => number(out, date.year, 1, b'0'), // 'Y'
    }
}

fn number(out: &mut impl Sink, value: i64, width: usize, fill: u8) {
    let mut text = Text::<24>::new();
    text.decimal(value.unsigned_abs(), 1);
    let sign: &[u8] = if value < 0 { b"-" } else { b"" };
    out.put(sign);
    out.fill(fill, width.saturating_sub(text.bytes().len() + sign.len()));
    out.put(text.bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use alloc::vec::Vec;

    fn shown(time: i64, format: &str) -> String {
        let mut out = Vec::new();
        let date = Date::from_time(time, UTC).unwrap();
        write(&mut out, format.as_bytes(), &date, UTC).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn converts_both_ways() {
        let date = Date::from_time(1_709_210_096, UTC).unwrap();
        let expected =
            Date { year: 2024, month: 2, day: 29, hour: 12, min: 34, sec: 56, wday: 5, yday: 60 };
        assert_eq!(date, expected);
        assert_eq!(time_from_fields([124, 1, 29, 12, 34, 56]), 1_709_210_096);
        // Fields of any value: the 14th month, the 0th day, the -1st second.
        assert_eq!(time_from_fields([123, 13, 29, 12, 34, 56]), 1_709_210_096);
        assert_eq!(time_from_fields([70, 0, 0, 24, 0, -1]), -1);
        for time in (-200_000_000_000..300_000_000_000).step_by(123_456_789) {
            let date = Date::from_time(time, UTC).unwrap();
            let fields = [
                (date.year - 1900) as i32,
                i32::from(date.month) - 1,
                i32::from(date.day),
                i32::from(date.hour),
                i32::from(date.min),
                i32::from(date.sec),
            ];
            assert_eq!(time_from_fields(fields), time);
        }
        assert_eq!(Date::from_time(i64::MAX, UTC), None);
        assert_eq!(Date::from_time(i64::MIN, UTC), None);
        let east = Zone { offset: 7200, name: b"EET" };
        assert_eq!(Date::from_time(-1, east).unwrap().hour, 1);
        time_from_fields([i32::MAX; 6]);
        time_from_fields([i32::MIN; 6]);
    }

    #[test]
    fn formats() {
        let time = 1_709_210_096;
        assert_eq!(shown(time, "%c|%x|%X|%p"), "Thu Feb 29 12:34:56 2024|02/29/24|12:34:56|PM");
        assert_eq!(shown(time, "%a %A %b %B %h"), "Thu Thursday Feb February Feb");
        assert_eq!(shown(time, "%C %d %D %e %F"), "20 29 02/29/24 29 2024-02-29");
        assert_eq!(shown(time, "%g %G %H %I %j %m %M"), "24 2024 12 12 060 02 34");
        assert_eq!(shown(time, "%r %R %S %T %u %U"), "12:34:56 PM 12:34 56 12:34:56 4 08");
        assert_eq!(shown(time, "%V %w %W %y %Y %z %Z%%%n%t"), "09 4 09 24 2024 +0000 GMT%\n\t");
        assert_eq!(shown(time, "%Ey%Od"), "2429");
        assert_eq!(shown(1_104_537_600, "%G-%V-%u"), "2004-53-6"); // 2005-01-01
        assert_eq!(shown(1_230_768_000 - 86_400, "%G-%V-%u"), "2009-01-3"); // 2008-12-31
    }

    #[test]
    fn errors() {
        let text = |error: DateError| {
            let mut out = Vec::new();
            error.write_message(&mut out);
            String::from_utf8(out).unwrap()
        };
        for (rest, shown) in [("Ez x", "Ez x"), ("", ""), ("Q", "Q"), ("O", "O"), ("E%", "E%")] {
            let error = specifier_length(rest.as_bytes()).unwrap_err();
            assert_eq!(text(error), alloc::format!("invalid conversion specifier '%{shown}'"));
        }
        let [year, _, day, hour, ..] = FIELDS;
        assert_eq!(year.read(FieldValue::Int(2024)), Ok(124));
        assert_eq!(hour.read(FieldValue::Nil), Ok(12));
        assert_eq!(
            text(day.read(FieldValue::Nil).unwrap_err()),
            "field 'day' missing in date table"
        );
        assert_eq!(text(day.read(FieldValue::Other).unwrap_err()), "field 'day' is not an integer");
        let out = year.read(FieldValue::Int(i64::MIN)).unwrap_err();
        assert_eq!(text(out), "field 'year' is out-of-bound");
        assert!(year.read(FieldValue::Int(1900 + i64::from(i32::MAX))).is_ok());
        assert!(year.read(FieldValue::Int(1901 + i64::from(i32::MAX))).is_err());
    }
}
