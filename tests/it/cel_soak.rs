//! Nothing that is written as an expression brings the process down or holds it up: our own expressions, mutated, and
//! generated ones go through compiling, evaluating and blaming on a thread with the stack of a thread.
//!
//! A few thousand in each test run, `SOAK_INPUTS` of them (ten million unless said) with `make soak`.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kpolicy::cel::{Activation, Environment, Program, Value, compile};
use kpolicy::manifest::{Dialect, Document, Limits, NodeRef, View, read, read_json};
use kpolicy::source::SourceId;

use super::generate::{Kind, OBJECT, Random, WIDE, mutated, used};

const ROOTS: [&str; 9] = [
    "object",
    "oldObject",
    "request",
    "params",
    "namespaceObject",
    "pod",
    "containers",
    "serviceContainers",
    "resources",
];
const VARIABLES: [(&str, &str); 6] = [
    ("pod", "object.spec.template.spec"),
    ("containers", "variables.pod.containers"),
    ("images", "variables.containers.map(c, c.image)"),
    ("parsed", "variables.images.filter(i, isImage(i))"),
    ("services", "variables.containers.filter(c, has(c.ports))"),
    ("v", "object.gone.x"),
];
/// The steps of an evaluation, about those of a policy.
const STEPS: u64 = 200_000;
/// What no single input may take of the processor, also without optimisation.
const LONGEST: Duration = Duration::from_secs(20);

fn files(folder: &str, found: &mut Vec<PathBuf>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut pending = vec![folder];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(folder).expect("readable") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                pending.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "yaml")
            {
                found.push(path);
            }
        }
    }
    found.sort();
}

/// All texts under a key that holds expressions.
fn expressions(node: NodeRef<'_>, found: &mut Vec<String>) {
    match node.view() {
        View::List(items) => items.iter().for_each(|item| expressions(item, found)),
        View::Map(entries) => {
            for entry in entries.iter() {
                match entry.value.as_str() {
                    Some(text) if entry.key.to_lowercase().ends_with("expression") => {
                        found.push(text.to_owned());
                    }
                    _ => expressions(entry.value, found),
                }
            }
        }
        _ => {}
    }
}

/// What is mutated: the expressions of the policies and of the test data.
fn corpus() -> Vec<String> {
    let mut paths = Vec::new();
    files("policies", &mut paths);
    files("testdata", &mut paths);
    let mut found = Vec::new();
    for path in paths {
        let Ok(text) = std::fs::read_to_string(path) else {
            continue;
        };
        let reading = read(SourceId(0), &text, Dialect::Kubectl, &Limits::default());
        for document in &reading.documents {
            expressions(document.root(), &mut found);
        }
    }
    found.sort();
    found.dedup();
    found
}

struct Ground {
    document: Document,
    environment: Environment,
    variables: Vec<Program>,
}

impl Ground {
    fn new() -> Self {
        let deployment = include_str!("../../testdata/cel/blame/deployment.yaml");
        let reading = read(
            SourceId(0),
            deployment,
            Dialect::Kubectl,
            &Limits::default(),
        );
        let table = reading.documents.into_iter().next().expect("a document");
        let json =
            |key: &str| kpolicy::manifest::write_json(table.root().get(key).expect("it is there"));
        let object = json("object");
        let text = format!(
            "{}, {}, \"params\": {}}}",
            object.trim_end().strip_suffix('}').expect("a map"),
            OBJECT
                .trim()
                .strip_prefix('{')
                .and_then(|rest| rest.strip_suffix('}'))
                .expect("a map"),
            json("params"),
        );
        let document = read_json(None, &text).expect("JSON");
        let mut environment = Environment::new(ROOTS);
        let mut variables = Vec::new();
        for (name, source) in VARIABLES {
            variables.push(compile(source, &environment).expect("it compiles"));
            environment.declare_variable(name);
        }
        Self {
            document,
            environment,
            variables,
        }
    }

    /// Compiles, evaluates and blames; whether there was something to evaluate.
    fn run(&self, source: &str) -> bool {
        let program = match compile(source, &self.environment) {
            Ok(program) => program,
            Err(errors) => {
                assert!(
                    !errors.is_empty() && source.get(errors[0].range.clone()).is_some(),
                    "{source}"
                );
                return false;
            }
        };
        let root = self.document.root();
        let at = |path: &[&str]| root.at(path).map_or(Value::Null, Value::Node);
        let roots = vec![
            Value::Node(root),
            Value::Null,
            Value::Null,
            at(&["params"]),
            Value::Null,
            at(&["spec", "template"]),
            at(&["spec", "template", "spec", "containers"]),
            at(&["spec", "template", "spec", "containers"]),
            Value::Null,
        ];
        let activation = Activation::new(roots, &self.variables, STEPS);
        if let Err(error) = program.evaluate(&activation) {
            assert!(source.get(error.range.clone()).is_some(), "{source}");
        }
        for place in program.blame(&activation) {
            assert!(source.get(place.range.clone()).is_some(), "{source}");
        }
        true
    }
}

/// What became of a run.
struct Report {
    compiled: usize,
    slowest: (Duration, String),
}

/// Runs so many inputs on a small stack.
fn soak(seed: u64, inputs: usize) -> Report {
    let work = move || {
        let ground = Ground::new();
        let corpus = corpus();
        assert!(corpus.len() > 150, "{} expressions", corpus.len());
        let mut random = Random::new(seed);
        let start = Instant::now();
        let mut report = Report {
            compiled: 0,
            slowest: (Duration::ZERO, String::new()),
        };
        for input in 0..inputs {
            let source = if input % 4 == 0 {
                let depth = 2 + input / 4 % 5;
                let source = WIDE.expression(&mut random, Kind::Any, depth);
                if random.once_in(2) {
                    source
                } else {
                    mutated(&mut random, &source)
                }
            } else {
                let source = random.pick(&corpus).clone();
                mutated(&mut random, &source)
            };
            let before = used(start);
            report.compiled += usize::from(ground.run(&source));
            let taken = used(start).saturating_sub(before);
            if taken > report.slowest.0 {
                report.slowest = (taken, source);
            }
        }
        report
    };
    std::thread::Builder::new()
        .stack_size(2 * 1024 * 1024)
        .spawn(work)
        .expect("a thread")
        .join()
        .expect("no input panics")
}

#[test]
fn mutated_and_generated_expressions_end_in_a_value_or_an_error() {
    let report = soak(2026, 4_000);
    assert!(report.compiled > 400, "{} compiled", report.compiled);
    assert!(report.slowest.0 < LONGEST, "{:?}", report.slowest);
}

/// `make soak`
#[cfg(feature = "soak")]
#[test]
fn soak_mutated_and_generated_expressions_end_in_a_value_or_an_error() {
    let wanted = option_env_number("SOAK_INPUTS").unwrap_or(10_000_000);
    let round = 100_000;
    let (mut done, mut compiled, mut slowest) = (0, 0, (Duration::ZERO, String::new()));
    while done < wanted {
        let inputs = round.min(wanted - done);
        let report = soak(done as u64, inputs);
        done += inputs;
        compiled += report.compiled;
        if report.slowest.0 > slowest.0 {
            slowest = report.slowest;
            println!("{done} inputs, slowest {:?}: {}", slowest.0, slowest.1);
        }
    }
    println!(
        "{done} inputs, {compiled} compiled, none panicked; slowest {:?}: {}",
        slowest.0, slowest.1
    );
    assert!(slowest.0 < LONGEST, "{slowest:?}");
}

#[cfg(feature = "soak")]
fn option_env_number(name: &str) -> Option<usize> {
    std::env::var(name).ok()?.parse().ok()
}
