//! What becomes of a case moves its urgency: its customer asks again, and asks again after we were late.

use crate::harness::{House, START, answer, on_each, post};
use serde_json::Value;
use webcared::casework::Act;
use webcared::domain::correction::Corrected;
use webcared::domain::judgement::Level;
use webcared::domain::time::Span;

const ASKED: &str = "@acme my parcel never arrived, please help me";

/// Level, urgency, and what the course added, of the first case.
async fn stands(house: &House) -> (i64, i64, Vec<(String, i64)>) {
    let case = house.case(1).await;
    let all: Vec<Value> = serde_json::from_str(&case.course).unwrap();
    let one = |r: &Value| (r["what"].as_str().unwrap().to_owned(), r["weight"].as_i64().unwrap());
    (case.level, case.urgency, all.iter().map(one).collect())
}

fn added(list: &[(&str, i64)]) -> Vec<(String, i64)> {
    list.iter().map(|(what, points)| ((*what).to_owned(), *points)).collect()
}

#[test]
fn who_asks_again_raises_the_urgency_and_more_so_when_we_are_late() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, ASKED)]).await;
        let (level, before, course) = stands(&house).await;
        assert_eq!(course, []);
        house.advance(Span::minutes(20)).await;
        house.take(&[post("m2", "jan", "t1", 20, "any news?")]).await;
        assert_eq!(stands(&house).await, (level, before + 4, added(&[("posts_this_week", 4)])));
        house.advance(Span::minutes(20)).await;
        house.take(&[post("m3", "jan", "t1", 40, "hello?")]).await;
        let both = added(&[("posts_this_week", 8), ("unanswered_beyond_target", 5)]);
        assert_eq!(stands(&house).await, (level, before + 13, both.clone()));
        house.advance(Span::minutes(1)).await;
        house.take(&[answer("o1", "m3", "t1", 41)]).await;
        house.advance(Span::hours(1)).await;
        house.take(&[post("m4", "jan", "t1", 100, "thank you, that helps")]).await;
        assert_eq!(stands(&house).await, (level, before + 13, both), "thanks are no asking");
    });
}

#[test]
fn one_word_in_several_posts_and_somebody_else_add_nothing() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, ASKED)]).await;
        let before = stands(&house).await;
        house.advance(Span::minutes(30)).await;
        let parts = [
            post("m2", "jan", "t1", 4, "and it was a present"),
            post("m3", "piet", "t1", 25, "@acme same here, where is mine?"),
        ];
        house.take(&parts).await;
        assert_eq!(stands(&house).await, before);
    });
}

#[test]
fn the_order_of_deliveries_makes_no_difference() {
    on_each(|house| async move {
        house.clock.advance(Span::hours(3));
        let posts = [
            post("m1", "jan", "t1", 0, ASKED),
            post("m2", "jan", "t1", 45, "hello? anybody?"),
            answer("o1", "m2", "t1", 50),
            post("m3", "jan", "t1", 90, "@acme and where is my refund?"),
        ];
        for at in [3, 1, 2, 0] {
            house.take(&posts[at..=at]).await;
        }
        let both = added(&[("posts_this_week", 8), ("unanswered_beyond_target", 5)]);
        assert_eq!(stands(&house).await.2, both);
    });
}

#[test]
fn a_correction_of_the_level_keeps_what_the_course_adds() {
    on_each(|house| async move {
        let (first, again) =
            (post("m1", "jan", "t1", 0, ASKED), post("m2", "jan", "t1", 20, "hello? anybody?"));
        house.clock.advance(Span::minutes(21));
        house.take(&[first, again]).await;
        let to = Corrected { level: Some(Level::P1), ..Corrected::default() };
        house.act(&house.case(1).await, 1, Act::Correct(to)).await.unwrap();
        let (level, urgency, course) = stands(&house).await;
        assert_eq!((level, urgency, course), (1, 84, added(&[("posts_this_week", 4)])));
    });
}

#[test]
fn what_is_posted_while_its_topic_rises_is_more_urgent_whenever_it_comes_in() {
    on_each(|house| async move {
        house.clock.advance(Span::hours(1));
        house.take(&[post("m1", "jan", "t1", 30, ASKED)]).await;
        let first = house.case(1).await;
        // The rise runs from minute 20 to 40; told only now, it moves nothing that is there.
        let rise = format!(
            "INSERT INTO incident (id, brand_id, number, origin, topic, language, open, opened_at, expected, most,
                ended_at, version)
             VALUES ('inc_1', '{}', 1, 'rise', 'intent:{}', '{}', 0, {}, 1, 30, {}, 2)",
            first.brand_id,
            first.intent,
            first.language,
            START.plus(Span::minutes(20)).millis(),
            START.plus(Span::minutes(40)).millis(),
        );
        house.execute(Box::leak(rise.into_boxed_str())).await;
        assert_eq!(stands(&house).await.2, []);
        house.take(&[post("m2", "piet", "t2", 39, ASKED), post("m3", "kim", "t3", 40, ASKED)]).await;
        house.take(&[post("m4", "eve", "t4", 19, ASKED)]).await;
        let (during, after, before) = (house.case(2).await, house.case(3).await, house.case(4).await);
        assert_eq!((during.level, during.urgency), (first.level, first.urgency + 10));
        assert!(during.course.contains("velocity"), "{}", during.course);
        for other in [after, before] {
            assert_eq!((other.urgency, other.course.as_str()), (first.urgency, "[]"));
        }
    });
}
