//! What the CEL variable `authorizer` builds: the question whether someone may do something.
//!
//! Upstream: the apiserver's CEL authz library (since 1.27) and its selectors (since 1.31). Nobody here can answer the
//! question: neither a lint run nor a webhook has the authorizer of the API server. So everything up to `check` is
//! computed, with upstream's refusals, and the answer is unknown. This module must not know CEL values.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use super::formats::NamedFormat;
use super::quoted::quote;

/// Why a question cannot be built.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(crate) enum QuestionError {
    /// `path('')`
    #[error("the path of an authorization check must not be empty")]
    EmptyPath,
    /// `resource('')`
    #[error("the resource of an authorization check must not be empty")]
    EmptyResource,
    /// The name is not a DNS subdomain.
    #[error("invalid service account name: it must be a DNS subdomain")]
    ServiceAccountName,
    /// The namespace is not a DNS label.
    #[error("invalid service account namespace: it must be a DNS label")]
    ServiceAccountNamespace,
}

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Who sent the request.
    #[default]
    Requester,
    /// A service account.
    ServiceAccount {
        /// Its namespace.
        namespace: Arc<str>,
        /// Its name.
        name: Arc<str>,
    },
}

impl Subject {
    /// `authorizer.serviceAccount(namespace, name)`
    pub(crate) fn service_account(namespace: &str, name: &str) -> Result<Self, QuestionError> {
        if !NamedFormat::Dns1123Subdomain.validate(name).is_empty() {
            return Err(QuestionError::ServiceAccountName);
        }
        if !NamedFormat::Dns1123Label.validate(namespace).is_empty() {
            return Err(QuestionError::ServiceAccountNamespace);
        }
        Ok(Self::ServiceAccount {
            namespace: namespace.into(),
            name: name.into(),
        })
    }

    fn in_words(&self) -> String {
        match self {
            Self::Requester => "the requester".to_owned(),
            Self::ServiceAccount { namespace, name } => {
                format!("the service account `{namespace}/{name}`")
            }
        }
    }

    /// `authorizer.path(path)`
    pub(crate) fn path(&self, path: &str) -> Result<PathCheck, QuestionError> {
        if path.trim().is_empty() {
            return Err(QuestionError::EmptyPath);
        }
        Ok(PathCheck {
            subject: self.clone(),
            path: path.into(),
        })
    }

    /// `authorizer.group(group)`
    pub(crate) fn group(&self, group: &str) -> GroupCheck {
        GroupCheck {
            subject: self.clone(),
            group: group.into(),
        }
    }
}

/// May the subject send a request to this path?
#[derive(Clone, Debug)]
pub(crate) struct PathCheck {
    subject: Subject,
    path: Arc<str>,
}

impl PathCheck {
    /// The question in words, for the reason why it has no answer.
    pub(crate) fn question(&self, verb: &str) -> String {
        format!(
            "whether {} may `{verb}` the path `{}`",
            self.subject.in_words(),
            self.path
        )
    }
}

/// A subject and an API group.
#[derive(Clone, Debug)]
pub(crate) struct GroupCheck {
    subject: Subject,
    group: Arc<str>,
}

impl GroupCheck {
    /// `group.resource(resource)`
    pub(crate) fn resource(&self, resource: &str) -> Result<ResourceCheck, QuestionError> {
        if resource.trim().is_empty() {
            return Err(QuestionError::EmptyResource);
        }
        Ok(ResourceCheck::new(self.clone(), resource))
    }
}

/// May the subject do something to a resource? Empty parts are not set.
#[derive(Clone, Debug)]
pub(crate) struct ResourceCheck {
    of: GroupCheck,
    resource: Arc<str>,
    subresource: Arc<str>,
    namespace: Arc<str>,
    name: Arc<str>,
    field_selector: Arc<str>,
    label_selector: Arc<str>,
}

/// A part of a [`ResourceCheck`] that a method of the same name sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResourcePart {
    Subresource,
    Namespace,
    Name,
    FieldSelector,
    LabelSelector,
}

impl ResourceCheck {
    /// The question about all of a resource in the whole cluster.
    pub(crate) fn new(of: GroupCheck, resource: &str) -> Self {
        Self {
            of,
            resource: resource.into(),
            subresource: "".into(),
            namespace: "".into(),
            name: "".into(),
            field_selector: "".into(),
            label_selector: "".into(),
        }
    }

    /// The question with another part.
    pub(crate) fn with(&self, part: ResourcePart, value: &str) -> Self {
        let mut check = self.clone();
        *match part {
            ResourcePart::Subresource => &mut check.subresource,
            ResourcePart::Namespace => &mut check.namespace,
            ResourcePart::Name => &mut check.name,
            ResourcePart::FieldSelector => &mut check.field_selector,
            ResourcePart::LabelSelector => &mut check.label_selector,
        } = value.into();
        check
    }

    /// The question in words, for the reason why it has no answer.
    pub(crate) fn question(&self, verb: &str) -> String {
        let mut text = format!(
            "whether {} may `{verb}` `{}",
            self.of.subject.in_words(),
            self.resource
        );
        if !self.subresource.is_empty() {
            text.extend(["/", &self.subresource]);
        }
        if !self.of.group.is_empty() {
            text.extend([".", &self.of.group]);
        }
        text.push('`');
        let rest = [
            (" named ", &self.name),
            (" in namespace ", &self.namespace),
            (" with fields ", &self.field_selector),
            (" with labels ", &self.label_selector),
        ];
        for (words, part) in rest {
            if !part.is_empty() {
                text.extend([words, "`", part, "`"]);
            }
        }
        text
    }
}

/// As an expression writes it.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("authorizer")?;
        match self {
            Self::Requester => Ok(()),
            Self::ServiceAccount { namespace, name } => {
                let (namespace, name) = (quote(namespace.as_bytes()), quote(name.as_bytes()));
                write!(f, ".serviceAccount({namespace}, {name})")
            }
        }
    }
}

/// As an expression writes it.
impl fmt::Display for PathCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.path({})", self.subject, quote(self.path.as_bytes()))
    }
}

/// As an expression writes it.
impl fmt::Display for GroupCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}.group({})",
            self.subject,
            quote(self.group.as_bytes())
        )
    }
}

/// As an expression writes it.
impl fmt::Display for ResourceCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}.resource({})",
            self.of,
            quote(self.resource.as_bytes())
        )?;
        let parts = [
            ("subresource", &self.subresource),
            ("namespace", &self.namespace),
            ("name", &self.name),
            ("fieldSelector", &self.field_selector),
            ("labelSelector", &self.label_selector),
        ];
        for (method, part) in parts {
            if !part.is_empty() {
                write!(f, ".{method}({})", quote(part.as_bytes()))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{QuestionError, ResourcePart, Subject};

    #[test]
    fn a_question_names_what_it_asks() {
        let check = Subject::default().group("apps").resource("deployments");
        let check = check
            .expect("a resource")
            .with(ResourcePart::Subresource, "scale")
            .with(ResourcePart::Namespace, "shop")
            .with(ResourcePart::Name, "front")
            .with(ResourcePart::LabelSelector, "a=b");
        assert_eq!(
            check.question("update"),
            "whether the requester may `update` `deployments/scale.apps` named `front` in namespace `shop` with labels `a=b`"
        );
        let account = Subject::service_account("shop", "front.example").expect("an account");
        assert_eq!(
            account.path("/x").expect("a path").to_string(),
            r#"authorizer.serviceAccount("shop", "front.example").path("/x")"#
        );
        assert_eq!(
            account.path("/healthz").expect("a path").question("get"),
            "whether the service account `shop/front.example` may `get` the path `/healthz`"
        );
    }

    #[test]
    fn what_the_api_server_refuses_is_refused() {
        let account = Subject::service_account;
        assert_eq!(
            account("shop", "a_b"),
            Err(QuestionError::ServiceAccountName)
        );
        assert_eq!(
            account("a.b", "a"),
            Err(QuestionError::ServiceAccountNamespace)
        );
        let subject = Subject::default();
        assert!(matches!(
            subject.path(" \u{a0}"),
            Err(QuestionError::EmptyPath)
        ));
        assert!(matches!(
            subject.group("").resource(" "),
            Err(QuestionError::EmptyResource)
        ));
    }
}
