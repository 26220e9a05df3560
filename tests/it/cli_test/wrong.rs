//! What can be wrong with fixtures: each said at its place, none passed over.

use super::{CONTEXT, POLICY, folder, object, sound};

/// The policy's fixtures with one more file give exit code 1 and say this.
#[track_caller]
fn check(name: &str, text: &str, expected: &[&str]) {
    let (code, out, err) = folder(&sound(), &[(name, text)]).run(&["test"]);
    for expected in expected {
        assert!(
            out.contains(expected),
            "{name}\nexpected {expected}\n{out}{err}"
        );
    }
    assert_eq!(code, 1, "{name}: {out}{err}");
}

#[test]
fn files_that_belong_to_no_case_are_told() {
    let case = object("tier: front");
    let strays = [
        ("tiers/pass/a.yml", "call it `a.yaml`"),
        ("tiers/pass/a.txt", "`a.txt` is no part of a case"),
        (
            "tiers/pass/frnt.context.yaml",
            "did you mean the case `front`?",
        ),
        (
            "tiers/pass/quite-another.request.yaml",
            "there is no case `quite-another.yaml`",
        ),
        (
            "tiers/fail/other.fixed.yaml",
            "only a case of `fix` has a fixed object",
        ),
        (
            "tiers/fail/more/a.yaml",
            "`more` is a folder, and only files are cases",
        ),
        ("tiers/fails/a.yaml", "did you mean `fail`?"),
        (
            "tiers/stray.yaml",
            "cases lie in the folders `pass`, `fail` and `fix`",
        ),
        ("teirs/fail/a.yaml", "did you mean `tiers`?"),
    ];
    let names = strays.map(|(name, _)| format!("policies/tests/{name}"));
    let more: Vec<(&str, &str)> = names.iter().map(|name| (&**name, &*case)).collect();
    let (code, out, _) = folder(&sound(), &more).run(&["test"]);
    for (_, expected) in strays {
        assert!(out.contains(expected), "expected {expected}\n{out}");
    }
    for place in [
        "teirs\n",
        "tiers/fails\n",
        "tiers/fail/more\n",
        "tiers/pass/a.txt:1:1\n",
    ] {
        assert!(
            out.contains(&format!("--> policies/tests/{place}")),
            "{place}\n{out}"
        );
    }
    assert!(
        out.ends_with("3 cases of 1 policy: 3 passed, 9 problems\n"),
        "{out}"
    );
    assert_eq!(code, 1);
}

#[test]
fn folders_with_the_name_of_a_policy_and_nothing_in_them_are_told() {
    let levels = POLICY.replace("tiers}\n", "levels}\n");
    let more = [
        ("policies/levels.yaml", &*levels),
        ("policies/tests/levels/passes/a.yaml", "{}"),
    ];
    let (code, out, _) = folder(&sound(), &more).run(&["test"]);
    assert!(
        out.contains("there are no cases in folders `pass`, `fail` and `fix` here"),
        "{out}"
    );
    assert!(out.contains("--> policies/tests/levels\n"), "{out}");
    assert_eq!(code, 1);
}

/// What is written into a file of a case, and what is said of it; `{}` stands for the name of the case.
const WRONG: &[(&str, &str, &str)] = &[
    ("yaml", "", "the file is empty"),
    ("yaml", "# nothing\n", "the file is empty"),
    ("yaml", "kind: Pod\n", "{}.yaml:1:1"),
    ("yaml", "kind: Pod\n", "`apiVersion` is missing"),
    ("yaml", "- a\n", "the object must be a map, not a list"),
    ("yaml", "a: [\n", "{}.yaml:"),
    (
        "yaml",
        "a: {{ .Values.b }}\n",
        "templates are not filled in",
    ),
    (
        "yaml",
        "apiVersion: v1\nkind: Pod\n---\nkind: Pod\n",
        "{}.yaml:4:1",
    ),
    ("context.yaml", "", "{}.context.yaml"),
    ("context.yaml", "parms: {}\n", "did you mean `params`?"),
    (
        "context.yaml",
        "namespace: {label: {}}\n",
        "did you mean `labels`?",
    ),
    (
        "context.yaml",
        "namespace: {labels: {a: 1}}\n",
        "`a` must be a string, not an integer",
    ),
    (
        "context.yaml",
        "params: {tiers: [1]}\n",
        "{}.context.yaml:1:18",
    ),
    (
        "context.yaml",
        "params: {tiers: [a], teirs: [b]}\n",
        "unknown parameter `teirs`",
    ),
    (
        "context.yaml",
        "resources: [{kind: Pod}]\n",
        "`apiVersion` is missing",
    ),
    (
        "context.yaml",
        "kubernetesVersion: 1.30\n",
        "`kubernetesVersion` must be in quotes",
    ),
    (
        "context.yaml",
        "oldObject: {apiVersion: v1, kind: Pod}\n",
        "on UPDATE only",
    ),
    (
        "request.yaml",
        "operation: update\n",
        "did you mean `UPDATE`?",
    ),
    (
        "request.yaml",
        "operation: UPDATE\n",
        "write it there under `oldObject`",
    ),
    (
        "request.yaml",
        "subResource: status\n",
        "did you mean `subresource`?",
    ),
    ("request.yaml", "user: {name: a}\n", "unknown field `name`"),
    (
        "request.yaml",
        "user: {extra: {a: b}}\n",
        "`a` must be a list of strings",
    ),
    (
        "request.yaml",
        "dryRun: please\n",
        "`dryRun` must be `true` or `false`",
    ),
    ("expected.json", "{", "{}.expected.json:1:"),
    (
        "expected.json",
        "{\"findings\": []}",
        "no finding is expected, and the case should fail",
    ),
    ("expected.json", "{}", "the file expects nothing"),
    ("expected.json", "{}", "{}.expected.json:1:1"),
    ("expected.json", "null", "the file is empty"),
    ("expected.json", "[]", "the file must be a map, not a list"),
    (
        "expected.json",
        "{\"findings\": null, \"notJudged\": []}",
        "the file expects nothing",
    ),
    (
        "expected.json",
        "{\"finding\": []}",
        "did you mean `findings`?",
    ),
    (
        "expected.json",
        "{\"findings\": [{\"validation\": \"tiers/tier\"}]}",
        "`message` is missing",
    ),
    (
        "expected.json",
        "{\"findings\": [{\"validation\": \"other/a\", \"message\": \"\", \"fieldPath\": \"\"}]}",
        "`other/a` is no validation of `tiers`",
    ),
    (
        "expected.json",
        "{\"notJudged\": [\"tiers/tier\"]}",
        "`tiers/tier` should not be judged, and it was",
    ),
];

#[test]
fn what_stands_in_a_case_is_checked_at_its_line() {
    let sound = sound();
    let beside = ["yaml", "context.yaml", "expected.json"];
    let (object, expected) = (object("tier: middle"), sound[5].1.as_str());
    let mut files: Vec<(String, &str)> = Vec::new();
    let case = |row: usize| format!("row-{row:02}");
    for (row, (end, text, _)) in WRONG.iter().enumerate() {
        let texts = [object.as_str(), CONTEXT, expected];
        let own = beside.iter().zip(texts).filter(|(other, _)| *other != end);
        let own = own.map(|(end, text)| (*end, text)).chain([(*end, *text)]);
        files.extend(own.map(|(end, text)| {
            (
                format!("policies/tests/tiers/fail/{}.{end}", case(row)),
                text,
            )
        }));
    }
    let more: Vec<(&str, &str)> = files.iter().map(|(name, text)| (&**name, *text)).collect();
    let (code, out, _) = folder(&sound, &more).run(&["test"]);
    let mut said = out.split("FAIL tiers/fail/");
    said.next();
    for (row, (end, text, expected)) in WRONG.iter().enumerate() {
        let said = said.next().unwrap_or_default();
        let expected = expected.replace("{}", &case(row));
        assert!(
            said.starts_with(&case(row)) && said.contains(&expected),
            "{end}: {text}\nexpected {expected}\n{said}"
        );
    }
    assert_eq!(code, 1);
    for (name, text, expected) in [
        ("pass/front.expected.json", "{}", "the file expects nothing"),
        (
            "pass/front.expected.json",
            "{\"findings\": [{\"validation\": \"tiers/tier\", \"message\": \"\", \"fieldPath\": \"\"}]}",
            "findings are expected, and the case should pass",
        ),
        (
            "fix/more.yaml",
            "{apiVersion: v1, kind: Pod}",
            "there is no `more.fixed.yaml` beside the case",
        ),
    ] {
        check(&format!("policies/tests/tiers/{name}"), text, &[expected]);
    }
}

#[test]
fn cases_that_do_not_hold_say_why() {
    let front = object("tier: front");
    let app = object("app: b");
    for (name, text, expected) in [
        (
            "fail/front",
            &*front,
            &["the case should fail, and the policy finds nothing"][..],
        ),
        (
            "pass/app",
            &app,
            &[
                "the case should pass: `tiers/tier`: `metadata.labels.tier` is not set: say which tier",
                "pass/app.yaml:5:11",
                "::: policies/tiers.yaml:24:20",
            ],
        ),
        (
            "fail/role",
            "{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: a}}",
            &["the policy does not apply to it", "`matchConstraints`"],
        ),
    ] {
        let case = format!("policies/tests/tiers/{name}.yaml");
        let context = format!("policies/tests/tiers/{name}.context.yaml");
        let more = [(&*case, text), (&*context, CONTEXT)];
        let (code, out, err) = folder(&sound(), &more).run(&["test"]);
        for expected in expected {
            assert!(
                out.contains(expected),
                "{name}\nexpected {expected}\n{out}{err}"
            );
        }
        assert!(
            out.ends_with("4 cases of 1 policy: 3 passed, 1 failed\n"),
            "{out}"
        );
        assert_eq!(code, 1);
    }
}

#[test]
fn findings_are_held_one_by_one_against_the_expected_ones() {
    let expected = "{\"findings\": [{\"validation\": \"tiers/tier\", \"message\": \"another\", \"fieldPath\": \"\"}]}";
    check(
        "policies/tests/tiers/fail/other.expected.json",
        expected,
        &[
            "expected and not found: `tiers/tier`: another ()",
            "other.expected.json:1:30",
            "found and not expected: `tiers/tier`: `metadata.labels.tier` is `middle`: say",
        ],
    );
}

#[test]
fn a_mutation_that_does_something_else_is_shown_as_a_diff() {
    let fixed = "policies/tests/tiers/fix/none.fixed.yaml";
    check(
        fixed,
        &object("tier: back, app: a"),
        &[
            "the mutated object is not the fixed one (- fixed, + mutated)",
            "        app: a\n  -     tier: back\n  +     tier: front\n      name: a\n",
        ],
    );
    let twice = POLICY.replace("!has(object.metadata.labels.tier)", "true").replace(
        "path: '/metadata/labels/tier', value: params.tiers[0]",
        "path: '/metadata/labels/tier', value: string(object.metadata.?labels.tier.orValue('')) + 'x'",
    );
    let more = [
        ("policies/tiers.yaml", &*twice),
        (fixed, &object("tier: x, app: a")),
    ];
    let (code, out, _) = folder(&sound(), &more).run(&["test", "--case", "fix/"]);
    assert!(
        out.contains("a second run changes the mutated object again"),
        "{out}"
    );
    assert!(out.contains("-     tier: x\n  +     tier: xx\n"), "{out}");
    assert!(
        out.contains("the mutated object should pass: `tiers/tier`"),
        "{out}"
    );
    assert_eq!(code, 1);
}

#[test]
fn a_policy_that_is_not_right_ends_the_run() {
    let broken = POLICY.replace("in params.tiers", "in params.teirs");
    let (code, out, err) = folder(&sound(), &[("policies/tiers.yaml", &broken)]).run(&["test"]);
    assert_eq!((code, &*out), (2, ""));
    assert!(err.contains("policies/tiers.yaml:24:"), "{err}");
    let again = [("policies/more.yaml", POLICY)];
    let (code, _, err) = folder(&sound(), &again).run(&["test"]);
    assert!(err.contains("there is another policy `tiers`"), "{err}");
    assert_eq!(code, 2);
}
