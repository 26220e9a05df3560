//! Fixtures are read by `kpolicy test` alone: nothing else takes them for policies, exceptions or objects of a cluster.

use super::cli_check::Folder;

const CONFIG: &str = "apiVersion: kpolicy.io/v1alpha1\nkind: Config\nprofiles: [recommended]\n\
                      policyPaths: [policies/]\nexceptions: {paths: [policies/]}\n";

const POLICY: &str = "\
apiVersion: kpolicy.io/v1alpha1
kind: Policy
metadata: {name: tickets}
spec:
  title: Exceptions have a ticket
  category: gitops
  severity: low
  description: Who asks later finds the reason.
  remediation: Name a ticket.
  matchConstraints:
    resourceRules:
      - {apiGroups: [kpolicy.io], apiVersions: ['*'], operations: [CREATE], resources: [policyexceptions]}
  validations:
    - {name: ticket, expression: has(object.spec.ticket), message: name a ticket}
";

const EXCEPTION: &str = "\
apiVersion: kpolicy.io/v1alpha1
kind: PolicyException
metadata: {name: web, namespace: shop}
spec:
  policies: [immutable-tags]
  match: {namespaces: [shop], names: [web]}
  reason: because
  owner: me
  expires: '2027-01-31'
";

const NATIVE: &str = "\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: nothing}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  validations: [{expression: 'false', message: nothing goes}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: nothing}
spec: {policyName: nothing, validationActions: [Deny]}
";

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\n\
                   spec: {containers: [{name: web, image: 'docker.io/library/web:latest'}]}\n";

/// A repository with a policy, its fixtures, and a pod that `immutable-tags` denies.
fn repository(more: &[(&str, &str)]) -> Folder {
    let files = [
        (".kpolicy.yaml", CONFIG),
        ("policies/tickets.yaml", POLICY),
        ("policies/tests/tickets/fail/none.yaml", EXCEPTION),
        ("policies/tests/tickets/fail/native.yaml", NATIVE),
        ("policies/tests/tickets/fail/policy.yaml", POLICY),
        ("policies/tests/tickets/fail/broken.yaml", "a: [\n"),
        ("apps/web.yaml", POD),
    ];
    Folder::new(&[&files, more].concat())
}

#[test]
fn fixtures_below_the_paths_of_config_lift_bind_and_break_nothing() {
    let folder = repository(&[]);
    let (code, out, err) = folder.run(&["lint", "apps"]);
    assert_eq!((code, &*err), (1, ""), "{out}");
    assert!(out.contains("error[immutable-tags/moving-tag]"), "{out}");
    assert!(!out.contains("nothing goes"), "{out}");
    assert!(!out.contains("lifted"), "{out}");
    for arguments in [&["check"] as &[_], &["check", "policies"]] {
        let (code, out, err) = folder.run(arguments);
        assert_eq!((code, &*err), (0, ""), "{out}");
        let told = "left out 4 files of fixtures: `kpolicy test` reads them\n";
        assert!(out.contains(told), "{out}");
    }
    let folder = repository(&[(
        ".kpolicy.yaml",
        "apiVersion: kpolicy.io/v1alpha1\nkind: Config\n",
    )]);
    let (code, out, err) = folder.run(&["lint", "apps", "--policy", "policies"]);
    assert_eq!((code, &*err), (1, ""), "{out}");
}

#[test]
fn what_is_named_itself_or_belongs_to_no_policy_is_read() {
    let folder = repository(&[]);
    let exception = "policies/tests/tickets/fail/native.yaml";
    let (_, out, err) = folder.run(&["lint", "apps", "--policy", exception]);
    assert!(out.contains("nothing goes"), "{out}{err}");
    let folder = repository(&[("policies/tests/unknown/fail/a.yaml", NATIVE)]);
    let (_, out, err) = folder.run(&["lint", "apps"]);
    assert!(out.contains("nothing goes"), "{out}{err}");
    let broken = "apiVersion: kpolicy.io/v1alpha1\nkind: Policy\nmetadata: {name: tickets}\n";
    let folder = repository(&[("policies/tickets.yaml", broken)]);
    let (code, out, _) = folder.run(&["check"]);
    assert_eq!(code, 1, "{out}");
    assert!(!out.contains("tests/tickets"), "{out}");
}

#[test]
fn lint_leaves_fixtures_of_known_policies_out_and_tells_how_many() {
    let dockerfile = "FROM docker.io/library/debian:12.1\nUSER root\n";
    let folder = repository(&[
        ("policies/tests/dockerfile/fail/root.Dockerfile", dockerfile),
        (
            "policies/tests/dockerfile/fail/root.context.yaml",
            "params: {}\n",
        ),
    ]);
    let (_, out, err) = folder.run(&["lint"]);
    assert_eq!(err, "");
    let told =
        "left out 6 files with fixtures of `dockerfile`, `tickets`, which `kpolicy test` reads\n";
    assert!(out.contains(told), "{out}");
    assert!(out.contains("judged 2 files and 2 objects"), "{out}");
    let (_, out, _) = folder.run(&["lint", "apps"]);
    assert!(!out.contains("left out"), "{out}");
    let (code, _, err) = folder.run(&["lint", "policies/tests"]);
    assert_eq!(code, 2);
    let told =
        "nothing was judged: beside fixtures of policies, the paths hold no Kubernetes object";
    assert!(err.contains(told), "{err}");
}

#[test]
fn lint_judges_what_only_looks_like_a_fixture() {
    let kustomization = "resources: [web.yaml]\n";
    let cases: [(&[(&str, &str)], &str); 6] = [
        (&[("tests/unknown/pass/web.yaml", POD)], "."),
        (&[("tests/immutable-tags/live/web.yaml", POD)], "."),
        (&[("tests/immutable-tags/pass/deep/web.yaml", POD)], "."),
        (
            &[
                ("tests/immutable-tags/pass/web.yaml", POD),
                (
                    "tests/immutable-tags/pass/kustomization.yaml",
                    kustomization,
                ),
            ],
            ".",
        ),
        (
            &[("tests/immutable-tags/pass/web.yaml", POD)],
            "tests/immutable-tags/pass/web.yaml",
        ),
        (
            &[("tests/immutable-tags/pass/web.yaml", POD)],
            "tests/immutable-tags",
        ),
    ];
    for (files, path) in cases {
        let (code, out, err) = Folder::new(files).run(&["lint", "--render", "never", path]);
        assert_eq!(code, 1, "{files:?}: {out}{err}");
        assert!(out.contains("immutable-tags/moving-tag"), "{out}");
        assert!(!out.contains("left out"), "{out}");
    }
    let built = [
        ("tests/immutable-tags/pass/web.yaml", POD),
        (
            "kustomization.yaml",
            "resources: [tests/immutable-tags/pass/web.yaml]\n",
        ),
    ];
    let (code, out, _) = Folder::new(&built).run(&["lint", "--render", "never"]);
    assert_eq!(code, 1, "{out}");
}

#[test]
fn a_case_that_nothing_reads_is_told_also_where_config_names_the_folder() {
    let folder = Folder::new(&[
        (
            ".kpolicy.yaml",
            "apiVersion: kpolicy.io/v1alpha1\nkind: Config\npolicyPaths: [policies/]\n",
        ),
        ("policies/tickets.yaml", POLICY),
        ("policies/tests/stray.yaml", POD),
        (
            "policies/tests/tickets/pass/other.yaml",
            &EXCEPTION.replace("  owner", "  ticket: '1'\n  owner"),
        ),
    ]);
    let (_, out, err) = folder.run(&["test", "policies"]);
    let told = "`stray.yaml` is no part of the fixtures, and nothing reads it";
    assert!(format!("{out}{err}").contains(told), "{out}{err}");
}

#[test]
fn a_file_called_as_a_folder_of_cases_is_told_to_be_no_folder() {
    let folder = repository(&[("policies/tests/tickets/pass", "")]);
    let (_, out, err) = folder.run(&["test", "policies"]);
    let told = format!("{out}{err}");
    assert!(
        told.contains("it must be a folder, with the cases in it"),
        "{told}"
    );
    assert!(!told.contains("did you mean `pass`"), "{told}");
}
