//! `kpolicy test`: what it says of coverage and of mutants, in each format, and how it exits.

use crate::cli_check::Folder;

const POLICY: &str = "\
apiVersion: kpolicy.io/v1alpha1
kind: Policy
metadata:
  name: team
spec:
  title: Workloads say who owns them
  category: api
  severity: low
  matchConstraints:
    podTemplates: true
  variables:
    - name: labels
      expression: pod.?metadata.?labels.orValue({})
  validations:
    - name: owned
      expression: |-
        'team' in variables.labels
        || 'owner' in variables.labels
      message: set the label `team`
";

const NONE: (&str, &str) = ("fail", "");
const OTHER: (&str, &str) = ("fail", "  labels: {other: a}\n");
const TEAM: (&str, &str) = ("pass", "  labels: {team: a}\n");
const OWNER: (&str, &str) = ("pass", "  labels: {owner: a}\n");

/// A folder with the policy and these cases: kind and labels.
fn folder(cases: &[(&str, &str)]) -> Folder {
    let mut files = vec![("policies/team.yaml".to_owned(), POLICY.to_owned())];
    for (number, (kind, labels)) in cases.iter().enumerate() {
        files.push((
            format!("policies/tests/team/{kind}/case-{number}.yaml"),
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n{labels}spec:\n  containers:\n    - {{name: a, image: b}}\n"
            ),
        ));
    }
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    Folder::new(&files)
}

#[test]
fn what_no_case_shows_is_counted_always_and_listed_when_asked() {
    let some = folder(&[TEAM, OTHER]);
    let (code, out, err) = some.run(&["test", "policies"]);
    assert_eq!((code, &*err), (0, ""));
    assert_eq!(
        out,
        "coverage: 77.77 % (7 of 9)\n2 cases of 1 policy: 2 passed\n"
    );
    let (code, out, _) = some.run(&["test", "policies", "--coverage"]);
    assert_eq!(code, 0);
    assert_eq!(
        out,
        "policies/team.yaml:13:19: `pod.?metadata.?labels` always had a value\n\
         policies/team.yaml:18:12: `'owner' in variables.labels` was never true\n\
         coverage: 77.77 % (7 of 9)\n\
         2 cases of 1 policy: 2 passed\n"
    );
    let all = folder(&[TEAM, OWNER, OTHER, NONE]);
    let (_, out, _) = all.run(&["test", "policies", "--coverage"]);
    assert_eq!(
        out,
        "coverage: 100 % (9 of 9)\n4 cases of 1 policy: 4 passed\n"
    );
}

#[test]
fn an_expression_that_no_case_reaches_is_said_once() {
    let (_, out, _) = folder(&[TEAM]).run(&["test", "policies", "--coverage"]);
    assert!(
        out.contains(
            "policies/team.yaml:18:12: `'owner' in variables.labels` was never evaluated\n"
        ),
        "{out}"
    );
    assert!(
        out.contains("policies/team.yaml:17:9: the validation `owned` was never false\n"),
        "{out}"
    );
}

#[test]
fn a_change_that_no_case_notices_is_listed_at_its_place() {
    let (code, out, _) = folder(&[TEAM, OTHER]).run(&["test", "policies", "--mutants"]);
    assert_eq!(code, 0);
    let place = "policies/team.yaml:18";
    let lines: Vec<&str> = out.lines().filter(|line| line.starts_with(place)).collect();
    assert_eq!(
        lines,
        [
            "policies/team.yaml:18:12: no case notices that in the validation `owned` `'owner'` became `'ownerx'`",
            "policies/team.yaml:18:12: no case notices that in the validation `owned` `'owner' in variables.labels` was dropped",
        ]
    );
    assert!(out.contains("mutants: 77.77 % noticed (7 of 9)\n"), "{out}");
    let (_, out, _) = folder(&[TEAM, OWNER, OTHER, NONE]).run(&["test", "policies", "--mutants"]);
    assert!(out.contains("mutants: 100 % noticed (9 of 9)\n"), "{out}");
}

#[test]
fn a_share_that_is_not_reached_fails() {
    let folder = folder(&[TEAM, OTHER]);
    for (option, share, code, says) in [
        ("--min-coverage", "77.77", 0, ""),
        (
            "--min-coverage",
            "77.78",
            1,
            "error: the coverage is 77.77 %, and at least 77.78 % is asked for\n",
        ),
        ("--min-mutants", "77", 0, "mutants: 77.77 % noticed"),
        (
            "--min-mutants",
            "100",
            1,
            "error: the share of mutants that a case notices is 77.77 %, and at least 100 % is asked for\n",
        ),
        ("--min-mutants", "101", 2, ""),
    ] {
        let (exit, out, err) = folder.run(&["test", "policies", option, share]);
        assert_eq!(exit, code, "{option} {share}: {out}{err}");
        assert!(out.contains(says), "{option} {share}: {out}");
    }
}

#[test]
fn programs_read_it_as_json() {
    let folder = folder(&[TEAM, OTHER]);
    let run = |arguments: &[&str]| {
        let (_, out, _) =
            folder.run(&[&["test", "policies", "--output-format", "json"], arguments].concat());
        serde_json::from_str::<serde_json::Value>(&out).unwrap()
    };
    let plain = run(&[]);
    assert_eq!(plain["coverage"]["shown"], 7);
    assert_eq!(plain["mutants"], serde_json::Value::Null);
    let gap = &plain["coverage"]["policies"][0]["gaps"][1];
    assert_eq!(gap["what"], "`'owner' in variables.labels` was never true");
    assert_eq!(
        (&gap["file"], &gap["line"]),
        (&"policies/team.yaml".into(), &18.into())
    );
    let mutants = run(&["--mutants"])["mutants"].take();
    assert_eq!(
        (&mutants["noticed"], &mutants["made"]),
        (&7.into(), &9.into())
    );
    let survivor = &mutants["policies"][0]["survivors"][0];
    assert_eq!(survivor["change"], "`'owner'` became `'ownerx'`");
    assert_eq!(survivor["expression"], "the validation `owned`");
    assert_eq!(survivor["column"], 12);
}

#[test]
fn ci_reads_it_as_junit_where_it_was_asked_for() {
    let folder = folder(&[TEAM, OTHER]);
    let run = |arguments: &[&str]| {
        folder
            .run(&[&["test", "policies", "--output-format", "junit"], arguments].concat())
            .1
    };
    assert!(!run(&[]).contains("coverage"));
    let listed = run(&["--coverage"]);
    assert!(
        listed.contains("<testsuite name=\"coverage\" tests=\"1\" failures=\"0\" errors=\"0\">"),
        "{listed}"
    );
    assert!(
        listed.contains("policies/team.yaml:18:12: `'owner' in variables.labels` was never true\n"),
        "{listed}"
    );
    let failed = run(&["--min-mutants", "90"]);
    assert!(
        failed.contains("tests=\"3\" failures=\"1\" errors=\"0\">"),
        "{failed}"
    );
    assert!(
        failed.contains("<failure type=\"mutants\" message=\"the share of mutants"),
        "{failed}"
    );
}

#[test]
fn an_error_of_an_expression_is_no_failure_that_a_case_shows() {
    let policy = POLICY.replace("'team' in variables.labels", "variables.labels.team == 'a'");
    let policy = policy.replace("|| 'owner' in variables.labels", "");
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - {name: a, image: b}\n";
    let expected = r#"{"findings": [{"validation": "team/owned", "message": "the expression could not be evaluated: no such key: `team`", "fieldPath": ""}]}"#;
    let files = [
        ("policies/team.yaml", policy.as_str()),
        ("policies/tests/team/fail/a.yaml", pod),
    ];
    let (code, out, _) = Folder::new(&files).run(&["test", "policies"]);
    assert_eq!(code, 1, "{out}");
    assert!(
        out.contains("the case should fail by a verdict, and an error is none"),
        "{out}"
    );
    // Where it is what the case is about, it is written down.
    let (_, out, _) = Folder::new(
        &[
            &files[..],
            &[("policies/tests/team/fail/a.expected.json", expected)],
        ]
        .concat(),
    )
    .run(&["test", "policies"]);
    assert!(!out.contains("by a verdict"), "{out}");
}

#[test]
fn native_policies_are_exercised_as_ours_are() {
    let policy = "\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: few}
spec:
  matchConstraints:
    resourceRules:
      - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}
  matchConditions:
    - {name: large, expression: object.metadata.name != 'small'}
  variables:
    - {name: replicas, expression: object.spec.replicas}
  validations:
    - {expression: variables.replicas <= 5, message: have at most 5}
";
    let deployment = |name: &str, replicas: u32| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  replicas: {replicas}\n  \
             selector: {{matchLabels: {{app: a}}}}\n  template: {{metadata: {{labels: {{app: a}}}}, spec: {{containers: [{{name: a, image: b}}]}}}}\n"
        )
    };
    let (five, six, small) = (
        deployment("a", 5),
        deployment("a", 6),
        deployment("small", 6),
    );
    let mut files = vec![
        ("p/few.yaml", policy),
        ("p/tests/few/pass/five.yaml", five.as_str()),
        ("p/tests/few/fail/six.yaml", six.as_str()),
    ];
    let (_, out, _) = Folder::new(&files).run(&["test", "p", "--coverage", "--mutants"]);
    assert!(
        out.contains("p/few.yaml:9:33: the match condition `large` was never false\n"),
        "{out}"
    );
    assert!(
        out.contains("p/few.yaml:9:33: no case notices that in the match condition `large` the whole expression became `true`\n"),
        "{out}"
    );
    files.push(("p/tests/few/pass/small.yaml", small.as_str()));
    let (_, out, _) =
        Folder::new(&files).run(&["test", "p", "--min-coverage", "100", "--min-mutants", "100"]);
    assert!(out.contains("mutants: 100 % noticed"), "{out}");
    assert!(!out.contains("error"), "{out}");
}
