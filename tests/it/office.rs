//! Policies and exceptions from files and from the cluster: which are in office, and what each resource is told.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use kpolicy::config::Date;
use kpolicy::documents::Documents;
use kpolicy::judge::Judge;
use kpolicy::office::{Assembly, Event, Files, Identity, Key, Kind, Office};
use kpolicy::source::SourceMap;

use crate::judge::{object, validate};

const TODAY: Date = Date {
    year: 2026,
    month: 11,
    day: 21,
};

pub(crate) const CONFIG: &str = "apiVersion: kpolicy.io/v1alpha1
kind: Config
policies:
  most: {params: {most: 3}}
clusters: [{name: app1}, {name: mgmt}]
exceptions: {maxLifetimeDays: 180, allowedNamespaces: [policy-exceptions]}
";

/// Files with this Config, and with policies of these names.
fn files(config: &str, policies: &[&str]) -> Files {
    let mut sources = SourceMap::new();
    let mut documents = Documents::built_in(&mut sources);
    documents.add("config.yaml", &Arc::from(config), &mut sources);
    for name in policies {
        let text = policy(name, "true").to_string();
        documents.add(&format!("{name}.yaml"), &Arc::from(text), &mut sources);
    }
    let config = documents.config();
    let exceptions = std::mem::take(&mut documents.exceptions);
    assert_eq!(documents.problems, []);
    Files {
        policies: Arc::new(documents.take_policies()),
        config,
        exceptions,
        sources,
    }
}

pub(crate) fn office(config: &str, policies: &[&str]) -> Office {
    Office::new(files(config, policies), Some("app1"), true)
}

pub(crate) fn policy(name: &str, expression: &str) -> Value {
    json!({
        "apiVersion": "kpolicy.io/v1alpha1", "kind": "Policy", "metadata": {"name": name},
        "spec": {
            "title": "A title", "category": "api", "severity": "low",
            "matchConstraints": {"podTemplates": true},
            "validations": [{"name": "one", "expression": expression}],
        },
    })
}

/// A policy that takes the parameter `most`, of this type.
pub(crate) fn most(of: &str) -> Value {
    let mut policy = policy("most", "has(params.most)");
    policy["spec"]["parameters"] = json!({"type": "object", "properties": {"most": {"type": of}}});
    policy
}

pub(crate) fn exception(name: &str, spec: &Value) -> Value {
    let mut object = json!({
        "apiVersion": "kpolicy.io/v1alpha1", "kind": "PolicyException",
        "metadata": {"name": name, "namespace": "policy-exceptions"},
        "spec": {"policies": ["acr-only"], "match": {"namespaces": ["batch"]}, "reason": "r", "owner": "o",
                 "expires": "2027-01-31"},
    });
    for (key, value) in spec.as_object().expect("a map") {
        object["spec"][key] = value.clone();
    }
    object
}

pub(crate) fn key(object: &Value) -> Key {
    let text = |value: &Value| Box::from(value.as_str().unwrap_or_default());
    Key {
        kind: if object["kind"] == "Policy" {
            Kind::Policy
        } else {
            Kind::PolicyException
        },
        namespace: text(&object["metadata"]["namespace"]),
        name: text(&object["metadata"]["name"]),
    }
}

fn receive(office: &mut Office, object: &Value, generation: i64) -> bool {
    let identity = Identity {
        uid: "u".into(),
        generation,
    };
    office.receive(key(object), identity, &object.to_string())
}

pub(crate) fn assemble(office: &mut Office) -> Assembly {
    office.assemble(TODAY).expect("a judge")
}

/// Whether the judge has a policy of this name, and how many validations it has then.
fn validations(judge: &Judge, name: &str) -> Option<usize> {
    let mut policies = judge.policies();
    let found = policies.find(|(policy, _)| *policy.name == *name);
    found.map(|(policy, _)| policy.validations.len())
}

/// `Compiled=True Compiled; InForce=…` of a resource, with the messages.
fn said(assembly: &Assembly, name: &str) -> String {
    let mut outcomes = assembly.outcomes.iter();
    let outcome = outcomes.find(|outcome| &*outcome.key.name == name);
    let conditions = outcome.expect("an outcome").conditions.iter().map(|found| {
        let (kind, holds, reason) = (found.kind, found.holds, found.reason.as_str());
        format!("{kind}={holds} {reason}: {}", found.message)
    });
    conditions.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_policy_of_the_cluster_judges_beside_those_of_files() {
    let mut office = office(CONFIG, &["of-file"]);
    assert!(receive(&mut office, &policy("of-cluster", "true"), 1));
    assert!(
        !receive(&mut office, &policy("of-cluster", "true"), 1),
        "nothing new"
    );
    let assembly = assemble(&mut office);
    assert_eq!(validations(&assembly.judge, "of-file"), Some(1));
    assert_eq!(validations(&assembly.judge, "of-cluster"), Some(1));
    assert_eq!(
        said(&assembly, "of-cluster"),
        "Compiled=true Compiled: 1 validation\nInForce=true Judging: enforcement is `deny`"
    );
    assert_eq!(assembly.counts.current, 1);
    assert!(office.forget(&key(&policy("of-cluster", "true"))));
    assert_eq!(
        validations(&assemble(&mut office).judge, "of-cluster"),
        None
    );
}

#[test]
fn a_resource_takes_the_place_of_no_policy_of_a_file_and_of_no_built_in_one() {
    let mut office = office(CONFIG, &["of-file"]);
    let mut two = policy("of-file", "true");
    two["spec"]["validations"] = json!([{"expression": "true"}, {"expression": "true"}]);
    receive(&mut office, &two, 1);
    two["metadata"]["name"] = json!("acr-only");
    receive(&mut office, &two, 1);
    two["metadata"]["name"] = json!("weaker");
    two["spec"]["supersedes"] = json!(["acr-only"]);
    receive(&mut office, &two, 1);
    let assembly = assemble(&mut office);
    assert_eq!(validations(&assembly.judge, "of-file"), Some(1));
    assert_ne!(validations(&assembly.judge, "acr-only"), Some(2));
    let told = said(&assembly, "of-file");
    assert!(told.contains("InForce=false NameTaken"), "{told}");
    let told = said(&assembly, "acr-only");
    assert!(
        told.contains("InForce=false NameTaken: kpolicy has a built-in policy of this name"),
        "{told}"
    );
    let told = said(&assembly, "weaker");
    assert!(
        told.contains("InForce=false SupersedesFile: it supersedes `acr-only`, which stands in a file or is built in"),
        "{told}"
    );
    assert_eq!((assembly.counts.current, assembly.counts.out), (0, 3));
}

#[test]
fn what_is_wrong_is_told_by_field_and_character() {
    let mut several = policy("bad", "containers.all(c, c.image == 'a')");
    several["spec"]["titel"] = json!("x");
    several["spec"]["severity"] = json!("worst");
    let cases = [
        (
            policy("bad", "object.x == unheard"),
            "spec.validations[0].expression, character 13: ",
        ),
        (
            policy("bad", "object.x == 'é' ||\n  'a\"b' == unheard"),
            "spec.validations[0].expression, line 2, character 12: ",
        ),
        (several, "spec.severity: `severity` is `worst`"),
        (
            json!({"apiVersion": "kpolicy.io/v1alpha1", "kind": "Policy", "metadata": {"name": "bad"}}),
            "`spec` is missing",
        ),
    ];
    for (object, place) in cases {
        let mut office = office(CONFIG, &[]);
        receive(&mut office, &object, 1);
        let told = said(&assemble(&mut office), "bad");
        assert!(told.contains(place), "{place} is not in {told}");
        assert!(told.starts_with("Compiled=false Invalid: "), "{told}");
        assert!(
            told.ends_with(
                "InForce=false NoVersion: this version is wrong; nothing judges in its place"
            ),
            "{told}"
        );
    }
}

#[test]
fn a_message_is_cut_before_it_is_too_long_for_a_status() {
    let mut office = office(CONFIG, &[]);
    let mut long = policy("bad", "true");
    long["spec"]["é".repeat(9000)] = json!(1);
    receive(&mut office, &long, 1);
    let told = said(&assemble(&mut office), "bad");
    assert!((2000..2400).contains(&told.len()), "{} bytes", told.len());
}

#[test]
fn the_last_good_version_of_a_policy_stays_while_a_newer_one_is_wrong() {
    let mut office = office(CONFIG, &[]);
    receive(&mut office, &policy("p", "true"), 1);
    assemble(&mut office);
    receive(&mut office, &policy("p", "unheard"), 2);
    let assembly = assemble(&mut office);
    assert_eq!(validations(&assembly.judge, "p"), Some(1));
    let told = said(&assembly, "p");
    assert!(
        told.contains(
            "InForce=false EarlierVersion: this version is wrong; generation 1 judges in its place"
        ),
        "{told}"
    );
    assert_eq!(assembly.counts.earlier, 1);
    // A second wrong one changes nothing of that; a right one ends it.
    receive(&mut office, &policy("p", "also_unheard"), 3);
    assert!(said(&assemble(&mut office), "p").contains("generation 1 judges"));
    receive(&mut office, &policy("p", "false"), 4);
    assert!(said(&assemble(&mut office), "p").contains("InForce=true"));
    // A new object of the old name has no earlier versions.
    let identity = Identity {
        uid: "another".into(),
        generation: 1,
    };
    let wrong = policy("p", "unheard");
    office.receive(key(&wrong), identity, &wrong.to_string());
    let assembly = assemble(&mut office);
    assert_eq!(validations(&assembly.judge, "p"), None);
    assert_eq!(assembly.counts.out, 1);
}

#[test]
fn a_policy_that_does_not_take_the_parameters_of_config_leaves_the_earlier_one_in_place() {
    let mut office = office(CONFIG, &[]);
    assert_eq!(office.unknown_policies().len(), 1, "`most` may still come");
    receive(&mut office, &most("integer"), 1);
    assert!(said(&assemble(&mut office), "most").contains("InForce=true"));
    assert_eq!(office.unknown_policies(), []);
    receive(&mut office, &most("string"), 2);
    let assembly = assemble(&mut office);
    let told = said(&assembly, "most");
    assert!(told.contains("Compiled=true"), "{told}");
    let place = "ParametersRefused: Config sets parameters that the policy does not take, so generation 1 judges in its place: config.yaml:4:25: ";
    assert!(told.contains(place), "{told}");
    assert_eq!(validations(&assembly.judge, "most"), Some(1));
}

#[test]
fn files_that_would_push_a_policy_of_the_cluster_out_wait_until_it_takes_them() {
    let mut office = office(CONFIG, &[]);
    receive(&mut office, &most("integer"), 1);
    assemble(&mut office);
    let newer = CONFIG.replace("most: 3", "most: many") + "mutate: disabled\n";
    office
        .replace_files(files(&newer, &[]), TODAY)
        .expect("right in themselves");
    let assembly = assemble(&mut office);
    let why = assembly.waiting.as_deref().expect("a reason");
    assert!(
        why.contains("policy `most`") && why.contains("config.yaml:4:25"),
        "{why}"
    );
    assert!(said(&assembly, "most").contains("InForce=true"));
    assert!(office.files().config.mutate, "the old files stay");
    receive(&mut office, &most("string"), 2);
    let assembly = assemble(&mut office);
    assert_eq!(assembly.waiting, None);
    assert!(!office.files().config.mutate);
    assert!(said(&assembly, "most").contains("InForce=true"));
}

#[test]
fn a_file_may_take_over_the_name_of_a_resource() {
    let mut office = office(CONFIG, &[]);
    receive(&mut office, &policy("p", "true"), 1);
    assemble(&mut office);
    office
        .replace_files(files(CONFIG, &["p"]), TODAY)
        .expect("right");
    let assembly = assemble(&mut office);
    assert_eq!(assembly.waiting, None);
    assert!(said(&assembly, "p").contains("NameTaken"));
    assert_eq!(validations(&assembly.judge, "p"), Some(1));
}

#[test]
fn wrong_files_never_replace_right_ones() {
    let mut office = office(CONFIG, &["of-file"]);
    let wrong = CONFIG.replace("{name: app1}", "{name: elsewhere}");
    let problems = office
        .replace_files(files(&wrong, &[]), TODAY)
        .expect_err("wrong");
    assert!(problems[0].message.contains("no cluster `app1`"));
    assert_eq!(
        validations(&assemble(&mut office).judge, "of-file"),
        Some(1)
    );
}

#[test]
fn without_a_cluster_to_watch_an_unknown_policy_in_config_is_an_error() {
    let mut closed = Office::new(files(CONFIG, &[]), Some("app1"), false);
    let problems = closed.assemble(TODAY).expect_err("an error");
    assert_eq!(problems[0].message, "there is no policy `most`");
}

#[test]
fn policies_that_do_not_run_say_why() {
    let config = CONFIG.replace(
        "  most: {params: {most: 3}}",
        "  silent: {enforcement: disabled}",
    );
    let mut needs = most("integer");
    needs["spec"]["parameters"]["required"] = json!(["most"]);
    let mut office = office(&config, &[]);
    receive(&mut office, &policy("silent", "true"), 1);
    receive(&mut office, &needs, 1);
    let assembly = assemble(&mut office);
    let told = said(&assembly, "silent");
    assert!(told.contains("InForce=false Disabled"), "{told}");
    let told = said(&assembly, "most");
    assert!(
        told.contains(
            "InForce=false ParametersUnset: it judges nothing: set the parameter `most` in Config"
        ),
        "{told}"
    );
}

#[test]
fn an_exception_says_whether_it_has_an_effect() {
    let cases = [
        (
            json!({}),
            "true Accepted: holds up to and including 2027-01-31",
        ),
        (
            json!({"expires": "2026-11-20"}),
            "false Expired: its last day was 2026-11-20",
        ),
        (json!({"expires": "2026-11-21"}), "true Accepted"),
        (
            json!({"expires": "2027-11-21"}),
            "false NotAllowed: exception `policy-exceptions/e` ends in 365 days; \
                                            `exceptions.maxLifetimeDays` of Config allows 180",
        ),
        (
            json!({"policies": ["nothing"]}),
            "false UnknownPolicy: there is no policy `nothing`",
        ),
        (
            json!({"policies": ["acr-only/nothing"]}),
            "false UnknownPolicy: policy `acr-only` has no validation",
        ),
        (
            json!({"policies": ["acr-only", "nothing"]}),
            "true Accepted: holds up to and including 2027-01-31; \
                                                        there is no policy `nothing`",
        ),
        (
            json!({"match": {"clusters": ["mgmt"]}}),
            "false OtherCluster: it is for other clusters; this is cluster `app1`",
        ),
        (
            json!({"match": {"clusters": ["app1", "unheard-of"]}}),
            "true Accepted",
        ),
        (
            json!({"expires": "2027-02-30"}),
            "false Invalid: it has no effect: spec.expires: `expires` is `2027-02-30`",
        ),
    ];
    for (spec, expected) in cases {
        let mut office = office(CONFIG, &[]);
        receive(&mut office, &exception("e", &spec), 1);
        let assembly = assemble(&mut office);
        let told = said(&assembly, "e");
        assert!(
            told.starts_with(&format!("Accepted={expected}")),
            "{spec}: {told}"
        );
        let counts = (assembly.counts.accepted, assembly.counts.refused);
        assert_eq!(
            counts == (1, 0),
            expected.starts_with("true"),
            "{spec}: {counts:?}"
        );
    }
    let mut elsewhere = exception("e", &json!({}));
    elsewhere["metadata"]["namespace"] = json!("shop");
    let mut office = office(CONFIG, &[]);
    receive(&mut office, &elsewhere, 1);
    let told = said(&assemble(&mut office), "e");
    assert!(
        told.starts_with("Accepted=false NotAllowed: exceptions may not be in namespace `shop`"),
        "{told}"
    );
}

#[test]
fn an_exception_that_cannot_be_read_leaves_the_last_one_that_could_until_its_own_end() {
    let mut office = office(CONFIG, &[]);
    receive(&mut office, &exception("e", &json!({})), 1);
    assemble(&mut office);
    receive(&mut office, &exception("e", &json!({"expires": "soon"})), 2);
    let assembly = assemble(&mut office);
    assert!(
        said(&assembly, "e")
            .starts_with("Accepted=false Invalid: generation 1 holds in its place: ")
    );
    assert_eq!(assembly.counts.accepted, 1);
    let later = Date {
        year: 2027,
        month: 2,
        day: 1,
    };
    let assembly = office.assemble(later).expect("a judge");
    assert!(said(&assembly, "e").starts_with("Accepted=false Invalid: it has no effect: "));
    assert_eq!(assembly.counts.refused, 1);
}

#[test]
fn an_exception_holds_up_to_the_last_moment_of_its_day_and_then_says_that_it_did() {
    let exception = exception(
        "e",
        &json!({"policies": ["of-file"], "match": {"namespaces": ["batch"]}}),
    );
    let pod = object(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: a, image: a}]}\n",
    );
    let mut office = office(CONFIG, &[]);
    receive(&mut office, &policy("of-file", "false"), 1);
    receive(&mut office, &exception, 1);
    for (day, lifted, ended, counts) in [
        ("2027-01-30", true, false, (1, 0)),
        ("2027-01-31", true, false, (1, 0)),
        ("2027-02-01", false, true, (0, 1)),
        ("2028-01-31", false, true, (0, 1)),
        // The clock of another replica may be behind.
        ("2027-01-31", true, false, (1, 0)),
    ] {
        let assembly = office
            .assemble(Date::parse(day).expect("a day"))
            .expect("a judge");
        let verdict = validate(&assembly.judge, "Pod", "batch", &pod, None);
        let decision = verdict
            .decisions
            .iter()
            .find(|decision| *decision.policy.name == *"of-file")
            .expect("it is violated");
        assert_eq!(
            (decision.exception.is_some(), decision.ended.is_some()),
            (lifted, ended),
            "{day}"
        );
        assert_eq!(
            (assembly.counts.accepted, assembly.counts.refused),
            counts,
            "{day}"
        );
        assert_eq!(
            said(&assembly, "e").contains("Accepted=false Expired"),
            ended,
            "{day}"
        );
    }
}

#[test]
fn a_new_list_forgets_what_is_not_in_it() {
    let mut office = office(CONFIG, &[]);
    receive(&mut office, &policy("stays", "true"), 1);
    receive(&mut office, &policy("goes", "true"), 1);
    receive(&mut office, &exception("e", &json!({})), 1);
    let stays = BTreeSet::from([key(&policy("stays", "true"))]);
    assert!(office.keep_only(Kind::Policy, &stays));
    assert!(!office.keep_only(Kind::Policy, &stays));
    let left: Vec<String> = assemble(&mut office)
        .outcomes
        .iter()
        .map(|outcome| outcome.key.to_string())
        .collect();
    assert_eq!(left, ["stays", "policy-exceptions/e"]);
}

/// A pod with a sysctl that Pod Security allows since v1.37.
const NEW_SYSCTL: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  securityContext: {sysctls: \
                          [{name: net.ipv4.tcp_notsent_lowat, value: '1'}]}\n  containers: [{name: a, image: a}]\n";

#[test]
fn the_latest_rules_are_those_of_the_release_that_the_api_server_runs_unless_config_says_another() {
    let refuses = |office: &mut Office| {
        let judge = assemble(office).judge;
        let verdict = validate(&judge, "Pod", "shop", &object(NEW_SYSCTL), None);
        !verdict.decisions.is_empty()
    };
    let config = |cluster: &str| {
        format!(
            "apiVersion: kpolicy.io/v1alpha1\nkind: Config\nprofiles: [pod-security-baseline]\n\
             clusters: [{cluster}]\n"
        )
    };
    let mut silent = office(&config("{name: app1}"), &[]);
    assert!(!refuses(&mut silent), "nobody knows better than the newest");
    for (minor, refused) in [(36, true), (37, false), (34, true), (38, false)] {
        assert!(silent.take(&Event::Runs(minor)));
        assert!(!silent.take(&Event::Runs(minor)), "that is no news");
        assert_eq!(refuses(&mut silent), refused, "1.{minor}");
        assert_eq!(silent.other_version(), None);
    }
    let mut settled = office(&config("{name: app1, kubernetesVersion: '1.36'}"), &[]);
    assert!(refuses(&mut settled));
    assert!(settled.take(&Event::Runs(37)));
    assert!(refuses(&mut settled));
    assert_eq!(settled.other_version(), Some((1, 36)));
}
