//! Goodwill and formal complaints by command: shown, confirmed, within limits, and no amount in a group.

use crate::commands::ask;
use crate::fake::{Fake, Told};
use crate::press::{last_answer, take_in};
use crate::world::{EVA, JAN, TEAM, World};
use webcared::casework::{Act, CaseworkError};
use webcared::catalogue::Catalogue;
use webcared::chat::Chat;
use webcared::domain::time::Span;
use webcared::store::complaint::ComplaintRow;
use webcared::store::goodwill::GoodwillRow;

fn set(world: &World, limits: &[(&str, i64)], complaints: bool) {
    let current = world.casework.catalogue();
    let mut catalogue: Catalogue = (*current.get()).clone();
    for watched in &mut catalogue.brands {
        let office = &mut watched.brand.front_office;
        office.goodwill.limits = limits.iter().map(|(role, n)| ((*role).to_owned(), *n)).collect();
        office.complaints = complaints;
    }
    current.set(catalogue);
}

async fn given(world: &World) -> Vec<GoodwillRow> {
    world.rows("SELECT * FROM goodwill ORDER BY made_at, id".to_owned()).await
}

async fn complaints(world: &World) -> Vec<ComplaintRow> {
    world.rows("SELECT * FROM complaint".to_owned()).await
}

async fn press(world: &World, chat: &Chat, user: i64, told: &Told, button: &str) -> String {
    world.clock.advance(Span::seconds(5));
    world.fake.press(user, told, button);
    take_in(chat).await;
    last_answer(world)
}

on_each_engine!(goodwill_is_shown_then_given_within_the_limit_of_a_role, |world| {
    set(&world, &[("agent", 25), ("lead", 250)], false);
    world.exec("UPDATE person SET role = 'lead' WHERE login = 'eva'".into()).await;
    let chat = world.chat();
    let case = world.case(2).await;
    let how = ask(&world, &chat, JAN, JAN, "/goodwill 1 20").await.unwrap().text;
    assert!(how.starts_with("Tell how much and why"), "{how}");
    let other = ask(&world, &chat, JAN, JAN, "/goodwill 1 20 USD late").await.unwrap().text;
    assert_eq!(other, "Goodwill of this brand is counted in EUR.");
    let shown = ask(&world, &chat, JAN, JAN, "/goodwill 1 20 EUR three weeks late").await.unwrap();
    assert!(
        shown.text.contains("Give 20.00 EUR") && shown.text.contains("three weeks late"),
        "{}",
        shown.text
    );
    assert_eq!(Fake::buttons(&shown), ["voucher", "refund", "gift", "gesture", "Cancel"]);
    assert!(given(&world).await.is_empty(), "nothing by typing alone");
    let eva = press(&world, &chat, EVA, &shown, "voucher").await;
    assert_eq!(eva, "Only who asked for it can press here.");
    assert_eq!(press(&world, &chat, JAN, &shown, "refund").await, "#1: written down as given.");
    assert_eq!(press(&world, &chat, JAN, &shown, "refund").await, "You did this already.");
    let rows = given(&world).await;
    assert_eq!((rows.len(), rows[0].kind.as_str(), rows[0].state.as_str()), (1, "refund", "granted"));
    let drafts: Vec<(String,)> =
        world.rows("SELECT body FROM content WHERE body LIKE '%three weeks late%'".to_owned()).await;
    assert_eq!(drafts.len(), 1, "only beside what was given");

    let above = ask(&world, &chat, JAN, JAN, "/goodwill 1 10 EUR and again").await.unwrap();
    assert!(above.text.contains("Ask a second person"), "in parts it is one: {}", above.text);
    assert_eq!(press(&world, &chat, JAN, &above, "gift").await, "#1: a second person decides about it.");
    let own = ask(&world, &chat, JAN, JAN, "/goodwill 1 ok").await.unwrap();
    let own = press(&world, &chat, JAN, &own, "Yes, do it").await;
    assert!(own.contains("somebody else decides") || own.contains("role"), "{own}");
    let yes = ask(&world, &chat, EVA, EVA, "/goodwill 1 ok").await.unwrap();
    assert!(yes.text.contains("10.00 EUR, gift"), "{}", yes.text);
    assert_eq!(press(&world, &chat, EVA, &yes, "Yes, do it").await, "#1: the goodwill is approved.");
    let back = ask(&world, &chat, JAN, JAN, "/goodwill 1 back 1 sent twice").await.unwrap();
    assert_eq!(press(&world, &chat, JAN, &back, "Cancel").await, "#1: left as it is.");
    let back = ask(&world, &chat, JAN, JAN, "/goodwill 1 back 1 sent twice").await.unwrap();
    assert_eq!(press(&world, &chat, JAN, &back, "Yes, do it").await, "#1: the goodwill is taken back.");
    let states: Vec<String> = given(&world).await.into_iter().map(|g| g.state).collect();
    assert_eq!(states, ["taken_back", "granted"]);
    let list = ask(&world, &chat, JAN, JAN, "/goodwill 1").await.unwrap().text;
    assert!(list.contains("2: 10.00 EUR, gift, granted") && list.contains("up to 25.00 EUR"), "{list}");
    assert!(
        ask(&world, &chat, 79, TEAM, "/goodwill 1").await.unwrap().text.starts_with("You are not allowed")
    );
    let kinds: Vec<String> = world.events(&case).await.into_iter().map(|e| e.kind).collect();
    for kind in ["goodwill", "goodwill_asked", "goodwill_approved", "goodwill_taken_back"] {
        assert!(kinds.contains(&kind.to_owned()), "{kind} in {kinds:?}");
    }
});

on_each_engine!(a_press_of_who_may_see_the_brand_no_more_is_refused_and_written_down, |world| {
    set(&world, &[("agent", 25)], false);
    let chat = world.chat();
    world.case(2).await;
    let shown = ask(&world, &chat, JAN, JAN, "/goodwill 1 20 EUR three weeks late").await.unwrap();
    world.exec("UPDATE person SET brands = '[\"brd_nothing\"]' WHERE login = 'jan'".into()).await;
    let told = press(&world, &chat, JAN, &shown, "voucher").await;
    assert!(told.starts_with("You are not allowed"), "{told}");
    assert!(given(&world).await.is_empty());
    let rows: Vec<(String, String, String)> = world
        .rows("SELECT act, target, outcome FROM audit WHERE via = 'chat' ORDER BY number".to_owned())
        .await;
    assert_eq!(rows, [("door.work".to_owned(), "button".to_owned(), "refused".to_owned())]);
});

on_each_engine!(why_something_is_to_be_given_goes_from_the_chat_when_it_is_old_or_erased, |world| {
    set(&world, &[("agent", 25)], false);
    let chat = world.chat();
    let case = world.case(2).await;
    let says = async |id: i64| {
        world.clock.advance(Span::seconds(10));
        chat.follower.run_once().await.unwrap();
        world.fake.told().into_iter().find(|t| t.id == id).unwrap().text
    };
    let old = ask(&world, &chat, JAN, JAN, "/goodwill 1 20 EUR three weeks late").await.unwrap();
    assert!(says(old.id).await.contains("three weeks late"));
    world.clock.advance(Span::hours(25));
    chat.maker.run_once().await.unwrap();
    assert_eq!(says(old.id).await, "#1: this is too old. Ask anew.");
    let again = ask(&world, &chat, JAN, JAN, "/goodwill 1 20 EUR three weeks late").await.unwrap();
    // As an erasure leaves it: the words are gone, and the messages of the case are looked at again.
    world.exec("DELETE FROM content WHERE id LIKE 'chat/%'".into()).await;
    let cards = format!("SELECT message FROM chat_card_case WHERE case_id = '{}'", case.id);
    world.exec(format!("UPDATE chat_card SET stale_at = 1 WHERE message IN ({cards})")).await;
    assert_eq!(says(again.id).await, "#1: this is too old. Ask anew.");
});

on_each_engine!(no_amount_stands_in_a_group_and_each_reads_their_language, |world| {
    let chat = world.chat();
    world.case(2).await;
    let first = ask(&world, &chat, JAN, TEAM, "/goodwill 1 20 EUR late").await.unwrap();
    assert!(first.text.starts_with("Open a private chat first"), "{}", first.text);
    ask(&world, &chat, JAN, JAN, "/language nl").await.unwrap();
    let before = world.fake.told().len();
    world.clock.advance(Span::seconds(5));
    world.fake.say(JAN, TEAM, "/goodwill 1 20 EUR mail mia@example.org");
    take_in(&chat).await;
    let told = world.fake.told().split_off(before);
    let of = |place: i64| told.iter().find(|t| t.chat == place).unwrap();
    assert_eq!((told.len(), of(TEAM).text.as_str()), (2, "It is in your private chat."));
    assert!(of(JAN).text.contains("20.00 EUR geven aan de klant van #1"), "{}", of(JAN).text);
    assert_eq!(Fake::buttons(of(JAN)), ["tegoedbon", "terugbetaling", "cadeau", "gebaar", "Annuleren"]);
    let mine = of(JAN).clone();
    assert_eq!(press(&world, &chat, JAN, &mine, "cadeau").await, "#1: vastgelegd als gegeven.");
    assert_eq!(given(&world).await.len(), 1);
    for told in world.fake.told().into_iter().filter(|t| t.chat == TEAM) {
        assert!(!told.text.contains("20") && !told.text.contains("mia@"), "{}", told.text);
    }
});

on_each_engine!(a_formal_complaint_is_marked_acknowledged_and_decided_by_command, |world| {
    let chat = world.chat();
    let case = world.case(2).await;
    let off = ask(&world, &chat, JAN, TEAM, "/complaint 1").await.unwrap().text;
    assert_eq!(off, "This brand keeps no register of formal complaints.");
    assert!(!ask(&world, &chat, JAN, TEAM, "/help").await.unwrap().text.contains("/complaint"));
    set(&world, &[], true);
    assert!(ask(&world, &chat, JAN, TEAM, "/help").await.unwrap().text.contains("/complaint"));
    let mark = ask(&world, &chat, JAN, TEAM, "/complaint 1").await.unwrap();
    assert!(complaints(&world).await.is_empty());
    assert_eq!(press(&world, &chat, JAN, &mark, "Yes, do it").await, "#1 is marked as a formal complaint.");
    let stands = ask(&world, &chat, EVA, TEAM, "/complaint 1").await.unwrap().text;
    assert!(stands.contains("Still owed: word that we have the complaint"), "{stands}");
    let stored = world.stored(&case.id).await;
    let put_away = Act::Dismiss { reason: "spam".into() };
    let no = world
        .casework
        .act(&case.brand_id, &case.id, stored.version, &World::jan(), put_away.clone())
        .await
        .unwrap_err();
    assert!(matches!(&no, CaseworkError::Refused(why) if why.contains("decide it first")), "{no}");
    let ack = ask(&world, &chat, EVA, TEAM, "/complaint 1 ack").await.unwrap();
    press(&world, &chat, EVA, &ack, "Yes, do it").await;
    let how = ask(&world, &chat, JAN, TEAM, "/complaint 1 upheld").await.unwrap().text;
    assert!(how.starts_with("Say /complaint 12"), "a reason is wanted: {how}");
    let decide = ask(&world, &chat, JAN, TEAM, "/complaint 1 partly Mia was told wrong").await.unwrap();
    assert!(!decide.text.contains("Mia") && decide.text.contains("partly"), "{}", decide.text);
    let done = press(&world, &chat, JAN, &decide, "Yes, do it").await;
    assert_eq!(done, "#1: the formal complaint is decided, partly.");
    let row = complaints(&world).await.remove(0);
    assert_eq!((row.outcome.as_deref(), row.acknowledged_at.is_some()), (Some("partly"), true));
    let why: Vec<(String,)> =
        world.rows("SELECT body FROM content WHERE kind = 'complaint'".to_owned()).await;
    assert_eq!(why, [("Mia was told wrong".to_owned(),)]);
    world.act(&case, &World::jan(), put_away).await;
});

on_each_engine!(a_case_is_resolved_by_one_press_with_what_is_proposed, |world| {
    let chat = world.chat();
    let case = world.case(2).await;
    let asked = ask(&world, &chat, JAN, TEAM, "/resolve 1 called mia@example.org").await.unwrap();
    assert!(asked.text.starts_with("<b>Resolve #1 · "), "{}", asked.text);
    assert!(!asked.text.contains("mia@"), "why stands in no group: {}", asked.text);
    assert_eq!(Fake::buttons(&asked), ["Yes, do it", "Cancel"]);
    assert_ne!(world.stored(&case.id).await.state, "resolved", "nothing by typing alone");
    assert_eq!(
        press(&world, &chat, EVA, &asked, "Yes, do it").await,
        "Only who asked for it can press here."
    );
    assert_eq!(press(&world, &chat, JAN, &asked, "Yes, do it").await, "#1 is resolved.");
    assert_eq!(press(&world, &chat, JAN, &asked, "Yes, do it").await, "You did this already.");
    let stored = world.stored(&case.id).await;
    assert_eq!(stored.state, "resolved");
    let taken: Vec<(String,)> = world.rows("SELECT taken FROM ending".to_owned()).await;
    assert!(taken.iter().all(|t| t.0 == "accepted"), "what a press confirmed was seen: {taken:?}");
    let over = ask(&world, &chat, JAN, TEAM, "/resolve 1").await.unwrap().text;
    assert_eq!(over, "#1 is over: resolved.");
    ask(&world, &chat, JAN, JAN, "/language nl").await.unwrap();
    world.case(3).await;
    let dutch = ask(&world, &chat, JAN, JAN, "/resolve 2").await.unwrap();
    assert!(dutch.text.contains("oplossen?"), "{}", dutch.text);
    assert_eq!(press(&world, &chat, JAN, &dutch, "Ja, doe het").await, "#2 is opgelost.");
});
