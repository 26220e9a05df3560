//! Speaking to the API server as a program does: a request, and all that came back.

use axum::http::{Method, Request};
use http_body_util::BodyExt as _;
use kpolicy::schema::kinds;
use kube::client::Body;
use serde_json::Value;

/// A user's way to the API server.
#[derive(Clone)]
pub(crate) struct Api {
    client: kube::Client,
    /// Added to each request.
    headers: Vec<(&'static str, String)>,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The texts of the `Warning` headers, in order.
    pub(crate) warnings: Vec<String>,
    /// By which the audit log knows the request.
    pub(crate) audit_id: String,
    /// An object, or a `Status`.
    pub(crate) body: Value,
}

impl Answer {
    /// The message of a `Status`; empty for an object.
    pub(crate) fn message(&self) -> &str {
        let is_status = self.body["kind"] == "Status";
        let message = self.body["message"].as_str().filter(|_| is_status);
        message.unwrap_or_default()
    }

    /// The object, where the request was let through.
    #[track_caller]
    pub(crate) fn accepted(self) -> Value {
        assert!(matches!(self.status, 200..=202), "{self:?}");
        self.body
    }

    /// The message of a refusal by kpolicy's validation with this code.
    #[track_caller]
    pub(crate) fn refused(&self, code: u16) -> &str {
        assert_eq!(self.status, code, "{self:?}");
        let message = self.message();
        // Of the webhook that fails closed, or of the one that fails open.
        let mut names = ["validate", "validate-ignore"].into_iter();
        let said = names.find_map(|name| {
            let start = format!("admission webhook \"{name}.kpolicy.io\" denied the request: ");
            message.strip_prefix(&start)
        });
        said.unwrap_or_else(|| panic!("not refused by kpolicy: {message}"))
    }
}

impl Api {
    /// The way of whom a kubeconfig names.
    pub(crate) async fn new(kubeconfig: &std::path::Path) -> Self {
        let read = kube::config::Kubeconfig::read_from(kubeconfig).expect("a kubeconfig");
        let options = kube::config::KubeConfigOptions::default();
        let config = kube::Config::from_custom_kubeconfig(read, &options).await;
        let mut config = config.expect("a config");
        // Each answer is the test's to see.
        config.default_retry = false;
        Self {
            client: kube::Client::try_from(config).expect("a client"),
            headers: Vec::new(),
        }
    }

    /// The way to a server that asks nobody who he is.
    pub(crate) fn bare(url: &str) -> Self {
        let config = kube::Config::new(url.parse().expect("a URL"));
        Self {
            client: kube::Client::try_from(config).expect("a client"),
            headers: Vec::new(),
        }
    }

    /// The typed client underneath.
    pub(crate) fn client(&self) -> kube::Client {
        self.client.clone()
    }

    /// The same as another user, by impersonation: to admission it is that user's request.
    pub(crate) fn impersonate(&self, user: &str, groups: &[&str]) -> Self {
        let mut headers = vec![("Impersonate-User", user.to_owned())];
        headers.extend(
            groups
                .iter()
                .map(|&group| ("Impersonate-Group", group.to_owned())),
        );
        Self {
            client: self.client.clone(),
            headers,
        }
    }

    /// Sends a request. A body that is a patch says so by its content type.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        content: &str,
        body: Vec<u8>,
    ) -> Result<Answer, String> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("Content-Type", content);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let request = request
            .body(Body::from(body))
            .map_err(|error| error.to_string())?;
        let response = self
            .client
            .send(request)
            .await
            .map_err(|error| error.to_string())?;
        let (head, body) = response.into_parts();
        let bytes = body
            .collect()
            .await
            .map_err(|error| error.to_string())?
            .to_bytes();
        let text = |name: &str| {
            let values = head.headers.get_all(name).iter();
            values
                .filter_map(|value| value.to_str().ok())
                .map(ToOwned::to_owned)
                .collect::<Vec<_>>()
        };
        Ok(Answer {
            status: head.status.as_u16(),
            warnings: text("warning")
                .iter()
                .map(|header| warning(header))
                .collect(),
            audit_id: text("audit-id").into_iter().next().unwrap_or_default(),
            // `/readyz` and the like answer with text.
            body: serde_json::from_slice(&bytes)
                .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned())),
        })
    }

    async fn ask(&self, method: Method, path: &str, content: &str, body: Option<&Value>) -> Answer {
        let bytes = body
            .map(|body| body.to_string().into_bytes())
            .unwrap_or_default();
        let answer = self.send(method.clone(), path, content, bytes).await;
        answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// Creates an object where its `apiVersion`, `kind` and `metadata.namespace` say.
    pub(crate) async fn create(&self, object: &Value) -> Answer {
        self.ask(Method::POST, &collection(object), JSON, Some(object))
            .await
    }

    /// As `create`, but nothing is stored.
    pub(crate) async fn try_create(&self, object: &Value) -> Answer {
        self.ask(
            Method::POST,
            &format!("{}?dryRun=All", collection(object)),
            JSON,
            Some(object),
        )
        .await
    }

    /// Replaces an object. `tail` is a subresource (`/resize`), a query (`?dryRun=All`), or both.
    pub(crate) async fn replace(&self, object: &Value, tail: &str) -> Answer {
        self.ask(
            Method::PUT,
            &format!("{}{tail}", path(object)),
            JSON,
            Some(object),
        )
        .await
    }

    /// Applies a strategic merge patch to an object; for custom kinds, which have none, a merge patch.
    pub(crate) async fn patch(&self, object: &Value, tail: &str, patch: &Value) -> Answer {
        let (group, kind) = group_and_kind(object);
        let content = if kinds::built_in(group, kind).is_some() {
            "application/strategic-merge-patch+json"
        } else {
            "application/merge-patch+json"
        };
        self.ask(
            Method::PATCH,
            &format!("{}{tail}", path(object)),
            content,
            Some(patch),
        )
        .await
    }

    /// Applies an object as `kubectl apply --server-side` does.
    pub(crate) async fn apply(&self, object: &Value, tail: &str) -> Answer {
        let sign = if tail.contains('?') { '&' } else { '?' };
        let path = format!("{}{tail}{sign}fieldManager=e2e&force=true", path(object));
        self.ask(
            Method::PATCH,
            &path,
            "application/apply-patch+yaml",
            Some(object),
        )
        .await
    }

    /// The object as it is stored now.
    pub(crate) async fn get(&self, object: &Value) -> Answer {
        self.read(&path(object)).await
    }

    /// What a path answers, such as a list.
    pub(crate) async fn read(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, JSON, None).await
    }

    /// The items of a list.
    pub(crate) async fn list(&self, path: &str) -> Vec<Value> {
        match self.read(path).await.accepted()["items"].take() {
            Value::Array(items) => items,
            other => panic!("{path} is no list: {other}"),
        }
    }

    /// Deletes an object, whether it is there or not.
    pub(crate) async fn delete(&self, object: &Value) -> Answer {
        self.ask(Method::DELETE, &path(object), JSON, None).await
    }
}

const JSON: &str = "application/json";

/// `299 - "text"` is a warning's header.
fn warning(header: &str) -> String {
    let text = header.splitn(3, ' ').nth(2).unwrap_or(header);
    serde_json::from_str(text).unwrap_or_else(|_| text.to_owned())
}

fn group_and_kind(object: &Value) -> (&str, &str) {
    let version = object["apiVersion"].as_str().expect("an apiVersion");
    let group = version.split_once('/').map_or("", |(group, _)| group);
    (group, object["kind"].as_str().expect("a kind"))
}

/// The path of the objects of this kind and namespace.
pub(crate) fn collection(object: &Value) -> String {
    let version = object["apiVersion"].as_str().expect("an apiVersion");
    let (group, kind) = group_and_kind(object);
    let root = if group.is_empty() { "api" } else { "apis" };
    let resource = kinds::resource(group, kind);
    match object["metadata"]["namespace"].as_str() {
        Some(namespace) => format!("/{root}/{version}/namespaces/{namespace}/{resource}"),
        None => format!("/{root}/{version}/{resource}"),
    }
}

/// The path of an object.
pub(crate) fn path(object: &Value) -> String {
    let name = object["metadata"]["name"].as_str().expect("a name");
    format!("{}/{name}", collection(object))
}
