//! Which parameters a binding chooses, and what becomes of a request where there are none: as `CollectParams` of the
//! API server, and "not judged" for what cannot be known here.

use std::sync::Arc;

use kpolicy::documents::Documents;
use kpolicy::engine::{Kind, Limits, NoOtherObjects, OtherObjects, Request, Resource};
use kpolicy::judge::{Judge, Lineage};
use kpolicy::manifest::{Document, Limits as ReadLimits, NodeRef, read, read_json};
use kpolicy::policy::Operation;
use kpolicy::source::{SourceId, SourceMap};

use crate::policies::{Discovered, Others, TODAY};

const POLICY: &str = "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: p}
spec:
  failurePolicy: FAILURE
  paramKind: {apiVersion: VERSION, kind: KIND}
  matchConstraints:
    resourceRules:
      - {apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*']}
  validations:
    - expression: params != null && params.value == 'yes'
      messageExpression: \"params == null ? 'none' : params.value + ' of ' + params.metadata.name\"
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: b}
spec: {policyName: p, validationActions: [Deny]REFERENCE}
";

/// A parameter: kind, namespace, name, label and value.
fn parameter(version: &str, kind: &str, place: (&str, &str), label: &str, value: &str) -> String {
    let namespace = match place.0 {
        "" => String::new(),
        name => format!(", namespace: {name}"),
    };
    format!(
        "apiVersion: {version}\nkind: {kind}\nmetadata: {{name: {}{namespace}, labels: {{size: {label}}}}}\nvalue: '{value}'\n---\n",
        place.1
    )
}

struct Case<'a> {
    name: &'a str,
    version: &'a str,
    kind: &'a str,
    failure: &'a str,
    /// `paramRef`, all but what is to do where there are none.
    reference: &'a str,
    /// The request's namespace.
    namespace: Option<&'a str>,
    /// What the cluster holds; `None` where it cannot be known.
    cluster: Option<String>,
    /// Whether the kind lives in namespaces, where the cluster says so.
    namespaced: Option<bool>,
    /// What stands beside the policy.
    beside: String,
    expected: &'a [&'a str],
}

const LIMIT: (&str, &str) = ("rules.example.com/v1", "Limit");

impl<'a> Case<'a> {
    fn new(name: &'a str, reference: &'a str, expected: &'a [&'a str]) -> Self {
        Self {
            name,
            version: LIMIT.0,
            kind: LIMIT.1,
            failure: "Fail",
            reference,
            namespace: Some("shop"),
            cluster: Some(String::new()),
            namespaced: None,
            beside: String::new(),
            expected,
        }
    }

    fn found(&self) -> Vec<String> {
        let reference = match self.reference {
            "" => String::new(),
            text => format!(", paramRef: {{{text}}}"),
        };
        let policy = POLICY
            .replace("FAILURE", self.failure)
            .replace("VERSION", self.version)
            .replace("KIND", self.kind)
            .replace("REFERENCE", &reference);
        let mut documents = Documents::default();
        let text = format!("{}{policy}", self.beside);
        documents.add("p.yaml", &Arc::from(text), &mut SourceMap::new());
        let config = documents.config();
        let policies = Arc::new(documents.take_policies());
        let errors: Vec<_> = documents
            .problems
            .iter()
            .filter(|problem| problem.severity == kpolicy::manifest::Severity::Error)
            .collect();
        assert!(errors.is_empty(), "{}: {errors:?}", self.name);
        let judge = Judge::new(&policies, &config, &[], None, TODAY).unwrap();
        let object = read_json(None, r#"{"metadata":{"name":"web"}}"#).unwrap();
        let kind = Kind {
            group: "example.com",
            version: "v1",
            kind: "Widget",
        };
        let resource = Resource {
            group: "example.com",
            version: "v1",
            resource: "widgets",
        };
        let request = Request {
            name: "web",
            namespace: self.namespace,
            object: Some(object.root()),
            ..Request::new(Operation::Create, kind, resource)
        };
        let cluster = self
            .cluster
            .as_deref()
            .map(|text| Discovered(Others(all(text)), self.namespaced));
        let hidden = NoOtherObjects("nothing is watched");
        let others: &dyn OtherObjects = match &cluster {
            Some(others) => others,
            None => &hidden,
        };
        let verdict = judge.validate(&request, &Lineage::default(), others, &Limits::default());
        let decisions = verdict.decisions.iter().map(|decision| {
            let violation = &decision.violation;
            let word = decision.enforcement.as_str();
            format!("{word} {}: {}", violation.validation, violation.message)
        });
        let unjudged = verdict.not_judged.iter();
        let unjudged = unjudged.map(|entry| format!("not judged: {}", entry.reason));
        let ignored = verdict.ignored_errors.iter();
        let ignored = ignored.map(|error| format!("ignored: {error}"));
        decisions.chain(unjudged).chain(ignored).collect()
    }
}

fn all(text: &str) -> Vec<Document> {
    let dialect = kpolicy::manifest::Dialect::Kubectl;
    let reading = read(SourceId(0), text, dialect, &ReadLimits::default());
    let is_object = |document: &Document| document.root().get("kind").is_some();
    reading.documents.into_iter().filter(is_object).collect()
}

const DEFINITION: &str = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: limits.rules.example.com}
spec: {group: rules.example.com, scope: Cluster, names: {kind: Limit, plural: limits}}
---
";

#[test]
fn parameters_are_chosen_as_the_api_server_chooses_them() {
    let limit = |place, label, value| parameter(LIMIT.0, LIMIT.1, place, label, value);
    let namespaced = DEFINITION.replace("Cluster,", "Namespaced,");
    let deny = "name: a, namespace: limits, parameterNotFoundAction: Deny";
    let own = "name: a, parameterNotFoundAction: Deny";
    let chosen =
        "selector: {matchLabels: {size: s}}, namespace: limits, parameterNotFoundAction: Deny";
    let cases = [
        Case {
            cluster: Some(limit(("limits", "a"), "s", "yes")),
            ..Case::new("by name", deny, &[])
        },
        Case {
            cluster: Some(limit(("limits", "a"), "s", "no")),
            ..Case::new("by name, violated", deny, &["deny p/0: no of a"])
        },
        Case {
            beside: limit(("limits", "a"), "s", "no"),
            ..Case::new("beside the policy", deny, &["deny p/0: no of a"])
        },
        Case {
            cluster: Some(limit(("limits", "a"), "s", "yes")),
            beside: limit(("limits", "a"), "s", "no"),
            ..Case::new("the cluster's word counts", deny, &[])
        },
        Case {
            cluster: None,
            beside: limit(("limits", "a"), "s", "no"),
            ..Case::new("beside, the cluster unknown", deny, &["deny p/0: no of a"])
        },
        Case {
            cluster: None,
            ..Case::new(
                "nothing known",
                deny,
                &[
                    "not judged: binding `b`: Limit `a` in namespace `limits` is not known: nothing is watched",
                ],
            )
        },
        Case::new(
            "missing, Deny",
            deny,
            &[
                "deny p/params: binding `b` cannot be used: there is no Limit `a` in namespace `limits`",
            ],
        ),
        Case {
            failure: "Ignore",
            ..Case::new(
                "missing, Deny, ignored",
                deny,
                &[
                    "ignored: p: binding `b` cannot be used: there is no Limit `a` in namespace `limits`",
                ],
            )
        },
        Case::new(
            "missing, Allow",
            "name: a, namespace: limits, parameterNotFoundAction: Allow",
            &[
                "not judged: binding `b` lets requests without parameters pass: there is no Limit `a` in namespace `limits`",
            ],
        ),
        Case::new("no reference at all", "", &["deny p/0: none"]),
        Case {
            cluster: Some(format!(
                "{namespaced}{}{}",
                limit(("shop", "a"), "s", "no"),
                limit(("other", "a"), "s", "yes")
            )),
            ..Case::new("of the request's namespace", own, &["deny p/0: no of a"])
        },
        Case {
            namespace: None,
            cluster: Some(namespaced.clone()),
            ..Case::new(
                "no namespace to look in",
                own,
                &[
                    "deny p/params: binding `b` cannot be used: the request has no namespace to look for a Limit in, and `paramRef` names none",
                ],
            )
        },
        Case {
            cluster: Some(format!("{DEFINITION}{}", limit(("", "a"), "s", "no"))),
            ..Case::new("cluster-scoped", own, &["deny p/0: no of a"])
        },
        Case {
            cluster: Some(DEFINITION.to_owned()),
            ..Case::new(
                "a namespace for what has none",
                deny,
                &[
                    "deny p/params: binding `b` cannot be used: `paramRef.namespace` is set, and Limit lives in no namespace",
                ],
            )
        },
        Case {
            cluster: Some(limit(("", "a"), "s", "no")),
            ..Case::new(
                "a kind nobody defines, without a namespace",
                own,
                &["deny p/0: no of a"],
            )
        },
        Case {
            cluster: Some(limit(("other", "a"), "s", "no")),
            ..Case::new(
                "a kind nobody defines, elsewhere",
                own,
                &[
                    "not judged: binding `b`: Limit `a` in namespace `shop` is not known: add the CustomResourceDefinition that says whether the kind lives in namespaces",
                ],
            )
        },
        Case {
            cluster: Some(limit(("other", "a"), "s", "no")),
            namespaced: Some(true),
            ..Case::new(
                "a kind of which the cluster says that it lives in namespaces",
                own,
                &[
                    "deny p/params: binding `b` cannot be used: there is no Limit `a` in namespace `shop`",
                ],
            )
        },
        Case {
            cluster: Some(limit(("", "a"), "s", "no")),
            namespaced: Some(false),
            ..Case::new(
                "a kind of which the cluster says that it lives in none",
                own,
                &["deny p/0: no of a"],
            )
        },
        Case::new(
            "a kind of which nothing is known",
            own,
            &[
                "not judged: binding `b`: Limit `a` in namespace `shop` is not known: add the CustomResourceDefinition that says its kind",
            ],
        ),
        Case {
            cluster: Some(parameter(
                "rules.example.com/v1alpha1",
                "Limit",
                ("limits", "a"),
                "s",
                "no",
            )),
            ..Case::new(
                "another version",
                deny,
                &[
                    "not judged: binding `b`: the parameters are written as `rules.example.com/v1alpha1`; the API server would read them as `rules.example.com/v1`",
                ],
            )
        },
        Case {
            cluster: Some(
                [
                    limit(("limits", "c"), "s", "no"),
                    limit(("limits", "a"), "s", "never"),
                    limit(("limits", "b"), "m", "not"),
                ]
                .concat(),
            ),
            ..Case::new(
                "by labels, each by itself, in order",
                chosen,
                &["deny p/0: never of a", "deny p/0: no of c"],
            )
        },
        Case {
            cluster: Some(limit(("limits", "b"), "m", "no")),
            ..Case::new(
                "by labels, none",
                chosen,
                &[
                    "deny p/params: binding `b` cannot be used: there is no Limit with the labels of `paramRef` in namespace `limits`",
                ],
            )
        },
        Case {
            version: "v1",
            kind: "ConfigMap",
            ..Case::new(
                "a built-in kind needs no definition",
                own,
                &[
                    "deny p/params: binding `b` cannot be used: there is no ConfigMap `a` in namespace `shop`",
                ],
            )
        },
        Case {
            version: "constraints.gatekeeper.sh/v1beta1",
            kind: "K8sLimit",
            cluster: Some(parameter(
                "constraints.gatekeeper.sh/v1beta1",
                "K8sLimit",
                ("", "a"),
                "s",
                "no",
            )),
            ..Case::new(
                "constraints of Gatekeeper live in no namespace",
                own,
                &["deny p/0: no of a"],
            )
        },
    ];
    let wrong: Vec<String> = cases
        .iter()
        .map(|case| (case, case.found()))
        .filter(|(case, found)| {
            found
                .iter()
                .map(String::as_str)
                .ne(case.expected.iter().copied())
        })
        .map(|(case, found)| format!("{}: {found:#?}", case.name))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn policies_and_reviews_of_access_are_never_judged() {
    let case = Case::new("", "", &[]);
    for (group, resource, judged) in [
        (
            "admissionregistration.k8s.io",
            "validatingadmissionpolicies",
            false,
        ),
        (
            "admissionregistration.k8s.io",
            "mutatingadmissionpolicybindings",
            false,
        ),
        ("authorization.k8s.io", "subjectaccessreviews", false),
        (
            "admissionregistration.k8s.io",
            "validatingwebhookconfigurations",
            true,
        ),
        ("example.com", "validatingadmissionpolicies", true),
    ] {
        let text = POLICY
            .replace("FAILURE", case.failure)
            .replace("VERSION", case.version)
            .replace("KIND", case.kind)
            .replace("REFERENCE", "");
        let mut documents = Documents::default();
        documents.add("p.yaml", &Arc::from(text), &mut SourceMap::new());
        let config = documents.config();
        let policies = Arc::new(documents.take_policies());
        let judge = Judge::new(&policies, &config, &[], None, TODAY).unwrap();
        let object = read_json(None, r#"{"metadata":{"name":"web"}}"#).unwrap();
        let kind = Kind {
            group,
            version: "v1",
            kind: "X",
        };
        let resource = Resource {
            group,
            version: "v1",
            resource,
        };
        let request = Request {
            object: Some(object.root()),
            ..Request::new(Operation::Create, kind, resource)
        };
        let verdict = judge.validate(&request, &Lineage::default(), &Nothing, &Limits::default());
        assert_eq!(
            verdict.decisions.len(),
            usize::from(judged),
            "{group} {}",
            resource.resource
        );
    }
}

struct Nothing;

impl OtherObjects for Nothing {
    fn list(&self, _: &str, _: &str, _: Option<&str>) -> Result<Vec<NodeRef<'_>>, String> {
        Ok(Vec::new())
    }
}
