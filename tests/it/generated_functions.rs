//! The page of functions (`docs/functions.md`) is written by the test that checks it: `UPDATE=1` rewrites it.

use kpolicy::cel::{Offered, Signature, macros, signatures};

const PAGE: &str = "docs/functions.md";

const TOP: &str = "\
# Functions in expressions

Written by a test from the tables that the type checker reads (`make generated`). A, B stand for any types; `dyn` is
what may be anything, such as what is read from `object`. *From* is the first Kubernetes release whose API server takes
the function in a new policy: kpolicy holds native policies to it for the release of each cluster
(`kubernetesVersion` in Config, `--kubernetes-version`); policies of its own kind may use all of them.

Operators, literals and the rest of the language are those of the
[CEL specification](https://github.com/google/cel-spec/blob/master/doc/langdef.md), as cel-go evaluates them.
Kubernetes has no `cel.bind`, no `math` library, no `base64` and no `reverse` of strings, so kpolicy has none.

";

fn rows(page: &mut String, signatures: &[Signature], offered: Offered) {
    page.push_str("| call | gives | from |\n|---|---|---|\n");
    for signature in signatures.iter().filter(|one| one.offered == offered) {
        let since = signature.since.map(|release| release.to_string());
        let row = format!(
            "| `{}` | `{}` | {} |\n",
            signature.call,
            signature.result,
            since.unwrap_or_default()
        );
        page.push_str(&row);
    }
}

#[test]
fn the_page_of_functions_lists_what_the_checker_knows() {
    let signatures = signatures();
    let mut page = TOP.to_owned();
    page.push_str("## Macros\n\n");
    page.push_str("| macro | from |\n|---|---|\n");
    for (form, since) in macros() {
        let since = since.map(|release| release.to_string());
        let row = format!("| `{form}` | {} |\n", since.unwrap_or_default());
        page.push_str(&row);
    }
    for (title, offered) in [
        ("Of the API server", Offered::ByKubernetes),
        ("Of the API server, in mutations only", Offered::ToMutations),
        ("kpolicy's own", Offered::ByKpolicy),
    ] {
        let heading = format!("\n## {title}\n\n");
        page.push_str(&heading);
        rows(&mut page, &signatures, offered);
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(PAGE, &page).expect("the page is written");
    }
    let written = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(written == page, "{PAGE} is old: run `make generated`");
}
