//! The reasons of triage in Dutch, for pages, reports and the bot. English shows the code itself.

/// Code and Dutch, by code.
pub const REASONS: &[(&str, &str)] = &[
    ("asks_for_help", "vraagt hulp"),
    ("billing", "factuur"),
    ("broken_promise", "gebroken belofte"),
    ("business_stopped", "bedrijf ligt stil"),
    ("cancelled", "geannuleerd"),
    ("chatter", "gebabbel"),
    ("child_or_elderly", "kind of oudere"),
    ("churn", "opzegging"),
    ("complaint", "klacht"),
    ("danger", "gevaar"),
    ("data_exposed", "gegevens gelekt"),
    ("deadline_today", "moet vandaag"),
    ("deadline_within_2_hours", "moet binnen twee uur"),
    ("deadline_within_a_day", "moet binnen een dag"),
    ("delay", "vertraging"),
    ("emergency_call", "noodoproep"),
    ("figure_of_speech", "beeldspraak"),
    ("fraud", "fraude"),
    ("hypothetical", "denkbeeldig"),
    ("legal_step", "juridische stap"),
    ("locked_out", "buitengesloten"),
    ("lost_or_missing", "kwijt of zoek"),
    ("medicine", "medicijnen"),
    ("misled", "misleid"),
    ("missing_person", "vermist persoon"),
    ("news", "nieuws"),
    ("no_food_or_water", "geen eten of water"),
    ("not_working", "werkt niet"),
    ("other_sense", "andere betekenis"),
    ("outage_for_many", "storing voor velen"),
    ("past_event", "al voorbij"),
    ("posts_this_week", "berichten deze week"),
    ("praise", "lof"),
    ("press", "pers"),
    ("question", "vraag"),
    ("reach", "bereik"),
    ("refund", "terugbetaling"),
    ("repeat_contact", "herhaald contact"),
    ("request", "verzoek"),
    ("rudeness", "grofheid"),
    ("same_day_deadline", "moet vandaag"),
    ("solved", "opgelost"),
    ("spam", "spam"),
    ("stranded", "gestrand"),
    ("text_model", "tekstmodel"),
    ("thanks", "dank"),
    ("thread_level", "niveau van het gesprek"),
    ("threat", "dreiging"),
    ("unanswered_beyond_target", "te lang onbeantwoord"),
    ("velocity", "snelheid"),
    ("waited_long", "lang gewacht"),
];

/// A reason of triage in Dutch; nothing for what has no word yet, such as the name of a sector.
pub fn reason(code: &str) -> Option<&'static str> {
    REASONS.iter().find(|(known, _)| *known == code).map(|(_, dutch)| *dutch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_one_word() {
        for (at, (code, dutch)) in REASONS.iter().enumerate() {
            assert!(REASONS[..at].iter().all(|(other, _)| other != code), "twice: {code}");
            assert!(!dutch.contains('_'), "{code}: {dutch}");
        }
        assert_eq!(reason("locked_out"), Some("buitengesloten"));
        assert_eq!(reason("repair"), None, "a sector of the settings");
    }
}
