//! Several folders of fixtures, and files that nobody reads.

use super::{Fixtures, POLICY, folder, object, sound};

/// A policy whose cases show all of it only together.
const TEAM: &str = "\
apiVersion: kpolicy.io/v1alpha1
kind: Policy
metadata: {name: team}
spec:
  title: Workloads say who owns them
  category: api
  severity: low
  matchConstraints: {podTemplates: true}
  validations:
    - name: owned
      expression: \"'team' in pod.metadata.labels || 'owner' in pod.metadata.labels\"
      message: set the label `team`
";

#[test]
fn fixtures_of_one_policy_in_several_folders_show_together_what_they_show() {
    let pod = |labels: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: a, labels: {{{labels}}}}}, spec: {{containers: []}}}}"
        )
    };
    let (team, owner, other) = (pod("team: a"), pod("owner: a"), pod("other: a"));
    let files = [
        ("policies/team.yaml", TEAM),
        ("policies/tests/team/pass/team.yaml", &*team),
        ("policies/tests/team/fail/other.yaml", &other),
        ("more/tests/team/pass/owner.yaml", &owner),
        ("more/tests/team/fail/other.yaml", &other),
    ];
    let folder = crate::cli_check::Folder::new(&files);
    let (code, out, err) = folder.run(&["test", "--coverage", "--mutants"]);
    assert_eq!(
        (code, &*out, &*err),
        (
            0,
            "coverage: 100 % (6 of 6)\nmutants: 100 % noticed (9 of 9)\n4 cases of 1 policy: 4 passed\n",
            ""
        )
    );
    let (_, out, _) = folder.run(&["test", "--output-format", "junit"]);
    assert_eq!(out.matches("<testsuite ").count(), 1, "{out}");
    let (_, out, _) = folder.run(&["test", "--output-format", "json"]);
    let all: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        all["coverage"]["policies"].as_array().map(Vec::len),
        Some(1)
    );
}

#[test]
fn two_policies_of_one_name_are_an_error_that_shows_both() {
    let again = [("policies/more/tiers.yaml", POLICY)];
    let folder = folder(&sound(), &again);
    let arguments = ["test", ".", "--policy", "policies/more"];
    let (code, _, err) = folder.run(&arguments);
    assert!(err.contains("there is another policy `tiers`"), "{err}");
    for file in ["policies/tiers.yaml:3", "policies/more/tiers.yaml:3"] {
        assert!(err.contains(file), "{file}\n{err}");
    }
    assert!(err.contains("give one of them another name"), "{err}");
    assert_eq!(code, 2);
    let json = [&arguments[..], &["--output-format", "json"]].concat();
    let (_, out, _) = folder.run(&json);
    let all: serde_json::Value = serde_json::from_str(&out).unwrap();
    let problem = &all["problems"][0];
    let files = [&problem["file"], &problem["related"]["file"]];
    assert_eq!(files, ["policies/more/tiers.yaml", "policies/tiers.yaml"]);
}

#[test]
fn every_file_that_nobody_reads_is_named() {
    let docker = "FROM a.example/b@sha256:0123456789012345678901234567890123456789012345678901234567890123\n";
    let case = object("tier: front");
    for (name, text, expected, code) in [
        // Of a case that is an object, and of none.
        (
            "policies/tests/tiers/pass/front.more.Dockerfile",
            docker,
            "there is no case `front.Dockerfile` beside this file",
            1,
        ),
        (
            "policies/tests/tiers/pass/nobody.more.Dockerfile",
            docker,
            "there is no case `nobody.Dockerfile` beside this file",
            1,
        ),
        // Beside the folders of policies: that may be somebody else's.
        (
            "policies/tests/front.yaml",
            &case,
            "`front.yaml` is no part of the fixtures, and nothing reads it",
            0,
        ),
    ] {
        let (exit, out, err) = folder(&sound(), &[(name, text)]).run(&["test"]);
        assert!(out.contains(expected), "{name}\n{out}{err}");
        assert!(out.contains(name), "{name}\n{out}{err}");
        assert_eq!(exit, code, "{name}\n{out}{err}");
    }
}

#[test]
fn what_is_read_from_the_folder_of_tests_is_not_told() {
    let config = "apiVersion: kpolicy.io/v1alpha1\nkind: Config\nprofiles: []\n";
    let more = [("policies/tests/config.yaml", config)];
    let folder = folder(&sound(), &more);
    let (code, out, _) = folder.run(&["test", "--config", "policies/tests/config.yaml"]);
    assert_eq!((code, &*out), (0, "3 cases of 1 policy: 3 passed\n"));
}

#[test]
fn a_further_dockerfile_that_cannot_be_read_is_said() {
    let docker = "tests/dockerfile/fail/a.Dockerfile";
    let folder = Fixtures::new(&[(docker, "FROM nginx\n")]);
    let (code, out, _) = folder.run(&["test"]);
    assert_eq!(code, 0, "{out}");
    let further = folder
        .path()
        .join("tests/dockerfile/fail/a.more.Dockerfile");
    std::fs::write(further, [0x80]).unwrap();
    let (code, out, _) = folder.run(&["test"]);
    for expected in [
        "the file cannot be read: the file is not UTF-8",
        "tests/dockerfile/fail/a.more.Dockerfile",
    ] {
        assert!(out.contains(expected), "{out}");
    }
    assert_eq!(code, 2);
}

#[test]
fn a_dockerfile_is_neither_requested_nor_in_a_cluster() {
    for (file, text, expected) in [
        (
            "request",
            "operation: UPDATE\n",
            "a repository is neither requested nor changed",
        ),
        (
            "context",
            "oldObject: {apiVersion: v1, kind: Pod}\n",
            "a repository has no `oldObject`",
        ),
        (
            "context",
            "namespace: {name: a}\n",
            "a repository has no `namespace`",
        ),
        (
            "context",
            "resources: []\n",
            "a repository has no `resources`",
        ),
    ] {
        let beside = format!("tests/dockerfile/fail/a.{file}.yaml");
        let files = [
            ("tests/dockerfile/fail/a.Dockerfile", "FROM nginx\n"),
            (&*beside, text),
        ];
        let (code, out, _) = Fixtures::new(&files).run(&["test"]);
        assert!(out.contains(expected), "{text}\n{out}");
        assert!(out.contains(&format!("a.{file}.yaml:1:1")), "{out}");
        assert!(!out.contains("UPDATE only"), "{out}");
        assert_eq!(code, 1);
    }
}

#[test]
fn where_fixtures_lie_elsewhere_in_the_repository_is_said() {
    let files: Vec<(String, String)> = sound()
        .into_iter()
        .map(|(name, text)| (name.replace("policies/tests", "testdata/policies"), text))
        .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (&**name, &**text))
        .collect();
    let folder = Fixtures::new(&files);
    let (code, out, err) = folder.run(&["test", "policies"]);
    assert!(
        err.contains("run `kpolicy test policies testdata/policies`"),
        "{err}"
    );
    assert_eq!((code, &*out), (2, ""));
    let (code, out, _) = folder.run(&["test", "policies", "testdata/policies"]);
    assert_eq!((code, &*out), (0, "3 cases of 1 policy: 3 passed\n"));
}

#[test]
fn exceptions_have_no_say() {
    let broken = "apiVersion: kpolicy.io/v1alpha1\nkind: PolicyException\nmetadata: {name: a}\nspec: {bad: 1}\n";
    let ends = "\
apiVersion: kpolicy.io/v1alpha1
kind: PolicyException
metadata: {name: a, namespace: exceptions}
spec: {policies: [tiers], match: {namespaces: [a], names: [b]}, reason: it is, owner: me, expires: 2026-11-21}
";
    let config =
        "apiVersion: kpolicy.io/v1alpha1\nkind: Config\nexceptions: {paths: [exceptions]}\n";
    let expected = "3 cases of 1 policy: 3 passed\n";
    for exception in [broken, ends] {
        let beside = [("policies/exception.yaml", exception)];
        let (code, out, err) = folder(&sound(), &beside).run(&["test"]);
        assert_eq!((code, &*out, &*err), (0, expected, ""));
        let named = [("exceptions/a.yaml", exception), (".kpolicy.yaml", config)];
        let (code, out, err) = folder(&sound(), &named).run(&["test"]);
        assert_eq!((code, &*out, &*err), (0, expected, ""));
    }
    // What is wrong with the file itself is said and stops nobody.
    let named = [("exceptions/a.yaml", "a: [\n"), (".kpolicy.yaml", config)];
    let (code, out, err) = folder(&sound(), &named).run(&["test"]);
    assert!(err.contains("warning: the `[` is not closed"), "{err}");
    assert_eq!((code, &*out), (0, expected));
}
