//! Fire in the plainest words: a thing, and behind it in the same sentence that it burns, in ten languages.
//!
//! Learned weights know a fire by all that people write about it; of a handful of words they are never sure. Whoever
//! writes no more than that has no time to write more. Nothing is believed that is denied, past, supposed, asked, told as
//! a joke or as praise.

use super::borders;
use super::concepts;
use super::lexicon::{self, Found, Set};
use super::verdict::Verdict;
use crate::domain::judgement::{Intent, Level};
use aho_corasick::{AhoCorasick, MatchKind};
use std::sync::LazyLock;

/// How far behind a thing it may be said that it burns, in bytes.
const REACH: usize = 40;
const SENTENCE_ENDS: [char; 4] = ['.', '!', '?', '。'];

/// Things at home and on the way that can burn.
const THINGS: &str = "charger | phone | battery | laptop | tablet | powerbank | power bank | device | router | plug \
    | socket | cable | adapter | oven | toaster | washing machine | dryer | dishwasher | fridge | heater \
    | boiler | scooter | bike | car | bus | train | plane | engine | house | kitchen | apartment \
    | hoverboard | vacuum | kettle | air fryer | airfryer | oplader | telefoon | accu | batterij \
    | apparaat | stekker | stopcontact | kabel | wasmachine | droger | vaatwasser | koelkast | kachel \
    | ketel | fiets | auto | trein | vliegtuig | motor | huis | keuken | woning | waterkoker | ladegerät \
    | handy | akku | batterie | gerät | stecker | steckdose | ofen | waschmaschine | trockner \
    | spülmaschine | kühlschrank | heizung | roller | zug | flugzeug | haus | küche | wohnung | chargeur \
    | téléphone | ordinateur | appareil | prise | four | machine à laver | lave-linge | sèche-linge \
    | frigo | trottinette | vélo | voiture | avion | moteur | maison | cuisine | caricabatterie \
    | caricatore | telefono | batteria | portatile | dispositivo | presa | spina | cavo | forno \
    | lavatrice | asciugatrice | monopattino | bici | macchina | treno | aereo | motore | casa | cucina \
    | cargador | móvil | batería | portátil | aparato | enchufe | horno | lavadora | secadora | nevera \
    | patinete | coche | tren | cocina | carregador | telemóvel | celular | telefone | notebook \
    | aparelho | tomada | ficha | cabo | máquina de lavar | frigorífico | geladeira | trotinete | carro \
    | comboio | trem | avião | cozinha | lader | laderen | telefonen | mobilen | batteri | batteriet \
    | ovnen | vaskemaskinen | torketrommelen | sparkesykkelen | bilen | toget | flyet | huset \
    | kjøkkenet | зарядка | зарядное | телефон | батарея | аккумулятор | ноутбук | розетка | кабель \
    | плита | стиральная | холодильник | самокат | машина | поезд | самолёт | двигатель | дом | кухня \
    | квартира | 充電器 | スマホ | 携帯 | バッテリー | 電池 | パソコン | コンセント | ケーブル | 洗濯機 | 冷蔵庫 | 飛行機 | 電車";
/// That something burns, in words that hardly mean anything else of a thing.
const BURNS: &str = "is on fire | caught fire | is burning | burst into flames | is in flames | went up in flames \
    | staat in brand | vloog in brand | in brand gevlogen | vliegt in brand | staat in de fik \
    | staat in lichterlaaie | steht in flammen | hat feuer gefangen | fing feuer | in brand geraten \
    | est en feu | a pris feu | prend feu | est en flammes | è in fiamme | ha preso fuoco \
    | sta bruciando | va a fuoco | sta andando a fuoco | está en llamas | se está quemando \
    | está ardiendo | se ha incendiado | se incendió | se prendió fuego | se ha prendido fuego \
    | está a arder | está em chamas | pegou fogo | pegando fogo | tok fyr | står i brann | har tatt fyr \
    | загорелась | загорелся | загорелось | в огне | вспыхнул | вспыхнула | 燃えています | 燃えている | 燃えてる | 火が出た \
    | 火が出ています | 火を噴いた";
/// Concepts beside which it is not believed.
static UNBELIEVED: LazyLock<Set> = LazyLock::new(|| {
    let keys = [
        "fiction",
        "joke",
        "laugh",
        "news",
        "solved",
        "idiom",
        "chatter",
        "spam",
        "praise",
        "thanks",
        "past",
        "hypothetical",
        "negation",
        "sport",
        "sense",
    ];
    keys.iter().filter_map(|key| concepts::number(key)).fold(0, |set, n| set | 1 << n)
});

/// All words in one automaton, and how many of them are things.
static WORDS: LazyLock<(Option<AhoCorasick>, usize)> = LazyLock::new(|| {
    let normal = |list: &str| -> Vec<String> { list.split('|').map(lexicon::normal).collect() };
    let (mut words, burns) = (normal(THINGS), normal(BURNS));
    let things = words.len();
    words.extend(burns);
    (AhoCorasick::builder().match_kind(MatchKind::Standard).build(&words).ok(), things)
});

/// Whether a lexical text says so, with these concepts beside it.
pub fn is_told(lexical: &str, found: Found) -> bool {
    let (Some(automaton), things) = &*WORDS else { return false };
    let mut thing: Option<usize> = None;
    for hit in automaton.find_overlapping_iter(lexical) {
        if !borders::at(lexical, hit.start()) || !borders::at(lexical, hit.end()) {
            continue;
        }
        if hit.pattern().as_usize() < *things {
            thing = Some(hit.end());
        } else if thing.is_some_and(|end| is_close(lexical, end, hit.start())) {
            // "my phone is burning through its battery"
            let figure = lexical.get(hit.end()..).is_some_and(|rest| rest.starts_with(" through"));
            return !figure && is_believed(found.plain);
        }
    }
    false
}

/// Whether nothing beside it speaks against it. Who asks what to do asks no idle question.
fn is_believed(beside: Set) -> bool {
    let has = |key: &str| concepts::number(key).is_some_and(|n| beside & (1 << n) != 0);
    beside & *UNBELIEVED == 0 && (!has("question") || has("help"))
}

fn is_close(lexical: &str, from: usize, to: usize) -> bool {
    let between = lexical.get(from..to);
    between.is_some_and(|words| words.len() <= REACH && !words.contains(SENTENCE_ENDS))
}

/// Makes a verdict that of a fire, at the lowest urgency of its level.
pub fn raise(verdict: &mut Verdict) {
    if verdict.level == Level::P1 {
        return;
    }
    (verdict.level, verdict.urgency) = (Level::P1, Level::P1.band().0);
    (verdict.intent, verdict.needs_answer) = (Intent::SafetyLegal, true);
    verdict.probability = verdict.probability.max(0.5);
    verdict.found.plain |= concepts::number("fire").map_or(0, |n| 1 << n);
}

#[cfg(test)]
mod tests {
    use super::super::{Context, judge};
    use super::*;
    use crate::domain::brand::Brand;
    use crate::domain::judgement::Judgement;
    use crate::domain::post::Post;

    fn judged(text: &str) -> Judgement {
        let post = Post { text: text.to_owned(), ..Post::default() };
        judge(&post, &Brand::default(), &Context::default())
    }

    #[test]
    fn a_handful_of_words_is_enough() {
        for text in [
            "my charger is on fire!",
            "@acme the charger caught fire",
            "My phone is burning",
            "my charger is on fire what do I do?!",
            "mijn oplader staat in de fik",
            "Mon chargeur a pris feu",
            "Il caricabatterie è in fiamme",
            "mi cargador se está quemando",
            "o meu carregador está a arder",
            "laderen min tok fyr",
            "зарядка загорелась",
            "充電器が燃えています",
        ] {
            let found = judged(text);
            assert_eq!((found.level, found.intent), (Level::P1, Intent::SafetyLegal), "{text}");
            assert!(found.urgency >= 80 && found.needs_answer, "{text}");
            assert_eq!(found.reasons[0].what, "danger", "{text}");
            assert_eq!(found.reasons.iter().map(|r| r.weight).sum::<i32>(), i32::from(found.urgency));
        }
    }

    #[test]
    fn play_and_what_is_only_supposed_are_no_fire() {
        for text in [
            "this song is on fire",
            "you guys are on fire today!",
            "What if my battery is on fire?",
            "my phone. The team is on fire",
            "my charger is not on fire lol",
            "my phone is burning through its battery",
        ] {
            assert!(judged(text).level > Level::P1, "{text}");
        }
    }
}
