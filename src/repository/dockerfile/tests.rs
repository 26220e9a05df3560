//! What is read of Dockerfiles, and where it stands.

use std::fmt::Write as _;

use super::*;
use crate::manifest::{Document, View, write_json};
use crate::repository::Repository;
use crate::source::{FieldPath, Source, SourceMap};

/// The document of one file, and the problems as `line:column message`.
fn read(text: &str) -> (Document, SourceMap, String) {
    let mut sources = SourceMap::new();
    let source = sources.add(Source::new("Dockerfile", text));
    let file = Dockerfile::read("Dockerfile", source, text);
    let mut problems = String::new();
    for problem in &file.problems {
        let place = problem.span.map(|span| sources.place(span));
        let place = place.unwrap_or_default();
        writeln!(
            problems,
            "{} {}",
            place.trim_start_matches("Dockerfile:"),
            problem.message
        )
        .unwrap();
    }
    let repository = Repository {
        dockerfiles: vec![file],
    };
    (repository.document(), sources, problems)
}

/// The value at a path below the file, as JSON, and where it stands.
fn value(text: &str, path: &str) -> String {
    let (document, sources, _) = read(text);
    let path = FieldPath::parse(&format!("dockerfiles[0].{path}")).unwrap();
    let Some(node) = document.root().follow(&path) else {
        return "-".to_owned();
    };
    let place = node.origin().map(|span| sources.place(span));
    let place = place.map(|place| format!(" at {}", place.trim_start_matches("Dockerfile:")));
    write_json(node) + &place.unwrap_or_default()
}

#[test]
fn each_form_of_from_gives_its_image_or_its_stage() {
    for (text, path, expected) in [
        (
            "FROM nginx:1.27\n",
            "stages[0].image",
            "\"nginx:1.27\" at 1:6",
        ),
        ("from nginx\n", "images", "[\"nginx\"]"),
        ("\u{feff}FROM nginx", "images[0]", "\"nginx\" at 1:7"),
        (
            "# c\n\n  FROM  nginx AS web\n",
            "images[0]",
            "\"nginx\" at 3:9",
        ),
        ("FROM nginx as web", "stages[0].name", "\"web\" at 1:15"),
        (
            "FROM --platform=linux/amd64 nginx",
            "images[0]",
            "\"nginx\" at 1:29",
        ),
        (
            "FROM \\\n  # why\n\n  nginx:1",
            "images[0]",
            "\"nginx:1\" at 4:3",
        ),
        ("FROM ngi\\\nnx:1", "images[0]", "\"nginx:1\" at 1:6"),
        ("FROM a AS one\nFROM ONE", "stages[1].parent", "0"),
        ("FROM a AS one\nFROM ONE", "images", "[\"a\"]"),
        // Only a stage before it; and a name of none is an image.
        ("FROM one\nFROM a AS one", "images", "[\"one\",\"a\"]"),
        ("FROM a AS one\nFROM 0", "images", "[\"a\",\"0\"]"),
        ("FROM scratch", "images", "[]"),
        ("FROM scratch", "stages[0].baseImage", "-"),
        (
            "ARG V=1.27\nFROM nginx:${V}",
            "images[0]",
            "\"nginx:1.27\" at 2:6",
        ),
        (
            "ARG A=nginx B=$A:1\nFROM $B",
            "images[0]",
            "\"nginx:1\" at 2:6",
        ),
        ("ARG V\nFROM nginx:${V:-1}", "images[0]", "null"),
        ("FROM nginx:$V", "images[0]", "\"nginx:\" at 1:6"),
        ("FROM \"nginx:1\"", "images[0]", "\"nginx:1\" at 1:6"),
        ("FROM base-$TARGETARCH", "images[0]", "null"),
        (
            "FROM a AS base-amd64\nFROM a AS Base-arm64\nFROM base-${TARGETARCH}",
            "images",
            "[\"a\",\"a\"]",
        ),
        (
            "FROM a AS base-amd64\nFROM b AS base-arm64\nFROM base-$TARGETARCH",
            "images[2]",
            "null",
        ),
        (
            "FROM a AS base-amd64\nFROM a AS other\nFROM base-$TARGETARCH",
            "stages[2].parent",
            "0",
        ),
        ("ARG A\nFROM a AS one\nFROM $A", "images[1]", "null"),
        ("ARG A\nFROM a AS b-c\nFROM b${A:+-c}", "images[1]", "null"),
        (
            "ARG A\nFROM a AS x-a-y\nFROM x-$A-y$A",
            "stages[1].parent",
            "0",
        ),
        (
            "ARG A\nFROM a AS x-a-y\nFROM x-$A-z",
            "stages[1].parent",
            "-",
        ),
        ("FROM a\nCOPY --from=b:1 /x /y", "images", "[\"a\",\"b:1\"]"),
        (
            "FROM a AS s\nFROM b\nCOPY --from=s /x /y",
            "images",
            "[\"a\",\"b\"]",
        ),
        (
            "FROM a\nFROM b\nCOPY --from=0 /x /y",
            "images",
            "[\"a\",\"b\"]",
        ),
        (
            "FROM a\nRUN --mount=type=bind,from=b:1,target=/x true",
            "images[1]",
            "\"b:1\" at 2:28",
        ),
        (
            "FROM a\nRUN --mount=type=cache,target=/x true",
            "images",
            "[\"a\"]",
        ),
    ] {
        assert_eq!(value(text, path), expected, "{text}");
    }
}

#[test]
fn the_user_of_a_stage_is_that_of_its_last_word_or_of_the_stage_it_begins_with() {
    for (text, expected) in [
        ("FROM a\nUSER app", "\"app\" at 2:6"),
        ("FROM a\nUSER root\nUSER 1000:1000", "\"1000:1000\" at 3:6"),
        ("FROM a AS b\nUSER app\nFROM b", "\"app\" at 2:6"),
        ("FROM a AS b\nUSER app\nFROM c", "-"),
        ("FROM a\nARG U=app\nUSER $U", "\"app\" at 3:6"),
        ("ARG U=app\nFROM a\nARG U\nUSER $U", "\"app\" at 4:6"),
        ("FROM a\nENV U=1 V=2\nUSER ${U}:${V}", "\"1:2\" at 3:6"),
        ("FROM a\nENV U app\nUSER $U", "\"app\" at 3:6"),
        ("FROM a AS b\nENV U=app\nFROM b\nUSER $U", "\"app\" at 4:6"),
        ("FROM a\nUSER $APP_UID", "null"),
        ("FROM a\nARG U\nUSER $U", "null"),
    ] {
        let stage = text.matches("FROM").count() - 1;
        let path = format!("stages[{stage}].user.name");
        assert_eq!(value(text, &path), expected, "{text}");
    }
}

#[test]
fn run_gives_its_commands_whatever_its_form() {
    let path = "stages[0].instructions[0].commands";
    let names = |text: &str| {
        let (document, ..) = read(text);
        let path = FieldPath::parse(&format!("dockerfiles[0].{path}")).unwrap();
        let list = document
            .root()
            .follow(&path)
            .and_then(crate::manifest::NodeRef::as_list);
        let commands = list.into_iter().flat_map(crate::manifest::ListRef::iter);
        let names = commands.filter_map(|command| command.get("name")?.as_str().map(str::to_owned));
        names.collect::<Vec<_>>().join(" ")
    };
    for (text, expected) in [
        ("FROM a\nRUN b && c", "b c"),
        ("FROM a\nRUN b \\\n# no\n\n  && c", "b c"),
        ("FROM a\r\nRUN b && \\\r\n c\r\n", "b c"),
        ("# escape=`\nFROM a\nRUN b ; `\n c \\d", "b c"),
        ("FROM a\nRUN [\"/bin/sh\", \"-c\", \"b && c\"]", "b c"),
        ("FROM a\nRUN [\"b\", \"&&\", \"c\"]", "b"),
        ("FROM a\nRUN [b && c", "[b c"),
        ("FROM a\nRUN <<EOF\nb\nc\nEOF\nUSER x", "b c"),
        ("FROM a\nRUN <<-\"EOF\"\n\tb\n\tEOF\nUSER x", "b"),
        ("FROM a\nRUN python3 <<EOF\nb\nEOF\nUSER x", "python3"),
        ("FROM a\nRUN bash -e <<EOF\nb\nEOF\nUSER x", "b"),
        ("FROM a\nRUN <<EOF cat >c\nb\nEOF\nUSER x", "cat"),
        ("FROM a\nRUN <<EOF\n#!/usr/bin/python3\nb\nEOF\nUSER x", ""),
        ("FROM a\r\nRUN <<EOF\r\nb \\\r\n  c\r\nEOF\r\nUSER x", "b"),
        ("FROM a\nONBUILD RUN b && c", "b c"),
        ("FROM a\nONBUILD RUN <<EOF\nb\nEOF\nUSER x", "b"),
        ("FROM a\nONBUILD COPY b c", ""),
        ("FROM a\nRUN --network=none b", "b"),
    ] {
        assert_eq!(names(text), expected, "{text}");
    }
    let text = "FROM a\nRUN b \\\n  && apt-get install x\n";
    let place = |below: &str| value(text, &format!("{path}[1].{below}"));
    assert_eq!(place("name"), "\"apt-get\" at 3:6");
    assert_eq!(place("arguments[0]"), "\"install\" at 3:14");
}

#[test]
fn here_documents_are_no_instructions_and_their_ends_are_found() {
    for (text, expected) in [
        (
            "FROM a\nCOPY <<A <<B /x\nUSER b\nA\nUSER c\nB\nUSER d",
            "\"d\" at 7:6",
        ),
        ("FROM a\nCOPY <<A /x\nUSER b\n A\nA\nUSER c", "\"c\" at 6:6"),
        ("FROM a\nRUN cat <<< x\nUSER b", "\"b\" at 3:6"),
        ("FROM a\nLABEL x=<<A\nUSER b", "\"b\" at 3:6"),
        ("FROM a\nONBUILD RUN <<A\nUSER b\nA\nUSER c", "\"c\" at 5:6"),
    ] {
        assert_eq!(value(text, "stages[0].user.name"), expected, "{text}");
    }
}

#[test]
fn what_cannot_be_read_is_said_at_its_place_and_the_rest_is_read() {
    for (text, expected) in [
        ("", "1:1 the Dockerfile has no instruction\n"),
        (
            "FROM a\nRUM x\nUSER b",
            "2:1 `RUM` is no instruction of a Dockerfile\n",
        ),
        (
            "RUN x\nFROM a",
            "1:1 `RUN` stands before the first `FROM`\n",
        ),
        ("FROM\n", "1:1 `FROM` does not name one image\n"),
        ("FROM a b", "1:1 `FROM` does not name one image\n"),
        (
            "FROM a\nRUN <<A\nx",
            "2:1 the here-document `A` has no end\n",
        ),
        ("FROM a\nRUN x \\", ""),
        (
            "FROM $A",
            "1:6 `FROM` names no image: `A` is empty, no `ARG` before the first `FROM` sets it\n",
        ),
        (
            "FROM a\nARG B=1\nFROM b:$B",
            "3:6 `B` is empty, no `ARG` before the first `FROM` sets it\n",
        ),
        ("FROM ${A:-a}\nFROM a:${B-1}\nFROM a${B:+1}", ""),
        ("ARG A\nFROM $A", ""),
        (
            "# syntax=docker/dockerfile:1\n# escape=^\nFROM a",
            "2:1 `escape` can be `\\` or a backtick\n",
        ),
        ("# escape=\\\nFROM a \\\n AS b", ""),
        (
            "{{ if x }}\nFROM a",
            "1:1 `{{` is no instruction of a Dockerfile\n",
        ),
    ] {
        let (.., problems) = read(text);
        assert_eq!(problems, expected, "{text}");
    }
    assert_eq!(
        value("FROM a\nRUM x\nUSER b", "stages[0].user.name"),
        "\"b\" at 3:6"
    );
}

#[test]
fn what_something_else_makes_or_reads_says_nothing_of_an_image() {
    for (text, expected) in [
        ("FROM a", false),
        ("# syntax=docker/dockerfile:1\nFROM a", false),
        (
            "# Syntax = mirror.io/docker/dockerfile-upstream:master\nFROM a",
            false,
        ),
        ("# syntax=team/frontend:2\nFROM a", true),
        ("# a comment\n# syntax=team/frontend:2\nFROM a", false),
        ("{{ x }}\nFROM a", true),
        ("{% if x %}\nFROM a", true),
        ("FROM <%= x %>", true),
        ("FROM a\nRUN docker inspect -f '{{.Id}}' b", false),
    ] {
        let file = Dockerfile::read("Dockerfile", crate::source::SourceId(0), text);
        assert_eq!(file.not_ours.is_some(), expected, "{text}");
    }
}

#[test]
fn a_comment_stands_above_the_next_instruction_or_the_next_line_of_one() {
    for (text, expected) in [
        ("# a\nFROM b\n", "# a > FROM b"),
        (
            "FROM b\n  # a\n\n# c\r\nRUN d \\\n e\nUSER f",
            "# a > RUN d \\\n e | # c > RUN d \\\n e",
        ),
        ("RUN a \\\n # b\n  c \\\n  d\n", "# b > c \\"),
        ("# a\nRUN <<E\n# b\nE\nUSER c", "# a > RUN <<E\n# b\nE"),
        ("# syntax=a\n# b\nFROM c", "# b > FROM c"),
        ("RUN a \\\n# b\n", "# b > "),
        ("FROM a\n# b\n", "# b > "),
        ("LABEL a=\"# b\"\nRUN c # d", ""),
    ] {
        let file = Dockerfile::read("Dockerfile", crate::source::SourceId(0), text);
        let part = |span: Span| text.get(span.start as usize..span.end as usize).unwrap();
        let comments = file.comments.iter();
        let comments = comments.map(|one| format!("{} > {}", part(one.place), part(one.above)));
        assert_eq!(comments.collect::<Vec<_>>().join(" | "), expected, "{text}");
    }
}

#[test]
fn hostile_texts_take_no_time_and_no_stack() {
    let long = "x".repeat(1 << 20);
    let words = "a b ".repeat(1 << 18);
    let stage = |at: usize| format!("FROM {at} AS {}\nENV A{at}=1\nUSER $B\n", at + 1);
    let copy = |at: usize| format!("ENV B{at}=$A\n");
    let chain = format!("FROM a AS 0\n{}", (0..4000).map(stage).collect::<String>());
    for text in [
        format!("FROM {long}"),
        format!("FROM a\nRUN {words}"),
        format!("FROM a\nRUN {}", "\\\n".repeat(1 << 19)),
        format!("FROM a\nRUN {}", "(".repeat(1 << 20)),
        format!("FROM a\nRUN {}", "sudo ".repeat(1 << 18)),
        format!("FROM a\nRUN {}", "sh -c \"".repeat(1 << 17)),
        format!("FROM a\nRUN {}", "eval '".repeat(1 << 17)),
        format!("FROM a\nRUN {}", "eval ".repeat(1 << 17)),
        format!("FROM a\nRUN {}", "env -S 'sh -c ".repeat(1 << 14)),
        format!("FROM a\nRUN {}", "runuser -u a ".repeat(1 << 14)),
        format!("FROM a\nRUN {}", "flock a -c '".repeat(1 << 14)),
        format!("FROM a\nRUN {}", "\"$(".repeat(1 << 15)),
        format!("FROM a\nRUN {}", "\"$(`".repeat(1 << 15)),
        format!("FROM a\nRUN [{}", "[".repeat(1 << 20)),
        format!("FROM a\nCOPY {} /x\n", "<<A ".repeat(1 << 12)),
        format!("FROM a\nRUN <<A\n{}", "cat <<B\n".repeat(1 << 12)),
        format!("FROM {}", "${A:-".repeat(1 << 18)),
        format!("FROM a\nENV A=aa\n{}", "ENV A=$A$A\n".repeat(64)),
        format!("ARG A=aa\n{}FROM a", "ARG A=$A$A\n".repeat(64)),
        format!("ARG A={long}\nFROM {}", "$A".repeat(1 << 19)),
        format!("FROM a\nRUN {} b", "--mount=type=cache ".repeat(1 << 14)),
        "FROM a\n".repeat(1 << 12),
        format!(
            "ARG A={}\n{}",
            "a".repeat(4000),
            "FROM $A\n".repeat(1 << 15)
        ),
        format!(
            "FROM a\nENV A={}\n{}",
            "a".repeat(60_000),
            (0..1 << 15).map(copy).collect::<String>()
        ),
        "# a\n".repeat(1 << 18),
        chain,
    ] {
        let (document, ..) = read(&text);
        assert!(document.root().get("dockerfiles").is_some());
    }
}

#[test]
fn what_stages_have_from_each_other_is_kept_once_and_reasons_are_short() {
    let long = "a".repeat(4000);
    let text = format!("FROM {long} AS x\nUSER {long}\nFROM x AS x\nFROM x");
    let (document, ..) = read(&text);
    for path in ["baseImage", "user.name", "user.written"] {
        let at = |stage: usize| {
            let path = format!("dockerfiles[0].stages[{stage}].{path}");
            let node = document.root().follow(&FieldPath::parse(&path).unwrap());
            node.unwrap().as_str().unwrap()
        };
        assert_eq!(at(0), long);
        assert_eq!(at(0).as_ptr(), at(2).as_ptr(), "{path}");
    }
    for text in [
        format!("ARG {long}\nFROM ${long}"),
        format!("FROM ${{{long}?x}}"),
        format!("FROM ${{{long}%x}}"),
        format!("FROM a\nUSER ${long}"),
        format!("FROM a\nARG {long}\nUSER ${long}"),
        format!(
            "FROM a\nUSER {}{}",
            format!("${{{long}:-").repeat(20),
            "}".repeat(20)
        ),
    ] {
        let (document, ..) = read(&text);
        let path = if text.contains("USER") {
            "dockerfiles[0].stages[0].user.name"
        } else {
            "dockerfiles[0].stages[0].image"
        };
        let node = document.root().follow(&FieldPath::parse(path).unwrap());
        let View::Unknown(why) = node.unwrap().view() else {
            panic!("{path} is known");
        };
        assert!(why.contains("`aaaa") && why.len() < 200, "{why}");
    }
}

#[test]
fn variables_do_not_make_a_short_file_long() {
    let text = format!("ARG A={}\n{}", "a".repeat(4000), "FROM $A\n".repeat(2000));
    let last = "stages[1999].image";
    assert_eq!(
        value(&text, "stages[100].image").len(),
        4000 + 2 + " at 102:6".len()
    );
    assert_eq!(value(&text, last), "null");
}

#[test]
fn only_the_last_stage_and_what_it_begins_with_are_shipped() {
    let text = "FROM a AS x-1\nFROM a AS x-2\nFROM b AS y\nARG C\nFROM x-$TARGETOS";
    let shipped = |at| value(text, &format!("stages[{at}].shipped"));
    assert_eq!([0, 1, 2, 3].map(shipped), ["true", "true", "false", "true"]);
    let text = "FROM a AS one\nFROM b AS two\nFROM one AS three\nFROM c AS four\nFROM three";
    let shipped: Vec<String> = (0..5)
        .map(|at| value(text, &format!("stages[{at}].shipped")))
        .collect();
    assert_eq!(shipped, ["true", "false", "true", "false", "true"]);
    assert_eq!(value(text, "stages[4].last"), "true");
    assert_eq!(value(text, "stages[0].last"), "false");
}
