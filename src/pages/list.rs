//! The list of policies by family, and the list of profiles, in a terminal.

use std::io::{self, Write};

use crate::config::{Enforcement, Profile, with_bases};
use crate::policy::CATEGORIES;
use crate::report::{Style, safe_line};

use super::Page;
use super::text::{Lines, table};

/// Writes the policies under their families. `profiles` are columns beside what holds here.
pub fn list(pages: &[Page], profiles: &[&str], out: &mut dyn Write) -> io::Result<()> {
    let mut header = vec!["NAME", "SEVERITY", "ENFORCEMENT"];
    header.extend(profiles);
    header.push("TITLE");
    let mut rows = vec![header.into_iter().map(str::to_owned).collect::<Vec<_>>()];
    let groups = by_category(pages);
    for (category, pages) in &groups {
        rows.push(vec![(*category).to_owned()]);
        for page in pages {
            let here = page.here.as_ref().map(super::Here::in_words);
            let mut row = vec![
                format!("  {}", page.name),
                page.severity.to_owned(),
                here.unwrap_or_default(),
            ];
            row.extend(profiles.iter().map(|name| {
                let found = page.profiles.iter().find(|one| one.name == **name);
                found.map_or("-", |one| one.enforcement.as_str()).to_owned()
            }));
            row.push(page.title.clone());
            rows.push(row);
        }
    }
    table(&rows, 0, out)?;
    for page in pages {
        let reason = page.here.as_ref().and_then(|here| here.idle.as_ref());
        if let Some(reason) = reason {
            writeln!(
                out,
                "{}",
                safe_line(&format!("{} judges nothing: {reason}", page.name))
            )?;
        }
    }
    Ok(())
}

/// The pages by family, in the order of the families.
pub(super) fn by_category(pages: &[Page]) -> Vec<(&str, Vec<&Page>)> {
    let mut groups: Vec<(&str, Vec<&Page>)> = Vec::new();
    for page in pages {
        match groups.iter_mut().find(|(known, _)| *known == page.category) {
            Some((_, pages)) => pages.push(page),
            None => groups.push((&page.category, vec![page])),
        }
    }
    let place = |name: &str| {
        CATEGORIES
            .iter()
            .position(|known| *known == name)
            .unwrap_or(usize::MAX)
    };
    groups.sort_by(|(a, _), (b, _)| (place(a), a).cmp(&(place(b), b)));
    groups
}

/// Writes the profiles, each with what it is and how much it turns on.
pub fn profiles(profiles: &[Profile], style: Style, out: &mut dyn Write) -> io::Result<()> {
    for (number, profile) in profiles.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        let mut lines = Lines::new(style, out);
        lines.line(&format!(
            "{}: {} ({})",
            profile.name,
            profile.title,
            counts(profile, profiles)
        ))?;
        lines.wrapped(&profile.description, 2, 2)?;
    }
    Ok(())
}

/// How many policies a profile turns on, with what it extends: `12 policies: 8 deny, 4 warn`.
pub(super) fn counts(profile: &Profile, all: &[Profile]) -> String {
    let chain = with_bases(&profile.name, all);
    let settings = chain.iter().flat_map(|one| &one.policies);
    let mut hardest: std::collections::BTreeMap<&str, Enforcement> =
        std::collections::BTreeMap::new();
    for (name, setting) in settings {
        if let Some(word) = setting.enforcement {
            let known = hardest.entry(name).or_insert(word);
            *known = word.max(*known);
        }
    }
    let parts = [Enforcement::Deny, Enforcement::Warn, Enforcement::Audit].map(|word| {
        let count = hardest.values().filter(|known| **known == word).count();
        (count > 0).then(|| format!("{count} {}", word.as_str()))
    });
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let policies = if hardest.len() == 1 {
        "policy"
    } else {
        "policies"
    };
    format!("{} {policies}: {}", hardest.len(), parts.join(", "))
}
