//! One set of findings, written by every format.

use super::*;
use crate::finding::{ClusterVerdict, FindingKind, Ignored, legacy, sample};
use crate::source::{Source, SourceId};

/// No policy is known to have only one entry.
#[derive(Debug)]
struct NoneSingle;

impl SingleEntry for NoneSingle {
    fn has_single_entry(&self, _: &str) -> bool {
        false
    }
}

const WEB: &str = "kind: Deployment\nspec:\n  image: nginx:1.27\n";
const SECRET: &str = "kind: Secret\ndata: {password: aHVudGVyMg==}\n";

fn findings() -> Vec<Finding> {
    let mut denied = sample("acr-only");
    denied.message = "container `web` uses `nginx:1.27`: use another registry".to_owned();
    denied.span = Some(Span::new(SourceId(0), 32, 42));
    denied.help = Some("push it to ACR\nand reference it there.".to_owned());
    let cluster = |name: &str, enforcement| ClusterVerdict {
        name: name.into(),
        enforcement,
        at_admission: enforcement,
    };
    denied.clusters = vec![
        cluster("app1", Enforcement::Deny),
        cluster("app2", Enforcement::Deny),
        cluster("mgmt", Enforcement::Audit),
    ];
    let mut secret = sample("no-secrets");
    secret.span = Some(Span::new(SourceId(1), 13, 17));
    secret.message = "`data` is set".to_owned();
    let mut drift = sample("spot");
    drift.kind = FindingKind::Drift;
    drift.enforcement = Enforcement::Warn;
    drift.span = None;
    drift.message = "100%\u{1b}[31m, really".to_owned();
    drift.notes = vec!["seen in the build of `clusters/app1`".to_owned()];
    drift.fix = Some(crate::policy::Safety::Safe);
    let mut audit = sample("quiet");
    audit.enforcement = Enforcement::Audit;
    let mut excepted = sample("lifted");
    excepted.exception = Some(legacy());
    let mut ignored = sample("silenced");
    ignored.enforcement = Enforcement::Warn;
    ignored.ignored = Some(std::sync::Arc::new(Ignored {
        span: Span::new(SourceId(0), 17, 20),
        until: legacy().expires.into(),
        reason: "it is \u{1b}moved".into(),
    }));
    vec![denied, secret, excepted, ignored, drift, audit]
}

fn written(format: Format, style: Style) -> String {
    let mut sources = SourceMap::new();
    sources.add(Source::new("base/a,b:c%.yaml", WEB));
    sources.add(Source::new("secret.yaml", SECRET));
    let findings = findings();
    let mut summary = Summary {
        files: 2,
        objects: 3,
        policies: 4,
        clusters: 3,
        ..Summary::default()
    };
    summary.count(&findings);
    let not_judged: Vec<Unjudged> = (0..7)
        .map(|number| Unjudged {
            what: format!("charts/{number}"),
            reason: "charts are not rendered".to_owned(),
        })
        .collect();
    summary.not_judged = not_judged.len();
    let results = Results {
        findings: &findings,
        sources: &sources,
        not_judged: &not_judged,
        summary,
        remarks: &["skipped 2 YAML files that hold no Kubernetes object".to_owned()],
        masked: &[Span::new(SourceId(1), 30, 42)],
        single: &NoneSingle,
    };
    let mut out = Vec::new();
    format.report().write(&results, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn full_shows_the_line_the_clusters_and_the_help_and_no_secret() {
    insta::assert_snapshot!(written(Format::Full, Style::default()));
}

#[test]
fn concise_is_one_line_for_each_finding() {
    insta::assert_snapshot!(written(
        Format::Concise,
        Style {
            show_audit: true,
            ..Style::default()
        }
    ));
}

#[test]
fn json_is_version_one_with_every_finding() {
    insta::assert_snapshot!(written(Format::Json, Style::default()));
}

#[test]
fn github_escapes_what_could_be_a_command() {
    insta::assert_snapshot!(written(Format::Github, Style::default()));
}

#[test]
fn a_problem_of_a_policy_shows_its_place_and_its_second_place() {
    let mut sources = SourceMap::new();
    sources.add(Source::new(
        "policies/a.yaml",
        "spec:\n  expresion: \"1\"\n  expression: \"2\"\n",
    ));
    let problem = Problem::error(
        "unknown field `expresion`",
        Some(Span::new(SourceId(0), 8, 17)),
    )
    .with_related(Some(Span::new(SourceId(0), 25, 35)))
    .with_help("did you mean `expression`?");
    let mut out = Vec::new();
    problems(&[problem], &sources, Style::default(), &mut out).unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap());
}
