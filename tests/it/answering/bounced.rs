//! Answers that did not arrive: the wait that they ended goes on from where it began, the case shows why, the team is told.

use super::*;
use serde_json::Value;

const TOLD: &str =
    "SELECT COUNT(*) FROM action WHERE kind = 'alert' AND payload LIKE '%\"occasion\":\"unknown\"%'";

fn report(id: &str, of: &str, failed: bool, status: &str) -> Value {
    let mut report = post(id, "mailer-daemon", id, 0, "Sorry, I was not able to deliver your message");
    report["filtered"] = "mail_auto_submitted".into();
    report["undelivered"] = json!({ "of": of, "failed": failed, "status": status });
    report
}

#[test]
fn an_answer_that_did_not_arrive_opens_its_wait_again_and_is_told() {
    at_desk(|desk| async move {
        let house = &desk.house;
        desk.answer("We look for it.").await.unwrap();
        desk.settle(UNDO).await;
        assert_eq!(house.case(1).await.state, "waiting_customer");
        house.clock.advance(Span::minutes(10));
        // Late is not lost: it is noted, and nothing moves.
        let before = (house.cases().await.len(), house.clocks().await);
        let tally = house.take(&[report("dsn-0", "own-1", false, "4.4.1")]).await;
        assert_eq!((tally.filtered, tally.mention), (1, 0));
        assert_eq!((house.cases().await.len(), house.clocks().await), before);
        let noted = async |kind: &str| house.events().await.iter().filter(|e| e.kind == kind).count();
        assert_eq!((noted("delivery_delayed").await, noted("undelivered").await), (1, 0));
        assert_eq!(house.case(1).await.state, "waiting_customer");

        let told_before = house.count(TOLD).await;
        house.take(&[report("dsn-1", "own-1", true, "5.1.1")]).await;
        assert_eq!(house.cases().await.len(), 1, "a report is never a case");
        let case = house.case(1).await;
        assert_eq!((case.state.as_str(), case.first_answer_at), ("working", None));
        let clocks = house.clocks().await;
        let waits: Vec<_> = clocks.iter().filter(|o| o.kind == "first_response").collect();
        assert_eq!((waits[0].state.as_str(), waits[1].state.as_str()), ("superseded", "running"));
        assert_eq!(waits[1].started_at, START.millis(), "from where it began");
        assert_eq!(noted("undelivered").await, 1);
        assert_eq!(house.count("SELECT COUNT(*) FROM own_post WHERE undelivered = '5.1.1'").await, 1);
        let detail: Vec<(String,)> = house.all("SELECT detail FROM action WHERE kind = 'reply'").await;
        assert_eq!(detail[0].0, "could not be delivered: there is no such address (5.1.1)");
        assert_eq!(house.count(TOLD).await - told_before, 1);
        assert_eq!(
            house.count("SELECT COUNT(*) FROM content WHERE body LIKE '%not able to deliver%'").await,
            0
        );

        // Read a second time, and about what nobody knows: nothing more.
        house
            .take(&[report("dsn-1", "own-1", true, "5.1.1"), report("dsn-2", "stranger", true, "5.1.1")])
            .await;
        assert_eq!((noted("undelivered").await, house.cases().await.len()), (1, 1));
        // The next answer, on whatever way, ends the wait.
        let again = Answer { text: "Here it is.".into(), again: true, ..Answer::default() };
        desk.act_as(&house.case(1).await, 1, false, Act::Answer(again)).await.unwrap();
        desk.settle(UNDO).await;
        assert_eq!(house.case(1).await.state, "waiting_customer");
    });
}

#[test]
fn a_report_that_comes_weeks_after_opens_nothing() {
    at_desk(|desk| async move {
        let house = &desk.house;
        desk.answer("We look for it.").await.unwrap();
        desk.settle(UNDO).await;
        let before = house.case(1).await;
        house.clock.advance(Span::days(15));
        let mut report = report("dsn-1", "own-1", true, "5.1.1");
        report["created_at"] = house.clock_now().rfc3339().into();
        house.take(&[report]).await;
        let case = house.case(1).await;
        assert_eq!((case.state, case.first_answer_at), (before.state, before.first_answer_at));
        assert_eq!(house.count("SELECT COUNT(*) FROM own_post WHERE undelivered IS NOT NULL").await, 0);
    });
}
