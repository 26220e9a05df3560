//! What passes as a template passes as the Pod that is made from it, with the defaults of the API server: a policy that
//! let a Deployment through and refused its Pods would be found out when nothing starts.

use kpolicy::documents::Documents;
use kpolicy::fixture::{Case, Kind, Runner, identity};
use kpolicy::manifest::{Document, DocumentBuilder};
use kpolicy::schema::kinds;
use kpolicy::source::SourceMap;

use crate::fixtures;
use crate::policies::TODAY;

/// Categories whose policies say the same of a template and of its Pod.
const CATEGORIES: [&str; 2] = ["probes", "resources"];

/// Cases of templates that never become such a Pod, and why.
const NOT_SUCH_A_POD: [(&str, &str); 3] = [
    (
        "gateway-that-istio-fills-in",
        "Istio replaces the container when the Pod comes",
    ),
    (
        "job-without-restart-policy",
        "the API server takes no Job that restarts always",
    ),
    ("cron-job", "nor such a CronJob"),
];

/// The Pod that a controller makes from the template of the case; `None` where there is no template.
fn pod(case: &Case) -> Option<Document> {
    let root = case.object.root();
    let (group, _, kind) = identity(root);
    let route = kinds::built_in(group, kind)?.pod_template?;
    let template = root.at(route).filter(|_| !route.is_empty())?;
    let mut builder = DocumentBuilder::new();
    let version = builder.string("v1", None);
    let kind = builder.string("Pod", None);
    let name = builder.string("web-5d8c7", None);
    let namespace = builder.string(case.namespace().unwrap_or("default"), None);
    let mut metadata = vec![("name", name), ("namespace", namespace)];
    for key in ["labels", "annotations"] {
        if let Some(value) = template.at(&["metadata", key]) {
            metadata.push((key, builder.copy(value)));
        }
    }
    let metadata = builder.object(&metadata);
    let spec = builder.copy(template.get("spec")?);
    let root = builder.object(&[
        ("apiVersion", version),
        ("kind", kind),
        ("metadata", metadata),
        ("spec", spec),
    ]);
    Some(builder.finish(root))
}

#[test]
fn what_passes_as_a_template_passes_as_its_pod() {
    let mut sources = SourceMap::new();
    let mut documents = Documents::built_in(&mut sources);
    let config = documents.config();
    let set = documents.take_policies();
    let suites = fixtures::suites(&mut sources);
    let runner = Runner::new(&set, &config, &sources, TODAY);
    let (mut judged, mut wrong) = (0, Vec::new());
    for mut case in suites
        .into_iter()
        .flat_map(|suite| suite.cases)
        .filter_map(Result::ok)
    {
        let policy = set.get(&case.policy).expect("a built-in policy");
        let excluded = NOT_SUCH_A_POD
            .iter()
            .any(|(name, _)| case.name.starts_with(name));
        let is_template = case.kind == Kind::Pass && case.request.is_none() && !excluded;
        if !is_template || !CATEGORIES.contains(&&*policy.about.category) {
            continue;
        }
        let Some(pod) = pod(&case) else { continue };
        case.object = pod;
        let outcome = runner.run_case(&case);
        judged += 1;
        if !outcome.holds() || !outcome.found.is_empty() {
            wrong.push(format!("{}: {:?}", case.id(), outcome.found));
        }
    }
    assert!(judged > 150, "only {judged} templates");
    assert!(
        wrong.is_empty(),
        "{} differ\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
