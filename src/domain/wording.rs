//! The words in which promises are told to people: what a policy covers, how soon and in which hours. Pure.

use super::policy::Channel;
use super::scope::Visibility;

/// Words as one struct with both languages.
macro_rules! wording {
    ($($key:ident: $en:literal, $nl:literal;)*) => {
        /// The words of one language.
        #[derive(Debug)]
        pub struct Wording {
            /// The BCP 47 tag of the language.
            pub lang: &'static str,
            $(#[doc = $en] pub $key: &'static str),*
        }

        /// English.
        pub static EN: Wording = Wording { lang: "en", $($key: $en),* };
        /// Dutch.
        pub static NL: Wording = Wording { lang: "nl", $($key: $nl),* };

        impl Wording {
            /// Every key with its English and its Dutch words.
            pub const ALL: &'static [(&'static str, &'static str, &'static str)] =
                &[$((stringify!($key), $en, $nl)),*];

            /// In a language that came as a file; English where it has no words.
            pub fn filled(
                lang: &'static str,
                words: &dyn Fn(&'static str) -> Option<&'static str>,
            ) -> Self {
                Self { lang, $($key: words(stringify!($key)).unwrap_or($en)),* }
            }
        }
    };
}

wording! {
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
    contact: "by phone, in shops, by letter and by web form", "per telefoon, in winkels, per brief en via het webformulier";
    public: "public", "openbare";
    private: "private", "besloten";
    posts: "posts", "posts";
    comments: "comments", "reacties";
    reviews: "reviews", "reviews";
    messages: "messages", "berichten";
    mails: "mails", "e-mails";
    for_level: "for", "voor";
    of_level: "of level", "van niveau";
    in_language: "in", "in";
    to_handles: "to", "aan";
    by_way: "by way of", "via";
    within_the_day: "Every message to the brand: on social platforms answered within 30 minutes, e-mail within 2 hours; solved within a day, and for good within three.",
        "Elk bericht aan het merk: op sociale platforms binnen 30 minuten beantwoord, e-mail binnen 2 uur; opgelost binnen een dag, en definitief binnen drie.";
    round_the_clock: "Every message to the brand in ten languages: answered within the hour, day and night; solved within a day, and for good within three.",
        "Elk bericht aan het merk in tien talen: binnen het uur beantwoord, dag en nacht; opgelost binnen een dag, en definitief binnen drie.";
}

impl Wording {
    /// The words of a language; English where there are none.
    pub fn of(code: &str) -> &'static Self {
        if code.eq_ignore_ascii_case(NL.lang) { &NL } else { &EN }
    }

    /// A day by its place in the week, Monday first.
    pub fn day_of_week(&self, day: usize) -> &'static str {
        let days = [
            self.monday,
            self.tuesday,
            self.wednesday,
            self.thursday,
            self.friday,
            self.saturday,
            self.sunday,
        ];
        days.get(day).copied().unwrap_or_default()
    }

    /// Where the messages of a channel are.
    pub const fn channel(&self, channel: Channel) -> &'static str {
        match channel {
            Channel::Social => self.social,
            Channel::Email => self.email,
            Channel::Forum => self.forum,
            Channel::Review => self.review,
            Channel::Contact => self.contact,
        }
    }

    /// Public or private, where one of the two is meant.
    pub const fn visibility(&self, of: Visibility) -> Option<&'static str> {
        match of {
            Visibility::Any => None,
            Visibility::Public => Some(self.public),
            Visibility::Private => Some(self.private),
        }
    }

    /// Many of a kind of message.
    pub fn kind(&self, kind: &str) -> String {
        let known = match kind {
            "post" => self.posts,
            "comment" => self.comments,
            "review" => self.reviews,
            "message" => self.messages,
            "mail" => self.mails,
            other => return format!("{other}s"),
        };
        known.to_owned()
    }

    /// So many minutes: `30 minutes`, `2 hours`.
    pub fn span(&self, minutes: i64) -> String {
        let (n, one, many) = match minutes {
            m if m % 1440 == 0 => (m / 1440, self.day, self.days),
            m if m % 60 == 0 => (m / 60, self.hour, self.hours),
            m => (m, self.minute, self.minutes),
        };
        format!("{n} {}", if n == 1 { one } else { many })
    }

    /// What the ready-made policies promise, in their order.
    pub const fn ready_made(&self) -> [&'static str; 2] {
        [self.within_the_day, self.round_the_clock]
    }

    /// Words that a policy is published by; those of the ready-made ones are known in each language.
    pub fn published(&self, text: &str) -> String {
        let known = EN.ready_made().iter().position(|known| *known == text);
        known.and_then(|at| self.ready_made().get(at).copied()).unwrap_or(text).to_owned()
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
            assert_eq!(policy.published(), EN.ready_made()[at]);
            assert_eq!(policy.published_in(&NL), NL.ready_made()[at]);
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
