//! Graphs of small trees on disk.

use super::*;
use crate::manifest::{Dialect, Limits, read_one};
use crate::source::SourceId;

fn tree(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(directory.path()).unwrap();
    for (name, text) in files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    (directory, root)
}

fn graph(root: &Path, starts: &[&str]) -> (Graph, Vec<PathBuf>) {
    let starts: Vec<PathBuf> = starts.iter().map(|name| root.join(name)).collect();
    let graph = Graph::build(&starts, &mut |path| {
        let text = fs::read_to_string(path).ok()?;
        let limits = Limits::default();
        let reading = read_one(SourceId(0), &text, Dialect::Kustomize, &limits);
        reading.documents.into_iter().next().map(Kustomization::new)
    });
    (graph, starts)
}

fn names(graph: &Graph, root: &Path, members: &[usize]) -> Vec<String> {
    let name = |&at: &usize| {
        let directory = &graph.get(at).unwrap().directory;
        directory.strip_prefix(root).unwrap().display().to_string()
    };
    members.iter().map(name).collect()
}

#[test]
fn what_another_refers_to_is_not_built_alone_and_its_files_are_reached() {
    let (_keep, root) = tree(&[
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", ""),
        (
            "over/kustomization.yml",
            "namespace: shop\nresources: [../base]\ncomponents: [../part]\npatches: [{path: p.yaml}]\n",
        ),
        ("over/p.yaml", ""),
        (
            "part/kustomization.yaml",
            "kind: Component\nresources: [x.yaml]\n",
        ),
        ("part/x.yaml", ""),
    ]);
    let (graph, starts) = graph(
        &root,
        &[
            "base/kustomization.yaml",
            "over/kustomization.yml",
            "part/kustomization.yaml",
        ],
    );
    let roots = graph.roots(&starts);
    assert_eq!(names(&graph, &root, &roots), ["over"]);
    let reached: Vec<(String, Use)> = graph
        .reach(roots[0])
        .into_iter()
        .map(|reached| {
            let name = reached.file.strip_prefix(&root).unwrap();
            (name.display().to_string(), reached.role)
        })
        .collect();
    assert_eq!(
        reached,
        [
            ("over/p.yaml".to_owned(), Use::Patch),
            ("base/web.yaml".to_owned(), Use::Resource),
            ("part/x.yaml".to_owned(), Use::Resource),
        ]
    );
    assert_eq!(graph.obstacle(roots[0]), None);
    assert!(graph.unused_components(&roots).is_empty());
}

#[test]
fn a_circle_has_one_root_and_an_unused_component_none() {
    let (_keep, root) = tree(&[
        ("a/kustomization.yaml", "resources: [../b]\n"),
        ("b/kustomization.yaml", "resources: [../a]\n"),
        ("c/kustomization.yaml", "kind: Component\n"),
    ]);
    let (graph, starts) = graph(
        &root,
        &[
            "a/kustomization.yaml",
            "b/kustomization.yaml",
            "c/kustomization.yaml",
        ],
    );
    let roots = graph.roots(&starts);
    assert_eq!(names(&graph, &root, &roots), ["a"]);
    assert_eq!(
        names(&graph, &root, &graph.unused_components(&roots)),
        ["c"]
    );
    assert!(graph.reach(roots[0]).is_empty());
}

#[test]
fn what_is_not_in_the_repository_is_an_obstacle() {
    for (text, expected) in [
        (
            "resources: ['https://example.com/x.yaml']\n",
            Some("https://example.com/x.yaml"),
        ),
        (
            "resources: ['github.com/a/b//c?ref=v1']\n",
            Some("github.com/a/b//c?ref=v1"),
        ),
        ("helmCharts: [{name: x}]\n", Some("Helm")),
        ("resources: [gone.yaml]\n", None),
    ] {
        let (_keep, root) = tree(&[("kustomization.yaml", text)]);
        let (graph, _) = graph(&root, &["kustomization.yaml"]);
        let obstacle = graph.obstacle(0);
        match expected {
            Some(part) => assert!(obstacle.unwrap().contains(part)),
            None => assert_eq!(obstacle, None),
        }
    }
}
