//! The webhook on the wire: TLS, certificates that change, slow clients, an end without losses.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use kpolicy::server::{Drain, Phase, Refresh, Timeouts};
use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::webhook::{
    Authority, Mount, REVIEW, ask, connect, get, hear, options, post, runtime, shown, start,
};

const LONG: Duration = Duration::from_mins(1);

#[test]
fn both_versions_of_tls_answer_over_http_1_1_and_nothing_else_is_spoken() {
    runtime().block_on(async {
        let authority = Authority::new();
        let mount = Mount::new(&authority.issue());
        let (server, _) = start(options(&mount)).await;
        for versions in [&[&TLS12], &[&TLS13]] {
            let connector = authority.connector(versions, &["h2", "http/1.1"]);
            let mut stream = connect(server.address(), &connector)
                .await
                .expect("a connection");
            assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
            for _ in 0..3 {
                let answer = ask(&mut stream, &post("/validate?timeout=3s", REVIEW))
                    .await
                    .expect("an answer");
                assert_eq!(answer.status, 200);
                assert!(
                    answer.body.contains(r#""uid":"u-1","allowed":true"#),
                    "{}",
                    answer.body
                );
            }
        }
        let h2_only = authority.connector(&[&TLS13], &["h2"]);
        assert!(connect(server.address(), &h2_only).await.is_err());
    });
}

#[test]
fn a_certificate_swapped_by_symlink_three_times_under_load_loses_no_request() {
    runtime().block_on(async {
        let authority = Arc::new(Authority::new());
        let mut mount = Mount::new(&authority.issue());
        let (server, metrics) = start(options(&mount)).await;
        let address = server.address();
        let (stop, asked) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicUsize::new(0)),
        );
        let load: Vec<_> = (0..4)
            .map(|worker| {
                let connector = authority.connector(&[&TLS13], &["http/1.1"]);
                let (stop, asked) = (Arc::clone(&stop), Arc::clone(&asked));
                tokio::spawn(async move {
                    let mut stream = connect(address, &connector).await.expect("a connection");
                    while !stop.load(Ordering::Relaxed) {
                        // Half of the workers keep their connection, half make one for each request.
                        if worker % 2 == 0 {
                            stream = connect(address, &connector).await.expect("a connection");
                        }
                        let answer = ask(&mut stream, &post("/validate", REVIEW))
                            .await
                            .expect("an answer");
                        assert_eq!(answer.status, 200);
                        asked.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        let mut generation = server.certificates().generation();
        let connector = authority.connector(&[&TLS13], &["http/1.1"]);
        for _ in 0..3 {
            let before = asked.load(Ordering::Relaxed);
            let pair = authority.issue();
            mount.swap(&pair.certificate, &pair.key);
            server.certificates().look_now();
            generation.changed().await.expect("a server");
            let stream = connect(address, &connector).await.expect("a connection");
            assert_eq!(shown(&stream), pair.leaf);
            while asked.load(Ordering::Relaxed) == before {
                tokio::task::yield_now().await;
            }
        }
        stop.store(true, Ordering::Relaxed);
        for worker in load {
            worker.await.expect("no request is lost");
        }
        assert!(
            metrics
                .expose()
                .contains("kpolicy_certificate_loads_total 4")
        );
    });
}

#[test]
fn a_pair_that_cannot_be_used_leaves_the_old_one_in_service() {
    runtime().block_on(async {
        let authority = Authority::new();
        let first = authority.issue();
        let mut mount = Mount::new(&first);
        let (server, metrics) = start(options(&mount)).await;
        let connector = authority.connector(&[&TLS13], &["http/1.1"]);
        let next = authority.issue();
        let half = |text: &str| text[..text.len() / 2].to_owned();
        for (certificate, key, message) in [
            (
                half(&next.certificate),
                next.key.clone(),
                "no whole PEM certificate: a section `CERTIFICATE` has no `END CERTIFICATE` line",
            ),
            (
                next.certificate.clone(),
                half(&next.key),
                "no whole PEM private key",
            ),
            (
                next.certificate.clone(),
                first.key.clone(),
                "cannot be used together",
            ),
            (String::new(), String::new(), "no whole PEM certificate"),
        ] {
            mount.swap(&certificate, &key);
            match server.certificates().refresh() {
                Refresh::Kept(error) => assert!(error.to_string().contains(message), "{error}"),
                other => panic!("{message}: {other:?}"),
            }
            assert!(matches!(
                server.certificates().refresh(),
                Refresh::Unchanged
            ));
            let stream = connect(server.address(), &connector)
                .await
                .expect("a connection");
            assert_eq!(shown(&stream), first.leaf);
            assert!(metrics.expose().contains("kpolicy_certificate_current 0"));
        }
        mount.swap(&next.certificate, &next.key);
        assert!(matches!(server.certificates().refresh(), Refresh::Replaced));
        let stream = connect(server.address(), &connector)
            .await
            .expect("a connection");
        assert_eq!(shown(&stream), next.leaf);
        let scrape = get(server.metrics_address(), "/metrics")
            .await
            .expect("a scrape")
            .body;
        assert!(scrape.contains("kpolicy_certificate_current 1"));
        assert!(scrape.contains("kpolicy_certificate_reload_errors_total 4"));
    });
}

#[test]
fn a_slow_client_is_cut_and_an_idle_one_is_not() {
    runtime().block_on(async {
        let authority = Authority::new();
        let mount = Mount::new(&authority.issue());
        let short = Duration::from_millis(200);
        let timeouts = Timeouts {
            handshake: short,
            header: short,
            body: short,
            ..Timeouts::default()
        };
        let (server, metrics) = start(kpolicy::server::Options {
            timeouts,
            ..options(&mount)
        })
        .await;
        let connector = authority.connector(&[&TLS13], &["http/1.1"]);
        let mut idle = connect(server.address(), &connector)
            .await
            .expect("a connection");
        assert_eq!(
            ask(&mut idle, &post("/validate", REVIEW))
                .await
                .expect("an answer")
                .status,
            200
        );

        let mut silent = TcpStream::connect(server.address())
            .await
            .expect("a connection");
        let ended = tokio::time::timeout(LONG, silent.read(&mut [0; 64]))
            .await
            .expect("an end");
        assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
        assert!(
            metrics
                .expose()
                .contains("kpolicy_tls_handshake_errors_total 1")
        );

        let mut dawdler = connect(server.address(), &connector)
            .await
            .expect("a connection");
        dawdler
            .write_all(b"POST /validate HTTP/1.1\r\nHost: loc")
            .await
            .expect("a start");
        let ended = tokio::time::timeout(LONG, dawdler.read(&mut [0; 64]))
            .await
            .expect("an end");
        assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");

        let mut trickle = connect(server.address(), &connector)
            .await
            .expect("a connection");
        let whole = post("/validate", REVIEW);
        let answer = ask(&mut trickle, &whole[..whole.len() - 1])
            .await
            .expect("an answer");
        assert_eq!(answer.status, 408);

        let answer = ask(&mut idle, &post("/validate", REVIEW))
            .await
            .expect("an idle connection lives on");
        assert_eq!(answer.status, 200);
    });
}

#[test]
fn stopping_first_says_so_then_finishes_what_is_under_way() {
    runtime().block_on(async {
        let authority = Authority::new();
        let mount = Mount::new(&authority.issue());
        let drain = Drain {
            lame_duck: Duration::from_millis(1500),
            linger: Duration::from_millis(50),
            finish: LONG,
        };
        let (server, _) = start(kpolicy::server::Options {
            drain,
            ..options(&mount)
        })
        .await;
        let (address, plain) = (server.address(), server.metrics_address());
        let connector = authority.connector(&[&TLS13], &["http/1.1"]);
        let mut kept = connect(address, &connector).await.expect("a connection");
        let answer = ask(&mut kept, &post("/validate", REVIEW))
            .await
            .expect("an answer");
        assert!(!answer.closes());
        assert_eq!(get(plain, "/readyz").await.expect("an answer").status, 200);
        let whole = post("/validate", REVIEW);
        let (begin, rest) = whole.split_at(whole.len() - 5);
        let mut under_way = connect(address, &connector).await.expect("a connection");
        under_way.write_all(begin).await.expect("a start");
        let mut unused = connect(address, &connector).await.expect("a connection");

        server.shutdown().begin();
        server.reached(Phase::LameDuck).await;
        assert_eq!(get(plain, "/readyz").await.expect("an answer").status, 503);
        assert_eq!(get(plain, "/healthz").await.expect("an answer").status, 200);
        let answer = ask(&mut kept, &post("/validate", REVIEW))
            .await
            .expect("an answer");
        assert!(answer.status == 200 && answer.closes(), "{answer:?}");
        let mut late = connect(address, &connector).await.expect("still accepting");
        let answer = ask(&mut late, &post("/validate", REVIEW))
            .await
            .expect("an answer");
        assert!(answer.status == 200 && answer.closes(), "{answer:?}");

        server.reached(Phase::Closing).await;
        assert!(
            TcpStream::connect(address).await.is_err(),
            "no longer accepting"
        );
        let ended = tokio::time::timeout(LONG, unused.read(&mut [0; 64]))
            .await
            .expect("an end");
        assert!(
            matches!(ended, Ok(0) | Err(_)),
            "an idle connection is closed: {ended:?}"
        );
        under_way.write_all(rest).await.expect("the rest");
        let answer = hear(&mut under_way)
            .await
            .expect("the answer to what was under way");
        assert!(answer.status == 200 && answer.closes(), "{answer:?}");
        tokio::time::timeout(LONG, server.finished())
            .await
            .expect("an end");
    });
}

#[test]
fn a_server_without_a_certificate_does_not_start() {
    runtime().block_on(async {
        let authority = Authority::new();
        let mount = Mount::new(&authority.issue());
        let mut wrong = options(&mount);
        wrong.certificate.key = "/nonexistent/tls.key".into();
        let metrics = kpolicy::server::Metrics::new();
        let error = kpolicy::server::Server::start(wrong, metrics, axum::Router::new())
            .await
            .expect_err("no server");
        assert!(
            error
                .to_string()
                .starts_with("cannot read `/nonexistent/tls.key`"),
            "{error}"
        );
    });
}
