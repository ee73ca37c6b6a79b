//! Which brands posts name and which they do not: words, handles, tags, addresses, in ten languages.
//!
//! Each list of texts that must match stands beside one of texts that must not.

use super::*;
use crate::domain::brand::OwnAccount;

fn brand(keywords: &[&str], exclude: &[&str]) -> Brand {
    let all = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect();
    Brand { keywords: all(keywords), exclude: all(exclude), ..Brand::default() }
}

fn by(brand: &Brand, text: &str) -> Option<MatchedBy> {
    let post = Post { text: text.to_owned(), ..Post::default() };
    let matcher = Matcher::new(std::slice::from_ref(brand));
    let found = matcher.matches(&post).first().map(|hit| hit.by);
    assert_eq!(matcher.names_any(&Glimpse::from(&post)), found.is_some(), "{text}");
    found
}

#[test]
fn words_in_ten_languages() {
    let volta = brand(&["Volta", "Café Olé", "ボルタ", "Вольта"], &[]);
    for text in [
        "my Volta is dead",
        "ma volta!",
        "mijn VOLTA.",
        "„Volta“",
        "l'volta",
        "ボルタが壊れた",
        "このボルタは最高",
        "Voltaの電池",
        "電池Volta",
        "(volta)",
        "моя Вольта сломалась",
        "cafe ole is dicht",
        "CAFÉ  OLÉ",
        "Volta's",
        "Volta-klant",
        "#volta",
        "Ｖｏｌｔａ",
        "vol\u{200b}ta",
    ] {
        assert_eq!(by(&volta, text), Some(MatchedBy::Keyword), "{text}");
    }
    for text in [
        "Voltaire",
        "revolta",
        "voltas",
        "volta2",
        "volta_x",
        "Вольтаж",
        "cafe oleander",
        "vol ta",
        "@volta_fan",
    ] {
        assert_eq!(by(&volta, text), None, "{text}");
    }
}

#[test]
fn names_as_people_type_them() {
    let check = |keyword: &str, texts: &[&str], others: &[&str]| {
        let brand = brand(&[keyword], &[]);
        for text in texts {
            assert_eq!(by(&brand, text), Some(MatchedBy::Keyword), "{keyword} in {text}");
        }
        for text in others {
            assert_eq!(by(&brand, text), None, "{keyword} in {text}");
        }
    };
    check("Müller", &["Mueller", "MÜLLER", "Mu\u{308}ller", "muller"], &["Muellerin", "Mller"]);
    check("Øystein", &["oystein", "Oeystein", "ØYSTEIN"], &[]);
    check("Strauß", &["strauss", "STRAUẞ", "STRAUSS"], &["straus"]);
    check("Işık Bank", &["IŞIK BANK", "ışık bank", "isik bank", "Isik Bank"], &["ışıkbank"]);
    check(
        "KLM",
        &["KLМ help", "KLM은 늦었다", "KLM的飞机", "KLM航空", "I flew KLM.It was late"],
        &["klm.com", "klm.it/x"],
    );
    check("삼성", &["삼성 폰"], &["한국삼성"]);
}

#[test]
fn addresses_are_no_words() {
    let mut klm = brand(&["klm"], &[]);
    for text in [
        "https://x.example/klm",
        "www.klm.com/nl",
        "info@klm.com",
        "klm@example.com",
        "klm.com/help",
        "@klm.fans",
    ] {
        assert_eq!(by(&klm, text), None, "{text}");
    }
    klm.handles.push("klm".into());
    assert_eq!(by(&klm, "info@klm.com of @KLM?"), Some(MatchedBy::Handle));
    klm.keywords.push("klm.com".into());
    assert_eq!(by(&klm, "op klm.com kan ik niets"), Some(MatchedBy::Keyword));
}

#[test]
fn spelt_out_and_hidden_names() {
    let klm = brand(&["KLM"], &[]);
    for text in ["K L M is te laat", "k.l.m help", "boo K-L-M", "k*l*m", "Ｋ Ｌ Ｍ", "K.L.M. weer"] {
        assert_eq!(by(&klm, text), Some(MatchedBy::Keyword), "{text}");
    }
    for text in ["ok l m", "k l mm", "k.l.mn", "klmn", "k l"] {
        assert_eq!(by(&klm, text), None, "{text}");
    }
}

#[test]
fn compounds_only_by_choice() {
    let mut volta = brand(&["Volta"], &[]);
    assert_eq!(by(&volta, "Voltaklanten wachten"), None);
    volta.compounds = true;
    for text in ["Voltaklanten wachten", "der Voltaakku", "min nyvolta"] {
        assert_eq!(by(&volta, text), Some(MatchedBy::Keyword), "{text}");
    }
    for text in ["revoltant", "volta2000", "@voltaire_x"] {
        assert_eq!(by(&volta, text), None, "{text}");
    }
}

#[test]
fn context_words_and_domains() {
    let mut halo = brand(&["halo"], &["halo effect"]);
    halo.context = vec!["app".into(), "scherm".into(), "アプリ".into()];
    halo.domains = vec!["www.halo.example".into()];
    halo.hashtags = vec!["halo".into()];
    for text in ["my halo app crashed", "halo scherm kapot", "haloのアプリが落ちる"] {
        assert_eq!(by(&halo, text), Some(MatchedBy::Keyword), "{text}");
    }
    for text in ["a halo around the moon", "the halo effect of this app", "halo appje"] {
        assert_eq!(by(&halo, text), None, "{text}");
    }
    assert_eq!(by(&halo, "see https://shop.halo.example/x?y"), Some(MatchedBy::Domain));
    assert_eq!(by(&halo, "mail help@halo.example"), Some(MatchedBy::Domain));
    assert_eq!(by(&halo, "https://nothalo.example"), None);
    assert_eq!(by(&halo, "moon #halo"), Some(MatchedBy::Hashtag));
}

#[test]
fn exclusions_take_only_keywords_away() {
    let mut tempo = brand(&["tempo"], &["tempo run", "marathon"]);
    tempo.handles.push("@Tempo".into());
    tempo.hashtags.push("#tempo".into());
    assert_eq!(by(&tempo, "tempo levert niet"), Some(MatchedBy::Keyword));
    assert_eq!(by(&tempo, "easy tempo run today"), None);
    assert_eq!(by(&tempo, "marathon op tempo"), None);
    assert_eq!(by(&tempo, "marathons op tempo"), Some(MatchedBy::Keyword));
    assert_eq!(by(&tempo, "@tempo tempo run"), Some(MatchedBy::Handle));
    assert_eq!(by(&tempo, "#tempo marathon"), Some(MatchedBy::Hashtag));
}

#[test]
fn handles_with_and_without_servers() {
    let with = |handle: &str| Brand { handles: vec![handle.to_owned()], ..Brand::default() };
    let check = |handle: &str, text: &str, hit: bool| {
        assert_eq!(by(&with(handle), text), hit.then_some(MatchedBy::Handle), "{handle} in {text}");
    };
    check("klm", "@klm", true);
    check("klm", "@KLM@mastodon.example", true);
    check("klm", "@klm.bsky.social", false);
    check("klm", "@klm_x @xklm", false);
    check("klm", ".@klm: help", true);
    check("klm", "klm", false);
    check("klm.bsky.social", "hi @klm.bsky.social.", true);
    check("klm.bsky.social", "@klm", false);
    check("klm@toot.example", "@klm@toot.example", true);
    check("klm@toot.example", "@klm", true);
    check("klm@toot.example", "@klm@other.example", false);
    check("klm", "@klmさん", true);
}

#[test]
fn addressed_by_structure() {
    let mut acme = Brand { handles: vec!["acme".into()], ..Brand::default() };
    acme.own_accounts.push(OwnAccount { platform: "bluesky".into(), account: "did:plc:1".into() });
    let hit = |platform: &str, mention: &str| {
        let post = Post {
            platform: platform.into(),
            mentions: vec![mention.into()],
            text: "help".into(),
            ..Post::default()
        };
        Matcher::new(std::slice::from_ref(&acme)).matches(&post).first().map(|hit| hit.by)
    };
    assert_eq!(hit("x", "ACME"), Some(MatchedBy::Addressed));
    assert_eq!(hit("mastodon", "@acme@toot.example"), Some(MatchedBy::Addressed));
    assert_eq!(hit("bluesky", "did:plc:1"), Some(MatchedBy::Addressed));
    assert_eq!(hit("x", "did:plc:1"), None);
}

#[test]
fn many_brands_each_once_and_in_order() {
    let brands: Vec<Brand> = (0..20_000).map(|i| brand(&[&format!("merk{i}"), "gedeeld"], &[])).collect();
    let matcher = Matcher::new(&brands);
    let post = Post { text: "merk19999 merk7 merk7".into(), ..Post::default() };
    let hits: Vec<usize> = matcher.clone().matches(&post).iter().map(|h| h.brand).collect();
    assert_eq!(hits, [7, 19_999]);
    let post = Post { text: "gedeeld".into(), ..Post::default() };
    assert_eq!(matcher.matches(&post).len(), 20_000);
    assert_eq!(Matcher::new(&[]).matches(&post), []);
}
