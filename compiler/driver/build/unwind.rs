//! Marks the unwind tables of an archive as what linkers leave out.
//!
//! Nothing in an executable unwinds, and the runtime is compiled without such tables. But the debug
//! information that comes along with Rust's own library makes LLVM describe the frames of every
//! function all the same: 70 KB of a program that loads code.

/// The flag `SHF_EXCLUDE` of ELF sections.
const EXCLUDE: u64 = 0x8000_0000;
/// The size of a member's header in an archive.
const MEMBER: usize = 60;

/// Marks the sections `.eh_frame` of all objects in an archive; what is no ELF object stays.
pub(crate) fn exclude_tables(archive: &mut [u8]) {
    let mut at = b"!<arch>\n".len();
    while let Some(header) = archive.get(at..at + MEMBER) {
        let size = std::str::from_utf8(&header[48..58]).expect("a size is decimal").trim();
        let size: usize = size.parse().expect("a size is decimal");
        at += MEMBER;
        exclude_in_object(&mut archive[at..at + size]);
        at += size + size % 2;
    }
}

fn exclude_in_object(object: &mut [u8]) {
    if !object.starts_with(b"\x7fELF\x02") {
        return;
    }
    let is_big = object[5] == 2;
    let read = |object: &[u8], at: usize, len: usize| {
        let bytes = object[at..at + len].iter().map(|byte| u64::from(*byte));
        let fold = |value: u64, byte: u64| value << 8 | byte;
        if is_big { bytes.fold(0, fold) } else { bytes.rev().fold(0, fold) }
    };
    let (table, width) = (read(object, 40, 8) as usize, read(object, 58, 2) as usize);
    // Counts that need more than 16 bits are 0 here: such an object stays as it is.
    let (count, names) = (read(object, 60, 2) as usize, read(object, 62, 2) as usize);
    if names >= count {
        return;
    }
    let names = read(object, table + names * width + 24, 8) as usize;
    for section in (0..count).map(|index| table + index * width) {
        let name = names + read(object, section, 4) as usize;
        if object[name..].starts_with(b".eh_frame\0") {
            let flags = read(object, section + 8, 8) | EXCLUDE;
            let flags = if is_big { flags.to_be_bytes() } else { flags.to_le_bytes() };
            object[section + 8..section + 16].copy_from_slice(&flags);
        }
    }
}
