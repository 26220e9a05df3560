//! Who may supersede what: a resource of the cluster turns off no policy of a file.

use std::sync::Arc;

use kpolicy::documents::Documents;
use kpolicy::office::{Files, Identity, Key, Kind, Office};
use kpolicy::source::SourceMap;

use crate::policies::TODAY;

fn policy(name: &str, supersedes: &str) -> String {
    format!(
        r#"{{"apiVersion": "kpolicy.io/v1alpha1", "kind": "Policy", "metadata": {{"name": "{name}"}}, "spec": {{
            "title": "A title", "category": "api", "severity": "low", "supersedes": [{supersedes}],
            "matchConstraints": {{"podTemplates": true}}, "validations": [{{"expression": "true"}}]}}}}"#
    )
}

/// Built-in policies, and one of a file.
fn files() -> Files {
    let mut sources = SourceMap::new();
    let mut documents = Documents::built_in(&mut sources);
    let text = policy("of-file", "");
    documents.add("of-file.yaml", &Arc::from(text), &mut sources);
    let config = documents.config();
    assert_eq!(documents.problems, []);
    Files {
        policies: Arc::new(documents.take_policies()),
        config,
        exceptions: Vec::new(),
        sources,
    }
}

#[test]
fn a_resource_may_supersede_a_built_in_policy_and_never_one_of_a_file() {
    for (superseded, in_force) in [("\"require-network-policy\"", true), ("\"of-file\"", false)] {
        let mut office = Office::new(files(), None, true);
        let key = Key {
            kind: Kind::Policy,
            namespace: "".into(),
            name: "new".into(),
        };
        let identity = Identity {
            uid: "u".into(),
            generation: 1,
        };
        office.receive(key, identity, &policy("new", superseded));
        let assembly = office.assemble(TODAY).expect("a judge");
        let conditions = &assembly.outcomes[0].conditions;
        let said: Vec<_> = conditions
            .iter()
            .map(|condition| (condition.holds, condition.reason.as_str()))
            .collect();
        assert_eq!(
            !said.contains(&(false, "SupersedesFile")),
            in_force,
            "{said:?}"
        );
        let idle: Vec<_> = assembly
            .judge
            .idle()
            .map(|(policy, _)| &*policy.name)
            .collect();
        assert_eq!(
            idle.contains(&"require-network-policy"),
            in_force,
            "{idle:?}"
        );
        let mut running = assembly.judge.policies();
        assert_eq!(running.any(|(policy, _)| *policy.name == *"new"), in_force);
    }
}
