//! Runs a command to its end or to its time limit, and keeps what it wrote.

use std::io::Read;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// A program that writes more than this is cut off: it would fill the machine's memory.
const LONGEST_OUTPUT: u64 = 64 << 20;

/// What a finished process left.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Output {
    /// The exit status; 128 and the signal's number for a process that a signal ended.
    pub(crate) status: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

/// Runs the command with nothing on its standard input. An `Err` is for a command that could not
/// be started or did not end in time.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Result<Output, String> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| {
        format!("cannot start {}: {error}", command.get_program().to_string_lossy())
    })?;
    let stdout = collect(child.stdout.take());
    let stderr = collect(child.stderr.take());
    let end = Instant::now() + limit;
    let mut pause = Duration::from_micros(200);
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < end => {
                thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(20));
            }
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                // The readers are left alone: a grandchild may hold the pipes open.
                let seen = String::from_utf8_lossy(&stderr.so_far()).into_owned();
                return Err(format!("did not end within {} s\n{seen}", limit.as_secs()));
            }
            Err(error) => return Err(format!("lost the process: {error}")),
        }
    };
    Ok(Output { status: code(status), stdout: stdout.all(), stderr: stderr.all() })
}

fn code(status: ExitStatus) -> i32 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return 128 + signal;
    }
    status.code().unwrap_or(-1)
}

/// A thread that reads a pipe to its end.
struct Collector {
    bytes: Arc<Mutex<Vec<u8>>>,
    thread: thread::JoinHandle<()>,
}

impl Collector {
    fn so_far(&self) -> Vec<u8> {
        self.bytes.lock().map(|bytes| bytes.clone()).unwrap_or_default()
    }

    fn all(self) -> Vec<u8> {
        let _ = self.thread.join();
        self.bytes.lock().map(|mut bytes| std::mem::take(&mut *bytes)).unwrap_or_default()
    }
}

fn collect(pipe: Option<impl Read + Send + 'static>) -> Collector {
    let bytes = Arc::new(Mutex::new(Vec::new()));
    let shared = Arc::clone(&bytes);
    let thread = thread::spawn(move || {
        let Some(pipe) = pipe else { return };
        let mut pipe = pipe.take(LONGEST_OUTPUT);
        let mut chunk = [0; 1 << 16];
        while let Ok(count @ 1..) = pipe.read(&mut chunk) {
            let Ok(mut bytes) = shared.lock() else { return };
            bytes.extend_from_slice(&chunk[..count]);
        }
    });
    Collector { bytes, thread }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, milliseconds: u64) -> Result<Output, String> {
        run(Command::new("sh").args(["-c", script]), Duration::from_millis(milliseconds))
    }

    #[test]
    fn keeps_both_streams_and_the_status() {
        let output = shell("echo out; echo err >&2; exit 3", 10_000).unwrap();
        let expected = Output { status: 3, stdout: b"out\n".into(), stderr: b"err\n".into() };
        assert_eq!(output, expected);
    }

    #[test]
    fn a_signal_is_a_status_above_128() {
        assert_eq!(shell("kill -SEGV $$", 10_000).unwrap().status, 128 + 11);
    }

    #[test]
    fn a_process_that_does_not_end_is_killed() {
        let error = shell("exec sleep 30", 50).unwrap_err();
        assert!(error.starts_with("did not end"), "{error}");
    }
}
