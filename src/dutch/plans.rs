//! What could not be used of a plan of duty that was read: what stood there, and what is allowed.

use super::Sentence;

/// What is found, and what is allowed.
pub const PLANS: &[Sentence] = &[
    ("an empty file", "een leeg bestand"),
    ("a column '{}'", "een kolom '{}'"),
    ("it is passed over", "die wordt overgeslagen"),
    ("no column {}", "geen kolom {}"),
    (
        "wanted are person, from, until, or person and date; allowed beside them: {}",
        "nodig zijn person, from, until, of person en date; daarnaast mag: {}",
    ),
    ("more shifts, with all repeats", "meer diensten, met alle herhalingen"),
    ("more shifts", "meer diensten"),
    ("more days of repeats", "meer dagen van herhalingen"),
    ("more events", "meer afspraken"),
    ("{} more lines that cannot be used", "nog {} regels die niet bruikbaar zijn"),
    ("as those before", "zoals die ervoor"),
    ("allowed: {} bytes", "mag: {} bytes"),
    ("{} bytes", "{} bytes groot"),
    ("zone '{}'", "tijdzone '{}'"),
    ("date '{}'", "datum '{}'"),
    ("from '{}'", "van '{}'"),
    ("until '{}'", "tot '{}'"),
    ("person '{}'", "wie '{}'"),
    ("role '{}'", "rol '{}'"),
    ("buddy '{}'", "maatje '{}'"),
    ("sector '{}'", "sector: '{}'"),
    ("language '{}'", "taal '{}'"),
    ("a shift of {}", "een dienst van {}"),
    ("an event without DTSTART", "een afspraak zonder DTSTART"),
    ("a shift has one", "een dienst heeft er een"),
    ("an event without DTEND or DURATION", "een afspraak zonder DTEND of DURATION"),
    ("a shift has one of them", "een dienst heeft er een van"),
    ("RRULE without FREQ", "RRULE zonder FREQ"),
    (
        "understood are FREQ=DAILY or WEEKLY, INTERVAL, COUNT, UNTIL, BYDAY, WKST",
        "begrepen worden FREQ=DAILY of WEEKLY, INTERVAL, COUNT, UNTIL, BYDAY, WKST",
    ),
    ("BEGIN:{} has no END", "BEGIN:{} heeft geen END"),
    ("the file is cut off", "het bestand is afgebroken"),
    ("wanted is the end of what is open", "nodig is het einde van wat open is"),
    ("wanted is NAME:VALUE", "nodig is NAAM:WAARDE"),
    (
        "allowed: 09:00 with a date of its own, 2026-12-01 09:00, or 2026-12-01T09:00:00+01:00; none with a date is the whole day",
        "mag: 09:00 met een eigen datum, 2026-12-01 09:00, of 2026-12-01T09:00:00+01:00; geen bij een datum is de hele dag",
    ),
    ("allowed: an IANA name, such as Europe/Amsterdam", "mag: een IANA-naam, zoals Europe/Amsterdam"),
    ("allowed: a time zone of IANA or Windows", "mag: een tijdzone van IANA of Windows"),
    (
        "allowed: a day that there is, as 2026-12-01 or 1-12-2026",
        "mag: een dag die er is, zoals 2026-12-01 of 1-12-2026",
    ),
    (
        "allowed: a day, as 20261201, or one with a time, as 20261201T090000",
        "mag: een dag, zoals 20261201, of een met een tijd, zoals 20261201T090000",
    ),
    ("DTEND {} before DTSTART {}", "DTEND {} ligt voor DTSTART {}"),
    ("wanted is the day after the last one", "nodig is de dag na de laatste"),
    (
        "a day without a time and a time as DTSTART and DTEND",
        "een dag zonder tijd en een tijd als DTSTART en DTEND",
    ),
    ("allowed: two days, or two times", "mag: twee dagen, of twee tijden"),
    ("a DURATION in hours after a day without a time", "een DURATION in uren na een dag zonder tijd"),
    ("allowed: days, as P2D", "mag: dagen, zoals P2D"),
    ("an event of {} days", "een afspraak van {} dagen"),
    ("allowed: up to {} days", "mag: tot {} dagen"),
    ("allowed: a length as PT8H30M", "mag: een duur zoals PT8H30M"),
    ("allowed: somebody else", "mag: iemand anders"),
    ("allowed: more than nothing, up to {}", "mag: meer dan niets, tot {}"),
    (
        "allowed: a login, or a name that one person bears: {}",
        "mag: een inlognaam, of een naam die één persoon heeft: {}",
    ),
    ("none; no brand has any", "geen; geen merk heeft er"),
    ("allowed: {} in all", "mag: {} in totaal"),
    ("allowed: {}", "mag: {}"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dutch::said;

    /// Whoever reads plans and finds something else says it in Dutch here.
    #[test]
    fn what_reading_plans_finds_wrong_has_its_dutch() {
        const SOURCES: [&str; 5] = [
            include_str!("../domain/duty/csv.rs"),
            include_str!("../domain/duty/ical.rs"),
            include_str!("../domain/duty/reading.rs"),
            include_str!("../domain/duty/repeats.rs"),
            include_str!("../domain/duty/whole.rs"),
        ];
        const MARKS: [&str; 6] =
            ["bad(", "&str =", "let allowed =", "let found =", "format!(\"allowed", "(format!("];
        let mut seen = 0;
        for source in SOURCES {
            let source = source.split("#[cfg(test)]").next().unwrap_or_default();
            let lines = source.lines().filter(|l| !l.trim_start().starts_with("//"));
            for line in lines.filter(|l| MARKS.iter().any(|mark| l.contains(mark))) {
                for literal in line.split('"').skip(1).step_by(2).filter(|l| l.contains(' ')) {
                    let parts = literal.split(['{', '}']).enumerate();
                    let example: String =
                        parts.map(|(n, part)| if n % 2 == 0 { part } else { "7" }).collect();
                    // A field or a name of iCal before what stood there.
                    if example == ", "
                        || ["7 '7'", "7: '7'", "TZID '7'", "DURATION '7'", "RRULE: '7'"]
                            .contains(&example.as_str())
                    {
                        continue;
                    }
                    seen += 1;
                    assert!(said(&[PLANS], &example, &|_| None).is_some(), "'{literal}' has no Dutch");
                }
            }
        }
        assert!(seen >= 25, "{seen}");
    }
}
