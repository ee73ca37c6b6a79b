//! Asking customers afterwards and thanking them, on both engines: once, in private, in their language, never who got no
//! answer, was asked lately or objects; replies are known and go with the person; the thank-you list is drawn once a day.

use crate::harness::{House, START, person, post};
use crate::private::{Desk, at_desk, private};
use jiff::tz::TimeZone;
use serde_json::json;
use webcared::casework::thanking::Given;
use webcared::casework::{Act, Actor, Answer, CaseworkError};
use webcared::domain::thanks::Gesture;
use webcared::domain::time::{Span, Timestamp};
use webcared::privacy::By;
use webcared::reports::survey::{Survey, report};
use webcared::reports::write::{Format, write};
use webcared::reports::{self, Ask};
use webcared::store::outbox::{KILL_SWITCH, set_switch};
use webcared::store::peak::{self, PeakRow};
use webcared::store::thanks::{self, ListedCase};

pub(super) fn switch_on(house: &House) {
    let mut catalogue = (*house.current.get()).clone();
    for watched in catalogue.brands.iter_mut().filter(|w| w.id == house.brand_id) {
        watched.brand.survey.enabled = true;
        watched.brand.thanks.enabled = true;
    }
    house.current.set(catalogue);
}

/// Jan's case goes into private, is answered there and resolved.
pub(super) async fn helped(desk: &Desk) {
    desk.offer(1).await;
    says(desk, "p1", "Here I am, it is order AB-12345").await;
    desk.act(1, Act::Answer(Answer { text: "It is on its way again".into(), ..Answer::default() }))
        .await
        .unwrap();
    desk.settle(Span::seconds(10)).await;
    desk.act(1, Act::Resolve { reason: "sent again".into(), ending: None }).await.unwrap();
}

/// Jan writes in the talk of the case.
pub(super) async fn says(desk: &Desk, id: &str, text: &str) {
    in_talk(desk, id, "chat-jan", text).await;
}

async fn in_talk(desk: &Desk, id: &str, talk: &str, text: &str) {
    let at = desk.minutes();
    desk.house.clock.advance(Span::minutes(2));
    desk.house.take(&[private(id, "jan", talk, at, text)]).await;
}

pub(super) async fn due(desk: &Desk) -> usize {
    let n = desk.casework.surveys_due().await.unwrap();
    desk.settle(Span::seconds(10)).await;
    n
}

async fn figures(desk: &Desk) -> Survey {
    let (now, zone) = (desk.house.clock_now(), TimeZone::UTC);
    let brands = vec![desk.house.brand_id.clone()];
    let ask = Ask { from: now.minus(Span::days(7)), to: now.plus(Span(1)), brands, zone };
    report(&desk.house.db, &ask).await.unwrap().unwrap()
}

async fn asked(desk: &Desk) -> Vec<(String, String)> {
    desk.house.all("SELECT state, why FROM survey ORDER BY asked_at, case_id").await
}

async fn replies(desk: &Desk) -> Vec<(Option<i64>, i64, i64)> {
    desk.house.all("SELECT score, open_answer, silent FROM survey_reply ORDER BY at, mention_id").await
}

#[test]
fn a_customer_is_asked_once_in_private_and_the_reply_opens_nothing() {
    at_desk(|desk| async move {
        switch_on(&desk.house);
        helped(&desk).await;
        let before = desk.fake.posted().len();
        desk.house.advance(Span::hours(23)).await;
        assert_eq!(due(&desk).await, 0, "not yet");
        desk.house.advance(Span::hours(1)).await;
        let (one, other) = tokio::join!(desk.casework.surveys_due(), desk.casework.surveys_due());
        assert_eq!(one.unwrap() + other.unwrap(), 1);
        desk.settle(Span::seconds(10)).await;
        assert_eq!(due(&desk).await, 0, "once");
        let posted = desk.fake.posted();
        assert_eq!(posted.len(), before + 1);
        let question = posted.last().unwrap();
        assert_eq!((question.visibility.as_str(), question.to.as_str()), ("direct", "p1"));
        assert!(
            question.text.starts_with("Hi jan,") && question.text.contains("recommend Acme"),
            "{}",
            question.text
        );
        let case = desk.house.case(1).await;
        assert_eq!((case.state.as_str(), case.open), ("resolved", 0));
        let counts: Vec<(i64,)> =
            desk.house.all("SELECT counts FROM own_post ORDER BY posted_at DESC, id DESC").await;
        assert_eq!(counts[0].0, 0, "no person answered");
        let kinds = desk.kinds(1).await;
        assert_eq!(kinds.iter().filter(|k| *k == "survey_asked").count(), 1);
        assert_eq!(
            kinds.last().map(String::as_str),
            Some("survey_asked"),
            "the question answers nothing: {kinds:?}"
        );

        let clocks = desk.house.clocks().await.len();
        says(&desk, "p2", "een 8").await;
        assert_eq!(due(&desk).await, 0, "words may follow by themselves");
        desk.house.clock.advance(Span::minutes(2));
        let (one, other) = tokio::join!(desk.casework.surveys_due(), desk.casework.surveys_due());
        assert_eq!(one.unwrap() + other.unwrap(), 1);
        desk.settle(Span::seconds(10)).await;
        assert_eq!(due(&desk).await, 0, "once");
        let posted = desk.fake.posted();
        let open = posted.last().unwrap();
        assert_eq!((posted.len(), open.visibility.as_str(), open.to.as_str()), (before + 2, "direct", "p2"));
        assert!(open.text.starts_with("Thank you, jan!") && !open.text.contains("10"), "{}", open.text);
        says(&desk, "p3", "Fast and friendly, thank you").await;
        let again = private("p2", "jan", "chat-jan", 0, "een 8");
        assert_eq!(desk.house.take(&[again]).await.duplicate, 1);
        assert_eq!(replies(&desk).await, [(Some(8), 0, 1), (None, 1, 1)]);
        let case = desk.house.case(1).await;
        assert_eq!((case.state.as_str(), desk.house.cases().await.len()), ("resolved", 1));
        assert_eq!(desk.house.clocks().await.len(), clocks, "no wait began");
        assert_eq!(desk.way(1).await.state, "closed");
        let made = figures(&desk).await;
        assert_eq!((made.total.asked, made.total.answered, made.total.score), (1, 1, Some(0.0)));
        assert_eq!(
            (&made.total.passives[..], &made.worded[..]),
            (&["Acme#1".to_owned()][..], &["Acme#1".to_owned()][..])
        );
        // A case folded anew stays as it is, and something new is a message like any other.
        says(&desk, "p4", "My router is broken again, please help me!").await;
        let case = desk.house.case(1).await;
        assert_eq!(case.open, 1, "{}", case.state);
        assert_eq!(
            desk.house
                .clocks()
                .await
                .iter()
                .filter(|c| c.state == "running" && c.kind == "next_response")
                .count(),
            1
        );
        assert_eq!(replies(&desk).await.len(), 2);
    });
}

#[test]
fn a_complaint_in_the_answer_is_a_message_and_other_talks_are_known() {
    at_desk(|desk| async move {
        switch_on(&desk.house);
        helped(&desk).await;
        desk.house.advance(Span::hours(24)).await;
        assert_eq!(due(&desk).await, 1);
        // They write to us anew instead of replying.
        in_talk(&desk, "p2", "talk-2", "@acme ９／１０").await;
        assert_eq!((desk.house.cases().await.len(), replies(&desk).await), (1, vec![(Some(9), 0, 1)]));
        assert_eq!(desk.house.case(1).await.state, "resolved");
        says(&desk, "p3", "But my parcel is still missing, where is it? Please help me!").await;
        assert_eq!(replies(&desk).await, [(Some(9), 0, 1), (None, 1, 0)]);
        assert_eq!(desk.house.case(1).await.open, 1, "somebody waits");
        let made = figures(&desk).await;
        assert_eq!((made.total.score, &made.complained[..]), (Some(100.0), &["Acme#1".to_owned()][..]));
        // What its author takes back is no answer.
        desk.house.take(&[json!({ "platform": "mastodon", "external_id": "p2", "deleted": true })]).await;
        assert_eq!(replies(&desk).await, [(None, 1, 0)]);
    });
}

/// How many messages went out after the first question, once all that was due was done.
async fn asked_more(desk: &Desk, before: usize) -> usize {
    desk.house.clock.advance(Span::minutes(3));
    due(desk).await;
    desk.house.clock.advance(Span::minutes(1));
    due(desk).await;
    desk.fake.posted().len() - before
}

#[test]
fn who_said_both_at_once_or_said_more_meanwhile_is_not_asked_the_second() {
    at_desk(|desk| async move {
        switch_on(&desk.house);
        helped(&desk).await;
        desk.house.advance(Span::hours(24)).await;
        assert_eq!(due(&desk).await, 1);
        let before = desk.fake.posted().len();
        says(&desk, "p2", "7, snel geholpen").await;
        assert_eq!(replies(&desk).await, [(Some(7), 1, 1)]);
        assert_eq!(asked_more(&desk, before).await, 0);
    });
    at_desk(|desk| async move {
        switch_on(&desk.house);
        helped(&desk).await;
        desk.house.advance(Span::hours(24)).await;
        assert_eq!(due(&desk).await, 1);
        let before = desk.fake.posted().len();
        assert_eq!(asked_more(&desk, before).await, 0, "no score, no second question");
        says(&desk, "p2", "9").await;
        desk.house.clock.advance(Span::minutes(3));
        assert_eq!(desk.casework.surveys_due().await.unwrap(), 1);
        // Before it leaves they say more by themselves.
        says(&desk, "p3", "Fast and friendly, thank you").await;
        desk.settle(Span::seconds(10)).await;
        assert_eq!(asked_more(&desk, before).await, 0, "it was called off");
        assert_eq!(replies(&desk).await, [(Some(9), 0, 1), (None, 1, 1)]);
    });
}

#[test]
fn after_the_score_somebody_who_objects_or_whose_window_is_over_is_left_alone() {
    at_desk(|desk| async move {
        switch_on(&desk.house);
        helped(&desk).await;
        desk.house.advance(Span::hours(24)).await;
        assert_eq!(due(&desk).await, 1);
        let before = desk.fake.posted().len();
        says(&desk, "p2", "3").await;
        desk.house.clock.advance(Span::minutes(3));
        assert_eq!(desk.casework.surveys_due().await.unwrap(), 1);
        crate::privacy::privacy(&desk.house).object("Acme#1", &By::Command).await.unwrap();
        desk.settle(Span::seconds(10)).await;
        assert_eq!(asked_more(&desk, before).await, 0, "called off before it left");
    });
    at_desk(|desk| async move {
        switch_on(&desk.house);
        helped(&desk).await;
        desk.house.advance(Span::hours(24)).await;
        assert_eq!(due(&desk).await, 1);
        let before = desk.fake.posted().len();
        desk.house.execute("UPDATE survey SET until_at = asked_at + 240000").await;
        says(&desk, "p2", "3").await;
        assert_eq!(asked_more(&desk, before).await, 0, "the window is that of the survey");
    });
}

#[test]
fn who_wrote_again_in_the_meantime_is_not_asked() {
    at_desk(|desk| async move {
        switch_on(&desk.house);
        helped(&desk).await;
        let before = desk.fake.posted().len();
        desk.house.advance(Span::hours(24)).await;
        assert_eq!(desk.casework.surveys_due().await.unwrap(), 1);
        says(&desk, "p2", "It broke again, can you help me please?").await;
        desk.settle(Span::seconds(10)).await;
        assert_eq!(desk.fake.posted().len(), before, "called off before it left");
        let state: Vec<(String,)> =
            desk.house.all("SELECT state FROM action WHERE payload LIKE '%survey%'").await;
        assert_eq!(state, [("cancelled".to_owned(),)]);
    });
}

#[test]
fn who_objects_before_the_question_leaves_gets_none() {
    at_desk(|desk| async move {
        switch_on(&desk.house);
        helped(&desk).await;
        let before = desk.fake.posted().len();
        desk.house.advance(Span::hours(24)).await;
        assert_eq!(desk.casework.surveys_due().await.unwrap(), 1);
        crate::privacy::privacy(&desk.house).object("Acme#1", &By::Command).await.unwrap();
        desk.settle(Span::seconds(10)).await;
        assert_eq!(desk.fake.posted().len(), before, "called off before it left");
        let state: Vec<(String,)> =
            desk.house.all("SELECT state FROM action WHERE payload LIKE '%survey%'").await;
        assert_eq!(state, [("cancelled".to_owned(),)]);
    });
}

fn peak_of(desk: &Desk, from: Timestamp, until: Timestamp) -> PeakRow {
    PeakRow {
        id: "pek_1".into(),
        brand_id: desk.house.brand_id.clone(),
        kind: "peak".into(),
        starts_at: from.millis(),
        until_at: until.millis(),
        standby: "[]".into(),
        made_by: person(1).to_string(),
        made_at: desk.house.clock_now().millis(),
        ended_at: None,
        ended_by: None,
        wait_minutes: None,
    }
}

#[test]
fn nobody_is_asked_without_an_answer_twice_in_a_while_or_on_a_peak_day() {
    at_desk(|desk| async move {
        switch_on(&desk.house);
        helped(&desk).await;
        // A case that ends without an answer, and one in public.
        desk.house
            .take(&[private("n1", "ann", "chat-ann", desk.minutes(), "@acme can you help me please?")])
            .await;
        desk.house.take(&[post("n2", "bob", "t9", desk.minutes(), "@acme can you help me please?")]).await;
        for number in [2, 3] {
            desk.act(number, Act::Resolve { reason: "told by phone".into(), ending: None }).await.unwrap();
        }
        desk.house.advance(Span::hours(24)).await;
        let now = desk.house.clock_now();
        let peak = peak_of(&desk, now.plus(Span::hours(2)), now.plus(Span::hours(3)));
        let ended = PeakRow { ended_at: Some(1), ..peak.clone() };
        desk.house.write(move |tx| Box::pin(async move { peak::put(tx, &peak).await })).await.unwrap();
        assert_eq!(due(&desk).await, 0, "a peak day");
        assert_eq!(desk.casework.thanks_due().await.unwrap(), 0, "no cards either");
        desk.house.write(move |tx| Box::pin(async move { peak::put(tx, &ended).await })).await.unwrap();
        desk.house
            .write(|tx| Box::pin(set_switch(tx, KILL_SWITCH, true, "test", Timestamp(0))))
            .await
            .unwrap();
        assert_eq!(due(&desk).await, 0, "all sending is stopped");
        desk.house
            .write(|tx| Box::pin(set_switch(tx, KILL_SWITCH, false, "test", Timestamp(0))))
            .await
            .unwrap();
        assert_eq!(due(&desk).await, 3);
        let mut states = asked(&desk).await;
        states.sort();
        let wanted = [("asked", ""), ("passed_over", "no_answer"), ("passed_over", "no_answer")];
        assert_eq!(states, wanted.map(|(a, b)| (a.to_owned(), b.to_owned())));
        // Jan's next case ends a month later.
        desk.house.advance(Span::days(30)).await;
        says(&desk, "p7", "My other parcel is missing, can you help me please?").await;
        let number = desk.house.cases().await.len() as i64;
        let number = if desk.house.case(1).await.open == 1 { 1 } else { number };
        desk.act(number, Act::Answer(Answer { text: "It comes today".into(), ..Answer::default() }))
            .await
            .unwrap();
        desk.settle(Span::seconds(10)).await;
        desk.act(number, Act::Resolve { reason: "found".into(), ending: None }).await.unwrap();
        desk.house.execute("DELETE FROM survey_reply").await;
        let sent = desk.fake.posted().len();
        desk.house.advance(Span::hours(25)).await;
        due(&desk).await;
        assert_eq!(desk.fake.posted().len(), sent, "asked a month ago");
    });
}

#[test]
fn who_objects_is_not_asked_and_an_erasure_takes_the_answers() {
    at_desk(|desk| async move {
        switch_on(&desk.house);
        helped(&desk).await;
        desk.house.advance(Span::hours(24)).await;
        assert_eq!(due(&desk).await, 1);
        says(&desk, "p2", "10, SECRETPRAISE").await;
        let said: Vec<_> = replies(&desk).await.into_iter().map(|r| (r.0, r.1)).collect();
        assert_eq!(said, [(Some(10), 1)]);
        let privacy = crate::privacy::privacy(&desk.house);
        privacy.erase("Acme#1", true, &By::Command).await.unwrap();
        assert!(replies(&desk).await.is_empty());
        assert_eq!(asked(&desk).await, [("erased".to_owned(), String::new())]);
        let all = crate::privacy::everything(&desk.house).await;
        assert!(!String::from_utf8_lossy(&all).contains("SECRETPRAISE"));
        assert_eq!(desk.casework.thanks_due().await.unwrap(), 0, "nobody is thanked who is erased");
        let now = desk.house.clock_now();
        let ask = Ask {
            from: now.minus(Span::days(7)),
            to: now,
            brands: vec![desk.house.brand_id.clone()],
            zone: TimeZone::UTC,
        };
        assert_eq!(reports::survey::report(&desk.house.db, &ask).await.unwrap(), None);
    });
}

#[test]
fn scores_stand_in_every_form_of_the_report_and_nowhere_where_nobody_asks() {
    at_desk(|desk| async move {
        let now = |desk: &Desk| desk.house.clock_now();
        let ask = |desk: &Desk| Ask {
            from: now(desk).minus(Span::days(7)),
            to: now(desk).plus(Span(1)),
            brands: vec![desk.house.brand_id.clone()],
            zone: TimeZone::UTC,
        };
        let none = reports::report(&desk.house.db, &ask(&desk), now(&desk)).await.unwrap();
        for format in [Format::Text, Format::Json, Format::Csv, Format::Html] {
            let told = write(&none, format).to_lowercase();
            assert!(!told.contains("survey") && !told.contains("recommend"), "{told}");
        }
        switch_on(&desk.house);
        helped(&desk).await;
        desk.house.advance(Span::hours(24)).await;
        due(&desk).await;
        says(&desk, "p2", "9/10").await;
        let mut made = reports::report(&desk.house.db, &ask(&desk), now(&desk)).await.unwrap();
        made.console = "https://care.example".into();
        let told = |format| write(&made, format);
        assert!(told(Format::Text).contains("this period: +100.0 ("), "{}", told(Format::Text));
        assert!(told(Format::Json).contains("\"promoters\""));
        assert!(told(Format::Csv).contains("survey,channel,mastodon,1,1,100.0,"), "{}", told(Format::Csv));
        let html = told(Format::Html);
        assert!(
            html.contains("Would they recommend") && html.contains("https://care.example/c/Acme/1"),
            "{html}"
        );
    });
}

#[test]
fn the_list_is_drawn_once_a_day_and_each_case_stands_on_it_once() {
    at_desk(|desk| async move {
        switch_on(&desk.house);
        helped(&desk).await;
        desk.house.execute("UPDATE cases SET opened_at = opened_at - 864000000 WHERE number = 1").await;
        desk.house.clock.advance(Span::minutes(1));
        assert_eq!(desk.casework.thanks_due().await.unwrap(), 1, "long patience");
        assert_eq!(desk.casework.thanks_due().await.unwrap(), 0, "once a day");
        desk.house.advance(Span::days(1)).await;
        assert_eq!(desk.casework.thanks_due().await.unwrap(), 0, "each case once");
        let case = desk.house.case(1).await;
        let pair = (case.brand_id.as_str(), case.id.as_str());
        let (jan, kim) = (Actor { person: person(1), lead: false }, Actor { person: person(2), lead: false });
        assert!(desk.casework.card_written(pair, &jan).await.unwrap());
        assert!(!desk.casework.card_written(pair, &kim).await.unwrap(), "somebody had");
        let given = |micros, currency: &str| Given {
            kind: Gesture::Voucher,
            words: "for your patience".into(),
            micros,
            currency: currency.into(),
        };
        for (micros, currency) in [(None, "EUR"), (Some(1), "euro"), (Some(0), "EUR")] {
            let odd = desk.casework.give(pair, &given(micros, currency), &jan).await.unwrap_err();
            assert!(matches!(odd, CaseworkError::Invalid { .. }), "{odd}");
        }
        desk.casework.give(pair, &given(Some(12_500_000), "EUR"), &jan).await.unwrap();
        let mut limited = (*desk.house.current.get()).clone();
        for watched in limited.brands.iter_mut().filter(|w| w.id == desk.house.brand_id) {
            watched.brand.front_office.goodwill.limits = [("agent".to_owned(), 20)].into();
        }
        desk.house.current.set(limited);
        let above = desk.casework.give(pair, &given(Some(8_000_000), "EUR"), &jan).await.unwrap_err();
        assert!(above.to_string().contains("20.00 EUR"), "{above}");
        let elsewhere =
            desk.casework.give(("brd_other", pair.1), &given(Some(1), "EUR"), &jan).await.unwrap_err();
        assert!(matches!(elsewhere, CaseworkError::NotFound), "{elsewhere}");
        let (brand, ids) = (case.brand_id.clone(), vec![case.id.clone()]);
        let found = desk.house.db.read("test", move |tx| {
            Box::pin(async move {
                Ok((
                    thanks::lists(tx, &brand, "2026-01-01", 9).await?,
                    thanks::gestures(tx, &brand, &ids).await?,
                ))
            })
        });
        let (listed, given): (Vec<ListedCase>, _) = found.await.unwrap();
        assert_eq!((listed.len(), listed[0].reasons.as_str()), (1, "[\"patience\"]"));
        assert_eq!(listed[0].written_by, Some(person(1).to_string()));
        assert_eq!(
            (given[0].micros, given[0].words.as_deref()),
            (Some(12_500_000), Some("for your patience"))
        );
        assert!(desk.house.clock_now() > START);
    });
}

#[test]
fn on_a_peak_day_the_list_is_off_and_stands_again_the_next_day() {
    at_desk(|desk| async move {
        switch_on(&desk.house);
        helped(&desk).await;
        // Somebody of whom the list would speak today.
        desk.house.execute("UPDATE cases SET opened_at = opened_at - 864000000 WHERE number = 1").await;
        desk.house.clock.advance(Span::minutes(1));
        let now = desk.house.clock_now();
        let peak = peak_of(&desk, now.minus(Span::minutes(30)), now.plus(Span::minutes(30)));
        desk.house.write(move |tx| Box::pin(async move { peak::put(tx, &peak).await })).await.unwrap();
        assert_eq!(desk.casework.thanks_due().await.unwrap(), 0, "off");
        desk.house.clock.advance(Span::hours(1));
        assert_eq!(desk.casework.thanks_due().await.unwrap(), 0, "also when it is over by noon");
        desk.house.advance(Span::days(1)).await;
        assert_eq!(desk.casework.thanks_due().await.unwrap(), 1);
    });
}

#[test]
fn who_had_a_protocol_is_neither_asked_nor_thanked() {
    at_desk(|desk| async move {
        switch_on(&desk.house);
        helped(&desk).await;
        desk.house
            .execute(
                "INSERT INTO protocol (id, brand_id, case_id, kind, state, open, origin, proposed_at, started_at, told)
                 SELECT 'pro_1', brand_id, id, 'threat', 'ended', 0, 'words', 0, 1, 0 FROM cases WHERE number = 1",
            )
            .await;
        desk.house.execute("UPDATE cases SET opened_at = opened_at - 864000000 WHERE number = 1").await;
        let before = desk.fake.posted().len();
        desk.house.advance(Span::hours(24)).await;
        due(&desk).await;
        assert_eq!(asked(&desk).await, [("passed_over".to_owned(), "unwanted".to_owned())]);
        assert_eq!(desk.fake.posted().len(), before);
        assert_eq!(desk.casework.thanks_due().await.unwrap(), 0);
    });
}
