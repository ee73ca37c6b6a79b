//! Answers that go in parts: one after another, each below the one before it, once, and taken back as one.

use super::*;
use webcared::casework::Files;
use webcared::casework::enclosing::HandedIn;
use webcared::casework::settling::Settling;
use webcared::store::lanes::{self, Lane, Wanted};
use webcared::store::{part, protocol};

const FIRST: &str = "Your parcel left the depot this morning and is on its way to you.";
const SECOND: &str = "The driver comes between two and five, and calls you just before.";
const THIRD: &str = "If nothing came by then, write to us here and we look at once.";

fn long() -> String {
    format!("{FIRST}\n\n{SECOND} {THIRD}")
}

fn shown(n: usize) -> String {
    format!("@jan@toot.example {} {n}/3", [FIRST, SECOND, THIRD][n - 1])
}

impl Desk {
    async fn in_parts(&self) -> CaseRow {
        let wanted = Answer { text: long(), split: true, ..Answer::default() };
        self.act_as(&self.house.case(1).await, 1, false, Act::Answer(wanted)).await.unwrap()
    }

    /// Lets the first part leave, and nothing else.
    async fn first_leaves(&self) {
        self.house.clock.advance(UNDO);
        self.fake.ledger.lock().unwrap().now = self.house.clock_now();
        assert_eq!(self.worker.run_once().await.unwrap(), 1, "the others wait for its id");
        while self.house.intake.run_once(500).await.unwrap() > 0 {}
    }

    async fn each_state(&self) -> Vec<String> {
        self.actions().await.into_iter().map(|a| a.state).collect()
    }

    async fn decide(&self, n: usize, decision: outbox::Decision) {
        let action = self.actions().await.remove(n);
        let actor = Actor { person: person(1), lead: false };
        let done = self.casework.settle(&action.brand_id, &action.id, None, decision, &actor).await.unwrap();
        assert_eq!(done, Settling::Settled);
    }

    /// How many cases the first person is given next.
    async fn next(&self) -> usize {
        let (brand, now) = (self.house.brand_id.clone(), self.house.clock_now());
        let wanted = Wanted { lane: Lane::Next, who: person(1).to_string(), now, after: None, limit: 9 };
        let found = self
            .house
            .db
            .read("test", move |tx| Box::pin(async move { lanes::page(tx, &brand, &wanted).await }));
        found.await.unwrap().len()
    }

    fn stands(&self) -> Vec<(String, String)> {
        self.fake.posted().into_iter().map(|p| (p.to, p.text)).collect()
    }
}

fn whole() -> Vec<(String, String)> {
    vec![("m1".into(), shown(1)), ("own-1".into(), shown(2)), ("own-2".into(), shown(3))]
}

#[test]
fn a_long_answer_goes_in_parts_only_when_asked_each_below_the_one_before() {
    at_desk(|desk| async move {
        let error = desk.answer(&long()).await.unwrap_err();
        assert!(matches!(error, CaseworkError::Invalid { field: "text", .. }), "nobody asked for parts");
        let case = desk.house.case(1).await;
        let actor = Actor { person: person(1), lead: false };
        let preview = desk.casework.preview(&case.brand_id, &case.id, &actor, &long(), None).await.unwrap();
        let parts: Vec<String> = preview.parts.iter().map(|p| p.text.clone()).collect();
        assert_eq!(parts, [shown(1), shown(2), shown(3)]);
        let short = desk.casework.preview(&case.brand_id, &case.id, &actor, "Hi", None).await.unwrap();
        assert!(short.parts.is_empty());
        desk.in_parts().await;
        let actions = desk.actions().await;
        let chain = actions[1].id.clone();
        let rows = desk
            .house
            .write(move |tx| Box::pin(async move { part::chain(tx, &case.brand_id, &chain).await }))
            .await
            .unwrap();
        let ids: Vec<&str> = actions.iter().map(|a| a.id.as_str()).collect();
        assert_eq!(rows.iter().map(|r| r.action_id.as_str()).collect::<Vec<_>>(), ids);
        desk.settle(UNDO).await;
        assert_eq!(desk.stands(), whole());
        assert!(desk.fake.posted().iter().all(|p| p.visibility == "unlisted"));
        assert_eq!(desk.house.case(1).await.state, "waiting_customer");
        let (state, ended) = desk.first_wait().await;
        assert_eq!((state.as_str(), ended), ("kept", Some(START.plus(UNDO).millis())));
        let events = desk.house.events().await;
        let of = |kind: &str| events.iter().filter(|e| e.kind == kind).count();
        assert_eq!((of("answer_queued"), of("answer_seen")), (1, 1), "it is one answer");
        assert!(events.iter().any(|e| e.body.contains("\"parts\":3")));
        // Read back from the platform, each is known.
        let echo = |n: usize| {
            let mut echo = answer(&format!("own-{n}"), &whole()[n - 1].0, "t1", 0);
            echo["text"] = shown(n).into();
            echo
        };
        assert_eq!(desk.house.take(&[echo(3), echo(1), echo(2)]).await.duplicate, 3);
        assert_eq!(desk.house.count("SELECT COUNT(*) FROM own_post WHERE action_id IS NOT NULL").await, 3);
        assert_eq!(desk.house.count("SELECT COUNT(*) FROM own_post WHERE counts = 1").await, 1);
    });
}

#[test]
fn a_text_that_fits_goes_in_one_piece_whatever_was_asked() {
    at_desk(|desk| async move {
        let wanted = Answer { text: "We look for it.".into(), split: true, ..Answer::default() };
        desk.act_as(&desk.house.case(1).await, 1, false, Act::Answer(wanted)).await.unwrap();
        desk.settle(UNDO).await;
        assert_eq!(desk.stands(), vec![("m1".to_owned(), "@jan@toot.example We look for it.".to_owned())]);
        assert_eq!(desk.house.count("SELECT COUNT(*) FROM answer_part").await, 0);
    });
}

#[test]
fn an_unknown_part_waits_for_a_person_and_the_rest_behind_it() {
    at_desk(|desk| async move {
        desk.in_parts().await;
        desk.first_leaves().await;
        desk.fake.mood(Mood::DropsAndIsSilent);
        desk.settle(Span::seconds(1)).await;
        desk.settle(Span::hours(2)).await;
        assert_eq!(desk.each_state().await, ["done", "unknown", "ready"]);
        assert_eq!(desk.stands(), whole()[..1]);
        desk.fake.mood(Mood::Fine);
        desk.decide(1, outbox::Decision::Again).await;
        desk.settle(Span::seconds(1)).await;
        assert_eq!(desk.stands(), whole());
        assert_eq!(desk.each_state().await, ["done", "done", "done"]);
    });
}

#[test]
fn lost_words_are_found_again_part_by_part_and_none_is_said_twice() {
    at_desk(|desk| async move {
        desk.in_parts().await;
        desk.fake.mood(Mood::PostsAndIsSilent);
        desk.settle(UNDO).await;
        for _ in 0..6 {
            desk.settle(Span::seconds(2)).await;
        }
        assert_eq!(desk.stands(), whole());
        assert_eq!(desk.each_state().await, ["done", "done", "done"]);
        let keys: std::collections::BTreeSet<String> =
            desk.fake.posted().into_iter().map(|p| p.key).collect();
        assert_eq!(keys.len(), 3, "each part has a key of its own");
        assert_eq!(desk.first_wait().await.0, "kept");
    });
}

#[test]
fn a_process_that_vanishes_between_parts_sends_none_twice_and_none_early() {
    at_desk(|desk| async move {
        desk.in_parts().await;
        desk.house.clock.advance(UNDO);
        let claim = |at: Timestamp| {
            desk.house.write(move |tx| Box::pin(outbox::claim(tx, "fake:acme", at, Span::seconds(60), 10)))
        };
        // Vanished after the claim of the first: nothing was sent, and nothing else may go.
        let now = desk.house.clock_now();
        assert_eq!(claim(now).await.unwrap().len(), 1);
        assert!(claim(now).await.unwrap().is_empty());
        desk.house.clock.advance(Span::seconds(61));
        let now = desk.house.clock_now();
        desk.house.write(move |tx| Box::pin(outbox::sweep(tx, now))).await.unwrap();
        assert_eq!(desk.worker.run_once().await.unwrap(), 1);
        assert_eq!(desk.stands(), whole()[..1]);
        // Vanished after the mark of the second: nobody knows, so it is looked for, and the third waits.
        let claimed = claim(now).await.unwrap();
        assert_eq!(claimed.len(), 1);
        let marked = desk
            .house
            .write(move |tx| Box::pin(async move { outbox::mark_sending(tx, &claimed, now).await }))
            .await
            .unwrap();
        assert_eq!(marked.len(), 1);
        assert_eq!(desk.actions().await[1].answers_id.as_deref(), Some("own-1"));
        desk.house.clock.advance(Span::seconds(61));
        let now = desk.house.clock_now();
        desk.house.write(move |tx| Box::pin(outbox::sweep(tx, now))).await.unwrap();
        desk.settle(Span::seconds(5)).await;
        assert_eq!(desk.each_state().await, ["done", "unknown", "ready"]);
        assert_eq!(desk.stands().len(), 1);
        // Where the key protects it goes again, and the rest follows.
        desk.fake.ledger.lock().unwrap().absent = Looked::Again { why: "the key protects".to_owned() };
        desk.decide(1, outbox::Decision::Again).await;
        desk.settle(Span::seconds(5)).await;
        assert_eq!(desk.stands(), whole());
    });
}

#[test]
fn undo_before_the_first_leaves_takes_all_back_whichever_part_is_named() {
    at_desk(|desk| async move {
        for named in [0, 2] {
            let wanted = Answer { text: long(), split: true, again: true, ..Answer::default() };
            let case = desk.house.case(1).await;
            let case = desk.act_as(&case, 1, false, Act::Answer(wanted)).await.unwrap();
            let waiting: Vec<ActionRow> =
                desk.actions().await.into_iter().filter(|a| a.state == "ready").collect();
            let action = waiting[named].id.clone();
            desk.act_as(&case, 1, false, Act::Undo { action }).await.unwrap();
            assert!(desk.each_state().await.iter().all(|s| s == "cancelled"));
            let drafts = desk
                .house
                .write(move |tx| Box::pin(async move { rows::drafts(tx, &case.brand_id, &case.id).await }))
                .await
                .unwrap();
            assert_eq!(drafts[0].text.as_deref(), Some(long().as_str()), "as it was typed, without numbers");
        }
        desk.settle(Span::minutes(1)).await;
        assert!(desk.stands().is_empty());
    });
}

#[test]
fn undo_between_parts_takes_back_what_has_not_left() {
    at_desk(|desk| async move {
        desk.in_parts().await;
        desk.first_leaves().await;
        let case = desk.house.case(1).await;
        let action = desk.actions().await[1].id.clone();
        desk.act_as(&case, 1, false, Act::Undo { action }).await.unwrap();
        desk.settle(Span::minutes(1)).await;
        assert_eq!(desk.each_state().await, ["done", "cancelled", "cancelled"]);
        assert_eq!(desk.stands(), whole()[..1]);
        let drafts = desk
            .house
            .write(move |tx| Box::pin(async move { rows::drafts(tx, &case.brand_id, &case.id).await }))
            .await
            .unwrap();
        assert_eq!(drafts[0].text, Some(format!("{SECOND} {THIRD}")));
    });
}

#[test]
fn the_switch_and_an_author_who_removes_the_post_stop_the_rest() {
    at_desk(|desk| async move {
        desk.in_parts().await;
        desk.first_leaves().await;
        let now = desk.house.clock_now();
        desk.house
            .write(move |tx| {
                Box::pin(async move { outbox::turn_sending(tx, true, ("per_1", "wrong words"), now).await })
            })
            .await
            .unwrap();
        // While the switch is on the worker hands back what it claims; each round counts nothing.
        for _ in 0..3 {
            desk.settle(Span::minutes(1)).await;
        }
        assert_eq!(desk.stands(), whole()[..1]);
        desk.house.take(&[json!({ "platform": "mastodon", "external_id": "m1", "deleted": true })]).await;
        desk.house
            .write(move |tx| {
                Box::pin(async move { outbox::turn_sending(tx, false, ("per_1", ""), now).await })
            })
            .await
            .unwrap();
        desk.settle(Span::minutes(1)).await;
        assert_eq!(desk.each_state().await, ["done", "cancelled", "cancelled"]);
        assert_eq!(desk.stands(), whole()[..1]);
    });
}

/// What is asked for the post below which the second part is put does not see the first yet.
#[test]
fn a_part_that_cannot_be_put_below_the_one_before_it_yet_is_tried_again() {
    at_desk(|desk| async move {
        desk.in_parts().await;
        desk.first_leaves().await;
        desk.fake.mood(Mood::Refuses);
        desk.settle(Span::seconds(1)).await;
        assert_eq!(desk.each_state().await, ["done", "ready", "ready"], "nobody is asked for that");
        desk.fake.mood(Mood::Fine);
        desk.settle(Span::minutes(1)).await;
        desk.settle(Span::minutes(1)).await;
        assert_eq!(desk.each_state().await, ["done"; 3]);
        assert_eq!(desk.stands(), whole());
    });
}

#[test]
fn a_person_who_leaves_a_part_leaves_what_goes_on_it() {
    at_desk(|desk| async move {
        desk.in_parts().await;
        desk.first_leaves().await;
        desk.fake.mood(Mood::Refuses);
        desk.settle(Span::seconds(1)).await;
        desk.settle(Span::minutes(3)).await;
        assert_eq!(desk.each_state().await, ["done", "refused", "ready"]);
        desk.fake.mood(Mood::Fine);
        desk.settle(Span::hours(1)).await;
        assert_eq!(desk.stands().len(), 1, "nothing goes past a part that was refused");
        desk.decide(1, outbox::Decision::Cancel).await;
        desk.settle(Span::hours(1)).await;
        assert_eq!(desk.each_state().await, ["done", "cancelled", "cancelled"]);
        assert_eq!(desk.stands().len(), 1);
    });
}

#[test]
fn a_part_that_somebody_lets_go_takes_those_behind_it_along() {
    at_desk(|desk| async move {
        desk.in_parts().await;
        desk.first_leaves().await;
        let case = desk.house.case(1).await;
        let case = desk.act_as(&case, 1, false, Act::Release).await.unwrap();
        desk.act_as(&case, 2, false, Act::Claim { until: None }).await.unwrap();
        desk.settle(Span::seconds(1)).await;
        assert_eq!(desk.each_state().await, ["done", "held", "ready"], "a colleague has it now");
        desk.decide(1, outbox::Decision::Again).await;
        desk.settle(Span::seconds(1)).await;
        desk.settle(Span::seconds(1)).await;
        assert_eq!(desk.stands(), whole());
    });
}

#[test]
fn where_the_first_part_was_refused_the_case_waits_for_an_answer_as_before() {
    at_desk(|desk| async move {
        desk.in_parts().await;
        assert_eq!(desk.next().await, 0, "an answer is on its way");
        let case = desk.house.case(1).await;
        let made = desk.house.db.read("test", move |tx| {
            Box::pin(async move { protocol::answers_since(tx, &case.brand_id, &case.id, START).await })
        });
        assert_eq!(made.await.unwrap(), 1, "a protocol counts it as one answer");
        desk.fake.mood(Mood::Refuses);
        desk.settle(UNDO).await;
        assert_eq!(desk.each_state().await, ["refused", "ready", "ready"]);
        assert_eq!(desk.next().await, 1, "what goes on nothing is no answer");
        desk.fake.mood(Mood::Fine);
        desk.answer("It comes today.").await.unwrap();
        desk.settle(UNDO).await;
        assert_eq!(desk.stands(), vec![("m1".to_owned(), "@jan@toot.example It comes today.".to_owned())]);
    });
}

#[test]
fn a_part_that_stands_under_an_unknown_id_holds_the_next_for_a_person() {
    at_desk(|desk| async move {
        desk.in_parts().await;
        desk.first_leaves().await;
        desk.fake.mood(Mood::DropsAndIsSilent);
        desk.settle(Span::seconds(1)).await;
        desk.fake.mood(Mood::Fine);
        desk.decide(1, outbox::Decision::Done).await;
        desk.settle(Span::hours(1)).await;
        assert_eq!(desk.each_state().await, ["done", "done", "held"]);
        desk.decide(2, outbox::Decision::Again).await;
        desk.settle(Span::seconds(1)).await;
        assert_eq!(desk.stands()[1], ("own-1".to_owned(), shown(3)), "below the last whose id is known");
    });
}

#[test]
fn what_goes_on_ends_no_wait_that_began_since_and_the_last_resolves() {
    at_desk(|desk| async move {
        let wanted =
            Answer { text: long(), split: true, resolve: Some("sent again".into()), ..Answer::default() };
        desk.act_as(&desk.house.case(1).await, 1, false, Act::Answer(wanted)).await.unwrap();
        desk.first_leaves().await;
        assert_eq!(desk.house.case(1).await.state, "waiting_customer", "the rest is still to come");
        desk.settle(Span::seconds(1)).await;
        assert_eq!(desk.house.case(1).await.state, "resolved");
    });
    at_desk(|desk| async move {
        desk.in_parts().await;
        desk.first_leaves().await;
        desk.house.clock.advance(Span::minutes(2));
        desk.house.take(&[post("m2", "jan", "t1", 1, "@acme hello?? where is it")]).await;
        assert_eq!(desk.house.case(1).await.state, "working", "a wait began between the parts");
        desk.settle(Span::seconds(1)).await;
        assert_eq!(desk.stands(), whole());
        assert_eq!(desk.house.case(1).await.state, "working", "the rest of the old answer does not end it");
    });
}

#[test]
fn files_go_with_the_first_part() {
    at_desk(|desk| async move {
        let case = desk.house.case(1).await;
        let actor = Actor { person: person(1), lead: false };
        let bytes = super::enclosed::picture(7);
        let handed = HandedIn { name: "hinge.png".into(), alt: "the hinge".into(), bytes };
        desk.casework.enclose((&case.brand_id, &case.id), &actor, handed).await.unwrap();
        let wanted = Answer { text: long(), split: true, files: Files::Draft, ..Answer::default() };
        desk.act_as(&case, 1, false, Act::Answer(wanted)).await.unwrap();
        desk.settle(UNDO).await;
        let files: Vec<usize> = desk.fake.posted().iter().map(|p| p.files.len()).collect();
        assert_eq!(files, [1, 0, 0]);
        assert_eq!(desk.stands(), whole());
    });
}
