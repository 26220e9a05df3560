//! Policies with odd rules, and what judges of them alone say of a request.

use std::sync::Arc;

use kpolicy::config::{Config, Enforcement};
use kpolicy::documents::Documents;
use kpolicy::engine::{Limits, NoOtherObjects};
use kpolicy::export::webhook::{Configurations, Settings, configurations};
use kpolicy::judge::{Judge, NoOwners};
use kpolicy::policy::Policy;
use kpolicy::source::SourceMap;
use serde_json::{Value, json};

use super::requests::{Case, Version, crds};
use crate::webhook::TODAY;

/// What is excluded beside what always is.
pub(crate) const QUIET: &str = "quiet";

/// One rule, as a policy writes it.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) resource: &'static str,
    pub(crate) operations: Vec<&'static str>,
    pub(crate) scope: &'static str,
    pub(crate) name: Option<&'static str>,
}

impl Rule {
    fn written(&self) -> Value {
        let mut rule = json!({
            "apiGroups": [self.group], "apiVersions": [self.version], "resources": [self.resource],
            "operations": self.operations, "scope": self.scope,
        });
        if let Some(name) = self.name {
            rule["resourceNames"] = json!([name]);
        }
        rule
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Templates,
    Objects,
    Native,
}

/// One policy.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    pub(crate) form: Form,
    pub(crate) category: &'static str,
    pub(crate) enforcement: &'static str,
    pub(crate) failure_policy: &'static str,
    pub(crate) include: Vec<Rule>,
    pub(crate) exclude: Vec<Rule>,
    /// The rules of a native policy's binding.
    pub(crate) bound: Vec<Rule>,
    pub(crate) mutates: bool,
}

impl Spec {
    fn constraints(&self) -> Value {
        if self.form == Form::Templates {
            return json!({"podTemplates": true});
        }
        let rules = |rules: &[Rule]| rules.iter().map(Rule::written).collect::<Vec<_>>();
        let mut constraints = json!({"resourceRules": rules(&self.include)});
        if !self.exclude.is_empty() {
            constraints["excludeResourceRules"] = rules(&self.exclude).into();
        }
        constraints
    }

    fn documents(&self, name: &str) -> Vec<Value> {
        let patch =
            "[JSONPatch{op: 'add', path: '/metadata/annotations', value: {'by': 'policy'}}]";
        if self.form == Form::Native {
            let (kind, part) = if self.mutates {
                (
                    "MutatingAdmissionPolicy",
                    json!({
                        "reinvocationPolicy": "Never",
                        "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": patch}}],
                    }),
                )
            } else {
                (
                    "ValidatingAdmissionPolicy",
                    json!({"validations": [{"expression": "true"}]}),
                )
            };
            let mut spec = part;
            spec["failurePolicy"] = self.failure_policy.into();
            spec["matchConstraints"] = self.constraints();
            let mut binding = json!({"policyName": name});
            if !self.mutates {
                binding["validationActions"] = json!(["Deny"]);
            }
            if !self.bound.is_empty() {
                let rules: Vec<_> = self.bound.iter().map(Rule::written).collect();
                binding["matchResources"] = json!({"resourceRules": rules});
            }
            let document = |kind: String, name: &str, spec: Value| {
                json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": name},
                    "spec": spec})
            };
            return vec![
                document(kind.to_owned(), name, spec),
                document(format!("{kind}Binding"), name, binding),
            ];
        }
        let mut spec = json!({
            "title": "T", "category": self.category, "severity": "low", "description": "D", "remediation": "R",
            "failurePolicy": self.failure_policy, "matchConstraints": self.constraints(),
        });
        if self.mutates {
            spec["mutations"] = json!([{"name": "m", "safety": "safe", "patchType": "JSONPatch",
                "jsonPatch": {"expression": patch}}]);
        } else {
            spec["validations"] = json!([{"name": "v", "expression": "true"}]);
        }
        vec![
            json!({"apiVersion": "kpolicy.io/v1alpha1", "kind": "Policy", "metadata": {"name": name}, "spec": spec}),
        ]
    }
}

/// A policy with the judge that knows nothing else.
pub(crate) struct Alone {
    pub(crate) spec: Spec,
    pub(crate) fails: bool,
    judge: Judge,
}

/// Policies, each alone, and how they are registered together.
pub(crate) struct Together {
    pub(crate) alone: Vec<Alone>,
    pub(crate) registered: Configurations,
}

pub(crate) fn settings<'a>() -> Settings<'a> {
    Settings {
        namespace: "kpolicy-system",
        service: "kpolicy",
        port: 443,
        ca_bundle: None,
        inject_ca_from: None,
        excluded_namespaces: &[QUIET],
        fail_closed: &["pod-security"],
        autoscalers: &[],
        mutate: true,
        own_kinds: false,
    }
}

fn judge(named: &[(String, &Spec)]) -> (Judge, Config) {
    let (mut sources, mut documents) = (SourceMap::new(), Documents::default());
    for (name, spec) in named {
        for document in spec.documents(name) {
            let file = format!("{name}.yaml");
            documents.add(&file, &Arc::from(document.to_string()), &mut sources);
        }
    }
    let mut policies = json!({});
    for (name, spec) in named {
        policies[name] = json!({"enforcement": spec.enforcement});
    }
    let config = json!({"apiVersion": "kpolicy.io/v1alpha1", "kind": "Config", "profiles": [], "policies": policies});
    documents.add(
        ".kpolicy.yaml",
        &Arc::from(config.to_string()),
        &mut sources,
    );
    let mut config = documents.config();
    assert!(documents.problems.is_empty(), "{:?}", documents.problems);
    config.pod_template_crds = crds();
    let policies = Arc::new(documents.take_policies());
    assert!(documents.problems.is_empty(), "{:?}", documents.problems);
    let judge = Judge::new(&policies, &config, &[], None, TODAY).expect("a judge");
    (judge, config)
}

/// What is exported for a judge.
pub(crate) fn exported(judge: &Judge, config: &Config) -> Configurations {
    let running: Vec<(Arc<Policy>, Enforcement)> = judge.hardest();
    let autoscalers: Vec<&str> = judge.autoscalers().collect();
    let settings = Settings {
        autoscalers: &autoscalers,
        mutate: judge.mutates(),
        ..settings()
    };
    let policies = running
        .iter()
        .map(|(policy, enforcement)| (&**policy, *enforcement));
    configurations(policies, &config.pod_template_crds, settings)
}

impl Together {
    pub(crate) fn new(specs: &[Spec]) -> Self {
        let named: Vec<(String, &Spec)> = specs
            .iter()
            .enumerate()
            .map(|(number, spec)| (format!("p{number}.example.io"), spec))
            .map(|(name, spec)| {
                (
                    if spec.form == Form::Native {
                        name
                    } else {
                        name.replace('.', "-")
                    },
                    spec,
                )
            })
            .collect();
        let (all, config) = judge(&named);
        let alone = named.iter().map(|(name, spec)| Alone {
            spec: (*spec).clone(),
            fails: spec.category == "pod-security"
                && spec.form != Form::Native
                && spec.enforcement == "deny"
                && spec.failure_policy == "Fail",
            judge: judge(&[(name.clone(), *spec)]).0,
        });
        Self {
            alone: alone.collect(),
            registered: exported(&all, &config),
        }
    }
}

/// What a policy does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Nothing,
    /// That it cannot judge this, and why.
    NotJudged,
    Judged,
}

impl Alone {
    /// What the judge says of the request in a version, with validations or with mutations.
    pub(crate) fn says(&self, case: &Case, version: &Version) -> Said {
        let others = NoOtherObjects("the test knows none");
        case.judged(version, |request| {
            let lineage = self.judge.lineage(request, &NoOwners);
            let (judged, not_judged) = if self.spec.mutates {
                let mutation = self
                    .judge
                    .mutate(request, &lineage, &others, &Limits::default());
                let done = !mutation.drifts.is_empty()
                    || !mutation.errors.is_empty()
                    || !mutation.decisions.is_empty();
                (done, !mutation.not_judged.is_empty())
            } else {
                let verdict = self
                    .judge
                    .validate(request, &lineage, &others, &Limits::default());
                (verdict.policies > 0, !verdict.not_judged.is_empty())
            };
            match (judged, not_judged) {
                (true, _) => Said::Judged,
                (false, true) => Said::NotJudged,
                (false, false) => Said::Nothing,
            }
        })
    }

    /// Whether it names a subresource `status`, or a group, for these requests, in so many words.
    pub(crate) fn names(
        &self,
        case: &Case,
        subresource: Option<&str>,
        group: Option<&str>,
    ) -> bool {
        self.spec.include.iter().any(|rule| {
            let (name, part) = rule.resource.split_once('/').unwrap_or((rule.resource, ""));
            (name == "*" || name == case.resource)
                && subresource.is_none_or(|wanted| wanted == part)
                && match group {
                    Some(group) => rule.group == group,
                    None => rule.group == "*" || rule.group == case.group,
                }
        })
    }
}
