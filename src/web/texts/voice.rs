//! The words about asking customers afterwards, and about thanking them.

super::texts! { VoiceTexts;
    survey: "Would they recommend", "Bevelen ze aan";
    survey_hint: "One question in private after a case ended: 1 to 10. 9 and 10 are promoters, 1 to 6 detractors; the score is the first less the second, in percent points.",
        "Eén vraag in privé nadat een zaak eindigde: 1 tot 10. 9 en 10 zijn promotors, 1 tot 6 criticasters; de score is het eerste min het tweede, in procentpunten.";
    survey_none: "Nobody was asked in this period.", "In deze periode is niemand gevraagd.";
    score: "Score (95 %)", "Score (95 %)";
    asked: "Asked", "Gevraagd";
    answered: "Answered", "Beantwoord";
    promoters: "9–10", "9–10";
    passives: "7–8", "7–8";
    detractors: "1–6", "1–6";
    by_solved: "By who solved it", "Per wie het oploste";
    by_language: "By language", "Per taal";
    by_level: "By level", "Per niveau";
    by_channel: "By channel", "Per kanaal";
    worded: "Answers in words", "Antwoorden in woorden";
    complained: "With something that needed an answer", "Met iets dat een antwoord vroeg";
    not_asked: "Not asked", "Niet gevraagd";
    notasked_no_answer: "got no answer", "kregen geen antwoord";
    notasked_left: "left before it was solved", "vertrokken voor het opgelost was";
    notasked_not_private: "no private channel", "geen privékanaal";
    notasked_cool_down: "asked a short while ago", "kort geleden gevraagd";
    notasked_busy: "peak", "piek";
    notasked_unwanted: "erased, object, or a protocol ran", "gewist, hebben bezwaar, of er liep een protocol";
    notasked_no_way: "the platform lets us not write", "het platform laat ons niet schrijven";
    notasked_no_words: "no words in their language", "geen tekst in hun taal";
    thanks: "Thank-you list", "Bedanklijst";
    thanks_hint: "A few cases a day that deserve a card: kind words, long patience, a broken promise that was solved, a promoter. Whoever writes the card marks it.",
        "Een paar zaken per dag die een kaartje verdienen: vriendelijke woorden, lang geduld, een gebroken belofte die opgelost werd, een promotor. Wie het kaartje schrijft, vinkt het af.";
    thanks_none: "Nothing on the list yet. It is drawn each day, not on peak days.",
        "Nog niets op de lijst. Die wordt elke dag gemaakt, niet op piekdagen.";
    thanks_write: "Written by me", "Door mij geschreven";
    thanks_written: "Card written", "Kaartje geschreven";
    why_promoter: "would recommend us", "beveelt ons aan";
    why_promise_broken: "a promise was broken, and it was solved", "een belofte was gebroken, en het is opgelost";
    why_patience: "long patience", "lang geduld";
    why_compliment: "kind words", "vriendelijke woorden";
    gesture: "Gesture", "Gebaar";
    gesture_card: "card", "kaartje";
    gesture_flowers: "flowers", "bloemen";
    gesture_voucher: "voucher", "tegoedbon";
    gesture_words: "What was written; may be empty", "Wat er geschreven werd; mag leeg";
    gesture_amount: "Amount", "Bedrag";
    gesture_currency: "Currency", "Munt";
    gesture_save: "Write it down", "Vastleggen";
    event_survey_asked: "asked whether they would recommend us", "vroeg of ze ons aanbevelen";
    event_survey_answer: "answered the survey", "beantwoordde de vraag achteraf";
    handed_survey: "question afterwards", "vraag achteraf";
}
