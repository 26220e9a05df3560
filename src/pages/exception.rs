//! The exception on a policy's page, to be copied.

use crate::config::{Config, Date, Drafter, NoException, Subject, Wanted};
use crate::manifest::{Dialect, Limits, read};
use crate::source::SourceId;

use super::Page;

/// The namespace for exceptions where Config names none and one is needed.
pub(super) const CENTRAL: &str = "policy-exceptions";

/// The exception from a policy, to be copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// The document, with the object of the page's first example for a match.
    pub text: Option<String>,
    /// Why there is none. With a document: why it has no effect before Config names the namespace that it is in.
    pub but: Option<NoException>,
}

impl Page {
    /// Adds the exception, as this Config wants it. Without a day the reader fills in the end. A policy that refuses nothing
    /// has none.
    pub fn put_exception(&mut self, config: &Config, today: Option<Date>) {
        self.exception = (!self.validations.is_empty()).then(|| self.drafted(config, today));
    }

    fn drafted(&self, config: &Config, today: Option<Date>) -> Exception {
        let none = |no: NoException| Exception {
            text: None,
            but: Some(no),
        };
        if self.is_native {
            return none(NoException::Native);
        }
        if self.is_repository {
            return none(NoException::Repository);
        }
        let example = self.examples.refused.first();
        let subject = example.and_then(|one| {
            let reading = read(SourceId(0), &one.text, Dialect::Kubectl, &Limits::default());
            let object = reading.documents.first()?;
            Some(Subject::written(object.root()))
        });
        let single = example.map(|one| one.validation.as_str());
        let single = single.or(self.validations.first().map(|one| one.name.as_str()));
        let single = single.filter(|_| self.validations.len() > 1);
        let instead = single.map(|id| format!("or one check alone: {id}"));
        let wanted = Wanted {
            policy: &self.name,
            entry: &self.name,
            instead: instead.as_deref(),
            subject: subject.as_ref(),
            clusters: &[],
            reason: None,
            until: None,
        };
        let draft = |config: &Config| Drafter::new(config, today, []).draft(&wanted);
        match draft(config) {
            Ok(draft) => Exception {
                text: draft.text,
                but: None,
            },
            Err(no) => {
                let mut central = config.clone();
                central.exceptions.allowed_namespaces = vec![CENTRAL.into()];
                let text = draft(&central).ok().and_then(|draft| draft.text);
                Exception {
                    text,
                    but: Some(no),
                }
            }
        }
    }
}

impl Exception {
    /// Why there is none, or what Config has to say first, as a sentence.
    pub(super) fn sentence(&self) -> Option<String> {
        let text = self.but?.to_string();
        let mut rest = text.chars();
        let first: String = rest.next()?.to_uppercase().collect();
        let then = match self.text {
            Some(_) => format!(" (`exceptions: {{allowedNamespaces: [{CENTRAL}]}}`). Then it is"),
            None => String::new(),
        };
        Some(format!("{first}{}{then}", rest.as_str()))
    }
}
