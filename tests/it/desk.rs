//! The inbox as a place to work in: lanes with filters against a plain look at every case, acts on many and undoing them,
//! colleagues at a case and in notes.

use crate::harness::{House, START, on_each, person, post};
use webcared::casework::batch::Wanted as Many;
use webcared::casework::{Act, Actor};
use webcared::domain::batch::Kind;
use webcared::domain::label::Label;
use webcared::domain::time::{Span, Timestamp};
use webcared::store::filtered::{self, Page, Sift, listed};
use webcared::store::lanes::{self, Lane, Place, Wanted};
use webcared::store::person::{self as people, PersonRow};
use webcared::store::rows::CaseRow;
use webcared::store::{Tx, batch, called_in, presence};

const ASKS: &str = "@acme where is my parcel?";
const ANGRY: &str = "@acme my parcel has not arrived and nobody answers, this is annoying";
const DANGER: &str =
    "@acme my charger caught fire while my child was sleeping next to it, there is smoke everywhere";
const KIND: &str = "@acme thank you so much, what a lovely service, great work";
const CHAT: &str = "lovely window at @acme today";
const DUTCH: &str = "@acme waar blijft mijn pakket, ik wacht al drie dagen op een antwoord";

fn actor(n: u8) -> Actor {
    Actor { person: person(n), lead: false }
}

/// Thirty cases of all kinds, some claimed, waiting, snoozed, ended.
async fn many(house: &House) {
    let words = [ASKS, ANGRY, DANGER, KIND, CHAT, DUTCH];
    let mut posts = Vec::new();
    for n in 0..30 {
        let id = format!("m{n}");
        let text = if n % 7 == 0 { format!("{} zebra", words[n % 6]) } else { words[n % 6].to_owned() };
        posts.push(post(&id, &format!("a{n}"), &format!("t{n}"), n as i64 % 9, &text));
    }
    house.take(&posts).await;
    for number in [2, 9, 16] {
        house.act(&house.case(number).await, 1, Act::Claim { until: None }).await.unwrap();
    }
    house.act(&house.case(9).await, 1, Act::AwaitCustomer).await.unwrap();
    house.act(&house.case(3).await, 2, Act::AwaitFrontOffice).await.unwrap();
    for number in [8, 14] {
        house.act(&house.case(number).await, 2, Act::Dismiss { reason: "spam".into() }).await.unwrap();
    }
    let until = START.plus(Span::hours(4));
    house.act(&house.case(7).await, 2, Act::Snooze { until }).await.unwrap();
    house.advance(Span::minutes(32)).await;
}

async fn read(house: &House, wanted: &Wanted, sift: &Sift, most: i64) -> Page {
    let (brand, wanted, sift) = (house.brand_id.clone(), wanted.clone(), sift.clone());
    let page = house.write(move |tx| {
        Box::pin(async move { filtered::page_within(tx, &brand, &wanted, &sift, most).await })
    });
    page.await.unwrap()
}

/// All pages of a lane, one after another, at most `limit` cases each.
async fn all(house: &House, lane: Lane, sift: &Sift, limit: usize, most: i64) -> Vec<i64> {
    let mut after: Option<Place> = None;
    let mut found = Vec::new();
    for _ in 0..200 {
        let now = house.clock_now();
        let wanted = Wanted { lane, who: person(1).to_string(), now, after: after.clone(), limit };
        let page = read(house, &wanted, sift, most).await;
        assert!(page.cases.len() <= limit);
        let next = if page.cases.len() == limit {
            page.cases.last().map(|c| Place::of(lane, c))
        } else {
            page.looked_to.clone()
        };
        found.extend(page.cases.iter().map(|c| c.number));
        let Some(next) = next else { return found };
        assert!(after.as_ref().is_none_or(|a| *a < next), "a page begins behind the one before");
        after = Some(next);
    }
    panic!("it never ends: {found:?}");
}

/// All pages of the main list without a filter.
async fn plain(house: &House, limit: usize) -> Vec<i64> {
    let (mut found, mut after): (Vec<i64>, Option<Place>) = (Vec::new(), None);
    loop {
        let now = house.clock_now();
        let wanted = Wanted { lane: Lane::All, who: person(1).to_string(), now, after: after.clone(), limit };
        let brand = house.brand_id.clone();
        let page = house.write(move |tx| Box::pin(async move { lanes::page(tx, &brand, &wanted).await }));
        let page = page.await.unwrap();
        found.extend(page.iter().map(|c| c.number));
        match page.last() {
            Some(last) if page.len() == limit => after = Some(Place::of(Lane::All, last)),
            _ => return found,
        }
    }
}

/// What a lane with a filter holds, by a plain look at each case.
fn fits(c: &CaseRow, lane: Lane, sift: &Sift, now: i64, zebras: &[i64]) -> bool {
    let in_list = |list: &str, value: &str| list.is_empty() || list.contains(&format!(",{value},"));
    let waits = c.state.starts_with("waiting_");
    let asleep = c.snoozed_until.is_some_and(|u| u > now);
    let lane = match lane {
        Lane::Closed => c.open == 0,
        Lane::NoAnswer => c.open == 1 && c.needs_answer == 0,
        Lane::Compliments => c.open == 1 && matches!(c.intent.as_str(), "compliment" | "praise") && !asleep,
        Lane::All => c.open == 1 && !asleep,
        Lane::Mine => c.open == 1 && c.claimed_by.as_deref() == Some(person(1).as_str()) && !asleep,
        _ => {
            let answers = c.open == 1 && c.needs_answer == 1 && asleep == (lane == Lane::Snoozed);
            answers
                && match lane {
                    Lane::Unclaimed => c.claimed_by.is_none(),
                    Lane::Late => c.due_at.is_some_and(|d| d < now),
                    Lane::Waiting => waits,
                    Lane::Snoozed => true,
                    Lane::Languages => in_list(sift.spoken.as_deref().unwrap_or(",-,"), &c.language),
                    _ => false,
                }
        }
    };
    let owner = match sift.owner.as_str() {
        "" => true,
        "nobody" => c.claimed_by.is_none(),
        who => c.claimed_by.as_deref() == Some(who),
    };
    lane && owner
        && in_list(&sift.platforms, &c.platform)
        && in_list(&sift.languages, &c.language)
        && in_list(&sift.levels, &c.level.to_string())
        && in_list(&sift.intents, &c.intent)
        && in_list(&sift.states, &c.state)
        && (sift.text.is_empty() || zebras.contains(&c.number))
}

#[test]
fn a_filter_shows_what_a_plain_look_shows_in_one_order_on_any_page() {
    on_each(|house| async move {
        many(&house).await;
        // Some have a private window that closes soon, in no order of their numbers; one of them needs no answer any more.
        house.execute("UPDATE cases SET closing_at = 1000 + (number * 7) % 5 WHERE number % 3 = 0").await;
        let sifts = [
            Sift::default(),
            Sift { languages: listed(["nl"]), ..Sift::default() },
            Sift { levels: listed([1, 2]), ..Sift::default() },
            Sift { intents: listed(["compliment", "question"]), ..Sift::default() },
            Sift { owner: "nobody".into(), platforms: listed(["mastodon"]), ..Sift::default() },
            Sift { owner: person(1).to_string(), ..Sift::default() },
            Sift { states: listed(["new", "waiting_customer"]), ..Sift::default() },
            Sift { text: "zebra".into(), ..Sift::default() },
            Sift { text: "zebra".into(), languages: listed(["en"]), ..Sift::default() },
            Sift { platforms: listed(["bluesky"]), ..Sift::default() },
            Sift { spoken: Some(listed(["nl", "de"])), ..Sift::default() },
        ];
        let lanes = [
            Lane::All,
            Lane::Mine,
            Lane::Unclaimed,
            Lane::Late,
            Lane::Waiting,
            Lane::Snoozed,
            Lane::NoAnswer,
            Lane::Compliments,
            Lane::Languages,
            Lane::Closed,
        ];
        let now = house.clock_now().millis();
        let cases = house.cases().await;
        let zebras: Vec<(i64,)> = house
            .all(
                "SELECT k.number FROM cases k JOIN content c ON c.id = k.first_mention_id || '/1'
                 WHERE c.body LIKE '%zebra%'",
            )
            .await;
        let zebras: Vec<i64> = zebras.into_iter().map(|z| z.0).collect();
        let mut seen = 0;
        for sift in &sifts {
            for lane in lanes {
                let mut wanted: Vec<&CaseRow> = cases
                    .iter()
                    .filter(|c| c.brand_id == house.brand_id && fits(c, lane, sift, now, &zebras))
                    .collect();
                wanted.sort_by_cached_key(|c| Place::of(lane, c));
                let wanted: Vec<i64> = wanted.into_iter().map(|c| c.number).collect();
                seen += wanted.len();
                for (limit, most) in [(50, 10_000), (3, 10_000), (50, 4), (2, 1)] {
                    let found = all(&house, lane, sift, limit, most).await;
                    assert_eq!(found, wanted, "{lane:?} {sift:?} {limit} {most}");
                }
            }
        }
        assert!(seen > 100, "the filters show something: {seen}");
        // Without any filter it is the same order, wherever a page ends.
        let whole = all(&house, Lane::All, &Sift::default(), 50, 10_000).await;
        for limit in 1..=8 {
            assert_eq!(plain(&house, limit).await, whole, "{limit} a page");
        }
    });
}

#[test]
fn labels_incidents_and_unknown_sends_name_their_cases() {
    on_each(|house| async move {
        many(&house).await;
        let label =
            webcared::casework::LabelAct::Set { label: Label::Vip, reason: "card".into(), until: None };
        house.act(&house.case(11).await, 2, Act::Label(label)).await.unwrap();
        let vip = Sift { label: "vip".into(), ..Sift::default() };
        assert_eq!(all(&house, Lane::All, &vip, 50, 10_000).await, [11]);
        house
            .execute(
                "INSERT INTO incident_case (incident_id, case_id, brand_id, added_at, open)
                 SELECT 'inc_x', id, brand_id, 0, 1 FROM cases WHERE number IN (1, 4, 8)",
            )
            .await;
        let of = Sift { incident: "inc_x".into(), ..Sift::default() };
        let mut found = all(&house, Lane::All, &of, 50, 10_000).await;
        found.sort_unstable();
        assert_eq!(found, [1, 4], "the eighth is dismissed");
        assert_eq!(all(&house, Lane::Closed, &of, 50, 10_000).await, [8]);
        assert!(all(&house, Lane::Unknown, &Sift::default(), 50, 10_000).await.is_empty());
        house
            .execute(
                "INSERT INTO action (id, brand_id, kind, credential, priority, once_key, case_id, payload, state,
                    not_before, attempts, repeat_marked, token, detail, created_at)
                 SELECT 'act_x', brand_id, 'reply', 'c', 1, 'k', id, '{}', 'unknown', 0, 1, 0, 0, '', 0
                 FROM cases WHERE number = 5",
            )
            .await;
        assert_eq!(all(&house, Lane::Unknown, &Sift::default(), 50, 10_000).await, [5]);
        house.execute("UPDATE cases SET state = 'resolved', open = 0 WHERE number = 5").await;
        assert_eq!(
            all(&house, Lane::Unknown, &Sift::default(), 50, 10_000).await,
            [5],
            "also when it has ended"
        );
        house.execute("UPDATE cases SET private = 1 WHERE number = 12").await;
        assert_eq!(all(&house, Lane::Private, &Sift::default(), 50, 10_000).await, [12]);
    });
}

#[test]
fn words_in_messages_of_others_hide_no_case_of_a_brand() {
    on_each(|house| async move {
        many(&house).await;
        let of = Sift { text: "zebra".into(), ..Sift::default() };
        let before = all(&house, Lane::All, &of, 50, 10_000).await;
        assert!(!before.is_empty());
        // More of them than cases are found first, all newer than those of the brand.
        let run = house.write(|tx| {
            Box::pin(async move {
                match tx {
                    Tx::Sqlite(t) => sqlx::query(
                        "WITH RECURSIVE n(x) AS (SELECT 900001 UNION ALL SELECT x + 1 FROM n WHERE x < 901100)
                         INSERT INTO search (rowid, tokens) SELECT x, 'zebra' FROM n",
                    )
                    .execute(&mut **t)
                    .await
                    .map(|_| ())
                    .unwrap(),
                    Tx::Postgres(t) => sqlx::query(
                        "INSERT INTO search (seq, tokens) SELECT x, array_to_tsvector(ARRAY['zebra'])
                         FROM generate_series(900001, 901100) AS x",
                    )
                    .execute(&mut **t)
                    .await
                    .map(|_| ())
                    .unwrap(),
                }
                Ok(())
            })
        });
        run.await.unwrap();
        assert_eq!(all(&house, Lane::All, &of, 50, 10_000).await, before);
    });
}

async fn chosen(house: &House, numbers: &[i64]) -> Vec<(String, String, i64)> {
    let mut all = Vec::new();
    for number in numbers {
        let c = house.case(*number).await;
        all.push((c.brand_id, c.id, c.version));
    }
    all
}

fn wanted(kind: Kind) -> Many {
    let label = (kind == Kind::Label).then_some(Label::Troll);
    Many { kind, reason: "not for us".into(), colleague: "kim".into(), label }
}

async fn staff(house: &House) {
    let row = |n: u8, login: &str, brands: Option<&str>| PersonRow {
        id: person(n).to_string(),
        login: login.into(),
        name: login.to_uppercase(),
        role: "agent".into(),
        password: None,
        disabled_at: None,
        brands: brands.map(ToOwned::to_owned),
    };
    let rows = [row(1, "jan", None), row(2, "kim", None), row(3, "far", Some("[\"brd_other\"]"))];
    let now = house.clock_now();
    house
        .write(move |tx| {
            Box::pin(async move {
                for row in &rows {
                    people::add(tx, row, now).await?;
                    people::set_place(tx, &row.id, &row.role, row.brands.as_deref()).await?;
                }
                Ok(())
            })
        })
        .await
        .unwrap();
}

#[test]
fn what_was_done_with_many_is_undone_as_if_it_had_not_been() {
    on_each(|house| async move {
        staff(&house).await;
        many(&house).await;
        let by = actor(1);
        for kind in Kind::ALL {
            let numbers = [1, 2, 9, 3, 13];
            // What a colleague holds is theirs: the claim of the second belongs to who acts.
            let before: Vec<CaseRow> = futures(&house, &numbers).await;
            let clocks: Vec<_> = open_clocks(&house).await;
            let chosen = chosen(&house, &numbers).await;
            let done = house.casework.batch(&chosen, &wanted(kind), &by).await.unwrap();
            assert_eq!((done.done, done.refused.len()), (5, 0), "{kind:?} {done:?}");
            house.clock.advance(Span::minutes(3));
            let undone = house.casework.undo_batch(&done.id, &by).await.unwrap();
            assert_eq!((undone.done, undone.refused.len()), (5, 0), "{kind:?} {undone:?}");
            let after = futures(&house, &numbers).await;
            for (was, is) in before.iter().zip(&after) {
                let keys = |c: &CaseRow| {
                    (c.state.clone(), c.open, c.claimed_by.clone(), c.due_at, c.ended_why.clone())
                };
                assert_eq!(keys(was), keys(is), "{kind:?} #{}", was.number);
            }
            assert_eq!(clocks, open_clocks(&house).await, "{kind:?}: the clocks run as they did");
            // Once more does nothing.
            assert_eq!(house.casework.undo_batch(&done.id, &by).await.unwrap().done, 0);
        }
        let labels: i64 = house.count("SELECT COUNT(*) FROM author_label WHERE ended_at IS NULL").await;
        assert_eq!(labels, 0);
        let acts = house.count("SELECT COUNT(*) FROM audit WHERE act = 'case.batch'").await;
        let undone = house.count("SELECT COUNT(*) FROM audit WHERE act = 'case.take_back'").await;
        assert_eq!((acts, undone), (5, 25), "one row for each act, one for each case that was taken back");
    });
}

async fn futures(house: &House, numbers: &[i64]) -> Vec<CaseRow> {
    let mut all = Vec::new();
    for number in numbers {
        all.push(house.case(*number).await);
    }
    all
}

/// Clocks that run or are held: case, wait, kind, state, start, deadline.
async fn open_clocks(house: &House) -> Vec<(String, i64, String, String, i64, i64, Option<i64>)> {
    let open = house.clocks().await.into_iter().filter(|o| o.ended_at.is_none());
    open.map(|o| (o.case_id, o.wait, o.kind, o.state, o.started_at, o.due_at, o.held_since)).collect()
}

#[test]
fn each_of_many_has_its_own_version_and_what_moved_on_is_not_undone() {
    on_each(|house| async move {
        staff(&house).await;
        many(&house).await;
        let by = actor(1);
        let stale = chosen(&house, &[1, 13]).await;
        house.take(&[post("late", "a0", "t0", 33, "@acme hello?")]).await;
        let done = house.casework.batch(&stale, &wanted(Kind::Dismiss), &by).await.unwrap();
        assert_eq!(done.done, 1);
        assert!(done.refused[0].1.contains("changed since"), "{done:?}");
        assert_eq!(house.case(1).await.state, "new");
        // The customer writes again: the case is another one now, and the act cannot take it back.
        house.act(&house.case(13).await, 2, Act::Note { text: "why?".into() }).await.unwrap();
        let undone = house.casework.undo_batch(&done.id, &by).await.unwrap();
        assert_eq!((undone.done, undone.refused.len()), (0, 1), "{undone:?}");
        assert_eq!(house.case(13).await.state, "dismissed");
        // Not by somebody else, not for ever, not without a reason, and not too many.
        let all = chosen(&house, &[1]).await;
        let done = house.casework.batch(&all, &wanted(Kind::Claim), &by).await.unwrap();
        assert!(house.casework.undo_batch(&done.id, &actor(2)).await.is_err());
        house.clock.advance(Span::minutes(11));
        let late = house.casework.undo_batch(&done.id, &by).await.unwrap_err();
        assert!(late.to_string().contains("ten minutes"), "{late}");
        let empty = Many { reason: " ".into(), ..wanted(Kind::Dismiss) };
        assert!(house.casework.batch(&all, &empty, &by).await.is_err());
        let same = vec![all[0].clone(); 101];
        assert!(house.casework.batch(&same, &wanted(Kind::Claim), &by).await.is_err());
    });
}

#[test]
fn who_hangs_up_leaves_no_half_of_an_act_on_many() {
    on_each(|house| async move {
        staff(&house).await;
        many(&house).await;
        let (by, wanted, chosen) = (actor(1), wanted(Kind::Claim), chosen(&house, &[1, 2, 9, 3, 13]).await);
        tokio::select! {
            biased;
            done = house.casework.batch(&chosen, &wanted, &by) => panic!("nobody hung up: {done:?}"),
            () = std::future::ready(()) => {}
        }
        let (mut noted, mut beat) = (0, tokio::time::interval(std::time::Duration::from_millis(10)));
        for _ in 0..6_000 {
            noted = house.count("SELECT COUNT(*) FROM batch_case WHERE version IS NOT NULL").await;
            if noted == 5 {
                break;
            }
            // A busy machine gets time for it.
            beat.tick().await;
        }
        assert_eq!(noted, 5, "it went on to its end");
        let now = house.clock_now();
        let read = |who: String, at: Timestamp| {
            house.db.read("reading", move |tx| Box::pin(async move { batch::latest(tx, &who, at, 20).await }))
        };
        let mine = read(person(1).to_string(), now).await.unwrap();
        assert_eq!(mine.len(), 1, "who did it finds it");
        assert!(read(person(2).to_string(), now).await.unwrap().is_empty());
        assert!(read(person(1).to_string(), now.plus(Span::minutes(11))).await.unwrap().is_empty());
        assert_eq!(house.casework.undo_batch(&mine[0].id, &by).await.unwrap().done, 5);
    });
}

#[test]
fn a_note_names_colleagues_of_the_brand_until_they_look() {
    on_each(|house| async move {
        staff(&house).await;
        house.take(&[post("1", "sanne", "t", 0, ASKS)]).await;
        let text = "@KIM please look, @far and @nobody.here too; @jan is me; mail x@kim".to_owned();
        let case = house.act(&house.case(1).await, 1, Act::Note { text }).await.unwrap();
        let named: Vec<(String,)> = house.all("SELECT person_id FROM called_in").await;
        assert_eq!(named, [(person(2).to_string(),)], "who does not see the brand hears nothing of it");
        let (brand, id, who) = (case.brand_id.clone(), case.id.clone(), person(2).to_string());
        let now = house.clock_now();
        let looked = house.write(move |tx| {
            Box::pin(async move {
                let before = called_in::unseen(tx, &who, 10).await?;
                let first = called_in::seen(tx, &brand, &id, &who, now).await?;
                let again = called_in::seen(tx, &brand, &id, &who, now).await?;
                Ok((before, first, again, called_in::unseen(tx, &who, 10).await?.len()))
            })
        });
        let (before, first, again, left) = looked.await.unwrap();
        assert_eq!((before.len(), before[0].number, first, again, left), (1, 1, true, false, 0));
        let bodies: Vec<(String,)> = house.all("SELECT body FROM case_event").await;
        assert!(bodies.iter().all(|(b,)| !b.contains("please")), "words stand in content only");
    });
}

#[test]
fn who_looks_and_types_is_known_until_it_runs_out() {
    on_each(|house| async move {
        house.take(&[post("1", "sanne", "t", 0, ASKS)]).await;
        let case = house.case(1).await;
        let at = async |minutes: i64, say: Option<(u8, bool)>| {
            let (brand, id) = (case.brand_id.clone(), case.id.clone());
            let now = START.plus(Span::seconds(minutes));
            house
                .write(move |tx| {
                    Box::pin(async move {
                        if let Some((who, types)) = say {
                            presence::say(tx, (&brand, &id, person(who).as_str()), types, now).await?;
                        }
                        let found = presence::of_case(tx, &brand, &id, now).await?;
                        Ok(found.into_iter().map(|h| h.types_until > now.millis()).collect::<Vec<bool>>())
                    })
                })
                .await
                .unwrap()
        };
        assert_eq!(at(0, Some((1, false))).await, [false]);
        assert_eq!(at(5, Some((1, true))).await, [true]);
        assert_eq!(at(10, Some((1, false))).await, [true], "a look does not end the typing");
        assert_eq!(at(26, None).await, [false], "nobody types for ever");
        assert_eq!(at(30, Some((2, true))).await.len(), 2);
        assert_eq!(at(60, None).await, [true; 0].iter().copied().chain([false]).collect::<Vec<_>>());
        assert!(at(80, None).await.is_empty());
        let (brand, id) = ("brd_other".to_owned(), case.id.clone());
        let other = house.write(move |tx| {
            Box::pin(async move { presence::of_case(tx, &brand, &id, START.plus(Span::seconds(31))).await })
        });
        assert!(other.await.unwrap().is_empty(), "nothing of one brand shows in another");
    });
}
