//! The class that `qos-class` works out and the one that the API server writes into `status.qosClass`, on generated pods
//! and on Deployments of them.

use std::collections::BTreeMap;
use std::time::Instant;

use futures::StreamExt as _;
use serde_json::{Map, Value, json};

use crate::harness::{Answer, Scenario, Setup};
use crate::pod_security::release;

/// So many requests are under way at once.
const TOGETHER: usize = 16;

/// So many pods are made.
const PODS: usize = 1500;

/// Amounts in several spellings, small enough that sums of a few meet others.
const CPU: [&str; 9] = [
    "0", "0m", "100m", "0.1", "1e-1", "200m", "0.2", "300m", "0.0001",
];
const MEMORY: [&str; 8] = [
    "0", "64Mi", "67108864", "128Mi", "131072Ki", "192Mi", "0.125Gi", "1e8",
];

/// Numbers that are the same each time: a failure can be repeated.
struct Dice(u64);

impl Dice {
    /// One of 0 to `sides - 1`: xorshift64.
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let sides = u64::try_from(sides).expect("a small number");
        usize::try_from(self.0 % sides).expect("a small number")
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }

    fn once_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == 0
    }
}

/// What the amounts of one pod have in common, without which hardly one would be Guaranteed or `BestEffort`.
#[derive(Clone, Copy)]
enum Habit {
    Anything,
    Equal,
    LimitsOnly,
    Nothing,
}

/// Requests and limits of a container.
fn resources(dice: &mut Dice, habit: Habit) -> Value {
    let (mut requests, mut limits) = (Map::new(), Map::new());
    for (resource, amounts) in [("cpu", &CPU[..]), ("memory", &MEMORY[..])] {
        let amount = match habit {
            // Without the zeroes in front.
            Habit::Equal | Habit::LimitsOnly if !dice.once_in(20) => dice.pick(&amounts[2..]),
            _ => dice.pick(amounts),
        };
        let (asks, bounds) = match habit {
            Habit::Anything => (dice.once_in(2), dice.once_in(2)),
            Habit::Equal => (!dice.once_in(3), true),
            Habit::LimitsOnly => (false, true),
            Habit::Nothing => (dice.once_in(10), dice.once_in(10)),
        };
        let amount = if matches!(habit, Habit::Nothing) {
            "0"
        } else {
            amount
        };
        if asks {
            requests.insert(resource.to_owned(), json!(amount));
        }
        if bounds {
            let other = matches!(habit, Habit::Anything) && dice.once_in(2);
            let limit = if other { dice.pick(amounts) } else { amount };
            limits.insert(resource.to_owned(), json!(limit));
        }
    }
    if dice.once_in(6) {
        requests.insert("ephemeral-storage".to_owned(), json!("1Gi"));
    }
    if dice.once_in(8) {
        limits.insert("hugepages-2Mi".to_owned(), json!("2Mi"));
    }
    let mut resources = Map::new();
    for (key, amounts) in [("requests", requests), ("limits", limits)] {
        if !amounts.is_empty() || dice.once_in(10) {
            resources.insert(key.to_owned(), Value::Object(amounts));
        }
    }
    Value::Object(resources)
}

fn pod_spec(dice: &mut Dice) -> Value {
    let habits = [
        Habit::Anything,
        Habit::Equal,
        Habit::Equal,
        Habit::LimitsOnly,
        Habit::Nothing,
    ];
    let habit = habits[dice.roll(habits.len())];
    let container = |dice: &mut Dice, name: String| {
        let habit = if dice.once_in(12) {
            Habit::Anything
        } else {
            habit
        };
        json!({"name": name, "image": "web:1", "resources": resources(dice, habit)})
    };
    let count = 1 + dice.roll(3);
    let containers: Vec<_> = (0..count)
        .map(|index| container(dice, format!("c{index}")))
        .collect();
    let count = dice.roll(4).saturating_sub(1);
    let init: Vec<_> = (0..count)
        .map(|index| {
            let mut init = container(dice, format!("i{index}"));
            if dice.once_in(2) {
                init["restartPolicy"] = json!("Always");
            }
            init
        })
        .collect();
    let mut spec = json!({"containers": containers, "initContainers": init});
    if dice.once_in(2) {
        spec["resources"] = pod_resources(dice);
    }
    spec
}

/// Requests and limits of the whole pod: what fits the sums of its containers is found by trying.
fn pod_resources(dice: &mut Dice) -> Value {
    const CPU: [&str; 7] = ["100m", "0.2", "300m", "400m", "500m", "0.6", "1"];
    const MEMORY: [&str; 6] = ["64Mi", "128Mi", "192Mi", "256Mi", "320Mi", "1Gi"];
    let mut resources = Map::new();
    let kinds: &[&str] = match dice.roll(8) {
        0 => &[],
        1 | 2 => &["requests"],
        3..=5 => &["limits"],
        _ => &["requests", "limits"],
    };
    let (cpu, memory) = (dice.pick(&CPU), dice.pick(&MEMORY));
    for kind in kinds {
        let mut amounts = Map::new();
        for (resource, amount, all) in [("cpu", cpu, &CPU[..]), ("memory", memory, &MEMORY[..])] {
            if !dice.once_in(6) {
                let amount = if dice.once_in(4) {
                    dice.pick(all)
                } else {
                    amount
                };
                amounts.insert(resource.to_owned(), json!(amount));
            }
        }
        if dice.once_in(12) {
            amounts.insert("cpu".to_owned(), json!("0"));
        }
        resources.insert((*kind).to_owned(), Value::Object(amounts));
    }
    Value::Object(resources)
}

/// The class that kpolicy warns of; what it says nothing about is Guaranteed, which alone is allowed.
fn told(answer: &Answer) -> &str {
    let Some(warning) = answer
        .warnings
        .iter()
        .find(|text| text.starts_with("[qos-class/"))
    else {
        return "Guaranteed";
    };
    let class = warning
        .split_once("the pod is `")
        .and_then(|(_, rest)| rest.split_once('`'));
    class.map_or(warning, |(class, _)| class)
}

/// The API server's class, what kpolicy says of the pod and of a Deployment of it; nothing for a pod that is refused.
async fn classes(
    scenario: &Scenario,
    namespace: &str,
    spec: &Value,
) -> Option<(String, String, String)> {
    let metadata = json!({"name": "test", "namespace": namespace, "labels": {"app": "test"}});
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec});
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata,
        "spec": {"selector": {"matchLabels": {"app": "test"}},
            "template": {"metadata": {"labels": {"app": "test"}}, "spec": spec}},
    });
    let admin = &scenario.cluster.admin;
    let answer = admin.try_create(&pod).await;
    if answer.status == 422 {
        return None;
    }
    let of_pod = told(&answer).to_owned();
    let theirs = answer.accepted()["status"]["qosClass"]
        .as_str()
        .expect("a class")
        .to_owned();
    let of_template = admin.try_create(&deployment).await;
    let of_template = match of_template.status {
        // A template has not the defaults that make a pod of it valid: a Pod that passes is then all there is.
        422 => theirs.clone(),
        _ => told(&of_template).to_owned(),
    };
    Some((theirs, of_pod, of_template))
}

#[test]
fn the_class_of_a_pod_and_of_its_template_is_the_one_that_the_api_server_writes() {
    let release = release();
    let config = format!(
        "{{apiVersion: kpolicy.io/v1alpha1, kind: Config, profiles: [], \
         clusters: [{{name: e2e, kubernetesVersion: '{release}'}}], \
         policies: {{qos-class: {{enforcement: warn, params: {{classes: [Guaranteed]}}}}}}}}"
    );
    let setup = Setup::new("")
        .config(&config)
        .arguments(&["--cluster", "e2e"]);
    setup.run(async |scenario| {
        let namespace = scenario.namespace().await;
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        let specs: Vec<_> = (0..PODS).map(|_| pod_spec(&mut dice)).collect();
        let start = Instant::now();
        let asked = specs
            .iter()
            .map(async |spec| (spec, classes(scenario, &namespace, spec).await));
        let answers: Vec<_> = futures::stream::iter(asked)
            .buffer_unordered(TOGETHER)
            .collect()
            .await;
        let mut counts: BTreeMap<(bool, String), usize> = BTreeMap::new();
        let mut different = Vec::new();
        for (spec, classes) in answers {
            let Some((theirs, of_pod, of_template)) = classes else {
                continue;
            };
            if of_pod != theirs || of_template != theirs {
                different.push(format!(
                    "{theirs}, but the pod is told {of_pod} and the template {of_template}: {spec}"
                ));
            }
            *counts
                .entry((spec["resources"].is_object(), theirs))
                .or_default() += 1;
        }
        eprintln!(
            "\n{PODS} pods and their templates on Kubernetes {release} in {:.1} s",
            start.elapsed().as_secs_f32()
        );
        for ((whole, class), count) in &counts {
            let amounts = if *whole {
                "of the pod"
            } else {
                "of containers"
            };
            eprintln!("{amounts:<16}{class:<12}{count:>6}");
        }
        assert!(
            different.is_empty(),
            "{} differ: {}",
            different.len(),
            different.join("\n")
        );
        let few: Vec<_> = counts.iter().filter(|(_, count)| **count < 10).collect();
        assert!(
            counts.len() == 6 && few.is_empty(),
            "the pods show too little: {counts:?}"
        );
    });
}
