//! Texts of brands that leads write: they count at once, after a reload and on other replicas, before those of the settings;
//! each change is a version and stands in the audit; what the checks refuse is not kept.

use crate::harness::{House, acme, on_each, person};
use webcared::casework::{Actor, CaseworkError};
use webcared::catalogue::texts::TextRules;
use webcared::catalogue::{self, Catalogue};
use webcared::domain::brand::Brand;
use webcared::domain::judgement::Level;
use webcared::domain::template::{Template, TemplateKind, Wanted, choose};
use webcared::store::setting;

fn lead() -> Actor {
    Actor { person: person(1), lead: true }
}

fn holding(text: &str) -> Template {
    Template {
        kind: TemplateKind::Holding,
        language: Some("nl".to_owned()),
        text: text.to_owned(),
        ..Template::default()
    }
}

/// The brand of the tests with a text of the settings.
fn of_settings() -> Brand {
    let mut brand = acme();
    brand.templates = vec![holding("from the settings")];
    brand
}

async fn reload(house: &House) -> Catalogue {
    let (mint, now) = (house.mint.clone(), house.clock_now());
    let run = house.write(move |tx| {
        Box::pin(async move {
            let brands = [of_settings(), Brand::watched("Tempo")];
            catalogue::import(tx, &brands, &[], "test", &mint, now).await
        })
    });
    run.await.unwrap()
}

/// What is chosen for a customer who writes Dutch.
fn chosen(catalogue: &Catalogue, brand_id: &str) -> Option<String> {
    let wanted =
        Wanted { kind: TemplateKind::Holding, language: "nl", level: Level::P3, platform: "mastodon" };
    choose(&catalogue.brand(brand_id).unwrap().brand.templates, &wanted).map(ToOwned::to_owned)
}

#[test]
fn a_text_of_the_console_counts_before_the_settings_everywhere() {
    on_each(|house| async move {
        house.current.set(reload(&house).await);
        let id = house.brand_id.clone();
        assert_eq!(chosen(&house.current.get(), &id).as_deref(), Some("from the settings"));
        // What another replica knows.
        let replica = house.current.get();
        let text = house.casework.add_template(&id, &holding("from the console"), &lead()).await.unwrap();
        assert_eq!(chosen(&house.current.get(), &id).as_deref(), Some("from the console"));
        let (looked, now) = (replica.clone(), house.clock_now());
        let stale =
            house.write(move |tx| Box::pin(async move { catalogue::is_stale(tx, &looked, now).await }));
        assert!(stale.await.unwrap(), "a replica sees that there is something new");
        let taken =
            house.write(move |tx| Box::pin(async move { catalogue::refreshed(tx, &replica, now).await }));
        let taken = taken.await.unwrap();
        assert_eq!(chosen(&taken, &id).as_deref(), Some("from the console"));
        let looked = taken.clone();
        let stale =
            house.write(move |tx| Box::pin(async move { catalogue::is_stale(tx, &looked, now).await }));
        assert!(!stale.await.unwrap(), "and then nothing more");
        // A reload, twice: neither is the text lost nor does it stand there twice.
        for _ in 0..2 {
            house.current.set(reload(&house).await);
            let now = house.current.get();
            assert_eq!(chosen(&now, &id).as_deref(), Some("from the console"));
            let watched = now.brand(&id).unwrap();
            assert_eq!((watched.laid, watched.brand.templates.len()), (1, 2));
        }
        let version = house.casework.change_template(&id, (&text, 1), &holding("changed"), &lead()).await;
        assert_eq!(version.unwrap(), 2);
        assert_eq!(chosen(&house.current.get(), &id).as_deref(), Some("changed"));
        house.casework.retire_template(&id, (&text, 2), &lead()).await.unwrap();
        assert_eq!(chosen(&house.current.get(), &id).as_deref(), Some("from the settings"));
        let listed = house.casework.templates(&id);
        assert_eq!(listed.len(), 2);
        assert!(listed[0].place == "brand[0].template[0]" && !listed[0].retired);
        assert!(listed[1].retired && listed[1].template.text == "changed");
        // A retired one that is kept again counts again.
        house.casework.change_template(&id, (&text, 3), &holding("again"), &lead()).await.unwrap();
        assert_eq!(chosen(&house.current.get(), &id).as_deref(), Some("again"));
        let acts: Vec<(String, String)> =
            house.all("SELECT act, target FROM audit WHERE act LIKE 'template.%' ORDER BY number").await;
        let words: Vec<&str> = acts.iter().map(|(act, _)| act.as_str()).collect();
        assert_eq!(words, ["template.add", "template.change", "template.retire", "template.change"]);
        assert!(acts.iter().all(|(_, target)| *target == text));
        let kept = house
            .write(move |tx| Box::pin(async move { setting::versions_of(tx, "template", &text, 9).await }));
        assert_eq!(kept.await.unwrap().len(), 4);
    });
}

#[test]
fn what_the_checks_refuse_what_was_overtaken_and_what_an_agent_writes_is_not_kept() {
    on_each(|house| async move {
        let mut rules = (*house.current.get()).clone();
        rules.text_rules = TextRules::new(|brand, template| {
            let bad = template.text.contains(&brand.name);
            bad.then(|| ("text", "names the brand; allowed is {brand}".to_owned())).into_iter().collect()
        });
        house.current.set(rules);
        let id = house.brand_id.clone();
        let refused = house.casework.add_template(&id, &holding("Acme is here"), &lead()).await.unwrap_err();
        assert!(matches!(refused, CaseworkError::Invalid { field: "text", .. }), "{refused}");
        let agent = Actor { person: person(2), lead: false };
        let refused = house.casework.add_template(&id, &holding("fine"), &agent).await.unwrap_err();
        assert!(matches!(refused, CaseworkError::Refused(_)), "{refused}");
        assert_eq!(house.count("SELECT COUNT(*) FROM setting_version WHERE kind = 'template'").await, 0);
        let text = house.casework.add_template(&id, &holding("fine"), &lead()).await.unwrap();
        let change = |seen| {
            let (casework, id, text) = (house.casework.clone(), id.clone(), text.clone());
            async move { casework.change_template(&id, (&text, seen), &holding("better"), &lead()).await }
        };
        change(1).await.unwrap();
        let overtaken = change(1).await.unwrap_err();
        assert!(matches!(overtaken, CaseworkError::Refused(_)), "{overtaken}");
        // Of another brand it is not there.
        let tempo = house.current.get().named("Tempo").unwrap().id.clone();
        let other = house.casework.retire_template(&tempo, (&text, 2), &lead()).await.unwrap_err();
        assert!(matches!(other, CaseworkError::NotFound), "{other}");
        assert!(house.casework.templates(&tempo).is_empty());
        assert_eq!(house.count("SELECT COUNT(*) FROM setting_version WHERE kind = 'template'").await, 2);
        assert_eq!(house.count("SELECT COUNT(*) FROM audit WHERE outcome = 'refused'").await, 1);
    });
}
