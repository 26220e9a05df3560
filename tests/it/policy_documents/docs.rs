//! The examples in the documentation are read as they stand there.

use std::fs;
use std::path::Path;

use kpolicy::documents::Documents;
use kpolicy::source::SourceMap;

/// The blocks of YAML in a text that hold a document of ours, each with the line it starts on.
fn examples(text: &str) -> Vec<(usize, String)> {
    let mut examples = Vec::new();
    let mut block: Option<(usize, String)> = None;
    for (number, line) in text.lines().enumerate() {
        match &mut block {
            None if line.trim() == "```yaml" => block = Some((number + 2, String::new())),
            None => {}
            Some(_) if line.trim() == "```" => examples.extend(block.take()),
            Some((_, text)) => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    let groups = ["kpolicy.io/", "admissionregistration.k8s.io/"];
    let is_ours = |text: &str| {
        let mut groups = groups.iter();
        groups.any(|group| text.contains(&format!("apiVersion: {group}")))
    };
    examples.retain(|(_, text)| is_ours(text));
    examples
}

#[test]
fn every_example_of_ours_is_right() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    for file in [
        "README.md",
        "docs/config.md",
        "docs/writing-policies.md",
        "docs/native-policies.md",
        "CONTRIBUTING.md",
    ] {
        let Ok(text) = fs::read_to_string(root.join(file)) else {
            continue;
        };
        for (line, example) in examples(&text) {
            let mut sources = SourceMap::new();
            let mut documents = Documents::built_in(&mut sources);
            documents.problems.clear();
            let name = format!("{file} from line {line}");
            documents.add(&name, &example.into(), &mut sources);
            documents.config();
            let problems: Vec<_> = documents
                .problems
                .iter()
                .map(|problem| {
                    let place = problem
                        .span
                        .map(|span| sources.place(span))
                        .unwrap_or_default();
                    format!("{place}: {}", problem.message)
                })
                .collect();
            assert_eq!(problems, [""; 0]);
            count += 1;
        }
    }
    assert!(count > 1, "there are examples");
}
