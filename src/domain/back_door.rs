//! Why a customer came by the back door: proposed, with its certainty, from what they wrote, from the tickets they
//! had, and from their history with us; and the contacts with the front office before.

use super::ending::{BackDoor, TOO_LONG, Tied};
use super::time::{Span, Timestamp};

/// What is known of how the customer came here, beside the tickets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clues {
    /// What they wrote, all of it.
    pub words: String,
    /// How often the front office wrote on the tickets; none where nobody looked.
    pub entries: Option<i64>,
    /// How often a ticket went from one queue to another.
    pub moves: i64,
    /// How many earlier matters they brought here.
    pub earlier: i64,
}

/// A ticket without a word from the front office is unanswered after so long.
const SILENT: Span = Span::days(2);
/// So many earlier matters here are a habit.
const HABIT: i64 = 3;
/// So many tickets before are from pillar to post.
const MANY_TICKETS: usize = 3;

/// What customers write, by the reason it speaks of: English, Dutch, German, French, Spanish, Italian, Portuguese,
/// Norwegian, Russian, Japanese.
const PHRASES: &[(BackDoor, &[&str])] = &[
    (
        BackDoor::PromiseBroken,
        &[
            "you promised",
            "was promised",
            "promised to call",
            "nobody called back",
            "no one called back",
            "never called back",
            "never showed up",
            "did not show up",
            "didn't show up",
            "jullie beloofden",
            "zouden terugbellen",
            "zou terugbellen",
            "zou gebeld worden",
            "niet teruggebeld",
            "beloofd maar",
            "was beloofd",
            "niet komen opdagen",
            "kwam niet opdagen",
            "versprochen",
            "zurückgerufen",
            "nicht erschienen",
            "aviez promis",
            "m'a promis",
            "pas rappelé",
            "jamais rappelé",
            "prometieron",
            "me prometieron",
            "nadie me llamó",
            "avete promesso",
            "mi avevano promesso",
            "nessuno ha richiamato",
            "prometeram",
            "ninguém ligou",
            "lovet at",
            "ble lovet",
            "ingen ringte",
            "обещали",
            "не перезвонили",
            "約束",
            "折り返しがない",
        ],
    ),
    (
        BackDoor::PillarToPost,
        &[
            "pillar to post",
            "keep transferring",
            "kept transferring",
            "transferred again",
            "passed around",
            "sent me back and forth",
            "run-around",
            "runaround",
            "kastje naar de muur",
            "steeds doorverbonden",
            "weer doorverbonden",
            "van pontius",
            "pontius zu pilatus",
            "immer weiterverbunden",
            "hin und her",
            "d'un service à l'autre",
            "me renvoie",
            "me pasan de",
            "de un departamento a otro",
            "rimbalzano",
            "da un ufficio all'altro",
            "de um lado para o outro",
            "empurram",
            "kasteball",
            "frem og tilbake",
            "футболят",
            "от одного к другому",
            "たらい回し",
        ],
    ),
    (
        BackDoor::NoAnswer,
        &[
            "no answer",
            "no reply",
            "no response",
            "nobody answers",
            "no one answers",
            "not answering",
            "never got a reply",
            "haven't heard",
            "have not heard",
            "unanswered",
            "geen antwoord",
            "geen reactie",
            "niemand antwoordt",
            "niks gehoord",
            "niets gehoord",
            "neemt niet op",
            "keine antwort",
            "niemand antwortet",
            "nichts gehört",
            "keine rückmeldung",
            "pas de réponse",
            "aucune réponse",
            "personne ne répond",
            "sin respuesta",
            "nadie contesta",
            "nadie responde",
            "nessuna risposta",
            "nessuno risponde",
            "sem resposta",
            "ninguém responde",
            "ikke svar",
            "ingen svar",
            "får ikke svar",
            "нет ответа",
            "никто не отвечает",
            "не отвечаете",
            "返事がない",
            "返信がない",
        ],
    ),
    (
        BackDoor::WaitedTooLong,
        &[
            "waiting for weeks",
            "waiting for days",
            "waiting for months",
            "still waiting",
            "weeks ago",
            "on hold for",
            "waited an hour",
            "been waiting",
            "wacht al",
            "weken geleden",
            "al weken",
            "al dagen",
            "nog steeds niet",
            "uur in de wacht",
            "warte seit",
            "seit wochen",
            "immer noch nicht",
            "warteschleife",
            "j'attends depuis",
            "depuis des semaines",
            "toujours pas",
            "llevo semanas",
            "llevo días",
            "sigo esperando",
            "aspetto da",
            "da settimane",
            "ancora in attesa",
            "há semanas",
            "à espera há",
            "ainda à espera",
            "ventet i",
            "venter fortsatt",
            "i flere uker",
            "жду уже",
            "уже неделю",
            "до сих пор",
            "まだ待って",
            "ずっと待って",
        ],
    ),
    (
        BackDoor::WrongData,
        &[
            "wrong address",
            "wrong name",
            "wrong amount",
            "wrong number",
            "wrong details",
            "details are wrong",
            "verkeerd adres",
            "verkeerde naam",
            "verkeerd bedrag",
            "verkeerde gegevens",
            "gegevens kloppen niet",
            "falsche adresse",
            "falsche daten",
            "falscher betrag",
            "mauvaise adresse",
            "mauvais montant",
            "dirección equivocada",
            "datos incorrectos",
            "indirizzo sbagliato",
            "dati sbagliati",
            "importo sbagliato",
            "morada errada",
            "endereço errado",
            "dados errados",
            "feil adresse",
            "feil beløp",
            "неправильный адрес",
            "неверные данные",
            "住所が違",
            "情報が間違",
        ],
    ),
    (
        BackDoor::OutcomeNotAccepted,
        &[
            "not acceptable",
            "unacceptable",
            "do not accept",
            "don't accept",
            "you refused",
            "was refused",
            "was rejected",
            "niet acceptabel",
            "onacceptabel",
            "ga niet akkoord",
            "niet mee eens",
            "afgewezen",
            "nicht akzeptabel",
            "inakzeptabel",
            "akzeptiere das nicht",
            "abgelehnt",
            "inacceptable",
            "n'accepte pas",
            "inaceptable",
            "no acepto",
            "inaccettabile",
            "non accetto",
            "inaceitável",
            "não aceito",
            "uakseptabelt",
            "godtar ikke",
            "неприемлемо",
            "не согласен",
            "не согласна",
            "納得でき",
            "受け入れられ",
        ],
    ),
    (
        BackDoor::ChannelHardToFind,
        &[
            "can't find a number",
            "cannot find a number",
            "can't find your",
            "no way to contact",
            "no phone number",
            "chatbot is useless",
            "stuck with the bot",
            "how do i reach",
            "how can i reach",
            "geen telefoonnummer",
            "nergens een nummer",
            "hoe bereik ik",
            "niet bereikbaar",
            "onbereikbaar",
            "keine telefonnummer",
            "nicht erreichbar",
            "wie erreiche ich",
            "injoignable",
            "aucun numéro",
            "comment vous joindre",
            "no hay teléfono",
            "cómo contacto",
            "imposible contactar",
            "nessun numero",
            "come vi contatto",
            "irraggiungibil",
            "nenhum número",
            "como contacto",
            "umulig å få tak i",
            "ikke tak i",
            "не дозвониться",
            "невозможно дозвониться",
            "連絡先がわから",
            "電話がつながら",
        ],
    ),
];

/// The reason that is proposed, and how certain it is in percent. Of equals the one that weighs more.
pub fn propose(clues: &Clues, tickets: &[Tied], opened_at: Timestamp) -> Option<(BackDoor, i64)> {
    let words = clues.words.to_lowercase().replace('\u{2019}', "'");
    let said = |reason: BackDoor| {
        let of = PHRASES.iter().find(|(r, _)| *r == reason).map_or(&[][..], |(_, p)| *p);
        of.iter().any(|phrase| words.contains(phrase))
    };
    let before: Vec<&Tied> = tickets.iter().filter(|t| t.made_at <= opened_at).collect();
    let broken = before.iter().any(|t| t.due_at.is_some_and(|due| due < opened_at));
    let age = before.iter().map(|t| opened_at.since(t.made_at)).max();
    let silent = clues.entries == Some(0) && age.is_some_and(|a| a >= SILENT);
    let posted = before.len() >= MANY_TICKETS || clues.moves >= 2;
    let long = age.is_some_and(|a| a >= TOO_LONG);
    let habit = clues.earlier >= HABIT && before.is_empty();
    let certain = |shown: bool, by: i64, reason: BackDoor| match (shown, said(reason)) {
        (true, true) => by + 10,
        (true, false) => by,
        (false, true) => 60,
        (false, false) => 0,
    };
    let all = [
        (BackDoor::PromiseBroken, certain(broken, 85, BackDoor::PromiseBroken)),
        (BackDoor::PillarToPost, certain(posted, 65, BackDoor::PillarToPost)),
        (BackDoor::NoAnswer, certain(silent, 75, BackDoor::NoAnswer)),
        (BackDoor::WaitedTooLong, certain(long, 70, BackDoor::WaitedTooLong)),
        (BackDoor::WrongData, certain(false, 0, BackDoor::WrongData)),
        (BackDoor::OutcomeNotAccepted, certain(false, 0, BackDoor::OutcomeNotAccepted)),
        (BackDoor::ChannelHardToFind, certain(false, 0, BackDoor::ChannelHardToFind)),
        (BackDoor::Habit, if habit { 50 } else { 0 }),
    ];
    let mut best: Option<(BackDoor, i64)> = None;
    for (reason, certainty) in all {
        if certainty > best.map_or(0, |b| b.1) {
            best = Some((reason, certainty));
        }
    }
    best
}

/// The contacts with the front office before a customer came here, as the linked tickets tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// How many tickets were made before.
    pub contacts: i64,
    /// When the first of them was made.
    pub first_at: Option<Timestamp>,
    /// By when something was promised on one of them: the earliest.
    pub promised_at: Option<Timestamp>,
    /// Whether that had passed when the customer came.
    pub broken: bool,
}

/// What the tickets of a case that began at `opened_at` tell.
pub fn before(tickets: &[Tied], opened_at: Timestamp) -> Before {
    let earlier: Vec<&Tied> = tickets.iter().filter(|t| t.made_at < opened_at).collect();
    let promised_at = earlier.iter().filter_map(|t| t.due_at).min();
    Before {
        contacts: i64::try_from(earlier.len()).unwrap_or(i64::MAX),
        first_at: earlier.iter().map(|t| t.made_at).min(),
        promised_at,
        broken: promised_at.is_some_and(|due| due < opened_at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPENED: Timestamp = Timestamp(1_790_000_000_000);

    fn ticket(days: i64) -> Tied {
        Tied { made_at: OPENED.minus(Span::days(days)), ..Tied::default() }
    }

    fn said(words: &str) -> Clues {
        Clues { words: words.into(), ..Clues::default() }
    }

    #[test]
    fn what_they_write_proposes_in_ten_languages() {
        for (words, reason) in [
            ("Nobody called back and YOU PROMISED", BackDoor::PromiseBroken),
            ("Ik word van het kastje naar de muur gestuurd", BackDoor::PillarToPost),
            ("Seit zwei Wochen keine Antwort auf meine Mail", BackDoor::NoAnswer),
            ("J’attends depuis trois semaines", BackDoor::WaitedTooLong),
            ("Mis datos incorrectos otra vez", BackDoor::WrongData),
            ("È inaccettabile", BackDoor::OutcomeNotAccepted),
            ("Não há nenhum número para ligar", BackDoor::ChannelHardToFind),
            ("Jeg får ikke svar fra kundeservice", BackDoor::NoAnswer),
            ("Обещали перезвонить", BackDoor::PromiseBroken),
            ("たらい回しにされました", BackDoor::PillarToPost),
        ] {
            assert_eq!(propose(&said(words), &[], OPENED), Some((reason, 60)), "{words}");
        }
        assert_eq!(propose(&said("My router is dead"), &[], OPENED), None);
    }

    #[test]
    fn tickets_tell_more_than_words_and_both_together_most() {
        let broken = Tied { due_at: Some(OPENED.minus(Span::hours(1))), ..ticket(9) };
        assert_eq!(propose(&said(""), &[broken], OPENED), Some((BackDoor::PromiseBroken, 85)));
        assert_eq!(propose(&said("you promised"), &[broken], OPENED), Some((BackDoor::PromiseBroken, 95)));
        assert_eq!(propose(&said(""), &[ticket(8)], OPENED), Some((BackDoor::WaitedTooLong, 70)));
        let silent = Clues { entries: Some(0), ..Clues::default() };
        assert_eq!(propose(&silent, &[ticket(3)], OPENED), Some((BackDoor::NoAnswer, 75)));
        assert_eq!(propose(&silent, &[ticket(1)], OPENED), None, "it is not that old");
        let many = [ticket(1), ticket(2), ticket(3)];
        assert_eq!(propose(&said(""), &many, OPENED), Some((BackDoor::PillarToPost, 65)));
        let again = Clues { earlier: 3, ..Clues::default() };
        assert_eq!(propose(&again, &[], OPENED), Some((BackDoor::Habit, 50)));
        assert_eq!(propose(&again, &[ticket(1)], OPENED), None, "they tried the front door");
        let later = Tied { made_at: OPENED.plus(Span::hours(1)), ..broken };
        assert_eq!(propose(&said(""), &[later], OPENED), None, "made after they came");
    }

    #[test]
    fn contacts_before_are_counted_from_tickets_made_before() {
        let broken = Tied { due_at: Some(OPENED.minus(Span::hours(1))), ..ticket(9) };
        let later = Tied { made_at: OPENED.plus(Span::hours(1)), ..Tied::default() };
        let found = before(&[ticket(2), broken, later], OPENED);
        assert_eq!((found.contacts, found.first_at), (2, Some(broken.made_at)));
        assert_eq!((found.promised_at, found.broken), (broken.due_at, true));
        assert_eq!(before(&[later], OPENED), Before::default());
    }
}
