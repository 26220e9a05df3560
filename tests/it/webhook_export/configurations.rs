//! The configurations as they are written, and what decides which of them there are.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use kpolicy::documents::Documents;
use kpolicy::export::webhook::{Configurations, Settings, configurations};
use kpolicy::judge::Judge;
use kpolicy::source::SourceMap;

use super::api_server::{Hook, Hooks, hooks};
use super::policies::settings;
use crate::webhook::TODAY;

/// What is exported for the built-in policies, or for some others, with a Config, for one of its clusters.
fn exported(
    own: &[&str],
    config: &str,
    cluster: Option<&str>,
    change: impl FnOnce(&mut Settings<'static>),
) -> Configurations {
    let mut sources = SourceMap::new();
    // Without a Config of its own a test brings all that there is.
    let mut documents = if config.is_empty() {
        Documents::default()
    } else {
        Documents::built_in(&mut sources)
    };
    for text in own {
        documents.add("policies.yaml", &Arc::from(*text), &mut sources);
    }
    if !config.is_empty() {
        let config = format!("apiVersion: kpolicy.io/v1alpha1\nkind: Config\n{config}");
        documents.add(".kpolicy.yaml", &Arc::from(config), &mut sources);
    }
    let config = documents.config();
    let policies = Arc::new(documents.take_policies());
    assert!(documents.problems.is_empty(), "{:?}", documents.problems);
    let judge = Judge::new(&policies, &config, &[], cluster, TODAY).expect("a judge");
    let running = judge.hardest();
    let autoscalers: Vec<&str> = judge.autoscalers().collect();
    let mut settings = settings();
    settings.fail_closed = &["pod-security", "images"];
    settings.mutate = judge.mutates();
    change(&mut settings);
    let settings = Settings {
        autoscalers: &autoscalers,
        ..settings
    };
    let policies = running
        .iter()
        .map(|(policy, enforcement)| (&**policy, *enforcement));
    configurations(policies, &config.pod_template_crds, settings)
}

fn plain(config: &str) -> Hooks {
    hooks(&exported(&[], config, None, |_| {}).yaml)
}

fn names(hooks: &[Hook]) -> Vec<&str> {
    hooks.iter().map(|hook| hook.name.as_str()).collect()
}

const CLOSED: &str = "validate.kpolicy.io";
const OPEN: &str = "validate-ignore.kpolicy.io";

#[test]
fn policies_and_exceptions_of_the_cluster_have_an_entry_of_their_own_that_fails_open() {
    let none = exported(&[], "profiles: []", None, |_| {}).yaml;
    assert_eq!(none, "");
    let yaml = exported(&[], "profiles: []", None, |settings| {
        settings.own_kinds = true;
    })
    .yaml;
    assert!(
        yaml.contains("kind: ValidatingWebhookConfiguration"),
        "{yaml}"
    );
    let entry = "  - name: own-kinds.kpolicy.io\n";
    let (_, entry) = yaml.split_once(entry).expect("an entry");
    assert!(entry.contains("    failurePolicy: Ignore\n"), "{entry}");
    let rules = "    rules:\n      - apiGroups: [kpolicy.io]\n        apiVersions: [v1alpha1]\n        \
                 operations: [CREATE, UPDATE]\n        resources:\n          - policies\n          - policyexceptions\n";
    assert!(entry.ends_with(rules), "{entry}");
    // An exception may be in kpolicy's own namespace.
    assert!(!entry.contains("namespaceSelector"), "{entry}");
}

/// A policy of ours for one resource.
fn policy(name: &str, category: &str, resource: &str, more: &str) -> String {
    format!(
        "apiVersion: kpolicy.io/v1alpha1\nkind: Policy\nmetadata: {{name: {name}}}\nspec:\n  title: T\n  \
         category: {category}\n  severity: low\n  description: D\n  remediation: R\n  matchConstraints:\n    \
         resourceRules: [{{apiGroups: [apps], apiVersions: [v1], resources: [{resource}], operations: [UPDATE]}}]\n  \
         validations: [{{name: v, expression: \"true\"}}]\n{more}---\n"
    )
}

#[test]
fn the_configurations_are_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/admission");
    let texts = ["policies.yaml", "native.yaml"]
        .map(|name| fs::read_to_string(folder.join(name)).expect("policies"));
    let own = texts.each_ref().map(String::as_str);
    let registered = exported(&own, "", None, |settings| {
        settings.ca_bundle = Some(b"-----BEGIN CERTIFICATE-----\n");
        settings.port = 8443;
    });
    let path = folder.join("webhook.yaml");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &registered.yaml).expect("a file");
    }
    assert_eq!(
        registered.yaml,
        fs::read_to_string(&path).unwrap_or_default()
    );
    let hooks = hooks(&registered.yaml);
    assert_eq!(names(&hooks.mutating), ["mutate.kpolicy.io"]);
    assert_eq!(names(&hooks.validating), [CLOSED, OPEN]);
}

#[test]
fn the_recommended_policies_are_as_expected() {
    let registered = exported(
        &[],
        "policies: {acr-only: {params: {registries: [a.azurecr.io]}}}",
        None,
        |settings| {
            settings.inject_ca_from = Some("kpolicy-system/kpolicy");
        },
    );
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/admission/webhook-recommended.yaml");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &registered.yaml).expect("a file");
    }
    assert_eq!(
        registered.yaml,
        fs::read_to_string(&path).unwrap_or_default()
    );
    assert!(registered.notes.is_empty(), "{:?}", registered.notes);
}

#[test]
fn it_runs_after_the_webhooks_of_istio() {
    let registered = exported(&[], "profiles: [recommended]", None, |_| {});
    for istio in [
        "istio-sidecar-injector-asm-1-27",
        "istio-revision-tag-default",
        "istio-sidecar-injector",
    ] {
        assert!("kpolicy" > istio);
    }
    let metadata = "metadata:\n  name: kpolicy\n  labels:\n    app.kubernetes.io/name: kpolicy\n  annotations:\n    \
                    admissions.enforcer/disabled: \"true\"\n";
    assert_eq!(registered.yaml.matches(metadata).count(), 2);
    assert_eq!(
        registered
            .yaml
            .matches("reinvocationPolicy: IfNeeded")
            .count(),
        1
    );
}

#[test]
fn config_decides_what_is_registered() {
    let both: &[&str] = &[CLOSED, OPEN];
    for (config, mutating, validating) in [
        // Of the recommended policies one mutates; network policies come later, and only warn.
        ("profiles: [recommended]", 1, &[CLOSED][..]),
        ("mutate: disabled", 0, &[CLOSED][..]),
        ("policies: {'*': {enforcement: audit}}", 0, &[OPEN][..]),
        ("policies: {'*': {enforcement: warn}}", 1, &[OPEN][..]),
        ("policies: {'*': {enforcement: disabled}}", 0, &[][..]),
        // What one namespace asks for, the API server must send.
        (
            "policies: {'*': {enforcement: audit}}\nnamespaces: [{names: [shop], enforcement: deny}]",
            1,
            both,
        ),
    ] {
        let hooks = plain(config);
        assert_eq!(hooks.mutating.len(), mutating, "{config}");
        assert_eq!(names(&hooks.validating), validating, "{config}");
    }
    let others = [
        policy("other", "api", "controllerrevisions", ""),
        policy("second", "api", "daemonsets/x", ""),
    ];
    let config = "profiles: [recommended]";
    let hooks = hooks(&exported(&[&others.concat()], config, None, |_| {}).yaml);
    assert_eq!(names(&hooks.validating), both);
}

#[test]
fn a_cluster_that_audits_fails_open_and_leaves_objects_alone() {
    let config = "clusters:\n- {name: app1}\n- {name: mgmt, policies: {'*': {enforcement: audit}}}";
    let hooks = |cluster| hooks(&exported(&[], config, Some(cluster), |_| {}).yaml);
    assert_eq!(names(&hooks("app1").validating), [CLOSED]);
    let mgmt = hooks("mgmt");
    assert_eq!(
        (names(&mgmt.validating), mgmt.mutating.len()),
        (vec![OPEN], 0)
    );
}

#[test]
fn who_fails_closed_is_said_by_category_or_name() {
    let second = policy("second", "api", "deployments", "");
    let softly = policy(
        "softly",
        "images",
        "controllerrevisions",
        "  failurePolicy: Ignore\n",
    );
    let reading = policy(
        "reading",
        "images",
        "controllerrevisions",
        "  resources: [{name: others, kind: Service, apiGroup: \"\", scope: sameNamespace}]\n",
    );
    let text = [second, softly, reading].concat();
    let of = |listed: &'static [&'static str]| {
        let registered = exported(&[&text], "profiles: []", None, |settings| {
            settings.fail_closed = listed;
        });
        let hooks = hooks(&registered.yaml);
        (
            names(&hooks.validating).join(" "),
            registered.notes.join("; "),
        )
    };
    let (both, nothing) = (format!("{CLOSED} {OPEN}"), String::new());
    assert_eq!(of(&[]), (OPEN.to_owned(), nothing.clone()));
    assert_eq!(of(&["images"]), (OPEN.to_owned(), nothing.clone()));
    assert_eq!(of(&["api"]), (both.clone(), nothing.clone()));
    assert_eq!(of(&["second"]), (both, nothing));
    assert_eq!(
        of(&["softly", "reading"]),
        (
            OPEN.to_owned(),
            "`reading` does not fail closed: it needs other objects, and warns at most; \
             `softly` does not fail closed: its failure policy is Ignore"
                .to_owned()
        )
    );
}

#[test]
fn a_native_policy_that_is_not_listed_fails_open_and_that_is_told() {
    let text = r#"
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: native.example.com}
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  validations: [{expression: "true"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: native}
spec: {policyName: native.example.com, validationActions: [Deny]}
"#;
    let warning = text.replace("[Deny]", "[Warn]");
    let listed: [(&str, &'static [&'static str], &str, bool); 4] = [
        (text, &["images"], OPEN, true),
        (text, &["native.example.com"], CLOSED, false),
        // Nothing at all fails closed, as it was asked for.
        (text, &[], OPEN, false),
        (&warning, &["images"], OPEN, false),
    ];
    for (text, listed, webhook, told) in listed {
        let registered = exported(&[text], "profiles: []", None, |settings| {
            settings.fail_closed = listed;
        });
        assert_eq!(
            names(&hooks(&registered.yaml).validating).join(" "),
            webhook
        );
        let notes = registered.notes.join("; ");
        assert_eq!(
            notes.contains("is registered with Ignore"),
            told,
            "{listed:?}: {notes}"
        );
    }
}

#[test]
fn what_cannot_be_registered_as_it_is_asked_for_is_told() {
    let nodes = policy("nodes", "api", "nodes/proxy", "").replace("[apps]", "[\"\"]");
    let hooks = policy("hooks", "api", "validatingwebhookconfigurations", "")
        .replace("[apps]", "[admissionregistration.k8s.io]");
    let (old, new) = (
        policy("old", "api", "horizontalpodautoscalers", "").replace("[apps]", "[autoscaling]"),
        policy("new", "api", "horizontalpodautoscalers", "")
            .replace("[apps]", "[autoscaling]")
            .replace("[v1]", "[v2]"),
    );
    let registered = exported(
        &[&[nodes, hooks, old, new].concat()],
        "profiles: []",
        None,
        |_| {},
    );
    assert_eq!(
        registered.notes,
        [
            "`hooks` names `validatingwebhookconfigurations`, which are never sent: the API server sends them to no \
             webhook",
            "`nodes` names `nodes/proxy`, which are never sent: the cluster could not live with a webhook that does not \
             answer",
            "policies name `horizontalpodautoscalers` in different versions (v1, v2): a request is sent in one, and is \
             not judged by those that do not name it",
        ]
    );
    assert!(!registered.yaml.contains("nodes"));
}

#[test]
fn a_policy_that_nobody_gave_its_parameters_needs_no_call() {
    let registered = exported(
        &[],
        "profiles: []\npolicies: {acr-only: {enforcement: deny}}",
        None,
        |_| {},
    );
    assert_eq!(registered, Configurations::default());
    let config = "profiles: []\npolicies: {acr-only: {enforcement: deny}}\nnamespaces:\n\
                  - {names: [shop], policies: {acr-only: {params: {registries: [a.azurecr.io]}}}}";
    let registered = exported(&[], config, None, |_| {});
    assert_eq!(names(&hooks(&registered.yaml).validating), [CLOSED]);
}
