//! Offers that are ready-made, with the address that a brand gives.

use super::*;

fn mistakes(more: &str, link: usize) -> Vec<String> {
    let link = format!("https://acme.example/{}", "p".repeat(link));
    let text = format!(
        "{BRAND}private_link = '{link}/{{code}}'\n{more}[[source]]\nname = 'b'\n[source.bluesky]\n\
         account = 'brand.test'\napp_password = 'abcd-efgh-ijkl-mnop'\n"
    );
    load_with(&text, &NONE, &Flags::default()).err().unwrap_or_default()
}

#[test]
fn ready_made_offers_are_measured_with_the_longest_link() {
    assert!(mistakes("", 20).is_empty(), "{:?}", mistakes("", 20));
    let long = mistakes("", 180);
    assert_eq!(long.len(), 1, "{long:?}");
    assert!(
        long[0].starts_with("F:4: brand[0].private_link: with this the ready-made offer in '"),
        "{long:?}"
    );
    assert!(long[0].contains(" too many; bluesky takes 300; write a shorter offer"), "{long:?}");
    // What the brand says itself is chosen before them, in its language or in every one.
    let own = "[[brand.template]]\ntext = '{link}'\n";
    assert!(mistakes(own, 180).is_empty(), "{:?}", mistakes(own, 180));
    let in_dutch = "[[brand.template]]\nlanguage = 'nl'\ntext = '{link}'\n";
    assert_eq!(mistakes(in_dutch, 180).len(), 1, "the other languages are as they were");
}
