//! Which protocols a text proposes: press, threat, self-harm, legal. A person decides; nothing here is certain.
//!
//! What the level rests on proposes by itself: a P1 whose first reasons are a threat, a legal step or the press. Beside
//! that stand narrow phrases in ten languages, for a reporter who asks politely is no P1, and who speaks of ending their
//! life must be seen whatever else they write. What is denied, past or told as a joke proposes all the same: a person
//! looks sooner rather than never. Nothing here moves a level.

use super::{borders, lexicon};
use crate::domain::judgement::{Level, Reason};
use crate::domain::protocol::ProtocolKind;
use aho_corasick::{AhoCorasick, MatchKind};
use std::sync::LazyLock;

/// How many of the first reasons are looked at.
const REASONS: usize = 2;

/// Phrases of somebody who may harm themselves.
const SELF_HARM: &str = "suicidal | commit suicide | suicide | kill myself | killing myself | end my life | ending my life \
    | end it all | take my own life | want to die | don't want to live | do not want to live | hurt myself | self harm \
    | zelfmoord | suïcide | suicidaal | mezelf iets aandoen | mezelf wat aandoen | eind aan mijn leven \
    | einde aan mijn leven | niet meer leven | wil niet meer leven | ik wil dood | van het leven beroven \
    | selbstmord | suizid | suizidal | umbringen will ich mich | bringe mich um | mich umbringen | mir das leben nehmen \
    | nicht mehr leben | will sterben | suicide | me suicider | me tuer | mettre fin à mes jours | en finir avec la vie \
    | plus envie de vivre | envie de mourir | suicidio | suicidarmi | uccidermi | togliermi la vita | farla finita \
    | voglio morire | suicidarme | quitarme la vida | matarme | no quiero vivir | quiero morir | suicídio | me matar \
    | tirar a minha vida | tirar minha vida | acabar com a minha vida | quero morrer | selvmord | ta livet mitt \
    | ta mitt eget liv | vil ikke leve | vil dø | самоубийство | самоубийства | покончить с собой | покончу с собой \
    | убить себя | не хочу жить | хочу умереть | 自殺 | 死にたい | 消えてしまいたい | 命を絶つ | 命を絶ち";
/// Phrases of a threat against people.
const THREAT: &str = "i will kill you | i'll kill you | going to kill you | kill you all | bomb threat | there is a bomb \
    | put a bomb | burn your office | burn your shop | i know where you live | we know where you live | shoot you \
    | ik maak jullie dood | ik maak je dood | ik vermoord | maak jullie af | bommelding | er ligt een bom \
    | ik weet waar je woont | ik weet waar jullie wonen | steek jullie kantoor in brand | steek de winkel in brand \
    | ich bringe euch um | ich bringe dich um | bombendrohung | ich weiss wo du wohnst | ich weiß wo du wohnst \
    | je vais vous tuer | je vais te tuer | alerte à la bombe | je sais où tu habites | je sais où vous habitez \
    | vi ammazzo | ti ammazzo | so dove abiti | voy a mataros | voy a mataros a todos | os voy a matar | te voy a matar \
    | sé dónde vives | vou matar vocês | vou te matar | sei onde você mora | sei onde moras | jeg skal drepe \
    | jeg vet hvor du bor | я вас убью | я тебя убью | я знаю где ты живешь | 殺すぞ | 殺してやる | 爆破予告";
/// Phrases of the press. Words that others use too are left out: an article, a broadcast, a newspaper that did not come.
const PRESS: &str = "right of reply | request for comment | press enquiry | press inquiry | press office | press question \
    | for comment before | i'm a journalist | i am a journalist | i'm a reporter | i am a reporter | as a journalist \
    | journalist at | journalist for | journalist with | reporter at | reporter for | reporter with | spokesperson \
    | wederhoor | persvraag | persvragen | persvoorlichter | woordvoerder | ik ben journalist | journalist bij \
    | journalist van | verslaggever bij | verslaggever van | redacteur bij | redacteur van | redactie van \
    | presseanfrage | pressestelle | pressesprecher | pressesprecherin | ich bin journalist | ich bin journalistin \
    | journalist bei | journalistin bei | redakteur bei | redakteurin bei | droit de réponse | service de presse \
    | attaché de presse | porte-parole | je suis journaliste | journaliste à | journaliste chez | journaliste pour \
    | ufficio stampa | diritto di replica | sono un giornalista | sono una giornalista | giornalista di | portavoce \
    | gabinete de prensa | derecho de réplica | soy periodista | periodista de | portavoz | assessoria de imprensa \
    | gabinete de imprensa | direito de resposta | sou jornalista | jornalista do | jornalista da | porta-voz \
    | pressehenvendelse | presseavdeling | tilsvarsrett | jeg er journalist | journalist i | pressetalsperson \
    | пресс-служба | пресс-служб | запрос сми | я журналист | я журналистка | 取材のお願い | 取材依頼 | 記者です | 報道機関";

struct Phrases {
    automaton: Option<AhoCorasick>,
    kinds: Vec<ProtocolKind>,
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let (mut phrases, mut kinds) = (Vec::new(), Vec::new());
    for (kind, list) in
        [(ProtocolKind::SelfHarm, SELF_HARM), (ProtocolKind::Threat, THREAT), (ProtocolKind::Press, PRESS)]
    {
        for phrase in list.split('|').map(lexicon::normal).filter(|p| !p.is_empty()) {
            phrases.push(phrase);
            kinds.push(kind);
        }
    }
    let automaton = AhoCorasick::builder().match_kind(MatchKind::Standard).build(&phrases).ok();
    Phrases { automaton, kinds }
});

/// The protocols that a lexical text proposes by its phrases, and by what its level rests on.
pub fn find(lexical: &str, level: Level, reasons: &[Reason], out: &mut Vec<ProtocolKind>) {
    out.clear();
    said(lexical, out);
    // Words of the press count as a legal step for the level: who asks for a newspaper sues nobody.
    let press = out.contains(&ProtocolKind::Press);
    if level == Level::P1 {
        for reason in reasons.iter().take(REASONS) {
            out.extend(match reason.what.as_ref() {
                "threat" => Some(ProtocolKind::Threat),
                "legal_step" if !press => Some(ProtocolKind::Legal),
                "press" => Some(ProtocolKind::Press),
                _ => None,
            });
        }
    }
    out.sort_unstable();
    out.dedup();
}

fn said(lexical: &str, out: &mut Vec<ProtocolKind>) {
    let phrases = &*PHRASES;
    let Some(automaton) = &phrases.automaton else { return };
    for found in automaton.find_overlapping_iter(lexical) {
        if borders::at(lexical, found.start()) && borders::at(lexical, found.end()) {
            out.push(phrases.kinds[found.pattern().as_usize()]);
        }
    }
}

/// What people of the press call themselves, in small letters.
const NAMES: [&str; 14] = [
    "journalist",
    "journaliste",
    "journalistin",
    "reporter",
    "verslaggever",
    "redactie",
    "redaktion",
    "rédaction",
    "giornalista",
    "periodista",
    "jornalista",
    "журналист",
    "記者",
    "newsroom",
];
/// All of them in one automaton: nearly every account is asked, and nearly none is one.
static NAMED: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(NAMES).ok());
/// The shortest of them, in bytes.
const NAME_BYTES_MIN: usize = "記者".len();

/// Whether what an account calls itself says that it is of the press.
pub fn is_press(name: &str) -> bool {
    if name.len() < NAME_BYTES_MIN {
        return false;
    }
    let name = name.to_lowercase();
    NAMED.as_ref().is_none_or(|names| names.is_match(&name))
        && NAMES.iter().any(|n| crate::domain::sector::holds(&name, n))
}

#[cfg(test)]
mod tests {
    use super::super::{Context, judge};
    use super::*;
    use crate::domain::brand::Brand;
    use crate::domain::post::RawPost;

    fn proposed(text: &str) -> Vec<ProtocolKind> {
        let raw = serde_json::json!({
            "platform": "x", "external_id": "1", "author": { "id": "a" }, "text": text,
            "created_at": "2026-01-01T00:00:00Z",
        });
        let raw: RawPost = serde_json::from_value(raw).unwrap();
        judge(&raw.check().unwrap(), &Brand::watched("Acme"), &Context::default()).protocols
    }

    #[test]
    fn what_must_be_seen_is_seen_in_every_language() {
        for text in [
            "@acme I can't pay this any more, I want to end my life",
            "@acme ik zie geen uitweg meer, ik wil niet meer leven",
            "@acme ich will nicht mehr leben",
            "@acme j'ai envie de mourir à cause de vous",
            "@acme voglio morire",
            "@acme no quiero vivir así",
            "@acme quero morrer",
            "@acme jeg vil ikke leve lenger",
            "@acme я не хочу жить",
            "@acme もう死にたいです",
        ] {
            assert!(proposed(text).contains(&ProtocolKind::SelfHarm), "{text}");
        }
        for text in [
            "@acme I will kill you all, just wait",
            "@acme ik weet waar jullie wonen",
            "@acme je vais vous tuer",
        ] {
            assert!(proposed(text).contains(&ProtocolKind::Threat), "{text}");
        }
        for text in [
            "Hi @acme, I'm a journalist with the Gazette, could you comment?",
            "@acme wederhoor graag voor 17:00 over de storing",
            "@acme Presseanfrage: wann endet die Störung?",
        ] {
            assert!(proposed(text).contains(&ProtocolKind::Press), "{text}");
        }
    }

    #[test]
    fn what_customers_write_every_day_proposes_nothing() {
        for text in [
            "@acme where is my parcel?",
            "@acme the newspaper did not come this morning",
            "@acme mooi artikel over jullie in de krant!",
            "@acme ich bin so sauer, das Programm läuft nicht",
            "@acme this app is killing me, lol",
            "@acme I love the new colour",
        ] {
            assert_eq!(proposed(text), [], "{text}");
        }
    }

    #[test]
    fn a_profile_may_say_that_it_is_of_the_press() {
        assert!(is_press("Jan de Boer | verslaggever") && is_press("Redactie Radar"));
        assert!(!is_press("Reporterly") && !is_press("Jan"));
        assert!(is_press("記者") && is_press("RÉDACTION") && NAMES.iter().all(|name| is_press(name)));
        assert!(NAMES.iter().all(|name| name.len() >= NAME_BYTES_MIN));
    }
}
