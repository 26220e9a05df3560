//! `kpolicy eval`: one expression, tried out by the author of a policy.

mod answer;
#[cfg(feature = "repl")]
mod complete;
mod full;
mod inputs;
mod json;
mod request;
mod secrets;
#[cfg(feature = "repl")]
mod session;
mod setting;
mod stage;
#[cfg(feature = "repl")]
mod terminal;
mod values;

use anyhow::bail;
use clap::ValueEnum;

use super::{Console, Exit};
use answer::Answer;
use stage::Stage;

/// The options of `kpolicy eval`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The expression sees what a policy sees: object, oldObject, request, params, namespaceObject, authorizer, variables; \
for an object with a pod template also pod, oldPod, containers (init, regular and ephemeral), workloadContainers (init \
and regular) and serviceContainers (regular ones and sidecars); with --dockerfile instead dockerfile and repository, \
beside params and variables. What is not given is not known, and reading it is an \
error.

Exit codes: 0 any value but false, 1 false, 2 no value: the expression does not compile or ends in an error, or \
kpolicy could not do its work.

Examples:
  kpolicy eval 'object.spec.replicas > 1' --object deployment.yaml
  kpolicy eval 'containers.all(c, has(c.resources))' --object deployment.yaml
  kubectl get deploy web -o json | kpolicy eval 'object.status' --object - --output-format json
  kpolicy eval 'variables.images' --policy my-policy.yaml --object pod.yaml --params params.yaml
  kpolicy eval 'dockerfile.images' --dockerfile Dockerfile
  kpolicy eval --object pod.yaml         # on a terminal: one expression after the other")]
pub(super) struct Arguments {
    /// The CEL expression; `-` reads it from standard input. Without it, on a terminal: a prompt
    #[arg(value_name = "EXPRESSION")]
    expression: Option<String>,

    #[command(flatten)]
    setting: setting::SettingArguments,

    /// How the answer is written
    #[arg(long, value_enum, default_value_t, env = "KPOLICY_EVAL_OUTPUT_FORMAT")]
    output_format: OutputFormat,
}

/// `--output-format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum OutputFormat {
    /// For people: the value, why it is so, and the tree of its parts
    #[default]
    Full,
    /// For programs
    Json,
}

/// Evaluates one expression.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> anyhow::Result<Exit> {
    let Some(expression) = arguments.expression.as_deref() else {
        return prompt(arguments, console);
    };
    let Some(mut stage) = arguments.setting.stage(expression == "-", console)? else {
        return Ok(Exit::Failed);
    };
    let expression = match expression {
        "-" => inputs::expression()?,
        text => text.to_owned(),
    };
    let answer = answer(&mut stage, &expression);
    let style = console.out_style();
    match arguments.output_format {
        OutputFormat::Full => full::write(&answer, true, &stage.sources, style, console.out())?,
        OutputFormat::Json => json::write(&answer, &stage.sources, console.out())?,
    }
    Ok(exit(&answer))
}

/// Evaluates one expression after the other, as somebody types them.
#[cfg(feature = "repl")]
fn prompt(arguments: &Arguments, console: &mut Console) -> anyhow::Result<Exit> {
    use std::io::IsTerminal as _;

    if !std::io::stdin().is_terminal() {
        bail!("there is no expression: give one, or `-` to read it from standard input");
    }
    let Some(stage) = arguments.setting.stage(true, console)? else {
        return Ok(Exit::Failed);
    };
    let session = session::Session::new(stage, console.out_style());
    terminal::run(session, console)?;
    Ok(Exit::Clean)
}

#[cfg(not(feature = "repl"))]
fn prompt(_: &Arguments, _: &mut Console) -> anyhow::Result<Exit> {
    bail!("there is no expression: give one, or `-` to read it from standard input")
}

fn answer(stage: &mut Stage, expression: &str) -> Answer {
    match stage.evaluate(expression, Answer::of) {
        Ok(answer) => answer,
        Err(wrong) => Answer::not_compiled(wrong),
    }
}

/// `test` and `grep` do the same: 0 for yes, 1 for no, 2 for trouble.
fn exit(answer: &Answer) -> Exit {
    if answer.error.is_some() {
        Exit::Failed
    } else if answer.is_false() {
        Exit::Findings
    } else {
        Exit::Clean
    }
}
