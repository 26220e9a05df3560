//! What the instructions of a Dockerfile come to: stages, the images that they pull, the user that each ends with.
//!
//! Upstream: `frontend/dockerfile/dockerfile2llb/convert.go` of moby/buildkit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::manifest::Problem;
use crate::source::{SourceId, Span};

use super::instruction::Instruction;
use super::pieces::Pieces;
use super::said::{Room, Said, shown};
use super::variables::{self, Known, expand};
use super::words::{self, Quotes};

/// What a stage begins with.
#[derive(Clone, Debug)]
pub(super) enum Base {
    /// Nothing at all.
    Scratch,
    /// A stage before it.
    Stage(usize),
    /// An image.
    Image(Arc<Said>),
}

/// One stage.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) from: Instruction,
    pub(super) base: Base,
    /// Further stages of which it may begin with one instead, where the build chooses.
    others: Vec<usize>,
    pub(super) name: Option<Pieces>,
    /// The user that the stage ends with, as its last `USER` or that of the stage it begins with says, which
    /// then is the same one.
    pub(super) user: Option<Arc<Said>>,
    pub(super) instructions: Vec<Instruction>,
    /// The image that it begins with, itself or through other stages; none for what begins with nothing.
    pub(super) base_image: Option<Arc<Said>>,
    /// Whether it says what a container of it runs.
    pub(super) starts: bool,
    /// What it sets itself.
    variables: BTreeMap<String, Known>,
}

/// All stages of a file.
#[derive(Debug)]
pub(super) struct Stages {
    pub(super) list: Vec<Stage>,
    /// The images that are pulled beside those that stages begin with.
    pub(super) copied: Vec<Said>,
}

/// A variable is looked for in so many stages of which each begins with the one before.
const DEEPEST: usize = 1000;

/// Among so many names it is looked for stages of which the build chooses one.
const MOST_NAMES: usize = 200;

/// Variables that the builder sets for `FROM`.
const PLATFORM: [&str; 9] = [
    "BUILDARCH",
    "BUILDOS",
    "BUILDPLATFORM",
    "BUILDVARIANT",
    "TARGETARCH",
    "TARGETOS",
    "TARGETPLATFORM",
    "TARGETSTAGE",
    "TARGETVARIANT",
];

impl Stages {
    pub(super) fn new(
        instructions: Vec<Instruction>,
        escape: char,
        source: SourceId,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let mut reader = Reader {
            escape,
            source,
            room: Room::new(),
            globals: BTreeMap::new(),
            by_name: BTreeMap::new(),
            stages: Self {
                list: Vec::new(),
                copied: Vec::new(),
            },
        };
        if instructions.is_empty() {
            let place = Span::new(source, 0, 0);
            problems.push(Problem::error(
                "the Dockerfile has no instruction",
                Some(place),
            ));
        }
        for instruction in instructions {
            reader.read(instruction, problems);
        }
        reader.stages
    }

    /// The stages that are part of the image: the last, and those that it begins with.
    pub(super) fn shipped(&self) -> BTreeSet<usize> {
        let mut shipped = BTreeSet::new();
        let mut pending: Vec<usize> = self.list.len().checked_sub(1).into_iter().collect();
        while let Some(at) = pending.pop() {
            if !shipped.insert(at) {
                continue;
            }
            if let Some(stage) = self.list.get(at) {
                if let Base::Stage(before) = stage.base {
                    pending.push(before);
                }
                pending.extend(&stage.others);
            }
        }
        shipped
    }
}

struct Reader {
    escape: char,
    source: SourceId,
    room: Room,
    /// What `ARG` sets before the first stage.
    globals: BTreeMap<String, Known>,
    stages: Stages,
    /// The stages by their names in lower case.
    by_name: BTreeMap<String, usize>,
}

impl Reader {
    fn read(&mut self, instruction: Instruction, problems: &mut Vec<Problem>) {
        match instruction.keyword {
            "FROM" => self.from(instruction, problems),
            "ARG" if self.stages.list.is_empty() => self.global(&instruction),
            _ if self.stages.list.is_empty() => {
                if !instruction.keyword.is_empty() {
                    let message =
                        format!("`{}` stands before the first `FROM`", instruction.keyword);
                    problems.push(Problem::error(message, Some(instruction.place)));
                }
            }
            _ => self.within(instruction),
        }
    }

    fn from(&mut self, instruction: Instruction, problems: &mut Vec<Problem>) {
        let words = words::words(&instruction.rest, self.escape, Quotes::Keep);
        let name = match words.as_slice() {
            [_] => None,
            [_, word, name] if word.text().eq_ignore_ascii_case("AS") => Some(name.clone()),
            _ => {
                let help = "write `FROM image` or `FROM image AS name`";
                let problem =
                    Problem::error("`FROM` does not name one image", Some(instruction.whole));
                problems.push(problem.with_help(help));
                None
            }
        };
        let Some(word) = words.first() else {
            return;
        };
        let mut image = self.said(word, &|name| self.global_value(name));
        self.blank(word, &mut image, problems);
        let known = image.value.as_deref().unwrap_or_default();
        let mut others = Vec::new();
        let base = if known == "scratch" {
            Base::Scratch
        } else if let Some(at) = self.stage(known) {
            Base::Stage(at)
        } else if let Some((first, rest)) = self.one_of(word, &image) {
            others = rest;
            Base::Stage(first)
        } else {
            Base::Image(Arc::new(image))
        };
        let before = match &base {
            Base::Stage(at) => self.stages.list.get(*at),
            _ => None,
        };
        let base_image = match &base {
            Base::Image(image) => Some(image.clone()),
            Base::Stage(_) => before.and_then(|stage| stage.base_image.clone()),
            Base::Scratch => None,
        };
        let stage = Stage {
            base_image,
            starts: before.is_some_and(|stage| stage.starts),
            user: before.and_then(|stage| stage.user.clone()),
            variables: BTreeMap::new(),
            from: instruction,
            base,
            others,
            name,
            instructions: Vec::new(),
        };
        if let Some(name) = &stage.name {
            let name = name.text().to_ascii_lowercase();
            self.by_name.insert(name, self.stages.list.len());
        }
        self.stages.list.push(stage);
    }

    /// Says which variables of `FROM` nothing sets. They are empty; a build ends where that leaves no image.
    fn blank(&self, word: &Pieces, image: &mut Said, problems: &mut Vec<Problem>) {
        let lookup = |name: &str| self.global_value(name);
        let unset = variables::unset(word.text(), self.escape, &lookup);
        let Some(name) = unset.first().map(|name| shown(name)) else {
            return;
        };
        let is_blank = image.value.as_ref().is_ok_and(String::is_empty);
        let why = format!("`{name}` is empty, no `ARG` before the first `FROM` sets it");
        let problem = if is_blank {
            image.value = Err(why.clone());
            Problem::error(format!("`FROM` names no image: {why}"), Some(image.place))
        } else {
            Problem::warning(why, Some(image.place))
        };
        let help =
            format!("write `ARG {name}=…` above it; an `ARG` of a stage does not count here");
        problems.push(problem.with_help(help));
    }

    /// The stage with this name; the last, where several have it.
    fn stage(&self, name: &str) -> Option<usize> {
        self.by_name.get(&name.to_ascii_lowercase()).copied()
    }

    /// The stages of which the build chooses one: `FROM base-$TARGETOS`. Only where they come to the same, so that it does
    /// not matter which.
    fn one_of(&self, word: &Pieces, image: &Said) -> Option<(usize, Vec<usize>)> {
        image.value.as_ref().err()?;
        let lookup = |name: &str| self.global_value(name);
        let parts = variables::known_parts(word.text(), self.escape, &lookup)?;
        let parts: Vec<String> = parts.iter().map(|part| part.to_ascii_lowercase()).collect();
        // What is all unknown may as well be an image. Each stage looks at all names, so there is a bound.
        if parts.iter().all(String::is_empty) || self.by_name.len() > MOST_NAMES {
            return None;
        }
        let named = self.by_name.iter();
        let mut like: Vec<usize> = named
            .filter(|(name, _)| variables::is_made_of(name, &parts))
            .map(|(_, at)| *at)
            .collect();
        like.sort_unstable();
        let (first, rest) = like.split_first()?;
        let of = |at: usize| {
            let stage = self.stages.list.get(at)?;
            let value = |said: &Option<Arc<Said>>| said.as_ref().map(|said| said.value.clone());
            Some((value(&stage.base_image), value(&stage.user), stage.starts))
        };
        let agree = rest.iter().all(|at| of(*at) == of(*first));
        agree.then(|| (*first, rest.to_vec()))
    }

    /// `ARG` before the first stage.
    fn global(&mut self, instruction: &Instruction) {
        for word in words::words(&instruction.rest, self.escape, Quotes::Keep) {
            let (name, value) = assignment(word.text());
            let value = match value {
                Some(value) => self.known(value, &|name| self.global_value(name)),
                None => match self.globals.remove(name) {
                    Some(known) => known,
                    None => unset_argument(name),
                },
            };
            let value = self.room.variable(value);
            self.globals.insert(name.to_owned(), value);
        }
    }

    fn global_value(&self, name: &str) -> Known {
        match self.globals.get(name) {
            Some(known) => known.clone(),
            None if PLATFORM.contains(&name) => {
                Known::Not(format!("`{name}` is the platform that is built for"))
            }
            None => Known::Unset,
        }
    }

    fn within(&mut self, instruction: Instruction) {
        match instruction.keyword {
            "ARG" => self.argument(&instruction),
            "ENV" => self.environment(&instruction),
            "USER" => {
                let said = self.said(&instruction.rest, &|name| self.value(name));
                if let Some(stage) = self.stages.list.last_mut() {
                    stage.user = Some(Arc::new(said));
                }
            }
            "COPY" => {
                if let Some(from) = instruction.flag("from") {
                    self.copied(from);
                }
            }
            "RUN" => {
                let mounts = instruction.flags.iter().filter(|(name, _)| name == "mount");
                let sources: Vec<Pieces> =
                    mounts.filter_map(|(_, value)| source_of(value)).collect();
                for source in sources {
                    self.copied(&source);
                }
            }
            _ => {}
        }
        if let Some(stage) = self.stages.list.last_mut() {
            stage.starts |= matches!(instruction.keyword, "CMD" | "ENTRYPOINT");
            stage.instructions.push(instruction);
        }
    }

    /// Takes note of where files come from: a stage by name or number, or an image.
    fn copied(&mut self, from: &Pieces) {
        let count = self.stages.list.len();
        let text = from.text();
        let is_stage = self.stage(text).is_some_and(|at| at + 1 < count)
            || text.parse::<usize>().is_ok_and(|at| at < count);
        if text.is_empty() || text == "scratch" || is_stage {
            return;
        }
        let said = self.said(from, &|name| self.value(name));
        self.stages.copied.push(said);
    }

    fn argument(&mut self, instruction: &Instruction) {
        for word in words::words(&instruction.rest, self.escape, Quotes::Keep) {
            let (name, value) = assignment(word.text());
            let value = match (value, self.globals.get(name)) {
                (Some(value), _) => self.known(value, &|name| self.value(name)),
                (None, Some(known)) => known.clone(),
                (None, None) => unset_argument(name),
            };
            self.set(name, value);
        }
    }

    fn environment(&mut self, instruction: &Instruction) {
        let words = words::words(&instruction.rest, self.escape, Quotes::Keep);
        let is_old_form = words.first().is_some_and(|word| !word.text().contains('='));
        if is_old_form {
            let rest = instruction.rest.text();
            let (name, value) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            let value = self.known(value.trim(), &|name| self.value(name));
            self.set(name, value);
            return;
        }
        // Values see what was set before the instruction.
        let values: Vec<(String, Known)> = words
            .iter()
            .map(|word| {
                let (name, value) = assignment(word.text());
                let value = self.known(value.unwrap_or_default(), &|name| self.value(name));
                (name.to_owned(), value)
            })
            .collect();
        for (name, value) in values {
            self.set(&name, value);
        }
    }

    fn set(&mut self, name: &str, value: Known) {
        let value = self.room.variable(value);
        if let Some(stage) = self.stages.list.last_mut() {
            stage.variables.insert(name.to_owned(), value);
        }
    }

    /// A variable within the stage at hand; what nothing here sets, its image may.
    fn value(&self, name: &str) -> Known {
        let mut stage = self.stages.list.last();
        for _ in 0..DEEPEST {
            let Some(here) = stage else { break };
            if let Some(known) = here.variables.get(name) {
                return known.clone();
            }
            stage = match &here.base {
                Base::Stage(before) if here.others.is_empty() => self.stages.list.get(*before),
                _ => None,
            };
        }
        Known::Not(format!(
            "`{}` comes from the image that the stage begins with",
            shown(name)
        ))
    }

    fn known(&self, value: &str, lookup: &dyn Fn(&str) -> Known) -> Known {
        match expand(value, self.escape, lookup) {
            Ok(value) => Known::Value(value),
            Err(why) => Known::Not(why),
        }
    }

    fn said(&self, word: &Pieces, lookup: &dyn Fn(&str) -> Known) -> Said {
        let value = expand(word.text(), self.escape, lookup);
        self.room.said(value, word.text(), word.span(self.source))
    }
}

fn unset_argument(name: &str) -> Known {
    let name = shown(name);
    Known::Not(format!("the build argument `{name}` has no default"))
}

fn assignment(word: &str) -> (&str, Option<&str>) {
    match word.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (word, None),
    }
}

/// The `from=` of a mount.
fn source_of(mount: &Pieces) -> Option<Pieces> {
    let mut start = 0;
    for part in mount.text().split(',') {
        let end = start + part.len();
        if let Some(value) = part.strip_prefix("from=") {
            return Some(mount.part(end - value.len()..end));
        }
        start = end + 1;
    }
    None
}
