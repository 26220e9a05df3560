//! The expressions of a policy one by one, and a policy in which one of them is another: what tests of policies ask.

use std::fmt;

use crate::cel::{self, Environment, Program};

use super::{Policy, Scope, Target, environment};

/// One of the expressions of a policy, by its position among those of its sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A match condition.
    Condition(usize),
    /// A variable.
    Variable(usize),
    /// A validation.
    Validation(usize),
    /// The message of a validation.
    Message(usize),
    /// A mutation.
    Mutation(usize),
    /// An audit annotation.
    Annotation(usize),
}

/// What an expression is, for people: "the validation `opt-in`".
#[derive(Clone, Copy, Debug)]
pub struct PartName<'p> {
    policy: &'p Policy,
    part: Part,
}

impl fmt::Display for PartName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own = |id: &str| id.rsplit('/').next().unwrap_or_default().to_owned();
        let policy = self.policy;
        let (sort, name) = match self.part {
            Part::Condition(at) => {
                let named = policy.match_conditions.get(at);
                ("the match condition", named.map(|it| it.name.to_string()))
            }
            Part::Variable(at) => {
                let named = policy.variable_names.get(at);
                ("the variable", named.map(ToString::to_string))
            }
            Part::Validation(at) => {
                let named = policy.validations.get(at);
                ("the validation", named.map(|it| own(&it.id)))
            }
            Part::Message(at) => {
                let named = policy.validations.get(at);
                ("the message of", named.map(|it| own(&it.id)))
            }
            Part::Mutation(at) => {
                let named = policy.mutations.get(at);
                ("the mutation", named.map(|it| own(&it.id)))
            }
            Part::Annotation(at) => {
                let native = policy.native.as_ref();
                let named = native.and_then(|native| native.audit_annotations.get(at));
                ("the audit annotation", named.map(|it| own(&it.id)))
            }
        };
        write!(f, "{sort} `{}`", name.unwrap_or_default())
    }
}

impl Policy {
    /// Its expressions in the order in which they are evaluated: conditions, variables, then validations, each with its
    /// message, mutations and annotations.
    pub fn parts(&self) -> Vec<(Part, &Program)> {
        let mut parts = Vec::new();
        for (at, condition) in self.match_conditions.iter().enumerate() {
            parts.push((Part::Condition(at), &condition.expression));
        }
        for (at, variable) in self.variables.iter().enumerate() {
            parts.push((Part::Variable(at), variable));
        }
        for (at, validation) in self.validations.iter().enumerate() {
            parts.push((Part::Validation(at), &validation.expression));
            let message = validation.message_expression.as_ref();
            parts.extend(message.map(|message| (Part::Message(at), message)));
        }
        for (at, mutation) in self.mutations.iter().enumerate() {
            parts.push((Part::Mutation(at), &mutation.expression));
        }
        let native = self.native.iter();
        let annotations = native.flat_map(|native| &native.audit_annotations);
        for (at, annotation) in annotations.enumerate() {
            parts.push((Part::Annotation(at), &annotation.expression));
        }
        parts
    }

    /// What an expression of it is called.
    pub const fn part_name(&self, part: Part) -> PartName<'_> {
        PartName { policy: self, part }
    }

    /// This policy with one expression changed; `None` where the text is no such expression: it does not compile, or
    /// it gives something else.
    #[must_use]
    pub fn with_part(&self, part: Part, source: &str) -> Option<Self> {
        let mut changed = self.clone();
        let environment = self.environment_of(part);
        let program = changed.part_mut(part)?;
        let compiled = cel::compile(source, &environment).ok()?;
        let (before, after) = (program.static_type(), compiled.static_type());
        if !before.is_dyn() && before != after {
            return None;
        }
        let is_patch = matches!(part, Part::Mutation(_));
        if is_patch && compiled.check_objects().is_err() {
            return None;
        }
        let origin = program.origin();
        *program = compiled.at(origin);
        changed.roots.take();
        Some(changed)
    }

    fn part_mut(&mut self, part: Part) -> Option<&mut Program> {
        match part {
            Part::Condition(at) => {
                let condition = self.match_conditions.get_mut(at)?;
                Some(&mut condition.expression)
            }
            Part::Variable(at) => self.variables.get_mut(at),
            Part::Validation(at) => Some(&mut self.validations.get_mut(at)?.expression),
            Part::Message(at) => self.validations.get_mut(at)?.message_expression.as_mut(),
            Part::Mutation(at) => Some(&mut self.mutations.get_mut(at)?.expression),
            Part::Annotation(at) => {
                let native = self.native.as_mut()?;
                Some(&mut native.audit_annotations.get_mut(at)?.expression)
            }
        }
    }

    /// What an expression may use. Names that reading hides, since nobody declared them, are in sight here: what is
    /// changed names nothing new.
    fn environment_of(&self, part: Part) -> Environment {
        let scope = match &self.matching.target {
            _ if self.native.is_some() => Scope::Native,
            Target::Resources { .. } => Scope::Objects,
            Target::Repository => Scope::Repository,
            Target::Dockerfiles => Scope::Dockerfiles,
            Target::PodTemplates => Scope::PodTemplates,
        };
        let mut environment = environment(scope);
        if self.native.is_some() {
            environment = environment.native();
            if !matches!(part, Part::Mutation(_)) {
                environment = environment.without_mutation();
            }
        }
        let seen = match part {
            Part::Variable(at) => at,
            Part::Condition(_) if self.native.is_some() => 0,
            _ => self.variables.len(),
        };
        for (name, variable) in self.variable_names.iter().zip(&self.variables).take(seen) {
            environment.declare(name, variable.static_type().clone());
        }
        environment
    }
}
