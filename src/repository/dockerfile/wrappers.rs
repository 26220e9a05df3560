//! Commands that only run another one: `sudo -u app`, `timeout 5`, `env A=b`, `xargs -n 1`.

use super::pieces::Pieces;
use super::shell::base;

/// What only runs another command.
struct Wrapper {
    name: &'static str,
    /// Letters of the flags that a value follows.
    letters: &'static str,
    /// Long flags that a value follows, as a word of its own.
    long: &'static [&'static str],
    /// How many words stand before the command.
    operands: usize,
}

const fn wrapper(
    name: &'static str,
    letters: &'static str,
    long: &'static [&'static str],
    operands: usize,
) -> Wrapper {
    Wrapper {
        name,
        letters,
        long,
        operands,
    }
}

/// From the manual of each.
const WRAPPERS: [Wrapper; 26] = [
    wrapper("builtin", "", &[], 0),
    wrapper("busybox", "", &[], 0),
    wrapper("chronic", "", &[], 0),
    wrapper("command", "", &[], 0),
    wrapper("doas", "Cu", &[], 0),
    wrapper("dumb-init", "r", &["rewrite"], 0),
    wrapper("eatmydata", "", &[], 0),
    wrapper("env", "Cu", &["chdir", "unset"], 0),
    wrapper("exec", "a", &[], 0),
    wrapper("fakeroot", "bils", &["lib", "faked"], 0),
    wrapper("flock", "Ew", &["conflict-exit-code", "timeout"], 1),
    wrapper("gosu", "", &[], 1),
    wrapper("ionice", "cn", &["class", "classdata"], 0),
    wrapper("linux32", "", &[], 0),
    wrapper("linux64", "", &[], 0),
    wrapper("nice", "n", &["adjustment"], 0),
    wrapper("nohup", "", &[], 0),
    wrapper("setsid", "", &[], 0),
    wrapper("stdbuf", "eio", &["error", "input", "output"], 0),
    wrapper("su-exec", "", &[], 1),
    wrapper(
        "sudo",
        "CDghpRrTtUu",
        &["chdir", "chroot", "group", "host", "prompt", "user"],
        0,
    ),
    wrapper("time", "fo", &["format", "output"], 0),
    wrapper("timeout", "ks", &["kill-after", "signal"], 1),
    wrapper("tini", "ep", &[], 0),
    wrapper("unbuffer", "", &[], 0),
    wrapper(
        "xargs",
        "adEILnPs",
        &["arg-file", "delimiter", "max-args", "max-procs"],
        0,
    ),
];

/// Words of the shell before a command.
const KEYWORDS: [&str; 9] = [
    "!", "do", "elif", "else", "if", "then", "until", "while", "{",
];

/// `su` and `runuser`, which give a text to a shell.
const SWITCH: Wrapper = wrapper(
    "su",
    "cgGsuw",
    &[
        "command",
        "group",
        "session-command",
        "shell",
        "supp-group",
        "user",
        "whitelist-environment",
    ],
    0,
);

/// What a command comes to.
pub(super) enum Unwrapped<'p> {
    /// A command without what stands before it.
    Words(&'p [Pieces]),
    /// A text that something else than a shell hands over to one.
    Text(Pieces),
    /// A text that is parted into words, and words that follow them.
    Split(Pieces, &'p [Pieces]),
}

/// What is left of the words of a command without what stands before it.
pub(super) fn unwrapped(words: &[Pieces]) -> Unwrapped<'_> {
    let mut words = words;
    while let Some((word, rest)) = words.split_first() {
        let text = word.text();
        let name = base(text);
        if KEYWORDS.contains(&text) || is_assignment(text) {
            words = rest;
        } else if let Some(length) = redirection(text) {
            words = rest.get(length..).unwrap_or_default();
        } else if name == "command" && only_looks(rest) {
            break;
        } else if let Some((text, rest)) = split(name, rest) {
            return Unwrapped::Split(text, rest);
        } else if name == "runuser" && SWITCH.has(rest, 'u', "user") {
            words = SWITCH.behind(rest);
        } else if let Some(text) = handed_over(name, rest) {
            return Unwrapped::Text(text);
        } else if let Some(found) = WRAPPERS.iter().find(|known| known.name == name) {
            words = found.behind(rest);
        } else {
            break;
        }
    }
    Unwrapped::Words(words)
}

impl Wrapper {
    /// The words behind its flags and operands.
    fn behind<'p>(&self, words: &'p [Pieces]) -> &'p [Pieces] {
        let mut words = words;
        while let Some((word, rest)) = words.split_first() {
            if word.text() == "--" {
                words = rest;
                break;
            }
            let Some(takes_value) = self.takes_value(word.text()) else {
                break;
            };
            words = rest.get(usize::from(takes_value)..).unwrap_or_default();
        }
        words.get(self.operands..).unwrap_or_default()
    }

    /// Whether a flag stands in front of operands and command.
    fn has(&self, words: &[Pieces], letter: char, long: &str) -> bool {
        let flags = words.len() - self.behind(words).len();
        let flags = words.get(..flags).unwrap_or_default();
        self.value(flags, letter, &[long]).is_some()
    }

    /// Whether a value follows this flag as a word of its own; none for what is no flag.
    fn takes_value(&self, word: &str) -> Option<bool> {
        if let Some(long) = word.strip_prefix("--") {
            return Some(self.long.contains(&long));
        }
        let flags = word.strip_prefix('-').filter(|flags| !flags.is_empty())?;
        // What follows the letter in the same word is the value.
        let at = flags.find(|c| self.letters.contains(c));
        Some(at.is_some_and(|at| at + 1 == flags.len()))
    }

    /// The value of a flag of it, also behind operands, and the words that follow.
    fn value<'p>(
        &self,
        words: &'p [Pieces],
        letter: char,
        long: &[&str],
    ) -> Option<(Pieces, &'p [Pieces])> {
        let mut words = words;
        while let Some((word, rest)) = words.split_first() {
            let text = word.text();
            let at = if let Some(flag) = text.strip_prefix("--") {
                let name = flag.split('=').next().unwrap_or_default();
                // Behind the `=`.
                long.contains(&name).then(|| name.len() + 3)
            } else if let Some(flags) = text.strip_prefix('-') {
                let at = flags.find(|c| self.letters.contains(c));
                let at = at.filter(|at| flags.get(*at..).is_some_and(|f| f.starts_with(letter)));
                at.map(|at| at + 2)
            } else {
                None
            };
            match at {
                Some(at) if at > text.len() || text.len() == at && !text.starts_with("--") => {
                    let (value, rest) = rest.split_first()?;
                    return Some((value.clone(), rest));
                }
                Some(at) => return Some((word.part(at..text.len()), rest)),
                None => {
                    let skipped = usize::from(self.takes_value(text) == Some(true));
                    words = rest.get(skipped..).unwrap_or_default();
                }
            }
        }
        None
    }
}

/// The text of `su -c "…" user`, `flock file -c "…"` and `eval "…"`.
fn handed_over(name: &str, rest: &[Pieces]) -> Option<Pieces> {
    match name {
        "su" | "runuser" => {
            let long = ["command", "session-command"];
            let (text, _) = SWITCH.value(rest, 'c', &long)?;
            Some(text)
        }
        "flock" => {
            let flock = WRAPPERS.iter().find(|known| known.name == name)?;
            let (flag, behind) = flock.behind(rest).split_first()?;
            let text = behind.first()?;
            matches!(flag.text(), "-c" | "--command").then(|| text.clone())
        }
        "eval" => {
            let mut text = Pieces::default();
            for (at, word) in rest.iter().enumerate() {
                if at > 0 {
                    text.append(&word.standing_for(" "));
                }
                text.append(word);
            }
            (!text.is_empty()).then_some(text)
        }
        _ => None,
    }
}

/// `env`, where what it parts into words is looked for.
const ENV: Wrapper = wrapper("env", "CSu", &["chdir", "split-string", "unset"], 0);

/// The text that `env -S "…"` parts, and what follows.
fn split<'p>(name: &str, rest: &'p [Pieces]) -> Option<(Pieces, &'p [Pieces])> {
    if name != "env" {
        return None;
    }
    let command = ENV.behind(rest).len();
    let flags = rest.get(..rest.len().saturating_sub(command))?;
    let (text, left) = ENV.value(flags, 'S', &["split-string"])?;
    let left = left.len() + command;
    Some((text, rest.get(rest.len().saturating_sub(left)..)?))
}

/// `command -v apt-get` says where a command is, and runs none.
fn only_looks(words: &[Pieces]) -> bool {
    words.first().is_some_and(|word| {
        let flags = word.text().strip_prefix('-').unwrap_or_default();
        !flags.starts_with('-') && flags.contains(['v', 'V'])
    })
}

/// For `>file`, `2>&1` and `<` before a command: how many more words belong to it.
fn redirection(word: &str) -> Option<usize> {
    let word = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let target = word.trim_start_matches(['<', '>', '|']);
    (target.len() < word.len()).then_some(usize::from(target.is_empty()))
}

/// `NAME=value`
fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        let name = name.strip_suffix('+').unwrap_or(name);
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}
