//! The addresses of one run: a /16 of loopback addresses that no other run on this machine uses.
//!
//! The range is the API server's Service range, so kpolicy can listen on the very address that the API server dials for
//! its Service. Only Linux answers on all of 127.0.0.0/8.

use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::sync::atomic::{AtomicU8, Ordering};

/// Held open on the first address of the range for as long as the range is in use.
const LOCK: u16 = 27_437;

/// Addresses of this run.
#[derive(Debug)]
pub(crate) struct Territory {
    second: u8,
    next: AtomicU8,
    _lock: TcpListener,
}

impl Territory {
    /// Takes the first range that is free.
    pub(crate) fn take() -> Self {
        for second in 64..127 {
            let first = Ipv4Addr::new(127, second, 0, 1);
            if let Ok(lock) = TcpListener::bind((first, LOCK)) {
                return Self {
                    second,
                    next: AtomicU8::new(10),
                    _lock: lock,
                };
            }
        }
        panic!("no loopback range is free: port {LOCK} is taken on 127.64.0.1 to 127.126.0.1");
    }

    /// For `--service-cluster-ip-range`.
    pub(crate) fn range(&self) -> String {
        format!("127.{}.0.0/16", self.second)
    }

    /// Where the control plane listens.
    pub(crate) fn control_plane(&self) -> Ipv4Addr {
        Ipv4Addr::new(127, self.second, 0, 2)
    }

    /// An address for one more Service, from the part of the range that the API server gives to nobody by itself.
    pub(crate) fn service(&self) -> Ipv4Addr {
        let last = self.next.fetch_add(1, Ordering::Relaxed);
        assert!(
            last < 250,
            "a run has 240 addresses for kpolicy, each used once"
        );
        Ipv4Addr::new(127, self.second, 0, last)
    }
}

/// A port of this address that nobody listens on. Nobody else takes it, since the address is this run's alone.
pub(crate) fn free_port(address: Ipv4Addr) -> SocketAddrV4 {
    let listener = TcpListener::bind((address, 0)).expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    SocketAddrV4::new(address, port)
}
