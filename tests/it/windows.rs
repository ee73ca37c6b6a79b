//! Windows of private channels, with the time in hand: what is refused at which instant, what is told before one closes
//! and how often, and where such a case stands in the inbox.

use crate::account::Fake;
use crate::private::{Desk, at_desk, private};
use std::sync::Arc;
use webcared::alerting::Team;
use webcared::casework::{Act, Answer, Answers, CaseworkError};
use webcared::domain::time::{Span, Timestamp};
use webcared::domain::window::{Standing, WindowRule};
use webcared::sources::{Account, Private, Reply, Source};
use webcared::store::lanes::{Lane, Place, Wanted, page};
use webcared::store::rows::{ActionRow, CaseRow};
use webcared::store::window;

const RULE: WindowRule = WindowRule { free: Span::hours(24), by_hand: Some(Span::days(7)), approved: true };

/// Eva writes in private; gives when.
async fn eva(desk: &Desk) -> Timestamp {
    desk.fake.ledger.lock().unwrap().window = Some(RULE);
    let said = private("p1", "eva", "talk", desk.minutes(), "@acme could you tell me your opening hours?");
    desk.house.take(&[said]).await;
    let rows: Vec<(i64,)> = desk.house.all("SELECT posted_at FROM mention WHERE private = 1").await;
    Timestamp(rows[0].0)
}

/// Sets the clock to so long after an instant.
fn at(desk: &Desk, last: Timestamp, span: Span) {
    let now = desk.house.clock_now();
    desk.house.clock.advance(last.plus(span).since(now));
    desk.fake.ledger.lock().unwrap().now = desk.house.clock_now();
}

async fn say(desk: &Desk, automatic: bool) -> Result<CaseRow, CaseworkError> {
    let answer = Answer { text: "From nine to five.".into(), again: true, automatic, ..Answer::default() };
    desk.act(2, Act::Answer(answer)).await
}

fn refused(result: Result<CaseRow, CaseworkError>) -> String {
    match result {
        Err(CaseworkError::Refused(why)) => why,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn outside_its_window_nothing_goes_and_words_say_what_is_left_to_do() {
    at_desk(|desk| async move {
        let last = eva(&desk).await;
        at(&desk, last, Span(Span::hours(24).millis() - 1));
        say(&desk, true).await.unwrap();
        // Between the press and the worker the free time ended: what no person wrote does not go any more.
        at(&desk, last, Span::hours(24));
        while desk.worker.run_once().await.unwrap() > 0 {}
        let actions = desk.actions().await;
        assert_eq!((actions.len(), actions[0].state.as_str()), (1, "refused"));
        assert!(actions[0].detail.contains("by hand"), "{}", actions[0].detail);
        assert!(desk.fake.posted().is_empty());
        assert!(refused(say(&desk, true).await).contains("by hand"));
        say(&desk, false).await.unwrap();
        while desk.worker.run_once().await.unwrap() > 0 {}
        assert_eq!(desk.fake.posted().len(), 1, "what a person wrote goes");
        let case = desk.house.case(2).await;
        let window = desk.casework.window_of(&case.brand_id, &case.id).await.unwrap().unwrap();
        assert_eq!(window.standing, Standing::ByHand { until: last.plus(Span::days(7)) });
        at(&desk, last, Span(Span::days(7).millis() - 1));
        say(&desk, false).await.unwrap();
        at(&desk, last, Span::days(7));
        while desk.worker.run_once().await.unwrap() > 0 {}
        assert_eq!(desk.fake.posted().len(), 1, "it was too late when it was to leave");
        let why = refused(say(&desk, false).await);
        assert!(why.contains("another way in") && why.contains("until the customer writes again"), "{why}");
        assert!(why.contains("words that the platform has approved"), "{why}");
        // Words that the platform has approved go all the same, from the press to the platform.
        desk.fake.ledger.lock().unwrap().approved = "From nine".into();
        say(&desk, false).await.unwrap();
        while desk.worker.run_once().await.unwrap() > 0 {}
        assert_eq!(desk.fake.posted().len(), 2);
        desk.fake.ledger.lock().unwrap().approved.clear();
        assert!(refused(say(&desk, false).await).contains("is closed"));
        let window = desk.casework.window_of(&case.brand_id, &case.id).await.unwrap().unwrap();
        assert_eq!(window.standing, Standing::Closed);
        // They write again, and it is open.
        desk.house.take(&[private("p2", "eva", "talk", desk.minutes(), "@acme hello?")]).await;
        say(&desk, false).await.unwrap();
        desk.settle(Span::seconds(1)).await;
        assert_eq!(desk.fake.posted().len(), 3);
        // A platform without windows takes all of it.
        desk.fake.ledger.lock().unwrap().window = None;
        assert_eq!(desk.casework.window_of(&case.brand_id, &case.id).await.unwrap(), None);
    });
}

async fn told(desk: &Desk) -> usize {
    let alerts: Vec<ActionRow> = desk.house.all("SELECT * FROM action WHERE kind = 'alert'").await;
    alerts.iter().filter(|a| a.payload.contains("\"occasion\":\"window\"")).count()
}

async fn inbox(desk: &Desk, after: Option<Place>, limit: usize) -> Vec<CaseRow> {
    let wanted = Wanted { lane: Lane::All, who: "p".into(), now: desk.house.clock_now(), after, limit };
    let brand = desk.house.brand_id.clone();
    let read = desk.house.db.read("test", move |tx| Box::pin(async move { page(tx, &brand, &wanted).await }));
    read.await.unwrap()
}

#[test]
fn before_it_closes_it_is_told_once_and_stands_first_in_the_inbox() {
    at_desk(|desk| async move {
        let mut catalogue = (*desk.house.current.get()).clone();
        catalogue.teams = vec![Team { credential: "telegram".into(), chat: "1".into(), ..Team::default() }];
        desk.house.current.set(catalogue);
        let last = eva(&desk).await;
        let eighty = Span(Span::days(7).millis() / 100 * 80);
        at(&desk, last, Span(eighty.millis() - 1));
        assert_eq!(desk.casework.windows_due().await.unwrap(), 0);
        let numbers = |cases: &[CaseRow]| cases.iter().map(|c| c.number).collect::<Vec<_>>();
        let before = inbox(&desk, None, 10).await;
        assert_eq!(numbers(&before), [1, 2], "Jan's is the more urgent one");
        at(&desk, last, eighty);
        // Another replica finds the same at the same time.
        let other = desk.casework.clone();
        let (a, b) = tokio::join!(desk.casework.windows_due(), other.windows_due());
        assert_eq!(a.unwrap() + b.unwrap(), 1);
        assert_eq!((told(&desk).await, desk.casework.windows_due().await.unwrap()), (1, 0));
        let case = desk.house.case(2).await;
        assert_eq!(case.closing_at, Some(last.plus(Span::days(7)).millis()));
        let found = inbox(&desk, None, 10).await;
        assert_eq!(numbers(&found), if found[0].level == 1 { [1, 2] } else { [2, 1] });
        // Page by page it is the same order, and nothing twice.
        let first = inbox(&desk, None, 1).await;
        let rest = inbox(&desk, Some(Place::of(Lane::All, &first[0])), 10).await;
        assert_eq!([numbers(&first), numbers(&rest)].concat(), numbers(&found));
        // Answered, nothing is owed: it stands where it stood, and is not told again.
        say(&desk, false).await.unwrap();
        desk.settle(Span::seconds(1)).await;
        assert_eq!(desk.casework.windows_due().await.unwrap(), 1);
        assert_eq!((desk.house.case(2).await.closing_at, told(&desk).await), (None, 1));
        // A new message begins a new window, of which is told anew when it closes.
        desk.house.clock.advance(Span::minutes(3));
        desk.house
            .take(&[private(
                "p2",
                "eva",
                "talk",
                desk.minutes(),
                "@acme and could you tell me whether you open on Sunday?",
            )])
            .await;
        desk.house.clock.advance(Span::days(6));
        assert_eq!((desk.casework.windows_due().await.unwrap(), told(&desk).await), (1, 2));
    });
}

#[test]
fn what_is_owed_is_looked_at_in_pieces_and_each_once() {
    at_desk(|desk| async move {
        // All three in the same minute: ids tell them apart.
        for (id, who, talk) in [("p1", "eva", "talk"), ("p2", "ann", "talk2"), ("p3", "bob", "talk3")] {
            let text = "@acme could you tell me your opening hours?";
            desk.house.take(&[private(id, who, talk, desk.minutes(), text)]).await;
        }
        let platforms: Vec<(String,)> =
            desk.house.all("SELECT DISTINCT platform FROM mention WHERE private = 1").await;
        let until = desk.house.clock_now().plus(Span::hours(1));
        let (mut behind, mut found): (window::Place, Vec<String>) = ((0, String::new()), Vec::new());
        loop {
            let (brand, of) = (desk.house.brand_id.clone(), platforms[0].0.clone());
            let from = behind.clone();
            let read = desk.house.db.read("test", move |tx| {
                Box::pin(async move { window::owing(tx, (&brand, &of), (&from, until), 2).await })
            });
            let page = read.await.unwrap();
            let Some(last) = page.last() else { break };
            behind = (last.2, last.1.clone());
            assert!(page.len() <= 2);
            found.extend(page.into_iter().map(|f| f.0));
        }
        assert_eq!(found.len(), 3);
        found.sort();
        found.dedup();
        assert_eq!(found.len(), 3, "each once");
    });
}

/// Tells teams, of whom there is one.
fn with_a_team(desk: &Desk) {
    let mut catalogue = (*desk.house.current.get()).clone();
    catalogue.teams = vec![Team { credential: "telegram".into(), chat: "1".into(), ..Team::default() }];
    desk.house.current.set(catalogue);
}

async fn told_of_hands(desk: &Desk) -> usize {
    let alerts: Vec<ActionRow> = desk.house.all("SELECT * FROM action WHERE kind = 'alert'").await;
    alerts.iter().filter(|a| a.payload.contains("\"kind\":\"then_by_hand\"")).count()
}

#[test]
fn the_end_of_the_free_time_is_told_of_before_that_of_what_is_written_by_hand() {
    at_desk(|desk| async move {
        with_a_team(&desk);
        let last = eva(&desk).await;
        at(&desk, last, Span(Span::hours(24).millis() / 100 * 80 - 1));
        assert_eq!((desk.casework.windows_due().await.unwrap(), told(&desk).await), (0, 0));
        at(&desk, last, Span(Span::hours(24).millis() / 100 * 80));
        assert_eq!(desk.casework.windows_due().await.unwrap(), 1);
        assert_eq!((told(&desk).await, told_of_hands(&desk).await), (1, 1));
        assert_eq!(desk.house.case(2).await.closing_at, Some(last.plus(Span::hours(24)).millis()));
        // For days a person may still write by hand: nothing is near.
        at(&desk, last, Span::hours(24));
        assert_eq!((desk.casework.windows_due().await.unwrap(), told(&desk).await), (1, 1));
        assert_eq!(desk.house.case(2).await.closing_at, None);
        at(&desk, last, Span(Span::days(7).millis() / 100 * 80));
        assert_eq!(desk.casework.windows_due().await.unwrap(), 1);
        assert_eq!((told(&desk).await, told_of_hands(&desk).await), (2, 1));
        assert_eq!(desk.house.case(2).await.closing_at, Some(last.plus(Span::days(7)).millis()));
    });
}

/// Another account of the same platform, which saw what was written and lets us write for a day only.
struct Other(Arc<Fake>);

impl Source for Other {
    fn name(&self) -> &'static str {
        "test"
    }

    fn kind(&self) -> &'static str {
        "fake"
    }

    fn counts_from(&self) -> Option<Timestamp> {
        None
    }

    fn reply(&self) -> Option<&dyn Reply> {
        self.0.reply()
    }

    fn private(&self) -> Option<&dyn Private> {
        self.0.private()
    }
}

#[test]
fn each_case_goes_by_the_rule_of_the_account_that_answers_it() {
    at_desk(|desk| async move {
        with_a_team(&desk);
        let last = eva(&desk).await;
        let short = Fake::new(desk.house.clock_now());
        short.ledger.lock().unwrap().window = Some(WindowRule { by_hand: None, ..RULE });
        // By the name the first would answer, were it not for who has seen the message.
        let of_brand = |source: Arc<dyn Source>| Account { source, brand: Some("Acme".into()) };
        let both = vec![of_brand(desk.fake.clone()), of_brand(Arc::new(Other(short)))];
        let accounts = desk.fake.accounts();
        accounts.set(both);
        let answers = Answers { accounts, undo: Span::ZERO };
        let casework = desk.casework.clone().answering(answers);
        at(&desk, last, Span(Span::hours(24).millis() / 100 * 80));
        assert_eq!(casework.windows_due().await.unwrap(), 1);
        assert_eq!((told(&desk).await, told_of_hands(&desk).await), (1, 0), "it is the very end");
        at(&desk, last, Span(Span::days(7).millis() / 100 * 80));
        assert_eq!((casework.windows_due().await.unwrap(), told(&desk).await), (1, 1), "it is over");
        assert_eq!(desk.house.case(2).await.closing_at, None);
    });
}
