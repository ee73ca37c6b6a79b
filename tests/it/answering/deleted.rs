//! What is deleted on the platform, by its author and of ours.

use super::*;

#[test]
fn our_answer_deleted_there_opens_the_wait_again_with_its_original_start() {
    at_desk(|desk| async move {
        desk.answer("We look for it.").await.unwrap();
        desk.settle(UNDO).await;
        assert_eq!(desk.house.case(1).await.state, "waiting_customer");
        let gone = json!({ "platform": "mastodon", "external_id": "own-1", "deleted": true, "own": true });
        desk.house.clock.advance(Span::minutes(40));
        desk.house.take(std::slice::from_ref(&gone)).await;
        let case = desk.house.case(1).await;
        assert_eq!((case.state.as_str(), case.first_answer_at), ("working", None));
        let clocks = desk.house.clocks().await;
        let waits: Vec<_> = clocks.iter().filter(|o| o.kind == "first_response").collect();
        assert_eq!(waits.len(), 2, "both parts stay on record");
        assert_eq!((waits[0].state.as_str(), waits[1].state.as_str()), ("superseded", "running"));
        assert_eq!((waits[1].started_at, waits[1].part), (START.millis(), 1));
        let breach = "SELECT COUNT(*) FROM clock_event WHERE stage = 100 AND kind = 'first_response'";
        assert_eq!(desk.house.count(breach).await, 1, "its deadline has passed meanwhile");
        assert_eq!(desk.house.take(&[gone]).await.duplicate, 1);
        // The next answer ends it, late.
        let again = Answer { text: "Sorry, here it is.".into(), again: true, ..Answer::default() };
        desk.act_as(&desk.house.case(1).await, 1, false, Act::Answer(again)).await.unwrap();
        desk.settle(UNDO).await;
        assert_eq!(desk.first_wait().await.0, "broken");
        assert_eq!(desk.house.count(breach).await, 1);
    });
}

#[test]
fn our_answer_edited_there_reads_as_it_does_there() {
    at_desk(|desk| async move {
        desk.answer("We look for it.").await.unwrap();
        desk.settle(UNDO).await;
        let (state, clock) = (desk.house.case(1).await.state, desk.first_wait().await);
        let edit = |words: &str, minute: i64| {
            let mut post = answer("own-1", "m1", "t1", 0);
            post["text"] = words.into();
            post["edited_at"] = START.plus(Span::minutes(minute)).rfc3339().into();
            post
        };
        desk.house.clock.advance(Span::minutes(30));
        let first = edit("@jan We look for it today.", 10);
        let tally = desk.house.take(std::slice::from_ref(&first)).await;
        assert_eq!((tally.own_echo, tally.duplicate), (1, 0));
        // Told again, told late, and told twice in one batch.
        assert_eq!(desk.house.take(&[first, edit("@jan We look.", 5)]).await.duplicate, 2);
        let both = [edit("@jan We look for it now.", 20), edit("@jan Found it.", 25)];
        assert_eq!(desk.house.take(&both).await.own_echo, 2);
        let stands: Vec<(String, Option<i64>)> = desk
            .house
            .all("SELECT c.body, o.edited_at FROM own_post o JOIN content c ON c.id = o.id || '/1'")
            .await;
        assert_eq!(stands.len(), 1);
        assert!(stands[0].0.contains("@jan Found it."), "{stands:?}");
        assert_eq!(stands[0].1, Some(START.plus(Span::minutes(25)).millis()));
        let events = desk.house.events().await;
        let told = events.iter().filter(|e| e.kind == "answer_edited").count();
        assert_eq!(told, 3, "the case is told of each");
        assert_eq!(
            (desk.house.case(1).await.state, desk.first_wait().await),
            (state, clock),
            "nothing else moves"
        );
        // One that is first met edited is known as that: older words of it are no edit.
        let mut met = edit("@jan And one typed there, put right.", 28);
        met["external_id"] = "own-9".into();
        let mut before = edit("@jan And one typd there.", 27);
        before["external_id"] = "own-9".into();
        let tally = desk.house.take(&[met]).await;
        assert_eq!((tally.own_echo, desk.house.take(&[before]).await.duplicate), (1, 1));
        // What was deleted there does not come back by an edit that is told late.
        let gone = json!({ "platform": "mastodon", "external_id": "own-1", "deleted": true, "own": true });
        desk.house.take(&[gone]).await;
        assert_eq!(desk.house.take(&[edit("@jan Once more.", 29)]).await.own_echo, 0);
        assert_eq!(desk.house.count("SELECT COUNT(*) FROM content WHERE body LIKE '%Once more%'").await, 0);
    });
}

#[test]
fn what_its_author_deletes_is_gone_and_stays_gone() {
    at_desk(|desk| async move {
        let house = &desk.house;
        desk.casework
            .keep_draft(
                &house.brand_id,
                &house.case(1).await.id,
                &Actor { person: person(1), lead: false },
                1,
                "hm",
            )
            .await
            .unwrap();
        let body = post("m9", "ria", "t9", 0, "@acme secretword help me").to_string().into_bytes();
        let row = webcared::store::inbox::Received {
            id: "inb_9".into(),
            source: "test".into(),
            place: "9".into(),
            received_at: START,
            body,
        };
        house
            .write(move |tx| Box::pin(async move { webcared::store::inbox::receive(tx, &[row], None).await }))
            .await
            .unwrap();
        let rules = [(
            "test".to_owned(),
            webcared::intake::SourceRules { addresses_all: true, ..Default::default() },
        )];
        house.intake.set_rules(rules.into());
        assert_eq!(house.intake.run_once(10).await.unwrap(), 1);
        house.clock.advance(Span::minutes(3));
        let gone = json!({ "platform": "mastodon", "external_id": "m9", "deleted": true });
        assert_eq!(house.take(std::slice::from_ref(&gone)).await.mention, 1);
        let case = house.case(2).await;
        assert_eq!(
            (case.state.as_str(), case.ended_why.as_deref()),
            ("resolved", Some("removed by its author"))
        );
        let open =
            house.clocks().await.into_iter().filter(|o| o.case_id == case.id && o.state != "void").count();
        assert_eq!(open, 0, "no promise was kept or broken by it");
        house
            .execute(
                "INSERT INTO api_once (token_id, key, request, attempt, status, body, at, until_ms)
                 SELECT 'tok', id, 'r', 'a', 200, '{\"case\": \"' || id || '\", \"text\": \"words\"}', 0, 1 FROM cases",
            )
            .await;
        let now = house.clock_now();
        let cleared = house.write(move |tx| Box::pin(removed::clear_raw(tx, now))).await.unwrap();
        assert_eq!(cleared, 1);
        let left: Vec<(String,)> = house.all("SELECT body FROM content WHERE body LIKE '%secretword%'").await;
        assert!(left.is_empty());
        let told: Vec<(String,)> = house.all("SELECT key FROM api_once").await;
        assert_eq!(told, [(house.case(1).await.id,)], "what programs were answered about it is gone as well");
        let raw: Vec<(Option<Vec<u8>>,)> = house.all("SELECT body FROM inbox WHERE id = 'inb_9'").await;
        assert_eq!(raw[0].0, None);
        let found = house.count("SELECT COUNT(*) FROM search").await;
        assert_eq!(found, 1, "only the other post is found");
        assert_eq!(house.take(&[post("m9", "ria", "t9", 0, "@acme secretword help me")]).await.duplicate, 1);
        // A delete that comes before its post.
        house.take(&[json!({ "platform": "mastodon", "external_id": "m10", "deleted": true })]).await;
        let late = house.take(&[post("m10", "ria", "t10", 0, HELP)]).await;
        assert_eq!((late.filtered, late.mention), (1, 0));
        assert_eq!(house.take(&[gone]).await.duplicate, 1);
    });
}

#[test]
fn one_of_two_messages_deleted_leaves_the_other_waiting() {
    at_desk(|desk| async move {
        desk.house.clock.advance(Span::minutes(6));
        desk.house
            .take(&[post("m2", "jan", "t1", 5, "@acme hello?? anybody there, my parcel is lost")])
            .await;
        desk.house.take(&[json!({ "platform": "mastodon", "external_id": "m1", "deleted": true })]).await;
        let case = desk.house.case(1).await;
        assert_eq!((case.open, case.opened_at), (1, START.plus(Span::minutes(5)).millis()));
        let waits: Vec<_> =
            desk.house.clocks().await.into_iter().filter(|o| o.kind == "first_response").collect();
        let running: Vec<_> = waits.iter().filter(|o| o.state == "running").collect();
        assert_eq!(running.len(), 1);
        assert_eq!(running[0].started_at, case.opened_at);
    });
}
