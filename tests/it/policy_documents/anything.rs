//! Whatever stands in our documents, reading them ends with problems and never with a panic.

use kpolicy::documents::Documents;
use kpolicy::policy::built_in_texts;
use kpolicy::source::SourceMap;
use proptest::prelude::*;

use super::native::VALIDATING;

const CONFIG: &str = "apiVersion: kpolicy.io/v1alpha1
kind: Config
profiles: [recommended]
policies:
  acr-only: {enforcement: deny, params: {registries: [a.azurecr.io]}}
clusters:
  - {name: app1, path: clusters/app1, kubernetesVersion: '1.34', policies: {'*': {enforcement: audit}}}
namespaces:
  - {names: ['prod-*'], enforcement: deny, labels: {a: b}}
exceptions: {paths: [x], maxLifetimeDays: 30, allowedNamespaces: [a]}
podTemplateCrds: [{group: a.io, kind: B, paths: ['spec.x[].y']}]
---
apiVersion: kpolicy.io/v1alpha1
kind: PolicyException
metadata: {name: a, namespace: b}
spec:
  policies: [acr-only]
  match: {names: [a], selector: {matchExpressions: [{key: a, operator: In, values: [b]}]}}
  reason: r
  owner: o
  expires: 2027-01-31
";

fn texts() -> Vec<String> {
    let built_in = built_in_texts()
        .into_iter()
        .map(|(_, text)| text.to_owned());
    built_in
        .chain([CONFIG, VALIDATING].map(str::to_owned))
        .collect()
}

/// What may stand where something else stood.
fn scalar() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just(""),
        Just(" ~"),
        Just(" []"),
        Just(" {}"),
        Just(" [[]]"),
        Just(" {a: {b: c}}"),
        Just(" 1.30"),
        Just(" -7"),
        Just(" off"),
        Just(" 'ünï'"),
        Just(" \"\\u0000\\n\""),
        Just(" |2-\n\n   ((\n"),
        Just(" 9999999999999999999999"),
        Just(" 2027-02-30"),
        Just(" '*'"),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn a_damaged_document_gives_problems_or_is_read(
        which in any::<prop::sample::Index>(),
        line in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
        value in scalar(),
        whole in any::<bool>(),
    ) {
        let texts = texts();
        let text = which.get(&texts);
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let at = line.index(lines.len());
        let old = lines[at].clone();
        lines[at] = match old.split_once(':') {
            Some((key, _)) if whole => format!("{key}:{value}"),
            _ => {
                let end = (0..=cut.index(old.len() + 1)).rev().find(|end| old.is_char_boundary(*end));
                format!("{}{value}", &old[..end.unwrap_or(0)])
            }
        };
        let damaged = lines.join("\n");
        let mut sources = SourceMap::new();
        let mut documents = Documents::default();
        documents.add("damaged.yaml", &damaged.as_str().into(), &mut sources);
        documents.config();
        documents.take_policies();
        for problem in &documents.problems {
            let span = problem.span.expect("a problem in a file has a place");
            prop_assert!(sources.text(span).is_some(), "{problem:?} in {damaged}");
        }
    }
}
