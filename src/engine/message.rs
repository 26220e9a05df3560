//! What to say of a place: who, what is there, and what the policy says of it.

use std::fmt::Write as _;

use crate::manifest::{NodeRef, View};
use crate::source::{FieldPath, Segment};

/// Scalars longer than this are cut in messages.
const LONGEST_VALUE: usize = 120;

/// A place in the judged object, described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Described {
    /// From the root of the object, the missing part included.
    pub(super) field_path: FieldPath,
    /// How many steps of it exist.
    pub(super) existing: usize,
    /// The name of the container it lies in.
    pub(super) container: Option<Box<str>>,
    /// Who and what, before the policy's message; empty where there is nothing to say.
    lead: String,
}

impl Described {
    /// The object itself, when nothing in it is to blame.
    pub(super) fn whole(path: FieldPath) -> Self {
        let existing = path.segments().len();
        Self {
            field_path: path,
            existing,
            container: None,
            lead: String::new(),
        }
    }

    /// The whole message.
    pub(super) fn message(&self, text: &str) -> String {
        if self.lead.is_empty() {
            text.to_owned()
        } else {
            format!("{}: {text}", self.lead)
        }
    }
}

/// Describes the value at `path` below `object`, or what is `missing` there.
pub(super) fn describe(object: NodeRef<'_>, path: FieldPath, missing: &[Box<str>]) -> Described {
    let container = container_at(object, &path);
    let existing = path.segments().len();
    let mut field_path = path;
    for key in missing {
        field_path.push_key(key);
    }
    let volume = volume_at(object, &field_path);
    let (subject, within) = match (&container, &volume) {
        (Some(container), _) => (Some(container.subject.as_str()), container.steps),
        (None, Some((subject, steps))) => (Some(subject.as_str()), *steps),
        (None, None) => (None, 0),
    };
    let below: FieldPath = field_path.segments().iter().skip(within).cloned().collect();
    let value = if missing.is_empty() {
        scalar(object, &field_path)
    } else {
        None
    };
    let mut lead = String::new();
    // Writing to a String cannot fail.
    let _ = match (subject, value) {
        _ if field_path.is_root() => Ok(()),
        (Some(subject), Some(value)) if is_image(&below) && container.is_some() => {
            write!(lead, "{subject} uses `{value}`")
        }
        (Some(subject), Some(value)) => write!(lead, "{subject} sets `{below}` to `{value}`"),
        (Some(subject), None) if !missing.is_empty() => {
            write!(lead, "{subject} does not set `{below}`")
        }
        // A volume's source says which kind of volume it is.
        (Some(subject), None) if volume.is_some() && !below.is_root() => {
            write!(lead, "{subject} sets `{below}`")
        }
        (Some(subject), None) => lead.write_str(subject),
        (None, Some(value)) => write!(lead, "`{field_path}` is `{value}`"),
        (None, None) if !missing.is_empty() => write!(lead, "`{field_path}` is not set"),
        (None, None) => Ok(()),
    };
    Described {
        existing,
        container: container.and_then(|container| container.name),
        field_path,
        lead,
    }
}

/// Describes a part of a file of the repository. Where it stands is told beside the message, so that what is written
/// there is enough.
pub(super) fn describe_part(
    repository: NodeRef<'_>,
    path: FieldPath,
    missing: &[Box<str>],
) -> Described {
    let existing = path.segments().len();
    let mut field_path = path;
    for key in missing {
        field_path.push_key(key);
    }
    let value = scalar(repository, &field_path);
    let value = value.filter(|value| missing.is_empty() && !value.is_empty());
    Described {
        existing,
        container: None,
        field_path,
        lead: value.map_or_else(String::new, |value| format!("`{value}`")),
    }
}

struct Container {
    subject: String,
    name: Option<Box<str>>,
    /// Steps of the path up to and including the container.
    steps: usize,
}

fn container_at(object: NodeRef<'_>, path: &FieldPath) -> Option<Container> {
    let segments = path.segments();
    for (at, pair) in segments.windows(2).enumerate() {
        let (Segment::Key(list), Segment::Index(index)) = (&pair[0], &pair[1]) else {
            continue;
        };
        let word = match &**list {
            "containers" => "container",
            "initContainers" => "init container",
            "ephemeralContainers" => "ephemeral container",
            _ => continue,
        };
        let steps = at + 2;
        let to_container: FieldPath = segments[..steps].iter().cloned().collect();
        let name = object
            .follow(&to_container)
            .and_then(|node| node.get("name"))
            .and_then(NodeRef::as_str);
        let subject = match name {
            Some(name) => format!("{word} `{}`", plain(name)),
            None => format!("{word} {}", index + 1),
        };
        return Some(Container {
            subject,
            name: name.map(Into::into),
            steps,
        });
    }
    None
}

/// The volume of a pod that a path leads into, and the steps up to it.
fn volume_at(object: NodeRef<'_>, path: &FieldPath) -> Option<(String, usize)> {
    let segments = path.segments();
    let steps = segments.windows(3).position(|part| {
        matches!(part, [Segment::Key(spec), Segment::Key(list), Segment::Index(_)]
            if &**spec == "spec" && &**list == "volumes")
    })? + 3;
    let to_volume: FieldPath = segments.get(..steps)?.iter().cloned().collect();
    let name = object.follow(&to_volume)?.get("name")?.as_str()?;
    Some((format!("volume `{}`", plain(name)), steps))
}

fn is_image(below: &FieldPath) -> bool {
    matches!(below.segments(), [Segment::Key(key)] if &**key == "image")
}

/// The text of a scalar that may be shown: nothing of a Secret, and no value of an environment variable.
fn scalar(object: NodeRef<'_>, path: &FieldPath) -> Option<String> {
    let node = object.follow(path)?;
    let secret = object.get("kind").and_then(NodeRef::as_str) == Some("Secret");
    let env = matches!(path.segments(), [.., Segment::Key(list), Segment::Index(_), Segment::Key(key)]
        if &**list == "env" && &**key == "value");
    if secret || env {
        return None;
    }
    let text = match node.view() {
        View::Bool(value) => value.to_string(),
        View::Int(value) => value.to_string(),
        View::Float(value) => value.to_string(),
        View::String(value) => plain(value),
        View::Null | View::List(_) | View::Map(_) | View::Unknown(_) => return None,
    };
    Some(text)
}

/// Untrusted text as one short line: control characters and back quotes cannot change how a message reads.
fn plain(text: &str) -> String {
    let mut plain: String = text
        .chars()
        .take(LONGEST_VALUE)
        .map(|c| match c {
            '`' => '\'',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect();
    if text.chars().nth(LONGEST_VALUE).is_some() {
        plain.push('…');
    }
    plain
}
