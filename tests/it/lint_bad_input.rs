//! Input of every bad kind: a placed error and the right exit code, never a crash, never silence.

use std::fmt::Write;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::lint_cases::kpolicy;

const CONFIG: &str = "apiVersion: kpolicy.io/v1alpha1\nkind: Config\nprofiles: []\n\
    policies: {pod-binding: {enforcement: audit}}\n";
const POD: &str =
    "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: a}]}\n";

/// Lints a directory that `make` has filled. Gives exit code and everything written.
fn lint(make: impl FnOnce(&Path)) -> (i32, String) {
    let keep = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(keep.path()).unwrap();
    fs::write(root.join(".kpolicy.yaml"), CONFIG).unwrap();
    make(&root);
    let arguments = ["lint", "--output-format", "concise"];
    let (code, out, err) = kpolicy(&arguments, &root, Path::new("/nowhere"), b"");
    (code, format!("{out}{err}"))
}

#[test]
fn a_file_of_a_bad_kind_gets_a_placed_error() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..12 {
        let ten = vec![format!("*a{}", n - 1); 10].join(", ");
        writeln!(bomb, "a{n}: &a{n} [{ten}]").unwrap();
    }
    let deep = format!("{}a: {}", POD, "[".repeat(20_000));
    for (name, bytes, code, part) in [
        (
            "binary.yaml",
            b"\x7FELF\x02\x01\x01\0\0\xFF\xFE".to_vec(),
            1,
            "binary.yaml:1:",
        ),
        (
            "latin1.yaml",
            b"kind: Pod\nname: caf\xE9\n".to_vec(),
            1,
            "latin1.yaml:2:10",
        ),
        ("bomb.yaml", bomb.into_bytes(), 1, "bomb.yaml:"),
        ("deep.yaml", deep.into_bytes(), 1, "deep.yaml:"),
        (
            "half.yaml",
            b"apiVersion: v1\nkind: Pod\nmetadata: {name: \"a\n".to_vec(),
            1,
            "half.yaml:3:",
        ),
        (
            "null.yaml",
            b"apiVersion: v1\nkind: P\0d\n".to_vec(),
            1,
            "null.yaml:2:",
        ),
        (
            "tab.yaml",
            b"apiVersion: v1\n\tkind: Pod\n".to_vec(),
            1,
            "tab.yaml:",
        ),
        (
            "half.json",
            b"{\"apiVersion\": \"v1\", \"kind\": ".to_vec(),
            1,
            "half.json:1:",
        ),
        ("utf16.yaml", b"\xFF\xFEa\0:".to_vec(), 1, "utf16.yaml:1:"),
        (
            "twice.yaml",
            format!("{POD}kind: Pod\n").into_bytes(),
            0,
            "warning[manifest-parse] key `kind`",
        ),
    ] {
        let (exit, written) = lint(|root| fs::write(root.join(name), &bytes).unwrap());
        assert_eq!(exit, code, "{name}: {written}");
        assert!(written.contains(part), "{name}: {written}");
        assert!(!written.contains("panicked"), "{name}: {written}");
    }
}

#[test]
fn a_file_of_a_hundred_megabytes_is_refused_with_its_name_and_the_rest_is_judged() {
    let (exit, written) = lint(|root| {
        fs::write(root.join("a.yaml"), POD).unwrap();
        let file = fs::File::create(root.join("huge.yaml")).unwrap();
        file.set_len(100 << 20).unwrap();
    });
    assert_eq!(exit, 2, "{written}");
    assert!(
        written.contains("cannot read `huge.yaml`: it is larger than 64 MiB"),
        "{written}"
    );
    assert!(written.contains("1 object"), "{written}");
}

#[test]
fn nothing_to_judge_is_a_failure_and_not_a_pass() {
    for (what, make) in [
        ("an empty directory", (|_: &Path| ()) as fn(&Path)),
        ("an empty file", |root| {
            fs::write(root.join("a.yaml"), "").unwrap();
        }),
        ("only comments", |root| {
            fs::write(root.join("a.yaml"), "# a\n---\n# b\n").unwrap();
        }),
        ("no Kubernetes object", |root| {
            fs::write(root.join("a.yaml"), "a: 1\n").unwrap();
        }),
    ] {
        let (exit, written) = lint(make);
        assert_eq!(exit, 2, "{what}: {written}");
        assert!(written.contains("nothing was judged"), "{what}: {written}");
    }
}

#[test]
fn an_object_nested_nine_thousand_deep_is_judged() {
    let (exit, written) = lint(|root| {
        let nest = format!("{}{}", "[".repeat(9_000), "]".repeat(9_000));
        let text =
            format!("apiVersion: a.example/v1\nkind: Nest\nmetadata: {{name: a}}\nspec: {nest}\n");
        fs::write(root.join("a.yaml"), text).unwrap();
    });
    assert_eq!(exit, 0, "{written}");
    assert!(written.contains("1 object"), "{written}");
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read_is_named_and_a_circle_of_links_ends() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let lock = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let mut is_root = false;
    let (exit, written) = lint(|root| {
        fs::write(root.join("a.yaml"), POD).unwrap();
        symlink(root, root.join("loop")).unwrap();
        symlink("self.yaml", root.join("self.yaml")).unwrap();
        fs::create_dir(root.join("closed")).unwrap();
        fs::write(root.join("closed.yaml"), POD).unwrap();
        lock(&root.join("closed"), 0o000);
        lock(&root.join("closed.yaml"), 0o000);
        is_root = fs::read_dir(root.join("closed")).is_ok();
    });
    if is_root {
        // Nothing is closed to root; the links are still a circle.
        assert_eq!(exit, 0, "{written}");
    } else {
        assert_eq!(exit, 2, "{written}");
        assert!(written.contains("closed`"), "{written}");
        assert!(written.contains("closed.yaml`"), "{written}");
    }
    assert!(
        written.contains("did not follow 1 symbolic link"),
        "{written}"
    );
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let keep = tempfile::tempdir().unwrap();
    fs::write(keep.path().join(".kpolicy.yaml"), CONFIG).unwrap();
    for number in 0..300 {
        let name = keep.path().join(format!("{number}.yaml"));
        fs::write(name, "apiVersion: v1\nkind: Pod\nmetadata: {name: [\n").unwrap();
    }
    let mut child = Command::new(env!("CARGO_BIN_EXE_kpolicy"))
        .args(["lint", "--output-format", "full"])
        .current_dir(keep.path())
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut complaint = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut complaint)
        .unwrap();
    assert_eq!(complaint, "");
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn no_format_shows_what_a_secret_holds_however_the_secret_is_spelled() {
    let texts = [
        "kind: KIND\ndata: {password: aHVudGVyMg==, [\n",
        "kind: KIND\ndata: {password: aHVudGVyMg==, password: Y29ycmVjdA==}\n",
        "kind: KIND\ndata: {password: aHVudGVyMg==}\ndata: {password: Y29ycmVjdA==}\n",
        "kind: KIND\nstringData: {password: aHVudGVyMg==, a: {b: [}}\n",
        "kind: List\nitems: [{apiVersion: v1, kind: KIND, data: {a: aHVudGVyMg==, a: Y29ycmVjdA==}}]\n",
        "{\"apiVersion\": \"v1\", \"kind\": JSON, \"data\": {\"a\": \"aHVudGVyMg==\", \"a\": \"Y29ycmVjdA==\",}}",
    ];
    let kinds = [
        "Secret",
        "\"S\\x65cret\"",
        "\"\\u0053ecret\"",
        "!!binary U2VjcmV0",
    ];
    let keep = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(keep.path()).unwrap();
    fs::write(root.join(".kpolicy.yaml"), CONFIG).unwrap();
    for (number, text) in texts.iter().enumerate() {
        for (kind_number, kind) in kinds.iter().enumerate() {
            let json = if kind.starts_with('"') {
                kind
            } else {
                "\"Secret\""
            };
            let text = text.replace("KIND", kind).replace("JSON", json);
            let text = format!("apiVersion: v1\n{text}").replace("apiVersion: v1\n{", "{");
            fs::write(root.join(format!("{number}-{kind_number}.yaml")), text).unwrap();
        }
    }
    for format in ["full", "concise", "json", "github"] {
        let arguments = ["lint", "--output-format", format];
        let (code, out, err) = kpolicy(&arguments, &root, Path::new("/nowhere"), b"");
        assert_eq!(code, 1, "{out}{err}");
        for value in ["aHVudGVyMg==", "Y29ycmVjdA=="] {
            assert!(
                !out.contains(value) && !err.contains(value),
                "{format}\n{out}{err}"
            );
        }
    }
}

#[test]
fn a_run_by_no_policy_has_judged_nothing() {
    let none = "no policy is turned on: `kpolicy policies --profiles`";
    let left = "no policy that `--select` and `--ignore` leave is turned on";
    let disabled = "policies: {'*': {enforcement: disabled}}\n";
    for (config, options, code, parts) in [
        ("profiles: []\n", &[][..], 2, &[none][..]),
        (disabled, &[], 2, &[none]),
        (
            "",
            &["--select", "acr-only"],
            2,
            &[
                left,
                "`--select acr-only` asks for a policy that is not turned on",
            ],
        ),
        (
            "",
            &["--select", "dockerfile/user"],
            2,
            &[left, "`--select dockerfile` asks"],
        ),
        (
            "",
            &["--select", "acr-only,require-probes"],
            0,
            &["`--select acr-only` asks", "2 warned"],
        ),
        ("", &["--select", "manifest-parse"], 0, &["no findings"]),
        (
            "profiles: []\n",
            &["--select", "manifest-parse"],
            0,
            &["no findings"],
        ),
    ] {
        let keep = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(keep.path()).unwrap();
        let header = "apiVersion: kpolicy.io/v1alpha1\nkind: Config\n";
        fs::write(root.join(".kpolicy.yaml"), format!("{header}{config}")).unwrap();
        fs::write(root.join("pod.yaml"), POD).unwrap();
        let arguments = [&["lint"][..], options].concat();
        let (exit, out, err) = kpolicy(&arguments, &root, Path::new("/nowhere"), b"");
        assert_eq!(exit, code, "{config} {options:?}\n{out}{err}");
        for part in parts {
            assert!(format!("{out}{err}").contains(part), "{part}\n{out}{err}");
        }
    }
}
