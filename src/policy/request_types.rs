//! The fields of `request` and `namespaceObject`, the two roots whose types the API server declares, and of `repository`.
//!
//! Upstream: `BuildRequestType` and `BuildNamespaceType` in `k8s.io/apiserver/pkg/admission/plugin/cel/compile.go`.

use crate::cel::{FieldType, ObjectTypes, StaticType, Type};

/// The types of `request`, `namespaceObject` and what is in them, and of `repository`.
#[derive(Clone, Copy, Debug)]
pub(super) struct RequestTypes;

/// The type of a field.
#[derive(Clone, Copy)]
enum Field {
    Bool,
    Int,
    String,
    Timestamp,
    Dyn,
    Strings,
    StringMap,
    /// A map from strings to lists of strings.
    Extra,
    Object(&'static str),
    Objects(&'static str),
}

const REQUEST: &str = "kubernetes.AdmissionRequest";
const NAMESPACE: &str = "kubernetes.Namespace";
const KIND: &str = "kubernetes.GroupVersionKind";
const RESOURCE: &str = "kubernetes.GroupVersionResource";
const USER: &str = "kubernetes.UserInfo";
const METADATA: &str = "kubernetes.NamespaceMetadata";
const SPEC: &str = "kubernetes.NamespaceSpec";
const STATUS: &str = "kubernetes.NamespaceStatus";
const CONDITION: &str = "kubernetes.NamespaceCondition";

/// What the repository holds, and what is in that: what has no key here cannot be asked for.
const REPOSITORY: &str = "kpolicy.Repository";
const DOCKERFILE: &str = "kpolicy.Dockerfile";
const STAGE: &str = "kpolicy.DockerfileStage";
const STAGE_USER: &str = "kpolicy.DockerfileUser";
const INSTRUCTION: &str = "kpolicy.DockerfileInstruction";
const FLAG: &str = "kpolicy.DockerfileFlag";
const COMMAND: &str = "kpolicy.DockerfileCommand";

/// The fields of each struct.
const FIELDS: &[(&str, &[(&str, Field)])] = &[
    (
        REQUEST,
        &[
            ("kind", Field::Object(KIND)),
            ("resource", Field::Object(RESOURCE)),
            ("subResource", Field::String),
            ("requestKind", Field::Object(KIND)),
            ("requestResource", Field::Object(RESOURCE)),
            ("requestSubResource", Field::String),
            ("name", Field::String),
            ("namespace", Field::String),
            ("operation", Field::String),
            ("userInfo", Field::Object(USER)),
            ("dryRun", Field::Bool),
            ("options", Field::Dyn),
        ],
    ),
    (
        KIND,
        &[
            ("group", Field::String),
            ("version", Field::String),
            ("kind", Field::String),
        ],
    ),
    (
        RESOURCE,
        &[
            ("group", Field::String),
            ("version", Field::String),
            ("resource", Field::String),
        ],
    ),
    (
        USER,
        &[
            ("username", Field::String),
            ("uid", Field::String),
            ("groups", Field::Strings),
            ("extra", Field::Extra),
        ],
    ),
    (
        NAMESPACE,
        &[
            ("metadata", Field::Object(METADATA)),
            ("spec", Field::Object(SPEC)),
            ("status", Field::Object(STATUS)),
        ],
    ),
    (
        METADATA,
        &[
            ("name", Field::String),
            ("generateName", Field::String),
            ("namespace", Field::String),
            ("labels", Field::StringMap),
            ("annotations", Field::StringMap),
            ("UID", Field::String),
            ("creationTimestamp", Field::Timestamp),
            ("deletionGracePeriodSeconds", Field::Int),
            ("deletionTimestamp", Field::Timestamp),
            ("generation", Field::Int),
            ("resourceVersion", Field::String),
            ("finalizers", Field::Strings),
        ],
    ),
    (SPEC, &[("finalizers", Field::Strings)]),
    (REPOSITORY, &[("dockerfiles", Field::Objects(DOCKERFILE))]),
    (
        DOCKERFILE,
        &[
            ("path", Field::String),
            ("images", Field::Strings),
            ("stages", Field::Objects(STAGE)),
        ],
    ),
    (
        STAGE,
        &[
            ("name", Field::String),
            ("image", Field::String),
            ("parent", Field::Int),
            ("baseImage", Field::String),
            ("last", Field::Bool),
            ("shipped", Field::Bool),
            ("starts", Field::Bool),
            ("user", Field::Object(STAGE_USER)),
            ("instructions", Field::Objects(INSTRUCTION)),
        ],
    ),
    (
        STAGE_USER,
        &[
            ("known", Field::Bool),
            ("name", Field::String),
            ("written", Field::String),
        ],
    ),
    (
        INSTRUCTION,
        &[
            ("index", Field::Int),
            ("keyword", Field::String),
            ("text", Field::String),
            ("exec", Field::Bool),
            ("flags", Field::Objects(FLAG)),
            ("commands", Field::Objects(COMMAND)),
        ],
    ),
    (FLAG, &[("name", Field::String), ("value", Field::String)]),
    (
        COMMAND,
        &[("name", Field::String), ("arguments", Field::Strings)],
    ),
    (
        STATUS,
        &[
            // From 1.37 on.
            ("conditions", Field::Objects(CONDITION)),
            ("phase", Field::String),
        ],
    ),
    (
        CONDITION,
        &[
            ("status", Field::String),
            ("type", Field::String),
            ("lastTransitionTime", Field::Timestamp),
            ("message", Field::String),
            ("reason", Field::String),
        ],
    ),
];

impl RequestTypes {
    /// The type of `request`.
    pub(super) fn request() -> StaticType {
        StaticType::object(REQUEST)
    }

    /// The type of `namespaceObject`.
    pub(super) fn namespace() -> StaticType {
        StaticType::object(NAMESPACE)
    }

    /// The type of `repository`.
    pub(super) fn repository() -> StaticType {
        StaticType::object(REPOSITORY)
    }

    /// The type of `dockerfile`.
    pub(super) fn dockerfile() -> StaticType {
        StaticType::object(DOCKERFILE)
    }
}

impl ObjectTypes for RequestTypes {
    fn field(&self, object: &str, field: &str) -> Option<FieldType> {
        let (_, found) = fields_of(object).iter().find(|(name, _)| *name == field)?;
        Some(FieldType {
            kind: found.kind(),
            required: matches!(
                (object, field),
                (REQUEST, "kind" | "resource" | "operation" | "userInfo")
                    | (
                        KIND | RESOURCE
                            | REPOSITORY
                            | DOCKERFILE
                            | STAGE_USER
                            | INSTRUCTION
                            | FLAG
                            | COMMAND,
                        _
                    )
                    | (STAGE, "last" | "shipped" | "starts" | "instructions")
            ),
        })
    }

    fn fields(&self, object: &str) -> Vec<String> {
        let names = fields_of(object).iter().map(|(name, _)| (*name).to_owned());
        names.collect()
    }
}

fn fields_of(object: &str) -> &'static [(&'static str, Field)] {
    FIELDS
        .iter()
        .find(|(name, _)| *name == object)
        .map_or(&[], |(_, fields)| fields)
}

impl Field {
    fn kind(self) -> StaticType {
        let strings = || StaticType::list(StaticType::STRING);
        match self {
            Self::Bool => StaticType::BOOL,
            Self::Int => StaticType::INT,
            Self::String => StaticType::STRING,
            Self::Timestamp => StaticType::Plain(Type::Timestamp),
            Self::Dyn => StaticType::Dyn,
            Self::Strings => strings(),
            Self::StringMap => StaticType::map(StaticType::STRING, StaticType::STRING),
            Self::Extra => StaticType::map(StaticType::STRING, strings()),
            Self::Object(name) => StaticType::object(name),
            Self::Objects(name) => StaticType::list(StaticType::object(name)),
        }
    }
}
