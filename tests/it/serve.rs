//! The program itself: `kpolicy serve` as a process, and how it complains.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustls::version::TLS13;
use serde_json::Value;

use crate::webhook::{Authority, Mount, REVIEW, ask, connect, get, post, runtime};

fn kpolicy(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kpolicy"));
    command
        .env_clear()
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/admission"));
    command
}

/// A process that does not outlive its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_process_serves_until_it_is_told_to_stop() {
    let authority = Authority::new();
    let mount = Mount::new(&authority.issue());
    let files = mount.files();
    let (certificate, key) = (
        files.certificate.display().to_string(),
        files.key.display().to_string(),
    );
    let mut command = kpolicy(&["serve", "--policy", "policies.yaml", "--lame-duck", "0s"]);
    // Every option is also an environment variable.
    command
        .env("KPOLICY_LISTEN", "127.0.0.1:0")
        .env("KPOLICY_METRICS_LISTEN", "127.0.0.1:0");
    command
        .env("KPOLICY_TLS_CERT", certificate)
        .env("KPOLICY_TLS_KEY", key);
    let mut process = Running(command.spawn().expect("a process"));
    let mut log = BufReader::new(process.0.stderr.take().expect("a log")).lines();
    let listening: Value = loop {
        let line = log
            .next()
            .expect("a line that says where it listens")
            .expect("text");
        let line: Value = serde_json::from_str(&line).expect("the log is JSON");
        if line["message"] == "listening" {
            break line;
        }
    };
    let address = |key: &str| -> SocketAddr {
        listening[key]
            .as_str()
            .expect("an address")
            .parse()
            .expect("an address")
    };
    let denial: Value = runtime().block_on(async {
        let connector = authority.connector(&[&TLS13], &["http/1.1"]);
        let mut stream = connect(address("address"), &connector)
            .await
            .expect("a connection");
        let answer = ask(&mut stream, &post("/validate?timeout=3s", REVIEW))
            .await
            .expect("an answer");
        assert_eq!(answer.status, 200);
        assert_eq!(
            get(address("metrics_address"), "/readyz")
                .await
                .expect("an answer")
                .status,
            200
        );
        serde_json::from_str(&answer.body).expect("JSON")
    });
    assert_eq!(denial["response"]["uid"], "u-1");
    let stopped = Command::new("kill")
        .args(["-TERM", &process.0.id().to_string()])
        .status()
        .expect("a signal");
    assert!(stopped.success());
    let rest: Vec<String> = log.map(|line| line.expect("text")).collect();
    assert!(
        rest.iter()
            .any(|line| line.contains("\"message\":\"stopped\"")),
        "{rest:?}"
    );
    assert_eq!(process.0.wait().expect("an end").code(), Some(0));
}

#[test]
fn what_keeps_it_from_starting_is_said_and_gives_exit_code_2() {
    let files = ["--tls-cert", "nowhere.crt", "--tls-key", "nowhere.key"];
    for (arguments, message) in [
        (&[][..], "--tls-cert <FILE>"),
        (&files[..], "cannot read `nowhere.crt`"),
        (
            &["--tls-cert", "policies.yaml", "--tls-key", "policies.yaml"][..],
            "holds no whole PEM certificate",
        ),
        (
            &[&files[..], &["--listen", "here"]].concat()[..],
            "invalid value 'here'",
        ),
        (
            &[&files[..], &["--cluster", "nowhere"]].concat()[..],
            "there is no cluster `nowhere`",
        ),
        (
            &[&files[..], &["--policy", "nowhere.yaml"]].concat()[..],
            "cannot read `nowhere.yaml`",
        ),
        (
            &[&files[..], &["--log", "a=b=c"]].concat()[..],
            "is no log filter",
        ),
        (
            &[&files[..], &["--kubeconfig", "nowhere.yaml"]].concat()[..],
            "cannot use the kubeconfig `nowhere.yaml`",
        ),
        (
            &[
                &files[..],
                &["--kubeconfig", "kubeconfig", "--context", "other"],
            ]
            .concat()[..],
            "failed to load current context: other",
        ),
        (
            &[&files[..], &["--context", "other"]].concat()[..],
            "--kubeconfig <FILE>",
        ),
        (
            &[&files[..], &["--kubeconfig", "x", "--no-watch"]].concat()[..],
            "cannot be used with '--no-watch'",
        ),
    ] {
        let all = [
            &[
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--metrics-listen",
                "127.0.0.1:0",
            ][..],
            arguments,
        ]
        .concat();
        let all = if arguments.contains(&"--listen") {
            [&["serve"][..], arguments].concat()
        } else {
            all
        };
        let output = kpolicy(&all).output().expect("a process");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.contains(message), "{all:?}: {errors}");
        assert_eq!(output.status.code(), Some(2), "{all:?}");
        assert!(
            output.stdout.is_empty(),
            "data only goes to standard output"
        );
    }
}

#[test]
fn the_exported_configuration_is_written_to_standard_output() {
    let output = kpolicy(&[
        "export",
        "webhook",
        "--policy",
        "policies.yaml",
        "--namespace",
        "guard",
        "--service-port",
        "8443",
    ])
    .output();
    let output = output.expect("a process");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(text.contains("kind: ValidatingWebhookConfiguration"));
    assert!(
        text.contains("namespace: guard") && text.contains("            - guard\n"),
        "{text}"
    );
    assert!(text.contains("        port: 8443\n") && !text.contains("caBundle"));
}

#[test]
fn what_the_export_cannot_do_it_says() {
    let export = |arguments: &[&str]| {
        let all = [
            &["export", "webhook", "--policy", "policies.yaml"],
            arguments,
        ]
        .concat();
        let output = kpolicy(&all).output().expect("a process");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (
            output.status.code(),
            text(&output.stdout),
            text(&output.stderr),
        )
    };
    for (arguments, expected) in [
        (
            &["--fail-closed", "pod-securty"][..],
            "error: `--fail-closed` names `pod-securty`, which is no category and no policy; did you mean \
             `pod-security`?\n",
        ),
        (
            &["--fail-closed", "none,images"],
            "error: `--fail-closed` names `none` and something else\n",
        ),
    ] {
        assert_eq!(
            export(arguments),
            (Some(2), String::new(), expected.to_owned())
        );
    }
    let (code, _, errors) = export(&["--inject-ca-from", "kpolicy"]);
    assert_eq!(code, Some(2));
    assert!(
        errors.contains("write it as namespace/certificate"),
        "{errors}"
    );
    for name in ["Kpolicy", "-a", "kpolicy.svc", "", &"a".repeat(64)] {
        for option in ["--namespace", "--service"] {
            let (code, text, errors) = export(&[&format!("{option}={name}")]);
            assert_eq!((code, text), (Some(2), String::new()), "{option} {name}");
            assert!(errors.contains("invalid value"), "{errors}");
        }
    }
    let (code, text, errors) = export(&["--inject-ca-from", "a/b", "--fail-closed", "none"]);
    assert_eq!((code, errors), (Some(0), String::new()));
    assert!(
        text.contains("    cert-manager.io/inject-ca-from: a/b\n"),
        "{text}"
    );
    assert!(!text.contains("failurePolicy: Fail"), "{text}");
}
