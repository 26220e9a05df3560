//! The webhook configurations for a set of policies: what `kpolicy serve` must be sent, as YAML.
//!
//! One mutating entry, and two validating ones split by what a policy would do, so that a request is sent once:
//! failure policy Fail where some policy denies and counts errors as violations, Ignore for the rest.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::config::Enforcement;
use crate::policy::Policy;
use crate::schema::namespaces;
use crate::schema::templates::PodTemplateCrd;

pub use super::registration::Rule;
use super::registration::{Registration, Rules};

/// Where the webhook runs, and whom it leaves alone.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// The namespace of the Service.
    pub namespace: &'a str,
    /// The Service.
    pub service: &'a str,
    /// The port of the Service.
    pub port: u16,
    /// The PEM certificates that the API server shall trust; without them the field is left to whoever injects it.
    pub ca_bundle: Option<&'a [u8]>,
    /// Further namespaces that are not sent, by exact name.
    pub excluded_namespaces: &'a [&'a str],
}

/// The rules that the API server is given, by what happens when the webhook does not answer.
#[derive(Clone, Debug)]
pub struct WebhookRules {
    /// Validating, failure policy Fail.
    pub fail: Vec<Rule>,
    /// Validating, failure policy Ignore.
    pub ignore: Vec<Rule>,
    /// Mutating, failure policy Ignore.
    pub mutate: Vec<Rule>,
}

/// The rules for policies, each with the hardest enforcement that it has anywhere.
pub fn rules<'p>(
    policies: impl IntoIterator<Item = (&'p Policy, Enforcement)>,
    crds: &[PodTemplateCrd],
) -> WebhookRules {
    let registration = Registration::new(policies, crds);
    WebhookRules {
        fail: registration.fail.written(),
        ignore: registration.ignore.written(),
        mutate: registration.mutate.written(),
    }
}

/// The configurations as a stream of YAML documents; empty where no policy needs any.
pub fn configurations<'p>(
    policies: impl IntoIterator<Item = (&'p Policy, Enforcement)>,
    crds: &[PodTemplateCrd],
    settings: Settings<'_>,
) -> String {
    let Registration {
        fail,
        ignore,
        mutate,
    } = Registration::new(policies, crds);
    let mut writer = Writer {
        out: String::new(),
        settings,
    };
    if !mutate.is_empty() {
        writer.head("MutatingWebhookConfiguration");
        writer.webhook("mutate", "/mutate", "Ignore", &mutate);
        // A later webhook may add a container, which the mutations have then not seen. They are idempotent.
        writer.line(4, "reinvocationPolicy: IfNeeded");
    }
    if !(fail.is_empty() && ignore.is_empty()) {
        writer.head("ValidatingWebhookConfiguration");
        if !fail.is_empty() {
            writer.webhook("validate", "/validate", "Fail", &fail);
        }
        if !ignore.is_empty() {
            writer.webhook("validate-ignore", "/validate", "Ignore", &ignore);
        }
    }
    writer.out
}

struct Writer<'w> {
    out: String,
    settings: Settings<'w>,
}

impl Writer<'_> {
    fn line(&mut self, indent: usize, text: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.out, "{:indent$}{text}", "");
    }

    fn head(&mut self, kind: &str) {
        if !self.out.is_empty() {
            self.line(0, "---");
        }
        self.line(0, "apiVersion: admissionregistration.k8s.io/v1");
        self.line(0, &format!("kind: {kind}"));
        self.line(0, "metadata:");
        // Mutating configurations run in order of their names: after `istio-sidecar-injector`, so the sidecar is seen.
        self.line(2, "name: kpolicy");
        self.line(2, "labels:");
        self.line(4, "app.kubernetes.io/name: kpolicy");
        self.line(2, "annotations:");
        // Without it AKS adds selectors by namespace label, and whoever may label a namespace may leave.
        self.line(4, "admissions.enforcer/disabled: \"true\"");
        self.line(0, "webhooks:");
    }

    fn webhook(&mut self, name: &str, path: &str, failure_policy: &str, rules: &Rules) {
        let Settings {
            namespace,
            service,
            port,
            ca_bundle,
            ..
        } = self.settings;
        self.line(2, &format!("- name: {name}.kpolicy.io"));
        self.line(4, "admissionReviewVersions: [v1]");
        self.line(4, "clientConfig:");
        if let Some(bundle) = ca_bundle {
            self.line(6, &format!("caBundle: {}", STANDARD.encode(bundle)));
        }
        self.line(6, "service:");
        self.line(8, &format!("namespace: {}", quoted(namespace)));
        self.line(8, &format!("name: {}", quoted(service)));
        self.line(8, &format!("path: {path}"));
        self.line(8, &format!("port: {port}"));
        self.line(4, &format!("failurePolicy: {failure_policy}"));
        self.line(4, "matchPolicy: Equivalent");
        self.line(4, "sideEffects: None");
        self.line(4, "timeoutSeconds: 3");
        self.namespaces();
        if rules.has_wildcard() {
            self.conditions();
        }
        self.line(4, "rules:");
        for rule in rules.written() {
            self.line(6, &format!("- apiGroups: [{}]", quoted(&rule.group)));
            self.line(8, &format!("apiVersions: [{}]", quoted(&rule.version)));
            self.line(8, &format!("operations: [{}]", rule.operations.join(", ")));
            self.line(8, "resources:");
            for resource in &rule.resources {
                self.line(10, &format!("- {}", quoted(resource)));
            }
        }
    }

    /// Namespaces are left out by the label that the API server sets from their name; nobody can change it.
    fn namespaces(&mut self) {
        let mut names = vec![self.settings.namespace];
        names.extend(namespaces::SYSTEM);
        names.extend(self.settings.excluded_namespaces);
        names.sort_unstable();
        names.dedup();
        self.line(4, "namespaceSelector:");
        self.line(6, "matchExpressions:");
        self.line(8, "- key: kubernetes.io/metadata.name");
        self.line(10, "operator: NotIn");
        self.line(10, "values:");
        for name in names {
            self.line(12, &format!("- {}", quoted(name)));
        }
    }

    /// A rule with a wildcard would send what the control plane lives on.
    fn conditions(&mut self) {
        self.line(4, "matchConditions:");
        for (name, expression) in VITAL {
            self.line(6, &format!("- name: {name}"));
            self.line(8, &format!("expression: {}", quoted(expression)));
        }
    }
}

/// What is never sent, whatever a policy names with a wildcard.
const VITAL: [(&str, &str); 4] = [
    (
        "not-a-lease",
        "!(request.resource.group == 'coordination.k8s.io' && request.resource.resource == 'leases')",
    ),
    (
        "not-a-node",
        "!(request.resource.group == '' && request.resource.resource == 'nodes')",
    ),
    ("not-an-event", "!(request.resource.resource == 'events')"),
    (
        "not-an-access-review",
        "!(request.resource.group in ['authentication.k8s.io', 'authorization.k8s.io'])",
    ),
];

/// A scalar that YAML reads as this string, whatever it looks like.
fn quoted(text: &str) -> String {
    let word = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b'/')
    };
    let reserved = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let is_plain = text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(word)
        && !reserved.contains(&text);
    if is_plain {
        return text.to_owned();
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_strings_to_every_reader_of_yaml() {
        for (text, written) in [
            ("kube-system", "kube-system"),
            ("pods/resize", "pods/resize"),
            ("", "\"\""),
            ("*", "\"*\""),
            ("no", "\"no\""),
            ("1e3", "\"1e3\""),
            ("a\"b\n", "\"a\\\"b\\u000a\""),
            ("x: y", "\"x: y\""),
        ] {
            assert_eq!(quoted(text), written);
        }
    }

    #[test]
    fn without_policies_nothing_is_registered() {
        let settings = Settings {
            namespace: "kpolicy",
            service: "kpolicy",
            port: 443,
            ca_bundle: None,
            excluded_namespaces: &[],
        };
        assert_eq!(configurations([], &[], settings), "");
    }
}
