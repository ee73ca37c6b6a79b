//! Why an action waits, was not sent, or what is known of one of which nobody can tell.

use super::Sentence;

/// What the outbox, the answers and the platforms of the open web say.
pub const OUTBOX: &[Sentence] = &[
    // What the outbox itself writes down.
    ("the part before it was called off", "het deel ervoor is teruggetrokken"),
    ("the part before it was left", "het deel ervoor is niet verstuurd"),
    ("the id of the part before it is not known", "het nummer van het deel ervoor is niet bekend"),
    ("its author removed the post", "de schrijver heeft het bericht verwijderd"),
    ("of before a restore", "van voor het terugzetten van een reservekopie"),
    (
        "restored from a backup: it may have gone already; look before it goes",
        "teruggezet uit een reservekopie: het kan al weg zijn; kijk eerst voor het gaat",
    ),
    ("called off before it was sent", "teruggetrokken voor het weg was"),
    ("the post is gone, or the case is over", "het bericht is weg, of de zaak is klaar"),
    ("not sent within a day; {}", "niet binnen een dag verstuurd; {}"),
    ("told by another channel", "via een ander kanaal verteld"),
    (
        "the process that sent it vanished before the answer came",
        "het proces dat het verstuurde verdween voor er antwoord kwam",
    ),
    (
        "all sending was stopped before anything of it left",
        "al het versturen is gestopt voor er iets van weg was",
    ),
    ("somebody else has the case now", "iemand anders heeft de zaak nu"),
    ("seen on the platform", "gezien op het platform"),
    ("the case is no longer tied to the ticket", "de zaak hangt niet meer aan het ticket"),
    ("they object", "de klant maakt bezwaar"),
    ("a protocol runs", "er loopt een protocol"),
    ("somebody stopped the rest", "iemand heeft de rest gestopt"),
    ("the customer wrote again", "de klant schreef opnieuw"),
    ("no answer within {}", "geen antwoord binnen {}"),
    ("the deliverer gave no outcome", "er is geen uitkomst gegeven"),
    ("nobody can look this up", "dit kan niemand opzoeken"),
    ("the platform could not be looked at", "het platform kon niet bekeken worden"),
    // What answering says.
    ("the account cannot answer any more", "het account kan niet meer antwoorden"),
    ("what it is about is no longer stored", "waar het over gaat is niet meer bewaard"),
    ("its text is no longer stored", "de tekst is niet meer bewaard"),
    ("taking this measure twice does no harm", "deze maatregel twee keer nemen kan geen kwaad"),
    // What the platforms of the open web say.
    ("the server asks for fewer calls", "de server vraagt om minder verzoeken"),
    ("the forum asks for fewer calls", "het forum vraagt om minder verzoeken"),
    ("the Bot API asks for fewer messages", "de Bot API vraagt om minder berichten"),
    (
        "our own limit of messages a second is reached",
        "onze eigen grens van berichten per seconde is bereikt",
    ),
    ("the Bot API does not know the token", "de Bot API kent het token niet"),
    ("an account has no such measure", "een account kent die maatregel niet"),
    ("a forum has no such measure", "een forum kent die maatregel niet"),
    ("this platform has no such measure", "dit platform kent die maatregel niet"),
    ("a private message cannot be moderated", "een privébericht kan niet gemodereerd worden"),
    ("its author has removed it", "de schrijver heeft het verwijderd"),
    ("the post is gone, or hidden from this account", "het bericht is weg, of verborgen voor dit account"),
    ("the forum does not know the post any more", "het forum kent het bericht niet meer"),
    (
        "the post that it answers is gone, and its topic with it",
        "het beantwoorde bericht is weg, en het onderwerp erbij",
    ),
    ("our own post, on which it goes, is gone", "ons eigen bericht, waar dit op volgt, is weg"),
    ("this is no post of Bluesky", "dit is geen bericht van Bluesky"),
    ("this is no answer to a post of Bluesky", "dit is geen antwoord op een bericht van Bluesky"),
    (
        "another post stands under the key of this answer",
        "onder de sleutel van dit antwoord staat een ander bericht",
    ),
    (
        "nothing stands under its key, and a key is written once",
        "onder de sleutel staat niets, en een sleutel wordt één keer beschreven",
    ),
    ("what stood under its key is gone", "wat onder de sleutel stond is weg"),
    ("what stands under its key could not be read", "wat onder de sleutel staat is niet te lezen"),
    ("the server's answer was too large", "het antwoord van de server was te groot"),
    ("the server's answer names no record", "het antwoord van de server noemt geen bericht"),
    ("the service's answer names no message", "het antwoord van de dienst noemt geen bericht"),
    ("it was answered, but with no message", "er kwam antwoord, maar zonder bericht"),
    (
        "Telegram shows a bot nothing of what it sent; look into the chat",
        "Telegram toont een bot niets van wat het stuurde; kijk in de chat",
    ),
    ("what is answered is no message of this bot", "wat beantwoord wordt is geen bericht aan deze bot"),
    ("the settings name no server that sends", "de instellingen noemen geen server die verstuurt"),
    (
        "Pixelfed takes no posts that only the people named in them can read",
        "Pixelfed neemt geen berichten die alleen de genoemde mensen kunnen lezen",
    ),
    ("the server still works on a file of it", "de server werkt nog aan een bestand ervan"),
    ("its sender has no address that somebody reads", "de afzender heeft geen adres dat iemand leest"),
    (
        "its author has no handle that can be addressed",
        "de schrijver heeft geen accountnaam om aan te spreken",
    ),
    ("its author has no name that can be addressed", "de schrijver heeft geen naam om aan te spreken"),
    // Why an answer did not arrive.
    ("could not be delivered: {} ({})", "kon niet bezorgd worden: {} ({})"),
    ("there is no such address", "dat adres bestaat niet"),
    ("the mailbox is full or takes no more", "de mailbox is vol of neemt niets meer aan"),
    ("their mail system refused it", "hun mailsysteem weigerde het"),
    ("their mail system gave up", "hun mailsysteem gaf het op"),
    (
        "more than 24 hours have passed since the customer's last message",
        "het laatste bericht van de klant is meer dan 24 uur oud",
    ),
    (
        "the customer cannot be reached there: not there any more, an old version, or they blocked us",
        "de klant is daar niet te bereiken: er niet meer, een oude versie, of wij zijn geblokkeerd",
    ),
    (
        "the platform held it back, so that people hear less from businesses",
        "het platform hield het tegen, opdat mensen minder van bedrijven horen",
    ),
    ("the platform has restricted our account", "het platform heeft ons account beperkt"),
    ("the platform wants the business's payment settled", "het platform wil eerst de rekening betaald zien"),
    (
        "a kind of message that cannot be sent to this customer",
        "een soort bericht die deze klant niet kan krijgen",
    ),
    ("no such template is approved in that language", "in die taal is zo'n sjabloon niet goedgekeurd"),
    (
        "the template is not taken as it was filled in, or it is paused",
        "het sjabloon wordt zo ingevuld niet aangenomen, of is gepauzeerd",
    ),
    ("the number is not registered", "het nummer is niet geregistreerd"),
    ("too many messages to this customer in a short time", "te veel berichten aan deze klant in korte tijd"),
    ("too many messages in a short time", "te veel berichten in korte tijd"),
    ("the token is not valid any more", "het token is niet meer geldig"),
    ("the token lacks a right", "het token mist een recht"),
    ("the platform refused it", "het platform weigerde het"),
];

#[cfg(test)]
mod tests {
    use super::OUTBOX;
    use crate::domain::letter::Undelivered;
    use crate::dutch::said;

    /// Every sentence that stands in quotes behind `before` in a source.
    fn behind(source: &str, before: &str) -> Vec<String> {
        let until = before.chars().next_back().unwrap_or('"');
        let source = source.split("#[cfg(test)]").next().unwrap_or_default();
        let found = source.split(before).skip(1).filter_map(|rest| rest.split(until).next());
        found.filter(|text| !text.is_empty()).map(ToOwned::to_owned).collect()
    }

    #[test]
    fn why_an_answer_did_not_arrive_has_its_dutch() {
        let words = |status: &str| {
            let told = Undelivered { of: String::new(), failed: true, status: status.to_owned() }.words();
            said(&[OUTBOX], &told, &|_| None).unwrap_or_default()
        };
        assert_eq!(words("5.1.1"), "kon niet bezorgd worden: dat adres bestaat niet (5.1.1)");
        let numbers =
            ["131047", "551", "130472", "368", "131042", "131051", "132001", "132000", "133010", "131056"];
        for status in ["5.2.2", "5.7.1", "5.0.0", "4", "190", "10", "7"].into_iter().chain(numbers) {
            let why = Undelivered { of: String::new(), failed: true, status: status.to_owned() }.words();
            let why = why.trim_start_matches("could not be delivered: ").to_owned();
            let dutch = words(status);
            assert!(dutch.starts_with("kon niet") && !dutch.contains(&why), "{status}: {dutch}");
        }
    }

    #[test]
    fn what_the_store_writes_down_of_actions_has_its_dutch() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
        let mut seen = 0;
        for file in ["part.rs", "outbox.rs", "outbox/before.rs"] {
            let source = std::fs::read_to_string(root.join(file)).unwrap();
            for text in behind(&source, "detail = '") {
                let text = text.trim_end_matches("; ");
                let known = OUTBOX.iter().any(|(en, _)| *en == text || en.strip_suffix("; {}") == Some(text));
                assert!(known, "{file}: '{text}' has no Dutch");
                seen += 1;
            }
        }
        assert!(seen >= 8, "{seen} found: what it looks for has changed");
    }
}
