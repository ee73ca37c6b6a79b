//! The words about goodwill and formal complaints.

super::texts! { GivenTexts;
    goodwill: "Goodwill", "Coulance";
    give: "Give goodwill", "Coulance geven";
    what: "What", "Wat";
    amount: "How much", "Hoeveel";
    approve: "Approve", "Goedkeuren";
    refuse: "Refuse", "Weigeren";
    take_back: "It was not given", "Het is niet gegeven";
    goodwill_voucher: "voucher", "tegoedbon";
    goodwill_refund: "refund", "terugbetaling";
    goodwill_gift: "gift", "cadeau";
    goodwill_gesture: "gesture", "gebaar";
    goodwillstate_granted: "given", "gegeven";
    goodwillstate_asked: "waits for a second person", "wacht op een tweede persoon";
    goodwillstate_refused: "refused", "geweigerd";
    goodwillstate_taken_back: "taken back", "teruggenomen";
    event_goodwill: "gave goodwill", "gaf coulance";
    event_goodwill_asked: "asks to give goodwill", "vraagt coulance te geven";
    event_goodwill_approved: "approved goodwill", "keurde coulance goed";
    event_goodwill_refused: "refused goodwill", "weigerde coulance";
    event_goodwill_taken_back: "took goodwill back", "nam coulance terug";
    goodwill_hint: "What was given to customers, and what waits for somebody who may approve it.",
        "Wat klanten kregen, en wat wacht op iemand die het mag goedkeuren.";
    complaint: "Formal complaint", "Formele klacht";
    complaints: "Formal complaints", "Formele klachten";
    complaints_hint: "Made in this period: when the customer had our word, what was decided, and whether that was in time.",
        "Gedaan in deze periode: wanneer de klant bericht had, wat er besloten is, en of dat op tijd was.";
    made: "made", "gedaan";
    acknowledged: "acknowledged", "bevestigd";
    acknowledge: "The customer has our word that we have it", "De klant heeft bericht dat we hem hebben";
    decide: "Decide", "Beslissen";
    decided: "decided", "beslist";
    outcome: "Outcome", "Uitkomst";
    mark: "Mark as a formal complaint", "Markeer als formele klacht";
    unmark: "It is none", "Het is er geen";
    outcome_upheld: "upheld", "gegrond";
    outcome_partly: "partly upheld", "deels gegrond";
    outcome_not_upheld: "not upheld", "ongegrond";
    outcome_withdrawn: "withdrawn", "ingetrokken";
    event_complaint: "marked it as a formal complaint", "markeerde het als formele klacht";
    event_complaint_acknowledged: "gave our word that we have the complaint", "gaf bericht dat we de klacht hebben";
    event_complaint_decided: "decided the complaint", "besliste over de klacht";
    event_complaint_unmarked: "said that it is no formal complaint", "zei dat het geen formele klacht is";
    clock_complaint_acknowledge: "word that we have the complaint", "bericht dat we de klacht hebben";
    clock_complaint_decision: "decision on the complaint", "beslissing over de klacht";
    none: "Nothing in this period.", "Niets in deze periode.";
    case: "Case", "Zaak";
    when: "When", "Wanneer";
    state: "State", "Stand";
    registerstate_kept: "in time", "op tijd";
    registerstate_late: "late", "te laat";
    registerstate_running: "running", "loopt";
    registerstate_overdue: "overdue", "over tijd";
    registerstate_none: "none", "geen";
}
