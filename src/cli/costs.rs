//! What the expressions of policies may cost before any object is there: the rows of `kpolicy check --costs`, and the
//! warning about an expression that always costs more than it may.
//!
//! Costs are counted in `cel`, limits are the engine's; this module only shows them.

use std::io::{self, Write};

use crate::cel::{CostEstimate, Program};
use crate::engine::Limits;
use crate::manifest::Problem;
use crate::policy::Policy;
use crate::source::Span;

/// An expression of a policy with the name that people know it by.
struct Priced {
    name: String,
    cost: CostEstimate,
    span: Option<Span>,
}

/// Warns of the expressions that cost more than the limit of one expression whatever object they meet.
pub(super) fn problems(policy: &Policy) -> impl Iterator<Item = Problem> {
    let limit = Limits::default().expression;
    priced(policy).into_iter().filter_map(move |priced| {
        let least = priced.cost.min;
        (least > limit).then(|| {
            let message = format!(
                "`{}` costs at least {least}, more than the {limit} that the API server allows an expression",
                priced.name
            );
            Problem::warning(message, priced.span)
        })
    })
}

/// Writes a row for each expression of the policies: its name, the least and the most that it may cost.
pub(super) fn write<'p>(
    policies: impl Iterator<Item = &'p Policy>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let rows: Vec<Priced> = policies.flat_map(priced).collect();
    if rows.is_empty() {
        return writeln!(out, "no policies to list the costs of");
    }
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    writeln!(
        out,
        "{:width$}  {:>9}  {:>9}",
        "cost of", "at least", "at most"
    )?;
    for Priced { name, cost, .. } in rows {
        let most = cost.bound();
        let most = most.map_or_else(|| "no bound".to_owned(), |most| most.to_string());
        writeln!(out, "{name:width$}  {:>9}  {most:>9}", cost.min)?;
    }
    Ok(())
}

fn priced(policy: &Policy) -> Vec<Priced> {
    let price = |name: String, program: &Program, span: Option<Span>| Priced {
        name,
        cost: program.estimate(),
        span: span.or(policy.span),
    };
    let name = &policy.name;
    let conditions = policy.match_conditions.iter().map(|condition| {
        let id = format!("{name} matchConditions.{}", condition.name);
        price(id, &condition.expression, None)
    });
    let variables = policy.variable_names.iter().zip(&policy.variables);
    let variables = variables
        .map(|(variable, program)| price(format!("{name} variables.{variable}"), program, None));
    let validations = policy.validations.iter().flat_map(|validation| {
        let message = validation.message_expression.as_ref().map(|message| {
            price(
                format!("{} messageExpression", validation.id),
                message,
                validation.span,
            )
        });
        let id = validation.id.to_string();
        std::iter::once(price(id, &validation.expression, validation.span)).chain(message)
    });
    let mutations = policy.mutations.iter().map(|mutation| {
        let id = mutation.id.to_string();
        price(id, &mutation.expression, mutation.span)
    });
    conditions
        .chain(variables)
        .chain(validations)
        .chain(mutations)
        .collect()
}
