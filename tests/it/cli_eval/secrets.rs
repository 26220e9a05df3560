//! What a Secret holds reaches no output, however it is asked for.

use super::Folder;

const SECRET: &str = "\
apiVersion: v1
kind: Secret
metadata:
  name: s
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{\"stringData\":{\"pw\":\"hunter2\"}}'
stringData:
  pw: hunter2
  pin: \"4711\"
data:
  key: aHVudGVyMg==
";

#[test]
fn values_of_secrets_are_hidden_in_every_output() {
    let folder = Folder::new(&[("s.yaml", SECRET)]);
    for expression in [
        "object",
        "object.stringData",
        "object.stringData.pw",
        "object.data.key",
        "object.metadata.annotations",
        "object.stringData.pw + '!'",
        "object.stringData.pw.substring(0, 6)",
        "object.stringData.pw.split('')",
        "int(object.stringData.pin)",
        "int(object.stringData.pw)",
        "[object.stringData.pw, 'x']",
        "{object.stringData.pw: 1}",
        "{'a': {object.stringData.pw: 1}}[object.stringData.pin]",
        "object.stringData.map(k, object.stringData[k])",
        "object.stringData.all(k, v, v + 'x' == k)",
        "object.stringData.pw.matches('hunter.')",
        "object.stringData.pw == 'x'",
        "quantity(object.stringData.pw)",
        "timestamp(object.stringData.pw)",
        "object.stringData[object.stringData.pw]",
        "object.stringData.pw.missing",
        "optional.of(object.stringData.pw)",
        "object.?stringData.?pw.optMap(v, v + '')",
        "object.stringData.pw > 'a' ? object.stringData.pw : ''",
        "dyn(object.stringData.pw)",
        "'%s'.format([object.stringData.pw])",
    ] {
        for options in [&[][..], &["--output-format", "json"]] {
            for file in ["--object", "--old-object", "--params", "--namespace"] {
                let root = match file {
                    "--object" => "object",
                    "--old-object" => "oldObject",
                    "--params" => "params",
                    _ => "namespaceObject",
                };
                let text = expression.replace("object.", &format!("{root}."));
                let mut arguments = vec![text.as_str(), file, "s.yaml"];
                arguments.extend(options);
                let (_, out, err) = folder.eval(&arguments);
                let both = out + &err;
                let quoted = expression.contains("hunter");
                for needle in ["hunter2", "4711", "aHVudGVyMg", "[\"h\""] {
                    assert!(!both.contains(needle), "{text} {file}: {both}");
                }
                assert!(quoted || !both.contains("hunter"), "{text} {file}: {both}");
            }
        }
    }
}

#[test]
fn what_is_not_secret_is_shown_and_secrets_are_when_asked_for() {
    let folder = Folder::new(&[("s.yaml", SECRET)]);
    for (expression, value) in [
        ("object.metadata.name + '!'", "\"s!\""),
        ("size(object.stringData)", "2"),
        ("object.stringData.pw == 'hunter2'", "true"),
        ("object.kind", "\"Secret\""),
        (
            "object.stringData",
            "{\"pw\":\"‹hidden›\",\"pin\":\"‹hidden›\"}",
        ),
        ("object.stringData.pw + 'x'", "\"‹hidden›\""),
    ] {
        let (_, answer) = folder.json(&[expression, "-f", "s.yaml"]);
        assert_eq!(answer["value"].to_string(), value, "{expression}");
    }
    let (code, out, _) = folder.eval(&["object.stringData.pw", "-f", "s.yaml", "--show-secrets"]);
    assert!(code == 0 && out.starts_with("\"hunter2\"\n"), "{out}");
}

#[test]
fn a_secret_that_does_not_load_is_not_shown_either() {
    let broken = SECRET.replace("pin: \"4711\"", "pin: [\"4711\"");
    let folder = Folder::new(&[("s.yaml", &broken)]);
    let (code, out, err) = folder.eval(&["true", "-f", "s.yaml"]);
    assert_eq!((code, &*out), (2, ""));
    assert!(err.contains("s.yaml:") && !err.contains("4711"), "{err}");
}

#[test]
fn a_secret_in_an_admission_review_is_a_secret() {
    let review = r#"{"kind": "AdmissionReview", "request": {"operation": "CREATE",
        "object": {"apiVersion": "v1", "kind": "Secret", "stringData": {"pw": "hunter2"}}}}"#;
    let folder = Folder::new(&[("r.json", review)]);
    let (_, answer) = folder.json(&["object.stringData.pw + ''", "--request", "r.json"]);
    assert_eq!(answer["value"], "‹hidden›");
}

#[test]
fn what_a_reader_drops_of_a_secret_or_leaves_beside_is_not_shown() {
    let secret =
        |data: &str| format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\n{data}\n");
    let texts = [
        secret("stringData: {pw: hunter1, pw: hunter2}"),
        secret("stringData: {<<: {pw: hunter1}, pw: hunter2}"),
        secret("stringData: {pw: hunter1, <<: {pw: hunter2}}"),
        secret("stringData: {pw: hunter1}\nstringData: {pw: hunter2}"),
        secret("stringData: {pw: hunter1, pw: hunter2}").replace("Secret", "secret"),
        secret("stringData: {pw: hunter1}\nstringdata: {pw: hunter2}"),
        // Of one line with the object that is meant.
        "{kind: List, apiVersion: v1, items: [{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {pw: \
         hunter1}}, {apiVersion: v1, kind: Secret, metadata: {name: t}, data: {pw: hunter2}}]}"
            .to_owned(),
        "{kind: SecretList, apiVersion: v1, items: [{metadata: {name: s}, stringData: {pw: hunter1}}, \
         {metadata: {name: t}, data: {pw: hunter2}}]}"
            .to_owned(),
    ];
    for text in &texts {
        let folder = Folder::new(&[("s.yaml", text)]);
        for expression in [
            "object",
            "object.stringData.pw == 'x'",
            "string(object.stringData)",
            "object.stringData.pw.foo",
            "object.data.pw == 'x'",
            "object.stringdata.pw == 'x'",
            "object.metadata.name == 'x'",
            "object.kind == 'x'",
        ] {
            for format in ["full", "json"] {
                let (_, out, err) = folder.eval(&[
                    expression,
                    "-f",
                    "s.yaml",
                    "--name",
                    "s",
                    "--output-format",
                    format,
                ]);
                let both = out + &err;
                assert!(!both.contains("hunter"), "{text}: {expression}: {both}");
                assert!(
                    both.contains("‹hidden›") || both.contains("s.yaml"),
                    "{both}"
                );
            }
        }
    }
}
