//! Which files are Dockerfiles, by their names.
//!
//! `Dockerfile` and `Containerfile` are what docker, buildah and podman look for, `*.dockerfile` and `*.containerfile`
//! what GitHub takes for one, `Dockerfile.*` what editors and pre-commit do. What else begins with the word (`Dockerfile-web`,
//! but `dockerfile.go` too) is told by its text.

/// What a file is by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    /// A Dockerfile.
    Dockerfile,
    /// A Dockerfile, if its text begins as one.
    MayBe,
    /// Something that a Dockerfile is made from.
    Template,
    /// Neither.
    Other,
}

/// Words that such names are made of.
const WORDS: [&str; 2] = ["dockerfile", "containerfile"];

/// Endings of files that become a Dockerfile only when something fills them in.
const TEMPLATES: [&str; 16] = [
    "ejs", "erb", "ftl", "gotmpl", "hbs", "in", "j2", "jinja", "jinja2", "liquid", "m4",
    "mustache", "njk", "template", "tmpl", "tpl",
];

/// Endings of what speaks of Dockerfiles.
const ABOUT: [&str; 7] = [
    "adoc",
    "containerignore",
    "dockerignore",
    "html",
    "md",
    "rst",
    "txt",
];

/// Says what a file is by its name, in any case of letters.
pub fn name_kind(name: &str) -> NameKind {
    let lower = name.to_ascii_lowercase();
    let (_, last) = lower.rsplit_once('.').unwrap_or(("", &lower));
    let begins = |part: &str| {
        let behind = WORDS.iter().find_map(|word| part.strip_prefix(word));
        behind.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
    };
    if ABOUT.contains(&last) {
        NameKind::Other
    } else if TEMPLATES.contains(&last) && lower.split('.').any(begins) {
        NameKind::Template
    } else if WORDS.contains(&last) {
        NameKind::Dockerfile
    } else if begins(&lower) {
        NameKind::MayBe
    } else {
        NameKind::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_a_file_is() {
        use NameKind::{Dockerfile, MayBe, Other, Template};
        for (name, expected) in [
            ("Dockerfile", Dockerfile),
            ("dockerfile", Dockerfile),
            ("Containerfile", Dockerfile),
            ("web.Dockerfile", Dockerfile),
            ("web.dockerfile", Dockerfile),
            ("web.Containerfile", Dockerfile),
            (".Dockerfile", Dockerfile),
            ("Dockerfile.web", MayBe),
            ("Dockerfile-web", MayBe),
            ("Dockerfile_web.arm64", MayBe),
            ("Containerfile.web", MayBe),
            ("dockerfile.go", MayBe),
            ("dockerfile_test.go", MayBe),
            ("Dockerfile.dockerignore", Other),
            ("web.Dockerfile.dockerignore", Other),
            (".dockerignore", Other),
            ("Dockerfile.md", Other),
            ("dockerfile-best-practices.html", Other),
            ("Dockerfile.j2", Template),
            ("Dockerfile-alpine.template", Template),
            ("web.Dockerfile.tmpl", Template),
            ("Dockerfiles", Other),
            ("MyDockerfile", Other),
            ("web-Dockerfile", Other),
            ("values.j2", Other),
        ] {
            assert_eq!(name_kind(name), expected, "{name}");
        }
    }
}
