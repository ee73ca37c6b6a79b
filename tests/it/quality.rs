//! The quality of answers on both engines: what is drawn and when, who may score, who sees what, when averages tell, and
//! what goes with the customer.

use crate::harness::{House, answer, on_each, person, post};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use webcared::casework::{Actor, CaseworkError};
use webcared::domain::quality::{Criterion, Quality};
use webcared::domain::time::Span;
use webcared::reports::write::{Format, write};
use webcared::reports::{Ask, Report, report};
use webcared::store::Tx;
use webcared::store::quality::{self as store, SampleRow};

const HELP: &str = "@acme my parcel never arrived, please help me";

fn set(house: &House, quality: &Quality) {
    let mut catalogue = (*house.current.get()).clone();
    for watched in catalogue.brands.iter_mut().filter(|w| w.id == house.brand_id) {
        watched.brand.quality = quality.clone();
    }
    house.current.set(catalogue);
}

fn card() -> Quality {
    let criteria = vec![Criterion { name: "tone".into(), about: String::new(), scale: 5 }];
    Quality { enabled: true, criteria, ..Quality::default() }
}

/// So many customers of whom each has an answer; of whom is said by `who`.
async fn answered(house: &House, n: i64, who: impl Fn(i64) -> u8) {
    for at in 0..n {
        let (post_id, own, author, thread) =
            (format!("m{at}"), format!("o{at}"), format!("a{at}"), format!("t{at}"));
        house
            .take(&[
                post(&post_id, &author, &thread, at * 2, HELP),
                answer(&own, &post_id, &thread, at * 2 + 1),
            ])
            .await;
        let (own, by) = (own.clone(), person(who(at)).to_string());
        house
            .write(move |tx| {
                Box::pin(async move {
                    let sql = "UPDATE own_post SET person_id = $2 WHERE external_id = $1";
                    match tx {
                        Tx::Sqlite(t) => {
                            sqlx::query(sql).bind(own).bind(by).execute(&mut **t).await.map(|_| ()).unwrap()
                        }
                        Tx::Postgres(t) => {
                            sqlx::query(sql).bind(own).bind(by).execute(&mut **t).await.map(|_| ()).unwrap()
                        }
                    }
                    Ok(())
                })
            })
            .await
            .unwrap();
    }
}

async fn samples(house: &House) -> Vec<(String, String, Option<String>)> {
    house.all("SELECT id, person_id, scored_by FROM quality_sample ORDER BY id").await
}

async fn score(house: &House, id: &str, who: u8, points: i64) -> Result<bool, CaseworkError> {
    let given = BTreeMap::from([("tone".to_owned(), points)]);
    let actor = Actor { person: person(who), lead: false };
    house.casework.score((&house.brand_id, id), &given, "warm WORDOFTHESCORER", &actor).await
}

async fn made(house: &House) -> Report {
    let now = house.clock_now();
    let ask = Ask {
        from: now.minus(Span::days(60)),
        to: now.plus(Span(1)),
        brands: Vec::new(),
        zone: TimeZone::UTC,
    };
    report(&house.db, &ask, now).await.unwrap()
}

async fn open(house: &House, who: u8) -> Vec<SampleRow> {
    let (brand, me, now) = (house.brand_id.clone(), person(who).to_string(), house.clock_now());
    let read = house.db.read("a test", move |tx| {
        Box::pin(async move { store::to_score(tx, &brand, &me, (now, 100)).await })
    });
    read.await.unwrap()
}

#[test]
fn a_week_is_drawn_once_when_it_is_over_a_few_of_each_person() {
    on_each(|house| async move {
        answered(&house, 12, |n| if n < 8 { 1 } else { 2 }).await;
        assert_eq!(house.casework.quality_due().await.unwrap(), 0, "off unless switched on");
        house.clock.advance(Span::days(7));
        set(&house, &Quality { per_person: 3, ..card() });
        assert_eq!(house.casework.quality_due().await.unwrap(), 6);
        assert_eq!(house.casework.quality_due().await.unwrap(), 0, "once");
        house.clock.advance(Span::days(7));
        assert_eq!(house.casework.quality_due().await.unwrap(), 0, "nothing was answered in the week after");
        let of = |who: u8, all: &[(String, String, Option<String>)]| {
            all.iter().filter(|s| s.1 == person(who).to_string()).count()
        };
        let all = samples(&house).await;
        assert_eq!((of(1, &all), of(2, &all)), (3, 3));
        let weeks: Vec<(String,)> = house.all("SELECT DISTINCT week FROM quality_sample").await;
        assert_eq!(weeks.len(), 1);
        assert_eq!(open(&house, 1).await.len(), 3);
        house.clock.advance(Span::days(8));
        assert_eq!(open(&house, 1).await.len(), 0, "two weeks are over: nobody is asked any more");
    });
}

#[test]
fn every_answer_to_a_p1_is_drawn() {
    on_each(|house| async move {
        answered(&house, 6, |_| 1).await;
        house.execute("UPDATE cases SET level = 1 WHERE number <= 4").await;
        house.clock.advance(Span::days(7));
        set(&house, &Quality { per_person: 0, ..card() });
        assert_eq!(house.casework.quality_due().await.unwrap(), 4);
    });
}

#[test]
fn a_colleague_scores_once_never_oneself_and_whose_it_is_answers_first() {
    on_each(|house| async move {
        answered(&house, 1, |_| 1).await;
        house.clock.advance(Span::days(7));
        set(&house, &card());
        assert_eq!(house.casework.quality_due().await.unwrap(), 1);
        let id = samples(&house).await[0].0.clone();
        assert!(open(&house, 1).await.is_empty(), "one's own is not offered");
        let offered = open(&house, 2).await;
        assert!(offered[0].body.as_deref().unwrap().contains("looking into it"));
        assert!(offered[0].asked.as_deref().unwrap().contains("never arrived"));
        let own = score(&house, &id, 1, 5).await;
        assert!(matches!(own, Err(CaseworkError::Refused(ref why)) if why.contains("your own")), "{own:?}");
        let much = score(&house, &id, 2, 6).await;
        assert!(matches!(much, Err(CaseworkError::Invalid { field: "scores", .. })), "{much:?}");
        assert!(score(&house, &id, 2, 4).await.unwrap());
        assert!(!score(&house, &id, 3, 1).await.unwrap(), "somebody had");
        assert!(made(&house).await.quality.is_empty(), "whose it is has not seen it");
        let line = async |who: u8, line: &str| {
            let actor = Actor { person: person(who), lead: false };
            house.casework.score_seen((&house.brand_id, &id), line, &actor).await
        };
        assert!(matches!(line(2, "x").await, Err(CaseworkError::NotFound)), "it is another's");
        assert!(matches!(line(1, "a\nb").await, Err(CaseworkError::Invalid { .. })));
        assert!(line(1, "fair enough LINEOFMINE").await.unwrap());
        assert!(!line(1, "again").await.unwrap());
        let told = made(&house).await;
        assert_eq!((told.quality[0].answers, told.quality[0].people, told.quality[0].tenths), (1, 1, None));
        let text = write(&told, Format::Text);
        assert!(text.contains("tone: not told, for fewer than 5 people stand behind it"), "{text}");
        assert!(!text.contains("WORDOFTHESCORER") && !text.contains("LINEOFMINE"));
        let acts: Vec<(String,)> =
            house.all("SELECT act FROM audit WHERE act LIKE 'quality.%' ORDER BY number").await;
        assert_eq!(acts.iter().map(|a| a.0.as_str()).collect::<Vec<_>>(), ["quality.score", "quality.seen"]);
    });
}

#[test]
fn five_people_make_an_average_also_when_one_does_not_look() {
    on_each(|house| async move {
        answered(&house, 5, |n| u8::try_from(n).unwrap() + 1).await;
        house.clock.advance(Span::days(7));
        set(&house, &card());
        assert_eq!(house.casework.quality_due().await.unwrap(), 5);
        for (n, (id, _, _)) in samples(&house).await.into_iter().enumerate() {
            assert!(score(&house, &id, 9, 1 + i64::try_from(n).unwrap()).await.unwrap());
        }
        assert!(made(&house).await.quality.is_empty());
        house.clock.advance(Span::days(8));
        let told = made(&house).await;
        assert_eq!((told.quality[0].people, told.quality[0].tenths), (5, Some(30)));
        assert!(write(&told, Format::Csv).contains("quality,tone,5,5,5,3.0"));
    });
}

#[test]
fn scores_are_let_go_after_their_months_and_words_with_the_customer() {
    on_each(|house| async move {
        answered(&house, 1, |_| 1).await;
        house.clock.advance(Span::days(7));
        set(&house, &Quality { keep_months: 1, ..card() });
        house.casework.quality_due().await.unwrap();
        let id = samples(&house).await[0].0.clone();
        assert!(score(&house, &id, 2, 4).await.unwrap());
        let words = "SELECT COUNT(*) FROM content WHERE kind = 'quality'";
        assert_eq!(house.count(words).await, 1);
        let subject: Vec<(String,)> = house.all("SELECT subject FROM content WHERE kind = 'quality'").await;
        assert_eq!(subject[0].0, house.case(1).await.author_id, "they go with the customer");
        house.clock.advance(Span::days(40));
        house.casework.quality_due().await.unwrap();
        assert_eq!(house.count(words).await, 0);
        assert!(samples(&house).await.is_empty());
    });
}

#[test]
fn scores_go_after_their_months_also_where_it_was_switched_off() {
    on_each(|house| async move {
        answered(&house, 1, |_| 1).await;
        house.clock.advance(Span::days(7));
        set(&house, &card());
        assert_eq!(house.casework.quality_due().await.unwrap(), 1);
        set(&house, &Quality { enabled: false, keep_months: 1, ..card() });
        house.clock.advance(Span::days(20));
        house.casework.quality_due().await.unwrap();
        assert_eq!(samples(&house).await.len(), 1);
        house.clock.advance(Span::days(20));
        house.casework.quality_due().await.unwrap();
        assert!(samples(&house).await.is_empty());
    });
}
