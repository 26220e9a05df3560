//! IP addresses and networks: `ip`, `cidr` and what can be asked of them.

use std::sync::Arc;

use super::super::error::Failure;
use super::super::library::cidr::Cidr;
use super::super::library::ip::Address;
use super::super::types::Overload;
use super::super::types::sorts::{BOOL, CIDR, INT, IP, STRING};
use super::super::value::{Content, OpaqueKind, Value};
use super::{Arguments, Computed, Function};

/// The release that brought both libraries.
const SINCE: u8 = 30;

const STRING_TO_BOOL: &[Overload] = &[Overload::new(&[STRING], BOOL).since(SINCE)];
const IP_TO_BOOL: &[Overload] = &[Overload::new(&[IP], BOOL).since(SINCE)];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global("ip", &[Overload::new(&[STRING], IP).since(SINCE)], ip),
    Function::global("isIP", STRING_TO_BOOL, is_ip),
    Function::global("ip.isCanonical", STRING_TO_BOOL, is_canonical),
    Function::method("family", &[Overload::new(&[IP], INT).since(SINCE)], family),
    Function::method("isUnspecified", IP_TO_BOOL, |arguments| {
        asked(arguments, Address::is_unspecified)
    }),
    Function::method("isLoopback", IP_TO_BOOL, |arguments| {
        asked(arguments, Address::is_loopback)
    }),
    Function::method("isLinkLocalMulticast", IP_TO_BOOL, |arguments| {
        asked(arguments, Address::is_link_local_multicast)
    }),
    Function::method("isLinkLocalUnicast", IP_TO_BOOL, |arguments| {
        asked(arguments, Address::is_link_local_unicast)
    }),
    Function::method("isGlobalUnicast", IP_TO_BOOL, |arguments| {
        asked(arguments, Address::is_global_unicast)
    }),
    Function::global("cidr", &[Overload::new(&[STRING], CIDR).since(SINCE)], cidr),
    Function::global("isCIDR", STRING_TO_BOOL, is_cidr),
    Function::method(
        "containsIP",
        &[
            Overload::new(&[CIDR, STRING], BOOL).since(SINCE),
            Overload::new(&[CIDR, IP], BOOL).since(SINCE),
        ],
        contains_ip,
    ),
    Function::method(
        "containsCIDR",
        &[
            Overload::new(&[CIDR, STRING], BOOL).since(SINCE),
            Overload::new(&[CIDR, CIDR], BOOL).since(SINCE),
        ],
        contains_cidr,
    ),
    Function::method("ip", &[Overload::new(&[CIDR], IP).since(SINCE)], ip_of_cidr),
    Function::method(
        "prefixLength",
        &[Overload::new(&[CIDR], INT).since(SINCE)],
        prefix_length,
    ),
    Function::method(
        "masked",
        &[Overload::new(&[CIDR], CIDR).since(SINCE)],
        masked,
    ),
];

fn ip<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    Address::parse(arguments.text(0)?)
        .map(made_ip)
        .map_err(Failure::argument)
}

fn is_ip<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    Ok(Value::Bool(Address::parse(arguments.text(0)?).is_ok()))
}

fn is_canonical<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    Address::is_canonical(arguments.text(0)?)
        .map(Value::Bool)
        .map_err(Failure::argument)
}

fn family<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    Ok(Value::Int(address(arguments, 0)?.family()))
}

fn asked<'a>(arguments: &Arguments<'_, 'a>, is: impl Fn(Address) -> bool) -> Computed<'a> {
    Ok(Value::Bool(is(address(arguments, 0)?)))
}

fn cidr<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    Cidr::parse(arguments.text(0)?)
        .map(made_cidr)
        .map_err(Failure::argument)
}

fn is_cidr<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    Ok(Value::Bool(Cidr::parse(arguments.text(0)?).is_ok()))
}

/// An address, or the text of one.
fn contains_ip<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let network = network(arguments, 0)?;
    let address = match arguments.content(1) {
        Content::String(text) => Address::parse(text).map_err(Failure::argument)?,
        _ => address(arguments, 1)?,
    };
    Ok(Value::Bool(network.contains(address)))
}

/// A network, or the text of one.
fn contains_cidr<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    let outer = network(arguments, 0)?;
    let inner = match arguments.content(1) {
        Content::String(text) => Cidr::parse(text).map_err(Failure::argument)?,
        _ => network(arguments, 1)?,
    };
    Ok(Value::Bool(outer.contains_network(inner)))
}

fn ip_of_cidr<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    Ok(made_ip(network(arguments, 0)?.address()))
}

fn prefix_length<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    Ok(Value::Int(network(arguments, 0)?.prefix_length()))
}

fn masked<'a>(arguments: &Arguments<'_, 'a>) -> Computed<'a> {
    Ok(made_cidr(network(arguments, 0)?.masked()))
}

fn made_ip<'a>(address: Address) -> Value<'a> {
    Value::opaque(OpaqueKind::Ip(Arc::new(address)))
}

fn made_cidr<'a>(cidr: Cidr) -> Value<'a> {
    Value::opaque(OpaqueKind::Cidr(Arc::new(cidr)))
}

fn address(arguments: &Arguments<'_, '_>, position: usize) -> Result<Address, Failure> {
    match arguments.content(position) {
        Content::Opaque(OpaqueKind::Ip(address)) => Ok(**address),
        _ => Err(Failure::overload()),
    }
}

fn network(arguments: &Arguments<'_, '_>, position: usize) -> Result<Cidr, Failure> {
    match arguments.content(position) {
        Content::Opaque(OpaqueKind::Cidr(cidr)) => Ok(**cidr),
        _ => Err(Failure::overload()),
    }
}
