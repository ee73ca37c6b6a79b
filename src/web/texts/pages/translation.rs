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
    no_private: "messages of private channels are not sent to the service.", "berichten uit privékanalen gaan niet naar de dienst.";
    no_cover: "the settings do not have this brand or platform translated.", "volgens de instellingen wordt dit merk of platform niet vertaald.";
    too_long: "it is longer than 5,000 characters.", "het is langer dan 5.000 tekens.";
    too_personal: "it holds too much personal data.", "er staan te veel persoonsgegevens in.";
    busy: "somebody else is having it translated; look again in a moment.", "iemand anders laat het al vertalen; kijk zo nog eens.";
    no_language: "the customer's language is not known.", "de taal van de klant is niet bekend.";
    no_words: "there are no words to translate.", "er zijn geen woorden om te vertalen.";
    refused: "the service refuses it. A lead finds more on the page Sources and by the doctor.", "de dienst weigert het. Een lead vindt meer op de pagina Bronnen en met de doctor.";
    away: "the service does not answer; try again in a minute.", "de dienst antwoordt niet; probeer het over een minuut nog eens.";
    resting: "too many were asked for in the last minute; try again soon.", "er zijn er de laatste minuut te veel gevraagd; probeer het zo nog eens.";
    used: "Translated this month", "Vertaald deze maand";
    characters: "characters", "tekens";
    of: "of", "van";
    used_up: "The limit of this month is reached: nothing more is translated until the next.", "De limiet van deze maand is bereikt: tot de volgende wordt er niets meer vertaald.";
}
