//! The built-in policies and profiles.

use kpolicy::config::with_bases;
use kpolicy::documents::Documents;
use kpolicy::source::SourceMap;

#[test]
fn the_built_in_documents_have_no_problem() {
    let mut sources = SourceMap::new();
    let mut documents = Documents::built_in(&mut sources);
    let problems: Vec<_> = documents
        .problems
        .iter()
        .map(|problem| {
            let place = problem
                .span
                .map(|span| sources.place(span))
                .unwrap_or_default();
            format!(
                "{place}: {} {}",
                problem.message,
                problem.help.as_deref().unwrap_or_default()
            )
        })
        .collect();
    assert_eq!(problems, [""; 0]);
    assert_eq!(documents.others, 0);
    assert_eq!(
        documents.config().profiles.len(),
        1,
        "the profile `recommended` is there"
    );
    let profiles = documents.profiles.clone();
    let policies = documents.take_policies();
    for policy in policies.iter() {
        assert!(policy.built_in);
        let about = &policy.about;
        for text in [&about.title, &about.description, &about.remediation] {
            assert!(!text.is_empty(), "{} is described", policy.name);
        }
        assert!(
            !about.references.is_empty(),
            "{} has references",
            policy.name
        );
    }
    for profile in &profiles {
        let known = |base: &str| profiles.iter().any(|other| *other.name == *base);
        assert!(
            profile.extends.iter().all(|base| known(&base.value)),
            "what `{}` extends is there",
            profile.name
        );
        let bases = with_bases(&profile.name, &profiles);
        assert!(
            bases.last().is_some_and(|last| last.name == profile.name),
            "`{}` does not extend itself",
            profile.name
        );
    }
    for name in profiles.iter().flat_map(|profile| profile.policies.keys()) {
        assert!(
            policies.get(name).is_some(),
            "the policy `{name}` of a profile is there"
        );
    }
}
