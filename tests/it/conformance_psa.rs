//! Agreement of `pod-security-baseline` and `pod-security-restricted` with Kubernetes' own Pod Security test data, in
//! every version (`make conformance`).
//!
//! The data is not part of the repository; `CONFORMANCE_DIR` names its folder. Each pod is judged as it is and inside
//! a Deployment, through the judge, with the version as the policy's parameter. What fails must fail in the check that
//! upstream's file is named after; and where a live API server was asked about a file, in exactly the checks that it
//! named.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kpolicy::config::{Cluster, Config, Enforcement, PolicySetting, PolicySettings};
use kpolicy::documents::Documents;
use kpolicy::engine::{Kind, Limits, NoOtherObjects, Request, Resource};
use kpolicy::judge::{Judge, Lineage};
use kpolicy::manifest::{self, Dialect, Document, DocumentBuilder};
use kpolicy::policy::{Operation, PolicySet};
use kpolicy::schema::{defaults, kinds};
use kpolicy::source::{SourceId, SourceMap};

use crate::pod_security::{LEVELS, check_of, checks_named_in};
use crate::policies::TODAY;

/// How many files pass and fail: baseline, restricted.
type Counts = [(usize, usize); 2];

/// Minor versions with equal data, first and last, and the counts of each.
const SPANS: [(u32, u32, Counts); 11] = [
    (0, 7, [(11, 29), (14, 53)]),
    (8, 18, [(11, 29), (14, 57)]),
    (19, 21, [(11, 29), (16, 62)]),
    (22, 22, [(11, 29), (16, 66)]),
    (23, 26, [(11, 29), (17, 69)]),
    (27, 28, [(11, 29), (17, 69)]),
    (29, 31, [(11, 29), (19, 69)]),
    (32, 33, [(11, 29), (19, 69)]),
    (34, 34, [(14, 34), (22, 74)]),
    (35, 36, [(15, 34), (23, 76)]),
    (37, 37, [(15, 34), (23, 76)]),
];

/// Versions whose data the folder may lack: it then holds one version of each span that existed when it was made.
const MAY_LACK: [(u32, u32); 1] = [(32, 33)];

/// The release of the API server that was asked: it evaluates newer versions by the newest rules that it has.
const ASKED: u32 = 36;

fn folder() -> PathBuf {
    let folder =
        std::env::var("CONFORMANCE_DIR").unwrap_or_else(|_| "../shared/conformance".into());
    Path::new(&folder).join("psa")
}

/// The paths of one level, version and outcome, below the folder of the data.
fn files(root: &Path, level: &str, minor: u32, outcome: &str) -> Vec<String> {
    let below = format!("{level}/v1.{minor}/{outcome}");
    let entries =
        fs::read_dir(root.join(&below)).unwrap_or_else(|error| panic!("{below}: {error}"));
    let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
    let mut paths: Vec<_> = entries
        .map(|entry| format!("{below}/{}", name(entry.unwrap())))
        .collect();
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

/// The pod with the API server's defaults, as it is and in a Deployment.
fn both_ways(path: &Path) -> [(Document, &'static str, &'static str); 2] {
    let pod = read(path);
    let mut objects = [(deployment(&pod), "apps", "Deployment"), (pod, "", "Pod")];
    for (object, group, kind) in &mut objects {
        defaults::apply(object, group, kind, defaults::NEWEST_MINOR);
    }
    objects
}

/// A judge that runs the policy of one level alone, by the rules of a version, for a cluster of a release.
fn judge(
    policies: &Arc<PolicySet>,
    base: &Config,
    level: &str,
    version: &str,
    release: Option<u32>,
) -> Judge {
    let mut builder = DocumentBuilder::new();
    let text = builder.string(version, None);
    let root = builder.object(&[("version", text)]);
    let setting = PolicySetting {
        enforcement: Some(Enforcement::Deny),
        params: Some(builder.finish(root)),
        ..PolicySetting::default()
    };
    let cluster = Cluster {
        name: "asked".into(),
        path: None,
        kubernetes_version: release.map(|minor| (1, minor)),
        policies: PolicySettings::new(),
        span: None,
    };
    let config = Config {
        profiles: Vec::new(),
        policies: [(format!("pod-security-{level}").into(), setting)].into(),
        clusters: vec![cluster],
        ..base.clone()
    };
    Judge::new(policies, &config, &[], Some("asked"), TODAY).unwrap()
}

/// The names of the checks that fail.
fn failing(judge: &Judge, (object, group, kind): &(Document, &str, &str)) -> BTreeSet<String> {
    let resource = kinds::resource(group, kind);
    let kind = Kind {
        group,
        version: "v1",
        kind,
    };
    let resource = Resource {
        group,
        version: "v1",
        resource: &resource,
    };
    let request = Request {
        name: "test",
        namespace: Some("default"),
        object: Some(object.root()),
        ..Request::new(Operation::Create, kind, resource)
    };
    let others = NoOtherObjects("there are none");
    let verdict = judge.validate(&request, &Lineage::default(), &others, &Limits::default());
    assert_eq!(verdict.not_judged, []);
    let checks = verdict.decisions.iter().map(|decision| {
        let violation = &decision.violation;
        assert!(!violation.is_error, "{}", violation.message);
        let (_, check) = violation.validation.split_once('/').expect("an id");
        check.to_owned()
    });
    checks.collect()
}

#[test]
fn pod_security_policies_decide_as_pod_security_admission_in_every_version() {
    let mut documents = Documents::built_in(&mut SourceMap::new());
    let base = documents.config();
    let policies = Arc::new(documents.take_policies());
    let root = folder();
    let mut wrong = Vec::new();
    let (mut verdicts, mut pods) = (0, 0);
    for (column, level) in LEVELS.into_iter().enumerate() {
        for (first, last, counts) in SPANS {
            let has_data = |minor: &u32| root.join(format!("{level}/v1.{minor}")).is_dir();
            let there: Vec<u32> = (first..=last).filter(has_data).collect();
            let Some(some) = there.first() else {
                assert!(
                    MAY_LACK.contains(&(first, last)),
                    "{}: no data for {level} v1.{first} to v1.{last}",
                    root.display()
                );
                println!("{level}: the folder has no data for v1.{first} to v1.{last}");
                continue;
            };
            for data in &there {
                // A version without a folder of its own has the data of its neighbours.
                let here = |minor: &u32| minor == data || data == some && !there.contains(minor);
                let mut judges: Vec<_> = (first..=last)
                    .filter(here)
                    .map(|minor| (minor, format!("v1.{minor}")))
                    .collect();
                if last == 37 {
                    judges.extend(["latest", "1.99"].map(|version| (37, version.to_owned())));
                }
                let judges = judges.into_iter().map(|(minor, version)| {
                    let judge = judge(&policies, &base, level, &version, None);
                    (minor, version, judge)
                });
                let judges: Vec<_> = judges.collect();
                let (pass, fail) = counts[column];
                for (outcome, expected) in [("pass", pass), ("fail", fail)] {
                    let files = files(&root, level, *data, outcome);
                    assert_eq!(files.len(), expected, "{level}/v1.{data}/{outcome}");
                    pods += files.len();
                    for file in files {
                        let stem = file.rsplit('/').next().unwrap().trim_end_matches(".yaml");
                        let named = stem.trim_end_matches(|c: char| c.is_ascii_digit());
                        for object in both_ways(&root.join(&file)) {
                            for (minor, version, judge) in &judges {
                                let checks = failing(judge, &object);
                                let agrees = match outcome {
                                    "pass" => checks.is_empty(),
                                    _ => checks.contains(check_of(named, level, *minor)),
                                };
                                if !agrees {
                                    wrong.push(format!("{file} as {version}: {checks:?}"));
                                }
                                verdicts += 1;
                            }
                        }
                    }
                }
            }
        }
    }
    println!("{pods} pods, {verdicts} verdicts");
    assert!(wrong.is_empty(), "{} wrong: {wrong:#?}", wrong.len());
}

#[test]
fn pod_security_policies_name_the_checks_that_a_live_server_named() {
    let mut documents = Documents::built_in(&mut SourceMap::new());
    let base = documents.config();
    let policies = Arc::new(documents.take_policies());
    let root = folder();
    let path = root.join("verdicts.jsonl");
    let lines =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut count: BTreeMap<u64, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for line in lines.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let file = line["file"].as_str().unwrap();
        let status = line["status"].as_u64().unwrap();
        *count.entry(status).or_default() += 1;
        let mut parts = file.split('/');
        let (level, version) = (parts.next().unwrap(), parts.next().unwrap());
        let judge = judge(&policies, &base, level, version, Some(ASKED));
        for object in both_ways(&root.join(file)) {
            let checks = failing(&judge, &object);
            let agrees = match status {
                201 => checks.is_empty(),
                403 => checks == checks_named_in(line["message"].as_str().unwrap(), level, version),
                // Refused before Pod Security was asked.
                422 => !checks.is_empty(),
                _ => false,
            };
            if !agrees {
                wrong.push(format!("{file}: {checks:?}, and the server says {line}"));
            }
        }
    }
    println!("{count:?}");
    assert!(
        !count.is_empty() && wrong.is_empty(),
        "{} wrong: {wrong:#?}",
        wrong.len()
    );
}
