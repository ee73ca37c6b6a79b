//! Why something was refused to who steers: texts, filters, the library, policies, tokens, personal data.

use super::Sentence;

/// What is said of it.
pub const CONSOLE: &[Sentence] = &[
    ("the case has changed since you saw it", "de zaak is veranderd sinds je haar zag"),
    (
        "an answer to this message stands already or is on its way",
        "op dit bericht staat al een antwoord, of het is onderweg",
    ),
    ("a public answer must not hold personal data", "in een openbaar antwoord horen geen persoonsgegevens"),
    (
        "the words promise something, or contradict a promise that stands: say what holds",
        "de tekst belooft iets, of spreekt een belofte tegen die staat: zeg wat geldt",
    ),
    ("its author has removed the post", "de schrijver heeft het bericht verwijderd"),
    (
        "no account of {} can answer on {}; connect one in the settings, or answer there",
        "geen account van {} kan op {} antwoorden; koppel er een in de instellingen, of antwoord daar",
    ),
    (
        "empty; say in a few words why this is not for us",
        "leeg; zeg in een paar woorden waarom dit niet voor ons is",
    ),
    (
        "triage only sorts in a brand's first days; nothing can be hidden before {}",
        "in de eerste dagen van een merk sorteert triage alleen; er kan niets worden verborgen voor {}",
    ),
    (
        "nobody has corrected or checked anything of this brand yet; see first how triage does, then hide",
        "niemand heeft bij dit merk nog iets verbeterd of gecontroleerd; kijk eerst hoe triage het doet, en verberg dan",
    ),
    (
        "this brand keeps no register of complaints; [brand.front_office] complaints = true",
        "dit merk houdt geen klachtenregister bij; [brand.front_office] complaints = true",
    ),
    (
        "what this case asked has been answered; resolve or dismiss it instead",
        "wat deze zaak vroeg, is beantwoord; los haar op of wijs haar af",
    ),
    ("allowed are 1 to {} letters, digits, '-' and '_'", "mag: 1 tot {} letters, cijfers, '-' en '_'"),
    ("the filter has {} bytes; at most {}", "het filter heeft {} bytes; mag: hoogstens {}"),
    ("there are {} saved filters; take one away first", "er zijn {} bewaarde filters; haal er eerst een weg"),
    (
        "there is nothing to look at any more, or somebody else must do it",
        "er is niets meer om naar te kijken, of iemand anders moet het doen",
    ),
    (
        "a brace that is no variable; allowed are {name}, {customer} and {brand}",
        "een accolade die geen variabele is; mag: {name}, {customer} en {brand}",
    ),
    (
        "the scope names the source '{}', which there is not; there are: {}",
        "wat eronder valt, noemt de bron '{}', en die is er niet; er zijn: {}",
    ),
    (
        "wanted is an instant ahead, within a year; left empty, it counts from now",
        "geef een tijdstip dat nog komt, binnen een jaar; leeg geldt het vanaf nu",
    ),
    (
        "version {} was taken meanwhile; you have seen {}: look at it first",
        "intussen is versie {} genomen; jij zag {}: kijk er eerst naar",
    ),
    (
        "the brand has no holding words in this language",
        "het merk heeft in deze taal geen tekst om te wachten",
    ),
    (
        "say who owes it: webcare, front_office, or a team by name",
        "zeg wie het moet doen: webcare, front_office, of een team met naam",
    ),
    ("at most {} in one answer", "hoogstens {} in één antwoord"),
    ("a person scores answers, not a program", "een mens beoordeelt antwoorden, geen programma"),
    (
        "this answer is your own; a colleague scores it",
        "dit antwoord is van jezelf; een collega beoordeelt het",
    ),
    ("wanted is one line", "geef één regel"),
    ("at most {} characters", "hoogstens {} tekens"),
    ("the account has no private channel", "het account heeft geen privékanaal"),
    (
        "somebody changed this text meanwhile: look at it first",
        "iemand wijzigde deze tekst intussen: kijk er eerst naar",
    ),
    ("wanted is a code such as EUR", "geef een code zoals EUR"),
    ("wanted is an amount above 0", "geef een bedrag boven 0"),
    ("wanted is one such as 12.50", "geef er een zoals 12.50"),
    (
        "with a limit to what is given, amounts are in {}",
        "met een grens aan wat er wordt gegeven, zijn bedragen in {}",
    ),
    (
        "your role may give up to {} {} on one case, of which {} is given",
        "je rol mag per zaak tot {} {} geven, waarvan {} gegeven is",
    ),
    ("{} characters; wanted are 1 to {}", "{} tekens; mag: 1 tot {}"),
    ("allowed are at most {} characters", "mag: hoogstens {} tekens"),
    ("wanted are 1 to {} characters", "geef 1 tot {} tekens"),
    ("trying this text came to no end", "het proberen van deze tekst kwam niet tot een einde"),
    ("'{}' is not a day such as 2026-11-30", "'{}' is geen dag zoals 2026-11-30"),
    ("not known", "onbekend"),
    ("say why, in 1 to {} characters", "zeg in 1 tot {} tekens waarom"),
    ("wanted is an instant ahead, within three years", "geef een tijdstip dat nog komt, binnen drie jaar"),
    ("there is no token '{}' that could be taken back", "er is geen token '{}' dat kan worden ingetrokken"),
    ("there is no '{}' in whose name it could act", "er is geen '{}' in wiens naam het kan werken"),
    (
        "scope '{}': somebody in the role '{}' may not do that",
        "recht '{}': iemand in de rol '{}' mag dat niet",
    ),
    ("name '{}': allowed are 1 to {} characters", "naam '{}': mag: 1 tot {} tekens"),
    ("scope: none given; allowed are {}", "rechten: geen gegeven; mag: {}"),
    ("days {}: allowed are 1 to {}", "dagen {}: mag: 1 tot {}"),
    ("nothing of it remains any more", "daarvan is niets meer over"),
    ("nothing was erased: {}", "er is niets gewist: {}"),
    ("this person was erased already", "deze persoon is al gewist"),
    (
        "'{}': nobody of that name; wanted is BRAND#NUMBER of a case, a handle, a mail address, a telephone or customer number, or an account's id",
        "'{}': niemand heet zo; geef MERK#NUMMER van een zaak, een accountnaam, een mailadres, een telefoon- of klantnummer, of het id van een account",
    ),
    ("'{}' is an account of ours", "'{}' is een account van ons"),
    ("#{}: there is one of {}; say which, as BRAND#{}", "#{}: er is er een van {}; zeg welke, als MERK#{}"),
    (
        "'{}': {} accounts bear it; say which, by its id: {}",
        "'{}': {} accounts heten zo; zeg welke, met het id: {}",
    ),
    ("'{}': wanted is one case, as BRAND#NUMBER", "'{}': geef één zaak, als MERK#NUMMER"),
    (
        "'{}': {} know a customer of that number; say the mail address or the telephone",
        "'{}': {} kennen een klant met dat nummer; geef het mailadres of het telefoonnummer",
    ),
    ("'{}': no objection has this label", "'{}': geen bezwaar heeft dit label"),
    (
        "another process is at it already; see again in a minute",
        "een ander proces is er al mee bezig; kijk over een minuut opnieuw",
    ),
    ("not done yet, and tried again by the daemon: {}", "nog niet gedaan; de daemon probeert het weer: {}"),
    ("{} is held until {}", "{} wordt bewaard tot {}"),
    (
        "a form of this console is application/x-www-form-urlencoded",
        "een formulier van deze console is application/x-www-form-urlencoded",
    ),
    ("a protocol that is {} cannot take '{}'", "een protocol in de stand '{}' kan dit niet ('{}')"),
    ("'{}' is no criterion; there are {}", "'{}' is geen criterium; er zijn {}"),
    ("'{}' is {}; allowed are 1 to {}", "'{}' is {}; mag: 1 tot {}"),
    ("'{}' has no score; allowed are 1 to {}", "'{}' heeft geen punten; mag: 1 tot {}"),
    // Why a promise covers a message, or does not.
    (
        "the promise covers it, and calendar '{}' is open when it is posted",
        "de belofte geldt ervoor, en kalender '{}' is open als het wordt geplaatst",
    ),
    (
        "the promise covers it; calendar '{}' is closed when it is posted, so the clock runs from its next opening",
        "de belofte geldt ervoor; kalender '{}' is dicht als het wordt geplaatst, dus de klok loopt vanaf de volgende opening",
    ),
    ("no target names {} for channel '{}'", "geen doel noemt {} voor kanaal '{}'"),
    ("language '{}' is not among {}", "taal '{}' hoort niet bij {}"),
    ("channel '{}' is not among {}", "kanaal '{}' hoort niet bij {}"),
    ("level {} is not among {}", "niveau {} hoort niet bij {}"),
    ("kind '{}' is not among {}", "soort '{}' hoort niet bij {}"),
    ("source '{}' is not among {}", "bron '{}' hoort niet bij {}"),
    ("it names none of @{}", "het noemt geen van @{}"),
    ("it is private, and public ones are covered", "het is privé, en de belofte geldt voor wat openbaar is"),
    ("it is public, and private ones are covered", "het is openbaar, en de belofte geldt voor wat privé is"),
];
