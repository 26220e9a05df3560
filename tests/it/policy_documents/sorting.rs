//! Which document is which, and what a folder of policies may hold.

use kpolicy::documents::Documents;
use kpolicy::source::SourceMap;

const POLICY: &str = "apiVersion: kpolicy.io/v1alpha1\nkind: Policy\nmetadata: {name: sample}\nspec:\n  title: A\n  category: api\n  severity: low\n  matchConstraints: {podTemplates: true}\n  validations: [{expression: 'true'}]\n";

/// What is wrong with these files, as `<file:line:column>: <message>`.
fn added(files: &[(&str, &str)]) -> (Documents, Vec<String>) {
    let mut sources = SourceMap::new();
    let mut documents = Documents::built_in(&mut sources);
    documents.problems.clear();
    for (name, text) in files {
        documents.add(name, &(*text).into(), &mut sources);
    }
    let problems = std::mem::take(&mut documents.problems);
    let show = |problem: &kpolicy::manifest::Problem| {
        let place = problem
            .span
            .map(|span| sources.place(span))
            .unwrap_or_default();
        let help = problem
            .help
            .as_ref()
            .map(|help| format!(" ({help})"))
            .unwrap_or_default();
        format!("{place}: {}{help}", problem.message)
    };
    let shown = problems.iter().map(show).collect();
    (documents, shown)
}

#[test]
fn documents_are_sorted_by_kind() {
    let config = "apiVersion: kpolicy.io/v1alpha1\nkind: Config\nmutate: disabled\n";
    let text = format!("{POLICY}---\n{config}---\napiVersion: v1\nkind: ConfigMap\n---\na: 1\n");
    let (mut documents, problems) = added(&[("all.yaml", &text)]);
    assert_eq!(problems, [""; 0]);
    assert_eq!((documents.own, documents.others), (2, 2));
    assert!(documents.has_config());
    assert!(!documents.config().mutate);
    assert!(
        documents
            .policies
            .iter()
            .any(|policy| &*policy.name == "sample")
    );
}

#[test]
fn nothing_of_ours_is_skipped_in_silence() {
    for (name, text, expected) in [
        (
            "sample.yaml",
            "apiVersion: kpolicy.io/v1alpha1\nkind: Polcy\n",
            "sample.yaml:2:7: `Polcy` is no kind of `kpolicy.io` (did you mean `Policy`?)",
        ),
        (
            "sample.yaml",
            "apiVersion: kpolicy.io/v2\nkind: Policy\n",
            "sample.yaml:1:13: `apiVersion` is `kpolicy.io/v2`; this kpolicy reads `kpolicy.io/v1alpha1`",
        ),
        (
            "sample.yaml",
            "apiVersion: admissionregistration.k8s.io/v2\nkind: ValidatingAdmissionPolicy\n",
            "sample.yaml:1:13: `apiVersion` is `admissionregistration.k8s.io/v2`; this kpolicy reads `v1`, `v1beta1`, `v1alpha1` of `ValidatingAdmissionPolicy`",
        ),
        (
            "sample.yaml",
            "apiVersion: policies.kyverno.io/v1\nkind: MutatingPolicy\n",
            "sample.yaml:2:7: kpolicy does not read `MutatingPolicy` of Kyverno (what it says is not judged)",
        ),
        (
            "sample.yaml",
            "apiVersion: kpolicy.io/v1alpha1\nkind: Profile\nmetadata: {name: mine}\nspec: {policies: {}}\n",
            "sample.yaml:2:7: profiles come with kpolicy and cannot be added (write the settings under `policies` of Config)",
        ),
        (
            "policies/other.yaml",
            POLICY,
            "policies/other.yaml:3:18: the policy `sample` stands in the file `other.yaml` (a file with one policy has its name)",
        ),
        ("sample.yaml", "a: [", "sample.yaml:1:4: "),
    ] {
        let (_, problems) = added(&[(name, text)]);
        assert_eq!(problems.len(), 1, "{text}: {problems:?}");
        assert!(problems[0].starts_with(expected), "{text}: {problems:?}");
    }
}

#[test]
fn a_policy_replaces_a_built_in_one_and_no_other() {
    let ours = POLICY.replace("sample", "acr-only");
    let (documents, problems) = added(&[("acr-only.yaml", &ours)]);
    assert_eq!(problems, [""; 0]);
    let named = documents
        .policies
        .iter()
        .filter(|policy| &*policy.name == "acr-only");
    assert_eq!(
        named.map(|policy| policy.built_in).collect::<Vec<_>>(),
        [false]
    );
    let (_, problems) = added(&[("a/sample.yaml", POLICY), ("b/sample.yaml", POLICY)]);
    assert_eq!(
        problems,
        [
            "b/sample.yaml:3:18: there is another policy `sample` (policies are known by their names: give one of them another name)"
        ]
    );
}

#[test]
fn there_is_one_config() {
    let config = "apiVersion: kpolicy.io/v1alpha1\nkind: Config\n";
    let (_, problems) = added(&[(".kpolicy.yaml", config), ("other.yaml", config)]);
    assert_eq!(problems, ["other.yaml:2:7: there is another Config"]);
}
