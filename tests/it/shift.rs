//! Offers, the end of a shift, the briefing and what is left to the next shift, on both engines.

use crate::harness::{House, START, on_each, post};
use jiff::tz::TimeZone;
use webcared::alerting::Team;
use webcared::casework::{Act, Actor, CaseworkError, NewPromise, ShiftAct, Typing};
use webcared::domain::ids::PersonId;
use webcared::domain::judgement::Level;
use webcared::domain::routing::Routing;
use webcared::domain::shift::ShiftRules;
use webcared::domain::time::Span;
use webcared::duty::{Coming, Duty};
use webcared::people::People;
use webcared::store::briefing;
use webcared::store::rows::CaseRow;

const HELP: &str = "@acme my parcel never arrived, please help me";

fn duty(house: &House) -> Duty {
    Duty::new(house.db.clone(), house.clock.clone(), house.mint.clone(), house.current.clone())
}

/// A floor with three people, of whom nobody is on yet.
struct Floor {
    house: House,
}

impl Floor {
    async fn open(house: House, offers: Option<Level>) -> Self {
        let (db, clock, mint) = (house.db.clone(), house.clock.clone(), house.mint.clone());
        let people = People::new(db, clock, mint, Span::hours(10), Span::hours(1));
        for (login, role) in [("jan", "agent"), ("els", "agent"), ("kim", "lead")] {
            people.add(login, login, role).await.unwrap();
        }
        let mut catalogue = (*house.current.get()).clone();
        catalogue.brands[0].brand.routing = Routing { offers, ..Routing::default() };
        catalogue.teams.push(Team {
            credential: "telegram".into(),
            chat: "-200".into(),
            leads: true,
            ..Team::default()
        });
        house.current.set(catalogue);
        Self { house }
    }

    async fn who(&self, login: &str) -> Actor {
        let all: Vec<(String, String)> = self.house.all("SELECT id, login FROM person").await;
        let id = all.into_iter().find(|p| p.1 == login).unwrap().0;
        Actor { person: PersonId::parse(&id).unwrap(), lead: login == "kim" }
    }

    async fn on(&self, login: &str, hours: i64) {
        let (who, until) = (self.who(login).await, self.house.clock_now().plus(Span::hours(hours)));
        let coming = Coming { until: Some(until), reach: None };
        duty(&self.house).on(who.person.as_str(), coming, "console").await.unwrap();
    }

    async fn off(&self, login: &str) {
        assert!(duty(&self.house).off(self.who(login).await.person.as_str(), "console").await.unwrap());
    }

    async fn case(&self) -> CaseRow {
        let n = self.house.cases().await.len() + 1;
        let minutes = self.house.clock_now().since(START).millis() / 60_000;
        let (id, author, thread) = (format!("m{n}"), format!("c{n}"), format!("t{n}"));
        self.house.take(&[post(&id, &author, &thread, minutes, HELP)]).await;
        self.house.cases().await.pop().unwrap()
    }

    async fn now(&self, case: &CaseRow) -> CaseRow {
        self.house.cases().await.into_iter().find(|c| c.id == case.id).unwrap()
    }

    async fn act(&self, case: &CaseRow, login: &str, act: Act) -> Result<CaseRow, CaseworkError> {
        let seen = self.now(case).await.version;
        let who = self.who(login).await;
        self.house.casework.act(&case.brand_id, &case.id, seen, &who, act).await
    }

    async fn claim(&self, case: &CaseRow, login: &str) {
        self.act(case, login, Act::Claim { until: None }).await.unwrap();
    }

    async fn draft(&self, case: &CaseRow, login: &str) {
        let (who, seen) = (self.who(login).await, self.now(case).await.version);
        self.house.casework.keep_draft(&case.brand_id, &case.id, &who, seen, "half an answer").await.unwrap();
    }

    async fn offers(&self) -> usize {
        self.house.casework.offers_due().await.unwrap()
    }

    /// Width and why it ended, by round.
    async fn rounds(&self) -> Vec<(String, String)> {
        self.house.all("SELECT width, ended_why FROM offer ORDER BY case_id, round").await
    }

    async fn end(&self) -> usize {
        self.house.casework.shifts_due(&ShiftRules::default()).await.unwrap()
    }

    /// The reasons for which cases returned.
    async fn returned(&self) -> Vec<String> {
        let rows: Vec<(String,)> = self
            .house
            .all("SELECT body FROM case_event WHERE kind = 'release' AND who = 'shift_end' ORDER BY recorded_at, case_id")
            .await;
        let why = |(body,): (String,)| serde_json::from_str::<serde_json::Value>(&body).unwrap();
        rows.into_iter().map(why).map(|b| b["why"].as_str().unwrap().to_owned()).collect()
    }
}

fn names(rounds: &[(String, String)]) -> Vec<(&str, &str)> {
    rounds.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect()
}

#[test]
fn a_case_is_offered_to_one_then_wider_and_whoever_claims_it_ends_that() {
    on_each(|house| async move {
        let floor = Floor::open(house, Some(Level::P5)).await;
        let case = floor.case().await;
        assert_eq!(floor.offers().await, 0, "nobody is on duty");
        floor.on("jan", 8).await;
        floor.on("els", 8).await;
        assert_eq!((floor.offers().await, floor.offers().await), (1, 0), "once");
        let to: Vec<(String, i64)> = floor
            .house
            .all("SELECT p.login, t.round FROM offer_to t JOIN person p ON p.id = t.person_id")
            .await;
        assert_eq!(to.len(), 1);
        let (first, other) = if to[0].0 == "jan" { ("jan", "els") } else { ("els", "jan") };
        // It is on the timeline, with the reasons, and moved neither state nor clock.
        let events = floor.house.events().await;
        let offered = events.iter().find(|e| e.kind == "offered").unwrap();
        assert!(offered.who_kind == "rule" && offered.body.contains("\"width\":\"person\""), "{offered:?}");
        assert_eq!(
            (floor.now(&case).await.state.as_str(), floor.now(&case).await.due_at),
            ("new", case.due_at)
        );
        // Who is not asked cannot decline; who is, widens it at once.
        let refused = floor.act(&case, other, Act::Shift(ShiftAct::Decline)).await;
        assert!(matches!(refused, Err(CaseworkError::Refused(_))), "{refused:?}");
        floor.act(&case, first, Act::Shift(ShiftAct::Decline)).await.unwrap();
        assert_eq!(floor.offers().await, 1);
        assert_eq!(names(&floor.rounds().await), [("person", "declined"), ("language", "")]);
        // The others have their time, then everybody; that lasts until somebody takes it.
        floor.house.clock.advance(Span::minutes(6));
        assert_eq!(floor.offers().await, 1);
        floor.house.clock.advance(Span::hours(2));
        assert_eq!(floor.offers().await, 0);
        let rounds = floor.rounds().await;
        assert_eq!(names(&rounds)[1..], [("language", "time"), ("everyone", "")]);
        floor.claim(&case, first).await;
        floor.offers().await;
        assert_eq!(names(&floor.rounds().await)[2], ("everyone", "claimed"));
        // Given back it is offered anew, first to who had it before.
        floor.act(&case, first, Act::Release).await.unwrap();
        assert_eq!(floor.offers().await, 1);
        let last: Vec<(String, String)> = floor
            .house
            .all("SELECT p.login, o.reasons FROM offer o JOIN offer_to t ON t.case_id = o.case_id AND t.round = o.round
                  JOIN person p ON p.id = t.person_id WHERE o.ended_at IS NULL")
            .await;
        assert!(last.len() == 1 && last[0].0 == first && last[0].1.contains("before"), "{last:?}");
        // Whoever it is offered to leaves: it goes on at once.
        floor.off(first).await;
        assert_eq!(floor.offers().await, 1);
        assert!(floor.rounds().await.iter().any(|(_, why)| why == "left"));
    });
}

#[test]
fn what_nobody_took_is_offered_to_the_next_shift() {
    on_each(|house| async move {
        let floor = Floor::open(house, Some(Level::P5)).await;
        floor.on("jan", 8).await;
        let case = floor.case().await;
        floor.offers().await;
        floor.act(&case, "jan", Act::Shift(ShiftAct::Decline)).await.unwrap();
        assert_eq!((floor.offers().await, floor.offers().await), (1, 0), "to everybody, once");
        floor.off("jan").await;
        assert_eq!(floor.offers().await, 0, "nobody is on duty");
        floor.on("els", 8).await;
        assert_eq!((floor.offers().await, floor.offers().await, floor.offers().await), (0, 1, 0));
        assert_eq!(
            names(&floor.rounds().await),
            [("person", "declined"), ("everyone", "left"), ("person", "")]
        );
        // Switched off, nothing is offered any more.
        let mut catalogue = (*floor.house.current.get()).clone();
        catalogue.brands[0].brand.routing.offers = None;
        floor.house.current.set(catalogue);
        assert_eq!((floor.offers().await, floor.rounds().await.pop().unwrap().1), (0, "over".to_owned()));
    });
}

#[test]
fn nothing_is_offered_unless_a_brand_says_so_and_no_alert_waits() {
    on_each(|house| async move {
        let floor = Floor::open(house, None).await;
        floor.on("jan", 8).await;
        floor.case().await;
        assert_eq!(floor.offers().await, 0);
        assert_eq!(floor.house.count("SELECT COUNT(*) FROM offer").await, 0);
        // With offers a P1 is told to the team in the commit of the post, as ever, and its clock is the same.
        let mut catalogue = (*floor.house.current.get()).clone();
        catalogue.brands[0].brand.routing.offers = Some(Level::P1);
        floor.house.current.set(catalogue);
        let minutes = floor.house.clock_now().since(START).millis() / 60_000;
        let urgent = "@acme your heater is leaking gas and my child is unconscious, help!!";
        floor.house.take(&[post("u", "mia", "tu", minutes, urgent)]).await;
        let told = "SELECT COUNT(*) FROM action WHERE kind = 'alert' AND payload LIKE '%arrival%'";
        let (before, case) = (floor.house.count(told).await, floor.house.cases().await.pop().unwrap());
        assert!(before > 0 && case.level <= 2, "{case:?}");
        floor.house.execute("UPDATE cases SET level = 1 WHERE level = 2").await;
        assert_eq!(floor.offers().await, 1);
        let until = floor.house.count("SELECT until_at - made_at FROM offer").await;
        assert!(until <= 60_000, "{until}");
        assert_eq!(floor.house.count(told).await, before);
        assert_eq!(floor.now(&case).await.due_at, case.due_at);
    });
}

#[test]
fn several_processes_offer_a_case_once() {
    on_each(|house| async move {
        let floor = Floor::open(house, Some(Level::P5)).await;
        floor.on("jan", 8).await;
        floor.case().await;
        let (a, b) = (floor.house.casework.clone(), floor.house.casework.clone());
        let (a, b) = tokio::join!(a.offers_due(), b.offers_due());
        assert_eq!(a.unwrap() + b.unwrap(), 1);
        assert_eq!(floor.house.count("SELECT COUNT(*) FROM offer").await, 1);
        assert_eq!(floor.house.count("SELECT COUNT(*) FROM case_event WHERE kind = 'offered'").await, 1);
    });
}

#[test]
fn claims_end_with_the_shift_and_what_holds_something_is_asked_about() {
    on_each(|house| async move {
        let floor = Floor::open(house, None).await;
        floor.on("jan", 2).await;
        floor.on("els", 8).await;
        let (plain, written, promised, others) =
            (floor.case().await, floor.case().await, floor.case().await, floor.case().await);
        for case in [&plain, &written, &promised] {
            floor.claim(case, "jan").await;
        }
        floor.claim(&others, "els").await;
        floor.draft(&written, "jan").await;
        let new = NewPromise {
            text: "we call".into(),
            due: floor.house.clock_now().plus(Span::hours(6)),
            owed_by: "webcare".into(),
            ..NewPromise::default()
        };
        floor.act(&promised, "jan", Act::Promise(Box::new(new))).await.unwrap();
        floor.house.clock.advance(Span::minutes(100));
        assert_eq!(floor.end().await, 0, "twenty minutes are left");
        floor.house.clock.advance(Span::minutes(6));
        assert_eq!(
            (floor.end().await, floor.end().await),
            (2, 0),
            "two hold something, and are asked about once"
        );
        // One is kept, about the other nothing is said.
        floor.act(&promised, "jan", Act::Shift(ShiftAct::Keep)).await.unwrap();
        floor.house.clock.advance(Span::minutes(15));
        floor.end().await;
        assert_eq!(floor.returned().await, ["time_over"]);
        assert_eq!(floor.now(&plain).await.claimed_by, None);
        assert_eq!(floor.now(&plain).await.state, "new");
        assert!(floor.now(&written).await.claimed_by.is_some(), "it is asked about once more");
        assert_eq!(floor.house.count("SELECT COUNT(*) FROM case_event WHERE kind = 'shift_asked'").await, 3);
        floor.house.clock.advance(Span::minutes(16));
        floor.end().await;
        assert_eq!(floor.returned().await, ["time_over", "unanswered"]);
        assert_eq!(floor.house.count("SELECT COUNT(*) FROM draft").await, 1, "what was written stays");
        assert!(
            floor.now(&promised).await.claimed_by.is_some() && floor.now(&others).await.claimed_by.is_some()
        );
        // What is kept and not come back to returns in the end.
        floor.house.clock.advance(Span::hours(25));
        floor.end().await;
        assert!(floor.returned().await.contains(&"kept_too_long".to_owned()));
        assert_eq!(floor.house.count("SELECT COUNT(*) FROM cases WHERE claimed_by IS NOT NULL").await, 0);
        assert_eq!(floor.house.count("SELECT COUNT(*) FROM shift_ask WHERE answered_at IS NULL").await, 0);
    });
}

#[test]
fn a_p1_never_stays_with_who_left_and_leads_hear_it_at_once() {
    on_each(|house| async move {
        let floor = Floor::open(house, None).await;
        floor.on("jan", 8).await;
        let case = floor.case().await;
        floor.claim(&case, "jan").await;
        floor.draft(&case, "jan").await;
        floor.house.execute("UPDATE cases SET level = 1").await;
        floor.house.clock.advance(Span::minutes(5));
        floor.off("jan").await;
        assert_eq!(floor.end().await, 1);
        assert_eq!(floor.returned().await, ["urgent"]);
        assert_eq!(floor.now(&case).await.claimed_by, None);
        let told = "SELECT COUNT(*) FROM action WHERE kind = 'alert' AND payload LIKE '%-200%' AND payload LIKE '%left%'";
        assert_eq!(floor.house.count(told).await, 1);
        assert_eq!(floor.house.count("SELECT COUNT(*) FROM draft").await, 1);
        // Who takes it knowingly after their shift has it.
        floor.claim(&case, "jan").await;
        assert_eq!(floor.end().await, 0);
        // A hand-over with one line settles what is asked.
        let other = floor.case().await;
        floor.on("els", 8).await;
        floor.claim(&other, "els").await;
        let (who, seen) = (floor.who("els").await, floor.now(&other).await.version);
        let (place, word) = ((other.brand_id.as_str(), other.id.as_str()), (Typing::Private, "half a word"));
        floor.house.casework.keep_beside(place, &who, seen, word).await.unwrap();
        floor.house.clock.advance(Span::minutes(5));
        floor.off("els").await;
        assert!(floor.end().await > 0);
        assert!(floor.now(&other).await.claimed_by.is_some(), "asked about, and not let go");
        let to = Act::Assign { to: "kim".into(), line: "she waits for a call".into() };
        floor.act(&other, "els", to).await.unwrap();
        floor.end().await;
        assert_eq!(floor.house.count("SELECT COUNT(*) FROM shift_ask WHERE answered_at IS NULL").await, 0);
        let kept = floor.act(&other, "els", Act::Shift(ShiftAct::Keep)).await;
        assert!(matches!(kept, Err(CaseworkError::Refused(_))), "{kept:?}");
    });
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

#[test]
fn in_a_day_of_coming_and_going_nothing_is_lost() {
    on_each(|house| async move {
        let floor = Floor::open(house, Some(Level::P5)).await;
        let mut dice = Dice(11);
        let mut drafts = 0;
        for _ in 0..60 {
            let who = ["jan", "els", "kim"][dice.roll(3) as usize];
            let cases = floor.house.cases().await;
            let any = (!cases.is_empty()).then(|| cases[dice.roll(cases.len() as u64) as usize].clone());
            match (dice.roll(7), any) {
                (0 | 1, _) | (_, None) if cases.len() < 12 => {
                    floor.case().await;
                }
                (2, _) => floor.on(who, 1).await,
                (3, _) => {
                    let id = floor.who(who).await;
                    duty(&floor.house).off(id.person.as_str(), "console").await.unwrap();
                }
                (4, Some(case)) => {
                    let _ = floor.act(&case, who, Act::Claim { until: None }).await;
                }
                (5, Some(case)) if case.claimed_by.is_some() => {
                    let owner = floor.house.all::<(String, String)>("SELECT id, login FROM person").await;
                    let login = owner.into_iter().find(|p| Some(&p.0) == case.claimed_by.as_ref()).unwrap().1;
                    floor.draft(&case, &login).await;
                    drafts += 1;
                }
                (6, Some(case)) => {
                    let act = if dice.roll(2) == 0 { ShiftAct::Keep } else { ShiftAct::Decline };
                    let _ = floor.act(&case, who, Act::Shift(act)).await;
                }
                _ => {}
            }
            floor.house.clock.advance(Span::minutes(5));
            floor.offers().await;
            floor.end().await;
        }
        assert!(drafts > 0 && floor.house.cases().await.len() > 5);
        let written = floor.house.count("SELECT COUNT(*) FROM draft").await;
        // Everybody goes, one is left; what is kept has its day.
        for login in ["jan", "els", "kim"] {
            let id = floor.who(login).await;
            duty(&floor.house).off(id.person.as_str(), "console").await.unwrap();
        }
        for _ in 0..4 {
            floor.house.clock.advance(Span::hours(13));
            floor.end().await;
        }
        // What somebody claimed after their duty is theirs by their own word; of the rest nobody has anything.
        let duties: Vec<(String, i64)> = floor
            .house
            .all("SELECT person_id, CAST(MAX(from_ms) AS BIGINT) FROM duty_said GROUP BY person_id")
            .await;
        for case in floor.house.cases().await {
            let Some(by) = &case.claimed_by else { continue };
            let last = duties.iter().find(|d| d.0 == *by).map_or(i64::MAX, |d| d.1);
            assert!(
                case.claimed_since.unwrap() >= last - 3_600_000 * 2 || last == i64::MAX,
                "{case:?} stays with who left"
            );
        }
        assert_eq!(floor.house.count("SELECT COUNT(*) FROM draft").await, written, "drafts stay");
        assert_eq!(floor.house.count("SELECT COUNT(*) FROM shift_ask WHERE answered_at IS NULL").await, 0);
        // Every return and every offer has its event, and no round stands twice.
        let offers = floor.house.count("SELECT COUNT(*) FROM offer").await;
        assert_eq!(offers, floor.house.count("SELECT COUNT(*) FROM case_event WHERE kind = 'offered'").await);
    });
}

#[test]
fn lines_are_approved_by_a_lead_and_end_and_a_change_of_shift_is_summed_up_once() {
    on_each(|house| async move {
        let floor = Floor::open(house, None).await;
        let (jan, kim) = (floor.who("jan").await, floor.who("kim").await);
        let (brand, now) = (floor.house.brand_id.clone(), floor.house.clock_now());
        let casework = &floor.house.casework;
        let until = Some(now.plus(Span::hours(4)));
        let refused = casework.write_line(&brand, ("Storing", until), true, &jan).await;
        assert!(matches!(refused, Err(CaseworkError::Refused(_))), "{refused:?}");
        for (text, until) in [("", until), ("Storing", Some(now)), ("Storing", None)] {
            let bad = casework.write_line(&brand, (text, until), true, &kim).await;
            assert!(matches!(bad, Err(CaseworkError::Invalid { .. })), "{bad:?}");
        }
        casework.write_line(&brand, ("Storing in Utrecht", until), false, &kim).await.unwrap();
        let read = || {
            let (brand, now) = (brand.clone(), floor.house.clock_now());
            floor.house.db.read("test", move |tx| {
                Box::pin(async move { webcared::casework::briefing::read(tx, &brand, None, now).await })
            })
        };
        let told = read().await.unwrap();
        assert_eq!((told.lines.len(), told.waiting.len()), (0, 1));
        let id = told.waiting[0].0.id.clone();
        casework.decide_line(&brand, &id, true, &kim).await.unwrap();
        assert_eq!(read().await.unwrap().lines[0].1, "Storing in Utrecht");
        let tempo = floor.house.current.get().named("Tempo").unwrap().id.clone();
        let other = casework.decide_line(&tempo, &id, false, &kim).await;
        assert!(matches!(other, Err(CaseworkError::NotFound)), "another brand knows nothing of it");
        floor.house.clock.advance(Span::hours(5));
        assert!(read().await.unwrap().lines.is_empty(), "it is over by itself");
        // A planned shift ends: one summary a brand, and one message a group.
        floor.case().await;
        let at = |h: i64| floor.house.clock_now().plus(Span::hours(h)).rfc3339();
        let plan = format!("person,from,until\njan,{},{}\n", at(-1), at(2));
        duty(&floor.house).import("rota", &plan, &TimeZone::UTC).await.unwrap();
        let rules = ShiftRules { summaries: true, ..ShiftRules::default() };
        assert_eq!(casework.summaries_due(&rules).await.unwrap(), 0);
        floor.house.clock.advance(Span::minutes(121));
        assert_eq!(
            casework.summaries_due(&ShiftRules { summaries: false, ..ShiftRules::default() }).await.unwrap(),
            0,
            "not where it is switched off"
        );
        let brands = floor.house.current.get().brands.len();
        assert_eq!(casework.summaries_due(&rules).await.unwrap(), brands);
        assert_eq!(casework.summaries_due(&rules).await.unwrap(), 0);
        let group: Vec<(String,)> = floor.house.all("SELECT payload FROM action WHERE kind = 'shift'").await;
        assert_eq!(group.len(), 1, "{group:?}");
        assert!(group[0].0.contains("-100") && !group[0].0.contains("parcel"), "{group:?}");
        casework.hand_over(&brand, ("Mia belt om 9 uur", true), &jan).await.unwrap();
        let told = read().await.unwrap();
        assert_eq!(told.notes[0].1, "Mia belt om 9 uur");
        let sum = webcared::casework::briefing::Summary::of(&told.summary.unwrap());
        assert_eq!((sum.totals().0, sum.risk.len()), (1, 1));
        let empty = casework.hand_over(&brand, (" ", false), &jan).await;
        assert!(matches!(empty, Err(CaseworkError::Invalid { .. })), "{empty:?}");
        let words: Vec<(String,)> = floor.house.all("SELECT body FROM shift_summary").await;
        assert!(words.iter().all(|(b,)| !b.contains("Mia") && !b.contains("parcel")), "{words:?}");
        assert_eq!(briefing::content_id("smy_1"), "smy_1/text");
    });
}

#[test]
fn what_was_written_for_others_goes_once_it_is_kept_long_enough() {
    on_each(|house| async move {
        let floor = Floor::open(house, None).await;
        let (brand, until) = (floor.house.brand_id.clone(), floor.house.clock_now().plus(Span::hours(1)));
        let (jan, kim) = (floor.who("jan").await, floor.who("kim").await);
        let casework = &floor.house.casework;
        casework.write_line(&brand, ("Storing", Some(until)), true, &kim).await.unwrap();
        casework.hand_over(&brand, ("Mia belt", true), &jan).await.unwrap();
        let words = "SELECT COUNT(*) FROM content WHERE kind IN ('briefing', 'shift_note')";
        for (days, left) in [(-1, 2), (1, 0)] {
            let before = floor.house.clock_now().plus(Span::days(days));
            let gone = floor.house.db.write("test", move |tx| Box::pin(briefing::forget(tx, before)));
            gone.await.unwrap();
            assert_eq!(floor.house.count(words).await, left);
        }
        for rows in [
            "SELECT COUNT(*) FROM briefing_line",
            "SELECT COUNT(*) FROM shift_note",
            "SELECT COUNT(*) FROM shift_summary",
        ] {
            assert_eq!(floor.house.count(rows).await, 0, "{rows}");
        }
    });
}
