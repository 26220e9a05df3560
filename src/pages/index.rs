//! The index of the built-in policies in Markdown: the profiles, and every policy by family.

use std::fmt::Write as _;

use crate::config::Profile;

use super::Page;
use super::list::{by_category, counts};
use super::markdown::{cell, code, inline, paragraph};

/// The index. Pages stand beside it, each in `<policy>.md`. `note` stands under the title.
pub fn index(pages: &[Page], profiles: &[Profile], note: &str) -> String {
    let mut out = format!(
        "# The policies\n\n{note}\
         ## Profiles\n\n\
         A profile is a choice of policies, each with how hard it is. Name one or more under `profiles` of Config; of two\n\
         words the stricter counts, and `policies` of Config has the last word. Without a Config `recommended` runs.\n\n",
    );
    for profile in profiles {
        let _ = write!(
            out,
            "### {}\n\n**{}** ({}).\n",
            code(&profile.name),
            inline(&profile.title),
            counts(profile, profiles)
        );
        let extends: Vec<String> = profile
            .extends
            .iter()
            .map(|base| code(&base.value))
            .collect();
        if !extends.is_empty() {
            let _ = writeln!(out, "All of {}, and more.", extends.join(" and "));
        }
        out.push_str(&paragraph(&profile.description));
        out.push('\n');
    }
    if pages.is_empty() {
        return out.trim_end().to_owned() + "\n";
    }
    out.push_str(
        "## By family\n\n\
         The last columns say how hard a policy is in a profile. One that no profile turns on runs where `policies` of\n\
         Config names it.\n\n",
    );
    // A profile of Pod Security alone needs no column: its policies have its name.
    let columns: Vec<&Profile> = profiles.iter().filter(|one| many(one)).collect();
    for (category, pages) in by_category(pages) {
        let _ = write!(
            out,
            "### {}\n\n| policy | what it asks for | severity |",
            inline(category)
        );
        for profile in &columns {
            let _ = write!(out, " {} |", inline(&profile.name));
        }
        let _ = writeln!(out, "\n|---|---|---|{}", "---|".repeat(columns.len()));
        for page in pages {
            let name = inline(&page.name);
            let _ = write!(
                out,
                "| [{name}]({name}.md) | {} | {} |",
                cell(&inline(&page.title)),
                page.severity
            );
            for profile in &columns {
                let found = page.profiles.iter().find(|one| *one.name == *profile.name);
                let _ = write!(
                    out,
                    " {} |",
                    found.map_or("", |one| one.enforcement.as_str())
                );
            }
            out.push('\n');
        }
        out.push('\n');
    }
    out.trim_end().to_owned() + "\n"
}

fn many(profile: &Profile) -> bool {
    !profile.extends.is_empty() || profile.policies.len() > 2
}
