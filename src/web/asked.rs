//! What is known of a request before anybody is logged in: language, and the address it comes from.
//!
//! A proxy in front tells the address of who asked it. What it tells is believed only if the settings name it, and is
//! read from the right: whatever stands further to the left than the first address that is nobody's of ours was
//! written by whoever asks, and may be anything.

use super::languages::Languages;
use super::texts::Texts;
use axum::http::HeaderMap;
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};

/// Most proxies in a row that are followed.
const HOPS_MAX: usize = 16;

/// What is known of a request before anybody is logged in.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The language of the page.
    pub texts: &'static Texts,
    /// What may be chosen as its language: tag, name, whether it was chosen.
    pub languages: Vec<(&'static str, &'static str, bool)>,
    /// The language of who turned out to ask, set at the door for what is said of a failure behind it.
    pub spoken: Arc<OnceLock<&'static Texts>>,
    /// The address that tries are counted by.
    pub address: String,
    /// Whether it comes from a process on this machine and through nobody else.
    pub local: bool,
}

/// The address at the other end of the connection, set by the server.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// Addresses that begin alike: `10.0.0.0/8`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Net {
    address: IpAddr,
    bits: u8,
}

impl Net {
    /// Reads one as the settings write it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Self, &'static str> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| "not an address")?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |b| b.parse::<u8>().map_err(|_| "its length is not a number"))?;
        if bits > most {
            return Err("its length is more than the address has");
        }
        let net = Self { address, bits };
        // 10.1.2.3/8 may be meant as one address or as many.
        if net.masked(address) != Self::number(address) {
            return Err("the address has more than its length says");
        }
        Ok(net)
    }

    /// The bits of an address, at the upper end.
    fn number(address: IpAddr) -> u128 {
        match address {
            IpAddr::V4(ip) => u128::from(ip.to_bits()) << 96,
            IpAddr::V6(ip) => ip.to_bits(),
        }
    }

    fn masked(self, address: IpAddr) -> u128 {
        let mask = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
        Self::number(address) & mask
    }

    /// Whether an address lies in it.
    pub fn holds(self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4() && self.masked(address) == Self::number(self.address)
    }
}

/// Which header the proxies in front write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`.
    #[default]
    #[serde(rename = "x-forwarded-for")]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    #[serde(rename = "forwarded")]
    Forwarded,
}

/// The proxies that are believed.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    nets: Vec<Net>,
    header: ForwardedHeader,
}

impl Proxies {
    /// After the settings, in which what cannot be read is a mistake; here it is left out.
    pub fn new(nets: &[String], header: ForwardedHeader) -> Self {
        Self { nets: nets.iter().filter_map(|n| Net::read(n).ok()).collect(), header }
    }

    fn are_ours(&self, address: IpAddr) -> bool {
        self.nets.iter().any(|n| n.holds(address))
    }

    /// Who asked, by what the proxies in front say: the first from the right that is none of ours.
    fn client(&self, headers: &HeaderMap, peer: IpAddr) -> IpAddr {
        let mut client = peer;
        if !self.are_ours(client) {
            return client;
        }
        let name = match self.header {
            ForwardedHeader::XForwardedFor => "x-forwarded-for",
            ForwardedHeader::Forwarded => "forwarded",
        };
        let lines: Vec<&str> = headers.get_all(name).iter().map(|v| v.to_str().unwrap_or_default()).collect();
        let hops = lines.iter().rev().flat_map(|line| line.rsplit(','));
        for hop in hops.take(HOPS_MAX) {
            // What cannot be read says nothing, and nothing behind it can be believed.
            let Some(address) = self.read(hop) else { return client };
            client = address;
            if !self.are_ours(client) {
                return client;
            }
        }
        client
    }

    fn read(&self, hop: &str) -> Option<IpAddr> {
        match self.header {
            ForwardedHeader::XForwardedFor => address(hop.trim()),
            ForwardedHeader::Forwarded => {
                let part = hop.split(';').find_map(|part| {
                    let (name, value) = part.split_once('=')?;
                    name.trim().eq_ignore_ascii_case("for").then_some(value.trim())
                })?;
                address(part.trim_matches('"'))
            }
        }
    }
}

/// An address, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|t| t.split_once(']')).map(|(ip, _)| ip);
    bare.unwrap_or(text).parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|a| a.ip()))
}

impl Asked {
    /// Reads a request's head. A forwarded address is believed only from a proxy that the settings name.
    pub fn of(
        headers: &HeaderMap,
        peer: Option<IpAddr>,
        (proxies, languages): (&Proxies, &Languages),
    ) -> Self {
        let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let near = peer.is_some_and(|ip| ip.is_loopback());
        let proxied =
            ["forwarded", "x-forwarded-for", "x-real-ip", "via"].iter().any(|h| headers.contains_key(*h));
        let host = text("host").to_ascii_lowercase();
        let host = host
            .rsplit_once(':')
            .filter(|(_, p)| p.bytes().all(|b| b.is_ascii_digit()))
            .map_or(&*host, |(h, _)| h);
        let local_name = host == "localhost" || host == "[::1]" || host.starts_with("127.");
        Self {
            texts: languages.of(headers),
            languages: languages.choices(headers),
            spoken: Arc::default(),
            address: peer.map_or_else(String::new, |peer| network(proxies.client(headers, peer))),
            local: near && !proxied && local_name,
        }
    }
}

/// The address as tries are counted: an IPv6 customer has a whole /64.
fn network(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => {
            let s = ip.segments();
            format!("{:x}:{:x}:{:x}:{:x}::/64", s[0], s[1], s[2], s[3])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn of(nets: &[&str], header: ForwardedHeader, lines: &[&'static str], peer: [u8; 4]) -> String {
        let nets: Vec<String> = nets.iter().map(|n| (*n).to_owned()).collect();
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", HeaderValue::from_static(line));
            headers.append("forwarded", HeaderValue::from_static(line));
        }
        Asked::of(&headers, Some(IpAddr::from(peer)), (&Proxies::new(&nets, header), &Languages::default()))
            .address
    }

    #[test]
    fn what_a_proxy_says_is_read_from_the_right() {
        use ForwardedHeader::{Forwarded, XForwardedFor};
        let two = ["127.0.0.0/8", "10.0.0.0/8"];
        for (lines, peer, wanted) in [
            (&["6.6.6.6, 203.0.113.9"][..], [127, 0, 0, 1], "203.0.113.9"),
            (&["6.6.6.6, 203.0.113.9, 10.1.1.1"], [127, 0, 0, 1], "203.0.113.9"),
            (&["6.6.6.6", "203.0.113.9, 10.1.1.1", "10.1.1.2"], [10, 9, 9, 9], "203.0.113.9"),
            (&["6.6.6.6"], [192, 0, 2, 1], "192.0.2.1"),
            (&["10.1.1.1"], [127, 0, 0, 1], "10.1.1.1"),
            (&["203.0.113.9, unknown, 10.1.1.1"], [127, 0, 0, 1], "10.1.1.1"),
            (&["203.0.113.9:4711"], [127, 0, 0, 1], "203.0.113.9"),
            (&["[2001:db8:1:2:3::4]:4711"], [127, 0, 0, 1], "2001:db8:1:2::/64"),
            (&[""], [127, 0, 0, 1], "127.0.0.1"),
            (&[], [127, 0, 0, 1], "127.0.0.1"),
        ] {
            assert_eq!(of(&two, XForwardedFor, lines, peer), wanted, "{lines:?}");
        }
        for (lines, wanted) in [
            (&["for=6.6.6.6, for=203.0.113.9;proto=https"][..], "203.0.113.9"),
            (&["proto=https;For=\"[2001:db8:1:2::4]:9\""], "2001:db8:1:2::/64"),
            (&["for=6.6.6.6, for=_hidden"], "127.0.0.1"),
            (&["proto=https"], "127.0.0.1"),
        ] {
            assert_eq!(of(&two, Forwarded, lines, [127, 0, 0, 1]), wanted, "{lines:?}");
        }
        assert_eq!(of(&[], XForwardedFor, &["6.6.6.6"], [127, 0, 0, 1]), "127.0.0.1");
        assert_eq!(of(&["127.0.0.0/8"], XForwardedFor, &["6.6.6.6"], [10, 0, 0, 1]), "10.0.0.1");
    }

    #[test]
    fn nets_are_read_and_mistakes_named() {
        let holds = |net: &str, ip: &str| Net::read(net).unwrap().holds(ip.parse().unwrap());
        assert!(holds("10.0.0.0/8", "10.255.0.1") && !holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("192.0.2.7", "192.0.2.7") && !holds("192.0.2.7", "192.0.2.8"));
        assert!(holds("0.0.0.0/0", "8.8.8.8") && !holds("0.0.0.0/0", "::1"));
        assert!(holds("fd00::/8", "fd12::1") && holds("::/0", "2001:db8::1"));
        assert!(holds("10.0.0.0/8", "::ffff:10.0.0.1"), "an address of the old kind in the new form");
        for bad in ["", "10.0.0.0/33", "10.0.0.0/x", "10.0.0.1/8", "host", "fd00::/129", "/8"] {
            assert!(Net::read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_process_on_this_machine_is_told_from_a_proxy_on_it() {
        let proxies = Proxies::new(&["127.0.0.0/8".to_owned()], ForwardedHeader::default());
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("localhost:8080"));
        let near = Some(IpAddr::from([127, 0, 0, 1]));
        assert!(Asked::of(&headers, near, (&proxies, &Languages::default())).local);
        assert!(
            !Asked::of(&headers, Some(IpAddr::from([10, 0, 0, 1])), (&proxies, &Languages::default())).local
        );
        headers.insert("x-forwarded-for", HeaderValue::from_static("6.6.6.6, 203.0.113.9"));
        assert!(!Asked::of(&headers, near, (&proxies, &Languages::default())).local);
        headers.remove("x-forwarded-for");
        headers.insert("host", HeaderValue::from_static("evil.example"));
        assert!(
            !Asked::of(&headers, near, (&proxies, &Languages::default())).local,
            "a name that was rebound to this machine"
        );
    }
}
