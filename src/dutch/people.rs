//! Why something about people and their ways in was refused, and what a form held that nobody knows.

use super::Sentence;

/// What the rules about people say.
pub const PEOPLE: &[Sentence] = &[
    (
        "login '{}': allowed are 1 to 64 letters, digits, '.', '-', '_', '@'",
        "inlognaam '{}': mag: 1 tot 64 letters, cijfers, '.', '-', '_', '@'",
    ),
    ("login '{}' is taken", "inlognaam '{}' is al bezet"),
    ("there is no '{}' who may log in", "er is geen '{}' die mag inloggen"),
    ("there is no '{}'", "er is geen '{}'"),
    ("role '{}': allowed are {}", "rol '{}': mag: {}"),
    ("brand '{}': known are {}", "merk '{}': bekend zijn {}"),
    ("brands: tick some, or every brand", "merken: kruis er een paar aan, of alle merken"),
    (
        "this is the only admin; make another one first",
        "dit is de enige beheerder; maak eerst iemand anders beheerder",
    ),
    (
        "somebody changed this since you saw it; look at how it stands and press again if it still holds",
        "iemand heeft dit gewijzigd sinds je het zag; kijk hoe het nu is en druk opnieuw als het nog klopt",
    ),
    (
        "password: {} characters; allowed are {} to {}, a few words in a row for instance",
        "wachtwoord: {} tekens; mag: {} tot {}, bijvoorbeeld een paar woorden achter elkaar",
    ),
    (
        "password: it has fewer than {} different characters",
        "wachtwoord: er staan minder dan {} verschillende tekens in",
    ),
    (
        "password: '{}' stands in it, which is guessed first",
        "wachtwoord: '{}' staat erin, en dat wordt het eerst geraden",
    ),
    (
        "password: it stands in a list of passwords that others have lost",
        "wachtwoord: het staat in een lijst van wachtwoorden die anderen zijn kwijtgeraakt",
    ),
    (
        "password: the list of lost passwords cannot be read; tell an admin",
        "wachtwoord: de lijst van gelekte wachtwoorden is niet te lezen; zeg het een beheerder",
    ),
    ("the password could not be checked", "het wachtwoord kon niet worden nagekeken"),
    ("the password could not be hashed", "het wachtwoord kon niet worden verwerkt"),
    ("the secret could not be sealed", "het geheim kon niet worden verzegeld"),
    ("there is no key to seal secrets by", "er is geen sleutel om geheimen mee te verzegelen"),
    ("you have an app already; remove it first", "je hebt al een app; verwijder die eerst"),
    (
        "recovery codes stand in for an app; set one up first",
        "herstelcodes vervangen een app; stel er eerst een in",
    ),
    ("{} passkeys are the most; remove one first", "{} passkeys is het meeste; verwijder er eerst een"),
    ("this log-in has ended", "deze sessie is afgelopen"),
    ("too many tries; come again in {}", "te veel pogingen; kom terug over {}"),
    (
        "role '{}': queues are for front_office only; everybody else sees all",
        "rol '{}': wachtrijen zijn alleen voor front_office; alle anderen zien alles",
    ),
    (
        "queue '{}': wanted is BRAND/QUEUE, such as 'Acme/Repairs'",
        "wachtrij '{}': nodig is MERK/WACHTRIJ, zoals 'Acme/Reparaties'",
    ),
    ("queue '{}': no brand '{}'; known are {}", "wachtrij '{}': geen merk '{}'; bekend zijn {}"),
];

/// What is said of fields that hold what no form of ours sends.
pub const FORMS: &[Sentence] = &[
    ("{}: '{}' is not known", "{}: '{}' is onbekend"),
    ("{}: '{}' is no number", "{}: '{}' is geen getal"),
    ("{}: '{}'; allowed are {}", "{}: '{}'; mag: {}"),
    ("case: not known", "zaak: onbekend"),
    ("version: the number of the view is missing", "version: het nummer van wat je zag ontbreekt"),
    ("day: wanted is a day such as 2026-11-24", "day: gevraagd is een dag zoals 2026-11-24"),
    ("language: one of those offered", "taal: een van de aangeboden talen"),
    ("zone: one of those offered", "tijdzone: een van de aangeboden zones"),
    ("the form with files is not whole", "het formulier met bestanden is niet heel"),
];
