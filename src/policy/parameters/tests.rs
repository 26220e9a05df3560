//! Parameters against schemas.

use super::*;
use crate::manifest::{Dialect, Limits, read};
use crate::source::SourceId;

fn document(source: u32, text: &str) -> Document {
    let mut reading = read(SourceId(source), text, Dialect::Kubectl, &Limits::default());
    assert_eq!(reading.problems, [], "{text}");
    reading.documents.remove(0)
}

/// Each problem as `<text at its place>: <message>`; the schema is source 0, what is given source 1.
fn shown(schema: &str, given: &str, problems: &[Problem]) -> Vec<String> {
    let show = |problem: &Problem| {
        let place = problem.span.map_or("nowhere", |span| {
            let text = if span.source == SourceId(0) {
                schema
            } else {
                given
            };
            &text[span.start as usize..span.end as usize]
        });
        let help = problem.help.as_ref().map(|help| format!(" ({help})"));
        format!("{place}: {}{}", problem.message, help.unwrap_or_default())
    };
    problems.iter().map(show).collect()
}

fn parameters(schema: &str) -> Result<Parameters, Vec<String>> {
    let mut problems = Vec::new();
    let parameters = Parameters::read(document(0, schema).root(), &mut problems);
    parameters.ok_or_else(|| shown(schema, "", &problems))
}

fn filled(schema: &str, given: &str) -> Result<String, Vec<String>> {
    let parameters = parameters(schema)?;
    let given_document = document(1, given);
    match parameters.fill(Some(&given_document)) {
        Ok(FilledParams::Ready(document)) => Ok(to_serde(document.root()).unwrap().to_string()),
        Ok(FilledParams::Unset(names)) => Ok(format!("unset {}", names.join(" "))),
        Err(problems) => Err(shown(schema, given, &problems)),
    }
}

const REGISTRIES: &str = "{type: object, required: [registries], properties: {
    registries: {type: array, minItems: 1, items: {type: string, pattern: '^[a-z.]+$'}},
    mode: {enum: [strict, loose], default: strict},
    nested: {type: object, required: [b], properties: {a: {type: integer, default: 1}, b: {type: integer}}},
    many: {type: array, items: {$ref: '#/$defs/one'}}},
  $defs: {one: {type: object, properties: {sure: {type: boolean, default: true}}}}}";

#[test]
fn defaults_fill_what_is_there_and_not_what_is_not() {
    for (given, expected) in [
        (
            "{registries: [a.io]}",
            r#"{"registries":["a.io"],"mode":"strict"}"#,
        ),
        (
            "{registries: [a.io], mode: loose, nested: {b: 2}}",
            r#"{"registries":["a.io"],"mode":"loose","nested":{"b":2,"a":1}}"#,
        ),
        (
            "{registries: [a.io], many: [{}, {sure: false}]}",
            r#"{"registries":["a.io"],"many":[{"sure":true},{"sure":false}],"mode":"strict"}"#,
        ),
        ("{mode: loose}", "unset registries"),
        ("{}", "unset registries"),
    ] {
        assert_eq!(
            filled(REGISTRIES, given).as_deref(),
            Ok(expected),
            "{given}"
        );
    }
}

#[test]
fn every_wrong_parameter_is_placed() {
    for (given, expected) in [
        (
            "{images: [a.io]}",
            "images: unknown parameter `images` (known here: `registries`, `mode`, `nested`, `many`)",
        ),
        (
            "{regitsries: [a.io]}",
            "regitsries: unknown parameter `regitsries` (did you mean `registries`?)",
        ),
        (
            "{registries: []}",
            "[]: parameter `registries` must have at least 1 entry",
        ),
        (
            "{registries: a.io}",
            "a.io: parameter `registries` is `\"a.io\"`; it must be of type array",
        ),
        (
            "{registries: [a.io, B]}",
            "B: parameter `registries[1]` is `\"B\"`; it must match `^[a-z.]+$`",
        ),
        (
            "{mode: lose}",
            "lose: parameter `mode` is `\"lose\"`; it must be one of `strict`, `loose`",
        ),
        ("{nested: {}}", "{}: parameter `nested` has no `b`"),
        ("[1]", "[1]: `params` is `[1]`; it must be of type object"),
    ] {
        assert_eq!(
            filled(REGISTRIES, given),
            Err(vec![expected.to_owned()]),
            "{given}"
        );
    }
}

#[test]
fn a_wrong_schema_is_refused_at_its_place() {
    for (schema, expected) in [
        (
            "{type: array}",
            "array: `parameters` must be a schema with `type: object`",
        ),
        (
            "{}",
            "{}: `parameters` must be a schema with `type: object`",
        ),
        (
            "{type: object, properties: {a: {typ: string}}}",
            "typ: `typ` is no keyword of JSON Schema (did you mean `type`?)",
        ),
        (
            "{type: object, properties: {a: {minItems: -1}}}",
            "-1: `parameters` is no JSON Schema: `properties.a.minItems` is `-1`; it must be at least 0",
        ),
        (
            "{type: object, properties: {a: {type: integer, default: x}}}",
            "x: parameter `a` is `\"x\"`; it must be of type integer",
        ),
        (
            "{type: object, required: [a], properties: {a: {}, b: {enum: [1], default: 2}}}",
            "2: parameter `b` is `2`; it must be one of `1`",
        ),
    ] {
        assert_eq!(
            parameters(schema).err(),
            Some(vec![expected.to_owned()]),
            "{schema}"
        );
    }
    for schema in [
        "{type: object, properties: {a: {pattern: '['}}}",
        "{type: object, properties: {a: {$ref: 'https://example.com/schema.json'}}}",
        "{type: object, properties: {a: {$ref: '#/$defs/none'}}}",
        "{type: object, properties: {a: {type: strin}}}",
    ] {
        assert!(parameters(schema).is_err(), "{schema}");
    }
}

#[test]
fn a_policy_without_parameters_takes_none() {
    let none = Parameters::default();
    assert!(matches!(none.fill(None), Ok(FilledParams::Ready(_))));
    let given = document(1, "{a: 1}");
    let wrong = none.fill(Some(&given)).unwrap_err();
    assert_eq!(
        shown("", "{a: 1}", &wrong),
        ["a: unknown parameter `a` (the policy has no parameters)"]
    );
}

#[test]
fn a_schema_that_says_so_takes_more_than_it_names() {
    let schema = "{type: object, additionalProperties: {type: integer}}";
    assert_eq!(filled(schema, "{a: 1}").as_deref(), Ok(r#"{"a":1}"#));
    assert!(filled(schema, "{a: b}").is_err());
    assert!(!parameters(schema).unwrap().is_closed());
}

#[test]
fn a_schema_that_refers_to_itself_ends() {
    let schema = "{type: object, properties: {a: {$ref: '#'}}, default: {}}";
    assert!(filled(schema, "{a: {a: {}}}").is_ok());
    let schema =
        "{type: object, properties: {a: {$ref: '#/$defs/x'}}, $defs: {x: {$ref: '#/$defs/x'}}}";
    let _ = parameters(schema);
}

#[test]
fn later_layers_replace_whole_keys() {
    let (first, second) = (
        document(0, "{a: {x: 1}, b: 1}"),
        document(1, "{a: {z: 2}, c: 3}"),
    );
    let layered = layer([&first, &second]);
    assert_eq!(
        to_serde(layered.root()).unwrap().to_string(),
        r#"{"a":{"z":2},"b":1,"c":3}"#
    );
    assert_eq!(
        layered
            .root()
            .get("b")
            .and_then(NodeRef::origin)
            .map(|span| span.source),
        Some(SourceId(0))
    );
}

#[test]
fn deep_schemas_and_values_cost_no_stack() {
    let schema = |levels: usize| {
        let open = "{type: object, properties: {a: ".repeat(levels);
        format!("{open}{{}}{}", "}}".repeat(levels))
    };
    assert!(parameters(&schema(100)).is_ok());
    assert_eq!(
        parameters(&schema(2_000)).err().map(|wrong| wrong.len()),
        Some(1)
    );
    let recursive = "{type: object, properties: {a: {$ref: '#'}}}";
    let given = |levels: usize| format!("{}{{}}{}", "{a: ".repeat(levels), "}".repeat(levels));
    assert!(filled(recursive, &given(200)).is_ok());
    let wrong = filled(recursive, &given(3_000)).unwrap_err();
    assert!(
        wrong[0].ends_with("parameters are nested too deeply"),
        "{}",
        wrong.len()
    );
}
