//! Pod Security admission of the API server and our two policies on all of upstream's test data, each pod and a Deployment
//! of it, and on our own fixtures: the same verdict by the same checks. `CONFORMANCE_DIR` names the folder of the data.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use futures::StreamExt as _;
use kpolicy::manifest::{Dialect, Limits, read, write_json};
use kpolicy::schema::kinds;
use kpolicy::source::SourceId;
use serde_json::{Value, json};

use crate::harness::{Answer, Scenario, Setup, in_turn};
use crate::pod_security_checks::{LEVELS, check_of, checks_named_in};
use crate::pod_security_namespaces::facts_of;

/// So many requests are under way at once.
const TOGETHER: usize = 16;

/// What stands for the newest rules: no release has this number.
const LATEST: u32 = 99;

/// One object to send.
pub(crate) struct Case {
    /// Where it comes from; of upstream's `<level>/v1.<minor>/<outcome>/<check><number>.yaml`.
    pub(crate) file: String,
    pub(crate) level: &'static str,
    pub(crate) minor: u32,
    /// How it is told of in the table.
    pub(crate) sent_as: &'static str,
    pub(crate) object: Value,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    Allowed,
    /// By these checks.
    Refused(BTreeSet<String>),
    /// By the schema: nobody was asked.
    Invalid,
}

fn folder() -> PathBuf {
    let folder =
        std::env::var("CONFORMANCE_DIR").expect("CONFORMANCE_DIR is set, as by `make e2e`");
    let folder = Path::new(&folder).join("psa");
    assert!(
        folder.is_dir(),
        "{}: upstream's test data is not there; set CONFORMANCE_DIR",
        folder.display()
    );
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Upstream's data, each pod twice.
pub(crate) fn of_upstream() -> Vec<Case> {
    let root = folder();
    let mut cases = Vec::new();
    for level in LEVELS {
        for version in names(&root.join(level)) {
            let minor = version.strip_prefix("v1.").expect("a version");
            let minor = minor.parse().expect("a minor version");
            for outcome in ["pass", "fail"] {
                for name in names(&root.join(level).join(&version).join(outcome)) {
                    let file = format!("{level}/{version}/{outcome}/{name}");
                    let mut pod = read_object(&root.join(&file));
                    // Upstream names pods after checks, and the API server takes no `_`.
                    pod["metadata"]["name"] = json!("test");
                    for (sent_as, object) in [("Deployment", deployment(&pod)), ("Pod", pod)] {
                        let file = file.clone();
                        cases.push(Case {
                            file,
                            level,
                            minor,
                            sent_as,
                            object,
                        });
                    }
                }
            }
        }
    }
    assert!(!cases.is_empty(), "no test data in {}", root.display());
    cases
}

/// The fixtures of our policies that are new objects.
fn of_ours() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/policies");
    let mut cases = Vec::new();
    for level in LEVELS {
        for outcome in ["pass", "fail"] {
            let folder = root.join(format!("pod-security-{level}")).join(outcome);
            for name in names(&folder) {
                let stem = name.strip_suffix(".yaml").unwrap_or_default();
                let beside = |what: &str| folder.join(format!("{stem}.{what}.yaml"));
                if stem.is_empty() || stem.contains('.') || beside("request").exists() {
                    continue;
                }
                // The plugin knows no kinds of others.
                let object = read_object(&folder.join(&name));
                let api = object["apiVersion"].as_str().unwrap_or_default();
                let (group, _) = api.rsplit_once('/').unwrap_or_default();
                if kinds::built_in(group, object["kind"].as_str().unwrap_or_default()).is_none() {
                    continue;
                }
                let minor = if beside("context").exists() {
                    // Labels and exemptions are the matter of `pod_security_namespaces`.
                    let context = read_object(&beside("context"));
                    let params = context["params"].as_object();
                    let Some(params) = params.filter(|params| params.len() == 1) else {
                        continue;
                    };
                    let Some(version) = params.get("version").and_then(Value::as_str) else {
                        continue;
                    };
                    let minor = version
                        .rsplit('.')
                        .next()
                        .and_then(|minor| minor.parse().ok());
                    Some(minor.expect("a minor version"))
                } else {
                    None
                };
                cases.push(Case {
                    file: format!("pod-security-{level}/{outcome}/{name}"),
                    level,
                    minor: minor.unwrap_or(LATEST),
                    sent_as: "our fixture",
                    object,
                });
            }
        }
    }
    cases
}

fn read_object(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap();
    let reading = read(SourceId(0), &text, Dialect::Kubectl, &Limits::default());
    let document = reading.documents.first().expect("a document");
    serde_json::from_str(&write_json(document.root())).unwrap()
}

/// A Deployment of the pod.
pub(crate) fn deployment(pod: &Value) -> Value {
    let mut template = json!({"metadata": pod["metadata"], "spec": pod["spec"]});
    template["metadata"]["labels"] = json!({"app": "test"});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "test"},
        "spec": {"selector": {"matchLabels": {"app": "test"}}, "template": template},
    })
}

fn namespace(whose: &str, level: &str, minor: u32) -> String {
    format!("{whose}-{level}-1-{minor}")
}

/// A namespace for each level and version in which kpolicy denies, and one in which the API server does.
fn config(used: &BTreeSet<(&'static str, u32)>, release: &str) -> String {
    let mut config = format!(
        "apiVersion: kpolicy.io/v1alpha1\nkind: Config\nprofiles: []\n\
         clusters: [{{name: e2e, kubernetesVersion: '{release}'}}]\nnamespaces:\n"
    );
    for (level, minor) in used {
        let (theirs, ours) = (
            namespace("theirs", level, *minor),
            namespace("ours", level, *minor),
        );
        // Writing to a String cannot fail.
        let _ = write!(
            config,
            "- {{names: [{theirs}], enforcement: disabled}}\n- names: [{ours}]\n  policies:\n    \
             pod-security-{level}: {{enforcement: deny, params: {{version: v1.{minor}}}}}\n"
        );
    }
    config
}

/// The release of the API server, such as `1.37`.
pub(crate) fn release() -> String {
    let mut release = String::new();
    in_turn(async |cluster| {
        let version = cluster.admin.read("/version").await.accepted();
        let part = |key: &str| version[key].as_str().expect("a text").to_owned();
        release = format!("{}.{}", part("major"), part("minor"));
    });
    release
}

/// What the API server's own admission makes of it: a pod is refused, of a template it warns.
fn theirs(answer: &Answer, case: &Case, release: u32) -> Verdict {
    let version = format!("v1.{}", case.minor.min(release));
    let violates =
        |text: &&str| text.contains("violate PodSecurity") || text.contains("violates PodSecurity");
    let warning = answer.warnings.iter().map(String::as_str).find(violates);
    let refusal = Some(answer.message()).filter(violates);
    match (answer.status, warning, refusal) {
        (201, None, None) => Verdict::Allowed,
        (201, Some(text), None) | (403, None, Some(text)) => {
            Verdict::Refused(checks_named_in(text, case.level, &version))
        }
        (422, None, None) => Verdict::Invalid,
        _ => panic!("{}: {answer:?}", case.file),
    }
}

/// What kpolicy makes of it: it refuses both.
fn ours(answer: &Answer, case: &Case) -> Verdict {
    if answer.status == 201 {
        return Verdict::Allowed;
    }
    assert_eq!(answer.status, 422, "{}: {answer:?}", case.file);
    if !answer.message().starts_with("admission webhook") {
        return Verdict::Invalid;
    }
    let start = format!("[pod-security-{}/", case.level);
    // Of several violations the first line says how many there are.
    let is_count = |line: &str| line.ends_with(" violations:");
    let lines = answer.refused(422).lines().filter(|line| !is_count(line));
    let checks = lines.map(|line| {
        let check = line
            .strip_prefix(&start)
            .and_then(|rest| rest.split_once(']'));
        let (check, _) = check.unwrap_or_else(|| panic!("{}: {line}", case.file));
        check.to_owned()
    });
    Verdict::Refused(checks.collect())
}

/// Sends one object to a namespace, without storing it.
pub(crate) async fn send(scenario: &Scenario, object: &Value, namespace: String) -> Answer {
    let mut object = object.clone();
    object["metadata"]["namespace"] = Value::String(namespace);
    scenario.cluster.admin.try_create(&object).await
}

/// Both verdicts on a case: the API server's first.
async fn both<'c>(
    scenario: &Scenario,
    case: &'c Case,
    release: u32,
) -> (&'c Case, Verdict, Verdict) {
    let to = |whose| {
        send(
            scenario,
            &case.object,
            namespace(whose, case.level, case.minor),
        )
    };
    let (theirs_said, ours_said) = (to("theirs").await, to("ours").await);
    let their = theirs(&theirs_said, case, release);
    let our = ours(&ours_said, case);
    // What upstream says of the pod, we say too: which container, which value.
    if let (Verdict::Refused(_), Verdict::Refused(_)) = (&their, &our) {
        let said = theirs_said.warnings.concat() + theirs_said.message();
        for fact in facts_of(&said, &case.object) {
            assert!(
                ours_said.message().contains(&fact),
                "{}: {fact} is not in: {}\nupstream: {said}",
                case.file,
                ours_said.message()
            );
        }
    }
    (case, their, our)
}

#[derive(Default)]
struct Counts {
    allowed: usize,
    refused: usize,
    invalid: usize,
    different: usize,
}

#[test]
fn pod_security_policies_agree_with_the_admission_plugin_on_all_of_upstreams_data() {
    let mut cases = of_upstream();
    cases.extend(of_ours());
    let used: BTreeSet<_> = cases.iter().map(|case| (case.level, case.minor)).collect();
    let release = release();
    let (_, newest) = release.split_once('.').expect("a release");
    let newest: u32 = newest.parse().expect("a minor version");
    let setup = Setup::new("")
        .config(&config(&used, &release))
        .arguments(&["--cluster", "e2e"]);
    setup.run(async |scenario| {
        let namespaces = make_namespaces(scenario, &used).await;
        let start = Instant::now();
        let asked = cases.iter().map(|case| both(scenario, case, newest));
        let verdicts = futures::stream::iter(asked).buffer_unordered(TOGETHER);
        let verdicts: Vec<_> = verdicts.collect().await;
        let seconds = start.elapsed().as_secs_f32();

        let mut table: BTreeMap<(&str, &str), Counts> = BTreeMap::new();
        let mut reasons: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let (mut different, mut unexplained) = (Vec::new(), Vec::new());
        for (case, their, our) in &verdicts {
            let counts = table.entry((case.level, case.sent_as)).or_default();
            match their {
                _ if their != our => counts.different += 1,
                Verdict::Allowed => counts.allowed += 1,
                Verdict::Refused(_) => counts.refused += 1,
                Verdict::Invalid => counts.invalid += 1,
            }
            let line = format!(
                "{} as {}: {their:?}, and ours {our:?}",
                case.file, case.sent_as
            );
            match why_not_as_the_file_says(case, their, newest) {
                Ok(Some(reason)) => _ = reasons.entry(reason).or_default().insert(&case.file),
                Ok(None) => {}
                Err(()) => unexplained.push(line.clone()),
            }
            if their != our {
                different.push(line);
            }
        }
        let requests = verdicts.len() * 2;
        eprintln!("\n{requests} requests to Kubernetes {release} in {seconds:.1} s");
        eprintln!("level       sent as      both allow  both refuse  by the schema  different");
        for ((level, sent_as), counts) in &table {
            let Counts {
                allowed,
                refused,
                invalid,
                different,
            } = counts;
            eprintln!(
                "{level:<12}{sent_as:<12}{allowed:>11}{refused:>13}{invalid:>15}{different:>11}"
            );
        }
        for (reason, files) in &reasons {
            let files: Vec<_> = files.iter().copied().collect();
            eprintln!(
                "not as the file says, because {reason}: {}",
                files.join(" ")
            );
        }
        for name in &namespaces {
            let object =
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            scenario.cluster.admin.delete(&object).await;
        }
        assert!(
            different.is_empty(),
            "{} differ: {different:#?}",
            different.len()
        );
        assert!(
            unexplained.is_empty(),
            "the API server contradicts its own data: {unexplained:#?}"
        );
    });
}

/// Two namespaces for each level and version: one for the API server's admission, one for ours.
async fn make_namespaces(scenario: &Scenario, used: &BTreeSet<(&'static str, u32)>) -> Vec<String> {
    let namespaces = used.iter().flat_map(|(level, minor)| {
        let version = format!("v1.{minor}");
        let labels = json!({
            "pod-security.kubernetes.io/enforce": level, "pod-security.kubernetes.io/enforce-version": version,
            "pod-security.kubernetes.io/warn": level, "pod-security.kubernetes.io/warn-version": version,
        });
        [("theirs", labels), ("ours", json!({}))]
            .map(|(whose, labels)| (namespace(whose, level, *minor), labels))
    });
    let create = namespaces.map(async |(name, labels)| {
        scenario.cluster.create_namespace(&name, &labels).await;
        name
    });
    let created = futures::stream::iter(create).buffer_unordered(TOGETHER);
    created.collect().await
}

/// Why the API server does not say what upstream's file does; an error where nothing that is known explains it.
fn why_not_as_the_file_says(
    case: &Case,
    verdict: &Verdict,
    newest: u32,
) -> Result<Option<&'static str>, ()> {
    let mut parts = case.file.split('/').skip(2);
    let (Some(outcome), Some(name)) = (parts.next(), parts.next()) else {
        // Ours.
        return Ok(None);
    };
    let stem = name.trim_end_matches(".yaml");
    let named = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    let as_said = match verdict {
        Verdict::Allowed => outcome == "pass",
        Verdict::Refused(checks) => {
            outcome == "fail" && checks.contains(check_of(named, case.level, case.minor))
        }
        Verdict::Invalid => false,
    };
    match verdict {
        _ if as_said => Ok(None),
        Verdict::Invalid if named == "procmount" => {
            Ok(Some("a pod without a user namespace may not unmask /proc"))
        }
        _ if case.minor > newest => Ok(Some("the API server has older rules")),
        _ => Err(()),
    }
}
