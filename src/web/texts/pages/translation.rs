//! The words about translation.

use super::super::texts;

texts! { TranslationTexts;
    translate: "Translate", "Vertalen";
    machine: "Machine translation", "Machinevertaling";
    from: "from", "uit het";
    by: "by", "door";
    masked: "Personal data and handles were left out before it was sent.", "Persoonsgegevens en accountnamen zijn vooraf weggelaten.";
    hint: "The original above is what counts.", "Het origineel hierboven telt.";
    draft: "Translate my words into the customer's language", "Mijn woorden vertalen naar de taal van de klant";
    draft_there: "These are your words, translated by a machine. Nothing was sent: read and change them before you do.", "Dit zijn je woorden, vertaald door een machine. Er is niets verstuurd: lees ze na en pas ze aan voordat je dat doet.";
    draft_own: "Your own words", "Je eigen woorden";
    draft_lost: "Personal data got lost on the way: put it back by hand.", "Persoonsgegevens zijn onderweg verloren gegaan: zet ze zelf terug.";
    failed: "Not translated:", "Niet vertaald:";
    used: "Translated this month", "Vertaald deze maand";
    characters: "characters", "tekens";
    of: "of", "van";
    used_up: "The limit of this month is reached: nothing more is translated until the next.", "De limiet van deze maand is bereikt: tot de volgende wordt er niets meer vertaald.";
}
