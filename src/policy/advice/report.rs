//! What all views of an expression say together, as warnings inside the YAML.

use std::ops::Range;

use crate::cel::{
    self, Advice, AdviceKind, CompileError, Environment, Program, StaticType, Surroundings,
    Unguarded, Unreachable, is_always_evaluated,
};
use crate::manifest::{NodeRef, Problem, span_inside};
use crate::schema::openapi::Schemas;
use crate::source::SourceMap;

use super::expressions::{Role, Written};
use super::views::{View, known};

/// What one view says of the expressions, in their order.
struct Said {
    errors: Vec<Option<CompileError>>,
    advice: Vec<Vec<Advice>>,
}

/// The warnings on all expressions.
pub(super) fn problems(
    written: &[Written<'_>],
    views: &[View],
    schemas: &Schemas,
    sources: &SourceMap,
) -> Vec<Problem> {
    let said: Vec<Said> = views.iter().map(|view| look(written, view)).collect();
    let mut problems = Vec::new();
    for (index, expression) in written.iter().enumerate() {
        let mut add = |range: Range<usize>, message: String, help: Option<String>| {
            let origin = expression.node.and_then(NodeRef::origin);
            let span = origin.and_then(|origin| {
                let text = sources.text(origin)?;
                Some(span_inside(
                    text,
                    origin,
                    expression.program.source(),
                    range,
                ))
            });
            let mut problem = Problem::warning(message, span.or(origin));
            problem.help = help;
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        };
        let errors: Vec<(&View, &CompileError)> = views
            .iter()
            .zip(&said)
            .filter_map(|(view, said)| Some((view, said.errors.get(index)?.as_ref()?)))
            .collect();
        for (view, error) in &errors {
            let same = errors
                .iter()
                .filter(|(_, other)| other.range == error.range);
            let everywhere = same.count() == views.len();
            // What is wrong for some kinds only may stand behind a test of the kind, or of the field.
            if !everywhere && !is_always_evaluated(expression.program, &error.range) {
                continue;
            }
            let message = match &view.kind {
                Some(kind) if views.len() > 1 && !everywhere => {
                    format!("for {kind}: {}", error.message)
                }
                _ => error.message.clone(),
            };
            let help = other_release(&error.message, schemas).or_else(|| error.help.clone());
            add(error.range.clone(), message, help);
        }
        let of = |said: &Said, advice: &Advice| {
            let all = said.advice.get(index).map_or(&[][..], Vec::as_slice);
            all.iter()
                .any(|other| (other.kind, &other.range) == (advice.kind, &advice.range))
        };
        for advice in said
            .iter()
            .filter_map(|said| said.advice.get(index))
            .flatten()
        {
            let always = advice.kind != AdviceKind::MayBeAbsent;
            // A condition on the kind is always the same for one kind.
            if always && !said.iter().all(|said| of(said, advice)) {
                continue;
            }
            add(
                advice.range.clone(),
                advice.message.clone(),
                advice.help.clone(),
            );
        }
    }
    problems.sort_by(|a, b| (a.span, &a.message).cmp(&(b.span, &b.message)));
    problems
}

/// Compiles and advises on all expressions for one view.
fn look(written: &[Written<'_>], view: &View) -> Said {
    let known = view.kind.as_ref().map(known).unwrap_or_default();
    let known: Vec<(usize, &[&str], &str)> = known
        .iter()
        .map(|(slot, fields, value)| (*slot, *fields, value.as_str()))
        .collect();
    let untyped: Vec<Option<&Program>> = written
        .iter()
        .filter(|expression| expression.role == Role::Variable)
        .map(|expression| Some(expression.program))
        .collect();
    let mut environment = view.environment.clone();
    let mut programs: Vec<Result<Program, CompileError>> = Vec::with_capacity(written.len());
    for expression in written {
        let compiled = compile(expression.program, &environment, &untyped, &known);
        if expression.role == Role::Variable {
            // Where it only compiles without types, what reads it is not to blame.
            let kind = match &compiled {
                Ok(program) => program.static_type().clone(),
                Err(_) => StaticType::Dyn,
            };
            environment.declare(expression.name, kind);
        }
        programs.push(compiled);
    }
    let of_role = |role: Role| {
        let all = written.iter().zip(&programs).enumerate();
        all.filter(move |(_, (expression, _))| expression.role == role)
            .map(|(index, (_, program))| (index, program.as_ref().ok()))
    };
    let variables: Vec<Option<&Program>> = of_role(Role::Variable)
        .map(|(_, program)| program)
        .collect();
    let conditions: Vec<(usize, &Program)> = of_role(Role::Condition)
        .filter_map(|(index, program)| Some((index, program?)))
        .collect();
    let mut unguarded: Vec<Vec<Unguarded>> = vec![Vec::new(); variables.len()];
    let mut used = vec![false; variables.len()];
    for program in programs.iter().flatten() {
        for index in program.reads_variables() {
            if let Some(used) = used.get_mut(index) {
                *used = true;
            }
        }
    }
    let mut exposed: Vec<Unguarded> = Vec::new();
    let mut advice: Vec<Vec<Advice>> = Vec::with_capacity(written.len());
    for (index, (expression, program)) in written.iter().zip(&programs).enumerate() {
        let Ok(program) = program else {
            advice.push(Vec::new());
            continue;
        };
        // All conditions hold where a policy goes on; each is asked beside the others.
        let given: Vec<&Program> = match expression.role {
            Role::Variable => Vec::new(),
            _ => conditions
                .iter()
                .filter(|(other, _)| *other != index)
                .map(|(_, program)| *program)
                .collect(),
        };
        let surroundings = Surroundings {
            environment: &environment,
            variables: &variables,
            unguarded: &unguarded,
            given: &given,
            known: &known,
            decides: false,
        };
        let mut advised = cel::advise(program, &surroundings);
        advised
            .advice
            .retain(|advice| advice.kind == AdviceKind::MayBeAbsent);
        // A test of the kind is no condition that never changes: it says what is meant.
        // Where parts were left out, the expression as it is written says it.
        let whole = program.source() == expression.program.source();
        let alike = cel::advise(
            if whole { program } else { expression.program },
            &Surroundings {
                known: &[],
                decides: matches!(expression.role, Role::Condition | Role::Validation),
                ..surroundings
            },
        );
        let always = alike.advice.into_iter();
        advised
            .advice
            .extend(always.filter(|advice| advice.kind != AdviceKind::MayBeAbsent));
        // The message is asked for where the validation gave false; had it met what is absent, it would have failed.
        if expression.role == Role::Message
            && let Some(before) = advice.last()
            && let Some(Ok(validation)) = index.checked_sub(1).and_then(|at| programs.get(at))
        {
            let is_read = |path: &str| {
                before.iter().any(|read| {
                    read.path.as_deref() == Some(path)
                        && is_always_evaluated(validation, &read.range)
                })
            };
            advised
                .advice
                .retain(|advice| !advice.path.as_deref().is_some_and(is_read));
        }
        // Variables come first, so that an index is a variable's own.
        let variable = index;
        if expression.role == Role::Variable {
            let own = advised.advice.iter().filter_map(|advice| {
                let path = advice.path.clone()?;
                Some(Unguarded { variable, path })
            });
            let all: Vec<Unguarded> = own.chain(advised.exposed).collect();
            if let Some(slot) = unguarded.get_mut(variable) {
                *slot = all;
            }
        } else {
            exposed.append(&mut advised.exposed);
        }
        advice.push(advised.advice);
    }
    // What a variable reads may be guarded by all that read the variable.
    for (variable, advice) in advice.iter_mut().enumerate().take(variables.len()) {
        if used.get(variable) == Some(&true) {
            advice.retain(|advice| {
                advice.path.as_ref().is_none_or(|path| {
                    exposed
                        .iter()
                        .any(|exposed| exposed.variable == variable && exposed.path == *path)
                })
            });
        }
    }
    Said {
        errors: programs.into_iter().map(Result::err).collect(),
        advice,
    }
}

/// Compiles an expression again with types. What this kind never comes to is left out: a branch for another kind.
fn compile(
    program: &Program,
    environment: &Environment,
    variables: &[Option<&Program>],
    known: &[(usize, &[&str], &str)],
) -> Result<Program, CompileError> {
    let mut source = program.source().to_owned();
    let mut unreachable = None;
    loop {
        let error = match cel::compile(&source, environment) {
            Ok(program) => return Ok(program),
            Err(errors) => first(errors, source.len()),
        };
        let parts = unreachable.get_or_insert_with(|| {
            let surroundings = Surroundings {
                environment,
                variables,
                unguarded: &[],
                given: &[],
                known,
                decides: false,
            };
            cel::advise(program, &surroundings).unreachable
        });
        let holds = |part: &Unreachable| {
            part.range.start <= error.range.start && error.range.end <= part.range.end
        };
        let Some(at) = parts.iter().position(holds) else {
            return Err(error);
        };
        let part = parts.swap_remove(at);
        let instead = if part.boolean { "true" } else { "dyn(0)" };
        if part.range.len() < instead.len() || source.get(part.range.clone()).is_none() {
            return Err(error);
        }
        // All other bytes stay where they are.
        let padded = format!("{instead}{}", " ".repeat(part.range.len() - instead.len()));
        source.replace_range(part.range, &padded);
    }
}

fn first(errors: Vec<CompileError>, length: usize) -> CompileError {
    errors.into_iter().next().unwrap_or_else(|| CompileError {
        message: String::new(),
        range: 0..length,
        help: None,
    })
}

/// That other releases have a field which this one lacks.
fn other_release(message: &str, schemas: &Schemas) -> Option<String> {
    let mut words = message.split('`').skip(1).step_by(2);
    let (object, field) = (words.next()?, words.next()?);
    let releases = schemas.definition(object)?.releases_with(field);
    let (first, last) = (releases.first()?, releases.last()?);
    let release = schemas.release();
    Some(if *first > release {
        format!("Kubernetes has it from {first} on; this is checked for {release}")
    } else {
        format!("Kubernetes had it up to {last}; this is checked for {release}")
    })
}
