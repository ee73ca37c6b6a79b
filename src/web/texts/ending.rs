//! The words about how a case ended that is the front office's to solve.

super::texts! { EndingTexts;
    ending: "How it ended", "Hoe het afliep";
    ending_hint: "Filled in from the tickets and our answers; change what is not so.",
        "Ingevuld aan de hand van de tickets en onze antwoorden; verander wat niet klopt.";
    ending_save: "Put right", "Verbeter";
    ending_none: "not said", "niet gezegd";
    ended_solved: "Who solved it", "Wie het oploste";
    ended_back_door: "Why they came to us", "Waarom ze bij ons kwamen";
    ended_difference: "If we solved it: why we could", "Als wij het oplosten: waarom wij het konden";
    event_ending: "said how it ended", "zei hoe het afliep";
    solved_not_theirs: "not the front office's to solve", "niet aan de frontoffice om op te lossen";
    solved_front_office: "the front office, with a ticket", "de frontoffice, met een ticket";
    solved_webcare_linked: "webcare, tied to a ticket", "webcare, gekoppeld aan een ticket";
    solved_webcare_unregistered: "webcare, and no ticket knew of it", "webcare, en geen ticket wist ervan";
    back_door_no_answer: "no answer", "geen antwoord";
    back_door_waited_too_long: "waited too long", "te lang gewacht";
    back_door_promise_broken: "a promise was broken", "een belofte is gebroken";
    back_door_pillar_to_post: "sent from pillar to post", "van het kastje naar de muur gestuurd";
    back_door_wrong_data: "wrong data", "verkeerde gegevens";
    back_door_outcome_not_accepted: "did not accept the outcome", "niet eens met de uitkomst";
    back_door_channel_hard_to_find: "the channel is hard to find", "het kanaal is moeilijk te vinden";
    back_door_habit: "habit", "gewoonte";
    back_door_other: "something else", "iets anders";
    difference_mandate: "may decide more", "mag meer beslissen";
    difference_system_access: "access to a system", "toegang tot een systeem";
    difference_knowledge: "knowledge", "kennis";
    difference_wrong_data_corrected: "wrong data put right", "verkeerde gegevens verbeterd";
    difference_goodwill: "goodwill", "coulance";
    difference_time: "time", "tijd";
    difference_supplier: "reached the supplier", "bereikte de leverancier";
    difference_other: "something else", "iets anders";
}
