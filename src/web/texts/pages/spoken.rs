//! The words of which the sentence of a promise is made.

use super::super::texts;

texts! { SpokenTexts;
    covers: "covers", "geldt voor";
    within: "within", "binnen";
    minute: "minute", "minuut";
    minutes: "minutes", "minuten";
    hour: "hour", "uur";
    hours: "hours", "uur";
    day: "day", "dag";
    days: "days", "dagen";
    always: "day and night, every day", "dag en nacht, elke dag";
    all_day: "all day", "de hele dag";
    not_on_holidays: "not on holidays", "niet op feestdagen";
    monday: "Monday", "maandag";
    tuesday: "Tuesday", "dinsdag";
    wednesday: "Wednesday", "woensdag";
    thursday: "Thursday", "donderdag";
    friday: "Friday", "vrijdag";
    saturday: "Saturday", "zaterdag";
    sunday: "Sunday", "zondag";
    and: "and", "en";
    to_day: "to", "tot en met";
    social: "on social platforms", "op sociale platforms";
    email: "by e-mail", "per e-mail";
    forum: "on the forum", "op het forum";
    review: "on review sites", "op reviewsites";
    contact: "by phone, in shops, by letter and by web form", "per telefoon, in winkels, per brief en per webformulier";
    public: "public", "openbare";
    private: "private", "besloten";
    posts: "posts", "posts";
    comments: "comments", "reacties";
    reviews: "reviews", "reviews";
    messages: "messages", "berichten";
    mails: "mails", "mails";
    for_level: "for", "voor";
    of_level: "of level", "van niveau";
    in_language: "in", "in het";
    to_handles: "to", "aan";
    by_way: "by way of", "via";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::{Calendar, CalendarSpec};
    use crate::domain::policy::Channel;
    use crate::domain::scope::{Scope, ScopeRules, Visibility};
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    #[test]
    fn every_word_of_the_sentence_stands_here_with_its_english() {
        let asked = RefCell::new(BTreeSet::new());
        let say = |key: &'static str, english: &'static str| {
            asked.borrow_mut().insert(key);
            assert_eq!(EN.named(key), Some(english), "{key}");
            NL.named(key).unwrap_or_default()
        };
        let kinds = ["post", "comment", "review", "message", "mail"].map(ToOwned::to_owned).to_vec();
        let rules = ScopeRules {
            kinds,
            handles: vec!["acme".into()],
            sources: vec!["toot".into()],
            channels: Channel::ALL.to_vec(),
            visibility: Visibility::Public,
            ..ScopeRules::default()
        };
        let scope = Scope { text: String::new(), rules };
        assert_eq!(
            scope.spoken(&[], &say).split(" per e-mail").next(),
            Some(
                "openbare posts en reacties en reviews en berichten en mails aan @acme op sociale platforms en"
            )
        );
        let hours = |text: &str| vec![text.to_owned()];
        let spec = CalendarSpec {
            name: "c".into(),
            zone: "Europe/Amsterdam".into(),
            mon: hours("09:00-17:00"),
            tue: hours("09:00-17:00"),
            wed: hours("09:00-17:00"),
            sat: hours("00:00-24:00"),
            ..CalendarSpec::default()
        };
        let calendar = Calendar::new(&spec).unwrap();
        assert_eq!(
            calendar.spoken(&say),
            "maandag tot en met woensdag 9:00-17:00, zaterdag de hele dag (Europe/Amsterdam)"
        );
        assert!(asked.borrow().contains("to_day") && asked.borrow().len() > 15, "{asked:?}");
    }
}
