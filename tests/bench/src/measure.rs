//! Runs a program once and takes its times and memory.

use std::io::Read;
use std::mem::MaybeUninit;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

/// One run.
pub(crate) struct Sample {
    pub(crate) user_seconds: f64,
    /// From before the process was made until it had ended.
    pub(crate) wall_seconds: f64,
    /// The largest resident set. Not less than that of this process, which the child begins as.
    pub(crate) peak_kib: u64,
    pub(crate) stdout: Vec<u8>,
}

/// Runs the command; one that fails gives no sample.
pub(crate) fn sample(command: &mut Command) -> Result<Sample, String> {
    // What goes to standard error is seen by who runs this; a child cannot wait for its reader.
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let start = Instant::now();
    let mut child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
    let mut stdout = Vec::new();
    if let Some(mut pipe) = child.stdout.take() {
        pipe.read_to_end(&mut stdout).map_err(|error| error.to_string())?;
    }
    let (status, usage) = wait(child.id())?;
    let wall_seconds = start.elapsed().as_secs_f64();
    if !status.success() {
        return Err(status.to_string());
    }
    let time = usage.ru_utime;
    let user_seconds = time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    let peak = u64::try_from(usage.ru_maxrss).unwrap_or(0);
    // Counted in bytes on macOS alone.
    let peak_kib = if cfg!(target_os = "macos") { peak / 1024 } else { peak };
    // Below the clock's resolution a ratio would be infinite.
    Ok(Sample { user_seconds: user_seconds.max(1e-6), wall_seconds, peak_kib, stdout })
}

/// Waits for a child of this process, and says what it used.
fn wait(id: u32) -> Result<(ExitStatus, libc::rusage), String> {
    use std::os::unix::process::ExitStatusExt;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    let mut status = 0;
    // SAFETY: the pointers are to a whole status and a whole `rusage`, which the call only writes.
    let found = unsafe { libc::wait4(id as libc::pid_t, &mut status, 0, usage.as_mut_ptr()) };
    if found != id as libc::pid_t {
        return Err(std::io::Error::last_os_error().to_string());
    }
    // SAFETY: all of its fields are integers, for which the zeroes it began with are valid too.
    Ok((ExitStatus::from_raw(status), unsafe { usage.assume_init() }))
}

/// The middle value.
pub(crate) fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    match times.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => times[count / 2],
        count => (times[count / 2 - 1] + times[count / 2]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
    }

    #[test]
    fn a_busy_child_has_used_time() {
        let script = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo $i";
        let sample = sample(Command::new("sh").args(["-c", script])).unwrap();
        assert_eq!(sample.stdout, b"20000\n");
        assert!(sample.user_seconds > 1e-6);
        assert!(sample.wall_seconds > 1e-6);
        assert!(sample.peak_kib > 100);
    }

    #[test]
    fn a_failure_gives_no_sample() {
        assert!(sample(Command::new("sh").args(["-c", "exit 3"])).is_err());
    }
}
