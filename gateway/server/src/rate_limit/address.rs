//! Owns where a request comes from: the address of the connection, or what proxies that are trusted say before it.
//!
//! `X-Forwarded-For` is read from its end, since each proxy adds whom it has heard from there. What was there before the first
//! trusted proxy may be anything.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use axum::http::{HeaderMap, HeaderName};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// What is counted as one address: one of IPv4, or the 64 bits that name a network of IPv6, in which a host can choose its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address(IpAddr);

impl From<IpAddr> for Address {
    fn from(ip: IpAddr) -> Self {
        Self(match ip.to_canonical() {
            IpAddr::V4(v4) => v4.into(),
            IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(v4) => v4.fmt(f),
            IpAddr::V6(v6) => write!(f, "{v6}/64"),
        }
    }
}

/// Addresses that begin alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    prefix: u32,
}

impl Network {
    fn contains(&self, ip: IpAddr) -> bool {
        match (self.first, ip.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(ip)) => {
                let shift = 32 - self.prefix;
                first.to_bits().checked_shr(shift).unwrap_or(0) == ip.to_bits().checked_shr(shift).unwrap_or(0)
            }
            (IpAddr::V6(first), IpAddr::V6(ip)) => {
                let shift = 128 - self.prefix;
                first.to_bits().checked_shr(shift).unwrap_or(0) == ip.to_bits().checked_shr(shift).unwrap_or(0)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// What is no network.
#[derive(Debug, PartialEq, Eq)]
pub struct NotANetwork;

/// As `10.0.0.0/8`, or as one address.
impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let (ip, prefix) = match text.split_once('/') {
            Some((ip, prefix)) => (ip, Some(prefix.parse::<u32>().map_err(|_| NotANetwork)?)),
            None => (text, None),
        };
        let first: IpAddr = ip.parse().map_err(|_| NotANetwork)?;
        let bits = if first.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(bits);
        (prefix <= bits).then_some(Self { first, prefix }).ok_or(NotANetwork)
    }
}

/// The last address before those that are trusted, `peer` being the one that the connection comes from.
pub fn sender(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> Address {
    let is_trusted = |ip: IpAddr| trusted.iter().any(|network| network.contains(ip));
    let mut sender = peer;
    if is_trusted(peer) {
        // A header that is there several times is one list.
        let lists = headers.get_all(X_FORWARDED_FOR).iter().rev();
        let hops = lists.flat_map(|list| list.as_bytes().rsplit(|byte| *byte == b','));
        for hop in hops {
            // Where nothing can be read, the proxy that wrote it is the last that is known.
            let Some(ip) = std::str::from_utf8(hop).ok().and_then(|hop| address(hop.trim())) else { break };
            sender = ip;
            if !is_trusted(ip) {
                break;
            }
        }
    }
    sender.into()
}

/// Some proxies add the port.
fn address(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']')).unwrap_or(hop);
    bare.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_sender_is_whom_the_last_trusted_proxy_has_heard_from() {
        const NONE: &[&str] = &[];
        let cases = [
            ("203.0.113.7", NONE, "203.0.113.7"),
            ("203.0.113.7", &["198.51.100.1"][..], "203.0.113.7"),
            ("10.1.2.3", NONE, "10.1.2.3"),
            ("10.1.2.3", &["198.51.100.1"], "198.51.100.1"),
            ("10.1.2.3", &["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
            ("10.1.2.3", &["198.51.100.1, 10.9.9.9"], "198.51.100.1"),
            ("10.1.2.3", &["1.1.1.1", "198.51.100.1 ,10.9.9.9"], "198.51.100.1"),
            ("10.1.2.3", &["10.7.7.7, 10.9.9.9"], "10.7.7.7"),
            ("10.1.2.3", &["198.51.100.1:4711"], "198.51.100.1"),
            ("10.1.2.3", &["1.1.1.1, unknown"], "10.1.2.3"),
            ("10.1.2.3", &["1.1.1.1, unknown, 10.9.9.9"], "10.9.9.9"),
            ("10.1.2.3", &[""], "10.1.2.3"),
            ("10.1.2.3", &["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
            ("10.1.2.3", &["[2001:db8:1:2:3:4:5:6]:443"], "2001:db8:1:2::/64"),
            ("10.1.2.3", &["[2001:db8:1:2::9]"], "2001:db8:1:2::/64"),
            ("2001:db8:1:2:ffff::1", NONE, "2001:db8:1:2::/64"),
            ("fd00::1", &["198.51.100.1"], "198.51.100.1"),
            ("fd01::1", &["198.51.100.1"], "fd01::/64"),
            ("::ffff:10.1.2.3", &["198.51.100.1"], "198.51.100.1"),
            ("::ffff:203.0.113.7", NONE, "203.0.113.7"),
            ("192.0.2.1", &["198.51.100.1"], "198.51.100.1"),
            ("192.0.2.2", &["198.51.100.1"], "192.0.2.2"),
        ];
        let trusted: Vec<Network> =
            ["10.0.0.0/8", "fd00::/64", "192.0.2.1"].map(|text| text.parse().expect("a network")).into();
        for (peer, lists, expected) in cases {
            let mut headers = HeaderMap::new();
            for list in lists {
                headers.append(X_FORWARDED_FOR, HeaderValue::from_static(list));
            }
            let peer: IpAddr = peer.parse().expect("an address");
            assert_eq!(sender(peer, &headers, &trusted).to_string(), expected, "{peer} {lists:?}");
            assert_eq!(sender(peer, &headers, &[]), Address::from(peer), "nobody is trusted: {peer} {lists:?}");
        }
    }

    #[test]
    fn networks_are_an_address_and_a_length() {
        let cases = [
            ("10.0.0.0/8", Some(("10.255.0.1", "11.0.0.0"))),
            ("0.0.0.0/0", Some(("8.8.8.8", "::1"))),
            ("::/0", Some(("::1", "8.8.8.8"))),
            ("192.0.2.1", Some(("192.0.2.1", "192.0.2.0"))),
            ("2001:db8::/33", Some(("2001:db8:7fff::", "2001:db8:8000::"))),
            ("10.0.0.0/33", None),
            ("::/129", None),
            ("10.0.0/8", None),
            ("10.0.0.0/", None),
            ("host", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let network = text.parse::<Network>().ok();
            assert_eq!(network.is_some(), expected.is_some(), "{text}");
            if let (Some(network), Some((inside, outside))) = (network, expected) {
                let ip = |text: &str| text.parse().expect("an address");
                assert!(network.contains(ip(inside)) && !network.contains(ip(outside)), "{text}");
            }
        }
    }
}
