//! Why an act on a case was refused.

use super::Sentence;

/// What casework and the platforms say.
pub const CASES: &[Sentence] = &[
    ("there is no such case", "die zaak is er niet"),
    (
        "say in a few words why, in at most {} characters",
        "zeg in een paar woorden waarom, in hoogstens {} tekens",
    ),
    ("allowed: more than 0, up to {}", "mag: meer dan 0, tot {}"),
    ("you asked for it yourself; somebody else decides", "je vroeg het zelf; iemand anders beslist"),
    (
        "your role may approve up to {} {} on one case, and with this it is {}",
        "je rol mag tot {} {} per zaak goedkeuren, en hiermee wordt het {}",
    ),
    ("it is not given, and not asked for any more", "het is niet gegeven, en niet meer gevraagd"),
    (
        "only who gave it, or a lead, takes it back",
        "alleen wie het gaf, of een leidinggevende, neemt het terug",
    ),
    ("it is marked as a formal complaint already", "de zaak is al gemarkeerd als formele klacht"),
    ("it is not marked as a formal complaint", "de zaak is niet gemarkeerd als formele klacht"),
    ("the customer has our word already", "de klant heeft al bericht"),
    (
        "it is decided; a complaint that was decided stays in the register",
        "er is over beslist; zo'n klacht blijft in het register",
    ),
    (
        "a formal complaint is owed an answer: decide it first, or say with a reason that it is none; then dismiss the case",
        "een formele klacht verdient een antwoord: beslis er eerst over, of zeg met een reden dat het er geen is; wijs de zaak dan af",
    ),
    ("somebody else has claimed it", "iemand anders heeft de zaak opgepakt"),
    ("it is not claimed", "niemand heeft de zaak opgepakt"),
    ("it is not offered to anybody", "de zaak is aan niemand aangeboden"),
    ("it is not offered to you", "de zaak is niet aan jou aangeboden"),
    ("it is not yours", "de zaak is niet van jou"),
    ("nothing is asked about it", "er is niets over gevraagd"),
    ("a case that is {} cannot take '{}'", "een zaak in de stand '{}' kan dit niet ('{}')"),
    ("a hand-over that is {} cannot take '{}'", "het privékanaal staat op '{}' en kan dit niet ('{}')"),
    ("your role does not allow this", "je rol laat dit niet toe"),
    (
        "your role answers the press, and this is not about the press",
        "je rol beantwoordt de pers, en dit gaat niet over de pers",
    ),
    (
        "the case is over; reopen it to promise something",
        "de zaak is voorbij; heropen haar om iets te beloven",
    ),
    ("the case is over; reopen it to answer", "de zaak is voorbij; heropen haar om te antwoorden"),
    (
        "their account is deactivated by its owner since {}; nothing reaches them until it is back",
        "de klant heeft het account gedeactiveerd sinds {}; tot het terug is bereikt niets hen",
    ),
    (
        "their account is suspended by the platform since {}; nothing reaches them until it is back",
        "het platform heeft het account geschorst sinds {}; tot het terug is bereikt niets hen",
    ),
    (
        "their account is taken down by the platform since {}; nothing reaches them until it is back",
        "het platform heeft het account verwijderd sinds {}; tot het terug is bereikt niets hen",
    ),
    (
        "their account is deleted since {}; nothing reaches them until it is back",
        "het account is verwijderd sinds {}; tot het terug is bereikt niets hen",
    ),
    (
        "their account is away since {}; nothing reaches them until it is back",
        "het account is weg sinds {}; tot het terug is bereikt niets hen",
    ),
    ("the case is over; reopen it first", "de zaak is voorbij; heropen haar eerst"),
    ("say in a few words why it need not be kept", "zeg in een paar woorden waarom het niet meer hoeft"),
    ("the next try is later, within a year", "de volgende poging is later, binnen een jaar"),
    ("a promise has 1 to {} characters", "een belofte heeft 1 tot {} tekens"),
    ("a promise is for later, within a year", "een belofte is voor later, binnen een jaar"),
    ("empty; wanted is the login of a colleague", "leeg; geef de inlognaam van een collega"),
    ("'{}' is the login of nobody who may log in", "'{}' is van niemand die mag inloggen"),
    ("{} reads and does not work on cases", "{} leest alleen en werkt niet aan zaken"),
    ("{} does not see this brand", "{} ziet dit merk niet"),
    ("longer than {} characters", "langer dan {} tekens"),
    ("a note has 1 to {} characters", "een notitie heeft 1 tot {} tekens"),
    ("empty; write an answer", "leeg; schrijf een antwoord"),
    ("{} has no private channel here", "{} heeft hier geen privékanaal"),
    ("it has left already, or was called off", "het is al vertrokken, of ingetrokken"),
    (
        "say in 1 to {} characters why this must stand in public",
        "zeg in 1 tot {} tekens waarom dit openbaar moet staan",
    ),
    (
        "somebody else is on duty; ask them to look at it",
        "iemand anders heeft dienst; vraag die om mee te kijken",
    ),
    ("nothing in it needs a second person; send it", "hier is geen tweede persoon voor nodig; verstuur het"),
    ("somebody has decided about it already", "daar is al over beslist"),
    (
        "a second person must look at it, not the one who wrote it",
        "een tweede persoon moet ernaar kijken, niet wie het schreef",
    ),
    (
        "their buddy looks at it first; later anybody may",
        "het maatje kijkt er eerst naar; later mag iedereen",
    ),
    (
        "the customer is in private already; write to them there",
        "de klant is al in het privékanaal; schrijf daar",
    ),
    ("ask first how they can be reached", "vraag eerst hoe de klant te bereiken is"),
    ("there is no way in that an offer could name", "er is geen ingang die een aanbod kan noemen"),
    ("there is no way in: {}", "er is geen ingang: {}"),
    (
        "no account here can talk in private on this platform",
        "geen account hier kan op dit platform een privégesprek voeren",
    ),
    ("the platform did not answer in time", "het platform antwoordde niet op tijd"),
    (
        "its author has no handle that can be addressed",
        "de schrijver heeft geen naam die we kunnen aanschrijven",
    ),
    (
        "its author has no name that can be addressed",
        "de schrijver heeft geen naam die we kunnen aanschrijven",
    ),
    (
        "they take no messages, or the forum lets us send none",
        "ze ontvangen geen berichten, of het forum laat ons er geen sturen",
    ),
    ("the account is no longer there", "het account bestaat niet meer"),
    ("its sender has no address that somebody reads", "de afzender heeft geen adres dat iemand leest"),
    ("wanted is the number of a ticket", "geef het nummer van een ticket"),
    ("{} has no ticket {}", "{} kent ticket {} niet"),
    ("{} does not show us ticket {}", "{} laat ons ticket {} niet zien"),
    ("this brand has no ticket system '{}'", "dit merk heeft geen ticketsysteem '{}'"),
    ("the case is tied to this ticket already", "de zaak is al aan dit ticket gekoppeld"),
    ("the case has an open ticket in {} already", "de zaak heeft al een open ticket in {}"),
    ("{} does not let us make tickets", "{} laat ons geen tickets maken"),
    (
        "the ticket is being made at this moment; wait until it is known whether it stands",
        "het ticket wordt net gemaakt; wacht tot bekend is of het er staat",
    ),
    (
        "empty; no ticket knows of this matter: tie it to one, or say why it needs none",
        "leeg; geen ticket weet hiervan: koppel er een, of zeg waarom dat niet hoeft",
    ),
    (
        "the case is not solved; how it ended is said when it is",
        "de zaak is niet opgelost; hoe ze eindigde zeg je als dat zo is",
    ),
    ("'{}' is not a sector of this brand; there are {}", "'{}' is geen sector van dit merk; er zijn {}"),
    (
        "only a lead says whether a case is of the sector '{}'",
        "alleen een leidinggevende zegt of een zaak bij de sector '{}' hoort",
    ),
    ("{} characters; at most {} are kept", "{} tekens; hoogstens {} worden bewaard"),
    (
        "in the future; wanted is when the customer made contact",
        "in de toekomst; geef wanneer de klant contact opnam",
    ),
    (
        "wanted is who should take it away, in 1 to {} characters",
        "geef wie het moet wegnemen, in 1 tot {} tekens",
    ),
    ("wanted is what goes wrong, in 1 to {} characters", "geef wat er misgaat, in 1 tot {} tekens"),
    ("there is no finding {} of this brand", "bevinding {} is er niet bij dit merk"),
    ("the case belongs to finding {} already", "de zaak hoort al bij bevinding {}"),
    ("finding {} is {} by now; look at it again", "bevinding {} staat intussen op {}; kijk er nog eens naar"),
    ("only people who work on cases can be on duty", "alleen wie aan zaken werkt, kan dienst hebben"),
    ("allowed: an instant after now, at most {} away", "mag: een tijdstip na nu, hoogstens {} vooruit"),
    ("too long", "te lang"),
    ("too long ({} of {} characters)", "te lang ({} van {} tekens)"),
    (
        "by mail goes only what a person writes to one customer in private",
        "per mail gaat alleen wat iemand zelf privé aan één klant schrijft",
    ),
    (
        "the customer gave no such address, or it is no longer kept",
        "de klant gaf dat adres niet, of het wordt niet meer bewaard",
    ),
    (
        "no mailbox of the brand can write to that address",
        "geen mailbox van het merk kan naar dat adres schrijven",
    ),
    ("the words are no longer kept", "de tekst wordt niet meer bewaard"),
    (
        "a protocol runs: a lead sends what goes there",
        "er loopt een protocol: een leidinggevende verstuurt wat daarheen gaat",
    ),
    (
        "a protocol runs: a lead sends what goes there in private",
        "er loopt een protocol: een leidinggevende verstuurt wat daar privé heen gaat",
    ),
    (
        "a protocol runs and a lead sends this answer: resolve the case once it stands",
        "er loopt een protocol en een leidinggevende verstuurt dit antwoord: los de zaak op als het er staat",
    ),
    (
        "a protocol runs and a lead sends this answer: write the promise down by itself",
        "er loopt een protocol en een leidinggevende verstuurt dit antwoord: leg de belofte apart vast",
    ),
    (
        "what goes there in private waits for nobody: somebody else writes it",
        "wat privé gaat, wacht op niemand: laat iemand anders het schrijven",
    ),
    ("wanted is what it is, in 1 to 200 characters", "vul in wat het is, in 1 tot 200 tekens"),
    ("at most {} characters are kept", "hoogstens {} tekens worden bewaard"),
    (
        "'{}'; wanted is a line a language, such as 'nl: We weten ervan.'",
        "'{}'; zet per taal een regel, zoals 'nl: We weten ervan.'",
    ),
    (
        "empty; say what is said while it lasts, such as 'nl: We weten ervan.'",
        "leeg; vul in wat er gezegd wordt zolang het duurt, zoals 'nl: We weten ervan.'",
    ),
    (
        "wanted is a number of minutes from 1 to {}, or nothing",
        "vul een aantal minuten in van 1 tot {}, of niets",
    ),
    ("empty; a peak and a crisis have an end", "leeg; een piek en een crisis hebben een einde"),
    (
        "the end must lie ahead and at most {} days after the beginning",
        "het einde moet nog komen en hoogstens {} dagen na het begin liggen",
    ),
    ("at most a year ahead", "hoogstens een jaar vooruit"),
    ("'{}' is nobody who works here", "'{}' werkt hier niet"),
    ("the crisis switch is on already", "de crisisknop staat al aan"),
    ("the brand has no holding words in this language", "het merk heeft geen wachttekst in deze taal"),
    (
        "a protocol runs: no ready-made words go there",
        "er loopt een protocol: er gaat geen kant-en-klare tekst heen",
    ),
    (
        "a protocol runs ({}): no ready-made words go there",
        "er loopt een protocol ({}): er gaat geen kant-en-klare tekst heen",
    ),
    (
        "until {} the platform takes only what a person writes by hand, and this was not: write an answer of your own",
        "tot {} neemt het platform alleen aan wat iemand zelf schrijft, en dat was dit niet: schrijf een eigen antwoord",
    ),
    (
        "the platform's window for private messages is closed (it closed at {}): {}",
        "het venster van het platform voor privéberichten is dicht (sinds {}): {}",
    ),
    (
        "the platform's window for private messages is closed (the customer has not written there yet): {}",
        "het venster van het platform voor privéberichten is dicht (de klant heeft daar nog niet geschreven): {}",
    ),
    (
        "send words that the platform has approved, or wait until the customer writes again, or offer another way in, such as mail or phone",
        "stuur woorden die het platform heeft goedgekeurd, of wacht tot de klant weer schrijft, of bied een andere ingang aan, zoals mail of telefoon",
    ),
    (
        "wait until the customer writes again, or offer another way in, such as mail or phone",
        "wacht tot de klant weer schrijft, of bied een andere ingang aan, zoals mail of telefoon",
    ),
    ("'{}' is empty", "'{}' is leeg"),
    ("'{}' has {}; allowed are {} a file", "'{}' is {}; per bestand mag {}"),
    ("'{}' is no JPEG, PNG, GIF, WebP or PDF", "'{}' is geen JPEG, PNG, GIF, WebP of PDF"),
    ("'{}' is damaged", "'{}' is beschadigd"),
    ("'{}' has too many pixels", "'{}' bestaat uit te veel pixels"),
    ("at most {} stand in one draft; take some out", "hoogstens {} in één concept; haal er een paar uit"),
    (
        "one of them does not stand in your draft of this case; upload it first",
        "een ervan staat niet in je concept bij deze zaak; voeg het eerst toe",
    ),
    (
        "the name or description of '{}' holds personal data; a public answer must not",
        "de naam of beschrijving van '{}' bevat persoonsgegevens; in een openbaar antwoord mag dat niet",
    ),
    (
        "{} takes no files with an answer here; take them out",
        "{} neemt hier geen bestanden bij een antwoord aan; haal ze eruit",
    ),
    ("{} files; {} takes {}", "{} bestanden; {} neemt er {} aan"),
    ("all files together have {}; {} takes {}", "alle bestanden samen zijn {}; {} neemt {} aan"),
    ("'{}': {} takes a {} only by itself", "'{}': {} neemt een {} alleen los aan"),
    ("{} characters; beside files {} takes {}", "{} tekens; naast bestanden neemt {} er {} aan"),
    ("'{}': {} takes no {}, only {}", "'{}': {} neemt geen {} aan, alleen {}"),
    ("'{}' has {}; {} takes {} a file", "'{}' is {}; {} neemt per bestand {} aan"),
    (
        "the description of '{}' has {} characters; {} takes {}",
        "de beschrijving van '{}' telt {} tekens; {} neemt er {} aan",
    ),
    ("the forum", "het forum"),
    ("a mail", "een mail"),
];
