//! What the documents of a file are.

use kpolicy::manifest::{Content, Dialect, Limits, NodeRef, Problem, classify, read};
use kpolicy::source::SourceId;

/// A word for each document, and the problems of telling.
fn contents(text: &str) -> (Vec<String>, Vec<Problem>) {
    let reading = read(SourceId(0), text, Dialect::Kubectl, &Limits::default());
    assert_eq!(reading.problems, []);
    let mut problems = Vec::new();
    let words = reading
        .documents
        .into_iter()
        .flat_map(|document| classify(document, &mut problems))
        .map(|content| match content {
            Content::Object(manifest) => format!(
                "{} {}",
                manifest.kind(),
                manifest.name().or(manifest.generate_name()).unwrap_or("-")
            ),
            Content::Kustomize(_) => "kustomize".to_owned(),
            Content::Other(_) => "other".to_owned(),
        })
        .collect();
    (words, problems)
}

#[test]
fn documents_are_told_apart() {
    let (words, problems) = contents(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\n\
         apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: b-}\n---\n\
         apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n---\n\
         apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: c}\n---\n\
         replicas: 3\n---\n- a\n---\ntext\n",
    );
    assert_eq!(
        words,
        [
            "Pod a",
            "Job b-",
            "kustomize",
            "Kustomization c",
            "other",
            "other",
            "other"
        ]
    );
    assert_eq!(problems, []);
}

#[test]
fn lists_give_their_items_each_with_its_places() {
    let text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: a\n\
                - apiVersion: v1\n  kind: ConfigMapList\n  items:\n  - metadata: {name: b}\n- 1\n";
    let (words, problems) = contents(text);
    assert_eq!(words, ["Pod a", "ConfigMap b"]);
    let messages: Vec<_> = problems.iter().map(|problem| &*problem.message).collect();
    assert_eq!(
        messages,
        ["an item of a list is of type integer, not an object"]
    );
    let reading = read(SourceId(0), text, Dialect::Kubectl, &Limits::default());
    let contents = classify(reading.documents[0].clone(), &mut Vec::new());
    let Content::Object(pod) = &contents[0] else {
        panic!("a pod");
    };
    let name = pod.root().at(&["metadata", "name"]).expect("a name");
    let span = name.origin().expect("a place");
    assert_eq!(&text[span.start as usize..span.end as usize], "a");
    assert_eq!(name.path().to_string(), "metadata.name");
    assert_eq!(
        (pod.group(), pod.version(), pod.namespace()),
        ("", "v1", None)
    );
}

#[test]
fn a_list_that_the_api_server_would_refuse_is_a_problem() {
    for (text, problem) in [
        (
            "apiVersion: v1\nkind: List\nitems: foo\n",
            "`items` of a List is of type string, not a list",
        ),
        (
            "apiVersion: v1\nkind: List\nitems: [{a: b}]\n",
            "an item of a List needs `apiVersion` and `kind`",
        ),
    ] {
        let (_, problems) = contents(text);
        let first = problems.first().map(|first| &*first.message);
        assert_eq!(first, Some(problem), "{text}");
    }
}

#[test]
fn whatever_has_items_is_a_list_as_for_kubectl() {
    for (text, expected, problem) in [
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nitems:\n- {apiVersion: v1, kind: Pod}\n",
            &["Pod -"][..],
            None,
        ),
        // What says nothing of its kind is of the list's.
        (
            "apiVersion: v1\nkind: Pod\nitems:\n- metadata: {name: a}\n",
            &["Pod a"],
            None,
        ),
        (
            "apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: a}\n  items:\n  - metadata: {name: b}\n",
            &["Pod b"],
            None,
        ),
        // What says half of it is refused.
        (
            "apiVersion: v1\nkind: PodList\nitems:\n- apiVersion: apps/v1\n  metadata: {name: a}\n",
            &[],
            Some("an item of a List needs `apiVersion` and `kind`"),
        ),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nitems: []\n",
            &[],
            Some("kubectl and Flux take this Pod for a list, and its `items` hold no object"),
        ),
        (
            "apiVersion: v1\nkind: List\nitems: []\n",
            &[],
            Some("this List holds no object"),
        ),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nitems: null\n",
            &["Pod a"],
            None,
        ),
        // Without `apiVersion`, only what holds an object is meant for a cluster.
        (
            "kind: menu\nitems: [{apiVersion: v1, kind: Pod}]\n",
            &["Pod -"],
            None,
        ),
        ("kind: menu\nitems: [soup]\n", &["other"], None),
        ("items: [{apiVersion: v1, kind: Pod}]\n", &["other"], None),
    ] {
        let (words, problems) = contents(text);
        assert_eq!(words, expected, "{text}");
        let first = problems.first().map(|first| &*first.message);
        assert_eq!(first, problem, "{text}");
    }
}

#[test]
fn an_alias_stays_one_in_an_item() {
    let text = "apiVersion: v1\nkind: List\nx: &x {a: b}\nitems:\n- apiVersion: apps/v1\n  kind: D\n  l: *x\n";
    let reading = read(SourceId(0), text, Dialect::Kubectl, &Limits::default());
    let contents = classify(reading.documents[0].clone(), &mut Vec::new());
    let Content::Object(object) = &contents[0] else {
        panic!("an object");
    };
    assert_eq!((object.group(), object.version()), ("apps", "v1"));
    assert!(object.root().get("l").and_then(NodeRef::alias).is_some());
}

#[test]
fn what_is_nearly_an_object_is_told() {
    for (text, message) in [
        (
            "kind: Pod\nmetadata: {name: a}\n",
            "this looks like a Kubernetes object, but `apiVersion` is not set",
        ),
        (
            "apiVersion: v1\nmetadata: {name: a}\n",
            "this looks like a Kubernetes object, but `kind` is not set",
        ),
        (
            "apiVersion: v1\nkind:\nmetadata: {name: a}\n",
            "`kind` is empty",
        ),
        (
            "apiVersion: 1\nkind: Pod\nmetadata: {name: a}\n",
            "`apiVersion` is no string",
        ),
    ] {
        let (words, problems) = contents(text);
        assert_eq!(words, ["other"]);
        assert_eq!(
            problems
                .iter()
                .map(|problem| &*problem.message)
                .collect::<Vec<_>>(),
            [message]
        );
    }
    assert_eq!(contents("kind: tool\nsettings: 1\n").1, []);
}
