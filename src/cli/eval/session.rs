//! The prompt's lines: an expression or a command in, text out. Knows no terminal.

use std::fmt::Write as _;
use std::path::Path;

use crate::manifest::NodeRef;
use crate::report::{Mark, Style, marks, safe_line};
use crate::source::SourceMap;

use super::answer::Answer;
use super::inputs::{self, Loaded};
use super::request::assumed_namespace;
use super::setting::{is_file, problem_marks};
use super::stage::{Stage, Variable};
use super::{answer, full};

mod unfinished;

pub(super) use unfinished::needs_more;

/// How documents are read: the file, and which object in it.
pub(super) type Load = fn(&Path, Option<&str>, &mut SourceMap) -> anyhow::Result<Loaded>;

/// What a line leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// Text to show; it ends with a line break unless it is empty.
    Text(String),
    /// The end.
    Quit,
}

/// A command: its name, what follows it, and what it does.
struct Command {
    name: &'static str,
    argument: &'static str,
    about: &'static str,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "help",
        argument: "",
        about: "this list",
    },
    Command {
        name: "load",
        argument: "FILE [[KIND/]NAME]",
        about: "read the object",
    },
    Command {
        name: "old",
        argument: "FILE [[KIND/]NAME]",
        about: "read the old object",
    },
    Command {
        name: "params",
        argument: "FILE",
        about: "read the parameters",
    },
    Command {
        name: "namespace",
        argument: "NAME|FILE",
        about: "set the namespace",
    },
    Command {
        name: "let",
        argument: "NAME = EXPRESSION",
        about: "set variables.NAME",
    },
    Command {
        name: "vars",
        argument: "",
        about: "list the variables and the other names that are there",
    },
    Command {
        name: "type",
        argument: "EXPRESSION",
        about: "the type, without evaluating",
    },
    Command {
        name: "cost",
        argument: "EXPRESSION",
        about: "what evaluating costs, and what it may with other documents",
    },
    Command {
        name: "explain",
        argument: "EXPRESSION",
        about: "evaluate, with the value of every part",
    },
    Command {
        name: "tree",
        argument: "[on|off]",
        about: "show the value of every part each time",
    },
    Command {
        name: "quit",
        argument: "",
        about: "leave; Ctrl-D does, too",
    },
];

/// What was set and loaded so far.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) stage: Stage,
    lets: Vec<Variable>,
    shows_tree: bool,
    style: Style,
    load: Load,
}

impl Session {
    /// A session that starts from this stage.
    pub(super) fn new(stage: Stage, style: Style) -> Self {
        Self {
            stage,
            lets: Vec::new(),
            shows_tree: false,
            style,
            load: inputs::document,
        }
    }

    /// Reads documents in another way than from files.
    #[cfg(test)]
    pub(super) fn with_load(mut self, load: Load) -> Self {
        self.load = load;
        self
    }

    /// Does what a line says.
    pub(super) fn line(&mut self, line: &str) -> Reply {
        let line = line.trim();
        let Some(command) = line.strip_prefix(':') else {
            return Reply::Text(if line.is_empty() {
                String::new()
            } else {
                self.evaluate(line, self.shows_tree)
            });
        };
        let (word, rest) = command
            .split_once(char::is_whitespace)
            .unwrap_or((command, ""));
        let rest = rest.trim();
        let name = match named(word) {
            Ok(name) => name,
            Err(complaint) => return Reply::Text(complaint),
        };
        Reply::Text(match name {
            "quit" => return Reply::Quit,
            "help" => help(),
            "vars" => self.names(),
            "tree" => self.tree(rest),
            "namespace" => self.namespace(rest),
            _ if rest.is_empty() => usage(name),
            "load" | "old" | "params" => self.load(name, rest),
            "let" => self.set(rest),
            "type" => self.type_of(rest),
            "cost" => self.cost(rest),
            _ => self.evaluate(rest, true),
        })
    }

    fn evaluate(&mut self, text: &str, tree: bool) -> String {
        let answer = answer(&mut self.stage, text);
        self.shown(&answer, tree)
    }

    fn shown(&self, answer: &Answer, tree: bool) -> String {
        let mut out = Vec::new();
        // Writing to memory cannot fail.
        let _ = full::write(answer, tree, &self.stage.sources, self.style, &mut out);
        ended(&String::from_utf8_lossy(&out))
    }

    fn type_of(&mut self, text: &str) -> String {
        match self.stage.compile("<expression>", text) {
            Ok((_, program)) => format!("{}\n", program.static_type()),
            Err(wrong) => {
                let answer = Answer::not_compiled(wrong);
                self.shown(&answer, false)
            }
        }
    }

    fn cost(&mut self, text: &str) -> String {
        let answer = answer(&mut self.stage, text);
        let (Some(cost), Some(estimate)) = (answer.cost, answer.estimate) else {
            return self.shown(&answer, false);
        };
        format!("{} · {}\n", full::cost(cost), full::estimate(estimate))
    }

    fn tree(&mut self, word: &str) -> String {
        self.shows_tree = match word {
            "" => !self.shows_tree,
            "on" => true,
            "off" => false,
            _ => return usage("tree"),
        };
        let state = if self.shows_tree { "on" } else { "off" };
        format!("the tree is {state}\n")
    }

    /// `NAME = EXPRESSION`.
    fn set(&mut self, text: &str) -> String {
        let Some((name, expression)) = text.split_once('=') else {
            return usage("let");
        };
        let (name, expression) = (name.trim(), expression.trim());
        let first = |c: char| c.is_ascii_alphabetic() || c == '_';
        let spelt = name.starts_with(first) && name.chars().all(|c| first(c) || c.is_ascii_digit());
        if !spelt || expression.is_empty() {
            return usage("let");
        }
        let variable = Variable {
            name: name.to_owned(),
            expression: expression.to_owned(),
        };
        let before = self.lets.clone();
        // Of two with one name the later is meant, which may read the earlier one: so both stay.
        self.lets.push(variable);
        let complaints = self.prepared();
        if complaints.is_empty() {
            return String::new();
        }
        self.lets = before;
        self.prepared();
        complaints
    }

    /// Takes over what changed; says which variables are no longer there.
    fn prepared(&mut self) -> String {
        let mut text = String::new();
        for (name, wrong) in self.stage.prepare(&self.lets) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "variables.{name} does not compile here:");
            let answer = Answer::not_compiled(wrong);
            text.push_str(&self.shown(&answer, false));
        }
        text
    }

    fn load(&mut self, what: &str, rest: &str) -> String {
        let (file, pick) = rest
            .split_once(char::is_whitespace)
            .map_or((rest, None), |(file, pick)| (file, Some(pick.trim())));
        let loaded = (self.load)(Path::new(file), pick, &mut self.stage.sources);
        let (document, mut text) = match loaded {
            Err(error) => return format!("error: {}\n", safe_line(&format!("{error:#}"))),
            Ok(loaded) => {
                let (document, told, masked) = problem_marks(loaded);
                self.stage.masked.extend_from_slice(&masked);
                (document, self.marked(&told, &masked))
            }
        };
        let Some(document) = document else {
            return text;
        };
        text.push_str(&named_document(document.root()));
        match what {
            "old" => self.stage.old_object = Some(document),
            "params" => self.stage.params = Some(document),
            _ => self.stage.object = Some(document),
        }
        text.push_str(&self.prepared());
        text
    }

    fn namespace(&mut self, word: &str) -> String {
        if word.is_empty() {
            return usage("namespace");
        }
        if !is_file(Path::new(word)) {
            self.stage.given.namespace = Some(word.to_owned());
            self.stage.given.namespace_object = Some(assumed_namespace(word));
            return String::new();
        }
        match (self.load)(
            Path::new(word),
            Some(inputs::NAMESPACE),
            &mut self.stage.sources,
        ) {
            Err(error) => format!("error: {}\n", safe_line(&format!("{error:#}"))),
            Ok(loaded) => {
                let (document, told, masked) = problem_marks(loaded);
                self.stage.masked.extend_from_slice(&masked);
                if let Some(document) = document {
                    let name = document.root().at(&["metadata", "name"]);
                    self.stage.given.namespace = name.and_then(NodeRef::as_str).map(str::to_owned);
                    self.stage.given.namespace_object = Some(document);
                }
                self.marked(&told, &masked)
            }
        }
    }

    fn marked(&self, told: &[Mark], masked: &[crate::source::Span]) -> String {
        let mut out = Vec::new();
        // Writing to memory cannot fail.
        let _ = marks(told, &self.stage.sources, masked, self.style, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    /// The names that expressions may use, with their types.
    fn names(&self) -> String {
        let environment = self.stage.environment();
        let roots = environment
            .roots()
            .enumerate()
            .filter(|(_, name)| !name.is_empty())
            .map(|(slot, name)| format!("{name}: {}\n", environment.root_type(slot)));
        let variables = self
            .stage
            .variables()
            .iter()
            .enumerate()
            .map(|(index, variable)| {
                let kind = environment.variable_type(index);
                let expression = variable.expression.split_whitespace();
                let expression = expression.collect::<Vec<_>>().join(" ");
                let line = format!("variables.{}: {kind} = {expression}", variable.name);
                format!("{}\n", safe_line(&line))
            });
        roots.chain(variables).collect()
    }
}

/// The command that a word means: it, or the only one that it begins.
fn named(word: &str) -> Result<&'static str, String> {
    let mut meant = COMMANDS
        .iter()
        .map(|command| command.name)
        .filter(|name| !word.is_empty() && name.starts_with(word));
    match (meant.next(), meant.next()) {
        (Some(name), None) => Ok(name),
        (Some(first), Some(second)) if word != first => Err(format!(
            "error: `:{word}` may be `:{first}` or `:{second}`\n"
        )),
        (Some(first), Some(_)) => Ok(first),
        (None, _) => Err(format!(
            "error: there is no `:{}`; `:help` lists the commands\n",
            safe_line(word)
        )),
    }
}

/// The names of all commands.
pub(super) fn commands() -> impl Iterator<Item = &'static str> {
    COMMANDS.iter().map(|command| command.name)
}

fn usage(name: &str) -> String {
    let command = COMMANDS.iter().find(|command| command.name == name);
    let argument = command.map_or("", |command| command.argument);
    format!("usage: :{name} {argument}\n")
}

fn help() -> String {
    let mut text = "An expression is evaluated; brackets that are open and operators at the end go on in the next line, \
                    an empty line ends it.\n"
        .to_owned();
    for command in COMMANDS {
        let left = format!(":{} {}", command.name, command.argument);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {left:<28}{}", command.about);
    }
    text
}

/// What was loaded, for people.
fn named_document(root: NodeRef<'_>) -> String {
    let kind = root.get("kind").and_then(NodeRef::as_str);
    let name = root.at(&["metadata", "name"]).and_then(NodeRef::as_str);
    let text = match (kind, name) {
        (Some(kind), Some(name)) => format!("{kind} {name}"),
        (Some(kind), None) => kind.to_owned(),
        (None, _) => format!("a {}", root.type_name()),
    };
    format!("loaded {}\n", safe_line(&text))
}

/// The text with one line break at its end.
fn ended(text: &str) -> String {
    let text = text.trim_end();
    if text.is_empty() {
        String::new()
    } else {
        format!("{text}\n")
    }
}

#[cfg(test)]
mod tests;
