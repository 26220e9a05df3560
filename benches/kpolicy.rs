//! Throughput of the stages: parsing, evaluating with the whole set, linting, and the webhook beside an empty handler.
//!
//! Figures are for comparison within one run; see CONTRIBUTING.md.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kpolicy::manifest::{Dialect, Limits, read};
use kpolicy::source::SourceId;

/// A Deployment as people write it: two containers, probes, resources, about 2.5 KB.
const DEPLOYMENT: &str = include_str!("deployment.yaml");

fn parse(c: &mut Criterion) {
    let mut group = c.benchmark_group("parse");
    let stream = format!("---\n{DEPLOYMENT}").repeat(100);
    group.throughput(Throughput::Bytes(stream.len() as u64));
    group.bench_function("yaml, 100 deployments", |b| {
        b.iter(|| {
            read(
                SourceId(0),
                black_box(&stream),
                Dialect::Kubectl,
                &Limits::default(),
            )
        });
    });
    group.finish();
}

criterion_group!(benches, parse);
criterion_main!(benches);
