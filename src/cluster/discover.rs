//! Which resource serves a kind, as the API server says.

use hyper::Request;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{APIGroup, APIResourceList};
use kube::Client;
use kube::api::ApiResource;

/// A kind that the API server serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Served {
    pub(super) resource: ApiResource,
    pub(super) namespaced: bool,
}

/// Finds the resource of a kind, in this version or the preferred one; `None` where it is not served, or cannot be
/// watched.
pub(super) async fn discover(
    client: &Client,
    group: &str,
    kind: &str,
    version: Option<&str>,
) -> Result<Option<Served>, kube::Error> {
    for version in versions(client, group, version).await? {
        let list = if group.is_empty() {
            found(client.list_core_api_resources(&version).await)?
        } else {
            let name = format!("{group}/{version}");
            found(client.list_api_group_resources(&name).await)?
        };
        if let Some(served) = list.and_then(|list| served(&list, group, kind, &version)) {
            return Ok(Some(served));
        }
    }
    Ok(None)
}

/// The versions to look in, the best first.
async fn versions(
    client: &Client,
    group: &str,
    version: Option<&str>,
) -> Result<Vec<String>, kube::Error> {
    match version {
        Some(version) => return Ok(vec![version.to_owned()]),
        None if group.is_empty() => return Ok(vec!["v1".to_owned()]),
        None => {}
    }
    let request = Request::get(format!("/apis/{group}"))
        .body(Vec::new())
        .map_err(kube::Error::HttpError)?;
    let Some(group) = found(client.request::<APIGroup>(request).await)? else {
        return Ok(Vec::new());
    };
    let preferred = group.preferred_version.map(|preferred| preferred.version);
    let all = group.versions.into_iter().map(|listed| listed.version);
    let rest = all.filter(|version| Some(version) != preferred.as_ref());
    let rest: Vec<_> = rest.collect();
    Ok(preferred.into_iter().chain(rest).collect())
}

fn served(list: &APIResourceList, group: &str, kind: &str, version: &str) -> Option<Served> {
    let watched = |verbs: &[String]| {
        ["list", "watch"]
            .iter()
            .all(|verb| verbs.iter().any(|known| known == verb))
    };
    let resource = list.resources.iter().find(|resource| {
        resource.kind == kind && !resource.name.contains('/') && watched(&resource.verbs)
    })?;
    let api_version = match group {
        "" => version.to_owned(),
        group => format!("{group}/{version}"),
    };
    Some(Served {
        resource: ApiResource {
            group: group.to_owned(),
            version: version.to_owned(),
            api_version,
            kind: kind.to_owned(),
            plural: resource.name.clone(),
        },
        namespaced: resource.namespaced,
    })
}

/// What is not there is no error.
fn found<T>(answer: Result<T, kube::Error>) -> Result<Option<T>, kube::Error> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(None),
        Err(error) => Err(error),
    }
}
