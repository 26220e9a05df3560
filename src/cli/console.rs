//! The streams of the process: data to standard output, everything else to standard error.

use std::io::{self, BufWriter, IsTerminal, Write};

use crate::manifest::Problem;
use crate::report::{Style, safe_line};
use crate::source::SourceMap;

/// Where a subcommand writes, and how that looks.
pub struct Console {
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    out_style: Style,
    err_style: Style,
}

impl std::fmt::Debug for Console {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Console")
            .field("out_style", &self.out_style)
            .finish_non_exhaustive()
    }
}

impl Console {
    /// The console of this process: colours only on terminals and without `NO_COLOR`.
    pub fn of_process() -> Self {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let width = std::env::var("COLUMNS")
            .ok()
            .and_then(|columns| columns.parse().ok())
            .filter(|&columns| columns >= 40);
        let style = |terminal: bool| Style {
            color: terminal && !no_color,
            width: width.unwrap_or(Style::default().width),
            ..Style::default()
        };
        Self {
            out: Box::new(Patient(BufWriter::new(io::stdout()))),
            err: Box::new(Patient(io::stderr())),
            out_style: style(io::stdout().is_terminal()),
            err_style: style(io::stderr().is_terminal()),
        }
    }

    /// Standard output, buffered; a reader that has gone away is no error.
    pub fn out(&mut self) -> &mut dyn Write {
        &mut *self.out
    }

    /// Standard error.
    pub fn err(&mut self) -> &mut dyn Write {
        &mut *self.err
    }

    /// How standard output looks.
    pub const fn out_style(&self) -> Style {
        self.out_style
    }

    /// How standard error looks.
    pub const fn err_style(&self) -> Style {
        self.err_style
    }

    /// Says on standard error why kpolicy could not do its work.
    pub fn complain(&mut self, message: &str) {
        // What cannot be told on standard error cannot be told at all.
        for (number, line) in message.lines().enumerate() {
            let start = if number == 0 { "error:" } else { " " };
            let _ = writeln!(self.err, "{start} {}", safe_line(line));
        }
    }

    /// Shows problems with policies, Config and exceptions on standard error, in the order of the sources.
    pub fn problems(&mut self, problems: &[Problem], sources: &SourceMap) -> io::Result<()> {
        let mut problems = problems.to_vec();
        problems.sort_by(|a, b| (a.span, &a.message).cmp(&(b.span, &b.message)));
        crate::report::problems(&problems, sources, self.err_style, &mut self.err)
    }
}

/// A stream whose reader may go away: what is written after that is dropped, as `head` expects.
struct Patient<W>(W);

impl<W: Write> Write for Patient<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(bytes.len()),
            other => other,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }

    #[test]
    fn a_reader_that_has_gone_away_is_no_error() {
        let mut stream = Patient(BufWriter::with_capacity(4, Gone));
        assert!(stream.write_all(b"more than the buffer holds").is_ok());
        assert!(stream.flush().is_ok());
    }
}
