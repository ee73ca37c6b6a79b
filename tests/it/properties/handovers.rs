//! Whatever customers, people and the clock do about private channels: timelines fold to columns,
//! hand-overs and conversations to their last events, and no message counts in two cases at once.

use super::states::check;
use super::{block_on, cases};
use crate::harness::{Engine, House, post};
use crate::private::{Desk, offer, private};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use webcared::casework::{Act, CaseworkError, PrivateAct};
use webcared::domain::handover::{HandoverEvent, HandoverState, next};
use webcared::domain::time::Span;
use webcared::store::handover::{ConversationEventRow, HandoverRow, JoinRow};

#[derive(Clone, Debug)]
enum Step {
    Public,
    Private { by: &'static str, talk: &'static str, code: bool },
    Offer,
    Say,
    ByHand,
    Close,
    Join,
    Decline,
    Split,
    Resolve,
    Wait(Span),
}

fn step() -> impl Strategy<Value = Step> {
    let talk = prop_oneof![Just(("jan", "chat-jan")), Just(("jan", "dm")), Just(("mia", "chat-mia"))];
    let wait = prop_oneof![Just(Span::minutes(10)), Just(Span::hours(25)), Just(Span::hours(73))];
    prop_oneof![
        2 => Just(Step::Public),
        5 => (talk, any::<bool>()).prop_map(|((by, talk), code)| Step::Private { by, talk, code }),
        3 => Just(Step::Offer),
        2 => Just(Step::Say),
        1 => Just(Step::ByHand),
        1 => Just(Step::Close),
        3 => Just(Step::Join),
        1 => Just(Step::Decline),
        3 => Just(Step::Split),
        1 => Just(Step::Resolve),
        2 => wait.prop_map(Step::Wait),
    ]
}

/// The first case is the one that everything is about: what is not possible is refused in words.
async fn take(desk: &Desk, n: usize, step: &Step) {
    let at = desk.minutes();
    desk.house.clock.advance(Span::minutes(2));
    let done = match step {
        Step::Public => {
            desk.house.take(&[post(&format!("q{n:02}"), "jan", "t1", at, "acme, still nothing")]).await;
            return;
        }
        Step::Private { by, talk, code } => {
            let known: Vec<HandoverRow> = desk.house.all("SELECT * FROM handover ORDER BY case_id").await;
            let code = known.first().filter(|_| *code).map(|h| h.code.clone()).unwrap_or_default();
            let text = format!("please help me acme {code}");
            desk.house.take(&[private(&format!("p{n:02}"), by, talk, at, &text)]).await;
            return;
        }
        Step::Offer => {
            desk.ask(1).await.unwrap();
            desk.private(1, offer("")).await.map(|_| ())
        }
        Step::Say => desk.say(1, &format!("hello {n}")).await.map(|_| ()),
        Step::ByHand => desk.private(1, PrivateAct::ByHand { note: String::new() }).await.map(|_| ()),
        Step::Close => desk.private(1, PrivateAct::Close).await.map(|_| ()),
        Step::Join | Step::Decline => {
            let case = desk.house.case(1).await;
            let all: Vec<JoinRow> = desk.house.all("SELECT * FROM handover_join ORDER BY made_at, id").await;
            let Some(join) = all.into_iter().find(|j| j.state == "proposed" && j.into_case == case.id) else {
                return;
            };
            let join = join.id;
            let joins = matches!(step, Step::Join);
            let act = if joins { PrivateAct::Join { join } } else { PrivateAct::Decline { join } };
            desk.private(1, act).await.map(|_| ())
        }
        Step::Split => {
            let merged: Vec<(String,)> =
                desk.house.all("SELECT id FROM conversation WHERE merged_into IS NOT NULL ORDER BY id").await;
            let Some((conversation,)) = merged.into_iter().next() else { return };
            desk.private(1, PrivateAct::Split { conversation }).await.map(|_| ())
        }
        Step::Resolve => desk.act(1, Act::Resolve { reason: "done".into(), ending: None }).await.map(|_| ()),
        Step::Wait(span) => {
            desk.wait(*span).await;
            return;
        }
    };
    match done {
        Ok(())
        | Err(CaseworkError::Refused(_) | CaseworkError::AnsweredAlready | CaseworkError::NotFound) => {}
        Err(error) => panic!("{step:?}: {error}"),
    }
    desk.settle(Span::seconds(1)).await;
    while desk.casework.handovers_due().await.unwrap() > 0 {}
}

async fn pointers(house: &House) {
    let events: Vec<ConversationEventRow> =
        house.all("SELECT * FROM conversation_event ORDER BY conversation_id, seq").await;
    let mut last: BTreeMap<String, (Option<String>, Option<String>, i64)> = BTreeMap::new();
    for e in events {
        let before = last.get(&e.conversation_id).map_or(0, |l| l.2);
        assert_eq!(e.seq, before + 1);
        last.insert(e.conversation_id, (e.into_id, e.as_author, e.seq));
    }
    let rows: Vec<(String, Option<String>, Option<String>)> =
        house.all("SELECT id, merged_into, merged_as FROM conversation").await;
    for (id, into, author) in rows {
        let folded = last.get(&id).map(|l| (l.0.clone(), l.1.clone())).unwrap_or_default();
        assert_eq!(folded, (into, author));
    }
}

async fn handovers(house: &House) {
    let rows: Vec<HandoverRow> = house.all("SELECT * FROM handover").await;
    for row in rows {
        let mut state: Option<HandoverState> = None;
        for e in house.events().await.iter().filter(|e| e.case_id == row.case_id) {
            let Some(event) = HandoverEvent::from_code(&e.kind) else { continue };
            let after = next(state, event).unwrap_or_else(|error| panic!("{error}"));
            let body: serde_json::Value = serde_json::from_str(&e.body).unwrap();
            assert_eq!(body["handover"], after.code());
            state = Some(after);
        }
        assert_eq!(row.at(), state);
        assert_eq!(row.next_at.is_some(), state.is_some_and(HandoverState::waits));
    }
}

/// A message begins at most one wait that counts, in the case that it stands in.
async fn counted_once(house: &House) {
    let judged: Vec<(String, String)> = house.all("SELECT mention_id, case_id FROM judgement").await;
    let stands: BTreeMap<String, String> = judged.into_iter().collect();
    let mut seen = BTreeSet::new();
    for clock in house.clocks().await {
        let Some(mention) =
            clock.mention_id.filter(|_| !matches!(clock.state.as_str(), "void" | "superseded"))
        else {
            continue;
        };
        assert_eq!(stands[&mention], clock.case_id, "the wait of {mention} is where the message is");
        assert!(seen.insert(mention.clone()), "{mention} counts twice");
    }
}

proptest! {
    #![proptest_config(cases(24))]
    #[test]
    fn private_talks_fold_and_nothing_counts_twice(steps in prop::collection::vec(step(), 1..14)) {
        block_on(async {
            let desk = Desk::open(House::build(Engine::Sqlite).await).await;
            for (n, step) in steps.iter().enumerate() {
                take(&desk, n, step).await;
                let cases = desk.house.cases().await;
                for author in cases.iter().map(|c| (c.author_id.clone(), c.conversation_id.clone())).collect::<BTreeSet<_>>() {
                    let of: Vec<_> = cases.iter().filter(|c| (&c.author_id, &c.conversation_id) == (&author.0, &author.1)).cloned().collect();
                    check(&of, &desk.house.events().await);
                }
                pointers(&desk.house).await;
                handovers(&desk.house).await;
                counted_once(&desk.house).await;
            }
        });
    }
}
