//! Blame is complete: while the places it names stay as they are, nothing else in the document makes a false
//! expression true.
//!
//! Expressions come from a grammar; for each that is false, every value of the object that is neither named nor around
//! or inside something named is replaced or taken away, one by one and all at once, and the expression is never true.
//! What only chose where to look is not blamed: a condition of `?:` or `filter`, a computed key, and how many elements
//! a macro walks over; nor is what an optional lacks where another value was taken for it. The grammar lets such
//! conditions and keys read `object.guard` and the `kind` of items only; these stay, and maps and lists as such.

use kpolicy::cel::{Activation, Environment, Program, Value, compile};
use kpolicy::manifest::read_json;
use kpolicy::source::Segment;
use serde_json::Value as Json;

use super::generate::{BLAME, Kind, OBJECT, Random};

const VARIABLES: [(&str, &str); 4] = [
    ("web", "object.t == 'web' && object.n > 5"),
    ("sum", "object.n + object.counts.a"),
    ("names", "object.items.map(i, i.name)"),
    ("xs", "object.items.filter(i, i.kind == 'x')"),
];

/// Steps from the root of a document.
type Route = Vec<String>;

struct Checker {
    environment: Environment,
    variables: Vec<Program>,
}

/// What an expression came to: its boolean, and the routes of the blamed places.
struct Verdict {
    value: Option<bool>,
    blamed: Vec<Route>,
}

impl Checker {
    fn new() -> Self {
        let mut environment = Environment::new(["object"]);
        let mut variables = Vec::new();
        for (name, source) in VARIABLES {
            variables.push(compile(source, &environment).expect("it compiles"));
            environment.declare_variable(name);
        }
        Self {
            environment,
            variables,
        }
    }

    fn verdict(&self, program: &Program, object: &Json, with_blame: bool) -> Verdict {
        let document = read_json(None, &object.to_string()).expect("JSON");
        let roots = vec![Value::Node(document.root())];
        let activation = Activation::new(roots, &self.variables, 1_000_000);
        let value = program
            .evaluate(&activation)
            .ok()
            .and_then(|value| value.as_bool());
        let places = if with_blame {
            program.blame(&activation)
        } else {
            Vec::new()
        };
        let blamed = places.iter().map(|place| {
            let path = place.node.path();
            let steps = path.segments().iter().map(|segment| match segment {
                Segment::Key(key) => key.to_string(),
                Segment::Index(index) => index.to_string(),
            });
            let missing = place.missing.iter().map(ToString::to_string);
            steps.chain(missing).collect()
        });
        Verdict {
            value,
            blamed: blamed.collect(),
        }
    }
}

/// The routes of all values that may be mutated.
fn routes(object: &Json, route: &mut Route, all: &mut Vec<Route>) {
    if route.first().is_some_and(|first| first == "guard")
        || route.last().is_some_and(|last| last == "kind")
    {
        return;
    }
    if !route.is_empty() {
        all.push(route.clone());
    }
    let children: Vec<(String, &Json)> = match object {
        Json::Array(items) => items
            .iter()
            .enumerate()
            .map(|(at, item)| (at.to_string(), item))
            .collect(),
        Json::Object(entries) => entries
            .iter()
            .map(|(key, value)| (key.clone(), value))
            .collect(),
        _ => Vec::new(),
    };
    for (step, child) in children {
        route.push(step);
        routes(child, route, all);
        route.pop();
    }
}

fn related(one: &Route, other: &Route) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

/// Whether the route is a collection or around a `kind`, which must stay.
fn is_kept_whole(route: &Route) -> bool {
    const COLLECTIONS: [&str; 8] = [
        "nums", "none", "texts", "labels", "counts", "items", "tags", "sub",
    ];
    let is_collection = |step: &String| COLLECTIONS.contains(&step.as_str());
    route.last().is_some_and(is_collection) || route[0] == "items" && route.len() == 2
}

/// Replaces a value, or takes it away where it is an entry of a map.
fn mutate(object: &mut Json, route: &Route, random: &mut Random) {
    let pointer = |route: &[String]| {
        let steps = route
            .iter()
            .map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1")));
        steps.collect::<String>()
    };
    let (last, above) = route.split_last().expect("not the root");
    let Some(parent) = object.pointer_mut(&pointer(above)) else {
        return;
    };
    let is_element = ["labels", "counts"].contains(&route[0].as_str());
    if !is_element
        && random.once_in(3)
        && let Json::Object(entries) = parent
    {
        entries.remove(last);
        return;
    }
    let others = [
        Json::Bool(true),
        Json::Bool(false),
        Json::from(0),
        Json::from(1),
        Json::from(2),
        Json::from(7),
        Json::from(1.5),
        Json::from(""),
        Json::from("web"),
        Json::from("gold"),
        Json::Null,
        serde_json::json!([]),
        serde_json::json!([2, 7]),
        serde_json::json!(["web", "gone"]),
        serde_json::json!({}),
        serde_json::json!({"app": "b", "gone": "x", "n": 2}),
    ];
    if let Some(place) = object.pointer_mut(&pointer(route)) {
        *place = random.pick(&others).clone();
    }
}

/// Checks so many false expressions; gives how many places they were blamed on and how many mutations were tried.
pub(crate) fn check(seed: u64, wanted: usize) -> (usize, usize) {
    let checker = Checker::new();
    let object: Json = serde_json::from_str(OBJECT).expect("JSON");
    let mut all = Vec::new();
    routes(&object, &mut Route::new(), &mut all);
    let mut random = Random::new(seed);
    let (mut done, mut blamed, mut mutated) = (0, 0, 0);
    let mut wrong = Vec::new();
    while done < wanted {
        let mut source = BLAME.expression(&mut random, Kind::Bool, 5);
        let Ok(mut program) = compile(&source, &checker.environment) else {
            continue;
        };
        let mut verdict = checker.verdict(&program, &object, true);
        if verdict.value == Some(true) {
            source = format!("!({source})");
            program = compile(&source, &checker.environment).expect("it compiled before");
            verdict = checker.verdict(&program, &object, true);
        }
        if verdict.value != Some(false) {
            continue;
        }
        done += 1;
        blamed += verdict.blamed.len();
        let free: Vec<&Route> = all
            .iter()
            .filter(|route| !is_kept_whole(route))
            .filter(|route| verdict.blamed.iter().all(|blamed| !related(blamed, route)))
            .collect();
        let mut tries: Vec<Vec<&Route>> = free.iter().map(|route| vec![*route]).collect();
        tries.extend((0..3).map(|_| free.clone()));
        for routes in tries {
            mutated += 1;
            let mut changed = object.clone();
            for route in &routes {
                mutate(&mut changed, route, &mut random);
            }
            if checker.verdict(&program, &changed, false).value == Some(true) {
                let places: Vec<_> = verdict.blamed.iter().map(|route| route.join(".")).collect();
                wrong.push(format!(
                    "{source}\n  blamed {places:?}\n  true with {changed}"
                ));
                break;
            }
        }
    }
    wrong.sort_by_key(String::len);
    wrong.truncate(12);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    (blamed, mutated)
}

#[test]
fn nothing_that_is_not_blamed_makes_a_false_expression_true() {
    let (blamed, mutated) = check(2026, 300);
    assert!(
        blamed > 300 && mutated > 3_000,
        "{blamed} places, {mutated} mutations"
    );
}

/// `make soak`
#[cfg(feature = "soak")]
#[test]
fn soak_nothing_that_is_not_blamed_makes_a_false_expression_true() {
    for seed in 0..50 {
        let (blamed, mutated) = check(seed, 2_000);
        println!("seed {seed}: 2000 expressions, {blamed} places, {mutated} mutations");
    }
}
