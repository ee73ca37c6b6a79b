//! Why a ticket system did not take what we asked of it, as far as we say so ourselves.

use super::Sentence;

/// What the work with tickets writes down of a note or a status that was refused.
pub const TICKETS: &[Sentence] = &[
    (
        "the ticket system answers {}: {}",
        "het ticketsysteem antwoordt {}, in zijn eigen woorden: \u{201c}{}\u{201d}",
    ),
    ("the ticket system answers {}", "het ticketsysteem antwoordt {}"),
    ("the ticket was not made", "het ticket is niet gemaakt"),
    ("it is not known what became of the case", "het is niet bekend wat er van de zaak werd"),
    ("the ticket is gone, or out of our sight", "het ticket is weg, of wij zien het niet meer"),
    ("the case is no longer tied to the ticket", "de zaak is niet meer aan het ticket gekoppeld"),
    ("what it is about is no longer stored", "waar het over gaat wordt niet meer bewaard"),
    ("what it tells of is no longer stored", "wat het vertelt wordt niet meer bewaard"),
    ("it stands at '{}' and not at '{}'", "het staat op '{}' en niet op '{}'"),
    ("it does not show us the ticket", "het toont ons het ticket niet"),
    (
        "its interface changes nothing that was written",
        "via zijn koppeling is niets te wijzigen dat er al staat",
    ),
    ("the note is older than what its interface lists", "de notitie is ouder dan wat zijn koppeling opsomt"),
    ("no transition leads to '{}'; there are: {}", "geen overgang leidt naar '{}'; er zijn: {}"),
    ("no status '{}'; there are: {}", "er is geen status '{}'; er zijn: {}"),
    (
        "'{}': wanted is open, pending, resolved, closed or 'status N'",
        "'{}': mogelijk is open, pending, resolved, closed of 'status N'",
    ),
    ("{} shows us no such case", "{} toont ons die zaak niet"),
    ("{} has no such ticket", "{} heeft dat ticket niet"),
    ("{} left the article as it was", "{} liet het artikel zoals het was"),
];
