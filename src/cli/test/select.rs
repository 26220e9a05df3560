//! Which cases of the fixtures are run.

use anyhow::bail;

use crate::fixture::Kind;
use crate::manifest::suggest::suggestion;
use crate::policy::PolicySet;

/// The policies and the parts of names that were asked for; nothing stands for everything.
#[derive(Debug)]
pub(super) struct Selection {
    policies: Vec<String>,
    cases: Vec<String>,
}

impl Selection {
    /// Checks the names of policies.
    pub(super) fn new(
        policies: &[String],
        cases: &[String],
        known: &PolicySet,
    ) -> anyhow::Result<Self> {
        for name in policies {
            if known.get(name).is_none() {
                let names: Vec<&str> = known.iter().map(|policy| &*policy.name).collect();
                let help = suggestion(name, names.iter().copied());
                let help = help.map(|help| format!("; {help}")).unwrap_or_default();
                bail!("there is no policy `{name}`{help}");
            }
        }
        Ok(Self {
            policies: policies.to_vec(),
            cases: cases.to_vec(),
        })
    }

    /// Whether nothing is left out.
    pub(super) fn is_everything(&self) -> bool {
        self.policies.is_empty() && self.cases.is_empty()
    }

    /// The first policy that was asked for and is none of these.
    pub(super) fn lacking(&self, known: &[String]) -> Option<&str> {
        let mut asked = self.policies.iter();
        asked.find(|name| !known.contains(name)).map(String::as_str)
    }

    /// Whether the fixtures of a policy are run.
    pub(super) fn wants_policy(&self, name: &str) -> bool {
        self.policies.is_empty() || self.policies.iter().any(|policy| policy == name)
    }

    /// Whether a case is run.
    pub(super) fn wants_case(&self, policy: &str, kind: Kind, case: &str) -> bool {
        let id = format!("{policy}/{}/{case}", kind.folder());
        self.cases.is_empty() || self.cases.iter().any(|text| id.contains(text.as_str()))
    }
}
