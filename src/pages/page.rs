//! All that there is to tell about a policy, in the order of telling, before anybody has made it look like something.

use crate::config::{Enforcement, Profile, with_bases};
use crate::manifest::write_json;
use crate::policy::Policy;

use super::describe;
use super::{Examples, Exception, Here};

/// A policy's page. Its texts are as their author wrote them: nothing is made safe yet.
#[derive(Clone, Debug)]
pub struct Page {
    /// The name.
    pub name: String,
    /// One line.
    pub title: String,
    /// The family it belongs to.
    pub category: String,
    /// How much harm a violation can do.
    pub severity: &'static str,
    /// Whether it ships with kpolicy.
    pub built_in: bool,
    /// Whether it is one of ours, and not a native one.
    pub is_native: bool,
    /// Whether it judges the repository, and no objects.
    pub is_repository: bool,
    /// Why it matters.
    pub description: String,
    /// What to do.
    pub remediation: String,
    /// What it looks at.
    pub applies_to: Vec<String>,
    /// What puts a native policy to work.
    pub bindings: Vec<String>,
    /// Policies whose checks it makes too.
    pub supersedes: Vec<String>,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// Preconditions of the whole policy.
    pub conditions: Vec<Entry>,
    /// Its variables.
    pub variables: Vec<Entry>,
    /// Its validations, with their messages.
    pub validations: Vec<Entry>,
    /// Its mutations, with their safety.
    pub mutations: Vec<Entry>,
    /// Other objects that it reads.
    pub reads: Vec<String>,
    /// The profiles that turn it on.
    pub profiles: Vec<InProfile>,
    /// Where to read more.
    pub references: Vec<String>,
    /// How hard it is where the page is asked for; `None` for a page about no place.
    pub here: Option<Here>,
    /// What it refuses, lets pass and changes.
    pub examples: Examples,
    /// The exception to copy, where it was put in.
    pub exception: Option<Exception>,
}

/// An expression with what is said of it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its id or name.
    pub name: String,
    /// The message of a validation, the safety of a mutation; empty where there is none.
    pub about: String,
    /// The expression, on its lines.
    pub expression: String,
}

/// A parameter.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What it can be, in words.
    pub type_words: String,
    /// What it is, as its author says.
    pub description: String,
    /// What it is where nobody says otherwise, as JSON.
    pub default: Option<String>,
    /// Whether the policy judges nothing without it.
    pub required: bool,
    /// What it is set to here.
    pub set: Vec<Place>,
}

/// A value that somebody gave a parameter.
#[derive(Clone, Debug)]
pub struct Place {
    /// The value, as JSON.
    pub value: String,
    /// Who says so, and where.
    pub by: String,
}

/// A profile that turns the policy on.
#[derive(Clone, Debug)]
pub struct InProfile {
    /// The profile.
    pub name: String,
    /// How hard.
    pub enforcement: Enforcement,
    /// The profile that says it, where that is one which `name` extends.
    pub through: Option<String>,
    /// Parameters that it sets, as JSON.
    pub params: Option<String>,
}

impl Page {
    /// The page of a policy. `profiles` are all that there are.
    pub fn new(policy: &Policy, profiles: &[Profile]) -> Self {
        let about = &policy.about;
        let texts = |texts: &[Box<str>]| texts.iter().map(ToString::to_string).collect();
        let variables = policy.variable_names.iter().zip(&policy.variables);
        Self {
            name: policy.name.to_string(),
            title: about.title.to_string(),
            category: about.category.to_string(),
            severity: about.severity.as_str(),
            built_in: policy.built_in,
            is_native: policy.native.is_some(),
            is_repository: policy.matching.is_repository(),
            description: about.description.to_string(),
            remediation: about.remediation.to_string(),
            applies_to: describe::targets(policy),
            bindings: describe::bindings(policy),
            supersedes: (policy.supersedes.iter())
                .map(|name| name.value.to_string())
                .collect(),
            parameters: parameters(policy),
            conditions: (policy.match_conditions.iter())
                .map(|one| entry(&one.name, "", one.expression.source()))
                .collect(),
            variables: variables
                .map(|(name, program)| entry(name, "", program.source()))
                .collect(),
            validations: (policy.validations.iter())
                .map(|one| {
                    let message = one.message.as_deref().unwrap_or_default();
                    entry(&one.id, message, one.expression.source())
                })
                .collect(),
            mutations: (policy.mutations.iter())
                .map(|one| entry(&one.id, one.safety.as_str(), one.expression.source()))
                .collect(),
            reads: describe::reads(policy),
            profiles: (profiles.iter())
                .filter_map(|profile| in_profile(policy, profile, profiles))
                .collect(),
            references: texts(&about.references),
            here: None,
            examples: Examples::default(),
            exception: None,
        }
    }

    /// The last part of an entry's id: what tells it apart on the policy's own page.
    pub(super) fn short<'i>(&self, id: &'i str) -> &'i str {
        let rest = id.strip_prefix(self.name.as_str());
        rest.and_then(|rest| rest.strip_prefix('/')).unwrap_or(id)
    }
}

fn entry(name: &str, about: &str, expression: &str) -> Entry {
    Entry {
        name: name.to_owned(),
        about: about.to_owned(),
        expression: expression.trim().to_owned(),
    }
}

fn parameters(policy: &Policy) -> Vec<Parameter> {
    let parameter = |one: crate::policy::Parameter<'_>| Parameter {
        name: one.name.to_owned(),
        type_words: describe::type_words(one.schema),
        description: one.description.unwrap_or_default().to_owned(),
        default: one.default.map(write_json),
        required: one.required,
        set: Vec::new(),
    };
    policy.parameters.iter().map(parameter).collect()
}

/// What a profile, and those that it extends, say of a policy; of several words the strictest.
fn in_profile(policy: &Policy, profile: &Profile, all: &[Profile]) -> Option<InProfile> {
    let chain = with_bases(&profile.name, all);
    let said = chain.iter().filter_map(|one| {
        let setting = one.policies.get(&policy.name[..])?;
        Some((one, setting))
    });
    let words = said.clone().filter_map(|(one, setting)| {
        let enforcement = setting.enforcement?;
        Some((one, enforcement))
    });
    let (by, enforcement) =
        words.reduce(|first, next| if next.1 > first.1 { next } else { first })?;
    let layers = said.filter_map(|(_, setting)| setting.params.as_ref());
    let layers: Vec<_> = layers.collect();
    let params = (!layers.is_empty()).then(|| write_json(crate::policy::layer(layers).root()));
    Some(InProfile {
        name: profile.name.to_string(),
        enforcement,
        through: (by.name != profile.name).then(|| by.name.to_string()),
        params,
    })
}
