//! Policies that look at the namespace, which kpolicy watches.

use serde_json::json;

use crate::harness::{LONG, Setup, eventually};
use crate::objects::{NO_PRIVILEGED, deployment, pod};

/// Looks at namespaces with `stage: production` only.
fn in_production() -> String {
    NO_PRIVILEGED.replace(
        "{podTemplates: true}",
        "{podTemplates: true, namespaceSelector: {matchLabels: {stage: production}}}",
    )
}

#[test]
fn a_namespace_whose_label_changes_is_judged_by_its_new_label() {
    Setup::new(&in_production())
        .watching()
        .run(async |scenario| {
            let (admin, name) = (&scenario.cluster.admin, scenario.namespace().await);
            let bad = pod(&name, "bad", true);
            assert_eq!(admin.try_create(&bad).await.status, 201);
            let namespace =
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            for (stage, status) in [("production", 403), ("test", 201), ("production", 403)] {
                let patch = json!({"metadata": {"labels": {"stage": stage}}});
                admin.patch(&namespace, "", &patch).await.accepted();
                eventually("the Pod is judged by the new label", LONG, async || {
                    let answer = admin.try_create(&bad).await;
                    if answer.status == status {
                        Ok(())
                    } else {
                        Err(format!("{stage}: {answer:?}"))
                    }
                })
                .await;
            }
        });
}

#[test]
fn a_namespace_is_known_with_its_labels_in_the_moment_it_is_made() {
    Setup::new(&in_production()).watching().run(async |scenario| {
        let cluster = scenario.cluster;
        for _ in 0..10 {
            let name = cluster.name("new");
            let namespace = json!({
                "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"stage": "production"}},
            });
            cluster.admin.create(&namespace).await.accepted();
            // A Deployment can be there before the namespace has a service account.
            let answer = cluster.admin.try_create(&deployment(&name, "bad", 1, true)).await;
            assert_eq!(answer.status, 403, "{answer:?}");
            cluster.admin.delete(&namespace).await.accepted();
        }
    });
}
