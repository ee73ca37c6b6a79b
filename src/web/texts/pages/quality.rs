//! The words about the quality of answers.

use super::super::texts;

texts! { QualityTexts;
    quality: "Quality", "Kwaliteit";
    hint: "A few answers of each week, drawn by chance. A colleague scores them; whose answer it is sees that first and may say one line. Others see averages of five people or more, never names.",
        "Een paar antwoorden per week, door het lot gekozen. Een collega beoordeelt ze; van wie het antwoord is, ziet dat het eerst en mag er één regel over zeggen. Anderen zien gemiddelden van vijf mensen of meer, nooit namen.";
    to_score: "To score", "Te beoordelen";
    to_score_none: "Nothing waits for you.", "Er wacht niets op je.";
    asked: "The customer wrote", "De klant schreef";
    answered: "The answer", "Het antwoord";
    until: "until", "tot";
    word: "A word about it; may be empty", "Een woord erover; mag leeg";
    choose: "choose", "kies";
    score: "Save the score", "Score bewaren";
    mine: "My answers", "Mijn antwoorden";
    mine_none: "None of your answers was scored yet.", "Nog geen van je antwoorden is beoordeeld.";
    seen_press: "I have seen it", "Gezien";
    seen_line: "One line to it; may be empty", "Eén regel daarbij; mag leeg";
    seen_at: "seen", "gezien";
    scored_by: "scored by", "beoordeeld door";
    averages: "Averages of four weeks", "Gemiddelden van vier weken";
    averages_none: "Nothing was scored, or nobody has seen it yet.", "Er is niets beoordeeld, of nog niemand heeft het gezien.";
    criterion: "Criterion", "Criterium";
    answers: "Answers", "Antwoorden";
    people: "People", "Mensen";
    mean: "Average", "Gemiddelde";
    too_few: "fewer than five people", "minder dan vijf mensen";
    too_few_left: "fewer than five people beside the brands that tell their own", "minder dan vijf mensen naast de merken met een eigen cijfer";
    of: "of", "van";
    noted: "Noted.", "Genoteerd.";
    already: "Somebody had done that already.", "Dat had iemand al gedaan.";
    criterion_understood: "understood", "begrepen";
    criterion_solved: "solved", "opgelost";
    criterion_tone: "tone", "toon";
    criterion_language: "language", "taal";
    about_understood: "The question behind the words was understood.", "De vraag achter de woorden is begrepen.";
    about_solved: "The customer can go on with it, or knows what comes and when.", "De klant kan ermee verder, of weet wat er komt en wanneer.";
    about_tone: "It fits this customer and this brand.", "Het past bij deze klant en dit merk.";
    about_language: "It is short, plain and without mistakes.", "Het is kort, helder en zonder fouten.";
}

impl QualityTexts {
    /// A criterion of the ready-made card.
    pub fn criterion(&self, name: &str) -> Option<&'static str> {
        self.named(&format!("criterion_{name}"))
    }

    /// What a criterion of the ready-made card asks.
    pub fn about(&self, name: &str) -> Option<&'static str> {
        self.named(&format!("about_{name}"))
    }
}
