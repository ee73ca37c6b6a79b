//! The words of cards, buttons, digests, reports and other messages that come by themselves.

super::texts! {
    fresh(time): "new, {time}", "nieuw, {time}";
    time_state(time, state): "{time}, {state}", "{time}, {state}";
    promise_word: "promise", "belofte";
    time_for_complaint: "time for a complaint", "tijd voor een klacht";
    protocol_told(name, told): "protocol {name}: {told}", "protocol {name}: {told}";
    protocol_proposed: "proposed, somebody begins it or says that it is not needed",
        "voorgesteld, iemand begint het of zegt dat het niet nodig is";
    protocol_runs: "runs, nobody has taken it", "loopt, nog niet opgepakt";
    protocol_has_somebody: "runs, somebody has taken it", "loopt, is opgepakt";
    protocol_over: "over", "voorbij";
    protocol_begin_button(name): "Begin protocol {name}", "Protocol {name} beginnen";
    protocol_decline_button: "Not needed", "Niet nodig";
    protocol_take_button(name): "I take it: {name}", "Ik pak het op: {name}";
    author_is(label, points): "author: {label} {points}", "schrijver: {label} {points}";
    promise_to_solve: "promise to solve", "belofte om op te lossen";
    broken_ago(what, ago): "{what} broken {ago} ago", "{what} {ago} geleden verbroken";
    answered_since: ", answered since", ", sindsdien beantwoord";
    due_in(left, at): "answer due in {left} ({at})", "antwoord uiterlijk over {left} ({at})";
    window_closes(left, time): "private window closes in {left}: {time}", "privévenster sluit over {left}: {time}";
    window_frees(left, time): "in {left} the platform takes only answers written by hand: {time}", "over {left} neemt het platform alleen nog met de hand geschreven antwoorden aan: {time}";
    window_freed(time): "the platform takes only answers written by hand: {time}", "het platform neemt alleen nog met de hand geschreven antwoorden aan: {time}";
    window_closed(time): "private window has closed: {time}", "privévenster is gesloten: {time}";
    promise_due(what, who, left, at): "promise{what} of {who} due in {left} ({at})",
        "belofte{what} van {who} uiterlijk over {left} ({at})";
    promise_late(what, who, span): "promise{what} of {who} late by {span}", "belofte{what} van {who} {span} te laat";
    late_by(span): "answer late by {span}", "antwoord {span} te laat";
    answered_by(name): "answered by {name}", "beantwoord door {name}";
    answered: "answered", "beantwoord";
    none_promised: "no answer promised", "geen antwoord beloofd";
    snoozed_until(at): "snoozed until {at}", "weggelegd tot {at}";
    claimed_by(name): "claimed by {name}", "opgepakt door {name}";
    need_you(n): "{n} cases need you", "{n} zaken hebben je nodig";
    one_file: "1 file", "1 bestand";
    some_files(n): "{n} files", "{n} bestanden";
    news_by(what, name): "{what} by {name}", "{what} door {name}";
    news_queued: "answer on its way, written", "antwoord onderweg, geschreven";
    news_undone: "answer called back", "antwoord teruggehaald";
    news_note: "note", "notitie";
    news_moderated: "moderated", "gemodereerd";
    news_removed: "removed by its author", "door de schrijver verwijderd";
    news_ours_removed: "our answer was removed there", "ons antwoord is daar verwijderd";
    news_undelivered: "our answer did not arrive", "ons antwoord is niet aangekomen";
    news_settled: "unknown answer settled", "onbekend antwoord afgehandeld";
    alert_tag(short): "alert {short}", "melding {short}";
    alert_again(short): "alert {short} (repeat)", "melding {short} (herhaald)";
    message_again(id): "(repeat, {id})", "(herhaald, {id})";
    and_more(n): "and {n} more: ", "en nog {n}: ";
    and_more_plain(n): "and {n} more", "en nog {n}";

    open_button: "Open", "Open";
    claim_button: "Claim", "Oppakken";
    release_button: "Give back", "Teruggeven";
    snooze_button: "Snooze", "Wegleggen";
    dismiss_button: "Dismiss", "Afwijzen";
    back_button: "Back", "Terug";
    min_15: "15 min", "15 min";
    hour_1: "1 h", "1 u";
    hours_4: "4 h", "4 u";
    stands_button: "It stands there", "Het staat er";
    again_button: "Send again", "Opnieuw sturen";
    leave_button: "Leave it", "Laat maar";
    send_button: "Send", "Versturen";
    send_parts_button(n): "Send in {n} parts", "In {n} delen versturen";
    cancel_button: "Cancel", "Annuleren";
    meant_button: "Yes, do it", "Ja, doe het";
    send_promise_button: "Send, promise it", "Versturen, belofte vastleggen";
    send_plain_button: "Send, no promise", "Versturen, geen belofte";
    approve_button: "Approve", "Goedkeuren";
    send_back_button: "Send back", "Terugsturen";
    show_button: "Show in private", "Privé tonen";
    to_private_button: "To private", "Naar privé";
    close_private_button: "Close private", "Privé afsluiten";
    offer_button: "Offer it", "Aanbieden";
    offer_again_button: "Offer it again", "Opnieuw aanbieden";
    by_hand_button: "By hand", "Met de hand";
    refused_button: "They do not want it", "Klant wil het niet";
    propose_button: "Propose it", "Voorstellen";
    calls_button: "Call", "Bellen";
    reached_button: "Called and reached", "Gebeld en bereikt";
    not_reached_button: "Not reached", "Niet bereikt";
    min_30: "30 min", "30 min";
    hours_2: "2 h", "2 u";
    tomorrow_button: "Tomorrow morning", "Morgenochtend";
    no_next_button: "No next try", "Geen nieuwe poging";
    done_button: "Done", "Klaar";

    unknown_head(number, brand, what): "#{number} {brand}: nobody can tell whether {what}",
        "#{number} {brand}: niemand weet of {what}";
    undelivered_head(number, brand): "#{number} {brand}: an answer did not arrive",
        "#{number} {brand}: een antwoord is niet aangekomen";
    was_moderated: "a measure was taken", "een maatregel is genomen";
    was_ticket_made: "a ticket was made", "een ticket is gemaakt";
    was_ticket_told: "a ticket was told", "een ticket is bijgewerkt";
    was_answered: "an answer was sent", "een antwoord is verstuurd";
    by_name(name): " · by {name}", " · door {name}";
    since_time(at): " (since {at})", " (sinds {at})";
    says_stands(who): "{who} says: it stands there", "{who} zegt: het staat er";
    again_stands(who): "sent again by {who}; it stands there now", "opnieuw verstuurd door {who}; het staat er nu";
    found_there: "settled: it was found on the platform", "afgehandeld: het is op het platform gevonden";
    sends_again(who): "{who} sends it again", "{who} stuurt het opnieuw";
    was_not_there: "it was not there; it is sent again", "het stond er niet; het wordt opnieuw verstuurd";
    leaves_it(who): "{who} leaves it", "{who} laat het zo";
    called_off: "called off", "ingetrokken";
    not_sent_why(why): "not sent: {why}", "niet verstuurd: {why}";
    held_why(why): "held: {why}", "vastgehouden: {why}";
    to_do_by_hand: "to be done by hand", "met de hand te doen";

    digest_head(n): "{n} new that need an answer", "{n} nieuw die een antwoord nodig hebben";
    digest_kept(n): "{n} answered in time since", "{n} sindsdien op tijd beantwoord";
    report_of(day): "Report of {day}", "Rapport van {day}";
    report_link: "the whole report", "het hele rapport";
    before_day: "the day before", "de dag ervoor";
    before_week: "the week before", "de week ervoor";
    before_month: "the month before", "de maand ervoor";
    figure_before(what, posts, percent, broken): "{what}: {posts} posts, first answers {percent} on time, {broken} broken",
        "{what}: {posts} berichten, eerste antwoorden {percent} op tijd, {broken} verbroken";
    today_head: "Today so far", "Vandaag tot nu toe";
    no_brand: "This chat hears of no brand.", "Deze chat hoort van geen enkel merk.";
    figure_posts(posts, needing): "{posts} posts, {needing} need an answer",
        "{posts} berichten, {needing} vragen een antwoord";
    figure_first(due, percent, broken): "first answers: {due} due, {percent} on time, {broken} broken",
        "eerste antwoorden: {due} verschuldigd, {percent} op tijd, {broken} verbroken";
    figure_median(median, p90): "median {median}, 90 % within {p90}", "mediaan {median}, 90 % binnen {p90}";
    figure_later(due, percent): "later answers: {due} due, {percent} on time",
        "latere antwoorden: {due} verschuldigd, {percent} op tijd";
    figure_open(open, late, soon): "open now: {open}, late: {late}, soon late: {soon}",
        "nu open: {open}, te laat: {late}, bijna te laat: {soon}";
    figure_outside(n): "outside the promise: {n}", "buiten de belofte: {n}";
    figure_missed(rate, n, checked, low, high):
        "Missed by triage: {rate} %, {n} of {checked} checked needed an answer (95 %: {low} to {high} %)",
        "Gemist door triage: {rate} %, {n} van {checked} bekeken hadden een antwoord nodig (95 %: {low} tot {high} %)";
    figure_missed_none: "Missed by triage: not measured, nothing was checked",
        "Gemist door triage: niet gemeten, er is niets bekeken";
    figure_seen(rate, late, all): "seen in their turn: {rate} %, {late} of {all} posts found late",
        "meteen gezien: {rate} %, {late} van {all} berichten laat gevonden";
    figure_shadow(index, n, all, done):
        "shadow index: {index}, {n} of {all} solved unregistered; done by webcare: {done}",
        "schaduwindex: {index}, {n} van {all} ongeregistreerd opgelost; door webcare gedaan: {done}";
    figure_platform(platform, posts, kept, due): "{platform}: {posts} posts, {kept} of {due} due on time",
        "{platform}: {posts} berichten, {kept} van {due} op tijd";

    source_refused(lasted, why): "hears nothing for {lasted}{why}", "hoort al {lasted} niets{why}";
    source_refused_help: "It does not mend itself: a person must give it what it asks for.",
        "Dit gaat niet vanzelf over: iemand moet geven waar het om vraagt.";
    source_money_near(what): "has spent four fifths of its budget of this month: {what}", "heeft vier vijfde van het budget van deze maand uitgegeven: {what}";
    source_money_spent(what): "has used up its budget of this month: {what}", "heeft het budget van deze maand opgemaakt: {what}";
    source_money_near_help: "When all of it is spent nothing more is read; answers go on. A larger budget stands in the settings.", "Als alles op is wordt er niets meer gelezen; antwoorden gaan door. Een groter budget staat in de instellingen.";
    source_money_spent_help(day): "Nothing is read until {day}, or until it has a larger budget in the settings; answers go on.", "Er wordt niets gelezen tot {day}, of tot er een groter budget in de instellingen staat; antwoorden gaan door.";
    source_lacks_answer(why): "may not answer any more{why}", "mag niet meer antwoorden{why}";
    source_lacks_private(why): "may not write in private any more{why}", "mag niet meer privé schrijven{why}";
    source_lacks_help: "What is sent is refused until a person gives its credential that right again.",
        "Wat wordt verstuurd wordt geweigerd tot iemand dit account dat recht weer geeft.";
    source_ends_over(what, day): "its {what} ended on {day}, as far as is known", "{what} is verlopen op {day}, voor zover bekend";
    source_ends_day(what, day): "its {what} ends within a day, on {day} (UTC)", "{what} verloopt binnen een dag, op {day} (UTC)";
    source_ends_in(what, day, left): "its {what} ends on {day}, in {left}", "{what} verloopt op {day}, over {left}";
    source_ends_help: "Make a new one and put it into the settings; then nothing is missed.",
        "Maak een nieuwe en zet die in de instellingen; dan wordt er niets gemist.";
    source_translation_near(what): "has translated four fifths of what may be translated this month: {what} characters", "heeft vier vijfde vertaald van wat er deze maand vertaald mag worden: {what} tekens";
    source_translation_spent(what): "has translated all that may be translated this month: {what} characters", "heeft alles vertaald wat er deze maand vertaald mag worden: {what} tekens";
    source_translation_near_help: "At the limit nothing more is translated; everything else goes on. A larger one stands in the settings.", "Bij de limiet wordt er niets meer vertaald; al het andere gaat door. Een ruimere staat in de instellingen.";
    source_translation_spent_help(day): "Nothing more is translated until {day}, or until the settings hold a larger limit; everything else goes on.", "Er wordt niets meer vertaald tot {day}, of tot de instellingen een ruimere limiet hebben; al het andere gaat door.";
    source_away(lasted, why): "has not answered for {lasted}{why}", "antwoordt al {lasted} niet{why}";
    source_away_help: "It goes on trying; what is posted meanwhile comes in late.",
        "Het blijft proberen; wat intussen geplaatst wordt, komt laat binnen.";
    source_silent(lasted): "answers but has brought nothing for {lasted}", "antwoordt maar brengt al {lasted} niets";
    source_silent_help(n):
        "About {n} posts were to be expected. Was a permission taken away, or a filter changed?",
        "Er waren ongeveer {n} berichten te verwachten. Is een recht ingetrokken, of een filter veranderd?";
    source_late(lasted, why): "has not been heard as it should for {lasted}{why}",
        "is al {lasted} niet te horen zoals het hoort{why}";
    source_back(deaf, why): "hears again. It was deaf for {deaf}{why}", "hoort weer. Het was {deaf} doof{why}";
    source_before_one(day): "counts from {day}. Open before we started: look at this one",
        "telt vanaf {day}. Al open voor we begonnen: kijk hiernaar";
    source_before(day, n): "counts from {day}. Open before we started: look at these {n}",
        "telt vanaf {day}. Al open voor we begonnen: kijk naar deze {n}";
    source_before_help: "No promise runs there, and it is told once.",
        "Er loopt geen belofte voor, en het wordt één keer gemeld.";
    source_was_down: ", because webcared did not run", ", omdat webcared niet liep";
    one_post: "1 post", "1 bericht";
    some_posts(n): "{n} posts", "{n} berichten";
    source_caught_up(posts, late): "{posts} of that time came in since, {late} past the promise already",
        "{posts} uit die tijd kwamen sindsdien binnen, {late} al voorbij de belofte";
    source_told_here: "These are told here and not each by itself, the most urgent first:",
        "Deze staan hier en komen niet elk apart, de dringendste eerst:";
    sources_link: "sources", "bronnen";

    incident_over(number): "Rise {number} is over", "Piek {number} is voorbij";
    incident_over_more(about, language, most): ": {about}, {language}, at most {most} in an hour",
        ": {about}, {language}, hoogstens {most} in een uur";
    incident_over_counts(cases, waiting, told):
        "{cases} cases, {waiting} still wait, {told} told by an answer to many",
        "{cases} zaken, {waiting} wachten nog, {told} bereikt met een antwoord aan velen";
    incident_head(number): "Unusual rise {number}", "Ongewone piek {number}";
    incident_more(about, language): ": {about}, {language}", ": {about}, {language}";
    incident_counts(most, usual, cases, waiting):
        "{most} in the last hour, usually {usual}. {cases} cases, {waiting} wait.",
        "{most} in het laatste uur, gewoonlijk {usual}. {cases} zaken, {waiting} wachten.";
    incident_link: "incident", "incident";
    finding_word(number): "Finding {number}", "Bevinding {number}";
    finding_is(state): " is {state}", " staat op {state}";
    finding_one: "1 case was counted to it", "1 zaak is ertoe gerekend";
    finding_some(n): "{n} cases were counted to it", "{n} zaken zijn ertoe gerekend";
    findings_link: "findings", "bevindingen";

    outlook_late(n, by): "At this rate {n} cases go late by {by}", "In dit tempo zijn {n} zaken te laat vóór {by}";
    outlook_help_one(minutes): "1 more person for {minutes} minutes prevents it",
        "1 persoon erbij voor {minutes} minuten voorkomt het";
    outlook_help(n, minutes): "{n} more people for {minutes} minutes prevent it",
        "{n} mensen erbij voor {minutes} minuten voorkomen het";
    nobody_on: "Nobody is on duty", "Niemand heeft dienst";
    duty_due_one: "1 case is late or due within 30 minutes. /on takes it up.",
        "1 zaak is te laat of moet binnen 30 minuten. Met /on neem je haar op.";
    duty_due(n): "{n} cases are late or due within 30 minutes. /on takes it up.",
        "{n} zaken zijn te laat of moeten binnen 30 minuten. Met /on neem je ze op.";
    duty_urgent(n): "P1 or P2 among them: {n}.", "P1 of P2 daaronder: {n}.";
    nobody_within_hour: "Nobody will be on, within the hour", "Binnen het uur is er niemand";
    nobody_within_day: "Nobody will be on, within a day", "Binnen een dag is er niemand";
    gap_line(language, from, until, tight): "{language}: {from} to {until}{tight}", "{language}: {from} tot {until}{tight}";
    gap_tight(n): " (promised within {n} min)", " (beloofd binnen {n} min)";
    duty_link: "duty", "dienst";
}
