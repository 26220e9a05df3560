//! A client that tells when the API server last sent something: kube's watch keeps bookmarks to itself.

use std::sync::Arc;

use http_body_util::BodyExt;
use hyper::Request;
use kube::Client;
use kube::client::Body;
use tower::service_fn;

use crate::server::WatchMeter;

/// A client as `client` is, whose answers are told to a meter: their heads, if they are no errors, and whatever they
/// bring.
pub(super) fn metered(client: &Client, meter: &Arc<WatchMeter>) -> Client {
    let namespace = client.default_namespace().to_owned();
    let (client, meter) = (client.clone(), Arc::clone(meter));
    let service = service_fn(move |request: Request<Body>| {
        let (client, meter) = (client.clone(), Arc::clone(&meter));
        async move {
            let response = client.send(request).await?;
            if response.status().is_success() {
                meter.contact();
            }
            Ok::<_, kube::Error>(response.map(|body| {
                body.map_frame(move |frame| {
                    meter.contact();
                    frame
                })
            }))
        }
    });
    Client::new(service, namespace)
}
