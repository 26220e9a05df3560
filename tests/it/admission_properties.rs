//! Reviews that are damaged at random: the router answers each with a review where its bytes name a uid.

use std::sync::LazyLock;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use kpolicy::server::{Limits, Metrics, Scanner, Timeouts, admission};
use proptest::prelude::*;
use serde_json::Value;
use tower::ServiceExt;

use crate::webhook::{REVIEW, no_policies};

static ROUTER: LazyLock<Router> = LazyLock::new(|| {
    admission(
        no_policies(),
        Metrics::new(),
        Limits::default(),
        Timeouts::default(),
    )
});

fn answer(bytes: Vec<u8>) -> (StatusCode, Value) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let request = Request::post("/validate")
            .body(Body::from(bytes))
            .expect("a request");
        let response = ROUTER.clone().oneshot(request).await.expect("an answer");
        let status = response.status();
        let body = to_bytes(response.into_body(), usize::MAX)
            .await
            .expect("a body");
        (
            status,
            serde_json::from_slice(&body).expect("an answer is JSON"),
        )
    })
}

/// Where the uid of the review begins and ends.
fn uid() -> std::ops::Range<usize> {
    let start = REVIEW.find("u-1").expect("a uid");
    start..start + 3
}

proptest! {
    #[test]
    fn a_damaged_review_is_answered_under_its_uid(
        damage in prop::collection::vec((0..REVIEW.len(), any::<u8>()), 0..6),
        cut in 0..REVIEW.len() * 2,
    ) {
        let mut bytes = REVIEW.as_bytes().to_vec();
        for (at, byte) in damage {
            bytes[at] = byte;
        }
        bytes.truncate(cut);
        let uid = Scanner::scan(&bytes).uid.filter(|uid| !uid.is_empty());
        let (status, review) = answer(bytes);
        if let Some(uid) = uid {
            prop_assert_eq!(status, StatusCode::OK);
            prop_assert_eq!(&review["response"]["uid"], &uid);
        } else {
            prop_assert_eq!(status, StatusCode::BAD_REQUEST);
        }
    }

    #[test]
    fn a_review_whose_head_is_whole_always_has_its_uid(
        tail in prop::collection::vec(any::<u8>(), 0..200),
        keep in uid().end + 1..REVIEW.len(),
    ) {
        let mut bytes = REVIEW.as_bytes()[..keep].to_vec();
        bytes.extend(tail);
        prop_assert_eq!(answer(bytes).0, StatusCode::OK);
    }

    #[test]
    fn the_scanner_and_the_reader_find_the_same_uid(object in json(), uid in "[a-z0-9\"\\\\é-]{1,12}", first: bool) {
        let uid_field = format!("\"uid\":{}", Value::from(uid.clone()));
        let object_field = format!("\"object\":{object}");
        let fields = if first { [uid_field, object_field] } else { [object_field, uid_field] };
        let text = format!("{{\"a\":{object},\"request\":{{{}}},\"b\":{object}}}", fields.join(","));
        prop_assert_eq!(Scanner::scan(text.as_bytes()).uid, Some(uid));
    }
}

/// JSON with the very keys that the scanner looks for.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<i32>().prop_map(|number| number.to_string()),
        "[a-z{}\\[\\]:,\"\\\\]{0,8}".prop_map(|text| Value::from(text).to_string()),
    ];
    let key = prop_oneof![
        Just("uid"),
        Just("request"),
        Just("kind"),
        Just("object"),
        Just("x")
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let key = key.clone();
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((key, inner), 0..4).prop_map(|entries| {
                let entries: Vec<_> = entries
                    .iter()
                    .map(|(key, value)| format!("\"{key}\":{value}"))
                    .collect();
                format!("{{{}}}", entries.join(","))
            }),
        ]
    })
}
