//! The options that say what an expression sees.

use super::{Folder, folder};

const POLICY: &str = "\
apiVersion: kpolicy.io/v1alpha1
kind: Policy
metadata: {name: sample}
spec:
  title: Images are from somewhere
  category: images
  severity: low
  matchConstraints: {podTemplates: true}
  parameters:
    type: object
    required: [host]
    properties:
      host: {type: string}
      most: {type: integer, default: 5}
  variables:
    - name: images
      expression: containers.map(c, c.image)
    - name: foreign
      expression: variables.images.filter(i, !i.startsWith(params.host))
  validations:
    - expression: variables.foreign.size() == 0
";

fn value(folder: &Folder, arguments: &[&str]) -> String {
    let (_, answer) = folder.json(arguments);
    match &answer["error"] {
        serde_json::Value::Null => answer["value"].to_string(),
        error => error["message"].to_string(),
    }
}

#[test]
fn dockerfiles_are_seen_as_their_policies_see_them() {
    let folder = Folder::new(&[
        ("Dockerfile", "ARG B\nFROM debian\nUSER app\nFROM $B\n"),
        ("b.Dockerfile", "RUM x\nFROM b\n"),
        ("c.Dockerfile", "FROM {{ c }}\n"),
        ("empty.Dockerfile", "# nothing\n"),
    ]);
    let with = |expression, more: &[&str]| {
        let given = [&[expression, "--dockerfile", "Dockerfile"], more].concat();
        value(&folder, &given)
    };
    for (expression, more, expected) in [
        ("dockerfile.path", &[][..], "\"Dockerfile\""),
        ("dockerfile.stages.map(s, has(s.user))", &[], "[true,false]"),
        (
            "dockerfile.images[1] != ''",
            &[],
            "\"Dockerfile: the build argument `B` has no default\"",
        ),
        (
            "repository.dockerfiles.size()",
            &["--dockerfile", "Dockerfile"],
            "2",
        ),
        ("params.requireUser", &["--policy", "dockerfile"], "true"),
        ("object", &[], "\"there is no `object` here\""),
    ] {
        assert_eq!(with(expression, more), expected, "{expression}");
    }
    let asked = value(&folder, &["dockerfile.path", "--policy", "dockerfile"]);
    assert_eq!(asked, "\"no Dockerfile is given: use --dockerfile FILE\"");
    let (code, out, _) = folder.eval(&[
        "dockerfile.images.all(i, i.contains(':'))",
        "--dockerfile=Dockerfile",
    ]);
    assert_eq!(code, 1);
    assert!(
        out.contains("`dockerfile.images[0]` is \"debian\""),
        "{out}"
    );
    assert!(out.contains("Dockerfile:2:6"), "{out}");
    let (code, out, err) = folder.eval(&["dockerfile.images", "--dockerfile=b.Dockerfile"]);
    assert_eq!((code, out.starts_with("[\"b\"]")), (0, true), "{out}");
    assert!(err.starts_with("warning: `RUM` is no instruction"), "{err}");
    let (code, out, err) = folder.eval(&["dockerfile.images", "--dockerfile=empty.Dockerfile"]);
    assert_eq!((code, out.starts_with("[]")), (0, true), "{out}");
    assert!(
        err.starts_with("warning: the Dockerfile has no instruction"),
        "{err}"
    );
    for (expression, has_help) in [
        ("dockerfile.images", true),
        ("repository.dockerfiles", true),
        ("dockerfiles", false),
        ("[1].map(dockerfile, dockerfile.x)", false),
    ] {
        let (code, answer) = folder.json(&[expression]);
        assert_eq!(code, 2, "{answer}");
        let help = answer["error"]["help"].as_str().unwrap_or_default();
        assert_eq!(help.contains("--dockerfile FILE"), has_help, "{answer}");
    }
    let (code, _, err) = folder.eval(&["dockerfile.images", "--dockerfile=c.Dockerfile"]);
    assert!(code == 2 && err.contains("it is a template"), "{err}");
}

#[test]
fn pods_and_their_containers_are_there_for_objects_that_have_them() {
    let folder = folder();
    for (expression, expected) in [
        (
            "containers.map(c, c.name)",
            "[\"sidecar\",\"web\",\"helper\"]",
        ),
        ("serviceContainers.size()", "3"),
        ("workloadContainers.size()", "3"),
        ("pod.metadata.labels.app", "\"web\""),
        ("oldPod", "null"),
        ("image(containers[1].image).tag()", "\"1\""),
    ] {
        assert_eq!(
            value(&folder, &[expression, "-f", "web.yaml"]),
            expected,
            "{expression}"
        );
        let (code, answer) = folder.json(&[expression, "-f", "web.yaml", "--native"]);
        assert_eq!(
            (code, &answer["error"]["kind"]),
            (2, &"compile".into()),
            "{expression}"
        );
    }
    folder.write("map.yaml", b"apiVersion: v1\nkind: ConfigMap\n");
    let (code, answer) = folder.json(&["containers", "-f", "map.yaml"]);
    assert_eq!((code, &answer["error"]["kind"]), (2, &"compile".into()));
}

#[test]
fn a_policy_brings_its_variables_and_parameters() {
    let folder = folder();
    folder.write("sample.yaml", POLICY.as_bytes());
    folder.write("params.yaml", b"host: acr.io\n");
    folder.write("wrong.yaml", b"hosts: acr.io\n");
    let with = |expression: &str, more: &[&str]| {
        let mut arguments = vec![expression, "-f", "web.yaml", "--policy", "sample.yaml"];
        arguments.extend(more);
        value(&folder, &arguments)
    };
    assert_eq!(
        with("variables.foreign", &["--params", "params.yaml"]),
        "[\"nginx\"]"
    );
    assert_eq!(
        with("params", &["--params", "params.yaml"]),
        "{\"host\":\"acr.io\",\"most\":5}"
    );
    assert_eq!(
        with("variables.foreign", &[]),
        "\"the policy needs parameters that are not set (host): use --params FILE\""
    );
    let (code, out, err) = folder.eval(&["1", "--policy", "sample.yaml", "--params", "wrong.yaml"]);
    assert_eq!((code, &*out), (2, ""));
    assert!(
        err.contains("wrong.yaml:1:1") && err.contains("`host`"),
        "{err}"
    );
    folder.write("acr.json", br#"{"registries": ["acr.io"]}"#);
    assert_eq!(
        value(
            &folder,
            &[
                "params.registries[0]",
                "--policy",
                "acr-only",
                "--params",
                "acr.json"
            ]
        ),
        "\"acr.io\""
    );
    for (policy, complaint) in [
        (
            "acr-onyl",
            "error: `acr-onyl` is neither a file nor a built-in policy\n",
        ),
        (
            "web.yaml",
            "error: `web.yaml` holds no policy, neither one of kpolicy.io nor a native one\n",
        ),
    ] {
        let (code, out, err) = folder.eval(&["1", "--policy", policy]);
        assert_eq!((code, &*out, &*err), (2, "", complaint));
    }
}

#[test]
fn a_native_policy_brings_its_variables_and_nothing_of_kpolicy() {
    let folder = folder();
    let policy = "\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: small}
spec:
  paramKind: {apiVersion: v1, kind: ConfigMap}
  matchConstraints:
    resourceRules:
    - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}
  variables:
  - {name: most, expression: int(params.data.most)}
  validations:
  - expression: object.spec.replicas <= variables.most
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: small}
spec: {policyName: small, validationActions: [Deny], paramRef: {name: limits, namespace: shop, parameterNotFoundAction: Deny}}
";
    folder.write("small.yaml", policy.as_bytes());
    folder.write(
        "limits.yaml",
        b"apiVersion: v1\nkind: ConfigMap\ndata: {most: '2'}\n",
    );
    let with = |expression: &str| {
        let all = [
            expression,
            "-f",
            "web.yaml",
            "--policy",
            "small.yaml",
            "--params",
            "limits.yaml",
        ];
        value(&folder, &all)
    };
    assert_eq!(with("object.spec.replicas <= variables.most"), "false");
    assert_eq!(with("params.kind"), "\"ConfigMap\"");
    assert!(with("containers").contains("`containers`"));
    assert!(with("image('x')").contains("`image`"));
}

#[test]
fn the_cost_of_variables_is_told_apart() {
    let folder = folder();
    folder.write("sample.yaml", POLICY.as_bytes());
    folder.write("params.yaml", b"host: acr.io\n");
    let arguments = [
        "variables.foreign.size() == variables.images.size()",
        "-f",
        "web.yaml",
        "--policy",
        "sample.yaml",
        "--params",
        "params.yaml",
    ];
    let (_, answer) = folder.json(&arguments);
    let of = |key: &str| answer["costs"][key].as_u64().unwrap();
    assert!(of("variables") > of("expression"), "{answer}");
    assert_eq!(answer["cost"], of("variables") + of("expression"));
    let (_, out, _) = folder.eval(&arguments);
    let line = format!(
        "cost {} of 1,000,000, and {} for variables · estimated",
        of("expression"),
        of("variables")
    );
    assert!(out.contains(&line), "{out}");
}

#[test]
fn the_request_is_that_of_the_options_and_the_object() {
    let folder = folder();
    folder.write(
        "ns.yaml",
        b"kind: Namespace\nmetadata: {name: blue, labels: {team: b}}\n",
    );
    folder.write(
        "node.yaml",
        b"apiVersion: v1\nkind: Node\nmetadata: {name: n}\n",
    );
    let review = r#"{"kind": "AdmissionReview", "request": {"operation": "UPDATE", "name": "n", "namespace": "x",
        "kind": {"group": "", "version": "v1", "kind": "Pod"}, "resource": {"group": "", "version": "v1", "resource": "pods"},
        "subResource": "resize", "dryRun": true, "options": {"fieldManager": "me"}, "userInfo": {"username": "jane"},
        "object": {"a": 2}, "oldObject": {"a": 1}}}"#;
    folder.write("review.json", review.as_bytes());
    for (expression, options, expected) in [
        ("request.operation", &["-f", "web.yaml"][..], "\"CREATE\""),
        (
            "request.resource.resource",
            &["-f", "web.yaml"],
            "\"deployments\"",
        ),
        ("request.namespace", &["-f", "web.yaml"], "\"shop\""),
        ("request.name", &["-f", "web.yaml"], "\"web\""),
        ("has(request.namespace)", &["-f", "node.yaml"], "false"),
        ("namespaceObject", &["-f", "node.yaml"], "null"),
        (
            "namespaceObject.metadata.name",
            &["-f", "web.yaml"],
            "\"shop\"",
        ),
        (
            "request.namespace",
            &["-f", "web.yaml", "-n", "green"],
            "\"green\"",
        ),
        (
            "namespaceObject.metadata.labels.team",
            &["-n", "ns.yaml"],
            "\"b\"",
        ),
        (
            "request.namespace",
            &["-f", "web.yaml", "-n", "ns.yaml"],
            "\"blue\"",
        ),
        (
            "namespaceObject.metadata.labels.team",
            &["-n", "green"],
            "\"of the namespace `green` only the name is known: give it with --namespace FILE\"",
        ),
        (
            "request.operation",
            &["--old-object", "web.yaml"],
            "\"DELETE\"",
        ),
        ("object", &["--old-object", "web.yaml"], "null"),
        ("oldObject", &["-f", "web.yaml"], "null"),
        (
            "request.operation",
            &["-f", "web.yaml", "--old-object", "web.yaml"],
            "\"UPDATE\"",
        ),
        (
            "request.operation",
            &["-f", "web.yaml", "--operation", "connect"],
            "\"CONNECT\"",
        ),
        ("request.userInfo.username", &["--user", "jane"], "\"jane\""),
        (
            "request.userInfo.groups",
            &["--user", "jane", "--group", "a,b"],
            "[\"a\",\"b\"]",
        ),
        (
            "request.userInfo.username",
            &[],
            "\"who makes the request is not known offline\"",
        ),
        (
            "request.subResource + ' ' + request.options.fieldManager",
            &["--request", "review.json"],
            "\"resize me\"",
        ),
        (
            "request.dryRun && request.operation == 'UPDATE'",
            &["--request", "review.json"],
            "true",
        ),
        ("object.a - oldObject.a", &["--request", "review.json"], "1"),
        (
            "request.userInfo.username + request.kind.kind",
            &["--request", "review.json"],
            "\"janePod\"",
        ),
        (
            "object.spec.replicas",
            &["--request", "review.json", "-f", "web.yaml"],
            "3",
        ),
        ("object.a", &[], "\"no object is given: use --object FILE\""),
        (
            "params.a",
            &[],
            "\"no parameters are given: use --params FILE\"",
        ),
        (
            "object.spec.strategy.type",
            &["-f", "web.yaml", "--defaults"],
            "\"RollingUpdate\"",
        ),
        (
            "authorizer.path('/x').check('get').allowed()",
            &["-f", "web.yaml"],
            "",
        ),
    ] {
        let mut arguments = vec![expression];
        arguments.extend(options);
        let found = value(&folder, &arguments);
        assert!(
            found == expected || expected.is_empty(),
            "{arguments:?}: {found}"
        );
    }
}

#[test]
fn what_is_not_what_its_option_says_is_refused() {
    let folder = folder();
    folder.write(
        "two.yaml",
        b"{kind: Namespace, metadata: {name: blue}}\n---\n{kind: Pod, metadata: {name: p}}\n",
    );
    let namespace = value(
        &folder,
        &["namespaceObject.metadata.name", "-n", "two.yaml"],
    );
    assert_eq!(namespace, "\"blue\"");
    for (options, why) in [
        (
            &["--request", "web.yaml"][..],
            "`web.yaml` holds neither an AdmissionReview with a `request` nor a request",
        ),
        (
            &["-n", "./web.yaml"],
            "`./web.yaml` holds no `Namespace`; it holds Deployment/web",
        ),
        (
            &["-f", "web.yaml", "--operation", "DELETE"],
            "DELETE has no object, only an old one: use --old-object",
        ),
        (
            &["--old-object", "web.yaml", "--operation", "CREATE"],
            "CREATE has no old object: leave --old-object out",
        ),
    ] {
        let (code, _, err) = folder.eval(&[&["1"], options].concat());
        assert_eq!((code, &*err), (2, &*format!("error: {why}\n")));
    }
}

#[test]
fn functions_are_those_of_the_release() {
    let folder = folder();
    for (expression, release, code) in [
        ("isIP('1.2.3.4') || true", "1.30", 2),
        ("[1, 2].reverse() == []", "1.34", 2),
        ("[1, 2].reverse() == []", "1.35", 1),
        ("image('a').tag() == ''", "1.35", 0),
    ] {
        let (found, out, _) = folder.eval(&[expression, "--kubernetes-version", release]);
        assert_eq!(found, code, "{expression} {release}: {out}");
    }
    let (code, out, err) = folder.eval(&["1", "--kubernetes-version", "35"]);
    assert_eq!((code, &*out), (2, ""));
    assert!(
        err.contains("a Kubernetes release is written as `1.36`"),
        "{err}"
    );
}

#[test]
fn one_object_of_several_is_named() {
    let folder = folder();
    let two = "\
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Service, metadata: {name: web}, x: 1}
- {apiVersion: v1, kind: Service, metadata: {name: db}, x: 2}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, x: 3}
";
    folder.write("two.yaml", two.as_bytes());
    for (name, expected) in [("db", "2"), ("Deployment/web", "3"), ("service/web", "1")] {
        let arguments = ["object.x", "-f", "two.yaml", "--name", name];
        assert_eq!(value(&folder, &arguments), expected);
    }
    for (options, complaint) in [
        (
            &[][..],
            "`two.yaml` holds 3 documents (Service/web, Service/db, Deployment/web): say with --name KIND/NAME which one is meant",
        ),
        (
            &["--name", "web"],
            "`two.yaml` holds 2 objects `web`: leave only one of them in the file",
        ),
        (
            &["--name", "x"],
            "`two.yaml` holds no `x`; it holds Service/web, Service/db, Deployment/web",
        ),
    ] {
        let mut arguments = vec!["object.x", "-f", "two.yaml"];
        arguments.extend(options);
        let (code, out, err) = folder.eval(&arguments);
        assert_eq!((code, &*out, err), (2, "", format!("error: {complaint}\n")));
    }
}

#[test]
fn standard_input_is_read_once_as_an_expression_or_as_a_file() {
    let folder = folder();
    let (code, out, _) = folder.eval_with(&["-"], b"1 +\n 1\n");
    assert!(code == 0 && out.starts_with("2\n"), "{out}");
    let (code, out, _) = folder.eval_with(&["object.a", "-f", "-"], br#"{"a": 7}"#);
    assert!(code == 0 && out.starts_with("7\n"), "{out}");
    let (code, out, _) = folder.eval_with(&["object.a.b", "-f", "-"], b"a: 7\n");
    assert!(code == 2 && out.contains("<stdin>:1:4"), "{out}");
    let (code, out, err) = folder.eval(&["-", "-f", "-"]);
    assert_eq!((code, &*out), (2, ""));
    assert_eq!(
        err,
        "error: standard input can be read once: `-` is given 2 times\n"
    );
    let (code, out, err) = folder.eval(&["-f", "web.yaml"]);
    assert_eq!((code, &*out), (2, ""));
    assert!(
        err.starts_with("error: there is no expression: give one"),
        "{err}"
    );
}
