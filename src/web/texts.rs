//! The words of the interface, English and Dutch side by side, so that none can be forgotten.
//!
//! A page names a text by its field; the compiler sees to it that both languages have it. Codes of the domain (states,
//! events, reasons) are looked up by name and shown as they are when a new one has no words yet.

pub mod alerts;
mod choosing;
pub mod doors;
pub mod duty;
pub mod ending;
pub mod files;
pub mod given;
pub mod incidents;
pub mod office;
pub mod people;
pub mod privacy;
pub mod private;
pub mod promises;
pub mod protocols;
pub mod reports;
pub mod tokens;
pub mod voice;

/// Words as one struct with both languages.
macro_rules! texts {
    ($name:ident; $($key:ident: $en:literal, $nl:literal;)*) => {
        /// Words of the interface in one language.
        #[derive(Debug)]
        pub struct $name {
            /// The BCP 47 tag of the language.
            pub lang: &'static str,
            $(#[doc = $en] pub $key: &'static str),*
        }

        /// English.
        pub static EN: $name = $name { lang: "en", $($key: $en),* };
        /// Dutch.
        pub static NL: $name = $name { lang: "nl", $($key: $nl),* };

        impl $name {
            pub(super) fn named(&self, key: &str) -> Option<&'static str> {
                match key {
                    $(stringify!($key) => Some(self.$key),)*
                    _ => None,
                }
            }
        }
    };
}
use texts;

texts! { Texts;
    inbox: "Inbox", "Postvak";
    outbox: "Outbox", "Uitgaand";
    sources: "Sources", "Bronnen";
    help: "Help", "Hulp";
    account: "Account", "Account";
    log_in: "Log in", "Inloggen";
    log_out: "Log out", "Uitloggen";
    skip: "Skip to the content", "Naar de inhoud";
    login: "Login name", "Inlognaam";
    password: "Password", "Wachtwoord";
    login_wrong: "Login or password is wrong.", "Inlognaam of wachtwoord klopt niet.";
    login_again: "Please log in first.", "Log eerst in.";
    link_title: "Log in with your link", "Inloggen met je link";
    link_hint: "This link works once. Press the button to log in on this device.",
        "Deze link werkt één keer. Druk op de knop om op dit apparaat in te loggen.";
    link_bad: "This link was used already or is too old. Ask for a new one.", "Deze link is al gebruikt of te oud. Vraag een nieuwe.";
    password_title: "Set a password", "Wachtwoord instellen";
    password_now: "Present password", "Huidig wachtwoord";
    password_new: "New password", "Nieuw wachtwoord";
    password_hint: "15 to 256 characters; a few words in a row are easy to remember.",
        "15 tot 256 tekens; een paar woorden achter elkaar onthoud je goed.";
    password_set: "The password is set.", "Het wachtwoord is ingesteld.";
    password_none: "You have no password yet. Without one you need a new link each time.",
        "Je hebt nog geen wachtwoord. Zonder heb je elke keer een nieuwe link nodig.";
    save: "Save", "Bewaren";
    role: "Role", "Rol";
    too_many: "Too many tries. Come again in", "Te veel pogingen. Kom terug over";
    no_brands: "No brand is watched yet. Add one to the settings.", "Er wordt nog geen merk gevolgd. Voeg er een toe aan de instellingen.";
    lane_all: "All", "Alles";
    lane_mine: "Mine", "Van mij";
    lane_unclaimed: "Unclaimed", "Niet opgepakt";
    lane_late: "Late", "Te laat";
    lane_waiting: "Waiting", "Wachtend";
    lane_snoozed: "Snoozed", "Gesnoozed";
    lane_held: "Left to members", "Aan leden gelaten";
    held_until: "left to members until", "aan leden gelaten tot";
    solution_marked: "marked as solved", "als opgelost gemarkeerd";
    solution_hint: "An answer in this topic was marked as its solution.", "Een antwoord in dit topic is als oplossing gemarkeerd.";
    solution_reason: "solved in the forum", "opgelost op het forum";
    event_left_to_members: "left to the members first", "eerst aan de leden gelaten";
    event_solution_marked: "the topic was marked as solved", "het topic is als opgelost gemarkeerd";
    lane_no_answer: "No answer needed", "Geen antwoord nodig";
    all_brands: "All brands", "Alle merken";
    brand: "Brand", "Merk";
    lanes: "Lanes", "Stapels";
    empty: "Nothing here. Enjoy the quiet.", "Niets hier. Geniet van de rust.";
    next_page: "Next page", "Volgende pagina";
    first_page: "First page", "Eerste pagina";
    case: "Case", "Zaak";
    level: "Level", "Niveau";
    message: "Message", "Bericht";
    state: "State", "Stand";
    time_left: "Time left", "Resterend";
    left: "left", "over";
    late: "late", "te laat";
    no_deadline: "no deadline", "geen termijn";
    sample: "sample", "voorbeeld";
    historic: "history", "historie";
    private: "private", "privé";
    nobody: "nobody", "niemand";
    claimed_by: "with", "bij";
    removed: "Removed by its author.", "Door de schrijver verwijderd.";
    no_text: "The words are no longer kept.", "De tekst wordt niet meer bewaard.";
    masked: "hidden", "verborgen";
    unmask: "Show personal data", "Persoonsgegevens tonen";
    unmask_hint: "Personal data is hidden until you claim the case.", "Persoonsgegevens zijn verborgen tot je de zaak oppakt.";
    hidden_char: "hidden character", "onzichtbaar teken";
    us: "us", "wij";
    us_unanswered: "us, not to this customer", "wij, niet aan deze klant";
    edited: "edited", "bewerkt";
    conversation: "Conversation", "Gesprek";
    older: "Older messages are not shown.", "Oudere berichten worden niet getoond.";
    open_there: "Open on the platform", "Openen op het platform";
    why: "Why this urgency", "Waarom deze urgentie";
    urgency: "Urgency", "Urgentie";
    clocks: "Clocks", "Klokken";
    due: "due", "uiterlijk";
    none_running: "No clock runs.", "Er loopt geen klok.";
    fell_due: "Warnings and breaches", "Waarschuwingen en overschrijdingen";
    annulled: "annulled, the answer was there in time", "vervallen, het antwoord was er op tijd";
    timeline: "Timeline", "Tijdlijn";
    sent: "Messages and alerts sent for this case", "Berichten en meldingen bij deze zaak";
    acts: "What to do", "Wat te doen";
    act_claim: "Claim", "Oppakken";
    act_release: "Give back", "Teruggeven";
    act_wait: "Wait for customer", "Wachten op klant";
    act_front: "Wait for front office", "Wachten op frontoffice";
    act_resolve: "Resolve", "Oplossen";
    act_dismiss: "Dismiss", "Afwijzen";
    act_reopen: "Reopen", "Heropenen";
    reason_resolve: "How it was solved (optional)", "Hoe opgelost (mag leeg)";
    reason_dismiss: "Why this is not for us", "Waarom dit niet voor ons is";
    stale: "The case has changed since you saw it. Look at what is new, then press again if it still holds.",
        "De zaak is veranderd sinds je haar zag. Kijk wat nieuw is en druk opnieuw als het nog klopt.";
    changed: "This case has changed.", "Deze zaak is veranderd.";
    reload: "Show the changes", "Toon de wijzigingen";
    twice: "This form was sent already.", "Dit formulier was al verstuurd.";
    only_read: "You may look, but not change anything.", "Je mag kijken, maar niets wijzigen.";
    previous: "Earlier case", "Eerdere zaak";
    state_new: "new", "nieuw";
    state_working: "working", "in behandeling";
    state_waiting_customer: "waiting for customer", "wacht op klant";
    state_waiting_front_office: "waiting for front office", "wacht op frontoffice";
    state_waiting_private: "waiting for private talk", "wacht op privégesprek";
    state_resolved: "resolved", "opgelost";
    state_closed: "closed", "gesloten";
    state_dismissed: "dismissed", "afgewezen";
    event_removed: "the customer removed a message", "de klant verwijderde een bericht";
    event_answer_removed: "our answer was removed", "ons antwoord is verwijderd";
    event_answer_queued: "answered", "beantwoord";
    event_answer_undone: "called an answer back", "haalde een antwoord terug";
    event_note: "noted", "noteerde";
    event_snooze: "snoozed", "gesnoozed";
    event_moderated: "moderated", "gemodereerd";
    event_opened: "opened", "geopend";
    event_edited: "the customer edited a message", "de klant bewerkte een bericht";
    event_customer_message: "the customer wrote", "de klant schreef";
    event_answer_seen: "our answer stands on the platform", "ons antwoord staat op het platform";
    event_claim: "claimed", "opgepakt";
    event_release: "given back", "teruggegeven";
    event_await_customer: "waits for the customer", "wacht op de klant";
    event_await_front_office: "waits for the front office", "wacht op de frontoffice";
    event_await_private: "asked into a private channel", "gevraagd naar een privékanaal";
    event_resolve: "resolved", "opgelost";
    event_close: "closed", "gesloten";
    event_dismiss: "dismissed", "afgewezen";
    event_reopen: "reopened", "heropend";
    event_no_reply: "the customer did not answer", "de klant antwoordde niet";
    event_warned: "warned", "gewaarschuwd";
    event_broken: "deadline missed", "termijn gemist";
    event_lapse: "the customer did not come to the private channel", "de klant kwam niet naar het privékanaal";
    who_rule: "rule", "regel";
    who_customer: "customer", "klant";
    who_front_office: "front office", "frontoffice";
    who_person: "somebody", "iemand";
    clock_first_response: "first answer", "eerste antwoord";
    clock_next_response: "next answer", "volgend antwoord";
    clock_first_resolution: "first resolution", "eerste oplossing";
    clock_total_resolution: "resolution", "oplossing";
    clock_promise: "promise", "belofte";
    clockstate_running: "running", "loopt";
    clockstate_held: "held", "staat stil";
    clockstate_kept: "kept", "gehaald";
    clockstate_broken: "broken", "niet gehaald";
    clockstate_superseded: "replaced", "vervangen";
    clockstate_lapsed: "lapsed", "verlopen";
    clockstate_void: "no longer needed", "niet meer nodig";
    intent_question: "question", "vraag";
    intent_request: "request", "verzoek";
    intent_complaint: "complaint", "klacht";
    intent_outage: "outage", "storing";
    intent_churn: "wants to leave", "wil weg";
    intent_safety_legal: "safety or legal", "veiligheid of juridisch";
    intent_compliment: "compliment", "compliment";
    intent_praise: "praise of others", "lof voor anderen";
    intent_irrelevant: "irrelevant", "niet relevant";
    intent_spam: "spam", "spam";
    rule_seen_on_platform: "seen on the platform", "gezien op het platform";
    rule_clock: "clock", "klok";
    rule_removed_by_author: "removed by its author", "door de schrijver verwijderd";
    rule_answer_removed: "our answer was removed", "ons antwoord is verwijderd";
    warning: "warning", "waarschuwing";
    breach: "deadline missed", "termijn gemist";
    action_held: "held back: waits for a person", "tegengehouden: wacht op een mens";
    action_unknown: "unknown: it may stand on the platform", "onbekend: het staat er misschien";
    action_by_hand: "must be done by hand", "moet met de hand";
    action_refused: "refused by the other side", "geweigerd door de andere kant";
    action_ready: "ready to go", "klaar om te gaan";
    action_claimed: "about to go", "gaat zo";
    action_sending: "going", "onderweg";
    action_done: "done", "gedaan";
    action_cancelled: "called off", "afgeblazen";
    outbox_hint: "What the machine may not decide alone. Look at the platform first; nothing is sent twice unless you say so.",
        "Wat de machine niet alleen mag beslissen. Kijk eerst op het platform; niets gaat twee keer uit tenzij jij het zegt.";
    stands: "It stands on the platform", "Het staat op het platform";
    send_again: "Not there: send it again", "Staat er niet: nog eens sturen";
    let_go: "Let it go", "Laat gaan";
    done_by_hand: "I have done it", "Ik heb het gedaan";
    cancel: "Leave it", "Laat zitten";
    tries: "tries", "pogingen";
    settled: "Settled.", "Afgehandeld.";
    settled_already: "Somebody settled it already.", "Iemand heeft het al afgehandeld.";
    kill_on: "All sending is stopped.", "Alle verzending is gestopt.";
    kill_stop: "Stop all sending", "Stop alle verzending";
    kill_go: "Let messages go again", "Laat berichten weer gaan";
    kill_hint: "Stops every message, alert and report at once, on every replica, and holds over restarts.",
        "Stopt direct elk bericht, elke melding en elk rapport, op elke replica, ook na een herstart.";
    source_none: "No source is configured yet, and nothing has been received.", "Er is nog geen bron ingesteld en niets ontvangen.";
    source_only: "received from", "ontvangen van";
    source_heard: "last heard", "laatst gehoord";
    source_never: "not heard yet", "nog niet gehoord";
    source_retry: "tried again", "opnieuw geprobeerd";
    sourcestate_starting: "starting", "begint";
    sourcestate_connected: "connected", "verbonden";
    sourcestate_retrying: "retrying", "probeert opnieuw";
    sourcestate_needs_token: "needs a token", "heeft een token nodig";
    sourcestate_needs_account: "needs an account", "heeft een account nodig";
    sourcestate_needs_right: "lacks a right", "mist een recht";
    sourcestate_gone: "gone", "weg";
    lack_answer: "Answers are refused since", "Antwoorden worden geweigerd sinds";
    lack_private: "Private messages are refused since", "Privéberichten worden geweigerd sinds";
    reply_blocked: "At present the platform refuses what this account sends:", "Op dit moment weigert het platform wat dit account verstuurt:";
    source_ends: "ends", "loopt af";
    source_renews: "renewed by itself, at the latest", "vernieuwt vanzelf, uiterlijk";
    source_ended: "ended", "is afgelopen";
    sourcestate_off: "off", "uit";
    deaf_refused: "Hears nothing since", "Hoort niets sinds";
    deaf_down: "Nobody listened since", "Niemand luisterde sinds";
    deaf_away: "Does not answer since", "Antwoordt niet sinds";
    deaf_silent: "Answers, but is too quiet since", "Antwoordt, maar is te stil sinds";
    received: "received", "ontvangen";
    count_mention: "mentions", "berichten";
    count_duplicate: "known already", "al bekend";
    count_own_echo: "our own", "van onszelf";
    count_filtered: "about no brand", "over geen merk";
    count_quarantined: "quarantined", "in quarantaine";
    count_waiting: "waiting", "wachtend";
    sum_right: "adds up", "klopt";
    sum_wrong: "does not add up by", "klopt niet, verschil";
    quarantine: "Quarantine", "Quarantaine";
    quarantine_hint: "Deliveries that could not be read. They are kept as they came.",
        "Leveringen die niet te lezen waren. Ze worden bewaard zoals ze kwamen.";
    quarantine_none: "Everything could be read.", "Alles was te lezen.";
    bytes: "bytes", "bytes";
    gone: "no longer kept", "niet meer bewaard";
    live_off: "Not live: the connection is gone. The page still works.", "Niet live: de verbinding is weg. De pagina werkt nog.";
    error_not_found: "There is no such page, or it is not yours to see.", "Deze pagina is er niet, of niet voor jou.";
    error_forbidden: "You may not do that.", "Dat mag je niet.";
    error_internal: "Something went wrong on our side. It has been noted.", "Er ging bij ons iets mis. Het is genoteerd.";
    error_busy: "Too much at once. Please try again in a moment.", "Te veel tegelijk. Probeer het zo nog eens.";
    error_large: "That was too large.", "Dat was te groot.";
    error_request: "The request could not be understood.", "Het verzoek was niet te begrijpen.";
    error_csrf: "This form was not made by this console or is too old. Go back, reload and try again.",
        "Dit formulier komt niet van deze console of is te oud. Ga terug, ververs en probeer opnieuw.";
    error_id: "Number of this error", "Nummer van deze fout";
    context: "context", "context";
    edited_after: "edited after our answer", "bewerkt na ons antwoord";
    new_since: "new", "nieuw";
    us_removed: "This answer of ours was removed on the platform.", "Dit antwoord van ons is op het platform verwijderd.";
    answer_this: "Answer this one", "Dit beantwoorden";
    answering: "Answers", "Antwoord op";
    reply: "Answer", "Antwoorden";
    reply_again: "Answer once more", "Nog eens antwoorden";
    reply_text: "Your answer", "Je antwoord";
    reply_with: "has this case; your answer would be refused", "heeft deze zaak; je antwoord wordt geweigerd";
    send_as: "Send as", "Stuur als";
    keep_draft: "Keep draft", "Concept bewaren";
    draft_kept: "Draft kept", "Concept bewaard";
    draft_not_kept: "The draft could not be kept; your words stand only here.", "Het concept kon niet bewaard worden; je tekst staat alleen hier.";
    preview: "As the platform will show it", "Zoals het platform het toont";
    visible: "Visible", "Zichtbaar";
    visibility_public: "to everybody", "voor iedereen";
    visibility_unlisted: "to everybody, not listed", "voor iedereen, niet in lijsten";
    visibility_private: "to followers only", "alleen voor volgers";
    visibility_direct: "to the one who is answered only", "alleen voor wie je antwoordt";
    too_long: "Too long for this platform. Shorten it; what you typed stands below.",
        "Te lang voor dit platform. Kort het in; je tekst staat hieronder.";
    not_sendable: "The platform would not take this", "Dit neemt het platform niet aan";
    personal_found: "A public answer must not hold personal data. The places are marked; take them out.",
        "Een openbaar antwoord mag geen persoonsgegevens bevatten. De plekken zijn gemarkeerd; haal ze weg.";
    personal_warn: "Holds personal data", "Bevat persoonsgegevens";
    personal_sure: "I am sure: send it with this data", "Ik weet het zeker: stuur het met deze gegevens";
    answered_already: "An answer to this message stands already or is on its way.", "Er staat al een antwoord op dit bericht, of het is onderweg.";
    answered_again: "Send another answer to the same message", "Nog een antwoord op hetzelfde bericht sturen";
    stale_reply: "The case has changed since you saw it. Nothing was sent; your words stand below.",
        "De zaak is veranderd sinds je haar zag. Er is niets verstuurd; je tekst staat hieronder.";
    author_removed: "Its author has removed this post, so it cannot be answered.",
        "De schrijver heeft dit bericht verwijderd; antwoorden kan niet meer.";
    no_account: "No account of this brand can answer on this platform. Connect one in the settings (section `sources`), or answer by hand there.",
        "Geen account van dit merk kan op dit platform antwoorden. Koppel er een in de instellingen (deel `sources`), of antwoord daar met de hand.";
    and_resolve: "And resolve", "En oplossen";
    resolve_how: "How it was solved", "Hoe opgelost";
    writing: "is writing", "schrijft";
    has_draft: "has a draft", "heeft een concept";
    on_its_way: "On its way", "Onderweg";
    leaves_in: "leaves in", "vertrekt over";
    leaves_now: "leaves now", "vertrekt nu";
    undo: "Undo", "Ongedaan maken";
    look_again: "Look again", "Opnieuw kijken";
    sent_by: "by", "door";
    snooze: "Snooze", "Snoozen";
    snoozed_until: "snoozed until", "gesnoozed tot";
    snooze_15m: "15 min", "15 min";
    snooze_1h: "1 h", "1 u";
    snooze_4h: "4 h", "4 u";
    snooze_morning: "Tomorrow 9:00", "Morgen 9:00";
    wake: "Wake it", "Weer wakker";
    note: "Note", "Notitie";
    note_text: "Note for colleagues", "Notitie voor collega's";
    moderate: "Moderate", "Modereren";
    moderate_reason: "House rule (for all that is more than a like)", "Huisregel (voor alles behalve een like)";
    measure_like: "Like", "Vind ik leuk";
    measure_unlike: "Take the like back", "Niet meer leuk vinden";
    measure_mute: "Mute the author", "Schrijver dempen";
    measure_unmute: "End the mute", "Dempen opheffen";
    measure_block: "Block the author", "Schrijver blokkeren";
    measure_unblock: "End the block", "Blokkade opheffen";
    measure_report: "Report the post", "Bericht melden";
    measure_hide: "Hide the post", "Bericht verbergen";
    measure_unhide: "Show the post again", "Bericht weer tonen";
    measure_unlist: "Take the topic out of lists", "Topic uit de lijsten halen";
    measure_relist: "Put the topic back into lists", "Topic terug in de lijsten";
    measure_remove: "Delete it there", "Daar verwijderen";
    measure_restore: "Bring it back", "Terugzetten";
    measure_silence: "Silence the author", "Schrijver het zwijgen opleggen";
    measure_unsilence: "End the silence", "Zwijgen opheffen";
    kind_reply: "answer", "antwoord";
    kind_moderate: "moderation", "moderatie";
    kind_alert: "alert", "melding";
    next: "Next case", "Volgende zaak";
    next_none: "Nothing waits for you.", "Er wacht niets op je.";
    solved_question: "Question answered", "Vraag beantwoord";
    solved_request: "Done as asked", "Gedaan zoals gevraagd";
    solved_complaint: "Put right", "Rechtgezet";
    solved_outage: "Works again", "Werkt weer";
    solved_compliment: "Thanked", "Bedankt";
    solved_explained: "Explained", "Uitgelegd";
    solved_front: "Passed on to the front office", "Doorgegeven aan de frontoffice";
    dismissed_other: "Not about us", "Gaat niet over ons";
    dismissed_spam: "Spam", "Spam";
    dismissed_double: "Already handled elsewhere", "Elders al afgehandeld";
    filter: "Filter", "Filter";
    filter_hint: "Shows only rows with these words", "Toont alleen rijen met deze woorden";
    keys: "Keys", "Toetsen";
    close: "Close", "Sluiten";
    key_n: "next case", "volgende zaak";
    key_c: "claim", "oppakken";
    key_r: "to the answer", "naar het antwoord";
    key_send: "send the answer", "antwoord versturen";
    key_m: "to the note", "naar de notitie";
    key_s: "snooze", "snoozen";
    key_x: "dismiss", "afwijzen";
    key_e: "resolve", "oplossen";
    key_u: "undo the answer", "antwoord terughalen";
    key_jk: "next and previous row", "volgende en vorige rij";
    key_filter: "to the filter", "naar het filter";
    key_help: "this list", "deze lijst";
    sign: "Signature", "Ondertekening";
    sign_hint: "Stands at the end of your answers, such as ^Jan. Empty takes it away.",
        "Staat aan het eind van je antwoorden, zoals ^Jan. Leeg haalt het weg.";
    sign_set: "The signature is set.", "De ondertekening is ingesteld.";
    leaving: "about to go", "vertrekt zo";
    evidence: "What is known", "Wat bekend is";
    back: "Back to the inbox", "Terug naar het postvak";
    wrote_again: "wrote again", "schreef opnieuw";
    yes: "yes", "ja";
    no: "no", "nee";
    sorts_only: "Triage only sorts: what it thinks needs no answer stands at the end of this list, and nothing is hidden. That holds for",
        "Triage sorteert alleen: wat volgens haar geen antwoord nodig heeft, staat onderaan deze lijst; er is niets verborgen. Dat geldt voor";
    triage_page: "How triage does", "Hoe triage het doet";
    correct: "Correct", "Verbeteren";
    correct_hint: "Say what it should have been. Case and clocks follow at once, and triage can learn from it.",
        "Zeg wat het had moeten zijn. Zaak en klokken volgen meteen, en triage kan ervan leren.";
    correct_save: "Set it right", "Zet het goed";
    event_corrected: "corrected triage", "verbeterde de triage";
    field_level: "level", "niveau";
    field_intent: "intent", "bedoeling";
    field_language: "language", "taal";
    field_needs_answer: "needs an answer", "heeft antwoord nodig";
    field_needs_private: "needs a private channel", "heeft een privékanaal nodig";
    key_l: "correct triage", "triage verbeteren";
    key_g: "check: right, no answer needed", "controle: klopt, geen antwoord nodig";
    key_a: "check: an answer was needed", "controle: er was wel antwoord nodig";
    checks: "Checks", "Controles";
    checks_hint: "Drawn at random from what triage thought to need no answer the day before. Would you have answered?",
        "Willekeurig getrokken uit wat volgens triage de dag ervoor geen antwoord nodig had. Had jij geantwoord?";
    checks_left: "to go", "te gaan";
    checks_none: "Everything that was drawn has been checked. The next draw is after midnight (UTC).",
        "Alles wat getrokken is, is gecontroleerd. De volgende trekking is na middernacht (UTC).";
    check_right: "Right: no answer needed", "Klopt: geen antwoord nodig";
    check_missed: "An answer was needed", "Er was antwoord nodig";
    check_noted: "Noted.", "Genoteerd.";
    check_already: "Somebody had checked it already.", "Iemand had het al gecontroleerd.";
    triage_hint: "From what your team corrected and checked: rows are what triage said, columns what people say.",
        "Uit wat je team verbeterde en controleerde: rijen zijn wat triage zei, kolommen wat mensen zeggen.";
    triage_none: "Nothing was corrected or checked yet, so nothing can be said about triage here.",
        "Er is nog niets verbeterd of gecontroleerd; over de triage is hier nog niets te zeggen.";
    triage_said: "Triage said", "Triage zei";
    messages_seen: "Messages corrected or checked", "Verbeterde of gecontroleerde berichten";
    level_differs: "Another level", "Ander niveau";
    answer_missed: "Needed an answer, triage said no", "Antwoord nodig, triage zei van niet";
    answer_spare: "Needed none, triage said yes", "Geen antwoord nodig, triage zei van wel";
    missed_rate: "Missed by triage", "Gemist door triage";
    not_measured: "not measured", "niet gemeten";
    of_checked: "of checked", "van gecontroleerd";
    interval: "95 % interval", "95%-interval";
    last_days: "last 90 days", "laatste 90 dagen";
    hides_now: "What needs no answer is hidden from the main list; its own lane stays open.",
        "Wat geen antwoord nodig heeft, staat niet in de hoofdlijst; de eigen stapel blijft open.";
    hides_not: "Nothing is hidden: triage only sorts.", "Er is niets verborgen: triage sorteert alleen.";
    hide_on: "Hide what needs no answer", "Verberg wat geen antwoord nodig heeft";
    hide_off: "Show everything again", "Toon alles weer";
    hide_from: "Can be switched on from", "Kan aan vanaf";
    hide_turned: "Turned", "Omgezet";
    promise: "Promise", "Belofte";
    promise_text: "What was promised to the customer", "Wat de klant beloofd is";
    promise_due: "Until when", "Wanneer uiterlijk";
    promise_owed: "Who owes it", "Wie moet het doen";
    promise_team: "Or a team, by name", "Of een team, met naam";
    promise_save: "Write it down", "Vastleggen";
    promise_keep: "Kept", "Nagekomen";
    promise_drop: "Call it off", "Vervalt";
    promise_why: "Why it need not be kept", "Waarom het niet meer hoeft";
    owed_webcare: "webcare", "webcare";
    owed_front_office: "front office", "frontoffice";
    event_promised: "promised", "beloofde";
    event_promise_kept: "kept a promise", "kwam een belofte na";
    event_promise_called_off: "called a promise off", "liet een belofte vervallen";
    tickets: "Front office", "Frontoffice";
    tickets_none: "No ticket of the front office is tied to this case.", "Aan deze zaak is geen ticket van de frontoffice gekoppeld.";
    tickets_find: "Find tickets", "Tickets zoeken";
    tickets_by: "Ticket number, e-mail, phone, customer or order number", "Ticketnummer, e-mail, telefoon, klant- of ordernummer";
    tickets_hint: "What the customer gave in private is searched as well. A public name never is.",
        "Wat de klant privé gaf, wordt ook gezocht. Een openbare naam nooit.";
    tickets_by_nothing: "There is nothing to search by: type what you know, or ask the customer in private.",
        "Er is niets om op te zoeken: typ wat je weet, of vraag het de klant privé.";
    tickets_no_hit: "No ticket was found.", "Geen ticket gevonden.";
    tickets_silent: "It does not answer; what you do waits for it.", "Het antwoordt niet; wat je doet, wacht erop.";
    tickets_earlier: "Earlier tickets of the same author", "Eerdere tickets van dezelfde schrijver";
    ticket_number: "Ticket", "Ticket";
    ticket_link: "Tie to this case", "Aan deze zaak koppelen";
    ticket_create: "Make a ticket", "Ticket maken";
    ticket_unlink: "Take the tie away", "Loskoppelen";
    ticket_opened: "opened", "geopend";
    ticket_promised: "promised for", "beloofd voor";
    ticket_waits: "still to be told", "nog te vertellen";
    ticket_proposes: "The front office holds this ticket for solved. Close the loop with the customer.",
        "Volgens de frontoffice is dit ticket opgelost. Rond het af met de klant.";
    ticket_resolve: "Solved: resolve the case", "Opgelost: zaak oplossen";
    ticket_not_solved: "It is not solved", "Het is niet opgelost";
    ticket_reason: "Solved by the front office, ticket", "Opgelost door de frontoffice, ticket";
    ticket_mark: "solved by front office?", "opgelost door frontoffice?";
    ticket_wants_reason: "How it was solved, and why no ticket knows of it", "Hoe opgelost, en waarom geen ticket ervan weet";
    ticketstate_wanted: "being made", "wordt gemaakt";
    ticketstate_unseen: "not looked at yet", "nog niet bekeken";
    ticketstate_open: "open", "open";
    ticketstate_solved: "solved", "opgelost";
    ticketstate_gone: "deleted there", "daar verwijderd";
    ticketstate_hidden: "moved out of our sight", "verplaatst, voor ons niet te zien";
    event_ticket_linked: "tied to a ticket", "aan een ticket gekoppeld";
    event_ticket_wanted: "asked for a ticket", "vroeg om een ticket";
    event_ticket_created: "a ticket was made", "een ticket is gemaakt";
    event_ticket_unlinked: "took a ticket away", "koppelde een ticket los";
    event_ticket_not_solved: "says: the ticket is not solved", "zegt: het ticket is niet opgelost";
    event_ticket_solved: "solved the ticket", "loste het ticket op";
    event_ticket_reopened: "opened the ticket again", "heropende het ticket";
    event_ticket_state: "moved the ticket on", "zette het ticket verder";
    event_ticket_owner: "the ticket has another owner", "het ticket heeft een andere eigenaar";
    event_ticket_due: "promised a time", "beloofde een tijd";
    event_ticket_moved: "moved the ticket to another queue", "verplaatste het ticket naar een andere wachtrij";
    event_ticket_merged: "merged the ticket into another", "voegde het ticket samen met een ander";
    event_ticket_gone: "deleted the ticket", "verwijderde het ticket";
    event_ticket_hidden: "moved the ticket out of our sight", "verplaatste het ticket buiten ons zicht";
    event_ticket_comment: "wrote on the ticket", "schreef op het ticket";
    rule_tickets: "tickets", "tickets";
}
