//! Comments that speak of what is denied: the exception that lint writes instead lifts it, and nothing else.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::lint_cases::kpolicy;

const POLICY: &str = "apiVersion: kpolicy.io/v1alpha1
kind: Policy
metadata: {name: pinned}
spec:
  title: Images are pinned
  category: images
  severity: low
  matchConstraints: {podTemplates: true}
  validations:
    - {name: tag, expression: \"containers.all(c, c.image.contains(':'))\", message: pin it}
    - {name: host, expression: \"!has(pod.spec.hostNetwork)\", message: stay out}
";

/// Findings of a folder: validation, container, and whether an exception lifts it.
fn lint(folder: &Path) -> (Vec<Value>, Vec<(String, String, bool)>) {
    let arguments = ["lint", "--output-format", "json"];
    let (code, out, errors) = kpolicy(&arguments, folder, Path::new("/nowhere"), b"");
    assert!(matches!(code, 0 | 1), "{errors}");
    let output: Value = serde_json::from_str(&out).expect("JSON");
    let findings = output["findings"].as_array().expect("findings").clone();
    let said = findings.iter().map(|finding| {
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        (
            text(&finding["validation"]),
            text(&finding["container"]),
            finding["exception"].is_string(),
        )
    });
    let mut said: Vec<_> = said.collect();
    said.sort();
    (findings, said)
}

#[test]
fn the_documented_comments_of_a_dockerfile_silence_what_they_say() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/exceptions.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, block) = page.split_once("```dockerfile\n").unwrap();
    let (text, _) = block.split_once("```").unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Dockerfile"), text).unwrap();
    let config = "apiVersion: kpolicy.io/v1alpha1\nkind: Config\npolicies: {dockerfile: {enforcement: warn}}\n";
    fs::write(folder.path().join(".kpolicy.yaml"), config).unwrap();
    let (findings, _) = lint(folder.path());
    let silenced = |finding: &Value| (finding["policy"].clone(), finding["ignored"].is_object());
    let found: Vec<_> = findings.iter().map(silenced).collect();
    assert_eq!(
        found,
        [("dockerfile".into(), true), ("dockerfile".into(), true)],
        "{findings:#?}"
    );
}

#[test]
fn the_exception_that_is_offered_lifts_what_the_comment_is_about_and_nothing_else() {
    for (settings, kind, metadata, reason) in [
        (
            "allowedNamespaces: [central], maxLifetimeDays: 30",
            "Pod",
            "{name: web, namespace: shop}",
            "plain",
        ),
        (
            "maxLifetimeDays: 300",
            "Pod",
            "{name: web}",
            "it says \"no\" \\ 'yes': # {ünï}",
        ),
        (
            "allowedNamespaces: [central]",
            "Pod",
            "{name: \"7\", namespace: 'on'}",
            "- [a], *b &c !d",
        ),
        (
            "allowedNamespaces: [central]",
            "Pod",
            "{generateName: web-, namespace: shop}",
            "until then",
        ),
        (
            "allowedNamespaces: [central]",
            "Deployment",
            "{name: a.b, namespace: shop}",
            "plain",
        ),
    ] {
        let keep = tempfile::tempdir().expect("a folder");
        let folder = keep.path();
        let write = |name: &str, text: &str| {
            fs::write(folder.join(name), text).expect("a file");
        };
        fs::create_dir(folder.join("exceptions")).expect("a folder");
        write(
            ".kpolicy.yaml",
            &format!(
                "apiVersion: kpolicy.io/v1alpha1\nkind: Config\nprofiles: []\npolicyPaths: [pinned.yaml]\n\
                 exceptions: {{paths: [exceptions/], {settings}}}\n"
            ),
        );
        write("pinned.yaml", POLICY);
        let containers = format!(
            "[{{name: a, image: a}}, # kpolicy: ignore[pinned/tag] {reason}\n    {{name: b, image: b}}]"
        );
        let pod = format!("{{hostNetwork: true, containers: {containers}}}");
        let object = match kind {
            "Pod" => format!("apiVersion: v1\nkind: Pod\nmetadata: {metadata}\nspec: {pod}\n"),
            _ => format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {metadata}\nspec: {{template: {{spec: {pod}}}}}\n"
            ),
        };
        write("object.yaml", &object);
        let (findings, before) = lint(folder);
        let denied =
            |container: &str, lifted: bool| ("pinned/tag".to_owned(), container.to_owned(), lifted);
        let host = ("pinned/host".to_owned(), "-".to_owned(), false);
        // The comment stands on a line on which all of `spec` begins.
        assert_eq!(
            before,
            [host.clone(), denied("a", false), denied("b", false)],
            "{object}"
        );
        let of_a = findings
            .iter()
            .find(|finding| finding["container"] == "a")
            .expect("it is there");
        let draft = of_a["notes"][1].as_str().expect("a draft");
        write("exceptions/a.yaml", draft);
        let (_, after) = lint(folder);
        let name = if metadata.contains("generateName") {
            "names: [\"web-*\"]"
        } else {
            "names: ["
        };
        assert!(draft.contains(name), "{draft}");
        assert_eq!(
            after,
            [host, denied("a", true), denied("b", false)],
            "{draft}"
        );
    }
}

/// A folder with a Config that says this, a policy, and files.
fn folder(settings: &str, files: &[(&str, &str)]) -> tempfile::TempDir {
    let keep = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = keep.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    fs::create_dir(keep.path().join("exceptions")).expect("a folder");
    write(
        ".kpolicy.yaml",
        &format!(
            "apiVersion: kpolicy.io/v1alpha1\nkind: Config\nprofiles: []\npolicyPaths: [policies/]\n{settings}\n"
        ),
    );
    write("policies/pinned.yaml", POLICY);
    for (name, text) in files {
        write(name, text);
    }
    keep
}

/// What lint says instead of the comment: the sentence, and what follows it.
fn advice(finding: &Value) -> Vec<&str> {
    let notes = finding["notes"].as_array().into_iter().flatten();
    let notes = notes.filter_map(Value::as_str);
    notes
        .skip_while(|note| !note.contains(" cannot silence "))
        .collect()
}

/// Whether exceptions lift all that the policy finds, so that the comments are for nothing.
fn all_lifted(found: &[(String, String, bool)]) -> bool {
    let mut of_policy = found.iter().filter(|(id, ..)| id != "ignore-comment");
    of_policy.all(|(.., lifted)| *lifted)
}

const OWNED: &str = "apiVersion: kpolicy.io/v1alpha1
kind: Policy
metadata: {name: owned}
spec:
  title: Everything has an owner
  category: api
  severity: low
  matchConstraints:
    resourceRules: [{apiGroups: [\"*\"], apiVersions: [\"*\"], operations: [CREATE], resources: [clusterroles, namespaces, gadgets]}]
  validations:
    - {name: owner, expression: \"has(object.metadata.annotations)\", message: name it}
";

const NATIVE: &str = "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: native.example.com}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE], resources: [secrets]}]}
  validations: [{expression: \"has(object.metadata.labels)\", message: label it}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: everywhere}
spec: {policyName: native.example.com, validationActions: [Deny]}
";

/// An object under a comment, and a kind of the cluster itself that only its definition tells so.
const OBJECTS: &str = "# kpolicy: ignore[owned] it is old
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: \"system:old\"}
---
# kpolicy: ignore[owned] it is old
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
# kpolicy: ignore[owned] it is old
apiVersion: example.com/v1
kind: Gadget
metadata: {name: big}
---
# kpolicy: ignore[native.example.com] it is old
apiVersion: v1
kind: Secret
metadata: {name: key, namespace: shop}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.com}
spec: {group: example.com, scope: Cluster, names: {kind: Gadget, plural: gadgets}}
";

#[test]
fn for_objects_of_the_cluster_itself_an_exception_is_offered_only_where_it_has_an_effect() {
    let open = |folder: &Path| -> Vec<(String, String)> {
        let (findings, _) = lint(folder);
        let open = findings.iter().filter(|finding| {
            finding["exception"].is_null() && finding["validation"] != "ignore-comment"
        });
        open.map(|finding| {
            let kind = finding["object"]["kind"].as_str().unwrap_or_default();
            (kind.to_owned(), advice(finding).join("\n"))
        })
        .collect()
    };
    let files = [
        ("policies/owned.yaml", OWNED),
        ("policies/native.yaml", NATIVE),
        ("objects.yaml", OBJECTS),
    ];
    let alone = folder("exceptions: {paths: [exceptions/]}", &files);
    let found = open(alone.path());
    assert_eq!(found.len(), 4, "{found:#?}");
    for (kind, text) in &found {
        let expected = match &**kind {
            "Secret" => {
                "cannot silence what is denied; whoever enforces a native policy in the cluster knows no exceptions of kpolicy"
            }
            _ => {
                "cannot silence what is denied; no exception reaches an object of the cluster itself as long as"
            }
        };
        assert!(text.contains(expected), "{kind}: {text}");
        assert!(!text.contains("PolicyException"), "{kind}: {text}");
    }
    let settings =
        "exceptions: {paths: [exceptions/], allowedNamespaces: [central], maxLifetimeDays: 10}";
    let central = folder(settings, &files);
    let found = open(central.path());
    for (index, (kind, text)) in found.iter().enumerate() {
        let draft = text.split_once('\n').map(|(_, draft)| draft);
        assert_eq!(draft.is_none(), kind == "Secret", "{text}");
        let file = format!("exceptions/{index}.yaml");
        fs::write(central.path().join(file), draft.unwrap_or_default()).expect("a file");
    }
    let left = open(central.path());
    let kinds: Vec<&str> = left.iter().map(|(kind, _)| &**kind).collect();
    assert_eq!(kinds, ["Secret"], "{left:#?}");
}

#[test]
fn the_exceptions_that_are_offered_together_can_stand_together() {
    let pod = |kind: &str, namespace: &str| {
        let spec = "{containers: [{name: a, image: a}, {name: b, image: b}], initContainers: [{name: a2, image: a}]}";
        let (version, spec) = match kind {
            "Pod" => ("v1", spec.to_owned()),
            _ => ("apps/v1", format!("{{template: {{spec: {spec}}}}}")),
        };
        format!(
            "# kpolicy: ignore[pinned] it is old\napiVersion: {version}\nkind: {kind}\n\
             metadata: {{name: web, namespace: {namespace}}}\nspec: {spec}\n---\n"
        )
    };
    let objects = [
        pod("Pod", "shop"),
        pod("Pod", "lab"),
        pod("Deployment", "shop"),
    ]
    .concat();
    for settings in [
        "exceptions: {paths: [exceptions/], allowedNamespaces: [central]}",
        "exceptions: {paths: [exceptions/]}",
    ] {
        let keep = folder(settings, &[("objects.yaml", &objects)]);
        let (findings, before) = lint(keep.path());
        assert_eq!(before.len(), 9, "{before:?}");
        let drafts = |findings: &[Value]| -> Vec<String> {
            let drafts = findings
                .iter()
                .flat_map(|one| advice(one).into_iter().skip(1));
            drafts.map(str::to_owned).collect()
        };
        let offered = drafts(&findings);
        assert_eq!(offered.len(), 9);
        // One after the other: what is offered beside those that are there already fits too.
        let (first, rest) = offered.split_at(2);
        fs::write(keep.path().join("exceptions/a.yaml"), first.join("\n---\n")).expect("a file");
        let (findings, _) = lint(keep.path());
        let more = drafts(&findings);
        assert_eq!(more.len(), rest.len());
        fs::write(keep.path().join("exceptions/b.yaml"), more.join("\n---\n")).expect("a file");
        let (_, after) = lint(keep.path());
        assert!(all_lifted(&after), "{settings}: {after:?}");
    }
}

#[test]
fn a_cause_in_several_namespaces_gets_an_exception_for_each() {
    let overlay = |namespace: &str| {
        format!(
            "kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1beta1\nnamespace: {namespace}\nresources: [../base]\n"
        )
    };
    let (shop, lab) = (overlay("shop"), overlay("lab"));
    let files = [
        (
            "base/kustomization.yaml",
            "kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1beta1\nresources: [web.yaml]\n",
        ),
        (
            "base/web.yaml",
            "# kpolicy: ignore[pinned] it is old\napiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: a, image: a}]}\n",
        ),
        ("shop/kustomization.yaml", &shop),
        ("lab/kustomization.yaml", &lab),
    ];
    let keep = folder("exceptions: {paths: [exceptions/]}", &files);
    let (findings, before) = lint(keep.path());
    assert_eq!(before.len(), 1, "{before:?}");
    let said = advice(&findings[0]);
    let [note, drafts] = said[..] else {
        panic!("{said:?}");
    };
    assert!(
        note.ends_with("that takes PolicyExceptions, below `exceptions/`"),
        "{note}"
    );
    fs::write(keep.path().join("exceptions/web.yaml"), drafts).expect("a file");
    let (_, after) = lint(keep.path());
    assert!(all_lifted(&after), "{after:?}");
}

#[test]
fn a_name_that_another_covers_is_told_and_nothing_else_is() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  \
               - {name: a, image: a} # kpolicy: ignore[pinned, pinned/tag] it is old\n";
    let keep = folder(
        "policies: {pinned: {enforcement: warn}}",
        &[("web.yaml", pod)],
    );
    let (findings, _) = lint(keep.path());
    let said = findings.iter().map(|finding| {
        let message = finding["message"].as_str().unwrap_or_default();
        (message.to_owned(), finding["ignored"].is_object())
    });
    assert_eq!(
        said.collect::<Vec<_>>(),
        [
            ("container `a` uses `a`: pin it".to_owned(), true),
            ("`pinned/tag` is named already".to_owned(), false)
        ]
    );
}
