//! Built objects traced back through small trees on disk. What a build gives is written by hand: no tool is needed.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use super::*;
use crate::gitops::Kustomization;
use crate::manifest::{Dialect, Limits, read};
use crate::source::{Source, SourceId, SourceMap};

const WEB: &str = "kind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1\n  template:\n    spec:\n      \
                   hostNetwork: true\n      tolerations: [{key: a}]\n      containers:\n      - name: web\n        \
                   image: reg/web\n        resources:\n          limits: {cpu: 1}\n      - name: log\n        \
                   image: reg/log:1\n";

const MERGE: &str = "kind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      \
                     tolerations: [{key: b}]\n      containers:\n      - name: log\n        image: reg/log:2\n";

struct Tree {
    _keep: tempfile::TempDir,
    root: PathBuf,
    sources: SourceMap,
    files: BTreeMap<PathBuf, (Vec<Document>, String)>,
}

fn tree(files: &[(&str, &str)]) -> Tree {
    let keep = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(keep.path()).unwrap();
    let mut sources = SourceMap::new();
    let mut known = BTreeMap::new();
    for (name, text) in files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        let id = sources.add(Source::new(*name, *text));
        let documents = read(id, text, Dialect::Kustomize, &Limits::default()).documents;
        known.insert(path, (documents, (*text).to_owned()));
    }
    Tree {
        _keep: keep,
        root,
        sources,
        files: known,
    }
}

fn traced(
    tree: &Tree,
    start: &str,
    built: &str,
    origin: Origin,
    path: &str,
    steps: usize,
) -> String {
    traced_part(tree, start, built, origin, (path, steps), None)
}

/// As [`traced`], of a part of an image.
fn traced_part(
    tree: &Tree,
    start: &str,
    built: &str,
    origin: Origin,
    (path, steps): (&str, usize),
    part: Option<ImagePart>,
) -> String {
    let starts = [tree.root.join(start)];
    let graph = Graph::build(&starts, &mut |path| {
        tree.files
            .get(path)?
            .0
            .first()
            .cloned()
            .map(Kustomization::new)
    });
    let files = |path: &Path| {
        tree.files
            .get(path)
            .map(|(documents, text)| SourceFile { documents, text })
    };
    let trace = Trace::new(&graph, 0, &files);
    let reading = read(SourceId(99), built, Dialect::Kustomize, &Limits::default());
    let rendered = Rendered {
        document: reading.documents.into_iter().next().unwrap(),
        origin: Some(origin),
    };
    let path = FieldPath::parse(path).unwrap();
    let (word, span) = match trace.value(&rendered, &path, steps, part) {
        Traced::Exact(span) => ("exact", span),
        Traced::Near(span) => ("near", span),
        Traced::Lost => return "lost".to_owned(),
    };
    let name = tree.sources.get(span.source).unwrap().name();
    format!("{word} {name} `{}`", tree.sources.text(span).unwrap())
}

fn overlay() -> Tree {
    tree(&[
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", WEB),
        (
            "over/kustomization.yaml",
            "resources: [../base]\nnamespace: shop\nnamePrefix: p-\nimages:\n- {name: reg/web, newTag: latest}\n\
             replicas: [{name: web, count: 7}]\ncommonLabels: {team: a}\npatches:\n- path: merge.yaml\n\
             - target: {kind: Deployment}\n  patch: |-\n    - op: replace\n      path: /spec/template/spec/hostNetwork\n      \
             value: false\n    - op: remove\n      path: /spec/template/spec/containers/0/resources/limits/memory\n",
        ),
        ("over/merge.yaml", MERGE),
    ])
}

#[test]
fn a_value_is_traced_to_whoever_had_the_last_word() {
    let tree = overlay();
    let built = "kind: Deployment\nmetadata: {name: p-web, namespace: shop, labels: {team: a}}\nspec:\n  replicas: 7\n  \
                 template:\n    spec:\n      hostNetwork: false\n      tolerations: [{key: b}]\n      containers:\n      \
                 - {name: log, image: 'reg/log:2'}\n      - {name: web, image: 'reg/web:latest', resources: {limits: {cpu: 1}}}\n";
    for (path, steps, expected) in [
        (
            "spec.template.spec.containers[1].image",
            6,
            "exact over/kustomization.yaml `latest`",
        ),
        (
            "spec.template.spec.containers[0].image",
            6,
            "exact over/merge.yaml `reg/log:2`",
        ),
        (
            "spec.template.spec.tolerations",
            4,
            "exact over/merge.yaml `tolerations`",
        ),
        (
            "spec.template.spec.hostNetwork",
            4,
            "exact over/kustomization.yaml `false`",
        ),
        ("spec.replicas", 2, "exact over/kustomization.yaml `7`"),
        (
            "metadata.namespace",
            2,
            "exact over/kustomization.yaml `shop`",
        ),
        (
            "metadata.labels.team",
            3,
            "exact over/kustomization.yaml `a`",
        ),
        ("metadata.name", 2, "exact over/kustomization.yaml `p-`"),
        (
            "spec.template.spec.containers[1].resources.limits.cpu",
            8,
            "exact base/web.yaml `1`",
        ),
        (
            "spec.template.spec.containers[1].livenessProbe",
            5,
            "exact base/web.yaml `name: web`",
        ),
        (
            "spec.template.spec.containers[1].resources.limits.memory",
            7,
            "exact base/web.yaml `limits`",
        ),
    ] {
        let origin = Origin::File(tree.root.join("base/web.yaml"));
        let found = traced(&tree, "over/kustomization.yaml", built, origin, path, steps);
        assert_eq!(found, expected, "{path}");
    }
}

#[test]
fn a_value_that_nothing_explains_stands_at_the_nearest_thing_that_exists() {
    let tree = overlay();
    let built = "kind: Deployment\nmetadata: {name: p-web}\nspec: {template: {spec: {containers: [{name: injected, image: x}]}}}\n";
    let origin = Origin::File(tree.root.join("base/web.yaml"));
    let path = "spec.template.spec.containers[0].image";
    assert_eq!(
        traced(&tree, "over/kustomization.yaml", built, origin, path, 5),
        "near base/web.yaml `containers`"
    );
    let gone = Origin::File(tree.root.join("base/gone.yaml"));
    assert_eq!(
        traced(&tree, "over/kustomization.yaml", built, gone, path, 5),
        "lost"
    );
}

#[test]
fn a_generated_object_stands_at_its_generator() {
    let tree = tree(&[(
        "kustomization.yaml",
        "configMapGenerator:\n- name: settings\n  literals: [a=b]\n",
    )]);
    let built = "kind: ConfigMap\nmetadata: {name: settings-4h2mb}\ndata: {a: b}\n";
    let origin = Origin::Generated(tree.root.join("kustomization.yaml"));
    assert_eq!(
        traced(&tree, "kustomization.yaml", built, origin, "data.a", 2),
        "near kustomization.yaml `settings`"
    );
}

#[test]
fn what_a_patch_takes_away_is_missed_at_the_patch() {
    let remove =
        "    - op: remove\n      path: /spec/template/spec/containers/0/resources/limits/cpu\n";
    let merge = "    kind: Deployment\n    metadata: {name: web}\n    spec:\n      template:\n        spec:\n          \
                 containers: [{name: web, resources: {limits: {cpu: null}}}]\n";
    let built = "kind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: web, resources: {limits: {}}}]}}}\n";
    for (patch, expected) in [
        (
            remove,
            "exact kustomization.yaml `/spec/template/spec/containers/0/resources/limits/cpu`",
        ),
        (merge, "exact kustomization.yaml `cpu`"),
    ] {
        let kustomization = format!(
            "resources: [web.yaml]\npatches:\n- target: {{kind: Deployment}}\n  patch: |-\n{patch}"
        );
        let tree = tree(&[("kustomization.yaml", &kustomization), ("web.yaml", WEB)]);
        let origin = Origin::File(tree.root.join("web.yaml"));
        let path = "spec.template.spec.containers[0].resources.limits.cpu";
        assert_eq!(
            traced(&tree, "kustomization.yaml", built, origin, path, 7),
            expected
        );
    }
}

#[test]
fn what_a_container_lacks_that_a_patch_brings_is_missed_at_the_patch() {
    let merge = "kind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: proxy, image: p}]}}}\n";
    let built = "kind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: proxy, image: p}, {name: web}]}}}\n";
    let kustomization = "resources: [web.yaml]\npatches: [{path: merge.yaml}]\n";
    let tree = tree(&[
        ("kustomization.yaml", kustomization),
        ("web.yaml", WEB),
        ("merge.yaml", merge),
    ]);
    let origin = || Origin::File(tree.root.join("web.yaml"));
    for (path, expected) in [
        (
            "spec.template.spec.containers[0].livenessProbe",
            "exact merge.yaml `name: proxy`",
        ),
        (
            "spec.template.spec.containers[1].livenessProbe",
            "exact web.yaml `name: web`",
        ),
    ] {
        assert_eq!(
            traced(&tree, "kustomization.yaml", built, origin(), path, 5),
            expected
        );
    }
}

#[test]
fn a_part_of_an_image_stands_at_the_entry_that_sets_it() {
    let tree = tree(&[
        (
            "base/kustomization.yaml",
            "resources: [web.yaml]\nimages: [{name: reg/web, newName: hub/web}]\n",
        ),
        (
            "base/web.yaml",
            "kind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: 'reg/web:1'}]}\n",
        ),
        (
            "over/kustomization.yaml",
            "resources: [../base]\nimages:\n- {name: hub/web, newTag: latest}\n- {name: hub/we, newTag: latest}\n",
        ),
        (
            "both/kustomization.yaml",
            "resources: [../base]\nimages: [{name: hub/web, newName: own/web, newTag: '2', digest: 'sha256:a'}]\n",
        ),
    ]);
    let over = "over/kustomization.yaml";
    let both = "both/kustomization.yaml";
    for (start, image, part, expected) in [
        (
            over,
            "hub/web:latest",
            Some(ImagePart::Name),
            "exact base/kustomization.yaml `hub/web`",
        ),
        (
            over,
            "hub/web:latest",
            Some(ImagePart::Version),
            "exact over/kustomization.yaml `latest`",
        ),
        (
            over,
            "hub/web:latest",
            None,
            "exact over/kustomization.yaml `latest`",
        ),
        (
            "base/kustomization.yaml",
            "hub/web:1",
            Some(ImagePart::Name),
            "exact base/kustomization.yaml `hub/web`",
        ),
        // A new name leaves the tag as it was written.
        (
            "base/kustomization.yaml",
            "hub/web:1",
            Some(ImagePart::Version),
            "near base/web.yaml `'reg/web:1'`",
        ),
        (
            both,
            "own/web:2@sha256:a",
            Some(ImagePart::Name),
            "exact both/kustomization.yaml `own/web`",
        ),
        (
            both,
            "own/web:2@sha256:a",
            Some(ImagePart::Version),
            "exact both/kustomization.yaml `'sha256:a'`",
        ),
        (
            both,
            "own/web:2",
            Some(ImagePart::Version),
            "exact both/kustomization.yaml `'2'`",
        ),
    ] {
        let built = format!(
            "kind: Pod\nmetadata: {{name: web}}\nspec: {{containers: [{{name: web, image: '{image}'}}]}}\n"
        );
        let origin = Origin::File(tree.root.join("base/web.yaml"));
        let place = ("spec.containers[0].image", 4);
        let found = traced_part(&tree, start, &built, origin, place, part);
        assert_eq!(found, expected, "{image} {part:?}");
    }
}
