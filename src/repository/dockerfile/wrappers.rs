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
const WRAPPERS: [Wrapper; 23] = [
    wrapper("builtin", "", &[], 0),
    wrapper("chronic", "", &[], 0),
    wrapper("command", "", &[], 0),
    wrapper("doas", "Cu", &[], 0),
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

/// What is left of the words of a command without what stands before it; and the text that something else than a shell
/// hands over to one.
pub(super) fn unwrapped(words: &[Pieces]) -> (&[Pieces], Option<&Pieces>) {
    let mut words = words;
    while let Some((word, rest)) = words.split_first() {
        let text = word.text();
        if KEYWORDS.contains(&text) || is_assignment(text) {
            words = rest;
        } else if let Some(length) = redirection(text) {
            words = rest.get(length..).unwrap_or_default();
        } else if let Some(found) = WRAPPERS.iter().find(|known| known.name == base(text)) {
            words = found.behind(rest);
        } else {
            break;
        }
    }
    (words, handed_over(words))
}

impl Wrapper {
    /// The words behind its flags and operands.
    fn behind<'p>(&self, words: &'p [Pieces]) -> &'p [Pieces] {
        let mut words = words;
        while let Some((word, rest)) = words.split_first() {
            let text = word.text();
            if text == "--" {
                words = rest;
                break;
            }
            let takes_value = if let Some(long) = text.strip_prefix("--") {
                self.long.contains(&long)
            } else if let Some(flags) = text.strip_prefix('-').filter(|flags| !flags.is_empty()) {
                // What follows the letter in the same word is the value.
                let at = flags.find(|c| self.letters.contains(c));
                at.is_some_and(|at| at + 1 == flags.len())
            } else {
                break;
            };
            words = rest.get(usize::from(takes_value)..).unwrap_or_default();
        }
        words.get(self.operands..).unwrap_or_default()
    }
}

/// The text of `su -c "…" user` and `eval "…"`.
fn handed_over(words: &[Pieces]) -> Option<&Pieces> {
    let (name, rest) = words.split_first()?;
    match base(name.text()) {
        "su" | "runuser" => {
            let at = rest.iter().position(|word| word.text() == "-c")?;
            rest.get(at + 1)
        }
        "eval" => rest.first().filter(|_| rest.len() == 1),
        _ => None,
    }
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
