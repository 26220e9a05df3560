//! Judging: each object of each cluster as a request to create it, in parallel; decisions become findings.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use crate::config::{Enforcement, ExceptionId, Subject};
use crate::engine::{Kind, Limits, NotJudged, Request, Resource};
use crate::finding::{Finding, FindingKind, Unjudged};
use crate::judge::{Decision, Drift, Mutation, NoOwners, Unclaimed, Verdict, without_controllers};
use crate::manifest::{Document, NodeRef};
use crate::policy::{Form, Operation, Safety};
use crate::schema::{defaults, kinds, namespaces};
use crate::source::FieldPath;

use super::Options;
use super::builds::Builds;
use super::clusters::{Cluster, Clusters};
use super::files::Files;
use super::invalid::Faults;
use super::locate::{Locator, Place, field_path, image_part, source_file, target};
use super::world::{Case, World};

/// What judging gives.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// The findings, neither merged nor sorted.
    pub(super) findings: Vec<Finding>,
    /// What could not be decided.
    pub(super) unjudged: Vec<Unjudged>,
    /// How many objects were judged; one that several clusters run counts once for each.
    pub(super) objects: usize,
    /// How many objects are in each namespace that is not judged; those of the cluster itself are in none.
    pub(super) excluded: BTreeMap<Option<String>, usize>,
}

/// Judges all cases of all clusters.
pub(super) fn judge<'a>(
    worlds: &[Vec<Case<'a>>],
    clusters: &Clusters,
    builds: &'a Builds,
    files: &'a Files,
    options: &Options<'_>,
) -> Judged {
    let lookup = |path: &Path| source_file(files, path);
    let locator = Locator::new(builds, &lookup);
    let mut judged = Judged::default();
    for (index, (cluster, cases)) in clusters.iter().zip(worlds).enumerate() {
        let objects: Vec<Document> = cases
            .par_iter()
            .map(|case| prepare(case, cluster.minor))
            .collect();
        let hidden = hidden(index, builds, options);
        let world = World::new(cases, &objects, options.config, hidden);
        let one = One {
            cluster,
            world: &world,
            locator: &locator,
            options,
        };
        let verdicts: Vec<Judged> = cases
            .par_iter()
            .zip(&objects)
            .map(|(case, object)| one.judge(case, object.root()))
            .collect();
        for verdict in verdicts {
            judged.findings.extend(verdict.findings);
            judged.unjudged.extend(verdict.unjudged);
            judged.objects += verdict.objects;
            for (namespace, count) in verdict.excluded {
                *judged.excluded.entry(namespace).or_default() += count;
            }
        }
    }
    judged
}

/// Why the other objects of a cluster are not known.
fn hidden(cluster: usize, builds: &Builds, options: &Options<'_>) -> Option<String> {
    if !options.paths.iter().any(|path| path.is_dir()) {
        return Some(
            "it depends on other objects, and only single files were given: lint the directory"
                .to_owned(),
        );
    }
    builds
        .list
        .iter()
        .filter(|build| build.outcome.is_err() && build.clusters.contains(&cluster))
        .find_map(|build| {
            let reason = build.hidden.as_ref()?;
            let name = &build.name;
            Some(format!(
                "it depends on other objects, and `{name}` was not rendered: {reason}"
            ))
        })
}

/// What was seen of one object.
struct Look {
    mutation: Mutation,
    verdict: Verdict,
}

/// Judges the objects of one cluster.
struct One<'a, 'b> {
    cluster: &'b Cluster,
    world: &'b World<'b>,
    locator: &'b Locator<'a>,
    options: &'b Options<'b>,
}

impl One<'_, '_> {
    /// Judges the object of a case, as the API server would send it.
    fn judge(&self, case: &Case<'_>, object: NodeRef<'_>) -> Judged {
        let mut judged = Judged::default();
        let namespace = case.namespace.as_deref();
        let is_system = namespace.is_some_and(namespaces::is_system);
        if is_system || self.cluster.runs_something && self.cluster.judge.is_excluded(namespace) {
            judged.excluded.insert(case.namespace.clone(), 1);
            return judged;
        }
        let faults = Faults::of(case, self.cluster, &self.options.selection);
        let is_refused = faults.refuse();
        let faults = faults.tell(case, self.cluster, self.locator);
        judged.findings.extend(faults);
        if is_refused {
            return judged;
        }
        judged.objects = 1;
        let identity = &case.identity;
        if &*identity.group == "helm.toolkit.fluxcd.io" && &*identity.kind == "HelmRelease" {
            judged.unjudged.push(Unjudged {
                what: format!("HelmRelease {}", identity.name),
                reason: "charts of HelmReleases are not rendered".to_owned(),
            });
        }
        let resource = kinds::resource(&identity.group, &identity.kind);
        let kind = Kind {
            group: &identity.group,
            version: &identity.version,
            kind: &identity.kind,
        };
        let resource = Resource {
            group: &identity.group,
            version: &identity.version,
            resource: &resource,
        };
        let request = Request {
            name: &identity.name,
            namespace,
            object: Some(object),
            namespace_object: namespace
                .and_then(|name| self.world.namespace(name))
                .map(|document| document.root()),
            ..Request::new(Operation::Create, kind, resource)
        };
        let mut first = self.look(&request);
        let claimed = Unclaimed::asks(&first.mutation, &first.verdict);
        let without = claimed.and_then(|open| Some((open, without_controllers(object)?)));
        if let Some((open, document)) = &without {
            let object = document.root();
            let request = Request {
                object: Some(object),
                ..request
            };
            let mut second = self.look(&request);
            open.settle(&mut first.mutation, &mut second.mutation);
            open.settle_verdict(&mut first.verdict, &mut second.verdict);
            self.tell(case, object, second, &mut judged);
        }
        self.tell(case, object, first, &mut judged);
        judged
    }

    /// Runs mutations and validations on a request.
    fn look(&self, request: &Request<'_>) -> Look {
        let limits = Limits::default();
        // In Git nobody is a controller: whatever an object says of its owner, a person says it.
        let judge = &self.cluster.judge;
        let lineage = judge.lineage(request, &NoOwners);
        let mutation = judge.mutate(request, &lineage, self.world, &limits);
        let mutated = mutation.document.as_ref().map(Document::root);
        let request = Request {
            object: mutated.or(request.object),
            ..*request
        };
        let verdict = judge.validate(&request, &lineage, self.world, &limits);
        Look { mutation, verdict }
    }

    /// Makes findings of what was seen of an object.
    fn tell(&self, case: &Case<'_>, object: NodeRef<'_>, look: Look, judged: &mut Judged) {
        let Look { mutation, verdict } = look;
        let last = mutation
            .document
            .as_ref()
            .map_or(object, |document| document.root());
        for drift in &mutation.drifts {
            judged.findings.extend(self.drift(case, object, drift));
        }
        for decision in mutation.decisions.into_iter().chain(verdict.decisions) {
            judged.findings.push(self.violation(case, last, decision));
        }
        let unjudged = mutation.not_judged.into_iter().chain(verdict.not_judged);
        judged
            .unjudged
            .extend(unjudged.filter_map(|entry| self.unjudged(entry)));
        let errors = mutation.errors.into_iter().chain(verdict.ignored_errors);
        let identity = &case.identity;
        judged.unjudged.extend(errors.map(|reason| Unjudged {
            what: format!("{}/{}", identity.kind, identity.name),
            reason,
        }));
    }

    fn unjudged(&self, entry: NotJudged) -> Option<Unjudged> {
        self.options
            .selection
            .wants_unjudged(&entry.what)
            .then(|| Unjudged {
                what: entry.what.to_string(),
                reason: entry.reason,
            })
    }

    fn violation(&self, case: &Case<'_>, judged: NodeRef<'_>, decision: Decision) -> Finding {
        let Decision {
            policy,
            violation,
            enforcement,
            at_admission,
            binding,
            exception,
            ended,
            audited: _,
        } = decision;
        let part = policy
            .validations
            .get(violation.index)
            .and_then(|validation| {
                let decisive = violation.expression.clone();
                image_part(validation.expression.source().get(decisive)?)
            });
        let (path, existing) = (&violation.field_path, violation.existing);
        let Place { span, mut notes } = self.locator.place(case, judged, path, existing, part);
        if at_admission != enforcement && self.cluster.name.is_none() {
            // The only difference there is: what depends on other objects is at most warned.
            notes
                .push("denied in Git, warned at admission: it depends on other objects".to_owned());
        }
        if let (Some(native), Some(binding)) = (&policy.native, binding)
            && native.form != Form::Kyverno
        {
            notes.push(format!("{} bound by `{binding}`", native.form.kind()));
        }
        if let Some(ended) = ended {
            let ExceptionId { name, expires } = &*ended;
            notes.push(format!("exception `{name}` lifted it up to {expires}"));
        }
        // An error speaks of no single container.
        let container = violation.container.clone();
        let container = container.filter(|_| !violation.is_error);
        let namespace = case.namespace.as_deref();
        let subject = Subject::of(case.document.root(), namespace, container);
        Finding {
            span,
            object: Some(case.identity.id()),
            subjects: vec![subject],
            field_path: Some(violation.field_path),
            container: violation.container,
            clusters: self.cluster.verdict(enforcement, at_admission),
            exception,
            notes,
            help: help(&policy.about.remediation),
            ..Finding::new(
                FindingKind::Violation,
                (policy.name.clone(), violation.validation),
                (policy.about.severity, enforcement),
                violation.message,
            )
        }
    }

    fn drift(&self, case: &Case<'_>, object: NodeRef<'_>, drift: &Drift) -> Option<Finding> {
        let Drift {
            policy,
            change,
            exception,
        } = drift;
        let mut paths: Vec<FieldPath> = Vec::new();
        for pointer in change.operations.iter().filter_map(target) {
            let path = field_path(object, pointer);
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        let first = paths.first()?.clone();
        let existing = (0..=first.segments().len())
            .rev()
            .find(|&steps| {
                let way: FieldPath = first.segments().iter().take(steps).cloned().collect();
                object.follow(&way).is_some()
            })
            .unwrap_or_default();
        let Place { span, notes } = self.locator.place(case, object, &first, existing, None);
        let names: Vec<String> = paths.iter().map(|path| format!("`{path}`")).collect();
        let safety = policy
            .mutations
            .iter()
            .find(|mutation| mutation.id == change.mutation)
            .map_or(Safety::Display, |mutation| mutation.safety);
        let message = match &policy.native {
            None => format!(
                "the webhook would set {}, which Git does not say: write it there",
                names.join(", ")
            ),
            Some(native) => format!(
                "the {} would set {}, which Git does not say",
                native.form.kind(),
                names.join(", ")
            ),
        };
        Some(Finding {
            span,
            object: Some(case.identity.id()),
            field_path: Some(first),
            clusters: self.cluster.verdict(Enforcement::Warn, Enforcement::Warn),
            exception: exception.clone(),
            fix: Some(safety),
            notes,
            help: help(&policy.about.remediation),
            ..Finding::new(
                FindingKind::Drift,
                (policy.name.clone(), change.mutation.clone()),
                (policy.about.severity, Enforcement::Warn),
                message,
            )
        })
    }
}

/// The remedy of a policy, where it has one.
pub(super) fn help(remediation: &str) -> Option<String> {
    let text = remediation.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The policies that are turned on in some cluster and wanted, sorted.
pub(super) fn policies(clusters: &Clusters, options: &Options<'_>) -> Vec<Arc<str>> {
    let mut names: Vec<_> = clusters
        .iter()
        .flat_map(|cluster| cluster.judge.policies())
        .filter(|(_, enforcement)| *enforcement > Enforcement::Disabled)
        .map(|(policy, _)| policy.name.clone())
        .filter(|name| options.selection.wants_policy(name))
        .collect();
    names.sort();
    names.dedup();
    names
}

/// The object as the API server would send it to a webhook: with defaults, and with the namespace of the request.
fn prepare(case: &Case<'_>, minor: u32) -> Document {
    let mut object = (*case.document).clone();
    let identity = &case.identity;
    defaults::apply(&mut object, &identity.group, &identity.kind, minor);
    in_namespace(&mut object, case.namespace.as_deref());
    object
}

/// The API server writes the namespace of the request into the object before any webhook sees it.
fn in_namespace(object: &mut Document, namespace: Option<&str>) {
    let metadata = object.root().get("metadata");
    let (Some(namespace), Some(metadata)) = (namespace, metadata) else {
        return;
    };
    if metadata.as_map().is_some() && metadata.get("namespace").is_none_or(NodeRef::is_null) {
        let metadata = metadata.id();
        let name = object.make_string(namespace);
        object.set_entry(metadata, "namespace", name);
    }
}
