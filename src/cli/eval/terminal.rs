//! The prompt on a terminal: line editing, history in memory, completion, lines that go on.

use std::cell::RefCell;
use std::rc::Rc;

use anyhow::Context as _;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, Helper};

use super::super::Console;
use super::complete::complete;
use super::session::{Reply, Session, needs_more};

/// What the line editor asks the session.
struct Assistant(Rc<RefCell<Session>>);

impl Helper for Assistant {}
impl Highlighter for Assistant {}

impl Hinter for Assistant {
    type Hint = String;
}

impl Validator for Assistant {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(if needs_more(context.input()) {
            ValidationResult::Incomplete
        } else {
            ValidationResult::Valid(None)
        })
    }
}

impl Completer for Assistant {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        cursor: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(complete(&self.0.borrow(), line, cursor))
    }
}

/// Reads lines until the end.
pub(super) fn run(session: Session, console: &mut Console) -> anyhow::Result<()> {
    let session = Rc::new(RefCell::new(session));
    let config = Config::builder()
        .auto_add_history(true)
        .completion_type(CompletionType::List)
        .build();
    let mut editor: Editor<Assistant, MemHistory> =
        Editor::with_history(config, MemHistory::new()).context("cannot use the terminal")?;
    editor.set_helper(Some(Assistant(Rc::clone(&session))));
    writeln!(
        console.out(),
        "an expression, or :help; Tab completes, Ctrl-D leaves"
    )?;
    loop {
        console.out().flush()?;
        let line = match editor.readline("cel> ") {
            Ok(line) => line,
            // As in a shell: the line is given up, not the session.
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => return Ok(()),
            Err(error) => return Err(error).context("cannot read from the terminal"),
        };
        let reply = session.borrow_mut().line(&line);
        match reply {
            Reply::Text(text) => write!(console.out(), "{text}")?,
            Reply::Quit => return Ok(()),
        }
    }
}
