//! `kpolicy test`, as people run it.

use std::path::Path;
use std::process::Command;

#[test]
fn our_own_policies_hold_against_their_fixtures() {
    let output = Command::new(env!("CARGO_BIN_EXE_kpolicy"))
        .args(["test", "policies", "testdata/policies"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("policies: "), "{text}");
}
