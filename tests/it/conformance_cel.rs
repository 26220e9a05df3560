//! Agreement with the CEL specification's own cases and with a live API server (`make conformance`).
//!
//! The data is not part of the repository; `CONFORMANCE_DIR` names its folder. Left out are cases of features that
//! Kubernetes does not have: protobuf messages, containers of names, `cel.bind`, `math`, and the like. Cases
//! in which the API server deviates from the specification are listed by name; every other one agrees.

use std::path::PathBuf;

use kpolicy::cel::{
    Activation, Environment, EvalErrorKind, Release, StaticType, Type, Value, compile,
};
use kpolicy::manifest::read_json;
use serde_json::Value as Json;

/// The files of `cel-spec`, and how many cases of each count.
const SPECIFICATION: &[(&str, usize)] = &[
    ("basic", 43),
    ("comparisons", 334),
    ("conversions", 109),
    ("fields", 60),
    ("fp_math", 30),
    ("integer_math", 64),
    ("lists", 39),
    ("logic", 30),
    ("macros", 44),
    ("macros2", 46),
    ("namespace", 3),
    ("network_ext", 69),
    ("optionals", 59),
    ("parse", 193),
    ("plumbing", 5),
    ("string", 51),
    ("string_ext", 213),
    ("timestamps", 77),
    ("type_deduction", 21),
];

/// Cases of `cel-spec` in which the API server deviates, and kpolicy with it: reason, file, names.
const DEVIATIONS: &[(&str, &str, &[&str])] = &[
    (
        "cel-go lets the last of equal keys win",
        "fields",
        &["map_value_repeat_key", "map_value_repeat_key_heterogeneous"],
    ),
    (
        "the API server refuses IPv4-mapped IPv6 addresses",
        "network_ext",
        &["ipv4_equals_ipv6", "ipv4_not_equals_ipv6"],
    ),
    (
        "the API server takes a value without fields for one that lacks the field",
        "optionals",
        &[
            "map_null_entry_no_such_key",
            "map_present_key_invalid_field",
        ],
    ),
    (
        "the API server has version 2 of the strings library, which formats otherwise",
        "string_ext",
        &[
            "scientific notation formatting clause",
            "default precision for fixed-point clause with int",
            "default precision for fixed-point clause with uint",
            "default precision for scientific notation",
            "default precision for scientific notation with int",
            "default precision for scientific notation with uint",
            "NaN support for scientific notation",
            "positive infinity support for scientific notation",
            "negative infinity support for scientific notation",
            "NaN support for decimal",
            "positive infinity support for decimal",
            "negative infinity support for decimal",
            "positive infinity support for fixed-point",
            "negative infinity support for fixed-point",
            "list support for string",
            "map support for string",
            "map support (all key types)",
            "dyntype support for scientific notation",
            "dyntype NaN/infinity support",
            "dyntype support for lists",
            "dyntype support for maps",
            "scientific notation formatting clause in a string variable",
        ],
    ),
    (
        "cel-go finds nothing behind the end of a string",
        "string_ext",
        &["indexof_out_of_range", "lastindexof_out_of_range"],
    ),
    (
        "the API server does not have version 3 of the strings library",
        "string_ext",
        &["empty", "single_character", "multiple"],
    ),
];

/// How many expressions of `k8s-cel` count. All of them agree; in one the authorizer is asked, which cannot be judged.
const KUBERNETES: usize = 210;
/// The expression that asks the authorizer.
const NOT_JUDGED: &[&str] =
    &["authorizer.group('').resource('pods').namespace('default').check('get').allowed()"];
/// Expressions over maps, whose order is the document's here and random in the API server.
const ORDERED: &[&str] = &["object.data.transformList(k, v, k + '=' + v)"];

fn text(file: &str) -> String {
    let folder =
        std::env::var("CONFORMANCE_DIR").unwrap_or_else(|_| "../shared/conformance".into());
    let path = PathBuf::from(folder).join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn value(json: &Json) -> Value<'static> {
    let text = json["v"].as_str().unwrap_or_default();
    let number = |text: &str| text.parse::<i64>().expect("an int");
    match json["t"].as_str().expect("a type") {
        "null" => Value::Null,
        "bool" => Value::Bool(json["v"].as_bool().expect("a bool")),
        "int" => Value::Int(number(text)),
        "uint" => Value::Uint(text.parse().expect("a uint")),
        "double" => Value::Double(text.parse().expect("a double")),
        "string" => Value::string(text.to_owned()),
        "bytes" => {
            let bytes = json["v"].as_array().expect("bytes").iter();
            Value::Bytes(
                bytes
                    .map(|byte| byte.as_u64().expect("a byte") as u8)
                    .collect::<Vec<_>>()
                    .into(),
            )
        }
        "list" => Value::list(
            json["v"]
                .as_array()
                .expect("a list")
                .iter()
                .map(value)
                .collect(),
        ),
        "map" => {
            let entries = json["v"].as_array().expect("a map").iter();
            Value::map(
                entries
                    .map(|entry| (value(&entry[0]), value(&entry[1])))
                    .collect(),
            )
        }
        other => panic!("a value of type {other}"),
    }
}

/// Whether a value is the wanted one, type and all; maps in any order.
fn is(found: &Value<'_>, wanted: &Json) -> bool {
    let kind = wanted["t"].as_str().expect("a type");
    match (found, kind) {
        (Value::Type(found), "type") => wanted["v"].as_str() == Some(found.name()),
        (Value::Double(found), "double") => {
            let wanted: f64 = wanted["v"]
                .as_str()
                .expect("a double")
                .parse()
                .expect("a double");
            found.to_bits() == wanted.to_bits() || (found.is_nan() && wanted.is_nan())
        }
        (Value::Bool(found), "bool") => wanted["v"].as_bool() == Some(*found),
        (Value::Int(found), "int") => wanted["v"].as_str() == Some(&found.to_string()),
        (Value::Uint(found), "uint") => wanted["v"].as_str() == Some(&found.to_string()),
        (Value::Null, "null") => true,
        (Value::String(_), "string") => wanted["v"].as_str() == found.as_str(),
        (Value::Bytes(found), "bytes") => {
            let Value::Bytes(wanted) = value(wanted) else {
                return false;
            };
            wanted.as_slice() == found.as_slice()
        }
        (Value::List(found), "list") => {
            let wanted = wanted["v"].as_array().expect("a list");
            let mut pairs = found.items().iter().zip(wanted);
            found.items().len() == wanted.len() && pairs.all(|(found, wanted)| is(found, wanted))
        }
        (Value::Map(found), "map") => {
            let wanted = wanted["v"].as_array().expect("a map");
            found.entries().len() == wanted.len()
                && wanted.iter().all(|entry| {
                    found
                        .entries()
                        .iter()
                        .any(|(key, value)| is(key, &entry[0]) && is(value, &entry[1]))
                })
        }
        _ => false,
    }
}

/// Whether a case agrees; otherwise what happened.
fn run(case: &Json) -> Result<(), String> {
    let source = case["expr"].as_str().expect("an expression");
    let bindings = case["bindings"].as_array().expect("bindings");
    let names = bindings
        .iter()
        .map(|binding| binding[0].as_str().expect("a name"));
    // The suite mixes types in literals, which CEL allows and the API server does not.
    let environment = Environment::new(names).with_mixed_literals();
    let environment = if case["disable_check"] == true {
        environment.unchecked()
    } else {
        environment
    };
    let values = bindings.iter().map(|binding| value(&binding[1])).collect();
    let error_wanted = case["expect"]["k"] == "error";
    let program = match compile(source, &environment) {
        Ok(program) => program,
        Err(_) if error_wanted => return Ok(()),
        Err(errors) => return Err(format!("does not compile: {}", errors[0])),
    };
    if case["check_only"] == true {
        return Ok(());
    }
    match program.evaluate(&Activation::new(values, &[], 1_000_000)) {
        Err(_) if error_wanted => Ok(()),
        Err(error) => Err(format!("error: {}", error.message)),
        Ok(found) if !error_wanted && is(&found, &case["expect"]["v"]) => Ok(()),
        Ok(found) => Err(format!("gives {found:?}")),
    }
}

/// Cases of the checker that need a message or functions of the suite's own.
fn is_about_other_declarations(case: &Json) -> bool {
    let source = case["expr"].as_str().expect("an expression");
    let own = ["msg.", "fn(", "tuple("];
    case["check_only"] == true && own.iter().any(|name| source.contains(name))
}

#[test]
fn conformance_with_the_cel_specification() {
    let mut deviations = Vec::new();
    for (file, total) in SPECIFICATION {
        let cases: Vec<Json> =
            serde_json::from_str(&text(&format!("cel-spec/{file}.json"))).expect("JSON");
        let cases: Vec<&Json> = cases
            .iter()
            .filter(|case| {
                case["proto"] == false
                    && !is_about_other_declarations(case)
                    && case["container"] == ""
                    && case["bindings"].as_array().is_none_or(|bindings| {
                        bindings.iter().all(|binding| binding[1]["t"] != "duration")
                    })
            })
            .collect();
        for case in &cases {
            if let Err(problem) = run(case) {
                println!(
                    "{file} {} {}: {} {problem}; wanted {}",
                    case["section"], case["name"], case["expr"], case["expect"]
                );
                deviations.push((*file, case["name"].as_str().expect("a name").to_owned()));
            }
        }
        println!("{file}: {}", cases.len());
        assert_eq!(cases.len(), *total, "{file}");
    }
    let expected: Vec<(&str, String)> = DEVIATIONS
        .iter()
        .flat_map(|(_, file, names)| names.iter().map(|name| (*file, (*name).to_owned())))
        .collect();
    assert_eq!(deviations, expected);
}

/// The text as the recording has it: UTF-8 read as Latin-1.
fn as_recorded(text: &str) -> String {
    text.bytes().map(char::from).collect()
}

/// The elements of a formatted list of strings, in order of their texts.
fn elements(text: &str) -> Option<Vec<String>> {
    let mut elements: Vec<String> = serde_json::from_str(text).ok()?;
    elements.sort();
    Some(elements)
}

#[test]
fn conformance_with_a_live_api_server() {
    let object = read_json(None, &text("k8s-cel/object.json")).expect("the object");
    let request = r#"{"namespace": "default", "kind": {"kind": "ConfigMap"}, "dryRun": true, "name": "case-292"}"#;
    let request = read_json(None, request).expect("the request");
    let namespace = r#"{"metadata": {"name": "default"}, "status": {"phase": "Active"}}"#;
    let namespace = read_json(None, namespace).expect("the namespace");
    let names = [
        "object",
        "oldObject",
        "request",
        "namespaceObject",
        "authorizer",
    ];
    let mut environment = Environment::new(names)
        .native()
        .without_mutation()
        .for_release(Release::minor(36));
    environment.set_type("authorizer", StaticType::Plain(Type::Authorizer));
    let (mut disagree, mut total) = (Vec::new(), 0);
    for line in text("k8s-cel/expressions.jsonl").lines() {
        let case: Json = serde_json::from_str(line).expect("JSON");
        let source = case["expr"].as_str().expect("an expression");
        let wanted = case["format"].as_str();
        if wanted.is_some_and(|wanted| wanted.starts_with("case-")) {
            continue;
        }
        total += 1;
        // Only what formats is formatted, as in the recording.
        let formatted = match wanted {
            Some(_) => format!("'%s'.format([{source}])"),
            None => source.to_owned(),
        };
        let found = compile(&formatted, &environment)
            .map_err(|errors| errors[0].to_string())
            .and_then(|program| {
                let roots = vec![
                    Value::Node(object.root()),
                    Value::Null,
                    Value::Node(request.root()),
                    Value::Node(namespace.root()),
                    Value::authorizer(),
                ];
                match program.evaluate(&Activation::new(roots, &[], 1_000_000)) {
                    Ok(value) => Ok(value.as_str().unwrap_or_default().to_owned()),
                    Err(error) if error.kind == EvalErrorKind::Unknown => {
                        Ok("not judged".to_owned())
                    }
                    Err(error) => Err(error.message),
                }
            });
        let agrees = match (&found, wanted) {
            (Ok(found), Some(wanted)) if ORDERED.contains(&source) => {
                elements(found).is_some() && elements(found) == elements(wanted)
            }
            (Ok(found), Some(wanted)) => found == wanted || as_recorded(found) == wanted,
            (Ok(found), None) => {
                case["ok"] == true && (found == "not judged") == NOT_JUDGED.contains(&source)
            }
            (Err(_), None) => case["ok"] != true,
            (Err(_), Some(_)) => false,
        };
        if !agrees {
            disagree.push(format!("{source}: {found:?}; recorded {case}"));
        }
    }
    assert!(disagree.is_empty(), "{}", disagree.join("\n"));
    assert_eq!(total, KUBERNETES);
}
