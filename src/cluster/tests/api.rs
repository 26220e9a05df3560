//! An API server in memory, as far as watching needs one: discovery, lists in pages, watches, single objects, and every
//! way in which they fail.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use futures::channel::mpsc::{UnboundedSender, unbounded};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame};
use hyper::{Request, Response};
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};
use tower::service_fn;

type Answer = Response<UnsyncBoxBody<Bytes, io::Error>>;
type Event = io::Result<Frame<Bytes>>;

/// The API server.
#[derive(Clone, Default)]
pub(super) struct Api(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    kinds: Vec<Kind>,
    version: u64,
    /// Nothing answers.
    down: bool,
    requests: Vec<String>,
}

struct Kind {
    group: String,
    version: String,
    name: String,
    plural: String,
    namespaced: bool,
    objects: BTreeMap<(String, String), Value>,
    log: Vec<(u64, Value)>,
    /// What was before is forgotten.
    forgotten: u64,
    watchers: Vec<UnboundedSender<Event>>,
    /// What every request is answered with.
    refuse: Option<u16>,
}

impl Kind {
    fn path(&self) -> String {
        match self.group.as_str() {
            "" => format!("/api/{}", self.version),
            group => format!("/apis/{group}/{}", self.version),
        }
    }

    fn tell(&mut self, version: u64, event: Value) {
        let line = format!("{event}\n");
        let frame = |line: &str| Ok(Frame::data(Bytes::from(line.to_owned())));
        self.watchers
            .retain(|watcher| watcher.unbounded_send(frame(&line)).is_ok());
        self.log.push((version, event));
    }
}

impl Api {
    pub(super) fn client(&self) -> Client {
        let api = self.clone();
        let service = service_fn(move |request: Request<Body>| {
            let answer = api.answer(&request);
            async move { answer }
        });
        Client::new(service, "default")
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// Serves a kind from now on.
    pub(super) fn serve(&self, group: &str, version: &str, kind: &str, namespaced: bool) {
        self.inner().kinds.push(Kind {
            group: group.to_owned(),
            version: version.to_owned(),
            name: kind.to_owned(),
            plural: format!("{}s", kind.to_lowercase()),
            namespaced,
            objects: BTreeMap::new(),
            log: Vec::new(),
            forgotten: 0,
            watchers: Vec::new(),
            refuse: None,
        });
    }

    fn with<T>(&self, kind: &str, work: impl FnOnce(&mut Kind, &mut u64) -> T) -> T {
        let mut inner = self.inner();
        let Inner { kinds, version, .. } = &mut *inner;
        let kind = kinds.iter_mut().find(|known| known.name == kind).unwrap();
        work(kind, version)
    }

    /// Serves a kind no more.
    pub(super) fn abolish(&self, kind: &str) {
        self.inner().kinds.retain(|known| known.name != kind);
    }

    /// Answers all requests about a kind with this code; `None`: as it should.
    pub(super) fn refuse(&self, kind: &str, code: Option<u16>) {
        self.with(kind, |kind, _| kind.refuse = code);
    }

    pub(super) fn down(&self, down: bool) {
        let mut inner = self.inner();
        inner.down = down;
        for kind in &mut inner.kinds {
            kind.watchers.clear();
        }
    }

    /// Creates or changes an object; the rest of it comes from `more`.
    pub(super) fn put(&self, kind: &str, namespace: &str, name: &str, more: &Value) {
        self.with(kind, |kind, version| {
            *version += 1;
            let mut object = json!({"metadata": {"name": name, "uid": format!("uid-{name}"),
                "resourceVersion": version.to_string(), "managedFields": [{"manager": "somebody"}]}});
            if !namespace.is_empty() {
                object["metadata"]["namespace"] = json!(namespace);
            }
            for (key, value) in more.as_object().unwrap() {
                if key == "metadata" {
                    for (key, value) in value.as_object().unwrap() {
                        object["metadata"][key] = value.clone();
                    }
                } else {
                    object[key] = value.clone();
                }
            }
            let key = (namespace.to_owned(), name.to_owned());
            let known = kind.objects.insert(key, object.clone()).is_some();
            let what = if known { "MODIFIED" } else { "ADDED" };
            kind.tell(*version, json!({"type": what, "object": object}));
        });
    }

    pub(super) fn delete(&self, kind: &str, namespace: &str, name: &str) {
        self.with(kind, |kind, version| {
            let key = (namespace.to_owned(), name.to_owned());
            if let Some(mut object) = kind.objects.remove(&key) {
                *version += 1;
                object["metadata"]["resourceVersion"] = json!(version.to_string());
                kind.tell(*version, json!({"type": "DELETED", "object": object}));
            }
        });
    }

    /// Sends a bookmark into the watches of a kind.
    pub(super) fn bookmark(&self, kind: &str) {
        self.with(kind, |kind, version| {
            let line = json!({"type": "BOOKMARK", "object": {"apiVersion": "v1", "kind": kind.name,
                "metadata": {"resourceVersion": version.to_string()}}});
            kind.tell(*version, line);
            kind.log.pop();
        });
    }

    /// Ends the watches of a kind, in the middle of an event if `broken`.
    pub(super) fn hang_up(&self, kind: &str, broken: bool) {
        self.with(kind, |kind, _| {
            for watcher in kind.watchers.drain(..) {
                if broken {
                    let half = Bytes::from_static(b"{\"type\":\"ADDED\",\"obj");
                    let _ = watcher.unbounded_send(Ok(Frame::data(half)));
                    let _ = watcher.unbounded_send(Err(io::ErrorKind::ConnectionReset.into()));
                }
            }
        });
    }

    /// Forgets what was before now: who comes with an older version is told so.
    pub(super) fn compact(&self, kind: &str) {
        self.with(kind, |kind, version| {
            *version += 1;
            kind.forgotten = *version;
            kind.log.clear();
            kind.watchers.clear();
        });
    }

    /// How many watches of a kind are open.
    pub(super) fn watchers(&self, kind: &str) -> usize {
        self.with(kind, |kind, _| {
            kind.watchers.retain(|watcher| !watcher.is_closed());
            kind.watchers.len()
        })
    }

    /// The requests so far, `metadata` before those that ask for metadata only.
    pub(super) fn requests(&self) -> Vec<String> {
        self.inner().requests.clone()
    }

    fn answer(&self, request: &Request<Body>) -> Result<Answer, io::Error> {
        let mut inner = self.inner();
        let accept = request.headers().get("accept");
        let metadata = accept.is_some_and(|accept| {
            accept
                .to_str()
                .is_ok_and(|accept| accept.contains("PartialObjectMetadata"))
        });
        let mark = if metadata { "metadata " } else { "" };
        inner.requests.push(format!("{mark}{}", request.uri()));
        if inner.down {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let path = request.uri().path().trim_end_matches('/').to_owned();
        let query: BTreeMap<String, String> = request
            .uri()
            .query()
            .unwrap_or_default()
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        Ok(inner.route(&path, &query))
    }
}

impl Inner {
    fn route(&mut self, path: &str, query: &BTreeMap<String, String>) -> Answer {
        if let Some(discovery) = self.discovery(path) {
            return answer(200, &discovery);
        }
        let version = self.version;
        for kind in &mut self.kinds {
            let Some(rest) = path.strip_prefix(&kind.path()) else {
                continue;
            };
            let parts: Vec<&str> = rest.split('/').skip(1).collect();
            let (namespace, parts) = match parts[..] {
                ["namespaces", namespace, ref rest @ ..] if !rest.is_empty() => {
                    (Some(namespace), rest)
                }
                ref parts => (None, parts),
            };
            if parts.first() != Some(&kind.plural.as_str()) {
                continue;
            }
            if let Some(code) = kind.refuse {
                return status(code);
            }
            if let Some(name) = parts.get(1) {
                let key = (namespace.unwrap_or_default().to_owned(), (*name).to_owned());
                let found = kind.objects.get(&key);
                return found.map_or_else(|| status(404), |object| answer(200, object));
            }
            if query.contains_key("watch") {
                return watch(kind, query);
            }
            return list(kind, version, namespace, query);
        }
        status(404)
    }

    fn discovery(&self, path: &str) -> Option<Value> {
        let versions: Vec<Value> = self
            .kinds
            .iter()
            .filter(|kind| path == format!("/apis/{}", kind.group))
            .map(|kind| json!({"groupVersion": format!("{}/{}", kind.group, kind.version), "version": kind.version}))
            .collect();
        if !versions.is_empty() {
            return Some(
                json!({"name": path.trim_start_matches("/apis/"), "versions": versions,
                "preferredVersion": versions[0]}),
            );
        }
        let resources: Vec<Value> = self
            .kinds
            .iter()
            .filter(|kind| path == kind.path())
            .map(|kind| {
                json!({"name": kind.plural, "kind": kind.name, "namespaced": kind.namespaced,
                "singularName": "", "verbs": ["get", "list", "watch"]})
            })
            .collect();
        let version = path.rsplit('/').next().unwrap_or_default();
        (path == "/api/v1" || !resources.is_empty())
            .then(|| json!({"groupVersion": version, "resources": resources}))
    }
}

fn list(
    kind: &Kind,
    version: u64,
    namespace: Option<&str>,
    query: &BTreeMap<String, String>,
) -> Answer {
    let number = |key: &str| query.get(key).and_then(|text| text.parse::<usize>().ok());
    let name = query
        .get("fieldSelector")
        .map(|selector| selector.trim_start_matches("metadata.name%3D"));
    let all: Vec<&Value> = kind
        .objects
        .iter()
        .filter(|((place, _), _)| namespace.is_none_or(|namespace| place == namespace))
        .filter(|((_, known), _)| name.is_none_or(|name| known == name))
        .map(|(_, object)| object)
        .collect();
    let from = number("continue").unwrap_or(0);
    let to = all
        .len()
        .min(from + number("limit").unwrap_or(usize::MAX).min(3));
    let mut metadata = json!({"resourceVersion": version.to_string()});
    if to < all.len() {
        metadata["continue"] = json!(to.to_string());
    }
    let items = &all[from..to];
    answer(
        200,
        &json!({"apiVersion": "v1", "kind": "List", "metadata": metadata, "items": items}),
    )
}

fn watch(kind: &mut Kind, query: &BTreeMap<String, String>) -> Answer {
    let since: u64 = query["resourceVersion"].parse().unwrap();
    let (sender, events) = unbounded();
    let send = |event: &Value| {
        let line = Bytes::from(format!("{event}\n"));
        sender.unbounded_send(Ok(Frame::data(line))).unwrap();
    };
    if since < kind.forgotten {
        send(
            &json!({"type": "ERROR", "object": {"kind": "Status", "status": "Failure", "code": 410,
            "reason": "Expired", "message": "too old resource version"}}),
        );
    } else {
        let missed = kind.log.iter().filter(|(version, _)| *version > since);
        missed.for_each(|(_, event)| send(event));
        kind.watchers.push(sender);
    }
    Response::new(StreamBody::new(events).boxed_unsync())
}

fn answer(code: u16, body: &Value) -> Answer {
    let body = Full::new(Bytes::from(body.to_string()));
    let body = body.map_err(|error: Infallible| match error {});
    let mut response = Response::new(body.boxed_unsync());
    *response.status_mut() = code.try_into().unwrap();
    response
}

fn status(code: u16) -> Answer {
    let reason = match code {
        403 => "Forbidden",
        404 => "NotFound",
        _ => "InternalError",
    };
    answer(
        code,
        &json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason,
            "message": "no"}),
    )
}
