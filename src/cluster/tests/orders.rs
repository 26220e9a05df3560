//! Whatever happens to objects, in whatever order, and however often the watch breaks on the way: what is known in the
//! end is what there is.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::manifest::write_json;
use crate::server::{Cluster, ClusterView, Metrics};

use super::{cluster, data, until, watch};

#[derive(Clone, Debug)]
enum Step {
    Put(u8, u8, u8),
    Delete(u8, u8),
    HangUp(bool),
    Compact,
    /// Lets the watch see what happened so far, and holds on to it.
    Look,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..3_u8, 0..5_u8, any::<u8>()).prop_map(|(a, b, c)| Step::Put(a, b, c)),
        3 => (0..3_u8, 0..5_u8).prop_map(|(a, b)| Step::Delete(a, b)),
        1 => any::<bool>().prop_map(Step::HangUp),
        1 => Just(Step::Compact),
        2 => Just(Step::Look),
    ]
}

fn known(view: &dyn ClusterView) -> Vec<String> {
    let all = view.list("", "ConfigMap", None).unwrap();
    all.into_iter().map(write_json).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_end_is_the_same_in_any_order(steps in proptest::collection::vec(step(), 0..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let api = cluster();
            let watches = watch(&api, &Metrics::new());
            watches.settled().await;
            let mut there = BTreeMap::new();
            let mut held = Vec::new();
            for step in steps {
                match step {
                    Step::Put(namespace, name, value) => {
                        let (namespace, name) = (format!("ns{namespace}"), format!("n{name}"));
                        let value = value.to_string();
                        api.put("ConfigMap", &namespace, &name, &data(&value));
                        there.insert((namespace, name), value);
                    }
                    Step::Delete(namespace, name) => {
                        let (namespace, name) = (format!("ns{namespace}"), format!("n{name}"));
                        api.delete("ConfigMap", &namespace, &name);
                        there.remove(&(namespace, name));
                    }
                    Step::HangUp(broken) => api.hang_up("ConfigMap", broken),
                    Step::Compact => api.compact("ConfigMap"),
                    Step::Look => {
                        tokio::task::yield_now().await;
                        let view = watches.snapshot();
                        let texts = known(&*view);
                        held.push((view, texts));
                    }
                }
            }
            let expected: Vec<_> = there
                .into_iter()
                .map(|((namespace, name), value)| format!(
                    r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"{name}","uid":"uid-{name}","namespace":"{namespace}"}},"data":{{"key":"{value}"}}}}"#
                ))
                .collect();
            until("all is seen", || known(&*watches.snapshot()) == expected).await;
            for (view, texts) in held {
                assert_eq!(known(&*view), texts, "a snapshot changed");
            }
        });
    }
}
