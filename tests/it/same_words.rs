//! One name, one expression: each shipped policy can be copied alone, so what several of them need stands in each. What has
//! the same name says the same, so that no copy is mended without the others.

use std::collections::BTreeMap;

use kpolicy::documents::Documents;
use kpolicy::source::SourceMap;

/// Names that say different things in different policies, and why that cannot be helped. A better name can, mostly.
const DIFFERENT: &[(&str, &str)] = &[];

#[test]
fn variables_and_match_conditions_of_one_name_are_one_expression() {
    let set = Documents::built_in(&mut SourceMap::new()).take_policies();
    let mut names: BTreeMap<(&str, &str), BTreeMap<String, Vec<&str>>> = BTreeMap::new();
    let mut copies = 0;
    for policy in set.iter() {
        let conditions = policy.match_conditions.iter().map(|condition| {
            let source = condition.expression.source();
            ("match condition", &*condition.name, source)
        });
        let variables = policy.variable_names.iter().zip(&policy.variables);
        let variables = variables.map(|(name, program)| ("variable", &**name, program.source()));
        for (what, name, source) in conditions.chain(variables) {
            let words: Vec<&str> = source.split_whitespace().collect();
            let policies = names.entry((what, name)).or_default();
            let same = policies.entry(words.join(" ")).or_default();
            copies += usize::from(!same.is_empty());
            same.push(&policy.name);
        }
    }
    assert!(copies > 60, "only {copies} copies are compared");
    let is_known = |name: &str| DIFFERENT.iter().any(|(known, _)| *known == name);
    let differ: Vec<_> = names
        .iter()
        .filter(|((_, name), expressions)| expressions.len() > 1 && !is_known(name))
        .collect();
    assert!(
        differ.is_empty(),
        "one name for different expressions; mend the copy, or give it another name: {differ:#?}"
    );
}
