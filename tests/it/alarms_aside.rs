//! What goes to people in their own chats with the bot gives way to another channel too, and no channel that stands in
//! swallows what it would not tell.

use crate::alarms::{Desk, FIRE, Outside, SLOW, desk, pager, slack};
use crate::harness::{House, on_each, post};
use serde_json::{Value, json};
use webcared::alarms::config::{AlertsConfig, ChannelConfig, Role};
use webcared::domain::ids::ActionId;
use webcared::domain::time::Span;
use webcared::store::bulk;
use webcared::store::guard::{self, PassRow};
use webcared::store::rows::ActionRow;

/// A bot that does not get through, for which the channel 'second' stands in.
async fn without_bot(house: &House, url: &str) -> Desk {
    house
        .execute(
            "INSERT INTO person (id, login, name, role, created_at)
             VALUES ('per_jan', 'jan', 'Jan', 'agent', 0), ('per_kim', 'kim', 'Kim', 'agent', 0),
                ('per_lou', 'lou', 'Lou', 'agent', 0)",
        )
        .await;
    house
        .execute(
            "INSERT INTO chat_person (credential, user_id, person_id, language, zone, quiet, hourly, first_at, private_at)
             VALUES ('telegram', '71', 'per_jan', '', '', '', 0, 0, 1), ('telegram', '72', 'per_kim', '', '', '', 0, 0, 1)",
        )
        .await;
    let second = ChannelConfig { role: Role::Step, ..slack("second", url) };
    let telegram_fallback = Some("second".into());
    desk(house, AlertsConfig { channels: vec![second], telegram_fallback, ..AlertsConfig::default() }, "a")
}

/// Cards to these chats, about the first case.
async fn cards(house: &House, kind: &str, chats: &[&str], body: Value) {
    let (case, now) = (house.case(1).await, house.clock_now());
    let one = |chat: &&str| {
        let id = house.mint.id(now, ActionId::new).to_string();
        let mut row = ActionRow::ready(id.clone(), &case.brand_id, kind, "telegram", id, now);
        row.case_id = Some(case.id.clone());
        let mut body = body.clone();
        (body["chat"], body["brand"]) = (json!(chat), json!(case.brand_id));
        row.payload = body.to_string();
        row
    };
    let rows: Vec<ActionRow> = chats.iter().map(one).collect();
    house.write(move |tx| Box::pin(async move { bulk::insert_actions(tx, &rows).await })).await.unwrap();
}

/// The bot's cards by their state.
async fn states(house: &House) -> Vec<(String, i64)> {
    let sql =
        "SELECT state, COUNT(*) FROM action WHERE credential = 'telegram' GROUP BY state ORDER BY state";
    house.all(sql).await
}

#[test]
fn who_is_named_is_told_elsewhere_with_their_colleagues_once() {
    on_each(|house| async move {
        let (out, url) = Outside::listen().await;
        let desk = without_bot(&house, &url).await;
        house.take(&[post("1", "sanne", "a", 0, SLOW)]).await;
        cards(&house, "named", &["71", "72"], json!({ "by": "per_lou" })).await;
        desk.pass(&house, 55).await;
        assert!(out.at("/second").is_empty(), "not before the minute is over");
        desk.pass(&house, 10).await;
        let came = out.at("/second");
        assert_eq!(came.len(), 1, "one message for both: {came:?}");
        let text = came[0]["text"].as_str().unwrap();
        let both = ["For Jan, Kim: ", "For Kim, Jan: "].iter().any(|names| text.contains(names));
        assert!(both && text.contains("Lou names you in a note on #1 · Acme"), "{text}");
        assert!(text.contains("https://care.example/c/"), "{text}");
        assert_eq!(states(&house).await, [("cancelled".to_owned(), 2)], "the bot need not tell it any more");
        desk.pass(&house, 40).await;
        assert_eq!(out.at("/second").len(), 1, "once");
    });
}

#[test]
fn an_answer_that_waits_is_told_elsewhere_without_its_words_while_it_waits() {
    on_each(|house| async move {
        let (out, url) = Outside::listen().await;
        let desk = without_bot(&house, &url).await;
        house.take(&[post("1", "sanne", "a", 0, SLOW)]).await;
        let case = house.case(1).await;
        let (brand_id, case_id) = (case.brand_id.clone(), case.id.clone());
        let asked_at = house.clock_now().millis();
        let pass = move |id: &str, state: &str| PassRow {
            id: id.to_owned(),
            brand_id: brand_id.clone(),
            case_id: case_id.clone(),
            mention_id: "men_1".to_owned(),
            kinds: "phone".to_owned(),
            state: state.to_owned(),
            asked_by: "per_lou".to_owned(),
            asked_at,
            reason: String::new(),
            decided_by: None,
            decided_at: None,
            review_from: None,
            reviewed_by: None,
            reviewed_at: None,
            action_id: None,
        };
        let rows = [pass("pas_1", "asked"), pass("pas_2", "refused")];
        let add = house.write(move |tx| {
            Box::pin(async move {
                for row in &rows {
                    guard::add(tx, row).await?;
                }
                Ok(())
            })
        });
        add.await.unwrap();
        house
            .execute(
                "INSERT INTO content (id, subject, kind, body)
                 VALUES ('pas_1/text', 'x', 'answer', 'Call me on 0612345678'), ('pas_2/text', 'x', 'answer', 'Bye')",
            )
            .await;
        cards(&house, "approval", &["-1", "71", "72"], json!({ "pass": "pas_1", "kind": "asked" })).await;
        // Somebody has decided about the other one meanwhile.
        cards(&house, "approval", &["71"], json!({ "pass": "pas_2", "kind": "asked" })).await;
        // What somebody asked to see is theirs to ask for again.
        let own = json!({ "pass": "pas_1", "kind": "asked", "asked": true });
        cards(&house, "approval", &["72"], own).await;
        desk.pass(&house, 70).await;
        let came = out.at("/second");
        assert_eq!(came.len(), 1, "{came:?}");
        let text = came[0]["text"].as_str().unwrap();
        assert_eq!(text.matches("Answer to #1 · Acme waits for a colleague · by Lou").count(), 1, "{text}");
        assert!(text.contains("Jan") && text.contains("Kim"), "{text}");
        assert!(!text.contains("0612345678") && !text.contains("Bye"), "{text}");
        let wanted = [("cancelled".to_owned(), 4), ("ready".to_owned(), 1)];
        assert_eq!(states(&house).await, wanted);
    });
}

#[test]
fn an_offer_that_is_over_is_told_nowhere() {
    on_each(|house| async move {
        let (out, url) = Outside::listen().await;
        let desk = without_bot(&house, &url).await;
        house.take(&[post("1", "sanne", "a", 0, SLOW)]).await;
        let case = house.case(1).await;
        for kind in ["offer", "shift_ask"] {
            let body = json!({ "case": case.id, "round": 1, "person": "per_jan", "holds": ["draft"] });
            cards(&house, kind, &["71"], body).await;
        }
        desk.pass(&house, 70).await;
        assert!(out.at("/second").is_empty(), "{:?}", out.at("/second"));
        assert_eq!(states(&house).await, [("cancelled".to_owned(), 2)], "nor does the bot tell it late");
    });
}

#[test]
fn what_is_of_no_case_does_not_end_in_silence_where_each_case_is_an_alarm() {
    on_each(|house| async move {
        let (out, url) = Outside::listen().await;
        let first = ChannelConfig { fallback: Some("pager".into()), ..slack("first", &url) };
        let rung = ChannelConfig { role: Role::Step, fallback: Some("second".into()), ..pager(&url) };
        let second = ChannelConfig { role: Role::Step, ..slack("second", &url) };
        let config = AlertsConfig { channels: vec![first, rung, second], ..AlertsConfig::default() };
        let desk = desk(&house, config, "a");
        *out.down.lock().unwrap() = vec![("/first".into(), 429)];
        let now = house.clock_now();
        let (from, until) = (now.plus(Span::hours(5)).millis(), now.plus(Span::hours(7)).millis());
        let told = |kind: &str| {
            let id = house.mint.id(now, ActionId::new).to_string();
            let mut row = ActionRow::ready(id.clone(), "", "duty", "alert:first", id, now);
            let gaps = json!([{ "language": "fr", "from": from, "until": until, "tightest": 30 }]);
            row.payload = json!({ "chat": "first", "kind": kind, "due": 2, "gaps": gaps }).to_string();
            row
        };
        let rows = [told("day"), told("nobody")];
        house.write(move |tx| Box::pin(async move { bulk::insert_actions(tx, &rows).await })).await.unwrap();
        house.take(&[post("1", "sanne", "a", 0, FIRE)]).await;
        desk.pass(&house, 70).await;
        let gaps = out.at("/second");
        assert_eq!(gaps.len(), 1, "the gap ahead reaches who reads: {gaps:?}");
        assert!(gaps[0].to_string().contains("fr"), "{gaps:?}");
        let keys: Vec<String> = out.at("/pager").iter().map(|e| e["dedup_key"].to_string()).collect();
        assert!(keys.contains(&"\"webcared/duty\"".to_owned()) && keys.len() == 2, "{keys:?}");
    });
}
