//! Which places are blamed for which expression.

use super::super::{Activation, Environment, Program, Value, compile};
use crate::manifest::{Document, read_json};

const POD: &str = r#"{
    "metadata": {"name": "p", "labels": {"app": "web", "tier": "front"}, "annotations": {}},
    "spec": {
        "hostNetwork": true, "hostPID": false, "replicas": 2, "dns": "Default", "unset": null, "none": [],
        "tolerations": [{"key": "a", "effect": "x"}, {"key": "spot", "effect": "y"}],
        "containers": [
            {"name": "web", "image": "nginx:latest", "resources": {"limits": {"cpu": "1"}},
             "securityContext": {"privileged": true, "add": ["NET_ADMIN", "SYS_TIME"]},
             "ports": [{"hostPort": 80}, {"containerPort": 1}, {"hostPort": 81}]},
            {"name": "side", "image": "acr.io/side:1", "resources": {"limits": {"memory": "1"}}},
            {"name": "bare", "image": "UPPER"}
        ]
    }
}"#;

const VARIABLES: [(&str, &str); 7] = [
    ("spec", "object.spec"),
    ("containers", "object.spec.containers"),
    ("images", "variables.containers.map(c, c.image)"),
    (
        "parsed",
        "object.spec.containers.filter(c, isImage(c.image)).map(c, image(c.image))",
    ),
    ("hostFree", "!variables.spec.hostNetwork"),
    (
        "privileged",
        "variables.containers.filter(c, has(c.securityContext) && c.securityContext.privileged)",
    ),
    ("missing", "variables.spec.absent"),
];

fn environment() -> (Environment, Vec<Program>) {
    let mut environment = Environment::new(["object", "all", "params"]).with_mixed_literals();
    let mut programs = Vec::new();
    for (name, source) in VARIABLES {
        programs.push(compile(source, &environment).unwrap());
        environment.declare_variable(name);
    }
    (environment, programs)
}

/// `path` or `path - missing.keys`, for each place; `params:` before those of the parameters.
fn blame(source: &str) -> Vec<String> {
    let document = read_json(None, POD).unwrap();
    let params: Document = read_json(None, r#"{"registries": ["acr.io"], "max": 1}"#).unwrap();
    let (environment, variables) = environment();
    let program =
        compile(source, &environment).unwrap_or_else(|errors| panic!("{source}: {}", errors[0]));
    let containers = document.root().at(&["spec", "containers"]).unwrap();
    let all = containers
        .as_list()
        .unwrap()
        .iter()
        .map(Value::Node)
        .collect();
    let roots = vec![
        Value::Node(document.root()),
        Value::list(all),
        Value::Node(params.root()),
    ];
    let activation = Activation::new(roots, &variables, 100_000);
    let outcome = program.evaluate(&activation);
    assert!(
        !outcome.is_ok_and(|value| value.as_bool() == Some(true)),
        "{source} is true"
    );
    let places = program.blame(&activation);
    let shown = places.iter().map(|place| {
        assert!(source.get(place.range.clone()).is_some(), "{source}");
        let of_params = std::ptr::eq(place.node.document(), &raw const params);
        let mut text = if of_params { "params:" } else { "" }.to_owned();
        text += &place
            .node
            .path()
            .to_string()
            .replace("spec.containers", "C");
        match place.missing.join(".") {
            missing if missing.is_empty() => text,
            missing => format!("{text} - {missing}"),
        }
    });
    shown.collect()
}

#[test]
fn a_false_verdict_blames_the_least_that_decided_it() {
    for (source, places) in [
        // Values, comparisons, logic.
        ("!object.spec.hostNetwork", vec!["spec.hostNetwork"]),
        ("object.spec.hostPID", vec!["spec.hostPID"]),
        ("object.spec.replicas > 2", vec!["spec.replicas"]),
        (
            "object.spec.replicas <= params.max",
            vec!["spec.replicas", "params:max"],
        ),
        (
            "object.spec.hostPID && object.spec.replicas > 5",
            vec!["spec.hostPID", "spec.replicas"],
        ),
        (
            "object.metadata.name == 'p' && object.spec.replicas > 5",
            vec!["spec.replicas"],
        ),
        (
            "object.spec.hostPID || object.spec.replicas > 5",
            vec!["spec.hostPID", "spec.replicas"],
        ),
        (
            "!(object.spec.hostNetwork && object.spec.replicas == 2)",
            vec!["spec.hostNetwork", "spec.replicas"],
        ),
        (
            "!(object.spec.hostPID || object.spec.replicas == 2)",
            vec!["spec.replicas"],
        ),
        (
            "object.spec.replicas == 2 ? object.spec.hostPID : true",
            vec!["spec.hostPID"],
        ),
        (
            "object.spec.replicas == 2 ? false : true",
            vec!["spec.replicas"],
        ),
        (
            "object.metadata.name + '-' + object.spec.dns == 'x'",
            vec!["metadata.name", "spec.dns"],
        ),
        (
            "object.metadata.name.startsWith('q')",
            vec!["metadata.name"],
        ),
        ("size(object.metadata.labels) == 1", vec!["metadata.labels"]),
        ("int(object.spec.replicas) * 2 == 5", vec!["spec.replicas"]),
        ("1 == 2", vec![]),
        // What is missing.
        ("has(object.spec.absent)", vec!["spec - absent"]),
        (
            "has(object.spec.a) && has(object.spec.a.b) && object.spec.a.b.c == 1",
            vec!["spec - a.b.c"],
        ),
        (
            "has(object.spec.a) && (object.spec.b == 1 || has(object.spec.a.c))",
            vec!["spec - a"],
        ),
        (
            "(has(object.spec.a) && has(object.spec.a.b)) && 'k' in object.spec.a.b",
            vec!["spec - a.b.k"],
        ),
        (
            "has(object.spec.a) && object.spec.a.items.exists(i, i.x)",
            vec!["spec - a.items"],
        ),
        ("!has(object.spec.hostNetwork)", vec!["spec.hostNetwork"]),
        (
            "!has(object.spec.hostNetwork) || !object.spec.hostNetwork",
            vec!["spec.hostNetwork"],
        ),
        (
            "!has(object.spec.tolerations) || object.spec.tolerations.all(t, t.key != 'a')",
            vec!["spec.tolerations[0].key"],
        ),
        (
            "has(object.spec.a) || has(object.spec.b)",
            vec!["spec - a", "spec - b"],
        ),
        ("has(object.spec.unset.x)", vec!["spec.unset - x"]),
        (
            "'x/y' in object.metadata.annotations",
            vec!["metadata.annotations - x/y"],
        ),
        (
            "!('app' in object.metadata.labels)",
            vec!["metadata.labels.app"],
        ),
        (
            "object.metadata.labels.app in ['api', 'db']",
            vec!["metadata.labels.app"],
        ),
        (
            "'db' in [object.metadata.labels.app, 'x']",
            vec!["metadata.labels.app"],
        ),
        // Macros.
        (
            "all.all(c, has(c.resources) && has(c.resources.limits) && 'memory' in c.resources.limits)",
            vec![
                "C[0].resources.limits - memory",
                "C[2] - resources.limits.memory",
            ],
        ),
        (
            "object.spec.containers.all(c, c.image.startsWith('acr.io/'))",
            vec!["C[0].image", "C[2].image"],
        ),
        (
            "object.spec.containers.all(c, c.name in ['web'])",
            vec!["C[1].name", "C[2].name"],
        ),
        (
            "all.all(c, !has(c.securityContext) || !has(c.securityContext.privileged) || !c.securityContext.privileged)",
            vec!["C[0].securityContext.privileged"],
        ),
        (
            "all.all(c, !has(c.securityContext) || !c.securityContext.add.exists(a, a == 'SYS_TIME'))",
            vec!["C[0].securityContext.add[1]"],
        ),
        (
            "all.all(c, !('NET_ADMIN' in c.?securityContext.?add.orValue([])))",
            vec!["C[0].securityContext.add[0]"],
        ),
        (
            "all.all(c, !has(c.ports) || c.ports.all(p, !has(p.hostPort)))",
            vec!["C[0].ports[0].hostPort", "C[0].ports[2].hostPort"],
        ),
        ("all.all(c, false)", vec!["C[0]", "C[1]", "C[2]"]),
        (
            "object.spec.tolerations.exists(t, t.key == 'spot' && t.effect == 'z')",
            vec!["spec.tolerations[0].key", "spec.tolerations[1].effect"],
        ),
        (
            "object.spec.none.exists(t, t.key == 'spot')",
            vec!["spec.none"],
        ),
        (
            "object.?spec.?absent.orValue([]).exists(t, t.key == 'spot')",
            vec!["spec - absent"],
        ),
        (
            "!all.exists(c, c.image.endsWith(':latest'))",
            vec!["C[0].image"],
        ),
        (
            "all.exists_one(c, c.name.size() == 4)",
            vec!["C[1].name", "C[2].name"],
        ),
        (
            "all.exists_one(c, c.name == 'x')",
            vec!["C[0].name", "C[1].name", "C[2].name"],
        ),
        (
            "object.metadata.labels.all(k, v, v == 'web')",
            vec!["metadata.labels.tier"],
        ),
        (
            "object.metadata.labels.all(k, k == 'app')",
            vec!["metadata.labels.tier"],
        ),
        (
            "all.filter(c, c.image.endsWith(':latest')).size() == 0",
            vec!["C[0].image"],
        ),
        (
            "size(all.filter(c, has(c.livenessProbe))) > 0",
            vec![
                "C[0] - livenessProbe",
                "C[1] - livenessProbe",
                "C[2] - livenessProbe",
            ],
        ),
        (
            "all.map(c, c.image).all(i, i.contains('/'))",
            vec!["C[0].image", "C[2].image"],
        ),
        (
            "all.map(c, c.image + '!').all(i, i.contains('/'))",
            vec!["C[0].image", "C[2].image"],
        ),
        (
            "all.map(c, c.name) == ['a']",
            vec!["C[0].name", "C[1].name", "C[2].name"],
        ),
        // Variables.
        ("variables.hostFree", vec!["spec.hostNetwork"]),
        (
            "variables.images.all(i, i.startsWith('acr.io/'))",
            vec!["C[0].image", "C[2].image"],
        ),
        (
            "variables.parsed.all(i, i.registry() in params.registries)",
            vec!["C[0].image", "params:registries"],
        ),
        (
            "variables.privileged.size() == 0",
            vec!["C[0].securityContext.privileged"],
        ),
        (
            "has(variables.spec.a) && has(variables.spec.a.b)",
            vec!["spec - a.b"],
        ),
        // Optionals.
        ("object.?spec.?a.?b.hasValue()", vec!["spec - a.b"]),
        (
            "['b', 'c'].all(key, object.?spec.?a[?key].hasValue())",
            vec!["spec - a.b", "spec - a.c"],
        ),
        ("object.spec.?a.b.c.orValue(false)", vec!["spec - a.b.c"]),
        ("object.spec.?hostPID.orValue(true)", vec!["spec.hostPID"]),
        (
            "object.spec.?a.orValue(object.spec.hostPID)",
            vec!["spec.hostPID"],
        ),
        (
            "object.?spec[?'a'].optMap(a, a.b).orValue(false)",
            vec!["spec - a"],
        ),
        (
            "object.spec.?replicas.optMap(r, r > 5).orValue(true)",
            vec!["spec.replicas"],
        ),
    ] {
        assert_eq!(blame(source), places, "{source}");
    }
}

#[test]
fn an_error_blames_where_it_arose() {
    for (source, places) in [
        ("object.spec.a.b.c == 1", vec!["spec - a.b.c"]),
        (
            "object.spec.a.b == 1 && object.spec.a.b.d",
            vec!["spec - a.b.d"],
        ),
        (
            "all.all(c, c.resources.limits.memory != '')",
            vec![
                "C[0].resources.limits - memory",
                "C[2] - resources.limits.memory",
            ],
        ),
        (
            "all.exists(c, image(c.image).tag() == 'x')",
            vec!["C[2].image"],
        ),
        (
            "object.spec.replicas.startsWith('x')",
            vec!["spec.replicas"],
        ),
        (
            "object.spec.dns + object.spec.replicas == ''",
            vec!["spec.dns"],
        ),
        (
            "object.spec.tolerations[5].key == ''",
            vec!["spec.tolerations"],
        ),
        ("variables.missing.x == 1", vec!["spec - absent.x"]),
        ("string(object.spec.a).size() > 1", vec!["spec - a"]),
        (
            "int(object.metadata.name + 'x') == 1",
            vec!["metadata.name"],
        ),
        ("object.spec.hostPID || object.spec.a", vec!["spec - a"]),
        (
            "all.map(c, c.workingDir).size() > 0",
            vec![
                "C[0] - workingDir",
                "C[1] - workingDir",
                "C[2] - workingDir",
            ],
        ),
        ("object.spec.?a.value() == 1", vec!["spec - a"]),
        ("object.spec.dns", vec!["spec.dns"]),
    ] {
        assert_eq!(blame(source), places, "{source}");
    }
}

#[test]
fn blame_leaves_the_budget_as_it_was_and_has_its_own() {
    let document = read_json(None, POD).unwrap();
    let environment = Environment::new(["object"]).with_mixed_literals();
    let program = compile(
        "object.spec.containers.all(c, c.name == 'web')",
        &environment,
    )
    .unwrap();
    let activation = Activation::new(vec![Value::Node(document.root())], &[], 30);
    assert!(program.evaluate(&activation).is_ok());
    let spent = activation.cost();
    assert_eq!(program.blame(&activation).len(), 2);
    assert_eq!(activation.cost(), spent);
}
