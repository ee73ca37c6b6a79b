//! Frames of both versions, as published.

use super::*;

const V1_POST: &str = r#"{"did":"did:plc:anna","time_us":1795512600123456,"kind":"commit","commit":{
    "rev":"3l","operation":"create","collection":"app.bsky.feed.post","rkey":"3lxyz","cid":"bafyrei1",
    "record":{"$type":"app.bsky.feed.post","text":"@acme.example waar is \"mijn\" pakket? 📦",
    "createdAt":"1970-01-01T00:00:00.000Z","langs":["nl","en"],
    "facets":[{"index":{"byteStart":0,"byteEnd":13},"features":[
        {"$type":"app.bsky.richtext.facet#mention","did":"did:plc:brand"},
        {"$type":"app.bsky.richtext.facet#tag","tag":"x"}]}],
    "reply":{"root":{"uri":"at://did:plc:o/app.bsky.feed.post/1","cid":"a"},
        "parent":{"uri":"at://did:plc:o/app.bsky.feed.post/2","cid":"b"}}}}}"#;

fn v2(kind: &str, rest: &str) -> String {
    format!(
        r#"{{"$type":"message","payload":{{"$type":"network.bsky.jetstream.subscribeEvents#{kind}"{rest}}}}}"#
    )
}

#[test]
fn a_new_post_of_version_1() {
    let Event::Post(seen, position) = read(1, V1_POST) else { panic!("a post") };
    assert_eq!(seen.glimpse().mentions, ["did:plc:brand"]);
    let post = seen.post();
    assert_eq!(position, Position { micros: 1_795_512_600_123_456, seq: None });
    assert_eq!(post.external_id, "at://did:plc:anna/app.bsky.feed.post/3lxyz");
    assert_eq!(post.author.id, "did:plc:anna");
    assert_eq!(post.created_at, "2026-11-24T09:30:00.123Z", "the server's time, not the author's");
    assert_eq!(post.text, "@acme.example waar is \"mijn\" pakket? 📦");
    assert_eq!(post.lang.as_deref(), Some("nl"));
    assert_eq!(post.conversation_id.as_deref(), Some("at://did:plc:o/app.bsky.feed.post/1"));
    assert_eq!(post.in_reply_to.as_deref(), Some("at://did:plc:o/app.bsky.feed.post/2"));
    assert_eq!(post.url.as_deref(), Some("https://bsky.app/profile/did:plc:anna/post/3lxyz"));
    assert_eq!(post.local_id.as_deref(), Some("bafyrei1"));
    assert_eq!(post.mentions, ["did:plc:brand"]);
    assert!(post.check().is_ok());
}

#[test]
fn a_new_post_of_version_2() {
    let rest = r#","seq":24647190112,"did":"did:plc:anna","time":"2026-11-24T09:30:00.123456Z","rev":"3l",
        "operation":"create","collection":"app.bsky.feed.post","rkey":"3lxyz","cid":"bafyrei1",
        "record":{"$type":"app.bsky.feed.post","text":"hej"}"#;
    let frame = v2("commit", rest);
    let Event::Post(seen, position) = read(2, &frame) else { panic!("a post") };
    let post = seen.post();
    assert_eq!(position, Position { micros: 1_795_512_600_123_456, seq: Some(24_647_190_112) });
    assert_eq!(post.conversation_id.as_deref(), Some(post.external_id.as_str()));
    assert_eq!((post.in_reply_to, post.lang), (None, None));
}

#[test]
fn what_is_no_new_post_is_told_apart() {
    let v1 = |operation: &str, collection: &str| {
        let text = format!(
            r#"{{"did":"d","time_us":5,"kind":"commit","commit":{{"operation":"{operation}",
            "collection":"{collection}","rkey":"k","rev":"r","record":{{"text":"x"}}}}}}"#
        );
        match read(1, &text) {
            Event::Other(what, position) => Some((what.label().to_owned(), position.micros)),
            Event::Edited(seen, position) => Some((seen.edited().external_id, position.micros)),
            Event::Deleted(uri, position) => Some((uri, position.micros)),
            _ => None,
        }
    };
    let address = "at://d/app.bsky.feed.post/k".to_owned();
    assert_eq!(v1("update", POSTS), Some((address.clone(), 5)));
    assert_eq!(v1("delete", POSTS), Some((address, 5)));
    for other in ["create", "update", "delete"] {
        assert_eq!(v1(other, "app.bsky.feed.like"), Some(("elsewhere".to_owned(), 5)));
    }
    let rest = r#","seq":9,"did":"d","time":"2026-11-24T09:30:00Z","identity":{}"#;
    assert!(matches!(read(2, &v2("identity", rest)), Event::Other(What::Elsewhere, p) if p.seq == Some(9)));
    let info = v2("info", r#","name":"OutdatedCursor","message":"m""#);
    assert!(matches!(read(2, &info), Event::Info(name) if name == "OutdatedCursor"));
    let failed = r#"{"$type":"error","error":"ConsumerTooSlow","message":"m"}"#;
    assert!(matches!(read(2, failed), Event::Failed(name) if name == "ConsumerTooSlow"));
}

#[test]
fn an_odd_record_still_gives_its_text_and_junk_gives_nothing() {
    let odd = V1_POST.replace(r#"["nl","en"]"#, "7").replace(r#""facets":["#, r#""facets":[1,"#);
    let Event::Post(seen, _) = read(1, &odd) else { panic!("a post") };
    let post = seen.post();
    assert!(post.text.contains("pakket") && post.lang.is_none() && post.mentions.is_empty());
    for junk in ["", "null", "[]", "{}", "{\"did\":1}", &V1_POST[..80], &V1_POST.replace("\"text\"", "\"t\"")]
    {
        assert!(matches!(read(1, junk), Event::Unreadable), "{junk}");
        assert!(matches!(read(2, junk), Event::Unreadable), "{junk}");
    }
}

#[test]
fn a_cursor_goes_by_number_at_home_and_by_time_elsewhere() {
    let home = Cursor { us: 1_795_512_600_000_000, seq: Some(42), server: Some("wss://a".into()) };
    assert_eq!(Cursor::read(&home.write().unwrap()), Some(home.clone()));
    assert_eq!(resume_at(2, "wss://a", &home, 5_000_000), 42);
    assert_eq!(resume_at(2, "wss://b", &home, 5_000_000), 1_795_512_595_000_000);
    assert_eq!(resume_at(1, "wss://a", &home, 5_000_000), 1_795_512_595_000_000);
}

#[test]
fn addresses_follow_the_version() {
    assert_eq!(
        address(1, "wss://a.example/", Some(7)).unwrap().as_str(),
        "wss://a.example/subscribe?wantedCollections=app.bsky.feed.post&cursor=7"
    );
    assert_eq!(
        address(2, "wss://a.example", None).unwrap().as_str(),
        "wss://a.example/xrpc/network.bsky.jetstream.subscribeEvents?kinds=commit&kinds=account&kinds=identity&collections=app.bsky.feed.post"
    );
}

fn told(version: u8, frame: &str) -> AccountNews {
    match read(version, frame) {
        Event::Account(news, _) => news,
        other => panic!("word of an account: {other:?}"),
    }
}

#[test]
fn that_an_account_is_away_is_told_in_both_versions() {
    let at = Timestamp::parse("2026-11-24T09:30:00.123Z").unwrap();
    let v1 = |rest: &str| {
        format!(
            r#"{{"did":"did:plc:anna","time_us":1795512600123456,"kind":"account","account":{{{rest}}}}}"#
        )
    };
    let v2 = |rest: &str| {
        v2(
            "account",
            &format!(r#","seq":9,"did":"did:plc:anna","time":"2026-11-24T09:30:00.123456Z",{rest}"#),
        )
    };
    for (word, state) in [
        ("deactivated", Away::Deactivated),
        ("deleted", Away::Deleted),
        ("takendown", Away::TakenDown),
        ("suspended", Away::Suspended),
    ] {
        let said = format!(r#""active":false,"status":"{word}","did":"did:plc:anna","seq":1"#);
        let wanted = AccountNews { id: "did:plc:anna".to_owned(), away: Some(Some(state)), handle: None, at };
        assert_eq!(told(1, &v1(&said)), wanted, "{word}");
        let flat = format!(r#""active":false,"status":"{word}""#);
        assert_eq!(told(2, &v2(&flat)), wanted, "{word}");
        assert_eq!(told(2, &v2(&format!(r#""account":{{{flat}}}"#))), wanted, "{word}, nested");
    }
    for other in [
        r#""active":false,"status":"desynchronized""#,
        r#""active":false,"status":"throttled""#,
        r#""active":false"#,
    ] {
        assert!(
            matches!(read(1, &v1(other)), Event::Other(What::Elsewhere, _)),
            "{other}: no reason to hold back"
        );
        assert!(
            matches!(read(2, &v2(other)), Event::Other(What::Elsewhere, _)),
            "{other}: no reason to hold back"
        );
    }
    assert_eq!(told(1, &v1(r#""active":true"#)).away, Some(None), "it is there again");
    assert_eq!(told(2, &v2(r#""active":true"#)).away, Some(None));
}

#[test]
fn another_name_of_an_account_is_told_where_it_is_one() {
    let v1 = |handle: &str| {
        format!(
            r#"{{"did":"did:plc:anna","time_us":6,"kind":"identity","identity":{{"did":"did:plc:anna","handle":{handle}}}}}"#
        )
    };
    let named = told(1, &v1(r#""anna.example""#));
    assert_eq!((named.handle.as_deref(), named.away), (Some("anna.example"), None));
    for none in [r#""handle.invalid""#, r#""<b>.x""#, r#""anna""#, "null"] {
        assert!(matches!(read(1, &v1(none)), Event::Other(What::Elsewhere, _)), "{none}");
    }
    let rest = r#","seq":9,"did":"did:plc:anna","time":"2026-11-24T09:30:00Z","handle":"anna.example""#;
    assert_eq!(told(2, &v2("identity", rest)).handle.as_deref(), Some("anna.example"));
}

#[test]
fn a_changed_post_says_when_and_was_posted_when_its_key_was_made() {
    let made = Timestamp::parse("2026-11-24T08:00:00.000Z").unwrap();
    let changed = V1_POST.replace("create", "update").replace("3lxyz", &tid::of(made, 0));
    let Event::Edited(seen, _) = read(1, &changed) else { panic!("an edit") };
    let post = seen.edited();
    assert_eq!(post.created_at, made.rfc3339());
    assert_eq!(post.edited_at.as_deref(), Some("2026-11-24T09:30:00.123Z"));
    assert!(post.check().is_ok());
    // A key from the future, or one that is none, tells nothing.
    let odd = V1_POST.replace("create", "update");
    let Event::Edited(seen, _) = read(1, &odd) else { panic!("an edit") };
    assert_eq!(seen.edited().created_at, "2026-11-24T09:30:00.123Z");
    let no_post = r#"{"did":"d","time_us":5,"kind":"commit","commit":{"operation":"update",
        "collection":"app.bsky.feed.post","rkey":"k","record":{"t":"x"}}}"#;
    assert!(matches!(read(1, no_post), Event::Other(What::Update, _)));
}
