//! How a ticket may end there, with every kind of system: followed, or flagged on the case, and never a halt. Letters of
//! a ticket, where a system keeps them apart.

use super::desks::letters::Letter;
use super::*;

/// What becomes of a ticket there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Solved,
    /// Solved, and it takes nothing any more.
    Closed,
    Merged,
    Deleted,
    Moved,
    Hidden,
}

/// What a case is told of a fate, and how the tie stands then; nothing where a kind cannot tell.
fn told_of(kind: Kind, fate: Fate) -> Option<(&'static str, &'static str)> {
    match fate {
        Fate::Solved | Fate::Closed => Some(("ticket_solved", "solved")),
        Fate::Merged => Some(("ticket_merged", "open")),
        Fate::Deleted if kind.tells_gone() => Some(("ticket_gone", "gone")),
        Fate::Deleted => Some(("ticket_hidden", "hidden")),
        Fate::Moved => kind.has_queues().then_some(("ticket_moved", "open")),
        Fate::Hidden => kind.notices_hidden().then_some(("ticket_hidden", "hidden")),
    }
}

async fn meets(desk: Desk, fate: Fate) {
    let kind = desk.kind;
    let Some((event, state)) = told_of(kind, fate) else { return };
    let (one, two) = (desk.office.made("Router dead", ""), desk.office.made("The same", ""));
    desk.link(one).await.unwrap();
    desk.settle(Span::ZERO).await;
    desk.hear().await;
    desk.office.with(one, |t| match fate {
        Fate::Solved | Fate::Closed => t.status = "resolved".into(),
        Fate::Merged => t.merged_into = Some(two),
        Fate::Deleted => t.status = "deleted".into(),
        Fate::Moved => t.queue = "Billing".into(),
        Fate::Hidden => t.hidden = true,
    });
    for _ in 0..3 {
        desk.hear().await;
    }
    assert_eq!(desk.events(event).await.len(), 1, "{kind:?} {fate:?}: told once");
    assert_eq!(desk.links().await[0].state, state, "{kind:?} {fate:?}");
    if fate == Fate::Closed {
        desk.office.ledger().mood = Mood::Closed;
    }
    // The customer writes on, and the work goes on.
    desk.house.take(&[post("m2", "jan", "t1", 1, "@acme anybody?")]).await;
    desk.a_minute().await;
    desk.act(Act::Claim { until: None }).await.unwrap();
    assert_eq!(desk.state().await.state, "connected", "{kind:?} {fate:?}: one ticket is no trouble of all");
    let refused = desk.events("ticket_note_refused").await.len();
    let link = desk.links().await.remove(0);
    let actions = desk.actions().await;
    match fate {
        Fate::Solved | Fate::Moved => assert_eq!((desk.office.told(one).len(), refused), (2, 0), "{kind:?}"),
        Fate::Merged => {
            assert_eq!(desk.number(&link), Some(two), "{kind:?}");
            assert_eq!((desk.office.told(two).len(), refused), (1, 0), "{kind:?}: notes go where it went");
        }
        Fate::Deleted if state == "gone" => {
            assert_eq!((actions.len(), refused), (1, 0), "{kind:?}: what is gone is told nothing");
        }
        Fate::Closed | Fate::Deleted | Fate::Hidden => {
            assert_eq!(refused, 1, "{kind:?} {fate:?}: {actions:?}");
            assert_eq!(actions[1].state, "refused", "{kind:?} {fate:?}");
            assert!(!link.note_why.is_empty(), "{kind:?} {fate:?}");
            assert_eq!(link.status_why, "", "{kind:?} {fate:?}: no status was asked for");
        }
    }
    if fate != Fate::Closed {
        return;
    }
    // Somebody opened it again there: what is told next arrives, and nothing is flagged any more.
    desk.house.take(&[post("m3", "jan", "t1", 2, "@acme anybody at all?")]).await;
    desk.a_minute().await;
    assert_eq!(desk.office.told(one).len(), 2, "{kind:?}");
    assert_eq!(desk.links().await[0].note_why, "", "{kind:?}");
}

#[test]
fn whatever_becomes_of_a_ticket_there_it_is_followed_or_flagged() {
    for fate in [Fate::Solved, Fate::Closed, Fate::Merged, Fate::Deleted, Fate::Moved, Fate::Hidden] {
        with_each(move |desk| async move {
            eprintln!("{fate:?}");
            meets(desk, fate).await;
        });
    }
}

/// Runs a test with Zendesk, on each engine.
fn on_zendesk<F, Fut>(test: F)
where
    F: Fn(Desk) -> Fut + Copy + Send,
    Fut: Future<Output = ()>,
{
    for engine in engines() {
        with_kinds(engine, &[Kind::Zendesk], test);
    }
}

#[test]
fn a_ticket_that_is_closed_for_good_is_followed_by_another_with_all_that_was_said() {
    on_zendesk(|desk| async move {
        let id = desk.office.made("Router dead", "");
        desk.link(id).await.unwrap();
        desk.settle(Span::ZERO).await;
        desk.hear().await;
        desk.office.with(id, |t| t.status = "closed".into());
        desk.hear().await;
        assert_eq!(desk.links().await[0].state, "solved");
        desk.house.take(&[post("m2", "jan", "t1", 1, "@acme it is dead again")]).await;
        desk.a_minute().await;
        assert_eq!(desk.office.told(id).len(), 1, "a closed one takes nothing");
        assert_eq!(desk.events("ticket_note_refused").await.len(), 1);
        assert!(desk.links().await[0].note_why.contains("422"), "{:?}", desk.links().await);
        assert!(desk.links().await[0].solved_at.is_some(), "its end is proposed");
        desk.create().await.unwrap();
        desk.at_rest().await;
        let ours = desk.office.ours();
        assert_eq!(ours.len(), 1, "{:?}", desk.actions().await);
        let follows = desk.office.ledger().tickets[&ours[0]].fields.get("follows").cloned();
        assert_eq!(follows, Some(id.to_string()), "it is known there as what follows");
        let told = desk.office.told(ours[0]);
        assert!(told[0].contains(HELP) && told[0].contains("it is dead again"), "{told:?}");
        // From now on the one that follows hears of it alone, and nothing is refused any more.
        let links = desk.links().await;
        let old = links.iter().find(|l| desk.number(l) == Some(id)).unwrap();
        let new = links.iter().find(|l| l.id != old.id).unwrap();
        assert_eq!((old.followed_by.as_deref(), old.note_why.as_str()), (Some(new.id.as_str()), ""));
        assert_eq!(old.solved_at, None, "the matter goes on in the new one");
        desk.house.take(&[post("m3", "jan", "t1", 2, "@acme and it smells")]).await;
        desk.at_rest().await;
        assert!(desk.office.told(ours[0]).iter().any(|t| t.contains("and it smells")));
        assert_eq!(desk.office.told(id).len(), 1);
        assert_eq!(desk.events("ticket_note_refused").await.len(), 1, "{:?}", desk.actions().await);
        // Words that are withdrawn go from the closed one all the same.
        let mut gone = post("m1", "jan", "t1", 0, "");
        gone["deleted"] = true.into();
        desk.house.take(&[gone]).await;
        desk.at_rest().await;
        for ticket in [id, ours[0]] {
            let told = desk.office.told(ticket);
            assert!(!told.iter().any(|t| t.contains("dead for three days")), "{told:?}");
        }
        assert_eq!(desk.events("ticket_note_refused").await.len(), 1);
        // One that is followed itself leaves it to the last; without that one the closed one says again that it takes nothing.
        desk.hear().await;
        desk.office.with(ours[0], |t| t.status = "closed".into());
        desk.hear().await;
        desk.create().await.unwrap();
        desk.at_rest().await;
        let follower =
            async |of: &str| desk.links().await.into_iter().find(|l| l.id == of).unwrap().followed_by;
        let third = follower(&new.id).await.unwrap();
        desk.act(Act::UnlinkTicket { link: new.id.clone() }).await.unwrap();
        assert_eq!(follower(&old.id).await.as_ref(), Some(&third));
        desk.act(Act::UnlinkTicket { link: third }).await.unwrap();
        assert_eq!(follower(&old.id).await, None);
    });
    // A call that is made once more says the same, whatever became of the closed one meanwhile.
    on_zendesk(|desk| async move {
        let id = desk.office.made("Router dead", "");
        desk.link(id).await.unwrap();
        desk.settle(Span::ZERO).await;
        desk.office.with(id, |t| t.status = "closed".into());
        desk.hear().await;
        desk.create().await.unwrap();
        desk.office.ledger().mood = Mood::Loses;
        desk.settle(Span::ZERO).await;
        assert!(desk.office.ours().is_empty(), "it was lost on its way");
        desk.office.with(id, |t| t.hidden = true);
        desk.at_rest().await;
        let ours = desk.office.ours();
        assert_eq!(ours.len(), 1, "{:?}", desk.actions().await);
        let ledger = desk.office.ledger();
        let made = ledger.calls.iter().filter(|c| c.0.starts_with("POST") && c.0.ends_with("tickets.json"));
        let made: Vec<&serde_json::Value> = made.map(|c| &c.1).collect();
        assert!(made.len() >= 2 && made.iter().all(|body| *body == made[0]), "{made:?}");
        assert_eq!(made[0]["ticket"]["via_followup_source_id"], id);
    });
    // One that is solved and not closed is not followed: it still takes what is told.
    on_zendesk(|desk| async move {
        let id = desk.office.made("Router dead", "");
        desk.link(id).await.unwrap();
        desk.settle(Span::ZERO).await;
        desk.office.with(id, |t| t.status = "resolved".into());
        desk.hear().await;
        desk.create().await.unwrap();
        desk.at_rest().await;
        let ours = desk.office.ours();
        assert_eq!(ours.len(), 1, "{:?}", desk.actions().await);
        assert!(!desk.office.ledger().tickets[&ours[0]].fields.contains_key("follows"));
    });
}

fn letter(by: &str, text: &str) -> Letter {
    Letter { by: by.into(), text: text.into(), incoming: by.contains('@'), ..Letter::default() }
}

#[test]
fn letters_of_a_ticket_are_on_the_timeline_once_and_never_taken_for_ours() {
    let test = |desk: Desk| async move {
        let kind = desk.kind;
        let id = desk.office.made("Router dead", "jan@example.org");
        desk.link(id).await.unwrap();
        desk.settle(Span::ZERO).await;
        desk.hear().await;
        desk.office.letter(id, letter("jan@example.org", "It is still dead"));
        assert_eq!(desk.hear().await, 1, "{kind:?}: a letter leaves the time of the case as it was");
        let comments = desk.events("ticket_comment").await;
        assert_eq!(comments.len(), 1, "{kind:?}");
        assert!(comments[0].body.contains("\"public\":true"), "{kind:?}: {}", comments[0].body);
        let words = || {
            desk.house.all::<(String,)>("SELECT body FROM content WHERE kind = 'ticket_entry' ORDER BY id")
        };
        let stood = words().await;
        assert!(
            stood[0].0.contains("It is still dead") && stood[0].0.contains("jan@example.org"),
            "{stood:?}"
        );
        // A draft is nobody's yet. A note that is written before it leaves hides it not.
        let draft = desk.office.letter(id, Letter { draft: true, ..letter("ann", "A mechanic comes") });
        desk.hear().await;
        desk.office.writes(id, "bob", "called the customer");
        desk.hear().await;
        assert_eq!(desk.events("ticket_comment").await.len(), 2, "{kind:?}");
        desk.office.sends(id, draft);
        desk.hear().await;
        assert_eq!(desk.events("ticket_comment").await.len(), 3, "{kind:?}: it counts from when it was sent");
        assert!(words().await.iter().any(|w| w.0.contains("A mechanic comes") && w.0.contains("ann")));
        // What the system mails of our note is no news; a customer who quotes it is.
        let ours = desk.office.told(id).remove(0);
        desk.office.letter(id, letter("ann", &ours));
        desk.hear().await;
        assert_eq!(desk.events("ticket_comment").await.len(), 3, "{kind:?}");
        desk.office.letter(id, letter("jan@example.org", &format!("Nobody came!\n\n{ours}")));
        desk.hear().await;
        assert_eq!(desk.events("ticket_comment").await.len(), 4, "{kind:?}");
        assert!(words().await.iter().any(|w| w.0.contains("Nobody came!")), "{kind:?}");
        let (events, told) = (desk.house.events().await.len(), desk.office.told(id).len());
        for _ in 0..3 {
            desk.hear().await;
            desk.a_minute().await;
        }
        assert_eq!(desk.house.events().await.len(), events, "{kind:?}: heard again it changes nothing");
        assert_eq!(desk.office.told(id).len(), told, "{kind:?}: and is not told back");
    };
    for engine in engines() {
        with_kinds(engine, &[Kind::Salesforce, Kind::Dynamics], test);
    }
}

#[test]
fn what_is_written_in_the_second_of_a_look_is_read_at_the_next() {
    with_kinds(Engine::Sqlite, &[Kind::Salesforce, Kind::Dynamics], |desk| async move {
        let id = desk.office.made("Router dead", "");
        desk.link(id).await.unwrap();
        desk.settle(Span::ZERO).await;
        desk.hear().await;
        // A letter stands, and a note of the same second comes only after the look.
        desk.office.letter(id, letter("jan@example.org", "It is still dead"));
        desk.poller.run_once().await.unwrap();
        desk.office.writes(id, "ann", "A mechanic comes on Friday");
        desk.hear().await;
        desk.hear().await;
        assert_eq!(desk.events("ticket_comment").await.len(), 2, "{:?}", desk.kind);
    });
}

#[test]
fn where_no_letters_can_be_read_all_else_is() {
    with_kinds(Engine::Sqlite, &[Kind::Salesforce, Kind::Dynamics], |desk| async move {
        desk.office.ledger().no_letters = true;
        let id = desk.office.made("Router dead", "");
        desk.link(id).await.unwrap();
        desk.settle(Span::ZERO).await;
        desk.office.writes(id, "ann", "A mechanic comes on Friday");
        desk.hear().await;
        assert_eq!(desk.events("ticket_comment").await.len(), 1);
        assert_eq!(desk.state().await.state, "connected");
        let calls = desk.office.ledger().calls.len();
        desk.system.read(&desk.kind.name(id)).await.unwrap();
        assert_eq!(desk.office.ledger().calls.len(), calls + 1, "it is not asked for them again");
        // A day later there may be some.
        desk.house.clock.advance(Span::days(1));
        desk.office.ledger().no_letters = false;
        desk.office.letter(id, letter("jan@example.org", "It is still dead"));
        desk.hear().await;
        assert_eq!(desk.events("ticket_comment").await.len(), 2, "{:?}", desk.kind);
    });
}
