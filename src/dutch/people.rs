//! Why something about people and their ways in was refused.

use super::Sentence;

/// What people, passwords and second factors say.
pub const PEOPLE: &[Sentence] = &[
    ("there is no '{}' who may log in", "er is geen '{}' die mag inloggen"),
    ("there is no '{}'", "er is geen '{}'"),
    ("login '{}' is taken", "inlognaam '{}' is al in gebruik"),
    (
        "login '{}': allowed are 1 to 64 letters, digits, '.', '-', '_', '@'",
        "inlognaam '{}': toegestaan zijn 1 tot 64 letters, cijfers, '.', '-', '_', '@'",
    ),
    (
        "role '{}': queues are for front_office only; everybody else sees all",
        "rol '{}': wachtrijen zijn alleen voor front_office; alle anderen zien alles",
    ),
    ("role '{}': allowed are {}", "rol '{}': toegestaan zijn {}"),
    ("this is the only admin; make another one first", "dit is de enige beheerder; maak eerst een andere"),
    (
        "somebody changed this since you saw it; look at how it stands and press again if it still holds",
        "iemand heeft dit veranderd sinds je het zag; kijk hoe het staat en druk nog eens als het nog klopt",
    ),
    ("brand '{}': known are {}", "merk '{}': bekend zijn {}"),
    ("brands: tick some, or every brand", "merken: vink er een paar aan, of elk merk"),
    (
        "queue '{}': wanted is BRAND/QUEUE, such as 'Acme/Repairs'",
        "wachtrij '{}': nodig is MERK/WACHTRIJ, zoals 'Acme/Reparaties'",
    ),
    ("queue '{}': no brand '{}'; known are {}", "wachtrij '{}': geen merk '{}'; bekend zijn {}"),
    (
        "password: {} characters; allowed are {} to {}, a few words in a row for instance",
        "wachtwoord: {} tekens; toegestaan zijn {} tot {}, een paar woorden achter elkaar bijvoorbeeld",
    ),
    (
        "password: it has fewer than {} different characters",
        "wachtwoord: het heeft minder dan {} verschillende tekens",
    ),
    (
        "password: '{}' stands in it, which is guessed first",
        "wachtwoord: er staat '{}' in, en dat wordt het eerst geraden",
    ),
    (
        "password: it stands in a list of passwords that others have lost",
        "wachtwoord: het staat in een lijst van wachtwoorden die anderen zijn kwijtgeraakt",
    ),
    (
        "password: the list of lost passwords cannot be read; tell an admin",
        "wachtwoord: de lijst van kwijtgeraakte wachtwoorden is niet te lezen; zeg het een beheerder",
    ),
    ("the password could not be checked", "het wachtwoord kon niet worden nagekeken"),
    ("the password could not be hashed", "het wachtwoord kon niet worden versleuteld"),
    ("you have an app already; remove it first", "je hebt al een app; haal die eerst weg"),
    (
        "recovery codes stand in for an app; set one up first",
        "herstelcodes vervangen een app; stel er eerst een in",
    ),
    ("the secret could not be sealed", "het geheim kon niet worden verzegeld"),
    ("there is no key to seal secrets by", "er is geen sleutel om geheimen mee te verzegelen"),
    ("{} passkeys are the most; remove one first", "{} passkeys is het meeste; haal er eerst een weg"),
];
