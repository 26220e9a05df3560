//! The types of everything that an expression sees when one kind is judged.

use crate::cel::{FieldType, ObjectTypes, StaticType};
use crate::manifest::NodeRef;
use crate::schema::openapi::{GroupVersionKind, SchemaTypes, Schemas};

use super::super::Policy;
use super::super::request_types::RequestTypes;

/// The types of a request and of the objects in it.
#[derive(Debug)]
pub(super) struct Roots {
    pub(super) objects: SchemaTypes,
    /// Whether the kind at hand lives in a namespace, so that every request names one.
    pub(super) namespaced: bool,
}

impl ObjectTypes for Roots {
    fn field(&self, object: &str, field: &str) -> Option<FieldType> {
        let Some(mut found) = RequestTypes.field(object, field) else {
            return self.objects.field(object, field);
        };
        // What Go leaves out where it is empty, and what never is.
        found.required |= match (object, field) {
            ("kubernetes.AdmissionRequest", "namespace") => self.namespaced,
            ("kubernetes.UserInfo", "username" | "groups")
            | ("kubernetes.Namespace", "metadata")
            | ("kubernetes.NamespaceMetadata", "name") => true,
            _ => false,
        };
        Some(found)
    }

    fn fields(&self, object: &str) -> Vec<String> {
        let fields = RequestTypes.fields(object);
        if fields.is_empty() {
            self.objects.fields(object)
        } else {
            fields
        }
    }
}

/// What names the type of `params`.
#[derive(Clone, Debug)]
pub(super) enum Params {
    /// Described by the policy itself.
    Described(GroupVersionKind),
    /// Objects of a kind.
    Kind(GroupVersionKind),
}

impl Params {
    pub(super) fn kind(&self, types: &SchemaTypes) -> Option<StaticType> {
        match self {
            Self::Described(name) => types.described(name),
            Self::Kind(kind) => types.kind(kind),
        }
    }
}

/// The schemas with those of the policy's own parameters, and what names them; `None` where nothing is known of them.
pub(super) fn with_parameters(
    policy: &Policy,
    document: NodeRef<'_>,
    schemas: &Schemas,
) -> (Schemas, Option<Params>) {
    let mut schemas = schemas.clone();
    if let Some(native) = &policy.native {
        let kind = native.param_kind.as_ref().map(|kind| {
            Params::Kind(GroupVersionKind::new(
                &kind.group,
                &kind.version,
                &kind.kind,
            ))
        });
        return (schemas, kind);
    }
    let Some(written) = document.at(&["spec", "parameters"]) else {
        return (schemas, None);
    };
    let name = GroupVersionKind::new("kpolicy.io", "v1alpha1", "parameters");
    schemas.add_described(&name, written);
    (schemas, Some(Params::Described(name)))
}
