//! `ApplyConfiguration`: what holds of every merge, also of hostile ones.

use kpolicy::engine::apply::{ApplyError, Target, apply};
use kpolicy::manifest::patch::{self, Operation};
use kpolicy::manifest::{Document, DocumentBuilder, read_json, write_json};
use kpolicy::policy::Release;
use kpolicy::schema::openapi::{GroupVersionKind, Schemas};
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

fn document(value: &Json) -> Document {
    read_json(None, &value.to_string()).expect("JSON")
}

fn merge(object: &Document, configuration: &Json) -> Result<Vec<Operation>, ApplyError> {
    let schemas = Schemas::built_in(Release::minor(36));
    let pod = GroupVersionKind::new("", "v1", "Pod");
    let target = Target::object(object.root(), &pod, &schemas);
    apply(&target, document(configuration))
}

fn merged(object: &Document, configuration: &Json) -> (Document, Vec<Operation>) {
    let operations = merge(object, configuration).expect("a configuration that fits");
    let after = patch::apply(object, &operations).expect("operations that fit");
    (after, operations)
}

/// The value of a document, with the places of its keys forgotten.
fn value(document: &Document) -> Json {
    serde_json::from_str(&write_json(document.root())).expect("JSON")
}

/// Which fields of a pod are lists with keys, and by which keys.
fn key(field: &str) -> Option<&'static str> {
    match field {
        "containers" | "env" | "volumes" => Some("name"),
        "volumeMounts" => Some("mountPath"),
        _ => None,
    }
}

/// Merges as the API server does, plainly: maps by field, lists by key, with the elements in any order.
fn plainly(field: &str, old: &Json, new: &Json) -> Json {
    match (old, new, key(field)) {
        (Json::Object(old), Json::Object(new), _) => {
            let mut all = old.clone();
            for (name, value) in new {
                let merged = match old.get(name) {
                    Some(before) => plainly(name, before, value),
                    None => value.clone(),
                };
                all.insert(name.clone(), merged);
            }
            Json::Object(all)
        }
        (Json::Array(old), Json::Array(new), Some(key)) => {
            let mut all = old.clone();
            for element in new {
                let same = all.iter_mut().find(|known| known[key] == element[key]);
                match same {
                    Some(known) => *known = plainly("", known, element),
                    None => all.push(element.clone()),
                }
            }
            Json::Array(all)
        }
        _ => new.clone(),
    }
}

/// A value whose lists with keys are in the order of their keys, and without what is as good as absent.
fn unordered(field: &str, value: &Json) -> Json {
    match value {
        Json::Object(map) => {
            let entries = map
                .iter()
                .map(|(name, value)| (name, unordered(name, value)));
            let mut entries: Vec<(String, Json)> = entries
                .filter(|(_, value)| *value != json!([]))
                .map(|(name, value)| (name.clone(), value))
                .collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Json::Object(entries.into_iter().collect())
        }
        Json::Array(items) => {
            let mut items: Vec<Json> = items.iter().map(|item| unordered("", item)).collect();
            if let Some(key) = key(field) {
                items.sort_by_key(|item| item[key].to_string());
            }
            Json::Array(items)
        }
        other => other.clone(),
    }
}

/// The keys of a list, in order.
fn order(list: &Json) -> Vec<String> {
    let items = list.as_array().map_or(&[][..], |items| items);
    items.iter().map(|item| item["name"].to_string()).collect()
}

fn object(fields: Vec<(&str, Option<Json>)>) -> Json {
    let fields = fields.into_iter();
    let fields = fields.filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Json::Object(fields.collect::<Map<_, _>>())
}

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "c", "d", "e"])
}

fn names(element: impl Strategy<Value = Json>, most: usize) -> impl Strategy<Value = Json> {
    prop::collection::vec((name(), element), 0..most).prop_map(|elements| {
        let mut list: Vec<Json> = Vec::new();
        for (name, mut element) in elements {
            if list.iter().all(|known| known["name"] != name) {
                element["name"] = json!(name);
                list.push(element);
            }
        }
        Json::Array(list)
    })
}

fn labels() -> impl Strategy<Value = Json> {
    prop::collection::btree_map(name(), name(), 0..4).prop_map(|map| json!(map))
}

fn container() -> impl Strategy<Value = Json> {
    (
        prop::option::of(name()),
        prop::option::of(names(
            prop::option::of(name())
                .prop_map(|value| object(vec![("value", value.map(|v| json!(v)))])),
            4,
        )),
        prop::option::of(labels()),
        any::<Option<bool>>(),
    )
        .prop_map(|(image, env, limits, tty)| {
            object(vec![
                ("image", image.map(|image| json!(image))),
                ("env", env),
                ("resources", limits.map(|limits| json!({"limits": limits}))),
                ("tty", tty.map(|tty| json!(tty))),
            ])
        })
}

fn pod() -> impl Strategy<Value = Json> {
    (
        prop::option::of(labels()),
        prop::option::of(names(container(), 5)),
        prop::option::of(0..100_i64),
        prop::option::of(names(Just(json!({"emptyDir": {}})), 4)),
    )
        .prop_map(|(labels, containers, grace, volumes)| {
            let spec = vec![
                ("containers", containers),
                (
                    "terminationGracePeriodSeconds",
                    grace.map(|seconds| json!(seconds)),
                ),
                ("volumes", volumes),
            ];
            object(vec![
                ("metadata", labels.map(|labels| json!({"labels": labels}))),
                ("spec", Some(object(spec))),
            ])
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_merge_holds_both_sides_and_a_second_one_changes_nothing(old in pod(), new in pod()) {
        let before = document(&old);
        let (after, _) = merged(&before, &new);
        let wanted = plainly("", &old, &new);
        prop_assert_eq!(unordered("", &value(&after)), unordered("", &wanted));
        let (_, again) = merged(&after, &new);
        prop_assert_eq!(patch::write(&again), "[]");
    }

    #[test]
    fn what_a_configuration_names_comes_in_its_order_and_the_rest_keeps_its_own(old in pod(), new in pod()) {
        let (after, _) = merged(&document(&old), &new);
        let (old, new) = (order(&old["spec"]["containers"]), order(&new["spec"]["containers"]));
        let after = order(&value(&after)["spec"]["containers"]);
        let named: Vec<_> = after.iter().filter(|name| new.contains(name)).cloned().collect();
        prop_assert_eq!(named, new.clone());
        let rest = |list: &[String]| -> Vec<String> {
            list.iter().filter(|name| !new.contains(name)).cloned().collect()
        };
        prop_assert_eq!(rest(&after), rest(&old));
    }

    #[test]
    fn a_part_of_the_object_itself_changes_nothing(old in pod()) {
        let (_, operations) = merged(&document(&old), &old);
        prop_assert_eq!(patch::write(&operations), "[]");
    }
}

/// A list of elements with these names.
fn list(names: impl Iterator<Item = usize>) -> Json {
    let elements = names.map(|number| json!({"name": format!("n{number}")}));
    json!({"spec": {"containers": elements.collect::<Vec<_>>()}})
}

#[test]
fn long_lists_are_merged_in_bounded_work_and_the_right_order() {
    let few = 10_000;
    for (len, new) in [
        (100_000, list((0..100_000).rev())),
        (few, list(few..2 * few)),
        (few, list((0..2 * few).step_by(2))),
        (few, list(few..=few)),
    ] {
        let old = document(&list(0..len));
        let (after, operations) = merged(&old, &new);
        assert!(operations.len() < 10, "{}", operations.len());
        let (after, new) = (value(&after), order(&new["spec"]["containers"]));
        let after = order(&after["spec"]["containers"]);
        let wanted: std::collections::BTreeSet<&String> = new.iter().collect();
        let named: Vec<_> = after.iter().filter(|name| wanted.contains(name)).collect();
        assert_eq!(named.len(), new.len());
        assert!(named.into_iter().eq(new.iter()));
    }
}

#[test]
fn a_map_of_many_new_entries_is_written_once() {
    let labels = |from: usize, to: usize| {
        let entries = (from..to).map(|number| (format!("k{number}"), json!("v")));
        json!({"metadata": {"labels": entries.collect::<Map<_, _>>()}})
    };
    let old = document(&labels(0, 50_000));
    let (after, operations) = merged(&old, &labels(40_000, 100_000));
    assert_eq!(operations.len(), 1);
    assert_eq!(value(&after), labels(0, 100_000));
}

#[test]
fn nesting_of_any_depth_costs_no_stack() {
    const DEEP: usize = 9_000;
    let text = |end: &str| {
        let open = "{\"a\":".repeat(DEEP);
        let close = "}".repeat(DEEP);
        format!("{{\"spec\":{open}{end}{close}}}")
    };
    let (old, new) = (read_json(None, &text("1")), read_json(None, &text("2")));
    let (old, new) = (old.expect("JSON"), new.expect("JSON"));
    let schemas = Schemas::built_in(Release::minor(36));
    let kind = GroupVersionKind::new("example.com", "v1", "Unknown");
    let target = Target::object(old.root(), &kind, &schemas);
    let operations = apply(&target, new).expect("a merge");
    assert_eq!(operations.len(), 1);
    let after = patch::apply(&old, &operations).expect("a patch");
    assert_eq!(write_json(after.root()), text("2"));
}

/// Values that are nearly parts of a pod.
fn nearly_a_pod() -> impl Strategy<Value = Json> {
    let words = vec![
        "metadata",
        "spec",
        "labels",
        "finalizers",
        "ownerReferences",
        "containers",
        "env",
        "ports",
        "containerPort",
        "protocol",
        "name",
        "value",
        "args",
        "resources",
        "limits",
        "volumes",
        "emptyDir",
        "tolerations",
        "a",
    ];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(|value| json!(value)),
        (0..3_i64).prop_map(|value| json!(value)),
        Just(json!(1.5)),
        name().prop_map(|value| json!(value)),
    ];
    let inner = leaf.prop_recursive(6, 60, 5, move |inner| {
        let key = prop::sample::select(words.clone());
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
            prop::collection::btree_map(key, inner, 0..5).prop_map(|map| json!(map)),
        ]
    });
    (prop::option::of(pod()), inner).prop_map(|(pod, inner)| match (pod, inner) {
        (Some(mut pod), Json::Object(fields)) => {
            if let Some(pod) = pod.as_object_mut() {
                pod.extend(fields);
            }
            pod
        }
        (Some(pod), _) => pod,
        (None, inner @ Json::Object(_)) => inner,
        (None, inner) => json!({"spec": inner}),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_is_applied_the_operations_fit_or_it_is_refused(
        old in nearly_a_pod(),
        new in nearly_a_pod(),
        group in prop::sample::select(vec!["", "example.com"]),
    ) {
        let schemas = Schemas::built_in(Release::minor(36));
        let kind = GroupVersionKind::new(group, "v1", "Pod");
        let before = document(&old);
        let target = Target::object(before.root(), &kind, &schemas);
        let Ok(operations) = apply(&target, document(&new)) else {
            return Ok(());
        };
        let after = patch::apply(&before, &operations);
        prop_assert!(after.is_ok(), "{:?}: {}", after.err(), patch::write(&operations));
        let after = after.expect("it was asked");
        let target = Target::object(after.root(), &kind, &schemas);
        let again = apply(&target, document(&new));
        prop_assert_eq!(again.map(|again| patch::write(&again)), Ok("[]".to_owned()));
    }
}

/// A pod with something in it that cannot be known here.
fn partly_known(make: impl Fn(&mut DocumentBuilder) -> kpolicy::manifest::NodeId) -> Document {
    let mut builder = DocumentBuilder::new();
    let labels = make(&mut builder);
    let metadata = builder.object(&[("labels", labels)]);
    let root = builder.object(&[("metadata", metadata)]);
    builder.finish(root)
}

#[test]
fn what_is_not_known_is_not_merged_into() {
    let unknown = |builder: &mut DocumentBuilder| builder.unknown("nobody said");
    let open = |builder: &mut DocumentBuilder| {
        let value = builder.string("x", None);
        let map = builder.object(&[("a", value)]);
        builder.open(map, "nobody said all");
        map
    };
    let labels = json!({"metadata": {"labels": {"b": "x"}}});
    let outcome = merge(&partly_known(unknown), &labels).map(|operations| operations.len());
    assert_eq!(outcome, Err(ApplyError::Unknown("nobody said".to_owned())));
    let outcome = merge(&partly_known(open), &labels).map(|operations| operations.len());
    assert_eq!(
        outcome,
        Err(ApplyError::Unknown("nobody said all".to_owned()))
    );
    let elsewhere = json!({"metadata": {"name": "web"}});
    assert!(merge(&partly_known(unknown), &elsewhere).is_ok());
}
