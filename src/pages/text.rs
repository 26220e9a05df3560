//! Text for terminals: headings, indented lines, words that wrap.

use std::io::{self, Write};

use crate::report::{Style, safe_line};

/// Lines longer than this are hard to read, however wide the terminal is.
const WIDEST: usize = 100;

/// Writes lines of at most a width, with nothing in them that a terminal would act on.
pub(super) struct Lines<'o> {
    out: &'o mut dyn Write,
    width: usize,
}

impl<'o> Lines<'o> {
    pub(super) fn new(style: Style, out: &'o mut dyn Write) -> Self {
        Self {
            out,
            width: style.width.min(WIDEST),
        }
    }

    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", safe_line(text.trim_end()))
    }

    /// An empty line, and the heading if there is one.
    pub(super) fn heading(&mut self, heading: &str) -> io::Result<()> {
        writeln!(self.out)?;
        if heading.is_empty() {
            Ok(())
        } else {
            self.line(heading)
        }
    }

    /// Paragraphs under a heading; nothing where there is no text.
    pub(super) fn text(&mut self, heading: &str, text: &str, indent: usize) -> io::Result<()> {
        let mut paragraphs = text
            .split('\n')
            .filter(|one| !one.trim().is_empty())
            .peekable();
        if paragraphs.peek().is_none() {
            return Ok(());
        }
        self.heading(heading)?;
        paragraphs.try_for_each(|paragraph| self.wrapped(paragraph, indent, indent))
    }

    /// Entries under a heading; nothing where there are none.
    pub(super) fn list(&mut self, heading: &str, entries: &[String]) -> io::Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        self.heading(heading)?;
        entries
            .iter()
            .try_for_each(|entry| self.wrapped(entry, 2, 4))
    }

    /// Lines as they are, indented.
    pub(super) fn block(&mut self, text: &str, indent: usize) -> io::Result<()> {
        let indent = " ".repeat(indent);
        text.trim_end()
            .lines()
            .try_for_each(|line| self.line(&format!("{indent}{line}")))
    }

    /// Words in lines of at most the width, the first indented by `first`, the rest by `rest`.
    pub(super) fn wrapped(&mut self, text: &str, first: usize, rest: usize) -> io::Result<()> {
        let mut line = " ".repeat(first);
        let mut is_empty = true;
        for word in text.split_whitespace() {
            if !is_empty && line.chars().count() + 1 + word.chars().count() > self.width {
                self.line(&line)?;
                line = " ".repeat(rest);
                is_empty = true;
            }
            if !is_empty {
                line.push(' ');
            }
            line.push_str(word);
            is_empty = false;
        }
        self.line(&line)
    }
}

/// Writes rows whose cells stand under each other; the last cell is not padded.
pub(super) fn table(rows: &[Vec<String>], indent: usize, out: &mut dyn Write) -> io::Result<()> {
    let safe = |row: &Vec<String>| -> Vec<String> {
        row.iter()
            .map(|cell| safe_line(cell).into_owned())
            .collect()
    };
    let rows: Vec<Vec<String>> = rows.iter().map(safe).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in &rows {
        let mut line = " ".repeat(indent);
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            let gap = width - cell.chars().count().min(*width) + 2;
            line.push_str(&" ".repeat(gap));
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}
