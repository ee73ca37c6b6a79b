//! An erasure that starts from one thing that a customer gave reaches everything that is known to be theirs.

use crate::harness::{House, START, on_each, post};
use crate::mail::{mail, take};
use crate::privacy::{deliver, everything, holds, privacy, retention};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use webcared::casework::{Act, CustomerAct};
use webcared::domain::customer::Customer;
use webcared::domain::time::Span;
use webcared::privacy::{By, Preview, PrivacyError};
use webcared::store::attachment;

const HELP: &str = "@acme my father's parcel never arrived, please help us";
/// What must not be found after an erasure, and each stands somewhere before.
const GONE: [&str; 6] =
    ["Quaadgras", "pieter@home.example", "98765432", "KL-8841", "pietersmail", "pieterschat"];

async fn says(house: &House, number: i64, customer: Customer) {
    let act = Act::Customer(CustomerAct::Say(customer));
    house.act(&house.case(number).await, 1, act).await.unwrap();
}

fn chat(id: &str, telephone: &str, name: &str, text: &str) -> Value {
    let mut said = mail(id, telephone, 5, text);
    said["platform"] = "whatsapp".into();
    said["authority"] = "409".into();
    said["kind"] = "message".into();
    said["author"] = json!({ "id": telephone, "handle": name, "name": name });
    said.as_object_mut().unwrap().remove("letter");
    said
}

/// A father of whom four others write, two of them by his customer number; who mails to two mailboxes and chats himself.
async fn lived(house: &House) {
    let matter = |id: &str, who: &str| post(id, who, id, 0, HELP);
    house.take(&[matter("m1", "mia"), matter("m2", "bob"), matter("m3", "cid"), matter("m4", "dan")]).await;
    let father = |number: &str, email: &str, phone: &str| Customer {
        name: "Pieter Quaadgras".into(),
        number: number.into(),
        email: email.into(),
        phone: phone.into(),
    };
    says(house, 1, father("KL-8841", "Pieter@home.example", "")).await;
    says(house, 2, father("kl 8841", "", "+31 6 98765432")).await;
    says(house, 3, father("0000", "", "06-98765432")).await;
    says(house, 4, Customer { name: "Somebody Else".into(), number: "0000".into(), ..Customer::default() })
        .await;
    let mut other = mail("l2", "pieter@home.example", 6, "pietersmail once more, my kettle is broken");
    other["authority"] = "help@acme.example".into();
    take(house, &[mail("l1", "pieter@home.example", 5, "pietersmail: my kettle is broken")]).await;
    take(house, &[other]).await;
    take(house, &[chat("c1", "31698765432", "pieter", "pieterschat: my kettle is broken")]).await;
}

fn sorted(mut found: Preview) -> (Vec<String>, Vec<String>, Vec<String>) {
    found.accounts.sort();
    found.cases.sort();
    found.about.sort();
    (found.accounts, found.cases, found.about)
}

#[test]
fn an_erasure_asked_for_by_mail_reaches_all_that_is_the_same_customers() {
    on_each(|house| async move {
        lived(&house).await;
        let before = everything(&house).await;
        for word in GONE {
            assert!(holds(&before, word), "{word} must be there before");
        }
        let privacy = privacy(&house);
        let all = (
            vec![
                "pieter (whatsapp)".to_owned(),
                "pieter@home.example (email)".to_owned(),
                "pieter@home.example (email)".to_owned(),
            ],
            vec!["Acme #5".to_owned(), "Acme #6".to_owned(), "Acme #7".to_owned()],
            vec!["Acme #1".to_owned(), "Acme #2".to_owned(), "Acme #3".to_owned()],
        );
        for who in ["Pieter@Home.example", "KL8841", "+31 6 98765432", "06-98765432", "Acme#5"] {
            assert_eq!(sorted(privacy.preview(who).await.unwrap()), all, "{who}");
        }
        // A telephone may be a family's: from an account it leads to cases and no further.
        let (accounts, cases, about) = sorted(privacy.preview("pieter").await.unwrap());
        assert_eq!((accounts.len(), cases.len(), about), (1, 1, vec!["Acme #2".into(), "Acme #3".into()]));
        let lines = privacy.export("pieter@home.example").await.unwrap().join("\n");
        assert!(GONE.iter().all(|word| lines.contains(word)), "an export has what an erasure takes: {lines}");

        let done = privacy.erase("pieter@home.example", false, &By::Command).await.unwrap();
        assert_eq!(sorted(done.went), all);
        let after = everything(&house).await;
        for word in GONE {
            assert!(!holds(&after, word), "{word} is still there");
        }
        assert!(holds(&after, "Somebody Else"), "a number that stands for many leads to nobody");
        let kept = "SELECT COUNT(*) FROM content WHERE kind = 'mention' AND body LIKE '%my father%'";
        assert_eq!(house.count(kept).await, 4, "who wrote stays");
        for (number, open) in [(1, 1), (2, 1), (3, 1), (4, 1), (5, 0), (6, 0), (7, 0)] {
            assert_eq!(house.case(number).await.open, open, "case {number}");
        }
        let told = house.events().await.iter().filter(|e| e.kind == "customer_erased").count();
        assert_eq!(told, 3);
        let audit = "SELECT COUNT(*) FROM audit WHERE act = 'person.erase' AND outcome = 'done'";
        assert_eq!(house.count(audit).await, 1);
        for who in ["pieter@home.example", "KL8841", "+31698765432", "pieter"] {
            let gone = privacy.preview(who).await;
            assert!(matches!(gone, Err(PrivacyError::Refused(_))), "{who}: {gone:?}");
        }
    });
}

#[test]
fn who_wrote_stays_also_where_their_telephone_was_given_as_the_customers() {
    on_each(|house| async move {
        take(&house, &[chat("c1", "31611111111", "mia", "my father's kettle is broken")]).await;
        let father = Customer {
            name: "Pieter Quaadgras".into(),
            email: "pieter@home.example".into(),
            phone: "+31 6 11111111".into(),
            ..Customer::default()
        };
        says(&house, 1, father).await;
        let privacy = privacy(&house);
        let found = sorted(privacy.preview("pieter@home.example").await.unwrap());
        assert_eq!(found, (Vec::new(), Vec::new(), vec!["Acme #1".to_owned()]));
        privacy.erase("pieter@home.example", false, &By::Command).await.unwrap();
        assert_eq!(house.case(1).await.open, 1);
        let (after, kept) = (everything(&house).await, "father's kettle");
        assert!(holds(&after, kept) && !holds(&after, "Quaadgras"));
    });
}

#[test]
fn the_end_of_a_telephone_that_two_people_share_names_neither() {
    on_each(|house| async move {
        take(
            &house,
            &[
                chat("c1", "31698765432", "pieter", "my kettle is broken"),
                chat("c2", "33698765432", "pierre", "ma bouilloire est en panne"),
            ],
        )
        .await;
        let privacy = privacy(&house);
        assert!(privacy.preview("06-98765432").await.is_err());
        let found = privacy.preview("+33 6 98 76 54 32").await.unwrap();
        assert_eq!(found.accounts, ["pierre (whatsapp)"]);
    });
}

#[test]
fn an_objection_holds_for_every_name_that_a_platform_gives_the_account() {
    on_each(|house| async move {
        let named = |id: &str, author: &str, also: Option<&str>, text: &str| {
            let mut said = chat(id, author, "pieter", text);
            said["author_also"] = json!(also);
            said["conversation_id"] = author.into();
            said
        };
        let number = Some("31698765432");
        take(&house, &[named("c1", "31698765432", None, "my kettle is broken")]).await;
        take(&house, &[named("c2", "NL.1", number, "my kettle is still broken")]).await;
        assert_eq!(house.cases().await.len(), 1, "one account by two names");
        let privacy = privacy(&house);
        let done = privacy.erase("pieter", true, &By::Command).await.unwrap();
        for (n, (author, also)) in [("NL.1", number), ("NL.1", None), ("31698765432", None), ("NL.9", number)]
            .into_iter()
            .enumerate()
        {
            take(&house, &[named(&format!("d{n}"), author, also, "unwatchedwords")]).await;
        }
        let mut moved = named("d5", "NL.2", None, "unwatchedwords");
        moved["author_was"] = "NL.1".into();
        take(&house, &[moved]).await;
        let kept = "SELECT COUNT(*) FROM content WHERE body LIKE '%unwatchedwords%'";
        assert_eq!((house.count(kept).await, house.cases().await.len()), (0, 1));
        assert!(privacy.take_back(&done.objection.unwrap(), &By::Command).await.unwrap());
        take(&house, &[named("d6", "NL.1", number, "watchedwords")]).await;
        assert_eq!(house.cases().await.len(), 2);
    });
}

#[test]
fn deliveries_that_tell_an_account_by_another_of_its_names_are_forgotten_with_it() {
    on_each(|house| async move {
        let mut said = chat("c1", "NL.1", "pieter", "my kettle is broken");
        said["author_also"] = "31698765432".into();
        take(&house, &[said]).await;
        let mut other = post("m9", "bob", "t9", 0, "@acme where is my parcel?");
        other["mentions"] = json!(["31698765432"]);
        deliver(&house, "inb_other", &other).await;
        let kept = "SELECT COUNT(*) FROM inbox WHERE id = 'inb_other' AND body IS NOT NULL";
        assert_eq!(house.count(kept).await, 1);
        privacy(&house).erase("pieter", false, &By::Command).await.unwrap();
        assert_eq!(house.count(kept).await, 0);
    });
}

#[test]
fn a_file_without_a_place_is_the_same_again_and_its_id_tells_nothing_of_what_it_is_called() {
    on_each(|house| async move {
        let with = |text: &str, minute: i64| {
            let mut post = post("f1", "mia", "t1", 0, text);
            post["attachments"] =
                json!([{ "type": "image", "name": "my broken leg", "alt": "my broken leg" }]);
            post["edited_at"] = START.plus(Span::minutes(minute)).rfc3339().into();
            post
        };
        let ids = async || {
            let all: Vec<(String,)> = house.all("SELECT id FROM attachment ORDER BY id").await;
            all.into_iter().map(|(id,)| id).collect::<Vec<_>>()
        };
        let mut first = with(HELP, 0);
        first.as_object_mut().unwrap().remove("edited_at");
        house.take(&[first]).await;
        let before = ids().await;
        house.take(&[with("@acme look at this, my parcel never arrived", 5)]).await;
        assert_eq!((ids().await, before.len()), (before.clone(), 1), "the same file is the same row");
        assert_eq!(house.count("SELECT CAST(MAX(revision) AS BIGINT) FROM mention").await, 2);
        let guessed: String =
            Sha256::digest("my broken leg").iter().take(8).map(|b| format!("{b:02x}")).collect();
        assert!(!before[0].contains(&guessed), "{}", before[0]);
        privacy(&house).erase("mia", false, &By::Command).await.unwrap();
        let after = everything(&house).await;
        for word in ["my broken leg", guessed.as_str(), before[0].as_str()] {
            assert!(!holds(&after, word), "{word} is still there");
        }
    });
}

#[test]
fn what_its_author_deletes_of_a_held_case_is_sealed_until_the_hold_ends() {
    on_each(|house| async move {
        crate::privacy::lived(&house).await;
        let (privacy, by) = (privacy(&house), By::Command);
        let case = house.case(1).await;
        let until = house.clock_now().plus(Span::days(30));
        privacy.hold(&house.brand_id, &case.id, "a threat", until, &by).await.unwrap();
        house.take(&[json!({ "platform": "mastodon", "external_id": "postext1", "deleted": true })]).await;
        let shown = "SELECT COUNT(*) FROM content WHERE kind <> 'held' AND body LIKE '%secretparcel%'";
        let sealed = "SELECT COUNT(*) FROM content WHERE kind = 'held' AND body LIKE '%secretparcel%'";
        let files = "SELECT COUNT(*) FROM attachment WHERE state = 'kept'";
        let deleted =
            "SELECT COUNT(*) FROM mention WHERE external_id = 'postext1' AND deleted_at IS NOT NULL";
        assert_eq!(house.count(deleted).await, 1);
        assert_eq!((house.count(shown).await, house.count(sealed).await), (0, 1), "nobody is shown it");
        let lost = house.db.read("test", |tx| Box::pin(attachment::lost(tx))).await.unwrap();
        assert!(lost.is_empty() && house.count(files).await == 1, "nor are its files tidied away: {lost:?}");
        let listed = house.db.read("test", move |tx| {
            let (brand, id) = (case.brand_id.clone(), case.id.clone());
            Box::pin(async move { attachment::of_case(tx, &brand, &id, 9).await })
        });
        assert!(listed.await.unwrap().is_empty(), "and the page of the case has none of them");
        let lines = privacy.lines_of("sannehandle").await.unwrap().join("\n");
        assert!(lines.contains("secretparcel"), "the export of the person has it");
        // While the hold stands the daily round takes nothing; what another case loses goes as ever.
        house.clock.advance(Span::days(1));
        retention(&house).run_once().await.unwrap();
        assert_eq!((house.count(sealed).await, house.count(files).await), (1, 1));
        assert!(privacy.release(&house.brand_id, &house.case(1).await.id, &by).await.unwrap());
        assert_eq!((house.count(sealed).await, house.count(files).await), (0, 0));
        assert_eq!(house.count("SELECT COUNT(*) FROM attachment_chunk").await, 0);
    });
}

#[test]
fn what_was_sealed_goes_by_itself_when_the_hold_is_over() {
    on_each(|house| async move {
        crate::privacy::lived(&house).await;
        let (privacy, case) = (privacy(&house), house.case(1).await);
        let until = house.clock_now().plus(Span::hours(2));
        privacy.hold(&house.brand_id, &case.id, "a threat", until, &By::Command).await.unwrap();
        house.take(&[json!({ "platform": "mastodon", "external_id": "postext1", "deleted": true })]).await;
        let sealed = "SELECT COUNT(*) FROM content WHERE kind = 'held'";
        assert_eq!(house.count(sealed).await, 1);
        house.clock.advance(Span::hours(3));
        retention(&house).run_once().await.unwrap();
        assert_eq!(house.count(sealed).await, 0);
    });
}

#[test]
fn accounts_of_which_nothing_is_kept_lose_names_and_ids_in_time() {
    on_each(|house| async move {
        let mut beside = post("a1", "passerby", "t1", 0, "nothing about anybody");
        beside["context"] = true.into();
        house.take(&[post("m1", "mia", "t1", 1, HELP)]).await;
        house.take(&[beside]).await;
        let known = async |name: &str| {
            let all: Vec<(String,)> =
                house.all("SELECT external_id FROM author UNION ALL SELECT body FROM content").await;
            all.iter().filter(|(text,)| text.contains(name)).count()
        };
        assert_eq!((known("passerby").await, known("mia").await), (2, 2), "an id and a name each");
        let lines = privacy(&house).lines_of("passerby").await.unwrap().join("\n");
        assert!(lines.contains("post_in_thread") && lines.contains("nothing about anybody"), "{lines}");
        let solved = Act::Resolve { reason: "done".into(), ending: None };
        house.act(&house.case(1).await, 1, solved).await.unwrap();
        house.clock.advance(Span::days(179));
        retention(&house).run_once().await.unwrap();
        assert_eq!((known("passerby").await, known("mia").await), (2, 2), "not yet");
        house.clock.advance(Span::days(2));
        retention(&house).run_once().await.unwrap();
        assert_eq!(known("passerby").await, 0, "who was only seen beside it goes with what they said");
        assert_eq!(known("mia").await, 1, "her post is still known by its number, and so is who wrote it");
        house.clock.advance(Span::days(24 * 31));
        retention(&house).run_once().await.unwrap();
        assert_eq!(house.cases().await.len(), 0);
        assert_eq!(known("mia").await, 0, "with the counts her account goes");
        let mut again = post("m2", "mia", "t2", 0, HELP);
        again["created_at"] = house.clock_now().rfc3339().into();
        house.take(&[again]).await;
        assert_eq!(known("mia").await, 2, "and if she comes back she is new");
    });
}

#[test]
fn what_we_typed_in_a_talk_that_was_joined_to_a_case_goes_with_it() {
    on_each(|house| async move {
        house.take(&[post("m1", "mia", "t1", 0, HELP)]).await;
        for sql in [
            "INSERT INTO conversation (id, platform, authority, external_key, merged_into, merged_as, created_at)
             SELECT 'cnv_dm', platform, '', 'mia@home.example', conversation_id, author_id, opened_at FROM cases",
            "INSERT INTO own_post (id, brand_id, platform, authority, external_id, source, conversation_id, in_reply_to,
                posted_at, received_at, counts, sample)
             SELECT 'own_dm', brand_id, platform, '', 'x1', 'test', 'cnv_dm', 'miasaid', opened_at, opened_at, 1, 0
             FROM cases",
            "INSERT INTO content (id, subject, kind, body) VALUES ('own_dm/1', 'aut_us', 'own_post', 'typedthere')",
        ] {
            house.execute(sql).await;
        }
        let solved = Act::Resolve { reason: "done".into(), ending: None };
        house.act(&house.case(1).await, 1, solved).await.unwrap();
        let typed = "SELECT COUNT(*) FROM content WHERE body = 'typedthere'";
        let named = "SELECT COUNT(*) FROM conversation v, own_post o
             WHERE v.external_key = 'mia@home.example' AND o.in_reply_to = 'miasaid'";
        house.clock.advance(Span::days(31));
        retention(&house).run_once().await.unwrap();
        assert_eq!((house.count(typed).await, house.count(named).await), (1, 1));
        house.clock.advance(Span::days(150));
        retention(&house).run_once().await.unwrap();
        assert_eq!((house.count(typed).await, house.count(named).await), (0, 1), "words go first");
        house.clock.advance(Span::days(24 * 31));
        retention(&house).run_once().await.unwrap();
        let own = "SELECT COUNT(*) FROM own_post WHERE in_reply_to IS NULL";
        let called = "SELECT COUNT(*) FROM conversation WHERE external_key LIKE 'mia@%'";
        assert_eq!((house.count(own).await, house.count(called).await), (1, 0), "that we answered stays");
    });
}

#[test]
fn why_something_was_not_sent_and_why_a_post_was_moderated_goes_with_the_words() {
    on_each(|house| async move {
        house.take(&[post("m1", "mia", "t1", 0, HELP)]).await;
        house
            .execute(
                "INSERT INTO action (id, brand_id, kind, credential, priority, once_key, case_id, payload, state,
                    not_before, attempts, repeat_marked, token, detail, created_at)
                 SELECT 'act_test', brand_id, 'moderate', 'test', 1, 'once_test', id,
                    '{\"measure\":\"hide\",\"reason\":\"reasonwords\"}', 'refused', 0, 1, 0, 1, 'detailwords', 0 FROM cases",
            )
            .await;
        let held =
            "INSERT INTO action (id, brand_id, kind, credential, priority, once_key, case_id, payload, state,
                not_before, attempts, repeat_marked, token, detail, created_at)
             SELECT 'act_held', brand_id, 'hook', 'test', 1, 'once_held', id, '{}', 'held', 0, 0, 0, 1,
                'restored from a backup: look', 0 FROM cases";
        house.execute(held).await;
        let solved = Act::Resolve { reason: "done".into(), ending: None };
        house.act(&house.case(1).await, 1, solved).await.unwrap();
        house.clock.advance(Span::days(181));
        retention(&house).run_once().await.unwrap();
        let left: Vec<(String, String)> =
            house.all("SELECT payload, detail FROM action WHERE id = 'act_test'").await;
        assert!(left[0].0.contains("hide") && !left[0].0.contains("reasonwords"), "{left:?}");
        assert_eq!(left[0].1, "");
        let held = "SELECT COUNT(*) FROM action WHERE id = 'act_held' AND detail LIKE 'restored from%'";
        assert_eq!(house.count(held).await, 1, "by this it is known what a restore held");
    });
}

#[test]
fn a_talk_in_which_only_we_said_something_is_not_called_after_who_was_erased() {
    on_each(|house| async move {
        house.take(&[post("m1", "mia", "t1", 0, HELP)]).await;
        house.take(&[post("m2", "bob", "t2", 0, HELP)]).await;
        house
            .execute(
                "INSERT INTO conversation (id, platform, authority, external_key, merged_into, merged_as, created_at)
                 SELECT 'cnv_' || number, platform, '', 'talkof' || number, conversation_id, author_id, opened_at
                 FROM cases",
            )
            .await;
        privacy(&house).erase("mia", false, &By::Command).await.unwrap();
        let left: Vec<(String,)> =
            house.all("SELECT external_key FROM conversation WHERE external_key LIKE 'talkof%'").await;
        assert_eq!(left, [("talkof2".to_owned(),)]);
    });
}
