//! Custom kinds that carry pod templates, as their own projects define them: Config need not name these.
//!
//! A kind is here only if its definition says that a complete pod template stands there. Left out are kinds whose
//! templates an operator completes (Elasticsearch, Flink, Spark, the runners of actions.summerwind.dev), kinds that
//! describe containers in a form of their own (Tekton, Argo Workflows, `KServe`, Strimzi, the `SidecarSet` of `OpenKruise`), kinds
//! that an operator makes of others (Knative's Revision, Kueue's Workload), and kinds without a namespace
//! (`ClusterAnalysisTemplate`, `ClusterTrainingRuntime`, `DeploymentRuntimeConfig`). The Pods of all of them are judged.
//!
//! This module owns the list. What Config says of a kind takes the place of what stands here.

use super::templates::{PodTemplateCrd, TemplateStep};

/// One project's kinds.
struct Project {
    group: &'static str,
    /// Each kind, and the routes to its pod templates, written as in Config.
    kinds: &'static [(&'static str, &'static [&'static str])],
    /// Where the definitions are that say so; for whoever renews this list.
    #[cfg_attr(not(test), expect(dead_code, reason = "for the reader"))]
    source: &'static str,
}

const TEMPLATE: &[&str] = &["spec.template"];

/// Read from the definitions in August 2026, in each version that was served.
const PROJECTS: [Project; 14] = [
    Project {
        group: "actions.github.com",
        kinds: &[("AutoscalingRunnerSet", TEMPLATE)],
        source: "https://github.com/actions/actions-runner-controller/tree/master/config/crd/bases",
    },
    Project {
        group: "agones.dev",
        kinds: &[
            ("Fleet", &["spec.template.spec.template"]),
            ("GameServer", TEMPLATE),
            ("GameServerSet", &["spec.template.spec.template"]),
        ],
        source: "https://github.com/googleforgames/agones/blob/main/install/yaml/install.yaml",
    },
    Project {
        group: "apps.kruise.io",
        kinds: &[
            (
                "AdvancedCronJob",
                &[
                    "spec.template.jobTemplate.spec.template",
                    "spec.template.broadcastJobTemplate.spec.template",
                ],
            ),
            ("BroadcastJob", TEMPLATE),
            ("CloneSet", TEMPLATE),
            ("DaemonSet", TEMPLATE),
            ("StatefulSet", TEMPLATE),
            (
                "UnitedDeployment",
                &[
                    "spec.template.statefulSetTemplate.spec.template",
                    "spec.template.advancedStatefulSetTemplate.spec.template",
                    "spec.template.cloneSetTemplate.spec.template",
                    "spec.template.deploymentTemplate.spec.template",
                ],
            ),
        ],
        source: "https://github.com/openkruise/kruise/tree/master/apis/apps",
    },
    Project {
        group: "apps.openshift.io",
        kinds: &[("DeploymentConfig", TEMPLATE)],
        source: "https://github.com/openshift/api/blob/master/apps/v1/types.go",
    },
    Project {
        group: "argoproj.io",
        kinds: &[
            (
                "AnalysisRun",
                &["spec.metrics[].provider.job.spec.template"],
            ),
            (
                "AnalysisTemplate",
                &["spec.metrics[].provider.job.spec.template"],
            ),
            ("Experiment", &["spec.templates[].template"]),
            ("Rollout", TEMPLATE),
        ],
        source: "https://github.com/argoproj/argo-rollouts/tree/master/manifests/crds",
    },
    Project {
        group: "batch.volcano.sh",
        kinds: &[
            ("CronJob", &["spec.jobTemplate.spec.tasks[].template"]),
            ("Job", &["spec.tasks[].template"]),
        ],
        source: "https://github.com/volcano-sh/volcano/tree/master/config/crd/volcano/bases",
    },
    Project {
        group: "disaggregatedset.x-k8s.io",
        kinds: &[(
            "DisaggregatedSet",
            &[
                "spec.roles[].spec.leaderWorkerTemplate.leaderTemplate",
                "spec.roles[].spec.leaderWorkerTemplate.workerTemplate",
            ],
        )],
        source: "https://github.com/kubernetes-sigs/lws/tree/main/charts/lws/crds",
    },
    Project {
        group: "jobset.x-k8s.io",
        kinds: &[("JobSet", &["spec.replicatedJobs[].template.spec.template"])],
        source: "https://github.com/kubernetes-sigs/jobset/tree/main/charts/jobset/crds",
    },
    Project {
        group: "keda.sh",
        kinds: &[("ScaledJob", &["spec.jobTargetRef.template"])],
        source: "https://github.com/kedacore/keda/tree/main/config/crd/bases",
    },
    Project {
        group: "kubeflow.org",
        kinds: &[
            ("JAXJob", &["spec.jaxReplicaSpecs.*.template"]),
            ("MPIJob", &["spec.mpiReplicaSpecs.*.template"]),
            ("Notebook", TEMPLATE),
            ("PaddleJob", &["spec.paddleReplicaSpecs.*.template"]),
            ("PyTorchJob", &["spec.pytorchReplicaSpecs.*.template"]),
            ("TFJob", &["spec.tfReplicaSpecs.*.template"]),
            ("XGBoostJob", &["spec.xgbReplicaSpecs.*.template"]),
        ],
        source: "https://github.com/kubeflow/manifests/tree/master/applications",
    },
    Project {
        group: "leaderworkerset.x-k8s.io",
        kinds: &[(
            "LeaderWorkerSet",
            &[
                "spec.leaderWorkerTemplate.leaderTemplate",
                "spec.leaderWorkerTemplate.workerTemplate",
            ],
        )],
        source: "https://github.com/kubernetes-sigs/lws/tree/main/charts/lws/crds",
    },
    Project {
        group: "ray.io",
        kinds: &[
            (
                "RayCluster",
                &[
                    "spec.headGroupSpec.template",
                    "spec.workerGroupSpecs[].template",
                ],
            ),
            (
                "RayCronJob",
                &[
                    "spec.jobTemplate.rayClusterSpec.headGroupSpec.template",
                    "spec.jobTemplate.rayClusterSpec.workerGroupSpecs[].template",
                    "spec.jobTemplate.submitterPodTemplate",
                ],
            ),
            (
                "RayJob",
                &[
                    "spec.rayClusterSpec.headGroupSpec.template",
                    "spec.rayClusterSpec.workerGroupSpecs[].template",
                    "spec.submitterPodTemplate",
                ],
            ),
            (
                "RayService",
                &[
                    "spec.rayClusterConfig.headGroupSpec.template",
                    "spec.rayClusterConfig.workerGroupSpecs[].template",
                ],
            ),
        ],
        source: "https://github.com/ray-project/kuberay/tree/master/ray-operator/config/crd/bases",
    },
    Project {
        group: "serving.knative.dev",
        kinds: &[("Configuration", TEMPLATE), ("Service", TEMPLATE)],
        source: "https://github.com/knative/serving/tree/main/config/core/300-resources",
    },
    Project {
        group: "trainer.kubeflow.org",
        kinds: &[(
            "TrainingRuntime",
            &["spec.template.spec.replicatedJobs[].template.spec.template"],
        )],
        source: "https://github.com/kubeflow/trainer/tree/master/manifests/base/crds",
    },
];

/// The custom kinds that carry pod templates: what Config names, and whatever else is known.
pub fn with_known(configured: &[PodTemplateCrd]) -> Vec<PodTemplateCrd> {
    let mut all = configured.to_vec();
    for project in &PROJECTS {
        for (kind, routes) in project.kinds {
            let is_it = |crd: &PodTemplateCrd| (&*crd.group, &*crd.kind) == (project.group, *kind);
            if configured.iter().any(is_it) {
                continue;
            }
            let paths = routes.iter().filter_map(|text| TemplateStep::route(text));
            all.push(PodTemplateCrd {
                group: project.group.into(),
                kind: (*kind).into(),
                paths: paths.collect(),
                controllers: Vec::new(),
                known: true,
            });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_known_kind_has_routes_that_can_be_read_and_a_source() {
        let known = with_known(&[]);
        for project in &PROJECTS {
            assert!(project.source.starts_with("https://github.com/"));
            for (kind, routes) in project.kinds {
                let found: Vec<_> = known
                    .iter()
                    .filter(|crd| (&*crd.group, &*crd.kind) == (project.group, *kind))
                    .collect();
                assert_eq!(found.len(), 1, "{kind}");
                assert!(!routes.is_empty(), "{kind}");
                assert_eq!(found[0].paths.len(), routes.len(), "{kind}");
            }
        }
    }

    #[test]
    fn what_config_says_of_a_kind_takes_the_place_of_what_is_known() {
        let configured = PodTemplateCrd {
            group: "argoproj.io".into(),
            kind: "Rollout".into(),
            paths: Vec::new(),
            controllers: Vec::new(),
            known: false,
        };
        let all = with_known(std::slice::from_ref(&configured));
        let rollouts: Vec<_> = all.iter().filter(|crd| &*crd.kind == "Rollout").collect();
        assert_eq!(rollouts, [&configured]);
    }
}
