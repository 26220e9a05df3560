//! A review that came in, as the judge wants it: borrowed from its document, nothing copied.

use crate::engine::{Kind, Request, Resource};
use crate::manifest::{Document, NodeRef, View};
use crate::policy::Operation;

/// A review that can be judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Review<'a> {
    /// What the answer must carry.
    pub(crate) uid: &'a str,
    /// Who asks; empty where the review does not say.
    pub(crate) user: &'a str,
    /// What is asked. The namespace's object is not in a review and is left out.
    pub(crate) request: Request<'a>,
}

/// Why a review cannot be judged: what was expected where, and what was found.
#[derive(Debug, thiserror::Error)]
#[error("`{field}` is {found}, not {expected}")]
pub(crate) struct Malformed {
    field: &'static str,
    found: &'static str,
    expected: &'static str,
}

/// The only version of the wire format that the API server sends to a v1 webhook.
const API_VERSION: &str = "admission.k8s.io/v1";

/// Reads a review out of its document.
pub(crate) fn read(document: &Document) -> Result<Review<'_>, Malformed> {
    let root = document.root();
    map(Some(root), "the body")?;
    if string(root, "apiVersion", "apiVersion")? != API_VERSION {
        return Err(Malformed {
            field: "apiVersion",
            found: "something else",
            expected: "`admission.k8s.io/v1`",
        });
    }
    if string(root, "kind", "kind")? != "AdmissionReview" {
        return Err(Malformed {
            field: "kind",
            found: "something else",
            expected: "`AdmissionReview`",
        });
    }
    let request = map(root.get("request"), "request")?;
    let uid = required(request, "uid", "request.uid")?;
    let operation = Operation::parse(required(request, "operation", "request.operation")?).ok_or(
        Malformed {
            field: "request.operation",
            found: "unknown",
            expected: "CREATE, UPDATE, DELETE or CONNECT",
        },
    )?;
    let kind = kind(map(request.get("kind"), "request.kind")?)?;
    let resource = resource(map(request.get("resource"), "request.resource")?)?;
    let subresource = string(request, "subResource", "request.subResource")?;
    let (object, old_object) = objects(request, operation)?;
    let namespace = string(request, "namespace", "request.namespace")?;
    let dry_run = match present(request, "dryRun") {
        None => false,
        Some(node) => node
            .as_bool()
            .ok_or(wrong(node, "request.dryRun", "a boolean"))?,
    };
    let user_info = optional_map(request, "userInfo", "request.userInfo")?;
    Ok(Review {
        uid,
        user: user_info
            .and_then(|user| user.get("username"))
            .and_then(NodeRef::as_str)
            .unwrap_or_default(),
        request: Request {
            operation,
            kind,
            resource,
            subresource,
            request_kind: match optional_map(request, "requestKind", "request.requestKind")? {
                Some(node) => self::kind(node)?,
                None => kind,
            },
            request_resource: match optional_map(
                request,
                "requestResource",
                "request.requestResource",
            )? {
                Some(node) => self::resource(node)?,
                None => resource,
            },
            request_subresource: match present(request, "requestSubResource") {
                Some(_) => string(request, "requestSubResource", "request.requestSubResource")?,
                None => subresource,
            },
            name: string(request, "name", "request.name")?,
            namespace: (!namespace.is_empty()).then_some(namespace),
            object,
            old_object,
            namespace_object: None,
            user_info,
            options: optional_map(request, "options", "request.options")?,
            dry_run,
        },
    })
}

/// The object and the object before. Which of them must be there follows from the operation.
fn objects(
    request: NodeRef<'_>,
    operation: Operation,
) -> Result<(Option<NodeRef<'_>>, Option<NodeRef<'_>>), Malformed> {
    let object = optional_map(request, "object", "request.object")?;
    let old_object = optional_map(request, "oldObject", "request.oldObject")?;
    let needs_object = matches!(operation, Operation::Create | Operation::Update);
    if needs_object && object.is_none() {
        return Err(Malformed {
            field: "request.object",
            found: "null",
            expected: "the object",
        });
    }
    if operation == Operation::Update && old_object.is_none() {
        return Err(Malformed {
            field: "request.oldObject",
            found: "null",
            expected: "the object before",
        });
    }
    Ok((object, old_object))
}

fn kind(node: NodeRef<'_>) -> Result<Kind<'_>, Malformed> {
    Ok(Kind {
        group: string(node, "group", "request.kind.group")?,
        version: string(node, "version", "request.kind.version")?,
        kind: required(node, "kind", "request.kind.kind")?,
    })
}

fn resource(node: NodeRef<'_>) -> Result<Resource<'_>, Malformed> {
    Ok(Resource {
        group: string(node, "group", "request.resource.group")?,
        version: string(node, "version", "request.resource.version")?,
        resource: required(node, "resource", "request.resource.resource")?,
    })
}

/// A field that is there and not null.
fn present<'a>(node: NodeRef<'a>, key: &str) -> Option<NodeRef<'a>> {
    node.get(key).filter(|value| !value.is_null())
}

fn map<'a>(node: Option<NodeRef<'a>>, field: &'static str) -> Result<NodeRef<'a>, Malformed> {
    let Some(node) = node else {
        return Err(Malformed {
            field,
            found: "missing",
            expected: "a map",
        });
    };
    if matches!(node.view(), View::Map(_)) {
        Ok(node)
    } else {
        Err(wrong(node, field, "a map"))
    }
}

fn optional_map<'a>(
    node: NodeRef<'a>,
    key: &str,
    field: &'static str,
) -> Result<Option<NodeRef<'a>>, Malformed> {
    present(node, key)
        .map(|value| map(Some(value), field))
        .transpose()
}

/// A string that may be absent, as Go leaves out empty ones.
fn string<'a>(node: NodeRef<'a>, key: &str, field: &'static str) -> Result<&'a str, Malformed> {
    match present(node, key) {
        None => Ok(""),
        Some(value) => value.as_str().ok_or(wrong(value, field, "a string")),
    }
}

fn required<'a>(node: NodeRef<'a>, key: &str, field: &'static str) -> Result<&'a str, Malformed> {
    let value = string(node, key, field)?;
    if value.is_empty() {
        Err(Malformed {
            field,
            found: "missing",
            expected: "a string",
        })
    } else {
        Ok(value)
    }
}

fn wrong(node: NodeRef<'_>, field: &'static str, expected: &'static str) -> Malformed {
    let found = match node.type_name() {
        "null" => "null",
        "integer" => "an integer",
        "boolean" => "a boolean",
        "string" => "a string",
        "list" => "a list",
        "map" => "a map",
        _ => "a number",
    };
    Malformed {
        field,
        found,
        expected,
    }
}
