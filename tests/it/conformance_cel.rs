//! Agreement with the CEL specification's own cases and with a live API server (`make conformance`).
//!
//! The data is not part of the repository; `CONFORMANCE_DIR` names its folder. Left out are cases of features that
//! Kubernetes does not have: protobuf messages, containers of names, `cel.bind`, `math`, and the like. The numbers
//! reached are recorded: fewer is a failure, and so is more without changing them here.

use std::path::PathBuf;

use kpolicy::cel::{Activation, Environment, Release, Value, compile};
use kpolicy::manifest::read_json;
use serde_json::Value as Json;

/// For each file of `cel-spec`, how many cases agree, of how many.
const SPECIFICATION: &[(&str, usize, usize)] = &[
    ("basic", 43, 43),
    ("comparisons", 334, 334),
    ("conversions", 109, 109),
    ("fields", 58, 60),
    ("fp_math", 30, 30),
    ("integer_math", 64, 64),
    ("lists", 39, 39),
    ("logic", 30, 30),
    ("macros", 44, 44),
    ("macros2", 46, 46),
    ("namespace", 3, 3),
    // Twice the API server takes a value without fields for one that lacks the field.
    ("optionals", 57, 59),
    ("parse", 193, 193),
    ("plumbing", 5, 5),
    ("string", 51, 51),
    ("string_ext", 186, 213),
    ("timestamps", 77, 77),
    ("type_deduction", 21, 21),
];

/// Expressions of `k8s-cel` that agree, of how many.
const KUBERNETES: (usize, usize) = (169, 210);

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
    let mut reached = Vec::new();
    for (file, ..) in SPECIFICATION {
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
        let mut agree = 0;
        for case in &cases {
            match run(case) {
                Ok(()) => agree += 1,
                Err(problem) => println!(
                    "{file} {} {}: {} {problem}; wanted {}",
                    case["section"], case["name"], case["expr"], case["expect"]
                ),
            }
        }
        println!("{file}: {agree} of {}", cases.len());
        reached.push((*file, agree, cases.len()));
    }
    assert_eq!(reached, SPECIFICATION);
}

#[test]
fn conformance_with_a_live_api_server() {
    let object = read_json(None, &text("k8s-cel/object.json")).expect("the object");
    let request = r#"{"namespace": "default", "kind": {"kind": "ConfigMap"}, "dryRun": true, "name": "case-292"}"#;
    let request = read_json(None, request).expect("the request");
    let namespace = r#"{"metadata": {"name": "default"}, "status": {"phase": "Active"}}"#;
    let namespace = read_json(None, namespace).expect("the namespace");
    let names = ["object", "oldObject", "request", "namespaceObject"];
    let environment = Environment::new(names)
        .native()
        .for_release(Release::minor(37));
    let (mut agree, mut total) = (0, 0);
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
                ];
                match program.evaluate(&Activation::new(roots, &[], 1_000_000)) {
                    Ok(value) => Ok(value.as_str().unwrap_or_default().to_owned()),
                    Err(error) => Err(error.message),
                }
            });
        let agrees = match (&found, wanted) {
            (Ok(found), Some(wanted)) => found == wanted,
            (Ok(_), None) => case["ok"] == true,
            (Err(_), None) => case["ok"] != true,
            (Err(_), Some(_)) => false,
        };
        if agrees {
            agree += 1;
        } else {
            println!("{source}: {found:?}; recorded {case}");
        }
    }
    println!("k8s-cel: {agree} of {total}");
    assert_eq!((agree, total), KUBERNETES);
}
