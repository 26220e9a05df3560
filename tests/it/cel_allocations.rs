//! The common path of a validation allocates nothing: an expression that only reads the document and finds it right.

use allocation_counter::measure;
use kpolicy::cel::{Activation, Environment, Value, compile};
use kpolicy::manifest::read_json;

use super::generate::OBJECT;

#[test]
fn an_expression_that_only_reads_and_holds_allocates_nothing() {
    let document = read_json(None, OBJECT).expect("JSON");
    let environment = Environment::new(["object"]);
    for source in [
        "object.deep.er.yes",
        "object.items.all(i, has(i.sub) && (has(i.sub.k) || 'n' in i.sub))",
        r"object.items.all(i, i.name.matches('^[a-z]+\\d*$'))",
        "!has(object.hostNetwork) || object.hostNetwork != true",
        "['app', 'tier'].all(key, key in object.labels) && object.n >= 2 && object.n <= 10",
        "object.items.exists(i, i.name == 'b' && i.n > 4)",
        "object.items.exists_one(i, i.n == 5)",
        "object.labels.all(key, value, value != 'x' && key.size() < 10)",
        "object.t.startsWith('w') && object.u.endsWith('2') && object.u.contains(object.t)",
        "object.t in ['web', 'b'] && 3 in object.nums && object.t != object.u",
        "object.n > 2 ? object.f < 2.0 : object.labels.size() == 3",
    ] {
        let program = compile(source, &environment).expect(source);
        let activation = Activation::new(vec![Value::Node(document.root())], &[], 1_000_000);
        let evaluate = || {
            let outcome = program.evaluate(&activation);
            assert_eq!(
                outcome.ok().and_then(|value| value.as_bool()),
                Some(true),
                "{source}"
            );
        };
        // The first one makes room for the names that macros bind.
        evaluate();
        assert_eq!(measure(evaluate).count_total, 0, "{source}");
    }
}
