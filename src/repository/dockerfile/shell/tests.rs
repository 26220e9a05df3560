//! What is taken for a command.

use super::*;

fn pieces(text: &str) -> Pieces {
    let mut pieces = Pieces::at(0);
    pieces.push(text, 0);
    pieces
}

fn shown(commands: Vec<Command>) -> String {
    let one = |command: Command| {
        let words = command.arguments.iter().map(Pieces::text);
        std::iter::once(command.name.text())
            .chain(words)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let all: Vec<String> = commands.into_iter().map(one).collect();
    all.join(" / ")
}

#[test]
fn commands_are_parted_as_a_shell_parts_them() {
    for (text, expected) in [
        (
            "apt-get update && apt-get install -y a",
            "apt-get update / apt-get install -y a",
        ),
        ("a;b||c|d&e\nf", "a / b / c / d / e / f"),
        (
            "echo \"apt-get install x && y\" 'a;b'",
            "echo apt-get install x && y a;b",
        ),
        (
            "set -e; # apt-get update\napt-get install a",
            "set -e / apt-get install a",
        ),
        (
            "A=1 B=$(cat x) /usr/bin/apt-get install",
            "cat x / apt-get install",
        ),
        (
            "if ! test -f x; then apt update; fi",
            "test -f x / apt update / fi",
        ),
        ("{ apt update; }", "apt update / }"),
        ("a 2>&1 >b && c", "a 2> 1 >b / c"),
        (">/dev/null 2> x apt update", "apt update"),
        ("echo a\\;b c#d", "echo a;b c#d"),
        ("a && \\\n  b \\\r\n  c", "a / b c"),
        ("a b\\\nc", "a bc"),
        ("", ""),
    ] {
        assert_eq!(shown(commands(&pieces(text))), expected, "{text}");
    }
}

#[test]
fn what_only_runs_a_command_is_not_the_command() {
    for (text, expected) in [
        ("sudo -E apt-get update", "apt-get update"),
        ("sudo -Hu app -- apt update", "apt update"),
        ("sudo -uapp A=1 apt update", "apt update"),
        ("sudo --user app --login apt update", "apt update"),
        ("env A=1 nice -n 5 apt-get update", "apt-get update"),
        ("env -u A B=$C apt update", "apt update"),
        ("timeout -k 5 10m apt update", "apt update"),
        ("timeout --signal=KILL 10 apt update", "apt update"),
        (
            "cat list | xargs -n 1 apt install -y",
            "cat list / apt install -y",
        ),
        ("xargs -I{} apt install {}", "apt install {}"),
        ("time -p apt update", "apt update"),
        ("flock -w 5 /lock apt update", "apt update"),
        ("gosu root apt update", "apt update"),
        ("command -p apt update", "apt update"),
        ("command -v apt", "command -v apt"),
        ("timeout", ""),
        ("sudo -u", ""),
    ] {
        assert_eq!(shown(commands(&pieces(text))), expected, "{text}");
    }
}

#[test]
fn the_text_that_a_shell_is_given_is_looked_into() {
    let deep = format!("{} apt update", "eval ".repeat(3));
    for (text, expected) in [
        (
            "bash -ec 'apt update && apt install x' && y",
            "apt update / apt install x / y",
        ),
        ("sudo -u root sh -c 'apt update'", "apt update"),
        ("bash -o pipefail -c 'apt update'", "apt update"),
        ("bash -euxo pipefail -c 'apt update'", "apt update"),
        ("sh -c 'sh -c \"apt update\"'", "apt update"),
        ("su - app -c 'apt update'", "apt update"),
        ("eval 'apt update'", "apt update"),
        (&deep, "apt update"),
        (
            "eval 'apt update &&' apt install",
            "apt update / apt install",
        ),
        ("eval", "eval"),
        ("sh -ce 'apt update'", "apt update"),
        ("bash -c -e 'apt update'", "apt update"),
        ("bash -cx -o pipefail -- 'apt update' name", "apt update"),
        ("bash -oec pipefail 'apt update'", "apt update"),
        ("bash --rcfile f --norc -c 'apt update'", "apt update"),
        (
            "bash --rcfile -c 'apt update'",
            "bash --rcfile -c apt update",
        ),
        ("sh +e -c 'apt update'", "apt update"),
        ("sh -- -c 'apt update'", "sh -- -c apt update"),
        ("flock /l -c 'apt update'", "apt update"),
        ("flock -w 5 /l --command 'apt update'", "apt update"),
        ("env -S 'apt update' -y", "apt update -y"),
        ("env -i A=1 -S 'apt update'", "-S apt update"),
        ("env -vS'A=1 sh -c \"apt update\"'", "apt update"),
        ("env --split-string='apt update'", "apt update"),
        ("env apt -S 'x'", "apt -S x"),
        ("su app --command 'apt update'", "apt update"),
        ("su --command='apt update' app", "apt update"),
        ("su -lc 'apt update' app", "apt update"),
        ("su -s /bin/sh -c'apt update' app", "apt update"),
        ("su -s -c app", "su -s -c app"),
        ("runuser -u app -- apt update", "apt update"),
        ("runuser -l app -c 'apt update'", "apt update"),
        ("tini -s -- apt update", "apt update"),
        ("dumb-init -r 15:3 apt update", "apt update"),
        ("busybox sh -c 'apt update'", "apt update"),
        ("sudo eval 'apt update'", "apt update"),
        ("sh -x run.sh", "sh -x run.sh"),
        ("sh run.sh -c 'apt update'", "sh run.sh -c apt update"),
        ("sh -c", "sh -c"),
    ] {
        assert_eq!(shown(commands(&pieces(text))), expected, "{text}");
    }
    let nested = "sh -c \"".repeat(100);
    assert!(shown(commands(&pieces(&nested))).starts_with("sh"));
}

#[test]
fn what_stands_in_double_quotes_is_run_first() {
    for (text, expected) in [
        ("x=\"$(apt update)\"", "apt update"),
        (
            "echo \"a $(apt update && b \"$(c ')')\" \\\" ) d\" e",
            "apt update / c ) / b $(c ')') \" / echo a $(apt update && b \"$(c ')')\" \\\" ) d e",
        ),
        (
            "echo \"`apt update` a\"; b",
            "apt update / echo `apt update` a / b",
        ),
        (
            "echo \"\\$(apt update)\" '$(b)' \"$((1 + 2))\"",
            "echo $(apt update) $(b) $((1 + 2))",
        ),
        ("echo \"$(apt update", "apt update / echo $(apt update"),
        ("echo \"${A}$\" (a)", "echo ${A}$ / a"),
    ] {
        assert_eq!(shown(commands(&pieces(text))), expected, "{text}");
    }
}

#[test]
fn here_documents_in_a_text_hold_no_commands() {
    for (text, expected) in [
        (
            "cat >x <<A\napt update\nA\napt install y",
            "cat >x <<A / apt install y",
        ),
        ("cat <<-'A' && b\n\tapt update\n\tA\nc", "cat <<-A / b / c"),
        ("cat << A\napt update\nA\nc", "cat << A / c"),
        ("echo $((1 << 2))\nb", "echo $ / 1 << 2 / b"),
        ("cat <<< A\nb", "cat <<< A / b"),
    ] {
        assert_eq!(shown(commands(&pieces(text))), expected, "{text}");
    }
}

#[test]
fn a_here_document_is_run_by_a_shell_alone() {
    for (text, expected) in [
        ("apt update", "apt update"),
        ("#!/bin/bash -e\napt update", "apt update"),
        ("#!/usr/bin/env -S bash\napt update", "apt update"),
        ("#!/usr/bin/env python3\napt update", ""),
        ("#!\napt update", ""),
    ] {
        assert_eq!(shown(script(&pieces(text))), expected, "{text}");
    }
    let (first, second) = (pieces("apt update"), pieces("apt install y"));
    for (text, expected) in [
        ("bash -ex <<A", "apt update"),
        ("sudo bash -s <<A && b", "apt update / b"),
        ("bash run.sh <<A", "bash run.sh <<A"),
        ("bash -c 'b' <<A", "b"),
        ("bash -ce 'b' <<A", "b"),
        ("bash -s one <<A", "apt update"),
        ("bash <<A -eo pipefail", "apt update"),
        ("echo \"$(b)\" <<A", "b / echo $(b) <<A"),
        ("python3 <<A", "python3 <<A"),
        ("cat <<A | bash <<B", "cat <<A / apt install y"),
    ] {
        let found = with_documents(&pieces(text), &[&first, &second]);
        assert_eq!(shown(found), expected, "{text}");
    }
}
