//! CEL beside the `cel` crate: the kinds of expressions that policies are made of, on one Deployment, in one run.
//!
//! Prints for each the time of an evaluation, its allocations and the time to compile, of both, with the ratio. `cel`
//! gets its values converted and bound beforehand; what that costs stands below the table, as kpolicy has no such step.
//! `KPOLICY_BENCH_ROUNDS` sets how often each is measured (the median counts). Times are those of the processor, where
//! the kernel tells them, so that other work on the machine does not count.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench may fail so, and it prints"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use kpolicy::cel::{Activation, Environment, Program, Value, compile};
use kpolicy::manifest::{Dialect, Document, Limits, read, read_json, write_json};
use kpolicy::schema::defaults;
use kpolicy::source::SourceId;

/// A Deployment as people write it: two containers, probes, resources.
const DEPLOYMENT: &str = include_str!("deployment.yaml");

/// Name, expression, and what `cel` is given instead where it lacks a function.
const EXPRESSIONS: [(&str, &str, Option<&str>); 7] = [
    (
        "limits of memory",
        "object.spec.template.spec.containers.all(c, has(c.resources) && has(c.resources.limits) && 'memory' in c.resources.limits)",
        None,
    ),
    (
        "image by pattern",
        r"object.spec.template.spec.containers.all(c, c.image.matches('^acrdemo\\.azurecr\\.io/[a-z0-9/-]+:[0-9]+(\\.[0-9]+)*$'))",
        None,
    ),
    (
        "registry, init containers too",
        "(object.spec.template.spec.containers + (has(object.spec.template.spec.initContainers) ? object.spec.template.spec.initContainers : [])).all(c, c.image.startsWith('acrdemo.azurecr.io/'))",
        None,
    ),
    (
        "quantities",
        "object.spec.template.spec.containers.all(c, quantity(c.resources.limits.memory).compareTo(quantity('4Gi')) <= 0)",
        Some(
            "object.spec.template.spec.containers.all(c, compareQuantities(c.resources.limits.memory, '4Gi') <= 0)",
        ),
    ),
    (
        "message",
        "object.spec.template.spec.containers.filter(c, !has(c.startupProbe)).map(c, c.name).join(', ')",
        None,
    ),
    (
        "labels and replicas",
        "['app.kubernetes.io/name', 'app.kubernetes.io/part-of'].all(l, l in object.metadata.labels) && object.spec.replicas >= 2 && object.spec.replicas <= 10",
        None,
    ),
    (
        "not privileged",
        "!has(object.spec.template.spec.hostNetwork) || object.spec.template.spec.hostNetwork != true",
        None,
    ),
];

/// With the API server's defaults, as a webhook gets it.
fn object() -> Document {
    let reading = read(
        SourceId(0),
        DEPLOYMENT,
        Dialect::Kubectl,
        &Limits::default(),
    );
    let mut yaml = reading.documents.into_iter().next().unwrap();
    defaults::apply(&mut yaml, "apps", "Deployment", defaults::NEWEST_MINOR);
    read_json(None, &write_json(yaml.root())).unwrap()
}

/// A JSON value as `cel` has it; whole numbers are int, as in the API server.
fn value(json: &serde_json::Value) -> cel::Value {
    use serde_json::Value as Json;
    match json {
        Json::Null => cel::Value::Null,
        Json::Bool(value) => cel::Value::Bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(value) => cel::Value::Int(value),
            None => cel::Value::Float(number.as_f64().unwrap()),
        },
        Json::String(text) => cel::Value::String(Arc::new(text.clone())),
        Json::Array(items) => cel::Value::List(Arc::new(items.iter().map(value).collect())),
        Json::Object(entries) => {
            let entries = entries.iter().map(|(key, entry)| {
                (
                    cel::objects::Key::String(Arc::new(key.clone())),
                    value(entry),
                )
            });
            cel::Value::Map(cel::objects::Map {
                map: Arc::new(entries.collect()),
            })
        }
    }
}

/// As simple as such a function can be: whole numbers with a binary suffix.
fn bytes(text: &str) -> i64 {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.trim_start_matches(|c: char| c.is_ascii_digit()) {
        "Gi" => 1 << 30,
        "Mi" => 1 << 20,
        "Ki" => 1 << 10,
        _ => 1,
    };
    digits.parse::<i64>().unwrap() * unit
}

fn context(
    json: &serde_json::Value,
    environment: &Arc<cel::Env>,
) -> cel::Context<'static, 'static> {
    let mut context = cel::Context::with_env(Arc::clone(environment));
    context.add_variable_from_value("object", value(json));
    context
        .add_function(
            "compareQuantities",
            |left: Arc<String>, right: Arc<String>| bytes(&left).cmp(&bytes(&right)) as i64,
        )
        .unwrap();
    context
}

fn rounds() -> usize {
    let set = std::env::var("KPOLICY_BENCH_ROUNDS");
    set.ok().and_then(|text| text.parse().ok()).unwrap_or(7)
}

/// Time that this thread has had so far; on other systems than Linux the time on the wall.
fn now(start: Instant) -> f64 {
    let counters = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let used = counters.and_then(|counters| counters.split(' ').next()?.parse::<f64>().ok());
    used.unwrap_or_else(|| start.elapsed().as_nanos() as f64)
}

/// Nanoseconds that each of two takes, the medians of rounds in which both are measured in turn.
fn pair<A, B>(mut one: impl FnMut() -> A, mut other: impl FnMut() -> B) -> (f64, f64) {
    /// Long beside the steps in which the kernel counts.
    const ROUND: f64 = 4e7;
    fn time<T>(times: usize, work: &mut impl FnMut() -> T) -> f64 {
        let start = Instant::now();
        let before = now(start);
        for _ in 0..times {
            black_box(work());
        }
        (now(start) - before) / times as f64
    }
    let first = (ROUND / time(20_000, &mut one).max(10.0)) as usize + 1;
    let second = (ROUND / time(2_000, &mut other).max(10.0)) as usize + 1;
    let mut times: [Vec<f64>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..rounds() {
        times[0].push(time(first, &mut one));
        times[1].push(time(second, &mut other));
    }
    for times in &mut times {
        times.sort_by(f64::total_cmp);
    }
    (times[0][times[0].len() / 2], times[1][times[1].len() / 2])
}

fn allocations(mut work: impl FnMut()) -> u64 {
    work();
    allocation_counter::measure(work).count_total
}

fn shown(value: &Value<'_>) -> String {
    match (value.as_bool(), value.as_str()) {
        (Some(value), _) => value.to_string(),
        (_, Some(text)) => text.to_owned(),
        _ => "?".to_owned(),
    }
}

fn main() {
    let document = object();
    let text = write_json(document.root());
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let environment = Environment::new(["object"]);
    let mut theirs = cel::Env::stdlib();
    theirs.add_extension(cel::extensions::strings).unwrap();
    let theirs = Arc::new(theirs);
    let context = context(&json, &theirs);
    println!(
        "a Deployment of {} bytes; ns and allocations for each evaluation, us to compile",
        text.len()
    );
    println!(
        "{:30} {:>8} {:>8} {:>7} {:>6} {:>6} {:>8} {:>8} {:>6}",
        "", "kpolicy", "cel", "ratio", "alloc", "cel", "compile", "cel", "ratio"
    );
    for (name, source, instead) in EXPRESSIONS {
        let program: Program = compile(source, &environment).unwrap();
        let activation = Activation::new(vec![Value::Node(document.root())], &[], u64::MAX);
        let their_source = instead.unwrap_or(source);
        let their_program = theirs.compile(their_source).unwrap();
        let ours = program.evaluate(&activation).unwrap();
        let same = match their_program.execute(&context).unwrap() {
            cel::Value::Bool(value) => value.to_string(),
            cel::Value::String(text) => text.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(shown(&ours), same, "{source}");
        let (own, other) = pair(
            || program.evaluate(black_box(&activation)),
            || their_program.execute(black_box(&context)),
        );
        let (own_compile, other_compile) = pair(
            || compile(black_box(source), &environment),
            || theirs.compile(black_box(their_source)),
        );
        let own_allocations = allocations(|| drop(program.evaluate(&activation)));
        let other_allocations = allocations(|| drop(their_program.execute(&context)));
        println!(
            "{name:30} {own:8.0} {other:8.0} {:6.1}x {own_allocations:6} {other_allocations:6} {:8.1} {:8.1} {:5.1}x",
            other / own,
            own_compile / 1e3,
            other_compile / 1e3,
            other_compile / own_compile,
        );
    }
    let (own, other) = pair(
        || read_json(None, black_box(&text)),
        || {
            let json: serde_json::Value = serde_json::from_str(black_box(&text)).unwrap();
            let mut context = cel::Context::with_env(Arc::clone(&theirs));
            context.add_variable_from_value("object", value(&json));
        },
    );
    println!("from JSON text to an object that can be evaluated: {own:.0} ns, cel {other:.0} ns");
}
