//! The words of reports and figures, English and Dutch side by side, so that none can be forgotten. Mails and files have these
//! two; pages of the console also those of a language that came as a file.

use crate::domain::time::Span;

/// Words as one struct with both languages.
macro_rules! words {
    ($($key:ident: $en:literal, $nl:literal;)*) => {
        /// The words in one language.
        #[derive(Debug)]
        pub struct Words {
            /// The BCP 47 tag of the language.
            pub lang: &'static str,
            /// Words of codes, where the language came as a file.
            pub codes: &'static [(&'static str, &'static str)],
            $(#[doc = $en] pub $key: &'static str),*
        }

        /// English.
        pub static EN: Words = Words { lang: "en", codes: &[], $($key: $en),* };
        /// Dutch.
        pub static NL: Words = Words { lang: "nl", codes: &[], $($key: $nl),* };

        impl Words {
            /// Every key with its English and its Dutch words.
            pub const ALL: &'static [(&'static str, &'static str, &'static str)] =
                &[$((stringify!($key), $en, $nl)),*];

            /// In a language that came as a file; English where it has no words.
            pub fn filled(
                lang: &'static str,
                codes: &'static [(&'static str, &'static str)],
                words: &dyn Fn(&'static str) -> Option<&'static str>,
            ) -> Self {
                Self { lang, codes, $($key: words(stringify!($key)).unwrap_or($en)),* }
            }
        }
    };
}

words! {
    decimal_mark: ".", ",";
    daily: "Daily report", "Dagrapport";
    weekly: "Weekly report", "Weekrapport";
    monthly: "Monthly report", "Maandrapport";
    monday: "Monday page", "Maandagpagina";
    all_brands: "all brands", "alle merken";
    until: "to", "t/m";
    in_console: "This report in the console", "Dit rapport in de console";
    this: "this period", "deze periode";
    before: "the period before", "de periode ervoor";
    last_year: "last year", "vorig jaar";
    noted: "Noted of these days", "Genoteerd bij deze dagen";
    begun: "cases", "zaken";
    needing: "need an answer", "vragen een antwoord";
    on_time: "on time", "op tijd";
    late: "late", "te laat";
    of: "of", "van";
    median: "median", "mediaan";
    times: "median / 90 % / 95 %", "mediaan / 90 % / 95 %";
    due_day: "Answers due, day by day", "Verwachte antwoorden, per dag";
    due_channel: "Answers due, by channel", "Verwachte antwoorden, per kanaal";
    by_brand: "By brand", "Per merk";
    by_channel: "By channel", "Per kanaal";
    by_language: "By language", "Per taal";
    by_level: "By level", "Per niveau";
    by_sector: "By sector", "Per sector";
    promise_col: "promise", "belofte";
    none: "none", "geen";
    beside: "What else happened", "Wat er verder gebeurde";
    open_now: "Open now", "Nu open";
    late_now: "late now", "nu te laat";
    soon_late: "soon late", "bijna te laat";
    offered: "Private channels offered", "Privékanalen aangeboden";
    came: "customers who came", "klanten die kwamen";
    linked: "Cases tied to tickets", "Zaken gekoppeld aan tickets";
    given_back: "Given back", "Teruggegeven";
    changed_hands: "taken over by a colleague", "overgenomen door een collega";
    members: "Left to members first", "Eerst aan leden gelaten";
    by_members: "solved by members", "door leden opgelost";
    delay: "Channel delay, from post to receipt", "Vertraging van het kanaal, van bericht tot ontvangst";
    capture: "Seen in their turn", "Op tijd gezien";
    found_late: "found late", "later gevonden";
    first_time: "Solved the first time", "In één keer opgelost";
    known: "known", "bekend";
    shadow: "Shadow index", "Schaduwindex";
    shadow_of: "solved unregistered", "zonder registratie opgelost";
    promised: "Promises of", "Toezeggingen van";
    spent: "Spent on platforms", "Uitgegeven aan platforms";
    in_all: "total", "totaal";
    not_kept_yet: "not kept", "niet nagekomen";
    by_day: "day", "dag";
    posts: "Posts", "Berichten";
    bulk: "Answers to many", "Antwoorden aan velen";
    holding: "Holding words", "Woorden om te wachten";
    substantive: "Substantive answers in time", "Inhoudelijke antwoorden op tijd";
    delay_median: "Delay of the channel, median", "Vertraging van het kanaal, mediaan";
    delay_most: "Delay of the channel, 95 %", "Vertraging van het kanaal, 95 %";
    found_later: "Posts found late", "Later gevonden berichten";
    came_again: "Came again", "Kwamen terug";
    office_cases: "Cases of the front office that ended", "Afgeronde zaken van de frontoffice";
    said_scores: "Said whether they recommend", "Zeiden of ze aanbevelen";
    gap_hours: "Hours without anybody on duty while an answer was owed",
        "Uren zonder iemand in dienst terwijl er een antwoord werd verwacht";
    gaps: "Nobody on duty while an answer was owed", "Niemand in dienst terwijl er een antwoord werd verwacht";
    no_gaps: "Somebody was on duty whenever an answer was owed.", "Er was altijd iemand in dienst als er een antwoord werd verwacht.";
    any_language: "any language", "elke taal";
    hours: "h", "u";
    more: "more", "meer";
    and: "and", "en";
    broken: "Broken promises", "Gebroken beloften";
    corrected: "Corrected since it was sent", "Gecorrigeerd sinds het verzonden is";
    as_sent: "as sent", "zoals verzonden";
    now: "now", "nu";
    rule: "Answered late counts where it was due; not yet due counts neither way.",
        "Te laat beantwoord telt waar het verwacht werd; wat nog niet verwacht werd telt niet mee.";
    first_response: "first answer", "eerste antwoord";
    next_response: "later answer", "later antwoord";
    first_resolution: "first resolution", "eerste oplossing";
    total_resolution: "total resolution", "volledige oplossing";
    promise: "promise to a customer", "toezegging aan een klant";
    channel_delay: "channel delay", "vertraging van het kanaal";
    waiting_unseen: "nobody had claimed it", "niemand had het opgepakt";
    replies: "first and later answers", "eerste en latere antwoorden";
    complaint_acknowledge: "word that we have the complaint", "bericht dat we de klacht hebben";
    complaint_decision: "decision on the complaint", "beslissing over de klacht";
    missed_at_first: "missed by triage", "gemist door triage";
    communications: "communications", "communicatie";
    protocol: "Protocol", "Protocol";
    self_harm: "self harm", "zelfbeschadiging";
    threat: "threat", "bedreiging";
    legal: "legal", "juridisch";
    press: "press", "pers";
    troll: "troll", "trol";
    came_up: "came up", "voorgesteld";
    were_begun: "begun", "begonnen";
    declined: "declined", "afgewezen";
    told_after: "told after", "gemeld na";
    taken_after: "taken after", "opgepakt na";
    waiting_claimed: "claimed, not answered", "opgepakt, niet beantwoord";
    waiting_front_office: "waiting for the front office", "wachten op de frontoffice";
    writing: "writing", "schrijven";
    webcare: "webcare", "webcare";
    front_office: "the front office", "de frontoffice";
    repeat: "This mail was sent again, for nobody could tell whether the first one came.",
        "Deze mail is opnieuw verzonden, want het was niet te zeggen of de eerste is aangekomen.";
    p1: "P1 and their course", "P1 en hun verloop";
    p1_answered: "answered after", "beantwoord na";
    p1_unanswered: "not answered", "niet beantwoord";
    p1_now: "now", "nu";
    late_why: "Late, and why", "Te laat, en waarom";
    largest: "largest cause", "grootste oorzaak";
    weekend: "Still open from the weekend", "Nog open van het weekend";
    since: "since", "sinds";
    not_kept: "Promises not kept", "Toezeggingen niet nagekomen";
    rising: "Rising topics", "Stijgende onderwerpen";
    from: "from", "van";
    to: "to", "naar";
    deaf: "Deaf sources", "Dove bronnen";
    is_deaf: "deaf since", "doof sinds";
    all_hear: "Every source hears.", "Elke bron hoort.";
    decision: "One decision asked", "Eén beslissing gevraagd";
    nothing: "None.", "Geen.";
    ask_source: "Who restores the source, and by when?", "Wie herstelt de bron, en wanneer?";
    ask_gap: "Who is on duty there, or is the promise changed?",
        "Wie is daar in dienst, of wordt de belofte aangepast?";
    ask_p1: "Who takes it today, and what may be promised?", "Wie neemt het vandaag, en wat mag er worden toegezegd?";
    ask_cause: "What is changed this week so that it does not happen again?",
        "Wat wordt deze week veranderd zodat het niet weer gebeurt?";
    ask_kept: "Who calls these customers today?", "Wie belt deze klanten vandaag?";
    ask_topic: "Who finds out why, and who answers for it?", "Wie zoekt uit waarom, en wie is er verantwoordelijk voor?";
    ask_none: "Nothing asks for one: what is dropped, or tried, this week?",
        "Niets vraagt erom: wat laten we deze week vallen, of wat proberen we?";
    at_this_rate: "At this rate", "In dit tempo worden";
    go_late_by: "cases go late by", "zaken te laat vóór";
    more_people_for: "more people for", "mensen erbij voor";
    minutes_prevent: "minutes prevent it", "minuten voorkomt het";
    forecast: "Forecast", "Verwachting";
    handling: "One answer takes", "Eén antwoord kost";
    handling_said: "from the settings", "uit de instellingen";
    handling_measured: "measured", "gemeten";
    handling_assumed: "assumed, for too few answers tell", "aangenomen, want er zijn te weinig antwoorden";
    too_few_weeks: "How wrong this is cannot be told yet: too few whole weeks were seen",
        "Hoe fout dit is valt nog niet te zeggen: er zijn te weinig hele weken gezien";
    on_weeks_held: "Errors on the last", "Fouten op de laatste";
    of_weeks: "weeks, each told from those before", "weken, elk voorspeld uit die ervoor";
    as_week_before: "as in the week before", "zoals de week ervoor";
    holidays_seen: "Holidays in the weeks that were seen, and how much comes on one:",
        "Feestdagen in de weken die gezien zijn, en hoeveel er op één komt:";
    without_holidays: "had it not known of holidays", "zonder van feestdagen te weten";
    hour: "hour", "uur";
    weekdays: "Mon Tue Wed Thu Fri Sat Sun", "ma di wo do vr za zo";
    expected: "expected", "verwacht";
    people_80: "people for 80 %", "mensen voor 80 %";
    people_95: "people for 95 %", "mensen voor 95 %";
    planned: "planned", "gepland";
    public_within: "within about", "binnen ongeveer";
    public_unknown: "cannot be told now", "is nu niet te zeggen";
    public_answers: "answers", "antwoordt";
    legend: "Blue: on time. Red and hatched: late. *: noted of this day.",
        "Blauw: op tijd. Rood en gearceerd: te laat. *: bij deze dag is iets genoteerd.";
    recommend: "Would they recommend", "Zouden ze ons aanbevelen";
    score: "score (95 %)", "score (95 %)";
    asked: "asked", "gevraagd";
    promoters: "would recommend", "bevelen aan";
    passives: "passive", "neutraal";
    detractors: "would not", "bevelen niet aan";
    not_measured: "not measured", "niet gemeten";
    worded: "Answered the open question", "Beantwoordden de open vraag";
    worded_asked: "with something that needed an answer:", "met iets dat antwoord vroeg:";
    by_week: "By week", "Per week";
    by_solved: "By who solved it", "Naar wie het oploste";
    back_door: "Back door", "Achterdeur";
    by_cause: "By why they came", "Naar waarom ze kwamen";
    by_matter: "By what they wanted", "Naar wat ze wilden";
    by_team: "By team or supplier", "Per team of leverancier";
    done_by_webcare: "done by webcare", "gedaan door webcare";
    webcare_linked: "webcare, ticket", "webcare, ticket";
    webcare_unregistered: "webcare, unregistered", "webcare, zonder registratie";
    report: "Report", "Rapport";
    channel: "channel", "kanaal";
    language: "language", "taal";
    outside: "outside the promise", "buiten de belofte";
    due: "due", "verwacht";
    answered: "answered", "beantwoord";
    in_hours: "median in hours of the promise", "mediaan in uren van de belofte";
    next_on_time: "later answers on time", "latere antwoorden op tijd";
    unanswered_end: "Ended without an answer before it was due", "Afgelopen zonder antwoord voordat het verwacht werd";
    missed: "Missed by triage", "Gemist door triage";
    checked_needed: "checked needed an answer", "gecontroleerde vroegen antwoord";
    not_counted: "Not counted above", "Hierboven niet meegeteld";
    sample_posts: "sample posts", "voorbeeldberichten";
    historic_posts: "from before their source counted", "van voordat hun bron telde";
    in_time_after_all: "Looked broken, was kept", "Leek gebroken, was nagekomen";
    goodwill: "Goodwill", "Coulance";
    times_given: "times", "keer";
    complaints_made: "Formal complaints made", "Formele klachten ingediend";
    tried_policy: "Policy", "Beleid";
    tried_triage: "Triage", "Triage";
    tried_waits: "waits begun", "wachttijden begonnen";
    tried_to: "to", "tot";
    own_words: "words of its own", "eigen woorden";
    counts_as: "counts as", "telt als";
    went_kept: "kept", "nagekomen";
    went_broken: "broken", "gebroken";
    went_neither: "neither", "geen van beide";
    went_not_promised: "not promised", "niet beloofd";
    late_owed_by: "late, owed by", "te laat, aan de beurt was";
    owed_person: "person", "wie de zaak had";
    owed_duty: "duty", "wie dienst had";
    owed_nobody: "nobody", "niemand";
    owed_team: "team", "het team";
    due_never: "never", "nooit";
    only_first: "Only the first waits were looked at", "Alleen de eerste wachttijden zijn bekeken";
    state_new: "not claimed", "niet opgepakt";
    state_working: "in work", "in behandeling";
    state_waiting_customer: "waiting for the customer", "wacht op de klant";
    state_waiting_front_office: "waiting for the front office", "wacht op de frontoffice";
    state_waiting_private: "waiting in private", "wacht in privé";
    state_resolved: "resolved", "opgelost";
    state_closed: "closed", "gesloten";
    state_dismissed: "dismissed", "afgewezen";
}

/// The name of a group, by what groups are told apart: a code in words, and what is somebody's name as it stands; `none`
/// for what has none.
pub fn called(by: &str, name: &str, none: &str) -> String {
    match by {
        _ if name.is_empty() => none.to_owned(),
        "solved" | "cause" | "matter" => name.replace('_', " "),
        _ => name.to_owned(),
    }
}

impl Words {
    /// The words of a language by its code; English for what is not known.
    pub fn of(code: &str) -> &'static Self {
        if code.eq_ignore_ascii_case("nl") { &NL } else { &EN }
    }

    /// Whether there are words in a language.
    pub fn has(code: &str) -> bool {
        [EN.lang, NL.lang].contains(&code)
    }

    /// A kind of promise, a cause or a part of a delay, or who owes something, in words.
    pub fn name(&self, code: &str) -> String {
        match code {
            "first_response" => self.first_response,
            "next_response" => self.next_response,
            "first_resolution" => self.first_resolution,
            "total_resolution" => self.total_resolution,
            "promise" => self.promise,
            "answers" => self.replies,
            "complaint_acknowledge" => self.complaint_acknowledge,
            "complaint_decision" => self.complaint_decision,
            "missed_by_triage" => self.missed_at_first,
            "communications" => self.communications,
            "channel_delay" => self.channel_delay,
            "waiting_unseen" => self.waiting_unseen,
            "waiting_claimed" => self.waiting_claimed,
            "waiting_front_office" => self.waiting_front_office,
            "writing" => self.writing,
            "webcare" => self.webcare,
            "front_office" => self.front_office,
            other => return other.replace('_', " "),
        }
        .to_owned()
    }

    /// A kind of protocol in words.
    pub fn protocol_kind(&self, code: &str) -> String {
        match code {
            "self_harm" => self.self_harm,
            "threat" => self.threat,
            "legal" => self.legal,
            "press" => self.press,
            "troll" => self.troll,
            other => return other.replace('_', " "),
        }
        .to_owned()
    }

    /// A figure of [`super::beside`] in words; its code for what is none.
    pub fn figure<'a>(&self, code: &'a str) -> &'a str {
        match code {
            "posts" => self.posts,
            "private_offered" => self.offered,
            "private_opened" => self.came,
            "tickets_linked" => self.linked,
            "given_back" => self.given_back,
            "changed_hands" => self.changed_hands,
            "left_to_members" => self.members,
            "solved_by_members" => self.by_members,
            "bulk_answers" => self.bulk,
            "holding_answers" => self.holding,
            "substantive_on_time_permille" => self.substantive,
            "channel_delay_median_ms" => self.delay_median,
            "channel_delay_p95_ms" => self.delay_most,
            "seen_in_turn_permille" => self.capture,
            "found_late" => self.found_later,
            "first_time_permille" => self.first_time,
            "came_again" => self.came_again,
            "front_office_cases" => self.office_cases,
            "shadow_index_permille" => self.shadow,
            "recommend_permille" => self.recommend,
            "recommend_answers" => self.said_scores,
            "coverage_gap_hours" => self.gap_hours,
            other => other,
        }
    }

    /// By what groups are told apart, by its code: a dimension, weeks, or how cases ended; its code for what is none.
    pub fn by<'a>(&self, code: &'a str) -> &'a str {
        match code {
            "week" => self.by_week,
            "brand" => self.by_brand,
            "channel" => self.by_channel,
            "language" => self.by_language,
            "level" => self.by_level,
            "sector" => self.by_sector,
            "solved" => self.by_solved,
            "cause" => self.by_cause,
            "matter" => self.by_matter,
            "team" => self.by_team,
            other => other,
        }
    }

    /// A figure as it is kept, such as `total/first_response/late`, in words.
    pub fn kept_figure(&self, figure: &str) -> String {
        if self.lang == EN.lang {
            return figure.replace(['/', '_'], " ");
        }
        let part = |part: &str| match part {
            "total" => self.in_all.to_owned(),
            "cases" => self.begun.to_owned(),
            "needing_answer" => self.needing.to_owned(),
            "kept" => self.on_time.to_owned(),
            "late" => self.late.to_owned(),
            "broken" => self.not_kept_yet.to_owned(),
            "median_ms" => self.median.to_owned(),
            "p90_ms" => "90 %".to_owned(),
            "p95_ms" => "95 %".to_owned(),
            "brand" | "channel" | "language" | "level" | "sector" => self.by(part).to_lowercase(),
            "day" => self.by_day.to_owned(),
            "capture" => self.capture.to_lowercase(),
            "shadow" => self.shadow.to_lowercase(),
            "unregistered" => self.shadow_of.to_owned(),
            "promises" => self.promised.to_lowercase(),
            "mentions" => self.posts.to_lowercase(),
            "protocols" => self.protocol.to_lowercase(),
            "came_up" => self.came_up.to_owned(),
            "self_harm" | "threat" | "legal" | "press" | "troll" => self.protocol_kind(part),
            code => match self.figure(code) {
                same if same == code => self.name(code),
                words => words.to_lowercase(),
            },
        };
        figure.split('/').map(part).collect::<Vec<_>>().join(" ")
    }

    /// A state of a case in words.
    pub fn state(&self, code: &str) -> String {
        match code {
            "new" => self.state_new,
            "working" => self.state_working,
            "waiting_customer" => self.state_waiting_customer,
            "waiting_front_office" => self.state_waiting_front_office,
            "waiting_private" => self.state_waiting_private,
            "resolved" => self.state_resolved,
            "closed" => self.state_closed,
            "dismissed" => self.state_dismissed,
            other => return other.replace('_', " "),
        }
        .to_owned()
    }

    /// A share, as it is written in the language.
    pub fn percent(&self, share: Option<f64>) -> String {
        let Some(share) = share else { return "–".to_owned() };
        let text = format!("{share:.1} %");
        text.replace('.', self.decimal_mark)
    }

    /// A number with so many places, as it is written in the language.
    pub fn decimal(&self, n: f64, places: usize) -> String {
        let text = format!("{n:.places$}");
        text.replace('.', self.decimal_mark)
    }

    /// A length of time.
    pub fn span(ms: Option<i64>) -> String {
        ms.map_or("–".to_owned(), |ms| Span(ms).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_written_as_in_the_language() {
        assert_eq!(EN.percent(Some(97.5)), "97.5 %");
        assert_eq!(NL.percent(Some(97.5)), "97,5 %");
        assert_eq!(EN.percent(None), "–");
        assert_eq!((EN.decimal(1.25, 2), NL.decimal(1.25, 2)), ("1.25".to_owned(), "1,25".to_owned()));
        assert!(Words::has("nl") && Words::has("en") && !Words::has("fr"));
        assert_eq!(called("cause", "no_answer", ""), "no answer");
        assert_eq!(called("brand", "acme_nl", ""), "acme_nl", "a name is nobody's code");
        assert_eq!(called("sector", "", "no sector"), "no sector");
        assert_eq!(Words::of("nl").name("first_response"), "eerste antwoord");
        assert_eq!(EN.kept_figure("total/first_response/late"), "total first response late");
        assert_eq!(NL.kept_figure("total/first_response/late"), "totaal eerste antwoord te laat");
        assert_eq!(NL.kept_figure("channel/mastodon/cases"), "per kanaal mastodon zaken");
        assert_eq!(NL.kept_figure("tickets_linked"), "zaken gekoppeld aan tickets");
    }
}
