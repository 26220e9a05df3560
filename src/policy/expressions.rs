//! Compiling the expressions of a policy, with every error inside the expression inside the YAML.

use std::ops::Range;

use crate::cel::{self, Environment, Program, Release, StaticType};
use crate::manifest::suggest::suggestion;
use crate::manifest::{Fields, NodeRef, Problem, span_inside};
use crate::source::{SourceMap, Span};

use super::environment::{environment_without, why_hidden};
use super::{Parameters, Root, Scope};

/// What a policy says of its parameters.
#[derive(Clone, Copy)]
pub(super) enum Declared<'e> {
    /// Nothing: it has none.
    Nothing,
    /// Something that is wrong, and reported: no parameter is unknown.
    Wrong,
    /// Objects of a kind of its own: any parameter may be there.
    Anything,
    /// This.
    Parameters(&'e Parameters),
}

/// Compiles the expressions of one policy.
pub(super) struct Expressions<'e> {
    sources: &'e SourceMap,
    scope: Scope,
    environment: Environment,
    /// As `environment`, without the authorizer.
    quiet: Environment,
    /// As `environment`, with what only patches may use.
    patching: Environment,
    parameters: Declared<'e>,
    resources: Vec<&'e str>,
    /// Every variable of the policy, also those still to come.
    variables: Vec<&'e str>,
    /// The variables that ask the authorizer, themselves or through others.
    loud: Vec<usize>,
    declared: usize,
}

impl<'e> Expressions<'e> {
    pub(super) fn new(
        sources: &'e SourceMap,
        scope: Scope,
        parameters: Declared<'e>,
        resources: Vec<&'e str>,
        variables: Vec<&'e str>,
    ) -> Self {
        let mut hidden = Vec::new();
        if matches!(parameters, Declared::Nothing) {
            hidden.push(Root::Params);
        }
        if resources.is_empty() {
            hidden.push(Root::Resources);
        }
        let environment = environment_without(scope, &hidden);
        hidden.extend([Root::Authorizer, Root::RequestResource]);
        let quiet = environment_without(scope, &hidden);
        // In a native policy only the patch itself may make patches.
        let (patching, environment, quiet) = if scope == Scope::Native {
            let patching = environment.native();
            let rest = [patching.clone(), quiet.native()];
            let [environment, quiet] = rest.map(Environment::without_mutation);
            (patching, environment, quiet)
        } else {
            (environment.clone(), environment, quiet)
        };
        Self {
            sources,
            scope,
            environment,
            quiet,
            patching,
            parameters,
            resources,
            variables,
            loud: Vec::new(),
            declared: 0,
        }
    }

    /// Leaves out what the API server of a release does not allow in a new policy.
    pub(super) fn for_release(mut self, release: Option<Release>) -> Self {
        if let Some(release) = release {
            self.environment = self.environment.for_release(release);
            self.quiet = self.quiet.for_release(release);
            self.patching = self.patching.for_release(release);
        }
        self
    }

    /// Compiles the expression under `key`, which must be there; gives it with its place.
    pub(super) fn required(
        &self,
        fields: &mut Fields<'_, '_>,
        key: &'static str,
    ) -> Option<(Program, Option<Span>)> {
        fields.required_text(key)?;
        let node = fields.node(key)?;
        let program = self.compile(node, &self.environment, fields.problems())?;
        Some((program, node.origin()))
    }

    /// Compiles the expression under `key`, which must be there and of exactly this type: as in the API server a value
    /// that may be anything is not enough.
    pub(super) fn required_type(
        &self,
        fields: &mut Fields<'_, '_>,
        key: &'static str,
        wanted: &StaticType,
    ) -> Option<(Program, Option<Span>)> {
        let (program, span) = self.required(fields, key)?;
        gives(&program, wanted, fields, span).then_some((program, span))
    }

    /// As [`required_type`](Self::required_type), for what says how to change an object.
    pub(super) fn patch(
        &self,
        fields: &mut Fields<'_, '_>,
        key: &'static str,
        wanted: &StaticType,
    ) -> Option<(Program, Option<Span>)> {
        fields.required_text(key)?;
        let node = fields.node(key)?;
        let program = self.compile(node, &self.patching, fields.problems())?;
        let span = node.origin();
        if !gives(&program, wanted, fields, span) {
            return None;
        }
        if let Err(error) = program.check_objects() {
            let mut problem = Problem::error(error.message, self.place(node, error.range).or(span));
            problem.help = error.help;
            fields.report(problem);
            return None;
        }
        Some((program, span))
    }

    /// Compiles an expression that makes a message; it may not ask the authorizer.
    pub(super) fn message(
        &self,
        fields: &mut Fields<'_, '_>,
        key: &'static str,
    ) -> Option<Program> {
        let text = fields.text(key)?;
        let node = fields.node(key)?;
        if text.trim().is_empty() {
            fields.error(format!("`{key}` is empty"), node.origin());
            return None;
        }
        let program = self.compile(node, &self.quiet, fields.problems())?;
        if program
            .reads_variables()
            .iter()
            .any(|index| self.loud.contains(index))
        {
            let message = "a message cannot ask the authorizer, also not through a variable";
            fields.error(message, node.origin());
            return None;
        }
        gives(&program, &StaticType::STRING, fields, node.origin()).then_some(program)
    }

    /// Compiles the expression of an audit annotation, which gives a string or null.
    pub(super) fn annotation(
        &self,
        fields: &mut Fields<'_, '_>,
        key: &'static str,
    ) -> Option<Program> {
        let (program, span) = self.required(fields, key)?;
        let null = *program.static_type() == StaticType::NULL;
        (null || gives(&program, &StaticType::STRING, fields, span)).then_some(program)
    }

    /// Makes a variable known to what is compiled from now on, whether or not its own expression compiled.
    pub(super) fn declare(&mut self, name: &str, program: Option<&Program>) {
        let loud = program.is_some_and(|program| {
            [Root::Authorizer, Root::RequestResource]
                .iter()
                .any(|root| program.reads().contains(&root.slot()))
                || program
                    .reads_variables()
                    .iter()
                    .any(|index| self.loud.contains(index))
        });
        if loud {
            self.loud.push(self.declared);
        }
        self.declared += 1;
        let kind = program.map_or(StaticType::Dyn, |program| program.static_type().clone());
        self.environment.declare(name, kind.clone());
        self.patching.declare(name, kind.clone());
        self.quiet.declare(name, kind);
    }

    fn compile(
        &self,
        node: NodeRef<'_>,
        environment: &Environment,
        problems: &mut Vec<Problem>,
    ) -> Option<Program> {
        let source = node.as_str()?;
        let place = |range| self.place(node, range);
        match cel::compile(source, environment) {
            Ok(program) => {
                let before = problems.len();
                self.check_members(&program, &place, problems);
                (problems.len() == before).then(|| program.at(node.origin()))
            }
            Err(errors) => {
                problems.extend(errors.into_iter().map(|error| {
                    let named = source.get(error.range.clone()).unwrap_or_default();
                    let span = place(error.range).or(node.origin());
                    let mut problem = Problem::error(error.message, span);
                    problem.help = self.better_help(named).or(error.help);
                    problem
                }));
                None
            }
        }
    }

    /// The place of a part of an expression.
    fn place(&self, node: NodeRef<'_>, range: Range<usize>) -> Option<Span> {
        let (source, origin) = (node.as_str()?, node.origin()?);
        let text = self.sources.text(origin)?;
        Some(span_inside(text, origin, source, range))
    }

    /// What a policy's author should know of a name that means nothing at its place.
    fn better_help(&self, named: &str) -> Option<String> {
        if let Some(variable) = named.strip_prefix("variables.") {
            let later = self
                .variables
                .iter()
                .skip(self.declared)
                .any(|known| *known == variable);
            return later.then(|| "a variable may only read those above it".to_owned());
        }
        why_hidden(named, self.scope).map(str::to_owned)
    }

    /// Parameters and other objects that nobody declared: in CEL they would be missing keys, found out one by one.
    fn check_members(
        &self,
        program: &Program,
        place: &dyn Fn(Range<usize>) -> Option<Span>,
        problems: &mut Vec<Problem>,
    ) {
        let mut check = |root: Root, what: &str, known: &[&str]| {
            for (member, range) in program.members(root.slot()) {
                if !known.contains(&member) {
                    let mut problem = Problem::error(
                        format!("the policy declares no {what} `{member}`"),
                        place(range),
                    );
                    problem.help = suggestion(member, known.iter().copied());
                    problems.push(problem);
                }
            }
        };
        check(Root::Resources, "resource", &self.resources);
        if let Declared::Parameters(parameters) = self.parameters
            && parameters.is_closed()
        {
            let known: Vec<&str> = parameters.iter().map(|parameter| parameter.name).collect();
            check(Root::Params, "parameter", &known);
        }
    }
}

/// Whether a program gives a value of exactly this type; reports it where it does not.
///
/// Upstream: `ValidateExpressionAccessor` and the return types of `k8s.io/apiserver/pkg/admission/plugin/cel`.
fn gives(
    program: &Program,
    wanted: &StaticType,
    fields: &mut Fields<'_, '_>,
    span: Option<Span>,
) -> bool {
    let found = program.static_type();
    if found == wanted {
        return true;
    }
    let message = format!("this expression must give a `{wanted}`, not a `{found}`");
    let mut problem = Problem::error(message, span);
    if found.is_dyn() {
        problem.help = Some(if *wanted == StaticType::STRING {
            "what a document holds may be anything: write `string(...)`".to_owned()
        } else {
            "what a document holds may be anything: compare it, as in `x == true`".to_owned()
        });
    }
    fields.problems().push(problem);
    false
}
