//! An expression on a document, both anything: `document NUL expression`. What evaluates is blamed, and gives the same
//! again.

#![no_main]

use kpolicy::cel::{Activation, Environment, Value, compile};
use kpolicy::manifest::read_json;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    let Some((text, source)) = input.split_once('\0') else {
        return;
    };
    let (Ok(document), Ok(program)) = (
        read_json(None, text),
        compile(source, &Environment::new(["o"])),
    ) else {
        return;
    };
    let evaluate = || {
        let activation = Activation::new(vec![Value::Node(document.root())], &[], 20_000);
        let outcome = program
            .evaluate(&activation)
            .map(|value| format!("{value:?}"));
        if let Err(error) = &outcome {
            assert!(source.get(error.range.clone()).is_some());
        }
        for place in program.blame(&activation) {
            assert!(source.get(place.range).is_some());
        }
        outcome.map_err(|error| error.message)
    };
    assert_eq!(evaluate(), evaluate());
});
