//! The front office from the chat: tickets are looked for and made, contacts elsewhere and findings are written down.

use crate::commands::ask;
use crate::world::{JAN, TEAM, World};
use async_trait::async_trait;
use std::sync::Arc;
use webcared::casework::Act;
use webcared::clock::Clock;
use webcared::domain::delivery::{Looked, Outcome};
use webcared::domain::sector::{Confirm, Sector};
use webcared::domain::ticket_status::Means;
use webcared::domain::time::{Span, Timestamp};
use webcared::tickets::{
    Back, Capabilities, Found, Given, NewTicket, Note, Rewriting, Sought, SourceTrouble, Status, Systems,
    Term, Ticket, TicketState, TicketSystem, Withdraw,
};

const CAN: Capabilities = Capabilities {
    find_by: &[Given::Ticket, Given::Email],
    create: true,
    note_inside: true,
    note_customer: false,
    status: true,
    fields: true,
    back: Back::Polling,
    withdraw: Withdraw::ByHand,
    set_status: false,
    solved: &[],
    waiting: &[],
};

/// A system that finds one open and one solved ticket by any term.
struct OneTicket {
    opened_at: Timestamp,
    means: Means,
}

impl OneTicket {
    fn ticket(&self, id: &str, state: TicketState, status: &str) -> Ticket {
        Ticket {
            id: id.into(),
            subject: "SECRETWORD of a customer".into(),
            state,
            status: status.into(),
            owner: "ann".into(),
            queue: "Field".into(),
            opened_at: Some(self.opened_at),
            changed_at: None,
            due_at: Some(self.opened_at.plus(Span::days(3))),
            url: String::new(),
        }
    }
}

fn refused() -> Outcome {
    Outcome::Refused { reason: "not in this test".into() }
}

#[async_trait]
impl TicketSystem for OneTicket {
    fn name(&self) -> &str {
        "rt"
    }

    fn kind(&self) -> &'static str {
        "rt"
    }

    fn brand(&self) -> Option<&str> {
        None
    }

    fn can(&self) -> &'static Capabilities {
        &CAN
    }

    async fn find(&self, terms: &[Term]) -> Result<Vec<Ticket>, SourceTrouble> {
        if terms.is_empty() {
            return Ok(Vec::new());
        }
        Ok(vec![
            self.ticket("4711", TicketState::Open, "open"),
            self.ticket("12", TicketState::Solved, "resolved"),
        ])
    }

    async fn read(&self, id: &str) -> Result<Found, SourceTrouble> {
        Ok(Found::Stands(self.ticket(id, TicketState::Open, "open")))
    }

    async fn create(&self, _: &NewTicket) -> Outcome {
        refused()
    }

    async fn note(&self, _: &Note) -> Outcome {
        refused()
    }

    async fn put_status(&self, _: &Status) -> Outcome {
        refused()
    }

    async fn rewrite(&self, _: &Rewriting) -> Outcome {
        refused()
    }

    fn means(&self) -> &Means {
        &self.means
    }

    async fn look(&self, _: &Sought) -> Looked {
        Looked::Person { evidence: "not in this test".into() }
    }
}

on_each_engine!(tickets_are_looked_for_and_made_without_their_subjects, |world| {
    let mut world = world;
    let case = world.case(2).await;
    let systems = Systems::default();
    let opened_at = world.clock.now().minus(Span::days(2));
    systems.set(vec![Arc::new(OneTicket { opened_at, means: Means::default() })]);
    world.casework = world.casework.clone().ticketing(systems);
    let chat = world.chat();
    let nothing = ask(&world, &chat, JAN, TEAM, "/tickets 1").await.unwrap().text;
    assert!(nothing.starts_with("#1: the customer gave nothing in private to search by"), "{nothing}");
    let found = ask(&world, &chat, JAN, TEAM, "/tickets 1 4711").await.unwrap().text;
    for part in ["rt #4711: open, ann, 2 d", "promised for ", "/link 1 TICKET ties one"] {
        assert!(found.contains(part), "{part} in {found}");
    }
    assert!(!found.contains("SECRETWORD") && !found.contains("resolved"), "{found}");
    let mail = ask(&world, &chat, JAN, TEAM, "/tickets 1 sanne@example.org").await.unwrap().text;
    assert!(mail.starts_with("By what names a customer I search only in a chat with me alone"), "{mail}");
    let stranger = ask(&world, &chat, 99, TEAM, "/tickets 1").await.unwrap().text;
    assert_eq!(stranger, "You are not allowed to do this.");
    let which = ask(&world, &chat, JAN, TEAM, "/tickets 1 new zen").await.unwrap().text;
    assert_eq!(which, "Name the ticket system, one of rt.");
    let made = ask(&world, &chat, JAN, TEAM, "/tickets 1 new").await.unwrap().text;
    assert_eq!(made, "#1: a ticket is being made in rt, with the whole conversation as a note.");
    let actions = world.actions("ticket_create").await;
    assert_eq!(actions.len(), 1);
    assert_eq!(actions[0].case_id.as_deref(), Some(case.id.as_str()));
});

on_each_engine!(contacts_elsewhere_and_findings_are_written_down_and_not_repeated, |world| {
    let chat = world.chat();
    let case = world.case(2).await;
    let none = ask(&world, &chat, JAN, TEAM, "/tickets 1").await.unwrap().text;
    assert_eq!(none, "No ticket system is set up for this brand.");
    let how = ask(&world, &chat, JAN, TEAM, "/contact 1 fax hello").await.unwrap().text;
    assert!(how.starts_with("Tell how: /contact 12 phone"), "{how}");
    let noted = ask(&world, &chat, JAN, TEAM, "/contact 1 phone asks again").await.unwrap().text;
    assert_eq!(noted, "#1: the contact is written down.");
    let kinds: Vec<(String,)> = world.rows("SELECT kind FROM other_contact".to_owned()).await;
    assert_eq!(kinds, [("phone".to_owned(),)]);
    let how = ask(&world, &chat, JAN, TEAM, "/finding 1 billing").await.unwrap().text;
    assert!(how.starts_with("Tell to whom and what goes wrong"), "{how}");
    let raised = ask(&world, &chat, JAN, TEAM, "/finding 1 billing: invoices lie").await.unwrap().text;
    assert_eq!(raised, "#1: the finding is raised.");
    let findings: Vec<(i64, String)> = world.rows("SELECT number, owner FROM finding".to_owned()).await;
    assert_eq!(findings, [(1, "billing".to_owned())]);
    let other = world.case(3).await;
    let counted = ask(&world, &chat, JAN, TEAM, "/finding 2 1").await.unwrap().text;
    assert_eq!(counted, "#2 is counted to the finding.");
    let again = ask(&world, &chat, JAN, TEAM, "/finding 2 1").await.unwrap().text;
    assert!(again.starts_with("Not possible: "), "{again}");
    for (case, kind) in [(&case, "contact"), (&case, "finding"), (&other, "finding")] {
        let kinds: Vec<String> = world.events(case).await.into_iter().map(|e| e.kind).collect();
        assert!(kinds.iter().any(|k| k == kind), "{kind} in {kinds:?}");
    }
});

on_each_engine!(a_tied_ticket_that_is_solved_there_is_told_and_set_aside, |world| {
    let mut world = world;
    let case = world.case(2).await;
    let systems = Systems::default();
    let opened_at = world.clock.now().minus(Span::days(2));
    systems.set(vec![Arc::new(OneTicket { opened_at, means: Means::default() })]);
    world.casework = world.casework.clone().ticketing(systems);
    let current = world.casework.catalogue().clone();
    let mut made = (*current.get()).clone();
    made.has_tickets = true;
    current.set(made);
    let chat = world.chat();
    let none = ask(&world, &chat, JAN, TEAM, "/tickets 1 unsolved").await.unwrap().text;
    assert_eq!(none, "#1: no tied ticket is solved there.");
    let tie = Act::LinkTicket { system: "rt".into(), ticket: "77".into(), seen: None };
    world.act(&case, &World::jan(), tie).await;
    let told = ask(&world, &chat, JAN, TEAM, "/tickets 1").await.unwrap().text;
    assert!(told.starts_with("tied: rt #77 (open)") && !told.contains("solved there"), "{told}");
    world
        .exec("UPDATE ticket_link SET state = 'solved', solved_at = 1, status_why = 'SECRETWORD', note_why = 'SECRETWORD'".to_owned())
        .await;
    let told = ask(&world, &chat, JAN, TEAM, "/tickets 1").await.unwrap().text;
    for part in [
        "rt #77 is solved there: /resolve 1 ends the case",
        "rt #77 did not take the status that we gave it",
        "rt #77 did not take a note of ours",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
    assert!(!told.contains("SECRETWORD"), "what a system answers may hold a customer's words: {told}");
    let aside = ask(&world, &chat, JAN, TEAM, "/tickets 1 unsolved").await.unwrap().text;
    assert_eq!(aside, "#1: rt #77 counts as not solved.");
    let left: Vec<(i64,)> =
        world.rows("SELECT COUNT(*) FROM ticket_link WHERE solved_at IS NOT NULL".to_owned()).await;
    assert_eq!(left, [(0,)]);
    let kinds: Vec<String> = world.events(&case).await.into_iter().map(|e| e.kind).collect();
    assert!(kinds.iter().any(|k| k == "ticket_not_solved"), "{kinds:?}");
    // The tie goes, by its number or as the only one.
    let other = ask(&world, &chat, JAN, TEAM, "/tickets 1 untie 4711").await.unwrap().text;
    assert_eq!(other, "#1 is not tied to such a ticket.");
    let gone = ask(&world, &chat, JAN, TEAM, "/tickets 1 untie #77").await.unwrap().text;
    assert_eq!(gone, "#1 is tied to rt #77 no more.");
    let none = ask(&world, &chat, JAN, TEAM, "/tickets 1 los").await.unwrap().text;
    assert_eq!(none, "#1 is not tied to such a ticket.");
    let live: Vec<(i64,)> =
        world.rows("SELECT COUNT(*) FROM ticket_link WHERE unlinked_at IS NULL".to_owned()).await;
    assert_eq!(live, [(0,)]);
});

on_each_engine!(a_sector_is_told_and_said_from_the_chat, |world| {
    let chat = world.chat();
    let case = world.case(2).await;
    let none = ask(&world, &chat, JAN, TEAM, "/sector 1").await.unwrap().text;
    assert_eq!(none, "This brand has no sectors.");
    let current = world.casework.catalogue().clone();
    let mut made = (*current.get()).clone();
    for watched in &mut made.brands {
        let words = vec!["dead".to_owned()];
        watched.brand.sectors = vec![
            Sector { name: "repair".into(), words, confirm: Confirm::Anybody, ..Sector::default() },
            Sector { name: "legal".into(), confirm: Confirm::Lead, ..Sector::default() },
        ];
    }
    current.set(made);
    let told = ask(&world, &chat, JAN, TEAM, "/sector 1").await.unwrap().text;
    assert_eq!(told, "#1: proposed is none. There are repair, legal; /sector 1 NAME says which.");
    let said = ask(&world, &chat, JAN, TEAM, "/sector 1 Repair").await.unwrap().text;
    assert_eq!(said, "#1: the sector is repair.");
    let rows: Vec<(String, Option<String>)> =
        world.rows("SELECT sector, said_by FROM case_sector".to_owned()).await;
    assert!(rows.len() == 1 && rows[0].0 == "repair" && rows[0].1.is_some(), "{rows:?}");
    let kinds: Vec<String> = world.events(&case).await.into_iter().map(|e| e.kind).collect();
    assert!(kinds.iter().any(|k| k == "sector"), "{kinds:?}");
    let told = ask(&world, &chat, JAN, TEAM, "/sector 1").await.unwrap().text;
    assert_eq!(told, "#1: it is repair. There are repair, legal; /sector 1 NAME says otherwise.");
    for words in ["/sector 1 kitchen", "/sector 1 legal"] {
        let refused = ask(&world, &chat, JAN, TEAM, words).await.unwrap().text;
        assert!(refused.starts_with("Not possible: "), "{words}: {refused}");
    }
    let none = ask(&world, &chat, JAN, TEAM, "/sector 1 none").await.unwrap().text;
    assert_eq!(none, "#1: the sector is none.");
});

on_each_engine!(an_act_that_was_cut_off_after_it_was_done_is_not_done_again, |world| {
    let chat = world.chat();
    world.case(2).await;
    world.case(3).await;
    for words in
        ["/contact 1 phone asks again", "/finding 1 billing: invoices lie", "/promise 2 16:00 a mail"]
    {
        world.clock.advance(Span::seconds(5));
        world.fake.say(JAN, TEAM, words);
        world.take_in_twice(&chat).await;
        let told = world.fake.told().last().unwrap().text.clone();
        assert!(told.contains("this was begun and cut off"), "{words}: {told}");
    }
    for table in ["other_contact", "finding", "promise"] {
        let rows: Vec<(i64,)> = world.rows(format!("SELECT COUNT(*) FROM {table}")).await;
        assert_eq!(rows, [(1,)], "{table}");
    }
});
