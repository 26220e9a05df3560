//! Policies that look at the namespace, which kpolicy watches.

use serde_json::json;

use crate::harness::{LONG, Setup, eventually};
use crate::objects::{NO_PRIVILEGED, pod};

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
