//! Running a program with a deadline.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// No build is larger than this many bytes.
const MOST_OUTPUT: u64 = 512 << 20;

/// How often to look whether a program that has closed its output has ended.
const PATIENCE: Duration = Duration::from_millis(2);

/// Runs the command without input and gives its standard output, or why it failed: its standard error, shortened.
pub(super) fn output(mut command: Command, timeout: Duration) -> Result<Vec<u8>, String> {
    let deadline = Instant::now() + timeout;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("it does not start: {error}"))?;
    let out = collect(child.stdout.take());
    let err = collect(child.stderr.take());
    let left = || deadline.saturating_duration_since(Instant::now());
    let collected = out
        .recv_timeout(left())
        .ok()
        .zip(err.recv_timeout(left()).ok());
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Some(status),
            Ok(None) if collected.is_some() && !left().is_zero() => thread::sleep(PATIENCE),
            _ => break None,
        }
    };
    let Some(((out, err), status)) = collected.zip(status) else {
        // Whoever holds the pipes beyond this is left alone; its readers end with it.
        let _ = child.kill();
        let _ = child.wait();
        return Err(format!("it took longer than {} seconds", timeout.as_secs()));
    };
    if out.len() as u64 > MOST_OUTPUT {
        return Err(format!(
            "its output is larger than {} MiB",
            MOST_OUTPUT >> 20
        ));
    }
    if status.success() {
        return Ok(out);
    }
    let complaint = shorten(&String::from_utf8_lossy(&err));
    Err(if complaint.is_empty() {
        format!("it failed with {status}")
    } else {
        complaint
    })
}

fn collect(stream: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(stream) = stream {
            // A broken pipe ends the text; the exit status tells whether that matters.
            let _ = stream.take(MOST_OUTPUT + 1).read_to_end(&mut bytes);
        }
        let _ = sender.send(bytes);
    });
    receiver
}

/// What people need of an error output: no log prefixes, one line, not endless.
fn shorten(text: &str) -> String {
    const MOST: usize = 20_000;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    // klog: `E1121 11:16:52.423080   11794 run.go:72] "command failed" err="…"`.
    let message = line
        .split_once("\"command failed\" err=\"")
        .map_or(&*line, |(_, rest)| rest.trim_end_matches('"'));
    let message = message
        .trim_start_matches("Error: ")
        .trim_start_matches("error: ");
    match message.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", message.get(..end).unwrap_or_default()),
        None => message.to_owned(),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, timeout: Duration) -> Result<Vec<u8>, String> {
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(script);
        output(command, timeout)
    }

    #[test]
    fn output_comes_back_and_failures_say_what_the_program_said() {
        let minute = Duration::from_mins(1);
        assert_eq!(shell("echo a; echo b >&2", minute), Ok(b"a\n".to_vec()));
        assert_eq!(
            shell("echo 'Error: no  such' >&2; exit 1", minute),
            Err("no such".to_owned())
        );
        let long = shell("yes x | head -c 100000 >&2; exit 1", minute).unwrap_err();
        assert!(long.chars().count() <= 20_001);
    }

    #[test]
    fn more_output_than_a_pipe_holds_does_not_block() {
        let bytes = shell(
            "yes | head -c 3000000; yes | head -c 3000000 >&2",
            Duration::from_mins(1),
        );
        assert_eq!(bytes.map(|bytes| bytes.len()), Ok(3_000_000));
    }

    #[test]
    fn a_program_that_hangs_is_ended_at_the_deadline() {
        let outcome = shell("exec sleep 600", Duration::from_millis(100));
        assert!(outcome.unwrap_err().contains("longer than"));
        let outcome = shell("exec sleep 600 >&- 2>&-", Duration::from_millis(100));
        assert!(outcome.unwrap_err().contains("longer than"));
    }
}
