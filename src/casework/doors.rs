//! Doors: accounts of a brand to which customers of every platform may come, where their own has no private channel.

use crate::sources::Accounts;

/// The ways in of accounts of a brand where customers of every platform are welcome.
fn doors(accounts: &Accounts, brand: &str) -> Vec<String> {
    let all = accounts.all();
    let of_brand = all.iter().filter(|a| a.brand.as_ref().is_none_or(|b| b.eq_ignore_ascii_case(brand)));
    of_brand.filter_map(|a| a.source.private().filter(|p| p.takes_everybody())?.way_in()).collect()
}

/// The way in that an offer names.
pub(super) fn door(accounts: &Accounts, brand: &str) -> Option<String> {
    chosen(&doors(accounts, brand)).cloned()
}

/// The numbers and mail addresses in ways in, which are the brand's own.
pub(super) fn own_ways(accounts: &Accounts, brand: &str) -> Vec<String> {
    doors(accounts, brand).iter().filter_map(|way| own(way)).collect()
}

/// By a way that carries the code nobody has to type it; of several the first of the settings.
fn chosen(ways: &[String]) -> Option<&String> {
    ways.iter().find(|way| way.contains("{code}")).or(ways.first())
}

/// What of a way in would be taken for somebody's: its mail address, or the number in it.
fn own(way: &str) -> Option<String> {
    if way.contains('@') && !way.contains('/') {
        return Some(way.to_owned());
    }
    way.split(|c: char| !c.is_ascii_digit()).find(|n| n.len() >= 8).map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(ways: &[&str]) -> Vec<String> {
        ways.iter().map(|w| (*w).to_owned()).collect()
    }

    #[test]
    fn a_way_that_carries_the_code_goes_first() {
        let ways =
            all(&["care@acme.example", "https://t.me/acme_bot?start={code}", "https://wa.me/31?text={code}"]);
        assert_eq!(chosen(&ways), Some(&ways[1]));
        assert_eq!(chosen(&ways[..1]), Some(&ways[0]));
        assert_eq!(chosen(&[]), None);
    }

    #[test]
    fn what_is_the_brands_own_is_known() {
        assert_eq!(own("care@acme.example").as_deref(), Some("care@acme.example"));
        assert_eq!(own("https://wa.me/31201234567?text={code}").as_deref(), Some("31201234567"));
        assert_eq!(own("https://t.me/acme_bot?start={code}"), None);
    }
}
