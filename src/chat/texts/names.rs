//! Codes of the domain in words. English shows the code itself, as it always did; a code that has no Dutch word yet is
//! shown as it is.

use super::Lang;
use crate::dutch;

/// Group, code, Dutch.
pub(in crate::chat) const DUTCH: &[(&str, &str, &str)] = &[
    ("state", "new", "nieuw"),
    ("state", "working", "in behandeling"),
    ("state", "waiting_customer", "wacht op klant"),
    ("state", "waiting_front_office", "wacht op frontoffice"),
    ("state", "waiting_private", "wacht op privébericht"),
    ("state", "resolved", "opgelost"),
    ("state", "closed", "gesloten"),
    ("state", "dismissed", "afgewezen"),
    ("dismissed", "spam", "spam"),
    ("dismissed", "not about us", "gaat niet over ons"),
    ("dismissed", "no answer needed", "geen antwoord nodig"),
    ("intent", "question", "vraag"),
    ("intent", "request", "verzoek"),
    ("intent", "complaint", "klacht"),
    ("intent", "outage", "storing"),
    ("intent", "churn", "opzegging"),
    ("intent", "safety_legal", "veiligheid of recht"),
    ("intent", "compliment", "compliment"),
    ("intent", "praise", "lof"),
    ("intent", "irrelevant", "niet relevant"),
    ("intent", "spam", "spam"),
    ("mark", "about_somebody_else", "over iemand anders"),
    ("promised", "to_who_wrote", "aan wie schreef"),
    ("promised", "to_the_customer", "aan de klant"),
    ("promised", "to_somebody_else", "aan iemand anders"),
    ("owed", "webcare", "webcare"),
    ("owed", "front_office", "frontoffice"),
    ("act", "call", "bellen"),
    ("act", "mail", "mailen"),
    ("act", "answer", "antwoorden"),
    ("act", "refund", "terugbetalen"),
    ("act", "send", "sturen"),
    ("act", "visit", "langskomen"),
    ("act", "solve", "oplossen"),
    ("handover", "none", "niet begonnen"),
    ("handover", "proposed", "voorgesteld"),
    ("handover", "offered", "aangeboden"),
    ("handover", "opened", "geopend door de klant"),
    ("handover", "linked", "gekoppeld"),
    ("handover", "closed", "afgesloten"),
    ("handover", "lapsed", "klant kwam niet"),
    ("handover", "refused", "niet gewild of niet mogelijk"),
    ("handover", "by_hand", "met de hand"),
    ("data", "newcomer", "nieuweling"),
    ("data", "holding", "wachttekst"),
    ("data", "email", "e-mail"),
    ("data", "phone", "telefoon"),
    ("data", "iban", "IBAN"),
    ("data", "card", "betaalkaart"),
    ("data", "bsn", "BSN"),
    ("data", "address", "adres"),
    ("data", "birth_date", "geboortedatum"),
    ("data", "name", "naam van de klant"),
    ("data", "reference", "bestel- of klantnummer"),
    ("data", "other", "anders"),
    ("field", "level", "niveau"),
    ("field", "intent", "bedoeling"),
    ("field", "language", "taal"),
    ("field", "needs_answer", "antwoord nodig"),
    ("field", "needs_private", "privékanaal nodig"),
    ("visibility", "public", "openbaar"),
    ("visibility", "unlisted", "openbaar, niet in lijsten"),
    ("visibility", "private", "privé"),
    ("visibility", "direct", "privé"),
    ("deaf", "refused", "geweigerd"),
    ("deaf", "away", "onbereikbaar"),
    ("deaf", "silent", "stil"),
    ("deaf", "late", "laat"),
    ("finding", "open", "open"),
    ("finding", "accepted", "aangenomen"),
    ("finding", "fixed", "opgelost"),
    ("finding", "declined", "afgewezen"),
    ("duty_role", "lead", "lead"),
    ("duty_role", "guest", "gast"),
    ("duty_role", "newcomer", "nieuweling"),
    ("clock", "first_response", "eerste antwoord"),
    ("clock", "next_response", "volgend antwoord"),
    ("clock", "first_resolution", "eerste oplossing"),
    ("clock", "total_resolution", "oplossing"),
    ("clock", "promise", "belofte"),
    ("clock", "complaint_acknowledge", "bericht dat we de klacht hebben"),
    ("clock", "complaint_decision", "besluit op de klacht"),
    ("goodwill", "voucher", "tegoedbon"),
    ("goodwill", "refund", "terugbetaling"),
    ("goodwill", "gift", "cadeau"),
    ("goodwill", "gesture", "gebaar"),
    ("goodwill_state", "granted", "gegeven"),
    ("goodwill_state", "asked", "wacht op een tweede persoon"),
    ("goodwill_state", "refused", "geweigerd"),
    ("goodwill_state", "taken_back", "teruggenomen"),
    ("outcome", "upheld", "gegrond"),
    ("outcome", "partly", "deels gegrond"),
    ("outcome", "not_upheld", "ongegrond"),
    ("outcome", "withdrawn", "ingetrokken"),
    ("solved", "not_theirs", "niet aan de frontoffice om op te lossen"),
    ("solved", "front_office", "de frontoffice, met een ticket"),
    ("solved", "webcare_linked", "webcare, gekoppeld aan een ticket"),
    ("solved", "webcare_unregistered", "webcare, en geen ticket wist ervan"),
    ("back_door", "no_answer", "geen antwoord"),
    ("back_door", "waited_too_long", "te lang gewacht"),
    ("back_door", "promise_broken", "een belofte is gebroken"),
    ("back_door", "pillar_to_post", "van het kastje naar de muur gestuurd"),
    ("back_door", "wrong_data", "verkeerde gegevens"),
    ("back_door", "outcome_not_accepted", "niet eens met de uitkomst"),
    ("back_door", "channel_hard_to_find", "het kanaal is moeilijk te vinden"),
    ("back_door", "habit", "gewoonte"),
    ("back_door", "other", "iets anders"),
    ("difference", "mandate", "mag meer beslissen"),
    ("difference", "system_access", "toegang tot een systeem"),
    ("difference", "knowledge", "kennis"),
    ("difference", "wrong_data_corrected", "verkeerde gegevens verbeterd"),
    ("difference", "goodwill", "coulance"),
    ("difference", "time", "tijd"),
    ("difference", "supplier", "bereikte de leverancier"),
    ("difference", "other", "iets anders"),
    ("thanks", "promoter", "beveelt ons aan"),
    ("thanks", "promise_broken", "een belofte aan hen is gebroken"),
    ("thanks", "patience", "geduldig gewacht"),
    ("thanks", "compliment", "zei iets aardigs"),
    ("protocol", "self_harm", "zelfbeschadiging"),
    ("protocol", "threat", "bedreiging"),
    ("protocol", "legal", "juridisch"),
    ("protocol", "press", "pers"),
    ("protocol", "troll", "trol"),
    ("label", "press", "pers"),
    ("label", "influencer", "influencer"),
    ("label", "vip", "vip"),
    ("label", "vulnerable", "kwetsbaar"),
    ("label", "troll", "trol"),
    ("label", "employee", "medewerker"),
];

/// The English words of clocks, which are no codes.
const CLOCKS: &[(&str, &str)] = &[
    ("first_response", "first answer"),
    ("next_response", "next answer"),
    ("first_resolution", "first solution"),
    ("total_resolution", "solution"),
    ("complaint_acknowledge", "word that we have the complaint"),
    ("complaint_decision", "decision on the complaint"),
];

impl Lang {
    /// A code in words.
    pub(in crate::chat) fn name(self, group: &str, code: &str) -> String {
        let plain = || if group == "reason" { code.to_owned() } else { code.replace('_', " ") };
        match self {
            Self::En if group == "clock" => {
                CLOCKS.iter().find(|(c, _)| *c == code).map_or_else(plain, |(_, word)| (*word).to_owned())
            }
            Self::En => plain(),
            Self::Nl if group == "reason" => dutch::reason(code).map_or_else(plain, ToOwned::to_owned),
            Self::Nl => DUTCH
                .iter()
                .find(|(g, c, _)| *g == group && *c == code)
                .map_or_else(plain, |(_, _, word)| (*word).to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Lang;
    use crate::domain::case::CaseState;
    use crate::domain::complaint::Outcome;
    use crate::domain::correction::Field;
    use crate::domain::ending::{BackDoor, Difference, Solved};
    use crate::domain::goodwill::GoodwillKind;
    use crate::domain::handover::HandoverState;
    use crate::domain::judgement::{Intent, PersonalDataKind};
    use crate::domain::promise::Act;

    fn has(group: &str, code: &str) {
        let found = super::DUTCH.iter().any(|(g, c, _)| *g == group && *c == code);
        assert!(found, "{group} {code} has no Dutch word");
    }

    #[test]
    fn every_code_has_a_dutch_word() {
        let states = [
            CaseState::New,
            CaseState::Working,
            CaseState::WaitingCustomer,
            CaseState::WaitingFrontOffice,
            CaseState::WaitingPrivate,
            CaseState::Resolved,
            CaseState::Closed,
            CaseState::Dismissed,
        ];
        for s in states {
            has("state", s.code());
        }
        for i in Intent::ALL {
            has("intent", i.code());
        }
        for a in Act::ALL {
            has("act", a.code());
        }
        for k in GoodwillKind::ALL {
            has("goodwill", k.code());
        }
        for o in Outcome::ALL {
            has("outcome", o.code());
        }
        for s in Solved::ALL {
            has("solved", s.code());
        }
        for b in BackDoor::ALL {
            has("back_door", b.code());
        }
        for d in Difference::ALL {
            has("difference", d.code());
        }
        for r in crate::domain::thanks::Reason::ALL {
            has("thanks", r.code());
        }
        for s in HandoverState::ALL {
            has("handover", s.code());
        }
        for f in Field::ALL {
            has("field", f.code());
        }
        for kind in PersonalDataKind::ALL {
            has("data", kind.code());
        }
    }

    #[test]
    fn what_has_no_word_is_shown_as_it_is() {
        assert_eq!(Lang::En.name("state", "waiting_customer"), "waiting customer");
        assert_eq!(Lang::Nl.name("state", "waiting_customer"), "wacht op klant");
        assert_eq!(Lang::En.name("reason", "data_exposed"), "data_exposed");
        assert_eq!(Lang::Nl.name("reason", "brand_new_reason"), "brand_new_reason");
        assert_eq!(Lang::En.name("clock", "promise"), "promise");
    }
}
