//! The words in which promises are told to people: what a policy covers, how soon and in which hours. Pure.

use super::policy::Channel;
use super::scope::Visibility;

/// The words of one language.
#[derive(Debug)]
pub struct Wording {
    /// Its code.
    pub lang: &'static str,
    /// The days, Monday first.
    pub days: [&'static str; 7],
    /// Between the first day of several and the last.
    pub to: &'static str,
    /// Between the last two of several.
    pub and: &'static str,
    /// Open from midnight to midnight.
    pub all_day: &'static str,
    /// Closed on holidays.
    pub not_on_holidays: &'static str,
    /// Without a closed minute.
    pub always: &'static str,
    /// Before what is covered.
    pub covers: &'static str,
    /// Before a span.
    pub within: &'static str,
    /// Before a level.
    pub for_level: &'static str,
    /// Before languages.
    pub in_language: &'static str,
    /// What all can read, and what only the brand can.
    visible: [&'static str; 2],
    /// Messages of any kind.
    pub messages: &'static str,
    /// Kinds of messages, of which there are many.
    kinds: [(&'static str, &'static str); 5],
    /// Before the levels that are covered.
    pub of_level: &'static str,
    /// Before the handles that are covered.
    pub to_handles: &'static str,
    /// Before the sources that are covered.
    pub by_way_of: &'static str,
    /// Where messages are, in the order of [`Channel::ALL`].
    channels: [&'static str; 5],
    /// A day, an hour and a minute, one and several.
    units: [(&'static str, &'static str); 3],
    /// What the ready-made policies promise.
    pub ready_made: [&'static str; 2],
}

/// English.
pub static EN: Wording = Wording {
    lang: "en",
    days: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    to: "to",
    and: "and",
    all_day: "all day",
    not_on_holidays: "not on holidays",
    always: "day and night, every day",
    covers: "covers",
    within: "within",
    for_level: "for",
    in_language: "in",
    visible: ["public", "private"],
    messages: "messages",
    kinds: [
        ("post", "posts"),
        ("comment", "comments"),
        ("review", "reviews"),
        ("message", "messages"),
        ("mail", "mails"),
    ],
    of_level: "of level",
    to_handles: "to",
    by_way_of: "by way of",
    channels: [
        "on social platforms",
        "by e-mail",
        "on the forum",
        "on review sites",
        "by phone, in shops, by letter and by web form",
    ],
    units: [("day", "days"), ("hour", "hours"), ("minute", "minutes")],
    ready_made: [
        "Every message to the brand: on social platforms answered within 30 minutes, e-mail within 2 hours; solved \
         within a day, and for good within three.",
        "Every message to the brand in ten languages: answered within the hour, day and night; solved within a day, \
         and for good within three.",
    ],
};

/// Dutch.
pub static NL: Wording = Wording {
    lang: "nl",
    days: ["maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"],
    to: "tot en met",
    and: "en",
    all_day: "de hele dag",
    not_on_holidays: "niet op feestdagen",
    always: "dag en nacht, elke dag",
    covers: "geldt voor",
    within: "binnen",
    for_level: "voor",
    in_language: "in",
    visible: ["openbare", "besloten"],
    messages: "berichten",
    kinds: [
        ("post", "posts"),
        ("comment", "reacties"),
        ("review", "reviews"),
        ("message", "berichten"),
        ("mail", "e-mails"),
    ],
    of_level: "van niveau",
    to_handles: "aan",
    by_way_of: "via",
    channels: [
        "op sociale platforms",
        "per e-mail",
        "op het forum",
        "op reviewsites",
        "per telefoon, in winkels, per brief en via het webformulier",
    ],
    units: [("dag", "dagen"), ("uur", "uur"), ("minuut", "minuten")],
    ready_made: [
        "Elk bericht aan het merk: op sociale platforms binnen 30 minuten beantwoord, e-mail binnen 2 uur; opgelost \
         binnen een dag, en definitief binnen drie.",
        "Elk bericht aan het merk in tien talen: binnen het uur beantwoord, dag en nacht; opgelost binnen een dag, en \
         definitief binnen drie.",
    ],
};

impl Wording {
    /// The words of a language; English where there are none.
    pub fn of(code: &str) -> &'static Self {
        if code.eq_ignore_ascii_case(NL.lang) { &NL } else { &EN }
    }

    /// Where the messages of a channel are.
    pub fn channel(&self, channel: Channel) -> &'static str {
        let named = Channel::ALL.iter().zip(self.channels).find(|(c, _)| **c == channel);
        named.map_or("", |(_, words)| words)
    }

    /// Public or private, where one of the two is meant.
    pub const fn visibility(&self, of: Visibility) -> Option<&'static str> {
        let [public, private] = self.visible;
        match of {
            Visibility::Any => None,
            Visibility::Public => Some(public),
            Visibility::Private => Some(private),
        }
    }

    /// Many of a kind of message.
    pub fn kind(&self, kind: &str) -> String {
        let named = self.kinds.iter().find(|(code, _)| *code == kind);
        named.map_or_else(|| kind.to_owned(), |(_, words)| (*words).to_owned())
    }

    /// So many minutes: `30 minutes`, `2 hours`.
    pub fn span(&self, minutes: i64) -> String {
        let [day, hour, minute] = self.units;
        let (n, (one, many)) = match minutes {
            m if m % 1440 == 0 => (m / 1440, day),
            m if m % 60 == 0 => (m / 60, hour),
            m => (m, minute),
        };
        format!("{n} {}", if n == 1 { one } else { many })
    }

    /// Words that a policy is published by; those of the ready-made ones are known in each language.
    pub fn published(&self, text: &str) -> String {
        let known = EN.ready_made.iter().position(|known| *known == text);
        known.and_then(|at| self.ready_made.get(at)).map_or_else(|| text.to_owned(), |own| (*own).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::super::policy::{Policy, Target};
    use super::super::scope::{Scope, ScopeRules};
    use super::*;

    #[test]
    fn a_promise_is_told_in_dutch_too() {
        let rules = ScopeRules {
            visibility: Visibility::Public,
            kinds: vec!["post".into(), "comment".into()],
            channels: vec![Channel::Social],
            handles: vec!["acme".into()],
            ..ScopeRules::default()
        };
        let minutes = |n| Target { first_response_minutes: Some(n), ..Target::default() };
        let policy = Policy {
            scope: Scope { text: String::new(), rules },
            targets: vec![
                minutes(30),
                Target { visibility: Visibility::Private, ..minutes(15) },
                Target { channel: Some(Channel::Email), ..minutes(1440) },
            ],
            ..Policy::default()
        };
        assert_eq!(
            policy.published_in(&NL),
            "geldt voor openbare posts en reacties aan @acme op sociale platforms; binnen 30 minuten, dag en nacht, \
             elke dag; in besloten berichten binnen 15 minuten, dag en nacht, elke dag; per e-mail binnen 1 dag, dag en nacht, elke dag"
        );
        assert_eq!(policy.published_in(&EN), policy.in_words());
    }

    #[test]
    fn ready_made_policies_are_published_in_each_language_and_own_words_as_they_are() {
        for (at, policy) in Policy::ready_made().into_iter().enumerate() {
            assert_eq!(policy.published(), EN.ready_made[at]);
            assert_eq!(policy.published_in(&NL), NL.ready_made[at]);
        }
        let scope = Scope { text: "Alles, altijd.".to_owned(), ..Scope::default() };
        let own = Policy { scope, ..Policy::default() };
        assert_eq!((own.published_in(&EN), own.published_in(&NL)), (own.published(), own.published()));
    }

    #[test]
    fn spans_are_told_in_their_largest_whole_unit() {
        let told = [1, 30, 60, 120, 1440, 2880, 90].map(|m| (EN.span(m), NL.span(m)));
        let wanted = [
            ("1 minute", "1 minuut"),
            ("30 minutes", "30 minuten"),
            ("1 hour", "1 uur"),
            ("2 hours", "2 uur"),
            ("1 day", "1 dag"),
            ("2 days", "2 dagen"),
            ("90 minutes", "90 minuten"),
        ];
        for (found, wanted) in told.iter().zip(wanted) {
            assert_eq!((found.0.as_str(), found.1.as_str()), wanted);
        }
    }
}
