//! The sample repository: what its README says is wrong is found, at its place, and nothing else.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::lint_cases::kpolicy;

/// One planted mistake, as the README's table has it.
#[derive(Debug)]
struct Row {
    file: String,
    line: u64,
    object: String,
    policy: String,
    needs_rendering: bool,
    clusters: Vec<String>,
}

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/gitops")
}

fn rows() -> Vec<Row> {
    let text = fs::read_to_string(sample().join("README.md")).unwrap();
    let rows: Vec<Row> = text
        .lines()
        .filter_map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let [_, number, place, object, policy, _, rendering, clusters, _] = cells[..] else {
                return None;
            };
            number.parse::<u32>().ok()?;
            let (file, line) = place.split_once(':')?;
            Some(Row {
                file: file.to_owned(),
                line: line.parse().ok()?,
                object: object.to_owned(),
                policy: policy.to_owned(),
                needs_rendering: rendering == "yes",
                // `mgmt (audit)`: the enforcement stands behind the name.
                clusters: clusters
                    .split(", ")
                    .filter_map(|name| name.split(' ').next())
                    .map(str::to_owned)
                    .collect(),
            })
        })
        .collect();
    assert!(rows.len() >= 12, "the table is there");
    rows
}

fn findings(path: &Path) -> Vec<Value> {
    let arguments = ["lint", "--output-format", "json"];
    let (code, out, err) = kpolicy(&arguments, &sample(), path, b"");
    assert_eq!(code, 1, "{err}");
    let output: Value = serde_json::from_str(&out).unwrap();
    let all = output["findings"].as_array().unwrap().iter();
    all.filter(|finding| finding["exception"].is_null() && finding["ignored"].is_null())
        .cloned()
        .collect()
}

fn is_about(finding: &Value, row: &Row) -> bool {
    let object = &finding["object"];
    let name = format!(
        "{}/{}",
        object["kind"].as_str().unwrap_or_default(),
        object["name"].as_str().unwrap_or_default()
    );
    finding["policy"] == row.policy.as_str() && name == row.object
}

/// Whether the finding stands where the row says: at its line, or at the enclosing key above it. Findings about
/// network policies stand on the workload.
fn is_placed(finding: &Value, row: &Row) -> bool {
    let line = finding["line"].as_u64().unwrap_or(u64::MAX);
    let near = row.policy == "require-network-policy" || line <= row.line;
    finding["file"] == row.file.as_str() && near
}

fn has_clusters(finding: &Value, row: &Row) -> bool {
    let found = finding["clusters"].as_array().unwrap().iter();
    let mut found: Vec<&str> = found
        .filter_map(|cluster| cluster["name"].as_str())
        .collect();
    let mut expected: Vec<&str> = row.clusters.iter().map(String::as_str).collect();
    found.sort_unstable();
    expected.sort_unstable();
    found == expected
}

/// Holds the findings with the programs of `path` against the table.
pub(crate) fn check(path: &Path, renders: bool) {
    let findings = findings(path);
    let rows = rows();
    for row in rows.iter().filter(|row| renders || !row.needs_rendering) {
        let of_row = findings.iter().filter(|finding| is_about(finding, row));
        let placed = of_row.filter(|finding| is_placed(finding, row) && has_clusters(finding, row));
        assert!(placed.count() > 0, "{row:?} is not found in {findings:#?}");
    }
    for finding in &findings {
        let is_planted = rows.iter().any(|row| is_about(finding, row));
        assert!(is_planted, "nobody planted {finding:#}");
    }
}

#[test]
fn what_is_planted_is_found_where_no_tool_is_installed() {
    check(Path::new("/nowhere"), false);
}
