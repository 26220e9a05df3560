//! The objects of requests, and what updates change of them.

use serde_json::{Value, json};

use super::requests::{Choice, Served};

/// What an update changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    Label,
    Annotation,
    /// Something of the object that is in no pod template.
    Content,
    Template,
    TemplateLabel,
    Status,
    /// What the API server and controllers keep to themselves.
    Bookkeeping,
    /// A key of the object that was not there, or was.
    Key,
    /// The same number in another form.
    Number,
    /// Another controller.
    Adoption,
    /// No owners any more.
    Orphaning,
}

pub(crate) const EDITS: [Edit; 11] = [
    Edit::Adoption,
    Edit::Orphaning,
    Edit::Label,
    Edit::Annotation,
    Edit::Content,
    Edit::Template,
    Edit::TemplateLabel,
    Edit::Status,
    Edit::Bookkeeping,
    Edit::Key,
    Edit::Number,
];

/// Who an object says made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Maker {
    Nobody,
    Deployment,
    CronJob,
    /// A kind of which nothing is known.
    Operator,
    /// A custom kind that Config knows.
    Rollout,
    /// Owned, and not controlled.
    Owner,
}

pub(crate) const MAKERS: [Maker; 6] = [
    Maker::Rollout,
    Maker::Nobody,
    Maker::Deployment,
    Maker::CronJob,
    Maker::Operator,
    Maker::Owner,
];

impl Served {
    pub(super) fn object(&self, name: &str, namespace: &str, choice: &Choice) -> Value {
        let mut metadata = json!({
            "uid": "u-1", "resourceVersion": "7", "generation": 1, "creationTimestamp": null,
            "managedFields": [{"manager": "kubectl", "operation": "Update"}],
        });
        if name.is_empty() {
            metadata["generateName"] = "made-".into();
        } else {
            metadata["name"] = name.into();
        }
        if self.namespaced {
            metadata["namespace"] = namespace.into();
        }
        if !choice.sparse || self.resource == "namespaces" {
            metadata["labels"] = json!({"kubernetes.io/metadata.name": name, "app": "web"});
            metadata["annotations"] = json!({"note": "first"});
        }
        if choice.deleting {
            metadata["deletionTimestamp"] = "2026-11-21T10:00:00Z".into();
        }
        let owner = |version: &str, kind: &str, controller: Value| json!([{"apiVersion": version, "kind": kind, "name": "o", "uid": "u-9", "controller": controller}]);
        let owners = match choice.maker {
            Maker::Nobody => None,
            Maker::Deployment => Some(owner("apps/v1", "Deployment", true.into())),
            Maker::CronJob => Some(owner("batch/v1", "CronJob", true.into())),
            Maker::Operator => Some(owner("example.io/v1", "Widget", true.into())),
            Maker::Rollout => Some(owner("argoproj.io/v1alpha1", "Rollout", true.into())),
            Maker::Owner => Some(owner("apps/v1", "Deployment", false.into())),
        };
        if let Some(owners) = owners {
            metadata["ownerReferences"] = owners;
        }
        let mut object = json!({"kind": self.kind, "metadata": metadata});
        let template = json!({
            "metadata": {"creationTimestamp": null, "labels": {"app": "web"}},
            "spec": {"containers": [{"name": "main", "image": "x:1"}]},
        });
        match self.kind.as_str() {
            "Pod" => object["spec"] = template["spec"].clone(),
            "PodTemplate" => object["template"] = template,
            "CronJob" => {
                object["spec"] = json!({"schedule": "* * * * *", "jobTemplate": {"spec": {"template": template}}});
            }
            "JobSet" => {
                object["spec"] = json!({"suspend": false, "replicatedJobs": [
                    {"name": "a", "replicas": 1, "template": {"spec": {"template": template}}},
                ]});
            }
            "Deployment"
            | "ReplicaSet"
            | "StatefulSet"
            | "DaemonSet"
            | "ReplicationController"
            | "Job"
            | "Rollout" => object["spec"] = json!({"replicas": 1, "template": template}),
            _ => object["spec"] = json!({"count": 1, "list": ["a", {"b": null}]}),
        }
        if !choice.sparse {
            object["status"] = json!({"seen": 1});
        }
        object
    }

    pub(super) fn edit(&self, object: &mut Value, edit: Edit) {
        let template = match self.kind.as_str() {
            "Pod" => "",
            "PodTemplate" => "/template",
            "CronJob" => "/spec/jobTemplate/spec/template",
            "JobSet" => "/spec/replicatedJobs/0/template/spec/template",
            _ => "/spec/template",
        };
        match edit {
            Edit::Label => object["metadata"]["labels"]["new"] = "label".into(),
            Edit::Annotation => object["metadata"]["annotations"]["new"] = "annotation".into(),
            Edit::Content if self.kind == "PodTemplate" => object["more"] = 1.into(),
            Edit::Content => object["spec"]["paused"] = true.into(),
            Edit::Template => {
                if let Some(image) =
                    object.pointer_mut(&format!("{template}/spec/containers/0/image"))
                {
                    *image = "x:2".into();
                }
            }
            Edit::TemplateLabel => {
                if let Some(labels) = object.pointer_mut(&format!("{template}/metadata/labels")) {
                    labels["new"] = "label".into();
                }
            }
            Edit::Status => object["status"] = json!({"seen": 2}),
            Edit::Bookkeeping => {
                object["metadata"]["resourceVersion"] = "8".into();
                object["metadata"]["generation"] = 2.into();
                object["metadata"]["finalizers"] = json!(["example.io/last"]);
                object["metadata"]["managedFields"] = json!([]);
            }
            // A Pod has no other keys.
            Edit::Key if self.kind == "Pod" => {}
            Edit::Key => match object.as_object_mut() {
                Some(map) if map.contains_key("spec") && self.kind == "Widget" => {
                    let spec = map.remove("spec");
                    map.insert("other".to_owned(), spec.unwrap_or_default());
                }
                _ => object["data"] = json!({"key": "value"}),
            },
            Edit::Adoption => {
                object["metadata"]["ownerReferences"] = json!([
                    {"apiVersion": "apps/v1", "kind": "Deployment", "name": "p", "uid": "u-10", "controller": true},
                ]);
            }
            Edit::Orphaning => {
                object["metadata"]
                    .as_object_mut()
                    .map(|map| map.remove("ownerReferences"));
            }
            Edit::Number => {
                for key in ["count", "replicas"] {
                    if let Some(number) = object.pointer_mut(&format!("/spec/{key}")) {
                        *number = json!(1.0);
                    }
                }
            }
        }
    }
}
