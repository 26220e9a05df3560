//! Dockerfiles: read with the place of everything, and what they come to: stages, images, users, commands.
//!
//! This module owns the grammar of Dockerfiles and what of it expressions see. It must not judge, and it never fails:
//! what it cannot read is a [`Problem`] beside what it could.
//!
//! The way of a text: [`lines`] → [`instruction`] → [`stages`] → [`node`].

mod instruction;
mod lines;
mod names;
mod node;
mod pieces;
mod said;
mod shell;
mod stages;
mod variables;
mod words;
mod wrappers;

use crate::manifest::Problem;
use crate::source::{SourceId, Span, one_line};

use instruction::Instruction;
use stages::Stages;

pub use names::{NameKind, name_kind};

/// A Dockerfile.
#[derive(Debug)]
pub struct Dockerfile {
    path: Box<str>,
    /// Where it begins: the first word that is no comment.
    place: Span,
    stages: Stages,
    /// What is wrong with it, in order.
    pub problems: Vec<Problem>,
    /// Why it says nothing of an image: something else makes a Dockerfile of it, or reads another language.
    pub not_ours: Option<String>,
    /// Whether it begins as Dockerfiles do, with `FROM` or an `ARG` for it.
    pub begins_as_one: bool,
    /// Its comments, in order.
    pub comments: Vec<Comment>,
}

/// A line that is a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// From its `#` to the end of the line.
    pub place: Span,
    /// What it stands above: the next instruction; between the lines of one, its next line. Empty where nothing follows.
    pub above: Span,
}

impl Dockerfile {
    /// What people call the file.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Reads a Dockerfile. `path` is what people call it.
    pub fn read(path: &str, source: SourceId, text: &str) -> Self {
        let mut problems = Vec::new();
        let lines = lines::lines(text);
        if let Some(wrong) = &lines.wrong_escape {
            let place = Span::new(source, wrong.start as u32, wrong.end as u32);
            let message = "`escape` can be `\\` or a backtick";
            problems.push(Problem::error(message, Some(place)));
        }
        let span = |range: &std::ops::Range<usize>| {
            Span::new(source, range.start as u32, range.end as u32)
        };
        let comments = lines.comments.iter().map(|comment| Comment {
            place: span(&comment.place),
            above: span(&comment.above),
        });
        let comments = comments.collect();
        let syntax = lines.syntax.filter(|image| !is_own_syntax(image));
        let instructions: Vec<Instruction> = lines
            .list
            .into_iter()
            .map(|line| instruction::read(line, lines.escape, source, &mut problems))
            .collect();
        let first = instructions.first();
        let place = first.map_or(Span::new(source, 0, 0), |first| first.place);
        let begins_as_one = first.is_some_and(|first| matches!(first.keyword, "ARG" | "FROM"));
        let not_ours = if let Some(image) = syntax {
            let image = one_line(image, 80);
            Some(format!(
                "`# syntax=` names `{image}`, which may read another language than that of Dockerfiles"
            ))
        } else if instructions.iter().any(Instruction::is_template) {
            Some("it is a template, which something else fills in".to_owned())
        } else {
            None
        };
        let stages = Stages::new(instructions, lines.escape, source, &mut problems);
        problems.sort_by_key(|problem| problem.span);
        Self {
            path: path.into(),
            place,
            stages,
            problems,
            not_ours,
            begins_as_one,
            comments,
        }
    }
}

/// Whether an image that `# syntax=` names reads Dockerfiles: `docker/dockerfile:1`, also from a mirror.
fn is_own_syntax(image: &str) -> bool {
    let image = image.split_whitespace().next().unwrap_or_default();
    let name = image.rsplit('/').next().unwrap_or_default();
    name.starts_with("dockerfile")
}

#[cfg(test)]
mod tests;
