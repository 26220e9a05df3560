//! What nobody should give to `kpolicy eval`: it says so, and never hangs or aborts.

use std::time::{Duration, Instant};

use super::{Folder, folder};

#[test]
fn files_that_are_no_documents_are_told() {
    let folder = folder();
    folder.write("empty.yaml", b"");
    folder.write("comment.yaml", b"# nothing\n---\n");
    folder.write("broken.yaml", b"a: [1\nb: 2\n");
    folder.write("broken.json", b"{\"a\": 1,}\n{");
    folder.write("latin.yaml", b"a: \xe4\n");
    folder.write("template.yaml", b"a: {{ .Values.x }}\n");
    folder.write("control.yaml", b"a: \"\\e[31mred\"\n");
    for (file, complaint) in [
        ("empty.yaml", "`empty.yaml` holds no document"),
        ("comment.yaml", "`comment.yaml` holds no document"),
        ("broken.yaml", "broken.yaml:2:"),
        ("latin.yaml", "the file is not UTF-8 text: byte 3"),
        ("template.yaml", "templates are not filled in"),
        ("missing.yaml", "cannot read `missing.yaml`"),
        (".", "it is a directory"),
    ] {
        let (code, out, err) = folder.eval(&["1", "-f", file]);
        assert_eq!((code, &*out), (2, ""), "{file}");
        assert!(err.contains(complaint), "{file}: {err}");
    }
    let (_, out, _) = folder.eval(&["object.a", "-f", "control.yaml"]);
    assert!(
        out.contains("\\u001b[31mred") && !out.contains('\u{1b}'),
        "{out}"
    );
    let (_, out, _) = folder.eval(&["object.a.x", "-f", "control.yaml"]);
    assert!(!out.contains('\u{1b}'), "{out}");
}

#[test]
fn an_endless_file_is_not_read_to_its_end() {
    let (code, out, err) = folder().eval(&["1", "-f", "/dev/zero"]);
    assert_eq!((code, &*out), (2, ""));
    assert!(err.contains("it is larger than 64 MiB"), "{err}");
}

#[test]
fn hostile_expressions_end_soon_with_an_answer() {
    let folder = folder();
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let loops = "[1,2,3,4,5,6,7,8,9,10]";
    let deep: String = (0..9).fold("true".to_owned(), |inner, level| {
        format!("{loops}.all(x{level}, {inner})")
    });
    for (name, expression) in [
        ("a megabyte", "x".repeat(1 << 20)),
        ("many additions", format!("1{}", "+1".repeat(100_000))),
        (
            "some additions",
            format!("1{}", "+object.spec.replicas".repeat(2_000)),
        ),
        ("deep lists", nested(10_000)),
        ("lists", nested(200)),
        ("brackets", "(".repeat(100_000)),
        ("strings", format!("'{}'", "a".repeat(90_000))),
        ("nested loops", deep),
        (
            "a long list",
            format!("[{}1].map(x, x)", "1,".repeat(20_000)),
        ),
        ("controls", "'\u{1b}[31m' + \u{202e}".to_owned()),
        ("negations", "!".repeat(50_000)),
        ("selects", format!("object{}", ".a".repeat(20_000))),
    ] {
        for format in ["full", "json"] {
            let start = Instant::now();
            let arguments = ["-", "-f", "web.yaml", "--output-format", format];
            let (code, out, err) = folder.eval_with(&arguments, expression.as_bytes());
            assert!((0..=2).contains(&code), "{name}: {code} {err}");
            assert!(out.len() < 2 << 20, "{name}: {} bytes", out.len());
            assert!(!out.is_empty() && !out.contains('\u{1b}'), "{name}: {out}");
            assert!(start.elapsed() < Duration::from_secs(30), "{name}");
        }
    }
}

#[test]
fn a_huge_value_is_cut_for_people_and_whole_for_programs() {
    let list = format!("{{\"list\": [{}1]}}", "1234567,".repeat(50_000));
    let folder = Folder::new(&[("list.json", &list)]);
    let (code, out, _) = folder.eval(&["object.list", "-f", "list.json"]);
    assert_eq!(code, 0);
    assert!(out.len() < 20_000, "{}", out.len());
    assert!(out.contains("…]") && out.contains("the value is cut here"));
    let (_, answer) = folder.json(&["object.list", "-f", "list.json"]);
    assert_eq!(answer["value"].as_array().map(Vec::len), Some(50_001));
    let (_, answer) = folder.json(&["object.list.map(i, object.list)", "-f", "list.json"]);
    assert_eq!(answer["value"], serde_json::Value::Null);
    assert_eq!(answer["notes"][0], "the value is too large to be written");
}

#[test]
fn a_hostile_document_is_read_or_refused() {
    let deep = format!("{}{}", "[".repeat(9_000), "]".repeat(9_000));
    let folder = Folder::new(&[("deep.json", &format!("{{\"a\": {deep}}}"))]);
    for expression in ["object", "object.a", "object == object", "object.a[0]"] {
        for format in ["full", "json"] {
            let arguments = [expression, "-f", "deep.json", "--output-format", format];
            let (code, out, err) = folder.eval(&arguments);
            assert!((0..=2).contains(&code), "{expression}: {err}");
            assert!(out.len() + err.len() > 0, "{expression}");
        }
    }
}
