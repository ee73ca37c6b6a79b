//! Danger in the plainest words: a thing and that it burns, somebody and that they are hurt, in one sentence, and a few
//! phrases that need nothing before them, in ten languages.
//!
//! Learned weights know danger by all that people write about it; of a handful of words they are never sure. Whoever
//! writes no more than that has no time to write more. Nothing is believed that is denied, past, supposed, asked, told as
//! a joke or as praise.

use super::borders;
use super::concepts;
use super::lexicon::{self, Found, Set};
use super::verdict::Verdict;
use crate::domain::judgement::{Intent, Level};
use aho_corasick::{AhoCorasick, MatchKind};
use std::sync::LazyLock;

/// How far behind a thing or somebody it may be said what happens to them, in bytes.
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
/// Who may be hurt.
const PEOPLE: &str = "kid | child | son | daughter | baby | toddler | boy | girl | wife | husband | mother | mum | mom \
    | father | dad | grandma | grandmother | grandpa | grandfather | girlfriend | boyfriend | passenger \
    | kind | zoon | zoontje | dochter | dochtertje | peuter | vrouw | man | moeder | vader | oma | opa \
    | passagier | sohn | tochter | frau | mann | mutter | vater | enfant | fils | fille | bébé | femme \
    | mari | mère | père | grand-mère | grand-père | figlio | figlia | bambino | bambina | bimbo | bimba \
    | moglie | marito | madre | mamma | padre | papà | nonna | nonno | hijo | hija | niño | niña | mujer \
    | marido | abuela | abuelo | filho | filha | criança | mulher | mãe | pai | avó | avô | sønn \
    | sønnen | datter | datteren | barnet | babyen | kona | mannen | mor | far | bestemor | сын | сына \
    | дочь | ребёнок | малыш | жена | муж | мама | мать | папа | отец | бабушка | дедушка | 子ども | 子供 \
    | 息子 | 娘 | 赤ちゃん | 母 | 父 | 妻 | 夫";
/// That somebody is hurt.
const HARMED: &str = "swallowed a | swallowed the | swallowed one | is unconscious | is choking | was electrocuted \
    | got electrocuted | ingeslikt | is bewusteloos | is buiten bewustzijn | verschluckt \
    | ist bewusstlos | a avalé | est inconscient | est inconsciente | s'étouffe | ha ingoiato \
    | ha inghiottito | è svenuto | è svenuta | se ha tragado | se tragó | está inconsciente | engoliu \
    | desmaiou | svelget | er bevisstløs | проглотил | проглотила | без сознания | 飲み込みました | 飲み込んだ \
    | 飲み込んでしまった | 飲み込んでしまいました";
/// The same in words that deny something themselves.
const BREATHLESS: &str = "is not breathing | isn't breathing | can't breathe | cannot breathe | stopped breathing | ademt niet \
    | krijgt geen lucht | atmet nicht | bekommt keine luft | ne respire pas | ne respire plus \
    | non respira | no respira | no puede respirar | não respira | não consegue respirar | puster ikke \
    | не дышит | 息をしていない | 息をしていません | 呼吸していない | 意識がない | 意識がありません";
/// What is danger by itself.
const WHOLE: &str = "stuck in the elevator | stuck in your elevator | stuck in the lift | stuck in your lift \
    | trapped in the elevator | trapped in the lift | trapped in your elevator | smells like gas \
    | smells of gas | smell of gas | vast in de lift | vast in jullie lift | ruikt naar gas | gaslucht \
    | im aufzug fest | im aufzug eingeschlossen | riecht nach gas | coincés dans l'ascenseur \
    | coincé dans l'ascenseur | coincée dans l'ascenseur | bloqués dans l'ascenseur | sent le gaz \
    | bloccati in ascensore | bloccato in ascensore | bloccata in ascensore | bloccati nell'ascensore \
    | odore di gas | atrapados en el ascensor | atrapado en el ascensor | atrapada en el ascensor \
    | encerrados en el ascensor | huele a gas | presos no elevador | presa no elevador \
    | preso no elevador | cheiro a gás | cheiro de gás | cheira a gás | fast i heisen | lukter gass \
    | застряли в лифте | застрял в лифте | застряла в лифте | пахнет газом | エレベーターに閉じ込められ | ガス臭い \
    | ガスの臭い";
/// Concepts beside which it is not believed.
const UNBELIEVED: Set = concepts::set(&[
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
]);
const NEGATION: Set = concepts::set(&["negation"]);
const QUESTION: Set = concepts::set(&["question"]);
const HELP: Set = concepts::set(&["help"]);

/// What a word does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Thing,
    Burns,
    Person,
    Harmed,
    Breathless,
    Whole,
}

impl Role {
    /// Whether the word tells that something happens, not only to what or whom.
    const fn happens(self) -> bool {
        !matches!(self, Self::Thing | Self::Person)
    }
}

struct Words {
    automaton: Option<AhoCorasick>,
    /// Those words alone without which nothing happens: few texts have one.
    happens: Option<AhoCorasick>,
    /// What each word does.
    roles: Vec<Role>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let (mut words, mut roles) = (Vec::new(), Vec::new());
    for (role, list) in [
        (Role::Thing, THINGS),
        (Role::Burns, BURNS),
        (Role::Person, PEOPLE),
        (Role::Harmed, HARMED),
        (Role::Breathless, BREATHLESS),
        (Role::Whole, WHOLE),
    ] {
        for word in list.split('|').map(lexicon::normal).filter(|word| !word.is_empty()) {
            words.push(word);
            roles.push(role);
        }
    }
    let what: Vec<&String> =
        words.iter().zip(&roles).filter(|(_, role)| role.happens()).map(|(w, _)| w).collect();
    let built = |words: &[&String]| AhoCorasick::builder().match_kind(MatchKind::Standard).build(words).ok();
    let all: Vec<&String> = words.iter().collect();
    Words { automaton: built(&all), happens: built(&what), roles }
});

/// The concept of the danger that a lexical text tells, with these concepts beside it.
pub fn told(lexical: &str, found: Found) -> Option<&'static str> {
    // Most texts are done with here: they say what is not believed, or nothing that happens.
    if !is_believed(found.plain, true) {
        return None;
    }
    let words = &*WORDS;
    if !words.happens.as_ref()?.is_match(lexical) {
        return None;
    }
    let (mut thing, mut person): (Option<usize>, Option<usize>) = (None, None);
    for hit in words.automaton.as_ref()?.find_overlapping_iter(lexical) {
        let (start, end) = (hit.start(), hit.end());
        if !borders::at(lexical, start) || !borders::at(lexical, end) {
            continue;
        }
        let close = |before: Option<usize>| before.is_some_and(|from| is_close(lexical, from, start));
        let role = words.roles[hit.pattern().as_usize()];
        let happens = match role {
            Role::Thing => {
                thing = Some(end);
                false
            }
            Role::Person => {
                person = Some(end);
                false
            }
            // "my phone is burning through its battery"
            Role::Burns => {
                close(thing) && !lexical.get(end..).is_some_and(|rest| rest.starts_with(" through"))
            }
            Role::Harmed | Role::Breathless => close(person),
            Role::Whole => true,
        };
        if happens && is_believed(found.plain, role == Role::Breathless) {
            return Some(if role == Role::Burns { "fire" } else { "injury" });
        }
    }
    None
}

/// Whether nothing beside it speaks against it. Who asks what to do asks no idle question.
fn is_believed(beside: Set, denies: bool) -> bool {
    let beside = if denies { beside & !NEGATION } else { beside };
    beside & UNBELIEVED == 0 && (beside & QUESTION == 0 || beside & HELP != 0)
}

fn is_close(lexical: &str, from: usize, to: usize) -> bool {
    let between = lexical.get(from..to);
    between.is_some_and(|words| words.len() <= REACH && !words.contains(SENTENCE_ENDS))
}

/// Makes a verdict that of a danger, at the lowest urgency of its level.
pub fn raise(verdict: &mut Verdict, concept: &str) {
    if verdict.level == Level::P1 {
        return;
    }
    (verdict.level, verdict.urgency) = (Level::P1, Level::P1.band().0);
    (verdict.intent, verdict.needs_answer) = (Intent::SafetyLegal, true);
    verdict.probability = verdict.probability.max(0.5);
    verdict.found.plain |= concepts::number(concept).map_or(0, |n| 1 << n);
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
            "my kid swallowed the battery",
            "she says my mother isn't breathing",
            "mijn zoon heeft de batterij ingeslikt",
            "mon fils a avalé la pile",
            "mio figlio ha ingoiato la pila",
            "mi hijo se ha tragado la pila",
            "meu filho engoliu a pilha",
            "sønnen min svelget batteriet",
            "мой сын проглотил батарейку",
            "子どもが電池を飲み込みました",
            "we are stuck in the elevator",
            "it smells like gas here",
        ] {
            let found = judged(text);
            assert_eq!((found.level, found.intent), (Level::P1, Intent::SafetyLegal), "{text}");
            assert!(found.urgency >= 80 && found.needs_answer, "{text}");
            assert_eq!(found.reasons[0].what, "danger", "{text}");
            assert_eq!(found.reasons.iter().map(|r| r.weight).sum::<i32>(), i32::from(found.urgency));
        }
    }

    #[test]
    fn play_and_what_is_only_supposed_are_no_danger() {
        for text in [
            "this song is on fire",
            "you guys are on fire today!",
            "What if my battery is on fire?",
            "my phone. The team is on fire",
            "my charger is not on fire lol",
            "my phone is burning through its battery",
            "what if my kid swallowed the battery?",
            "my son. The dog swallowed a sock",
        ] {
            assert!(judged(text).level > Level::P1, "{text}");
        }
    }
}
