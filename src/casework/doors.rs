//! Doors: accounts of a brand to which customers of every platform may come, where their own has no private channel.

use crate::sources::Accounts;

/// The ways in of accounts of a brand where customers of every platform are welcome.
fn doors(accounts: &Accounts, brand: &str) -> Vec<String> {
    let all = accounts.all();
    let of_brand = all.iter().filter(|a| a.brand.as_ref().is_none_or(|b| b.eq_ignore_ascii_case(brand)));
    of_brand.filter_map(|a| a.source.private().filter(|p| p.takes_everybody())?.way_in()).collect()
}

/// The one of them that an offer names: by one that carries the code nobody has to type it.
pub(super) fn door(accounts: &Accounts, brand: &str) -> Option<String> {
    let all = doors(accounts, brand);
    all.iter().find(|way| way.contains("{code}")).or(all.first()).cloned()
}

/// The numbers and mail addresses in them, which are the brand's own.
pub(super) fn own_ways(accounts: &Accounts, brand: &str) -> Vec<String> {
    let own = |way: &String| {
        if way.contains('@') && !way.contains('/') {
            return Some(way.clone());
        }
        way.split(|c: char| !c.is_ascii_digit()).find(|n| n.len() >= 8).map(ToOwned::to_owned)
    };
    doors(accounts, brand).iter().filter_map(own).collect()
}
