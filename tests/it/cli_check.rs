//! `kpolicy check`, as people run it.

use std::fs;
use std::path::Path;
use std::process::Command;

pub(super) const POLICY: &str = "\
apiVersion: kpolicy.io/v1alpha1
kind: Policy
metadata: {name: sample}
spec:
  title: Images are small
  category: images
  severity: low
  description: >-
    Big images take long to start.
  remediation: Make it small.
  references: [https://example.com/small]
  matchConstraints: {podTemplates: true}
  parameters:
    type: object
    required: [most]
    properties:
      most: {type: integer, description: The most megabytes.}
      names: {type: array, items: {type: string}, default: [a, b]}
  validations:
    - name: size
      expression: |-
        containers.all(c,
          c.image != '' && params.most > 0)
      message: use a small image
";

const CONFIG: &str = "\
apiVersion: kpolicy.io/v1alpha1
kind: Config
policyPaths: [policies]
policies:
  sample: {enforcement: warn, params: {most: 3}}
clusters:
  - {name: app1}
  - {name: mgmt, policies: {sample: {enforcement: audit}}}
exceptions: {paths: [exceptions], allowedNamespaces: [exceptions]}
";

const EXCEPTION: &str = "\
apiVersion: kpolicy.io/v1alpha1
kind: PolicyException
metadata: {name: big, namespace: exceptions}
spec:
  policies: [sample]
  match: {namespaces: [big], names: [big]}
  reason: it is big
  owner: team-big
  expires: 2027-01-31
";

/// A directory with these files, and what `kpolicy` says there.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        fs::create_dir(folder.0.path().join(".git")).unwrap();
        for (name, text) in files {
            let path = folder.0.path().join(name);
            fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// The exit code, standard output and standard error.
    pub(crate) fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_kpolicy"))
            .args(arguments)
            .env_clear()
            .env("KPOLICY_TODAY", "2026-11-21")
            .current_dir(self.0.path())
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (
            output.status.code().unwrap_or(-1),
            text(output.stdout),
            text(output.stderr),
        )
    }
}

pub(super) fn full() -> Folder {
    Folder::new(&[
        (".kpolicy.yaml", CONFIG),
        ("policies/sample.yaml", POLICY),
        ("exceptions/big.yaml", EXCEPTION),
    ])
}

#[test]
fn what_is_right_has_no_problems() {
    let (code, out, err) = full().run(&["check"]);
    assert_eq!(
        out,
        "checked 3 documents and the built-in policies: no problems\n"
    );
    assert_eq!((code, &*err), (0, ""));
    let (code, out, err) = Folder::new(&[]).run(&["check"]);
    assert_eq!((code, &*out), (2, ""));
    assert!(
        err.contains("nothing to check: there is no Config"),
        "{err}"
    );
}

#[test]
fn every_error_is_shown_at_its_line_and_counted() {
    let broken = POLICY
        .replace("c.image != ''", "c.image != 'x' && imgae")
        .replace("low", "lwo");
    let folder = Folder::new(&[(".kpolicy.yaml", CONFIG), ("policies/sample.yaml", &broken)]);
    fs::create_dir(folder.0.path().join("exceptions")).unwrap();
    let (code, out, _) = folder.run(&["check"]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("policies/sample.yaml:7:13"), "{out}");
    assert!(out.contains("policies/sample.yaml:23:29"), "{out}");
    assert!(
        out.ends_with("checked 2 documents and the built-in policies: 2 errors\n"),
        "{out}"
    );
}

#[test]
fn documents_are_held_against_each_other_in_every_cluster() {
    let config = CONFIG
        .replace(
            "{sample: {enforcement: audit}}",
            "{smaple: {enforcement: audit}}",
        )
        .replace("most: 3", "most: many");
    let exception = EXCEPTION.replace("[sample]", "[sample/weight]");
    let folder = Folder::new(&[
        (".kpolicy.yaml", &config),
        ("policies/sample.yaml", POLICY),
        ("exceptions/big.yaml", &exception),
    ]);
    let (code, out, _) = folder.run(&["check"]);
    assert_eq!(code, 1, "{out}");
    for place in [
        ".kpolicy.yaml:5:46",
        ".kpolicy.yaml:8:29",
        "exceptions/big.yaml:5:14",
    ] {
        assert!(out.contains(place), "{place} in {out}");
    }
    assert!(out.ends_with(": 3 errors\n"), "{out}");
}

#[test]
fn given_paths_are_all_that_is_read() {
    let folder = full();
    let (code, out, _) = folder.run(&["check", "policies"]);
    assert_eq!(
        out,
        "checked 1 document and the built-in policies: no problems\n"
    );
    assert_eq!(code, 0);
    fs::write(folder.0.path().join("readme.yaml"), "a: 1\n").unwrap();
    let (code, out, err) = folder.run(&["check", "readme.yaml"]);
    assert_eq!((code, &*out), (2, ""));
    assert_eq!(
        err,
        "error: nothing to check: the paths hold no document of `kpolicy.io` and no native policy\n"
    );
    let (code, _, err) = folder.run(&["check", "missing.yaml"]);
    assert_eq!(code, 2);
    assert!(err.contains("missing.yaml"), "{err}");
    let (code, out, _) = folder.run(&["check", "."]);
    assert_eq!(
        out,
        "checked 3 documents and the built-in policies: no problems\n"
    );
    assert_eq!(code, 0);
}

#[test]
fn an_exception_that_soon_ends_is_a_warning() {
    let folder = full();
    let text = EXCEPTION.replace("2027-01-31", "2026-11-30");
    fs::write(folder.0.path().join("exceptions/big.yaml"), text).unwrap();
    let (code, out, _) = folder.run(&["check"]);
    assert_eq!(code, 0, "{out}");
    assert!(
        out.starts_with("warning: exception `exceptions/big` ends in 9 days"),
        "{out}"
    );
    assert!(
        out.ends_with("checked 3 documents and the built-in policies: 1 warning\n"),
        "{out}"
    );
}

#[test]
fn native_policies_are_held_against_the_release_that_is_named() {
    let policy = "\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: versions}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}
  validations:
  - expression: isSemver(object.metadata.name) || object.spec.replicas > 1
";
    let folder = Folder::new(&[("versions.yaml", policy)]);
    let (code, out, _) = folder.run(&["check", "versions.yaml", "--kubernetes-version", "1.33"]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("isSemver") && out.contains("1.33"), "{out}");
    assert!(
        out.ends_with("built-in policies for Kubernetes 1.33: 1 error\n"),
        "{out}"
    );
    let (code, out, _) = folder.run(&["check", "versions.yaml", "--kubernetes-version", "1.34"]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains(" for Kubernetes 1.34: "), "{out}");
    let (code, _, err) = folder.run(&["check", "--kubernetes-version", "newest"]);
    assert_eq!(code, 2);
    assert!(
        err.contains("a Kubernetes release is written as `1.36`"),
        "{err}"
    );
}

#[test]
fn costs_are_listed_when_asked_and_one_that_is_always_too_high_is_a_warning() {
    let policy = POLICY.replace("c.image != '' && params.most > 0", "true")
        + "    - {name: dear, expression: 'lists.range(600000).all(x, [1, 2, 3].all(y, x >= y))'}\n"
        + "    - {name: cheap, expression: \"object.kind == 'Pod'\"}\n"
        + "    - {name: same, expression: object == oldObject}\n";
    let folder = Folder::new(&[("policies/sample.yaml", &policy)]);
    let (code, out, _) = folder.run(&["check", "policies", "--costs"]);
    let row = |name: &str| -> Vec<String> {
        let row = out.lines().find(|line| line.starts_with(name)).unwrap();
        row.split_whitespace().map(str::to_owned).collect()
    };
    assert_eq!(code, 0, "{out}");
    assert_eq!(row("cost of"), ["cost", "of", "at", "least", "at", "most"]);
    assert_eq!(row("sample/cheap"), ["sample/cheap", "2", "2"]);
    assert_eq!(row("sample/size")[2..], ["no", "bound"]);
    assert_eq!(row("sample/same")[2..], ["no", "bound"]);
    let least = &row("sample/dear")[1];
    assert!(least.parse::<u64>().unwrap() > 1_000_000, "{out}");
    let warning = format!("warning: `sample/dear` costs at least {least}, more than the 1000000");
    assert!(out.contains(&warning), "{out}");
    let (_, out, _) = folder.run(&["check", "policies"]);
    assert!(!out.contains("sample/cheap"), "{out}");
}
