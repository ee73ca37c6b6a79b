//! What customers change, delete or have erased is taken away from what we wrote on tickets, where the system can; where
//! it cannot, people are told what remains, until it is gone.

use super::*;
use webcared::privacy::{By, Privacy, PrivacyRequest};
use webcared::store::ticket_note::NoteRow;
use webcared::tickets::Withdraw;

const SECRET_WORDS: &str = "@acme my number is 0612345678 and nobody calls";

impl Desk {
    async fn notes(&self) -> Vec<NoteRow> {
        self.house.all("SELECT * FROM ticket_note ORDER BY written_at, action_id").await
    }

    async fn owed(&self) -> Vec<String> {
        self.notes().await.into_iter().filter(NoteRow::is_owed).map(|n| n.state).collect()
    }

    fn privacy(&self) -> Privacy {
        let house = &self.house;
        let outbox = Arc::new(Notify::new());
        Privacy::new(house.db.clone(), house.clock.clone(), house.mint.clone(), house.current.clone(), outbox)
    }

    fn shows(&self, id: u64, word: &str) -> bool {
        self.office.told(id).iter().any(|t| t.contains(word))
    }
}

async fn told_desk(desk: &Desk) -> u64 {
    let id = desk.office.made("Router dead", "");
    desk.link(id).await.unwrap();
    desk.at_rest().await;
    desk.house.take(&[post("m2", "jan", "t1", 20, SECRET_WORDS)]).await;
    desk.at_rest().await;
    assert!(desk.shows(id, "0612345678"), "{:?}", desk.kind);
    id
}

#[test]
fn every_note_is_kept_by_the_systems_own_id() {
    with_each(|desk| async move {
        let id = told_desk(&desk).await;
        let notes = desk.notes().await;
        assert_eq!(notes.iter().map(|n| n.what.as_str()).collect::<Vec<_>>(), ["timeline", "message"]);
        let last = desk.office.ledger().tickets[&id].entries.last().unwrap().id.to_string();
        if desk.kind != Kind::Webhook {
            assert!(notes[1].remote_id.ends_with(&last), "{:?}: {}", desk.kind, notes[1].remote_id);
        }
        assert!(notes.iter().all(|n| !n.held().is_empty()));
    });
}

#[test]
fn a_message_that_its_author_deletes_goes_from_the_ticket() {
    with_each(|desk| async move {
        let id = told_desk(&desk).await;
        let mut gone = post("m2", "jan", "t1", 20, "");
        gone["deleted"] = true.into();
        desk.house.take(&[gone]).await;
        desk.at_rest().await;
        let told = desk.office.told(id);
        assert!(told.iter().any(|t| t.contains("was removed by its author")), "{told:?}");
        assert!(desk.shows(id, HELP), "what stands stays: {told:?}");
        assert_eq!(desk.shows(id, "0612345678"), !desk.kind.lets_go(), "{:?}: {told:?}", desk.kind);
        if desk.kind.lets_go() {
            assert!(desk.owed().await.is_empty());
            assert_eq!(desk.events("ticket_withdrawn").await.len(), 1);
        } else {
            assert_eq!(desk.owed().await, ["remains"]);
            assert!(told.iter().any(|t| t.contains("by hand")), "{told:?}");
            assert_eq!(desk.events("ticket_remains").await.len(), 1);
        }
        // It comes back to nobody: what we changed is ours.
        let before = desk.house.events().await.len();
        desk.hear().await;
        desk.at_rest().await;
        assert!(desk.events("ticket_comment").await.is_empty(), "{:?}", desk.kind);
        assert_eq!(desk.house.events().await.len(), before);
        // Also the one that began it, out of the note that holds everything.
        let mut gone = post("m1", "jan", "t1", 0, "");
        gone["deleted"] = true.into();
        desk.house.take(&[gone]).await;
        desk.at_rest().await;
        assert_eq!(desk.shows(id, "dead for three days"), !desk.kind.lets_go(), "{:?}", desk.kind);
        assert!(desk.office.told(id)[0].contains("Webcare case #1"), "the rest of that note stands");
    });
}

#[test]
fn what_a_message_said_before_it_was_changed_goes_from_the_ticket() {
    with_each(|desk| async move {
        let id = told_desk(&desk).await;
        let mut edit = post("m2", "jan", "t1", 20, "@acme nobody calls me at all");
        edit["edited_at"] = desk.house.clock_now().rfc3339().into();
        desk.house.take(&[edit]).await;
        desk.at_rest().await;
        let told = desk.office.told(id);
        assert!(desk.shows(id, "nobody calls me at all"), "{told:?}");
        assert_eq!(desk.shows(id, "0612345678"), !desk.kind.lets_go(), "{:?}: {told:?}", desk.kind);
        assert_eq!(desk.owed().await.len(), usize::from(!desk.kind.lets_go()));
    });
}

#[test]
fn where_the_system_refuses_a_person_is_asked_and_says_when_it_is_done() {
    with_each(|desk| async move {
        let id = told_desk(&desk).await;
        desk.office.ledger().keeps_words = true;
        let mut gone = post("m2", "jan", "t1", 20, "");
        gone["deleted"] = true.into();
        desk.house.take(&[gone]).await;
        desk.at_rest().await;
        assert_eq!(desk.owed().await, ["remains"], "{:?}", desk.kind);
        assert!(desk.office.told(id).iter().any(|t| t.contains("by hand")), "{:?}", desk.kind);
        let link = desk.links().await.remove(0).id;
        let elsewhere = desk.act(Act::TicketWordsGone { link: "tkl_other".into() }).await;
        assert!(matches!(elsewhere, Err(CaseworkError::NotFound)));
        desk.act(Act::TicketWordsGone { link: link.clone() }).await.unwrap();
        assert!(desk.owed().await.is_empty());
        assert_eq!(desk.events("ticket_words_gone").await.len(), 1);
        assert!(matches!(desk.act(Act::TicketWordsGone { link }).await, Err(CaseworkError::NotFound)));
    });
}

#[test]
fn an_answer_that_is_lost_takes_nothing_twice_and_a_note_that_is_gone_is_done() {
    with_each(|desk| async move {
        let id = told_desk(&desk).await;
        if !desk.kind.lets_go() {
            return;
        }
        let mut gone = post("m2", "jan", "t1", 20, "");
        gone["deleted"] = true.into();
        desk.house.take(&[gone]).await;
        // One step at a time, so that the answer of the very call is lost that takes the words away.
        for _ in 0..60 {
            desk.house.clock.advance(Span::seconds(1));
            desk.worker.run_once().await.unwrap();
            if desk.notes().await.iter().any(|n| n.state == "asked") {
                break;
            }
        }
        assert!(desk.notes().await.iter().any(|n| n.state == "asked"), "{:?}", desk.kind);
        desk.office.ledger().mood = Mood::DoesBreaks;
        desk.at_rest().await;
        assert!(desk.owed().await.is_empty() && !desk.shows(id, "0612345678"), "{:?}", desk.kind);
        let mut gone = post("m1", "jan", "t1", 0, "");
        gone["deleted"] = true.into();
        desk.office.with(id, |t| drop(t.entries.remove(0)));
        desk.house.take(&[gone]).await;
        desk.at_rest().await;
        assert!(desk.owed().await.is_empty(), "{:?}", desk.kind);
    });
}

#[test]
fn an_erasure_reaches_the_tickets_and_names_what_remains_where() {
    with_each(|desk| async move {
        let id = told_desk(&desk).await;
        let link = desk.links().await.remove(0);
        // Also a tie that was taken away.
        desk.act(Act::UnlinkTicket { link: link.id.clone() }).await.unwrap();
        let asked = PrivacyRequest::Erase { who: "Acme#1".into(), yes: true, stop_watching: false };
        let lines = desk.privacy().asked(&asked).await.unwrap();
        let named = |lines: &[String]| {
            let ticket = format!("office #{}", desk.kind.name(id));
            lines.iter().any(|l| l.starts_with("remains") && l.contains(&ticket) && l.contains("2 notes"))
        };
        assert!(named(&lines), "{:?}: {lines:?}", desk.kind);
        desk.at_rest().await;
        let rest = desk.privacy().asked(&PrivacyRequest::Remains).await.unwrap();
        let by_hand = desk.system.can().withdraw == Withdraw::ByHand;
        assert_eq!(named(&rest), by_hand, "{:?}: {rest:?}", desk.kind);
        for word in ["0612345678", "dead for three days", "@jan"] {
            assert_eq!(desk.shows(id, word), by_hand, "{word} {:?}: {:?}", desk.kind, desk.office.told(id));
        }
        if by_hand {
            let privacy = desk.privacy();
            assert!(rest[0].contains("2 to be taken away by hand"), "{rest:?}");
            privacy.words_gone(&link.id).await.unwrap();
            assert!(privacy.words_gone(&link.id).await.is_err());
        }
        let rest = desk.privacy().asked(&PrivacyRequest::Remains).await.unwrap();
        assert_eq!(rest, ["nothing remains in tickets"]);
        let by = By::Command;
        assert!(desk.privacy().erase("Acme#1", false, &by).await.is_err(), "erased already");
    });
}

#[test]
fn a_note_that_was_on_its_way_at_the_erasure_goes_too() {
    with_each(|desk| async move {
        let id = told_desk(&desk).await;
        desk.house.take(&[post("m3", "jan", "t1", 30, "@acme write to jan@example.org then")]).await;
        // It is written, and nobody hears of it.
        desk.office.ledger().mood = Mood::DoesBreaks;
        for _ in 0..60 {
            desk.house.clock.advance(Span::seconds(1));
            desk.worker.run_once().await.unwrap();
            if desk.shows(id, "jan@example.org") {
                break;
            }
        }
        assert!(desk.shows(id, "jan@example.org"), "{:?}", desk.kind);
        let asked = PrivacyRequest::Erase { who: "Acme#1".into(), yes: true, stop_watching: false };
        desk.privacy().asked(&asked).await.unwrap();
        desk.at_rest().await;
        for word in ["jan@example.org", "0612345678"] {
            assert_eq!(desk.shows(id, word), !desk.kind.lets_go(), "{word} {:?}", desk.kind);
        }
        let owed = if desk.kind.lets_go() { 0 } else { 3 };
        assert_eq!(desk.owed().await.len(), owed, "{:?}", desk.kind);
    });
}
