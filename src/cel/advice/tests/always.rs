//! Conditions that never change, and those that only seem so.

use super::*;

#[test]
fn what_always_decides_the_same_is_named() {
    for (source, expected) in [
        ("1 < 2", &["true: 1 < 2"][..]),
        (
            "o.kind != 'Pod' || o.kind != 'Job'",
            &["true: o.kind != 'Pod' || o.kind != 'Job'"],
        ),
        (
            "o.kind == 'Pod' && o.kind == 'Job'",
            &["false: o.kind == 'Pod' && o.kind == 'Job'"],
        ),
        ("o.kind == o.kind", &["true: o.kind == o.kind"]),
        ("o.kind != o.kind || o.spec.containers.size() > 3", &[]),
        ("size(c) >= 0", &["true: size(c) >= 0"]),
        ("c.size() < 0", &["false: c.size() < 0"]),
        (
            "has(o.spec.replicas) && !has(o.spec.replicas)",
            &["false: has(o.spec.replicas) && !has(o.spec.replicas)"],
        ),
        (
            "has(o.spec.replicas) || !has(o.spec.replicas)",
            &["true: has(o.spec.replicas) || !has(o.spec.replicas)"],
        ),
        (
            "c.all(x, x.name != 'a' || x.name != 'b')",
            &["true: x.name != 'a' || x.name != 'b'"],
        ),
        (
            "has(o.spec.policy) && (1 < 2 ? o.spec.policy == 'a' : false)",
            &["true: 1 < 2"],
        ),
        ("c.exists(x, false)", &["false: false"]),
    ] {
        check(source, expected);
    }
}

#[test]
fn what_may_decide_either_way_is_left_alone() {
    for source in [
        // An idiom: everything that the conditions let through is refused.
        "false",
        "o.kind == 'Pod' || o.kind == 'Job'",
        "o.kind != 'Pod' && o.kind != 'Job'",
        "o.kind == 'Pod' && o.kind == 'Pod'",
        "c.all(x, c.exists(y, x.name == y.name))",
        "c.all(x, c.all(y, x.name == y.name || x.name != 'a'))",
        "c.size() >= 1",
        "c.size() > 0",
        "free.x == free.x",
        "has(o.spec.replicas) && o.spec.replicas != 1 || has(o.spec.policy) && o.spec.policy != 'b'",
        "has(o.spec.hostNetwork) ? !o.spec.hostNetwork : true",
        "has(o.spec.hostNetwork) && o.spec.hostNetwork ? o.kind == 'Pod' : true",
        "o.kind == 'Pod' ? true : c.all(x, x.name != '')",
        "o.kind in ['Pod'] || o.kind == 'Job'",
    ] {
        check(source, &[]);
    }
}

#[test]
fn what_is_known_of_the_kind_closes_branches() {
    let known: &[(usize, &[&str], &str)] = &[(0, &["kind"], "Pod")];
    for (source, expected) in [
        (
            "o.kind == 'Job' ? o.spec.replicas > 1 : c.size() > 1",
            &["false: o.kind == 'Job'"][..],
        ),
        (
            "o.kind == 'Job' && o.spec.replicas > 1",
            &["false: o.kind == 'Job'"],
        ),
        ("o.kind != 'Pod' || c.size() > 1", &[]),
    ] {
        assert_eq!(said(source, &[], &[], known), expected, "{source}");
    }
}
