//! The webhook configurations for a set of policies: what `kpolicy serve` must be sent, as YAML.
//!
//! One mutating webhook, and two validating ones: one that fails closed, and one that fails open. A request is sent to
//! at most one of the two. What is sent is decided in `registration`; here it is written.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::config::Enforcement;
use crate::policy::Policy;
use crate::schema::namespaces;
use crate::schema::templates::PodTemplateCrd;

use super::conditions::Own;
use super::registration::{Entry, Registration, Rule, Setting};

/// Where the webhook runs, what it does when it does not answer, and whom it leaves alone.
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
    /// The cert-manager Certificate whose authority is injected, as `namespace/name`.
    pub inject_ca_from: Option<&'a str>,
    /// Further namespaces that are not sent, by exact name.
    pub excluded_namespaces: &'a [&'a str],
    /// Categories and names of policies whose requests are refused where the webhook does not answer.
    pub fail_closed: &'a [&'a str],
    /// Users whose changes of scale are not sent.
    pub autoscalers: &'a [&'a str],
    /// Whether objects are mutated at all.
    pub mutate: bool,
    /// Whether policies and exceptions that are resources are sent too, to be looked at before they are stored.
    pub own_kinds: bool,
}

/// The configurations, and what whoever applies them should know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configurations {
    /// A stream of YAML documents; empty where no policy needs any.
    pub yaml: String,
    /// A line each: what is not registered as a policy asks for it.
    pub notes: Vec<String>,
}

/// The configurations for policies, each with the hardest enforcement that it has anywhere.
pub fn configurations<'p>(
    policies: impl IntoIterator<Item = (&'p Policy, Enforcement)>,
    crds: &[PodTemplateCrd],
    settings: Settings<'_>,
) -> Configurations {
    let setting = Setting {
        crds,
        fail_closed: settings.fail_closed,
        mutate: settings.mutate,
        own: Own {
            namespace: settings.namespace,
            autoscalers: settings.autoscalers,
        },
    };
    let Registration {
        fail,
        ignore,
        mutate,
        notes,
    } = Registration::new(policies, setting);
    let mut writer = Writer {
        out: String::new(),
        settings,
    };
    if let Some(entry) = mutate {
        writer.head("MutatingWebhookConfiguration");
        writer.webhook("mutate", "/mutate", "Ignore", &entry);
        // A later webhook may add a container, which the mutations have then not seen. They are idempotent.
        writer.line(4, "reinvocationPolicy: IfNeeded");
    }
    if fail.is_some() || ignore.is_some() || settings.own_kinds {
        writer.head("ValidatingWebhookConfiguration");
        if let Some(entry) = fail {
            writer.webhook("validate", "/validate", "Fail", &entry);
        }
        if let Some(entry) = ignore {
            writer.webhook("validate-ignore", "/validate", "Ignore", &entry);
        }
        if settings.own_kinds {
            writer.own_kinds();
        }
    }
    Configurations {
        yaml: writer.out,
        notes,
    }
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
        // Mutating configurations run in order of their names: after `istio-sidecar-injector` and `istio-revision-tag-…`,
        // so that the sidecar is seen.
        self.line(2, "name: kpolicy");
        self.line(2, "labels:");
        self.line(4, "app.kubernetes.io/name: kpolicy");
        self.line(2, "annotations:");
        // Without it AKS adds selectors by namespace label, and whoever may label a namespace may leave.
        self.line(4, "admissions.enforcer/disabled: \"true\"");
        if let Some(certificate) = self.settings.inject_ca_from {
            let certificate = quoted(certificate);
            self.line(4, &format!("cert-manager.io/inject-ca-from: {certificate}"));
        }
        self.line(0, "webhooks:");
    }

    fn webhook(&mut self, name: &str, path: &str, failure_policy: &str, entry: &Entry) {
        self.call(name, path, failure_policy);
        self.namespaces();
        if !entry.conditions.is_empty() {
            self.line(4, "matchConditions:");
        }
        for condition in &entry.conditions {
            self.line(6, &format!("- name: {}", condition.name));
            self.line(8, "expression: |-");
            for line in condition.expression.lines() {
                self.line(10, line);
            }
        }
        self.line(4, "rules:");
        for rule in &entry.rules {
            self.rule(rule);
        }
    }

    /// An entry of its own, which fails open: nobody may be kept from putting policies right while nobody answers.
    fn own_kinds(&mut self) {
        self.call("own-kinds", "/validate", "Ignore");
        self.line(4, "rules:");
        self.line(6, "- apiGroups: [kpolicy.io]");
        self.line(8, "apiVersions: [v1alpha1]");
        self.line(8, "operations: [CREATE, UPDATE]");
        self.line(8, "resources:");
        self.line(10, "- policies");
        self.line(10, "- policyexceptions");
    }

    /// Who is called, and how.
    fn call(&mut self, name: &str, path: &str, failure_policy: &str) {
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
    }

    fn rule(&mut self, rule: &Rule) {
        let operations: Vec<&str> = rule.operations.iter().copied().collect();
        self.line(6, &format!("- apiGroups: [{}]", quoted(&rule.group)));
        self.line(8, &format!("apiVersions: [{}]", quoted(&rule.version)));
        self.line(8, &format!("operations: [{}]", operations.join(", ")));
        if rule.scope != "*" {
            self.line(8, &format!("scope: {}", rule.scope));
        }
        self.line(8, "resources:");
        for resource in &rule.resources {
            self.line(10, &format!("- {}", quoted(resource)));
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
}

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
            inject_ca_from: None,
            excluded_namespaces: &[],
            fail_closed: &["pod-security"],
            autoscalers: &[],
            mutate: true,
            own_kinds: false,
        };
        let nothing = Configurations::default();
        assert_eq!(configurations([], &[], settings), nothing);
    }
}
