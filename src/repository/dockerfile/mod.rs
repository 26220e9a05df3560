//! Dockerfiles: read with the place of everything, and what they come to: stages, images, users, commands.
//!
//! This module owns the grammar of Dockerfiles and what of it expressions see. It must not judge, and it never fails:
//! what it cannot read is a [`Problem`] beside what it could.
//!
//! The way of a text: [`lines`] → [`instruction`] → [`stages`] → [`node`].

mod instruction;
mod lines;
mod node;
mod pieces;
mod shell;
mod stages;
mod variables;
mod words;

use crate::manifest::Problem;
use crate::source::SourceId;

use stages::Stages;

/// A Dockerfile.
#[derive(Debug)]
pub struct Dockerfile {
    path: Box<str>,
    stages: Stages,
    /// What is wrong with it, in order.
    pub problems: Vec<Problem>,
}

impl Dockerfile {
    /// Reads a Dockerfile. `path` is what people call it.
    pub fn read(path: &str, source: SourceId, text: &str) -> Self {
        let mut problems = Vec::new();
        let lines = lines::lines(text);
        let instructions = lines
            .list
            .into_iter()
            .map(|line| instruction::read(line, lines.escape, source, &mut problems))
            .collect();
        let stages = Stages::new(instructions, lines.escape, source, &mut problems);
        problems.sort_by_key(|problem| problem.span);
        Self {
            path: path.into(),
            stages,
            problems,
        }
    }
}

/// Endings of files that become a Dockerfile only when something fills them in.
const TEMPLATES: [&str; 8] = [
    "erb", "gotmpl", "in", "j2", "jinja", "jinja2", "template", "tmpl",
];

/// What a file is by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    /// A Dockerfile.
    Dockerfile,
    /// Something that a Dockerfile is made from.
    Template,
    /// Neither.
    Other,
}

/// Says what a file is by its name: `Dockerfile`, `Dockerfile.web`, `web.Dockerfile`, and the same with `Containerfile`.
pub fn name_kind(name: &str) -> NameKind {
    let lower = name.to_ascii_lowercase();
    let is_word = |word: &str| matches!(word, "dockerfile" | "containerfile");
    let first = lower.split('.').next().unwrap_or_default();
    let last = lower.rsplit('.').next().unwrap_or_default();
    if last == "dockerignore" || last == "containerignore" {
        NameKind::Other
    } else if TEMPLATES.contains(&last) && lower.split('.').any(is_word) {
        NameKind::Template
    } else if is_word(first) || is_word(last) {
        NameKind::Dockerfile
    } else {
        NameKind::Other
    }
}

#[cfg(test)]
mod tests;
