//! Owns which names lead to this machine: what is behind them is not on the network, and a page of another site that has its own name lead
//! here (DNS rebinding) has another.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Whether an authority, as `Host` has it, is this machine's own.
pub fn is_this_machine(authority: &str) -> bool {
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    if let Some((address, rest)) = authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let is_loopback = address.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback());
        return is_loopback && (rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port));
    }
    let (name, port) = authority.split_once(':').unwrap_or((authority, ""));
    let name = name.to_ascii_lowercase();
    let is_loopback = name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback());
    is_port(port) && (is_loopback || name == "localhost" || name.ends_with(".localhost"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine() {
        let cases = [
            ("localhost", true),
            ("LOCALHOST:4000", true),
            ("shop.localhost:4000", true),
            ("127.0.0.1:4000", true),
            ("127.8.9.1", true),
            ("[::1]:4000", true),
            ("[::1]", true),
            ("", false),
            ("192.168.1.7:4000", false),
            ("localhost.evil.example:4000", false),
            ("evil.example", false),
            ("notlocalhost", false),
            ("127.0.0.1.evil.example", false),
            ("[::2]:4000", false),
            ("[::1].evil.example", false),
            ("localhost:evil", false),
        ];
        for (authority, expected) in cases {
            assert_eq!(is_this_machine(authority), expected, "{authority}");
        }
    }
}
