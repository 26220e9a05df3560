//! The prompt on a real terminal, which `script` of util-linux makes.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::folder;

#[test]
fn lines_are_evaluated_until_the_session_is_left() {
    let folder = folder();
    let command = format!("{} eval -f web.yaml", env!("CARGO_BIN_EXE_kpolicy"));
    let mut child = Command::new("script")
        .args(["-qec", &command, "/dev/null"])
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
        .env("SHELL", "/bin/sh")
        .current_dir(folder.0.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = child.stdout.take().unwrap();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = output.read(&mut bytes) {
            if sender.send(bytes[..count].to_vec()).is_err() {
                break;
            }
        }
    });
    let mut seen = String::new();
    for (line, answer) in [
        ("object.spec.repli\t + 39\r", "42\r\n  int · cost "),
        ("[1,\r2].map(i, i + 1)\r", "[2, 3]\r\n  list"),
        ("object.none\r", "error: no such key: `none`"),
        ("1 +\u{3}", "1 +"),
        ("\u{1b}[A\r", "error: no such key: `none`"),
    ] {
        wait(&receiver, &mut seen, "cel> ");
        input.write_all(line.as_bytes()).unwrap();
        wait(&receiver, &mut seen, answer);
    }
    wait(&receiver, &mut seen, "cel> ");
    input.write_all(b":quit\r").unwrap();
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(0), "{seen}");
}

/// Reads until a text was seen; keeps what comes after it.
fn wait(receiver: &mpsc::Receiver<Vec<u8>>, seen: &mut String, text: &str) {
    while !seen.contains(text) {
        let bytes = receiver.recv_timeout(Duration::from_secs(30));
        let bytes = bytes.unwrap_or_else(|error| panic!("{text:?}: {error}: {seen}"));
        seen.push_str(&String::from_utf8_lossy(&bytes));
    }
    let after = seen.split_once(text).map_or("", |(_, after)| after);
    *seen = after.to_owned();
}
