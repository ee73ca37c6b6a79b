//! Messages as the platform delivers them.

use super::*;
use serde_json::json;

const NOW: Timestamp = Timestamp(1_795_688_579_000);

fn me() -> RawAuthor {
    RawAuthor { id: "880".into(), ..RawAuthor::default() }
}

fn contacts() -> Value {
    json!([{"profile": {"name": "Ann", "username": "@ann"}, "wa_id": "31612345678", "user_id": "NL.134912"}])
}

fn read(by: fn(&Value, Scene<'_>) -> Told, value: &Value, contacts: &Value) -> Told {
    by(value, Scene { number: "409", me: &me(), contacts, now: NOW })
}

fn post(more: &Value) -> Option<RawPost> {
    let mut one = json!({"from": "31612345678", "from_user_id": "NL.134912", "id": "wamid.A", "timestamp": "1795688000"});
    one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    match read(message, &one, &contacts()) {
        Told::Post(_, post, _) => Some(*post),
        _ => None,
    }
}

fn words(more: &Value) -> String {
    post(more).unwrap().text
}

#[test]
fn a_message_is_private_and_its_author_is_known_by_the_platforms_id() {
    let post = post(&json!({"type": "text", "text": {"body": "waar is mijn pakket"},
        "context": {"from": "3120", "id": "wamid.prev"}}))
    .unwrap();
    assert_eq!((post.external_id.as_str(), post.authority.as_deref()), ("wamid.A", Some("409")));
    assert_eq!((post.author.id.as_str(), post.author_also.as_deref()), ("NL.134912", Some("31612345678")));
    assert_eq!((post.author.handle.as_deref(), post.author.name.as_deref()), (Some("ann"), Some("Ann")));
    assert_eq!(post.local_id.as_deref(), Some("user:NL.134912"));
    assert_eq!(post.in_reply_to.as_deref(), Some("wamid.prev"));
    assert_eq!(post.conversation_id.as_deref(), Some("NL.134912"));
    assert!(
        post.private && post.addressed && post.created_at.starts_with("2026-11-26T") && post.check().is_ok()
    );
}

#[test]
fn a_number_alone_or_an_id_alone_will_do() {
    let text = json!({"id": "wamid.B", "timestamp": "1795688000", "type": "text", "text": {"body": "hoi"}});
    let of = |more: Value, contacts: Value| {
        let mut one = text.clone();
        one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        match read(message, &one, &contacts) {
            Told::Post(_, post, _) => Some((post.author.id, post.author_also, post.local_id.unwrap())),
            _ => None,
        }
    };
    assert_eq!(
        of(json!({"from": "31612345678"}), Value::Null),
        Some(("31612345678".into(), Some("31612345678".into()), "phone:31612345678".into()))
    );
    assert_eq!(
        of(json!({}), json!([{"user_id": "NL.9", "profile": {"username": "ann"}}])),
        Some(("NL.9".into(), Some("NL.9".into()), "user:NL.9".into()))
    );
    assert_eq!(of(json!({}), json!([])), None, "nobody");
    assert_eq!(
        of(json!({"from": "31699999999"}), contacts()).map(|(id, ..)| id).as_deref(),
        Some("31699999999"),
        "the profile of somebody else"
    );
}

#[test]
fn every_kind_of_message_says_what_it_is() {
    assert_eq!(
        words(&json!({"type": "image", "image": {"id": "1", "mime_type": "image/jpeg", "caption": "stuk"}})),
        "[picture] stuk"
    );
    let voice = post(
        &json!({"type": "audio", "audio": {"id": "2", "voice": true, "mime_type": "audio/ogg; codecs=opus"}}),
    )
    .unwrap();
    assert_eq!((voice.text.as_str(), voice.attachments[0].kind.as_str()), ("[voice message]", "audio/ogg"));
    let file = post(&json!({"type": "document", "document": {"id": "3", "filename": "bon.pdf", "mime_type": "application/pdf"}})).unwrap();
    assert_eq!(
        (file.text.as_str(), file.attachments[0].name.as_str(), file.attachments[0].handle.as_str()),
        ("[file]", "bon.pdf", "3")
    );
    assert_eq!(words(&json!({"type": "sticker", "sticker": {"id": "4"}})), "[sticker]");
    assert_eq!(words(&json!({"type": "video", "video": {"id": "5"}})), "[video]");
    assert_eq!(
        words(
            &json!({"type": "location", "location": {"latitude": 52.370_216, "longitude": 4.9, "name": "Dam"}})
        ),
        "[place] Dam, 52.37022, 4.90000"
    );
    assert_eq!(
        words(&json!({"type": "contacts", "contacts": [{"name": {"formatted_name": "Bob"}}]})),
        "[contact] Bob"
    );
    assert_eq!(words(&json!({"type": "button", "button": {"text": "Ja", "payload": "y"}})), "Ja");
    assert_eq!(
        words(
            &json!({"type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"id": "1", "title": "Retour", "description": "Ik stuur terug"}}})
        ),
        "Retour: Ik stuur terug"
    );
    assert_eq!(words(&json!({"type": "order", "order": {"product_items": [{}, {}]}})), "[order of 2]");
    let unknown = "[a message that WhatsApp does not hand over]";
    assert_eq!(words(&json!({"type": "unsupported", "errors": [{"code": 131_051}]})), unknown);
    assert_eq!(words(&json!({"type": "hologram", "hologram": {}})), unknown, "a kind of the future");
    assert!(post(&json!({"type": "request_welcome"})).is_none());
    assert!(post(&json!({"type": "text", "text": {"body": " "}})).is_none());
}

#[test]
fn a_reaction_belongs_to_what_it_is_about() {
    let liked =
        post(&json!({"type": "reaction", "reaction": {"message_id": "wamid.ours", "emoji": "👍"}})).unwrap();
    assert_eq!((liked.text.as_str(), liked.in_reply_to.as_deref()), ("👍", Some("wamid.ours")));
    assert!(
        post(&json!({"type": "reaction", "reaction": {"message_id": "wamid.ours"}})).is_none(),
        "taken back"
    );
}

#[test]
fn an_edit_and_a_message_taken_back_name_the_first() {
    let edit = post(&json!({"type": "edit", "edit": {"original_message_id": "wamid.first",
        "message": {"type": "text", "text": {"body": "beter"}}}}))
    .unwrap();
    assert_eq!((edit.external_id.as_str(), edit.text.as_str()), ("wamid.first", "beter"));
    assert!(edit.edited_at.is_some());
    let gone = post(&json!({"type": "revoke", "revoke": {"original_message_id": "wamid.first"}})).unwrap();
    assert!(gone.deleted && gone.external_id == "wamid.first" && gone.authority.as_deref() == Some("409"));
}

#[test]
fn another_number_is_the_same_customer() {
    let moved = post(&json!({"type": "system", "from_user_id": "NL.134912",
        "system": {"type": "user_changed_number", "wa_id": "31687654321", "user_id": "NL.77", "body": "A changed"}}))
    .unwrap();
    assert_eq!((moved.author.id.as_str(), moved.author_was.as_deref()), ("NL.77", Some("NL.134912")));
    assert_eq!(moved.author_also.as_deref(), Some("31687654321"));
    assert_eq!(moved.filtered.as_deref(), Some("number_changed"));
    assert!(post(&json!({"type": "system", "system": {"type": "customer_identity_changed"}})).is_none());
}

#[test]
fn what_became_of_a_message_names_the_intent_or_says_why() {
    let of = |value: Value| match read(status, &value, &Value::Null) {
        Told::Post(place, post, _) => Some((place, *post)),
        _ => None,
    };
    let told = |state: &str, data: &str| {
        of(json!({"id": "wamid.X", "status": state, "timestamp": "1795688000", "recipient_id": "316",
            "biz_opaque_callback_data": data, "errors": [{"code": 131_047, "title": "Re-engagement message"}]}))
    };
    let (place, sent) = told("sent", "act_1/k").unwrap();
    assert_eq!(place, "hook/wamid.X/sent");
    assert!(sent.own && sent.filtered.is_none() && sent.undelivered.is_none());
    assert_eq!(sent.receipt, Some(Receipt { action: "act_1".into(), key: "k".into() }));
    let (_, failed) = told("failed", "act_1/k").unwrap();
    assert_eq!(
        failed.undelivered.clone().map(|u| (u.of, u.status)),
        Some(("wamid.X".into(), "131047".into()))
    );
    assert!(failed.check().is_ok());
    // Of a message that we did not send nothing is made, but that it failed may be about one of ours.
    assert!(told("delivered", "").is_none());
    assert_eq!(told("failed", "").unwrap().1.filtered.as_deref(), Some("delivery_report"));
    assert!(told("warning", "act_1/k").is_none());
}

#[test]
fn what_was_written_in_the_app_is_ours() {
    let told = read(
        echo,
        &json!({"from": "3120", "to": "31612345678", "id": "wamid.E", "timestamp": "1795688000", "type": "text",
            "text": {"body": "We kijken ernaar ^Jan"}}),
        &Value::Null,
    );
    let Told::Post(_, post, _) = told else { panic!("it is one") };
    assert!(post.own && post.private);
    assert_eq!((post.answers.as_deref(), post.author.id.as_str()), (Some("31612345678"), "880"));
}

#[test]
fn an_address_is_an_id_or_a_number() {
    assert_eq!(Address::of(Some("user:NL.1"), "316"), Some(Address::User("NL.1".into())));
    assert_eq!(Address::of(None, "31612345678"), Some(Address::Phone("31612345678".into())));
    assert_eq!(Address::of(None, "NL.1"), Some(Address::User("NL.1".into())));
    assert_eq!(Address::of(None, "somebody"), None);
    assert!(!is_user("nl.1") && !is_user("NL."));
}
