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
        let empty_name = metadata.contains("generateName");
        assert!(empty_name || draft.contains("names: ["), "{draft}");
        assert_eq!(
            after,
            [host, denied("a", true), denied("b", false)],
            "{draft}"
        );
    }
}
