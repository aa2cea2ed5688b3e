//! Runs a program once and takes its user time.

use std::mem::MaybeUninit;
use std::process::Command;

/// One run.
pub(crate) struct Sample {
    pub(crate) user_seconds: f64,
    pub(crate) stdout: Vec<u8>,
}

/// Runs the command; one that fails gives no sample. No two may run at once, as the time is what
/// all finished children have used since.
pub(crate) fn sample(command: &mut Command) -> Result<Sample, String> {
    let before = children_user_seconds();
    let output = command.output().map_err(|error| error.to_string())?;
    let user_seconds = children_user_seconds() - before;
    if !output.status.success() {
        return Err(format!("{}\n{}", output.status, String::from_utf8_lossy(&output.stderr)));
    }
    // Below the clock's resolution a ratio would be infinite.
    Ok(Sample { user_seconds: user_seconds.max(1e-6), stdout: output.stdout })
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

/// What finished children of this process have used.
fn children_user_seconds() -> f64 {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer is to a whole `rusage`, which the call only writes.
    unsafe { libc::getrusage(libc::RUSAGE_CHILDREN, usage.as_mut_ptr()) };
    // SAFETY: all of its fields are integers, for which the zeroes it began with are valid too.
    let time = unsafe { usage.assume_init() }.ru_utime;
    time.tv_sec as f64 + time.tv_usec as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
    }

    #[cfg(unix)]
    #[test]
    fn a_busy_child_has_used_time() {
        let script = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo $i";
        let sample = sample(Command::new("sh").args(["-c", script])).unwrap();
        assert_eq!(sample.stdout, b"20000\n");
        assert!(sample.user_seconds > 1e-6);
    }
}
