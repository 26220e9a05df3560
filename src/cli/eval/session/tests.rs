//! The prompt without a terminal: lines in, text out.

use std::path::Path;

use super::super::complete::complete;
use super::*;
use crate::cli::eval::inputs;

const POD: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web, app.kubernetes.io/name: x}}
spec:
  hostNetwork: true
  containers:
  - {name: web, image: nginx, ports: [{containerPort: 80}]}
  - {name: log, image: fluentd}
";

/// Documents by the names of files that are not there.
fn load(path: &Path, pick: Option<&str>, sources: &mut SourceMap) -> anyhow::Result<Loaded> {
    let text = match path.to_str() {
        Some("pod.yaml") => POD,
        Some("secret.yaml") => "kind: Secret\nmetadata: {name: s}\nstringData: {pw: hunter2}\n",
        Some("params.yaml") => "most: 3\n",
        Some("ns.yaml") => "kind: Namespace\nmetadata: {name: blue, labels: {team: b}}\n",
        Some("broken.yaml") => "a: [\n",
        _ => anyhow::bail!("cannot read `{}`", path.display()),
    };
    let name = path.display().to_string();
    inputs::parse(&name, text.as_bytes(), pick, sources)
}

fn session() -> Session {
    let mut stage = Stage::default();
    stage.prepare(&[]);
    Session::new(stage, Style::default()).with_load(load)
}

/// The text without what evaluating cost.
fn plain(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let kept = line.split(" · cost ").next().unwrap_or_default();
        format!("{kept}\n")
    });
    lines.collect()
}

/// What the last of some lines says, but for its cost.
fn said(lines: &[&str]) -> String {
    let mut session = session();
    let mut last = String::new();
    for line in lines {
        match session.line(line) {
            Reply::Text(text) => last = plain(&text),
            Reply::Quit => "quit".clone_into(&mut last),
        }
    }
    last
}

#[test]
fn lines_are_expressions_and_commands() {
    for (lines, expected) in [
        (&["1 + 1"][..], "2\n  int\n"),
        (&[""], ""),
        (&["   "], ""),
        (&[":quit"], "quit"),
        (&[":q"], "quit"),
        (&[":type 1 + 1"], "int\n"),
        (&[":type [1].map(i, string(i))"], "list(string)\n"),
        (&[":cost"], "usage: :cost EXPRESSION\n"),
        (&[":type"], "usage: :type EXPRESSION\n"),
        (&[":t"], "error: `:t` may be `:type` or `:tree`\n"),
        (
            &[":"],
            "error: there is no `:`; `:help` lists the commands\n",
        ),
        (
            &[":nonsense"],
            "error: there is no `:nonsense`; `:help` lists the commands\n",
        ),
        (&[":let x = 1 + 2", "variables.x * 2"], "6\n  int\n"),
        (
            &[":let x = 1", ":let x = variables.x + 1", "variables.x"],
            "2\n  int\n",
        ),
        (&[":let x 1"], "usage: :let NAME = EXPRESSION\n"),
        (&[":let 1x = 1"], "usage: :let NAME = EXPRESSION\n"),
        (&[":load pod.yaml"], "loaded Pod web\n"),
        (
            &[":load pod.yaml", "object.metadata.name"],
            "\"web\"\n  string · as written: dyn\n",
        ),
        (&[":load pod.yaml", "containers.size()"], "2\n  int\n"),
        (
            &[":load pod.yaml log"],
            "error: `pod.yaml` holds no `log`; it holds Pod/web\n",
        ),
        (&[":load none.yaml"], "error: cannot read `none.yaml`\n"),
        (
            &[":old pod.yaml", "request.operation"],
            "\"DELETE\"\n  string\n",
        ),
        (
            &[":params params.yaml", "params.most"],
            "3\n  int · as written: dyn\n",
        ),
        (
            &[":namespace blue", "request.namespace"],
            "\"blue\"\n  string\n",
        ),
        (
            &[
                ":namespace ns.yaml",
                "namespaceObject.metadata.labels['team']",
            ],
            "\"b\"\n  string\n",
        ),
        (
            &[":load secret.yaml", "object.stringData.pw + 'x'"],
            "‹hidden›\n  string\n",
        ),
        (&[":tree", "1 == 1 && 2 == 2"], "true\n  bool\n"),
        (&[":tree maybe"], "usage: :tree [on|off]\n"),
        (&[":tree on"], "the tree is on\n"),
    ] {
        assert_eq!(said(lines), expected, "{lines:?}");
    }
}

#[test]
fn errors_have_carets_and_leave_the_session_as_it_was() {
    let mut session = session();
    for (line, expected) in [
        (
            "1 + objct",
            "error: there is no `objct` here\n --> <expression>:1:5\n  |\n1 | 1 + objct\n  |     ^^^^^\n  |\n  = help: did you mean `object`?\n",
        ),
        (
            ":let y = objct",
            "variables.y does not compile here:\nerror: there is no `objct` here\n --> <variables.y>:1:1\n  |\n1 | objct\n  | ^^^^^\n  |\n  = help: did you mean `object`?\n",
        ),
        (
            ":type 'a' + 1",
            "error: `+` does not take `string` with `int`\n --> <expression>:1:1\n  |\n1 | 'a' + 1\n  | ^^^^^^^\n",
        ),
    ] {
        assert_eq!(session.line(line), Reply::Text(expected.to_owned()));
    }
    let Reply::Text(broken) = session.line(":load broken.yaml") else {
        panic!("the session goes on");
    };
    assert!(broken.contains("broken.yaml:"), "{broken}");
    let Reply::Text(names) = session.line(":vars") else {
        panic!("the session goes on");
    };
    assert!(!names.contains("variables.y"), "{names}");
}

#[test]
fn the_tree_is_shown_when_asked_for() {
    let tree = said(&[
        ":load pod.yaml",
        ":tree on",
        "object.spec.hostNetwork == true",
    ]);
    assert_eq!(
        tree,
        "true\n  bool\n\nobject.spec.hostNetwork == true: bool = true\n└─ object.spec.hostNetwork: bool = true\n"
    );
    let once = said(&[":load pod.yaml", ":explain object.spec.hostNetwork == true"]);
    assert_eq!(once, tree);
    assert!(said(&[":vars"]).contains("request: kubernetes.AdmissionRequest\n"));
    assert!(said(&[":let x = [1]", ":vars"]).ends_with("variables.x: list(int) = [1]\n"));
    let mut session = session();
    session.line(":load pod.yaml");
    assert_eq!(
        session.line(":cost containers.all(c, c.image != '')"),
        Reply::Text("cost 12 of 1,000,000 · estimated 2 and more\n".to_owned())
    );
    assert_eq!(
        session.line(":cost 1 + object.spec.x"),
        Reply::Text("cost 4 of 1,000,000 · estimated 2\n".to_owned())
    );
    let help = said(&[":help"]);
    assert!(
        commands().all(|name| help.contains(&format!("  :{name} "))),
        "{help}"
    );
}

#[test]
fn the_word_at_the_cursor_is_completed_by_what_is_there() {
    let mut session = session();
    session.line(":load pod.yaml");
    session.line(":let image = containers[0].image");
    for (line, start, expected) in [
        ("obj", 0, &["object"][..]),
        ("1 + quan", 4, &["quantity("]),
        ("variables.", 10, &["image"]),
        ("object.spec.hostNetwork.mat", 24, &["matches("]),
        ("object.spec.con", 12, &["containers"]),
        ("object.metadata.na", 16, &["name", "namespace"]),
        ("object.metadata.labels.app", 23, &["app"]),
        ("object.?spec.?hostN", 14, &["hostNetwork"]),
        ("object.spec.containers[0].im", 26, &["image"]),
        ("object['spec'].hostN", 15, &["hostNetwork"]),
        ("containers.exis", 11, &["exists(", "exists_one("]),
        ("containers.all(c, c.ima", 20, &["image"]),
        (
            "containers.all(c, c.ports.all(p, p.con",
            35,
            &["containerPort"],
        ),
        (
            "size(containers.filter(x, x.name != '')[0].na",
            43,
            &["name"],
        ),
        ("sets.inter", 5, &["intersects("]),
        (":lo", 1, &["load "]),
        ("nothing.at.optM", 11, &["optMap("]),
        ("", 0, &["containers"]),
        ("object.", 7, &["apiVersion"]),
    ] {
        let (found_start, found) = complete(&session, line, line.len());
        assert_eq!(found_start, start, "{line}");
        let is_there = |name: &&str| found.iter().any(|found| found == name);
        assert!(expected.iter().all(is_there), "{line}: {found:?}");
        if !line.is_empty() && !line.ends_with('.') {
            assert_eq!(found, expected, "{line}");
        }
    }
    // Anything may stand before the cursor.
    for line in [
        "é.",
        "((((.",
        "'.",
        ".",
        "?.",
        "[].x(",
        "(a,a.",
        "(a,(a,a.",
        "a.b.all(é,é.",
    ] {
        let _ = complete(&session, line, line.len());
    }
    let _ = complete(&session, "é", 1);
}

#[test]
fn an_expression_goes_on_until_its_brackets_are_closed() {
    for (text, more) in [
        ("1 + 1", false),
        ("1 +", true),
        ("[1,", true),
        ("[1, 2]", false),
        ("containers.all(c,", true),
        ("containers.all(c,\n  true)", false),
        ("a &&", true),
        ("a && // why", true),
        ("a // b &&", false),
        ("x ? y :", true),
        ("'('", false),
        ("'it\\'s ('", false),
        ("r'\\' + '('", false),
        ("'open", false),
        ("'''open", true),
        ("'''a\n('''", false),
        ("\"\"\"a\"\"", true),
        ("object.", true),
        ("x in", true),
        ("login", false),
        (")", false),
        ("", false),
        ("(1 +\n", false),
    ] {
        assert_eq!(needs_more(text), more, "{text:?}");
    }
}
