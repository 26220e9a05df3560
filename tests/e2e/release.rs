//! Rules that differ between releases of Kubernetes: the API server says which one it runs.

use serde_json::json;

use crate::harness::{LONG, Setup, eventually};
use crate::objects::pod;

const CONFIG: &str =
    "{apiVersion: kpolicy.io/v1alpha1, kind: Config, profiles: [pod-security-baseline]}";

#[test]
fn the_latest_rules_of_pod_security_are_those_of_the_api_server() {
    Setup::new("")
        .config(CONFIG)
        .watching()
        .run(async |scenario| {
            let admin = &scenario.cluster.admin;
            let (watched, enforced) = (scenario.namespace().await, scenario.namespace().await);
            let namespace =
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": enforced}});
            let label =
                json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "baseline"}}});
            admin.patch(&namespace, "", &label).await.accepted();
            // Allowed since v1.37, v1.32, v1.29, and never.
            for sysctl in [
                "net.ipv4.tcp_notsent_lowat",
                "net.ipv4.tcp_rmem",
                "net.ipv4.tcp_fin_timeout",
                "kernel.msgmax",
            ] {
                let name = scenario.cluster.name("sysctl");
                let with_sysctl = |namespace: &str| {
                    let mut pod = pod(namespace, &name, false);
                    pod["spec"]["securityContext"] =
                        json!({"sysctls": [{"name": sysctl, "value": "1"}]});
                    pod
                };
                let plugin = admin.try_create(&with_sysctl(&enforced)).await.status;
                // The judge that knows the release comes right after the one that does not.
                eventually("kpolicy says what the plugin says", LONG, async || {
                    let ours = admin.try_create(&with_sysctl(&watched)).await;
                    let agrees = (ours.status == 201) == (plugin == 201);
                    agrees
                        .then_some(())
                        .ok_or_else(|| format!("{sysctl}: {plugin}, {ours:?}"))
                })
                .await;
            }
        });
}
