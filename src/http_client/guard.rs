//! Which addresses the daemon may call: public ones, unless the operator allows more.
//!
//! The names of servers come from settings and from outside, so a name alone proves nothing. The
//! guard looks at the address that a name resolved to, at the moment of connecting, and at hosts
//! that are addresses themselves; a name that changes its address between two look-ups gains
//! nothing. It never judges by the name.

use super::{CallError, NotSent};
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use url::{Host, Url};

/// An address that must not be called; stands in the chain of a connection error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{host} is {what}; webcared calls public addresses only unless outbound.allow_private_addresses is set"
)]
pub struct RefusedAddress {
    /// The host that was to be called.
    pub host: String,
    /// What kind of address it is.
    pub what: &'static str,
}

/// Decides which addresses may be called.
#[derive(Clone, Copy, Debug)]
pub struct Guard {
    allow_private: bool,
}

impl Guard {
    /// A guard that lets public addresses pass, or all.
    pub fn new(allow_private: bool) -> Self {
        Self { allow_private }
    }

    /// Checks what can be seen before any look-up: scheme, no credentials in the address, no
    /// refused address as host.
    pub fn check(&self, url: &Url) -> Result<(), CallError> {
        let bad = |detail: String| CallError::NotSent { cause: NotSent::BadAddress, detail };
        if !matches!(url.scheme(), "http" | "https" | "ws" | "wss") {
            return Err(bad(format!("the scheme '{}' is not called", url.scheme())));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("a name or password in the address is not allowed".to_owned()));
        }
        let literal = match url.host() {
            None => return Err(bad("the address has no host".to_owned())),
            Some(Host::Domain(_)) => return Ok(()),
            Some(Host::Ipv4(v4)) => IpAddr::V4(v4),
            Some(Host::Ipv6(v6)) => IpAddr::V6(v6),
        };
        self.admit(&literal.to_string(), literal)
            .map_err(|refused| CallError::NotSent { cause: NotSent::Refused, detail: refused.to_string() })
    }

    /// Resolves a host to the addresses that may be called.
    pub async fn resolve(
        &self,
        host: &str,
        port: u16,
    ) -> Result<Vec<SocketAddr>, Box<dyn Error + Send + Sync>> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let found: Vec<SocketAddr> = tokio::net::lookup_host((bare, port)).await?.collect();
        let mut refused = None;
        let mut allowed = Vec::new();
        for address in found {
            match self.admit(host, address.ip()) {
                Ok(()) => allowed.push(address),
                Err(error) => refused = Some(error),
            }
        }
        match (allowed.is_empty(), refused) {
            (false, _) => Ok(allowed),
            (true, Some(refused)) => Err(Box::new(refused)),
            (true, None) => Err(format!("{host} has no address").into()),
        }
    }

    fn admit(&self, host: &str, address: IpAddr) -> Result<(), RefusedAddress> {
        match not_public(address) {
            Some(what) if !self.allow_private => Err(RefusedAddress { host: host.to_owned(), what }),
            _ => Ok(()),
        }
    }
}

impl reqwest::dns::Resolve for Guard {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let guard = *self;
        Box::pin(async move {
            let allowed = Guard::resolve(&guard, name.as_str(), 0).await?;
            Ok(Box::new(allowed.into_iter()) as reqwest::dns::Addrs)
        })
    }
}

/// What makes an address not public; `None` for a public one.
pub fn not_public(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(v4) => not_public_v4(v4),
        IpAddr::V6(v6) => not_public_v6(v6),
    }
}

fn not_public_v4(address: Ipv4Addr) -> Option<&'static str> {
    match address.octets() {
        [0, ..] => Some("'this network' (0.0.0.0/8)"),
        [10, ..] | [192, 168, ..] => Some("a private address"),
        [172, b, ..] if (16..32).contains(&b) => Some("a private address"),
        [100, b, ..] if (64..128).contains(&b) => Some("a shared address of a provider (100.64.0.0/10)"),
        [127, ..] => Some("a loopback address"),
        [169, 254, ..] => Some("a link-local address, where cloud metadata lives"),
        [168, 63, 129, 16] => Some("a cloud's metadata address"),
        [192, 0, 0 | 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [192, 88, 99, _] => {
            Some("an address set aside for special use")
        }
        [198, 18 | 19, ..] => Some("an address set aside for measurements"),
        [224..=239, ..] => Some("a multicast address"),
        [240..=255, ..] => Some("a reserved address"),
        _ => None,
    }
}

fn not_public_v6(address: Ipv6Addr) -> Option<&'static str> {
    if let Some(v4) = address.to_ipv4_mapped() {
        return not_public_v4(v4);
    }
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("a loopback address"),
        [0, 0, 0, 0, 0, 0, ..] => Some("an unspecified or IPv4-compatible address"),
        [0x64, 0xff9b, ..] => Some("a NAT64 address"),
        [0x100, 0, 0, 0, ..] => Some("an address that discards"),
        [0x2001, 0, ..] | [0x2002, ..] => Some("a Teredo or 6to4 address"),
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0x0fff, ..] => Some("an address for documentation"),
        [0xfc00..=0xfdff, ..] => Some("a private address"),
        [0xfe80..=0xfeff, ..] => Some("a link-local address"),
        [0xff00..=0xffff, ..] => Some("a multicast address"),
        [0..=0x1fff | 0x4000..=0xffff, ..] => Some("no global address"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        let refused = [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.8.8.8",
            "169.254.169.254",
            "168.63.129.16",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2001::1",
            "2002:7f00:1::",
            "2001:db8::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ];
        for text in refused {
            assert!(not_public(text.parse().unwrap()).is_some(), "{text} must be refused");
        }
        for text in ["1.1.1.1", "100.128.0.1", "172.32.0.1", "193.0.0.1", "2606:4700::1111", "::ffff:8.8.8.8"]
        {
            assert_eq!(not_public(text.parse().unwrap()), None, "{text} is public");
        }
    }

    #[test]
    fn an_address_in_disguise_is_seen_through() {
        let guard = Guard::new(false);
        let disguised = [
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://[::ffff:127.0.0.1]/",
            "http://127.0.0.1./",
            "http://169。254。169。254/",
            "ws://[fd00:ec2::254]/",
        ];
        for text in disguised {
            let url = Url::parse(text).unwrap();
            assert!(
                matches!(guard.check(&url), Err(CallError::NotSent { cause: NotSent::Refused, .. })),
                "{text} must be refused"
            );
            assert!(Guard::new(true).check(&url).is_ok(), "{text} is allowed on request");
        }
        for text in
            ["file:///etc/passwd", "gopher://a/", "http://user@example.com/", "http://:x@example.com/"]
        {
            let url = Url::parse(text).unwrap();
            assert!(
                matches!(
                    Guard::new(true).check(&url),
                    Err(CallError::NotSent { cause: NotSent::BadAddress, .. })
                ),
                "{text} is never called"
            );
        }
    }

    #[tokio::test]
    async fn a_name_is_judged_by_its_address() {
        let refused = Guard::new(false).resolve("localhost", 80).await.unwrap_err();
        assert!(refused.downcast_ref::<RefusedAddress>().is_some(), "{refused}");
        assert!(!Guard::new(true).resolve("localhost", 80).await.unwrap().is_empty());
    }
}
