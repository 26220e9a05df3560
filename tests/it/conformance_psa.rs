//! Agreement of `pod-security-baseline` with Kubernetes' own Pod Security test data (`make conformance`).
//!
//! The data is not part of the repository; `CONFORMANCE_DIR` names its folder. Each pod is judged as it is and inside
//! a Deployment, and what fails must fail in the check that upstream's file is named after. The policy holds the
//! newest version of each check, so only the data of versions that have all of them is used.

use std::fs;
use std::path::{Path, PathBuf};

use kpolicy::documents::Documents;
use kpolicy::engine::{Context, Kind, Limits, NoOtherObjects, Request, Resource, evaluate};
use kpolicy::manifest::{self, Dialect, Document, DocumentBuilder};
use kpolicy::policy::{Operation, Policy};
use kpolicy::schema::{defaults, kinds};
use kpolicy::source::{SourceId, SourceMap};

/// Versions whose checks are the newest, with how many files pass and fail there.
const VERSIONS: [(&str, usize, usize); 2] = [("v1.35", 15, 34), ("v1.37", 15, 34)];

fn files(version: &str, outcome: &str) -> Vec<PathBuf> {
    let folder =
        std::env::var("CONFORMANCE_DIR").unwrap_or_else(|_| "../shared/conformance".into());
    let folder = Path::new(&folder)
        .join("psa/baseline")
        .join(version)
        .join(outcome);
    let entries =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn read(path: &Path) -> Document {
    let text = fs::read_to_string(path).unwrap();
    let limits = manifest::Limits::default();
    let reading = manifest::read(SourceId(0), &text, Dialect::Kubectl, &limits);
    let document = reading.documents.into_iter().next();
    document.unwrap_or_else(|| panic!("{}: no document", path.display()))
}

/// The pod as the template of a Deployment.
fn deployment(pod: &Document) -> Document {
    let mut builder = DocumentBuilder::new();
    let template = builder.copy(pod.root());
    let spec = builder.object(&[("template", template)]);
    let name = builder.string("test", None);
    let metadata = builder.object(&[("name", name)]);
    let version = builder.string("apps/v1", None);
    let kind = builder.string("Deployment", None);
    let root = builder.object(&[
        ("apiVersion", version),
        ("kind", kind),
        ("metadata", metadata),
        ("spec", spec),
    ]);
    builder.finish(root)
}

/// The names of the validations that fail, in lower case as the files are.
fn failing(policy: &Policy, mut object: Document, group: &str, kind: &str) -> Vec<String> {
    defaults::apply(&mut object, group, kind, defaults::NEWEST_MINOR);
    let resource = kinds::resource(group, kind);
    let version = "v1";
    let kind = Kind {
        group,
        version,
        kind,
    };
    let resource = Resource {
        group,
        version,
        resource: &resource,
    };
    let request = Request {
        name: "test",
        namespace: Some("default"),
        object: Some(object.root()),
        ..Request::new(Operation::Create, kind, resource)
    };
    let others = NoOtherObjects("there are none");
    let context = Context::new(request, &others, &[]);
    let evaluation = evaluate(policy, &context, None, &Limits::default());
    assert_eq!(evaluation.not_judged, []);
    let mut names: Vec<String> = evaluation
        .violations
        .iter()
        .map(|violation| {
            assert!(!violation.is_error, "{}", violation.message);
            let (_, name) = violation.validation.split_once('/').expect("an id");
            name.to_lowercase()
        })
        .collect();
    names.dedup();
    names
}

#[test]
fn the_baseline_policy_decides_as_pod_security_admission() {
    let mut documents = Documents::built_in(&mut SourceMap::new());
    let policies = documents.take_policies();
    let policy = policies.get("pod-security-baseline").expect("the policy");
    let mut wrong = Vec::new();
    for (version, pass, fail) in VERSIONS {
        for (outcome, expected) in [("pass", pass), ("fail", fail)] {
            let files = files(version, outcome);
            assert_eq!(files.len(), expected, "{version}/{outcome}");
            for path in files {
                let pod = read(&path);
                let stem = path.file_stem().unwrap().to_string_lossy();
                let check = stem.trim_end_matches(|c: char| c.is_ascii_digit());
                for (object, group, kind) in
                    [(deployment(&pod), "apps", "Deployment"), (pod, "", "Pod")]
                {
                    let names = failing(policy, object, group, kind);
                    let agrees = match outcome {
                        "pass" => names.is_empty(),
                        _ => names.iter().any(|name| name == check),
                    };
                    if !agrees {
                        wrong.push(format!("{}: {names:?}", path.display()));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
