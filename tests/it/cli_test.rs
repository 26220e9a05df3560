//! `kpolicy test`, as people run it.

mod folders;
mod native;
mod output;
mod requests;
mod wrong;

use std::path::Path;
use std::process::Command;

use crate::cli_check::Folder;

/// A policy that finds, sets and reads a little of everything.
pub(crate) const POLICY: &str = "\
apiVersion: kpolicy.io/v1alpha1
kind: Policy
metadata: {name: tiers}
spec:
  title: Workloads say which tier they are in
  category: scheduling
  severity: low
  description: Nobody knows what matters otherwise.
  remediation: Say it.
  references: [https://example.com/tiers]
  matchConstraints:
    resourceRules:
      - {apiGroups: [\"\"], apiVersions: [v1], resources: [pods, configmaps, secrets], operations: [CREATE, UPDATE, DELETE]}
  parameters:
    type: object
    required: [tiers]
    properties:
      tiers: {type: array, items: {type: string}, description: The tiers.}
  variables:
    - name: labels
      expression: \"(request.operation == 'DELETE' ? oldObject : object).metadata.?labels.orValue({})\"
  validations:
    - name: tier
      expression: \"has(variables.labels.tier) && variables.labels.tier in params.tiers\"
      message: say which tier this is in
    - name: asker
      expression: \"!has(variables.labels.special) || request.userInfo.username == 'admin'\"
      message: only an administrator may ask for this
  mutations:
    - name: first-tier
      safety: safe
      patchType: JSONPatch
      jsonPatch:
        expression: >-
          has(object.metadata.labels) && !has(object.metadata.labels.tier)
          ? [JSONPatch{op: 'add', path: '/metadata/labels/tier', value: params.tiers[0]}] : []
";

/// What names the tiers.
pub(crate) const CONTEXT: &str = "params: {tiers: [front, back]}\n";

/// A `ConfigMap` with these labels.
pub(crate) fn object(labels: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels: {{{labels}}}\n")
}

/// The policy, and fixtures that all hold.
pub(crate) fn sound() -> Vec<(&'static str, String)> {
    let case = |name: &'static str, labels: &str| (name, object(labels));
    let context = |name: &'static str| (name, CONTEXT.to_owned());
    vec![
        ("policies/tiers.yaml", POLICY.to_owned()),
        case("policies/tests/tiers/pass/front.yaml", "tier: front"),
        context("policies/tests/tiers/pass/front.context.yaml"),
        case("policies/tests/tiers/fail/other.yaml", "tier: middle"),
        context("policies/tests/tiers/fail/other.context.yaml"),
        (
            "policies/tests/tiers/fail/other.expected.json",
            r#"{"findings": [{"validation": "tiers/tier", "fieldPath": "metadata.labels.tier",
                "message": "`metadata.labels.tier` is `middle`: say which tier this is in"}]}"#
                .to_owned(),
        ),
        case("policies/tests/tiers/fix/none.yaml", "app: a"),
        context("policies/tests/tiers/fix/none.context.yaml"),
        case(
            "policies/tests/tiers/fix/none.fixed.yaml",
            "tier: front, app: a",
        ),
    ]
}

/// A folder in which `kpolicy test` runs.
pub(crate) struct Fixtures(Folder);

impl Fixtures {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        Self(Folder::new(files))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// The exit code, standard output and standard error; how much the cases show of the expressions is asked elsewhere.
    pub(crate) fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let (code, out, err) = self.0.run(arguments);
        let lines = out.split_inclusive('\n');
        let out = lines.filter(|line| !line.starts_with("coverage: "));
        (code, out.collect(), err)
    }
}

/// A folder with these files; of two with one name the later counts.
pub(crate) fn folder(files: &[(&'static str, String)], more: &[(&str, &str)]) -> Fixtures {
    let files = files.iter().map(|(name, text)| (*name, text.as_str()));
    let files: Vec<(&str, &str)> = files.chain(more.iter().copied()).collect();
    Fixtures::new(&files)
}

#[test]
fn our_own_policies_hold_against_their_fixtures() {
    let output = Command::new(env!("CARGO_BIN_EXE_kpolicy"))
        .args(["test", "policies", "testdata/policies"])
        .env_clear()
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(!text.contains("without a case"), "{text}");
    assert!(!text.contains("built in"), "{text}");
}

#[test]
fn the_options_are_as_expected() {
    let (code, out, err) = folder(&[], &[]).run(&["test", "--help"]);
    if std::env::var_os("UPDATE").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/cli_test/help.txt");
        std::fs::write(path, &out).unwrap();
        return;
    }
    assert_eq!(out, include_str!("cli_test/help.txt"));
    assert_eq!((code, &*err), (0, ""));
}

#[test]
fn what_the_environment_says_to_lint_does_not_reach_it() {
    let folder = folder(&sound(), &[]);
    let run = |name: &str, value: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kpolicy"));
        command.arg("test").env_clear().env(name, value);
        command.current_dir(folder.path()).output().unwrap()
    };
    for (name, value) in [
        ("KPOLICY_OUTPUT_FORMAT", "github"),
        ("KPOLICY_SELECT", "acr-only/registry"),
    ] {
        assert_eq!(run(name, value).status.code(), Some(0), "{name}");
    }
    let out = run("KPOLICY_TEST_OUTPUT_FORMAT", "junit").stdout;
    assert!(out.starts_with(b"<?xml"));
}

#[test]
fn fixtures_lie_beside_their_policy_or_anywhere_with_it() {
    let beside = folder(&sound(), &[]);
    let moved = |(name, text): (&'static str, String)| match name {
        "policies/tiers.yaml" => ("a/deep/tiers.yaml", text),
        _ => (name, text),
    };
    let apart: Vec<_> = sound().into_iter().map(moved).collect();
    // Neither a policy of that name nor fixtures of one.
    let unrelated = [
        ("unrelated/tiers.yaml", "a: {{ broken }}"),
        ("unrelated/compiler/pass/inline.go", "package pass"),
    ];
    let apart = folder(&apart, &unrelated);
    for (folder, paths) in [
        (&beside, &[][..]),
        (&beside, &["policies"]),
        (&beside, &["policies/tests"]),
        (&beside, &["policies/tests/tiers"]),
        (&beside, &["policies/tiers.yaml"]),
        (&beside, &["policies", "policies/tests/tiers/fail"]),
        (&apart, &[]),
        (&apart, &["a", "policies"]),
        (
            &apart,
            &["policies/tests/tiers", "--policy", "a/deep/tiers.yaml"],
        ),
    ] {
        let said = folder.run(&[&["test"], paths].concat());
        let expected = "3 cases of 1 policy: 3 passed\n".to_owned();
        assert_eq!(said, (0, expected, String::new()), "{paths:?}");
    }
}

#[test]
fn a_part_can_be_asked_for() {
    let folder = folder(&sound(), &[]);
    let fail = "policies/tests/tiers/fail";
    let context = "policies/tests/tiers/fail/other.context.yaml";
    for (arguments, expected) in [
        (&[fail][..], 1),
        (&["policies/tests/tiers/fix/none.yaml"], 1),
        (&[context], 1),
        (&[fail, "policies/tests/tiers/pass"], 2),
        (&["--select", "tiers"], 3),
        (&["--case", "fail/,front"], 2),
        (&["--select", "tiers", "--case", "tiers/fix/none"], 1),
    ] {
        let (code, out, err) = folder.run(&[&["test"], arguments].concat());
        let word = if expected == 1 { "case" } else { "cases" };
        let all = format!("{expected} {word} of 1 policy: {expected} passed\n");
        assert_eq!((code, out, &*err), (0, all, ""), "{arguments:?}");
    }
}

#[test]
fn what_a_part_of_the_cases_shows_is_told_only_if_asked_for() {
    let folder = folder(&sound(), &[]);
    for (arguments, told) in [
        (&[][..], true),
        (&["--select", "tiers"], true),
        (&["policies/tiers.yaml"], true),
        (&["policies/tests/tiers/fail"], false),
        (&["policies/tests/tiers/fail", "policies"], true),
        (&["policies/tests/tiers/fix/none.yaml"], false),
        (&["--case", "fail/"], false),
        (&["--case", "fail/", "--coverage"], true),
    ] {
        let (_, out, _) = folder.0.run(&[&["test"], arguments].concat());
        assert_eq!(out.contains("coverage: "), told, "{arguments:?}: {out}");
    }
}

#[test]
fn without_a_case_nothing_is_proven() {
    let files = sound();
    for (files, arguments, expected) in [
        (&[][..], &[][..], "there are no fixtures here"),
        (&files[..1], &[], "`tests/<policy>/fail/<case>.yaml`"),
        (
            &files[..1],
            &["policies/tiers.yaml"],
            "there are no fixtures here",
        ),
        (
            &files,
            &["--select", "require-limits"],
            "`require-limits` has no fixtures here\n  write an object that it must refuse into \
             `policies/tests/require-limits/fail/<case>.yaml`",
        ),
        (
            &files,
            &["--case", "nowhere"],
            "`--select` and `--case` fit none",
        ),
        (&files, &["--select", "teirs"], "did you mean `tiers`?"),
        (&files, &["nowhere"], "cannot read `nowhere`"),
        (
            &files[..2],
            &["--output-file", "no/where.json"],
            "cannot write `no/where.json`",
        ),
    ] {
        let (code, out, err) = folder(files, &[]).run(&[&["test"], arguments].concat());
        assert_eq!((code, &*out), (2, ""), "{arguments:?}");
        assert!(err.contains(expected), "{err}");
    }
}

#[test]
fn what_is_not_tested_and_what_is_not_from_a_file_is_listed() {
    let other = POLICY.replace("tiers}\n", "levels}\n");
    let built_in = "policies/tests/require-limits/pass/a.yaml";
    let more = [
        ("policies/levels.yaml", &*other),
        (built_in, &object("a: b")),
    ];
    let folder = folder(&sound(), &more);
    let (code, out, _) = folder.run(&["test"]);
    let expected = "without a case: levels\nbuilt in, not from a file: require-limits\n\
                    4 cases of 2 policies: 4 passed\n";
    assert_eq!((code, &*out), (0, expected));
    let (_, out, _) = folder.run(&["test", "--select", "tiers"]);
    assert_eq!(out, "3 cases of 1 policy: 3 passed\n");
}

#[test]
fn parameters_of_config_hold_as_far_as_a_case_sets_none() {
    let config = |tiers: &str| {
        format!(
            "apiVersion: kpolicy.io/v1alpha1\nkind: Config\nprofiles: []\n\
             policies: {{tiers: {{enforcement: disabled, params: {{tiers: [{tiers}]}}}}}}\n"
        )
    };
    let case = object("tier: middle");
    let without_context = ("policies/tests/tiers/pass/middle.yaml", &*case);
    let bare = folder(&sound(), &[without_context]);
    let (code, out, _) = bare.run(&["test"]);
    assert!(out.contains("set the parameter `tiers` in Config"), "{out}");
    assert_eq!(code, 1);
    let middle = config("middle");
    let with = folder(&sound(), &[without_context, (".kpolicy.yaml", &middle)]);
    let (code, out, _) = with.run(&["test"]);
    assert_eq!((code, &*out), (0, "4 cases of 1 policy: 4 passed\n"));
    let last = config("last");
    let other = folder(
        &sound(),
        &[
            without_context,
            (".kpolicy.yaml", &last),
            ("middle.yaml", &middle),
        ],
    );
    let (code, _, _) = other.run(&["test"]);
    assert_eq!(code, 1, "the Config that is found is another");
    let (code, _, _) = other.run(&["test", "--config", "middle.yaml"]);
    assert_eq!(code, 0);
}
