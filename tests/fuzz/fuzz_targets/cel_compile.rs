//! Any text through the CEL compiler; what compiles is evaluated and blamed on a small object.

#![no_main]

use kpolicy::cel::{Activation, Environment, Value, compile};
use kpolicy::manifest::read_json;
use libfuzzer_sys::fuzz_target;

const OBJECT: &str = r#"{"a": {"b": [1, 2.5, {"c": "x"}], "d": null}, "l": [true, false], "n": 3, "s": "text", "m": {"k": "v"}}"#;

fuzz_target!(|source: &str| {
    let mut environment = Environment::new(["o", "x.y"]);
    let variables = [compile("o.a.b", &environment).expect("it compiles")];
    environment.declare_variable("v");
    let program = match compile(source, &environment) {
        Ok(program) => program,
        Err(errors) => {
            assert!(errors.iter().all(|error| source.get(error.range.clone()).is_some()));
            return;
        }
    };
    let object = read_json(None, OBJECT).expect("JSON");
    let roots = vec![Value::Node(object.root()), Value::Bool(true)];
    let activation = Activation::new(roots, &variables, 20_000);
    if let Err(error) = program.evaluate(&activation) {
        assert!(source.get(error.range).is_some());
    }
    for place in program.blame(&activation) {
        assert!(source.get(place.range).is_some());
    }
});
