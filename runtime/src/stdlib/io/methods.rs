//! The methods of files.

use super::{Answer, file, file_result, read, write};
use crate::call::Call;
use crate::files::{self, Buffering, Whence};
use crate::library;

fn close(call: &mut Call<'_>) -> Answer {
    file::check_open(call, 1)?;
    let handle = file::check_handle(call, 1)?;
    file::close(call, handle)
}

fn flush(call: &mut Call<'_>) -> Answer {
    let stream = file::check_open(call, 1)?;
    files::clear_errno();
    let done = stream.flush();
    file_result(call, done, None)
}

fn lines(call: &mut Call<'_>) -> Answer {
    file::check_open(call, 1)?;
    let handle = file::check_handle(call, 1)?;
    let step = read::make_iterator(call, handle, false)?;
    call.ret1(step)
}

fn read_(call: &mut Call<'_>) -> Answer {
    let stream = file::check_open(call, 1)?;
    read::read(call, stream, 2)
}

fn seek(call: &mut Call<'_>) -> Answer {
    let stream = file::check_open(call, 1)?;
    let whence = match call.check_option(2, Some("cur"), &["set", "cur", "end"])? {
        0 => Whence::Start,
        1 => Whence::Current,
        _ => Whence::End,
    };
    let offset = call.opt_int(3, 0)?;
    files::clear_errno();
    if !stream.seek(offset, whence) {
        return file_result(call, false, None);
    }
    // From the start there is no need to ask.
    call.ret1(if whence == Whence::Start { offset } else { stream.position() })
}

fn setvbuf(call: &mut Call<'_>) -> Answer {
    let stream = file::check_open(call, 1)?;
    let buffering = match call.check_option(2, None, &["no", "full", "line"])? {
        0 => Buffering::No,
        1 => Buffering::Full,
        _ => Buffering::Line,
    };
    const DEFAULT_SIZE: i64 = 1024; // LUAL_BUFFERSIZE
    let size = call.opt_int(3, DEFAULT_SIZE)?;
    files::clear_errno();
    let done = stream.set_buffering(buffering, usize::try_from(size).unwrap_or(usize::MAX));
    file_result(call, done, None)
}

fn write_(call: &mut Call<'_>) -> Answer {
    let stream = file::check_open(call, 1)?;
    let value = call.arg(1);
    write::write(call, stream, 2, value)
}

library! { "file", {
    close => close;
    flush => flush;
    lines => lines;
    read => read_;
    seek => seek;
    setvbuf => setvbuf;
    write => write_;
} }

/// The metamethods of files.
pub mod metamethods {
    use super::super::{Answer, file};
    use crate::call::Call;
    use crate::files::Stream;
    use crate::library;
    use crate::stdlib::buffer::Buffer;
    use crate::stdlib::show::put_address;
    use crate::text::Sink;

    fn gc(call: &mut Call<'_>) -> Answer {
        let handle = file::check_handle(call, 1)?;
        if Stream::of_handle(handle).is_some() {
            let _ = file::close(call, handle)?;
        }
        call.ret0()
    }

    fn tostring(call: &mut Call<'_>) -> Answer {
        let handle = file::check_handle(call, 1)?;
        let mut out = Buffer::new(call.state);
        match Stream::of_handle(handle) {
            None => out.put(b"file (closed)"),
            Some((stream, _)) => {
                out.put(b"file (");
                put_address(&mut out, stream.address());
                out.put(b")");
            }
        }
        let text = out.finish(call.state)?;
        call.ret1(text)
    }

    library! { "file", {
        __gc => gc;
        __close => gc;
        __tostring => tostring;
    } }
}
