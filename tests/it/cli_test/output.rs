//! The formats, and what must never be in them.

use serde_json::{Value, json};

use super::{CONTEXT, Fixtures, folder, object, sound};

/// Fixtures of which one does not hold and one belongs to nothing.
fn unsound() -> Fixtures {
    let app = object("app: '<b> & \"c\"'");
    let more = [
        ("policies/tests/tiers/pass/app.yaml", &*app),
        ("policies/tests/tiers/pass/app.context.yaml", CONTEXT),
        ("policies/tests/tiers/pass/stray.txt", ""),
    ];
    folder(&sound(), &more)
}

#[test]
fn programs_read_each_case_with_its_findings_and_places() {
    let (code, out, err) = unsound().run(&["test", "--output-format", "json"]);
    assert_eq!((code, &*err), (1, ""));
    let all: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        all["summary"],
        json!({"policies": 1, "cases": 4, "passed": 3, "failed": 1, "problems": 1})
    );
    let names: Vec<String> = all["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| format!("{} {} {}", case["kind"], case["name"], case["outcome"]))
        .collect();
    assert_eq!(
        names,
        [
            "\"fail\" \"other\" \"passed\"",
            "\"fix\" \"none\" \"passed\"",
            "\"pass\" \"app\" \"failed\"",
            "\"pass\" \"front\" \"passed\"",
        ]
    );
    let case = &all["cases"][2];
    let finding = &case["findings"][0];
    assert_eq!(finding["validation"], "tiers/tier");
    assert_eq!(finding["fieldPath"], "metadata.labels.tier");
    assert_eq!(
        (&finding["line"], &finding["column"]),
        (&json!(5), &json!(11))
    );
    assert_eq!(finding["decidedBy"]["file"], "policies/tiers.yaml");
    assert_eq!(case["failures"][0]["reason"], "found");
    assert_eq!(
        case["failures"][0]["file"],
        "policies/tests/tiers/pass/app.yaml"
    );
    assert_eq!(
        all["problems"][0]["file"],
        "policies/tests/tiers/pass/stray.txt"
    );
}

#[test]
fn ci_systems_read_a_suite_for_each_policy_and_people_the_text_beside_it() {
    let folder = unsound();
    let arguments = [
        "test",
        "--output-format",
        "junit",
        "--output-file",
        "out.xml",
    ];
    let (code, out, err) = folder.run(&arguments);
    assert_eq!((code, &*err), (1, ""));
    assert!(
        out.ends_with("4 cases of 1 policy: 3 passed, 1 failed, 1 problem\n"),
        "{out}"
    );
    let xml = std::fs::read_to_string(folder.path().join("out.xml")).unwrap();
    for expected in [
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"kpolicy test\" tests=\"5\" failures=\"1\" errors=\"1\">\n",
        "  <testsuite name=\"tiers\" tests=\"4\" failures=\"1\" errors=\"0\">\n",
        "<testcase classname=\"tiers\" name=\"fail/other\" file=\"policies/tests/tiers/fail/other.yaml\"/>\n",
        "<failure type=\"found\" message=\"the case should pass: `tiers/tier`: `metadata.labels.tier` is not set: say which tier this is in (metadata.labels.tier)\">",
        "labels: {app: '&lt;b&gt; &amp; &quot;c&quot;'}",
        "<error type=\"problem\" message=\"`stray.txt` is no part of a case\">",
    ] {
        assert!(xml.contains(expected), "expected {expected}\n{xml}");
    }
    let opened = xml.matches("<testcase").count();
    let closed = xml.matches("</testcase>").count() + xml.matches("\"/>").count();
    assert_eq!((opened, closed), (5, 5), "{xml}");
    let again = folder.run(&["test", "--output-format", "junit"]);
    assert_eq!(again.1, xml, "what stands there is the same every time");
}

#[test]
fn a_program_reads_a_whole_document_also_where_no_case_runs() {
    let files = sound();
    let broken = super::POLICY.replace("in params.tiers", "in params.teirs");
    let broken = [("policies/tiers.yaml", &*broken)];
    let stray = [("policies/tests/tiers/pass/stray.txt", "")];
    for (files, more, arguments, expected) in [
        (&files[..0], &[][..], &[][..], "there are no fixtures here"),
        (
            &files[..1],
            &stray,
            &[],
            "the folders of fixtures hold no case that can be run",
        ),
        (
            &files,
            &broken,
            &[],
            "the policy declares no parameter `teirs`",
        ),
        (&files, &[], &["nowhere"], "cannot read `nowhere`"),
        (
            &files,
            &[],
            &["--select", "teirs"],
            "there is no policy `teirs`",
        ),
        (&files, &[], &["--case", "nowhere"], "no case is left"),
    ] {
        let folder = folder(files, more);
        let run = |format: &str, more: &[&str]| {
            let format = ["--output-format", format];
            folder.run(&[&["test"], arguments, &format, more].concat())
        };
        let (code, out, err) = run("json", &[]);
        let all: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
        let said = all["problems"].as_array().unwrap();
        let messages: Vec<&str> = said
            .iter()
            .filter_map(|one| one["message"].as_str())
            .collect();
        assert!(
            messages.iter().any(|text| text.contains(expected)),
            "{messages:?}"
        );
        assert_eq!(code, 2, "{expected}");
        let (code, xml, _) = run("junit", &[]);
        assert!(
            xml.starts_with("<?xml") && xml.ends_with("</testsuites>\n"),
            "{xml}"
        );
        assert!(
            xml.contains(expected) && xml.contains("<error type=\"problem\""),
            "{xml}"
        );
        assert_eq!(code, 2, "{expected}");
        let (code, out, _) = run("json", &["--output-file", "out.json"]);
        let text = std::fs::read_to_string(folder.path().join("out.json")).unwrap();
        assert!(text.contains(expected), "{text}");
        assert!(!out.starts_with('{'), "people read the text: {out}");
        assert_eq!(code, 2, "{expected}");
    }
}

#[test]
fn what_secrets_hold_is_never_shown() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a, labels: {app: a}}\ndata: {key: Y29uZmlkZW50aWFs}\n";
    let fixed = secret.replace("Y29uZmlkZW50aWFs", "b3RoZXJ3aXNl");
    let broken = secret.replace("data: {", "data: {{");
    let open = secret.replace("l}\n", "l, [\n");
    let twice = secret.replace("data: {", "data: {key: b3RoZXJ3aXNl, ");
    let again = secret.replace("data:", "data: {key: b3RoZXJ3aXNl}\ndata:");
    let other = secret.replace("kind: Secret", "kind: Secert");
    let one_line = r#"{"kind": "Secret", "data": {"key": "Y29uZmlkZW50aWFs"}}"#;
    let kinds = [
        "Secret",
        "\"S\\x65cret\"",
        "\"\\u0053ecret\"",
        "!!binary U2VjcmV0",
    ];
    for kind in kinds {
        let spelled = |text: &str| {
            let json = if kind.starts_with('"') {
                kind
            } else {
                "\"Secret\""
            };
            let text = text.replace("\"Secret\"", json);
            text.replace("kind: Secret", &format!("kind: {kind}"))
        };
        let fix = "policies/tests/tiers/fix";
        let pass = "policies/tests/tiers/pass";
        let files = [
            (format!("{fix}/secret.yaml"), spelled(secret)),
            (format!("{fix}/secret.fixed.yaml"), spelled(&fixed)),
            (format!("{fix}/secret.context.yaml"), CONTEXT.to_owned()),
            (format!("{fix}/other.yaml"), spelled(secret)),
            (format!("{fix}/other.fixed.yaml"), other.clone()),
            (format!("{fix}/other.context.yaml"), CONTEXT.to_owned()),
            (format!("{pass}/secret.yaml"), spelled(secret)),
            (format!("{pass}/secret.context.yaml"), CONTEXT.to_owned()),
            (format!("{pass}/broken.yaml"), spelled(&broken)),
            (format!("{pass}/open.yaml"), spelled(&open)),
            (format!("{pass}/twice.yaml"), spelled(&twice)),
            (format!("{pass}/again.yaml"), spelled(&again)),
            (format!("{pass}/stray.json"), spelled(one_line)),
            (format!("{pass}/nobody.request.yaml"), spelled(one_line)),
        ];
        let more: Vec<(&str, &str)> = files
            .iter()
            .map(|(name, text)| (&**name, &**text))
            .collect();
        let folder = folder(&sound(), &more);
        for format in ["text", "json", "junit"] {
            let (code, out, err) = folder.run(&["test", "--output-format", format]);
            assert_eq!(code, 1, "{out}{err}");
            assert!(out.contains("key: (hidden)"), "{out}");
            for value in [
                "Y29uZmlkZW50aWFs",
                "b3RoZXJ3aXNl",
                "confidential",
                "otherwise",
            ] {
                assert!(
                    !out.contains(value) && !err.contains(value),
                    "{kind} {format}: {out}{err}"
                );
            }
        }
    }
}

#[test]
fn what_a_file_says_cannot_drive_the_terminal() {
    let app = object("\"app\\e[2J\": x");
    let raw = "a\u{1b}[31m: [\n";
    let more = [
        ("policies/tests/tiers/fix/\u{1b}[31mred.yaml", &*app),
        ("policies/tests/tiers/fix/a.yaml", raw),
    ];
    let (code, out, err) = folder(&sound(), &more).run(&["test"]);
    assert_eq!(code, 1, "{out}{err}");
    assert!(
        !out.contains('\u{1b}') && !err.contains('\u{1b}'),
        "{out:?}{err:?}"
    );
}

#[cfg(unix)]
#[test]
fn pipes_loops_and_what_is_no_text_do_no_harm() {
    use std::os::unix::fs::symlink;

    let folder = folder(&sound(), &[]);
    let suite = folder.path().join("policies/tests/tiers");
    symlink("..", suite.join("fail/up")).unwrap();
    symlink("../../..", folder.path().join("policies/around")).unwrap();
    symlink("nowhere", suite.join("pass/gone.yaml")).unwrap();
    let pipe = suite.join("pass/pipe.yaml");
    let made = std::process::Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .unwrap();
    assert!(made.success());
    let (code, out, _) = folder.run(&["test"]);
    assert!(
        out.contains("`up` is a folder, and only files are cases"),
        "{out}"
    );
    assert!(out.contains("`gone.yaml` is no file"), "{out}");
    assert!(out.contains("`pipe.yaml` is no file"), "{out}");
    assert_eq!(code, 1);
    std::fs::write(suite.join("pass/binary.yaml"), [0xFF, 0xFE, 0x00]).unwrap();
    std::fs::write(suite.join("pass/front.context.yaml"), [0x80]).unwrap();
    let (code, out, _) = folder.run(&["test"]);
    assert!(
        out.contains("the file cannot be read: the file begins as UTF-16"),
        "{out}"
    );
    assert!(
        out.contains("the file cannot be read: the file is not UTF-8"),
        "{out}"
    );
    assert_eq!(code, 2, "a case that could not be read was not run");
}

#[cfg(unix)]
#[test]
fn links_lead_to_nothing_outside_of_the_fixtures() {
    use std::os::unix::fs::symlink;
    let more = [
        ("secret.json", r#"{"auth": "hunter2"}"#),
        ("theirs/pass/a.yaml", "hunter2\n"),
    ];
    let folder = folder(&sound(), &more);
    let suite = folder.path().join("policies/tests/tiers");
    let secret = folder.path().join("secret.json");
    symlink(&secret, suite.join("pass/a.yaml")).unwrap();
    symlink(
        "../../../../secret.json",
        suite.join("pass/front.expected.json"),
    )
    .unwrap();
    symlink("../../../theirs", folder.path().join("policies/tests/more")).unwrap();
    // What one folder of fixtures has twice is no other's.
    symlink("../pass/front.yaml", suite.join("pass/again.yaml")).unwrap();
    symlink("front.context.yaml", suite.join("pass/again.context.yaml")).unwrap();
    for paths in [&["test"][..], &["test", "policies/tiers.yaml"]] {
        let (code, out, err) = folder.run(paths);
        let all = out + &err;
        assert_eq!(code, 2, "{all}");
        assert!(!all.contains("hunter2"), "{all}");
        for file in ["a.yaml", "front.expected.json"] {
            let place = format!("policies/tests/tiers/pass/{file}");
            assert!(all.contains(&place), "{all}");
        }
        let told = "the file cannot be read: it is a link to a file outside of the fixtures";
        assert_eq!(all.matches(told).count(), 2, "{all}");
        assert!(!all.contains("again"), "{all}");
    }
}
