//! `kpolicy eval`, as people run it.

mod hostile;
#[cfg(all(feature = "repl", target_os = "linux"))]
mod prompt;
mod secrets;
mod settings;

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  replicas: 3
  template:
    metadata:
      labels: {app: web}
    spec:
      initContainers:
        - {name: sidecar, image: acr.io/sidecar:1, restartPolicy: Always}
      containers:
        - name: web
          image: acr.io/web:1
          resources:
            limits: {memory: 1Gi}
        - name: helper
          image: nginx
";

/// A directory with these files, in which `kpolicy eval` runs.
struct Folder(tempfile::TempDir);

/// The exit code, standard output and standard error.
type Said = (i32, String, String);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            folder.write(name, text.as_bytes());
        }
        folder
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.0.path().join(name), bytes).unwrap();
    }

    fn eval(&self, arguments: &[&str]) -> Said {
        self.eval_with(arguments, b"")
    }

    fn eval_with(&self, arguments: &[&str], input: &[u8]) -> Said {
        let mut child = Command::new(env!("CARGO_BIN_EXE_kpolicy"))
            .arg("eval")
            .args(arguments)
            .env_clear()
            .current_dir(self.0.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A process that does not want its input closes it early.
        let _ = child.stdin.take().unwrap().write_all(input);
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (
            output.status.code().unwrap_or(-1),
            text(output.stdout),
            text(output.stderr),
        )
    }

    /// The answer as JSON.
    fn json(&self, arguments: &[&str]) -> (i32, serde_json::Value) {
        let mut all = arguments.to_vec();
        all.extend(["--output-format", "json"]);
        let (code, out, err) = self.eval(&all);
        assert_eq!(err, "", "{arguments:?}");
        (code, serde_json::from_str(&out).unwrap())
    }
}

fn folder() -> Folder {
    Folder::new(&[("web.yaml", DEPLOYMENT)])
}

#[test]
fn help_tells_what_there_is() {
    let (code, out, err) = folder().eval(&["--help"]);
    assert_eq!((code, &*err), (0, ""));
    assert_eq!(out, include_str!("cli_eval/help.txt"));
}

#[test]
fn a_value_has_its_type_and_the_tree_of_its_parts() {
    let (code, out, err) = folder().eval(&[
        "object.spec.replicas > 1 ? 'many' : 'few'",
        "--object",
        "web.yaml",
    ]);
    assert_eq!(
        out,
        "\
\"many\"
  string · cost 4 of 1,000,000 · estimated 2

object.spec.replicas > 1 ? 'many' : 'few': string = \"many\"
└─ object.spec.replicas > 1: bool = true
   └─ object.spec.replicas: int = 3
"
    );
    assert_eq!((code, &*err), (0, ""));
}

#[test]
fn what_is_false_names_the_places_that_decided_it() {
    let expression = "containers.all(c, has(c.resources) && 'memory' in c.resources.limits)";
    let (code, out, err) = folder().eval(&[expression, "-f", "web.yaml"]);
    assert_eq!((code, &*err), (1, ""), "{out}");
    assert_eq!(
        out,
        "\
false
  bool · cost 8 of 1,000,000 · estimated 2 and more

note: `object.spec.template.spec.initContainers[0].resources.limits.memory` is not set, decided by `has(c.resources)`
  --> web.yaml:13:11
   |
13 |         - {name: sidecar, image: acr.io/sidecar:1, restartPolicy: Always}
   |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

note: `object.spec.template.spec.containers[1].resources.limits.memory` is not set, decided by `has(c.resources)`
  --> web.yaml:19:11
   |
19 |         - name: helper
   |           ^^^^^^^^^^^^

containers.all(c, has(c.resources) && 'memory' in c.resources.limits): bool = false
├─ containers: list = [{\"name\": \"sidecar\", \"image\": \"acr.io/sidecar:1\", \"restartPolicy\": \"Always\"}, {\"name\": \"web\", \"image\": \"acr.io/web:1\"…
└─ c at 0: map = {\"name\": \"sidecar\", \"image\": \"acr.io/sidecar:1\", \"restartPolicy\": \"Always\"}
   └─ has(c.resources) && 'memory' in c.resources.limits: bool = false
      ├─ has(c.resources): bool = false
      └─ 'memory' in c.resources.limits: not evaluated
"
    );
}

#[test]
fn an_error_stands_at_its_place_in_the_expression_and_in_the_document() {
    let (code, out, _) = folder().eval(&["object.spec.replicas + object.spec.x", "-f", "web.yaml"]);
    assert_eq!(code, 2);
    assert_eq!(
        out,
        "\
error: no such key: `x`
 --> <expression>:1:24
  |
1 | object.spec.replicas + object.spec.x
  |                        ^^^^^^^^^^^^^

note: `object.spec.x` is not set
 --> web.yaml:7:3
  |
7 |   replicas: 3
  |   ^^^^^^^^^^^

  cost 7 of 1,000,000 · estimated 2 and more

object.spec.replicas + object.spec.x: error
├─ object.spec.replicas: int = 3
└─ object.spec.x: error: no such key: `x`
"
    );
}

#[test]
fn what_does_not_compile_has_a_caret_and_help() {
    let (code, out, _) = folder().eval(&["1 +\n  objct.spec", "-f", "web.yaml"]);
    assert_eq!(
        out,
        "\
error: there is no `objct` here
 --> <expression>:2:3
  |
2 |   objct.spec
  |   ^^^^^
  |
  = help: did you mean `object`?

"
    );
    assert_eq!(code, 2);
}

#[test]
fn the_exit_code_says_false_from_everything_else_and_no_value_from_any() {
    for (expression, code) in [
        ("true", 0),
        ("false", 1),
        ("0", 0),
        ("null", 0),
        ("'false'", 0),
        ("optional.of(false)", 0),
        ("object.spec.replicas == 3", 0),
        ("object.spec.replicas == 4", 1),
        ("object.spec.none", 2),
        ("1 / 0", 2),
        ("1 +", 2),
        ("'a' + 1", 2),
        ("", 2),
        ("params.x", 2),
    ] {
        let (found, out, _) = folder().eval(&[expression, "-f", "web.yaml"]);
        assert_eq!(found, code, "{expression}: {out}");
        let (found, _) = folder().json(&[expression, "-f", "web.yaml"]);
        assert_eq!(found, code, "{expression}");
    }
}

#[test]
fn json_holds_value_type_error_and_places() {
    let (_, answer) = folder().json(&[
        "object.spec.template.spec.containers[1].image.startsWith('acr.io/')",
        "-f",
        "web.yaml",
    ]);
    let keys: Vec<&str> = answer
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        keys,
        [
            "value",
            "type",
            "error",
            "cost",
            "costs",
            "estimate",
            "text",
            "staticType",
            "places",
            "steps",
            "notes"
        ]
    );
    assert_eq!(answer["value"], false);
    assert_eq!(answer["type"], "bool");
    assert_eq!(answer["staticType"], "bool");
    assert_eq!(answer["error"], serde_json::Value::Null);
    assert_eq!(answer["cost"], 8);
    assert_eq!(
        answer["costs"],
        serde_json::json!({"expression": 8, "variables": 0, "most": 1_000_000})
    );
    assert_eq!(answer["estimate"], serde_json::json!({"min": 3, "max": 3}));
    assert_eq!(
        answer["places"],
        serde_json::json!([{
            "root": "object",
            "fieldPath": "spec.template.spec.containers[1].image",
            "missing": false,
            "value": "\"nginx\"",
            "file": "web.yaml",
            "line": 20, "column": 18, "endLine": 20, "endColumn": 23,
            "expression": {
                "line": 1, "column": 1, "endLine": 1, "endColumn": 68,
                "text": "object.spec.template.spec.containers[1].image.startsWith('acr.io/')",
            },
        }])
    );
    assert_eq!(
        answer["steps"][1],
        serde_json::json!({
            "level": 1, "kind": "part", "text": "object.spec.template.spec.containers[1].image",
            "type": "string", "value": "\"nginx\"", "error": null, "skipped": false,
        })
    );
    let (_, answer) = folder().json(&["true &&\n object.spec.x", "-f", "web.yaml"]);
    assert_eq!(answer["value"], serde_json::Value::Null);
    assert_eq!(answer["type"], serde_json::Value::Null);
    assert_eq!(
        answer["error"],
        serde_json::json!({
            "kind": "no-such-key",
            "message": "no such key: `x`",
            "range": {"line": 2, "column": 2, "endLine": 2, "endColumn": 15, "text": "object.spec.x"},
            "help": null,
        })
    );
}

#[test]
fn the_cost_is_that_of_the_api_server_and_ends_what_costs_too_much() {
    let folder = folder();
    let (code, answer) = folder.json(&["lists.range(1000).map(x, lists.range(1000)).size()"]);
    assert_eq!((code, &answer["error"]["kind"]), (2, &"budget".into()));
    assert_eq!(answer["steps"], serde_json::json!([]));
    assert!(answer["cost"].as_u64() > Some(1_000_000), "{answer}");
    let (_, answer) = folder.json(&["objct.x"]);
    assert_eq!(
        (&answer["cost"], &answer["costs"]),
        (&serde_json::Value::Null, &serde_json::Value::Null)
    );
    let (_, answer) = folder.json(&["object.list.map(i, i)"]);
    assert_eq!(answer["estimate"]["max"], serde_json::Value::Null);
    let (_, answer) = folder.json(&["object.none", "-f", "web.yaml"]);
    assert_eq!(answer["cost"], 2);
}

#[test]
fn json_writes_what_json_has_and_the_text_of_the_rest() {
    for (expression, value, text) in [
        ("[1, 2, 3]", "[1,2,3]", "[1, 2, 3]"),
        ("{'a': [true]}", "{\"a\":[true]}", "{\"a\": [true]}"),
        (
            "18446744073709551615u",
            "18446744073709551615",
            "18446744073709551615u",
        ),
        ("1.5", "1.5", "1.5"),
        ("1.0 / 0.0", "\"inf\"", "inf"),
        ("{1: 'a'}", "{\"1\":\"a\"}", "{1: \"a\"}"),
        ("b'a\\x00'", "\"YQA=\"", "b\"a\\x00\""),
        ("duration('90s')", "\"90s\"", "duration(\"90s\")"),
        (
            "timestamp('2026-01-02T03:04:05Z')",
            "\"2026-01-02T03:04:05Z\"",
            "timestamp(\"2026-01-02T03:04:05Z\")",
        ),
        ("quantity('1Gi')", "\"1Gi\"", "quantity(\"1Gi\")"),
        ("type(1)", "\"int\"", "int"),
        ("optional.none()", "null", "optional.none()"),
        ("optional.of(1)", "1", "optional.of(1)"),
        (
            "'a\\n\"\\u202e'",
            "\"a\\n\\\"\u{202e}\"",
            "\"a\\n\\\"\\u202e\"",
        ),
    ] {
        let (_, answer) = folder().json(&[expression]);
        assert_eq!(answer["value"].to_string(), value, "{expression}");
        assert_eq!(answer["text"], text, "{expression}");
    }
}
