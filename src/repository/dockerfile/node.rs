//! A Dockerfile as expressions see it.
//!
//! | key | what |
//! |---|---|
//! | `path` | what people call the file |
//! | `images` | the images that a build pulls: those that stages begin with and those that files are copied or mounted from |
//! | `stages[].name`, `.image`, `.parent` | its name; the image that it begins with, or the index of the stage |
//! | `stages[].last`, `.shipped` | whether it is the last one; whether it is part of the image that the last one gives |
//! | `stages[].baseImage` | the image that it begins with, itself or through other stages; absent where that is `scratch` |
//! | `stages[].starts` | whether it says what a container runs: `CMD` or `ENTRYPOINT`, there or in a stage it begins with |
//! | `stages[].user.name`, `.written` | the user that it ends with, variables replaced and as written; `user` is absent where nothing says it |
//! | `stages[].user.known` | whether the file says what its variables are |
//! | `stages[].instructions[]` | `index`, `keyword` in upper case, `text`, `exec` (whether in JSON form), `flags`, and `commands` of `RUN` |
//! | `...flags[]` | `name` in lower case and `value` |
//! | `...commands[]` | `name` and `arguments` |

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::manifest::{DocumentBuilder, NodeId};
use crate::source::{SourceId, Span};

use super::Dockerfile;
use super::instruction::Instruction;
use super::pieces::Pieces;
use super::said::Said;
use super::shell::Command;
use super::stages::{Base, Stage};

impl Dockerfile {
    /// The node of the file.
    pub(in crate::repository) fn node(&self, builder: &mut DocumentBuilder) -> NodeId {
        let mut maker = Maker {
            builder,
            path: &self.path,
            made: BTreeMap::new(),
        };
        let path = maker.builder.string(&self.path, None);
        let of_stages = self
            .stages
            .list
            .iter()
            .filter_map(|stage| match &stage.base {
                Base::Image(image) => Some(&**image),
                _ => None,
            });
        let mut images: Vec<&Said> = of_stages.chain(&self.stages.copied).collect();
        images.sort_by_key(|image| image.place);
        let images: Vec<NodeId> = images.into_iter().map(|image| maker.said(image)).collect();
        let images = maker.builder.list(&images, None);
        let shipped = self.stages.shipped();
        let stages: Vec<NodeId> = self
            .stages
            .list
            .iter()
            .enumerate()
            .map(|(at, stage)| {
                let is_last = at + 1 == self.stages.list.len();
                maker.stage(stage, is_last, shipped.contains(&at))
            })
            .collect();
        let stages = maker.builder.list(&stages, None);
        maker.map(
            &[("images", images), ("path", path), ("stages", stages)],
            Some(self.place),
        )
    }
}

struct Maker<'b> {
    builder: &'b mut DocumentBuilder,
    path: &'b str,
    /// What stages have from each other, by its address: it is kept once, however many have it.
    made: BTreeMap<*const Said, NodeId>,
}

impl Maker<'_> {
    fn map(&mut self, entries: &[(&str, NodeId)], origin: Option<Span>) -> NodeId {
        let entries: Vec<_> = entries
            .iter()
            .map(|&(key, value)| (self.builder.text(key), None, value))
            .collect();
        self.builder.map(&entries, origin)
    }

    fn said(&mut self, said: &Said) -> NodeId {
        match &said.value {
            Ok(value) => self.builder.string(value, Some(said.place)),
            Err(why) => self.builder.unknown(&format!("{}: {why}", self.path)),
        }
    }

    fn user(&mut self, user: &Said) -> NodeId {
        let name = self.said(user);
        let written = self.builder.string(&user.written, Some(user.place));
        let known = self.builder.bool(user.value.is_ok(), Some(user.place));
        let parts = [("known", known), ("name", name), ("written", written)];
        self.map(&parts, Some(user.place))
    }

    /// What several stages may have.
    fn shared(&mut self, said: &Arc<Said>, make: fn(&mut Self, &Said) -> NodeId) -> NodeId {
        if let Some(node) = self.made.get(&Arc::as_ptr(said)) {
            return self.builder.copy_own(*node, None);
        }
        let node = make(self, said);
        self.made.insert(Arc::as_ptr(said), node);
        node
    }

    fn text(&mut self, text: &Pieces, source: SourceId) -> NodeId {
        let place = text.span(source);
        self.builder.string(text.text(), Some(place))
    }

    fn stage(&mut self, stage: &Stage, is_last: bool, is_shipped: bool) -> NodeId {
        let from = &stage.from;
        let source = from.place.source;
        let instructions: Vec<NodeId> = stage
            .instructions
            .iter()
            .enumerate()
            .map(|(index, instruction)| self.instruction(index, instruction))
            .collect();
        let mut entries = vec![
            ("instructions", self.builder.list(&instructions, None)),
            ("last", self.builder.bool(is_last, None)),
            ("shipped", self.builder.bool(is_shipped, None)),
            ("starts", self.builder.bool(stage.starts, None)),
        ];
        match &stage.base {
            Base::Image(image) => entries.push(("image", self.shared(image, Self::said))),
            Base::Stage(at) => entries.push(("parent", number(self.builder, *at))),
            Base::Scratch => {}
        }
        if let Some(image) = &stage.base_image {
            entries.push(("baseImage", self.shared(image, Self::said)));
        }
        if let Some(name) = &stage.name {
            entries.push(("name", self.text(name, source)));
        }
        if let Some(user) = &stage.user {
            let user = self.shared(user, Self::user);
            entries.push(("user", user));
        }
        self.map(&entries, Some(from.whole))
    }

    fn instruction(&mut self, index: usize, instruction: &Instruction) -> NodeId {
        let source = instruction.place.source;
        let commands: Vec<NodeId> = instruction
            .commands
            .iter()
            .map(|command| self.command(command, source))
            .collect();
        let flags: Vec<NodeId> = instruction
            .flags
            .iter()
            .map(|(name, value)| {
                let place = value.span(source);
                let name = self.builder.string(name, Some(place));
                let value = self.text(value, source);
                self.map(&[("name", name), ("value", value)], Some(place))
            })
            .collect();
        let entries = [
            ("commands", self.builder.list(&commands, None)),
            ("exec", self.builder.bool(instruction.exec.is_some(), None)),
            ("flags", self.builder.list(&flags, None)),
            ("index", number(self.builder, index)),
            (
                "keyword",
                self.builder
                    .string(instruction.keyword, Some(instruction.place)),
            ),
            ("text", self.text(&instruction.rest, source)),
        ];
        self.map(&entries, Some(instruction.whole))
    }

    fn command(&mut self, command: &Command, source: SourceId) -> NodeId {
        let arguments: Vec<NodeId> = command
            .arguments
            .iter()
            .map(|argument| self.text(argument, source))
            .collect();
        let arguments = self.builder.list(&arguments, None);
        let name = self.text(&command.name, source);
        let place = command.name.span(source);
        self.map(&[("arguments", arguments), ("name", name)], Some(place))
    }
}

/// A position as a number.
fn number(builder: &mut DocumentBuilder, at: usize) -> NodeId {
    builder.int(i64::try_from(at).unwrap_or(i64::MAX), None)
}
