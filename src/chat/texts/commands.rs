//! The words of commands and their answers.

super::texts! {
    help:
        "/open: what is open, most urgent first\n\
        /mine: your cases, by risk\n\
        /late: what is late, and what falls due within 10 minutes\n\
        /why 12 or /why BRAND 12: why a case is as urgent as it is\n\
        /today: figures of today\n\
        /status: what is deaf, stopped or unknown\n\
        /claim 12: it is yours\n\
        /assign 12 LOGIN words: hand it to a colleague; /handover is the same\n\
        /snooze 12 1h: put it away; its clocks run on\n\
        /tickets 12: open tickets of the customer; /tickets 12 new: make one; /tickets 12 untie: take a tie away\n\
        /link 12 TICKET or /link 12 SYSTEM TICKET: tie it to a ticket\n\
        /promise 12 16:00 words: write down what was promised, and until when\n\
        /kept 12: the promise was kept\n\
        /resolve 12 or /resolve 12 why: it is solved; how it ended is proposed, a press says so\n\
        /goodwill 12 25 EUR why: give something, by a press; without words what was given; ok, no, back WHY\n\
        /complaint 12: a formal complaint; ack, upheld, partly, rejected or withdrawn with why\n\
        /contact 12 phone words: they made contact elsewhere; phone, shop, letter or web\n\
        /sector 12 repair: whose to solve it is; without a name which is proposed\n\
        /finding 12 OWNER: words, or /finding 12 3: raise a finding, or count the case to one\n\
        /thanks: whom a card is to be written to today; /thanks 12 written: you wrote it\n\
        /yesterday: what came in by the back door the day before, in a chat with me alone\n\
        /private 12: the way into a private channel\n\
        /calls: the calls that you promised\n\
        /approvals: answers that wait for a colleague\n\
        /duty: who is on duty\n\
        /briefing: what to know before you begin\n\
        /on, /on until 17:00 nl en: you are on; /off: you are not\n\
        /language nl or en, /zone Europe/Amsterdam: how I speak to you\n\
        /quiet 22:00-07:00, /quiet off: when only P1 reaches you in private\n\
        /limits 6, /limits off: most messages an hour in private; P1 comes beyond it\n\
        /stop_sending WHY: for leads, all sending stops; /resume_sending shows where it is let go on\n\
        /help: this",
        "/open: wat open staat, dringendste eerst\n\
        /mine: jouw zaken, naar risico\n\
        /late: wat te laat is, en wat binnen 10 minuten moet\n\
        /why 12 of /why MERK 12: waarom een zaak zo dringend is\n\
        /today: cijfers van vandaag\n\
        /status: wat doof, gestopt of onbekend is\n\
        /claim 12: de zaak is van jou\n\
        /assign 12 LOGIN tekst: geef de zaak aan een collega; /handover is hetzelfde\n\
        /snooze 12 1h: leg de zaak weg; de klokken lopen door\n\
        /tickets 12: open tickets van de klant; /tickets 12 nieuw: maak er een; /tickets 12 los: koppel er een los\n\
        /link 12 TICKET of /link 12 SYSTEEM TICKET: koppel een ticket\n\
        /promise 12 16:00 tekst: leg vast wat beloofd is, en tot wanneer\n\
        /kept 12: de belofte is nagekomen\n\
        /resolve 12 of /resolve 12 waarom: opgelost; hoe de zaak eindigt wordt voorgesteld, een druk op de knop bevestigt\n\
        /goodwill 12 25 EUR waarom: geef iets, met een druk op de knop; zonder tekst wat er gegeven is; ja, nee, terug WAAROM\n\
        /complaint 12: een formele klacht; bevestig, gegrond, deels, ongegrond of ingetrokken met waarom\n\
        /contact 12 telefoon tekst: de klant meldde zich elders; telefoon, winkel, brief of web\n\
        /sector 12 reparatie: wie het hoort op te lossen; zonder naam wat er is voorgesteld\n\
        /finding 12 EIGENAAR: tekst, of /finding 12 3: meld een bevinding, of tel de zaak erbij\n\
        /thanks: wie vandaag een kaartje krijgt; /thanks 12 geschreven: jij schreef het\n\
        /yesterday: wat gisteren door de achterdeur binnenkwam, in een chat met mij alleen\n\
        /private 12: de weg naar een privékanaal\n\
        /calls: de telefoontjes die je beloofde\n\
        /approvals: antwoorden die op een collega wachten\n\
        /duty: wie dienst heeft\n\
        /briefing: wat je moet weten voor je begint\n\
        /on, /on tot 17:00 nl en: je hebt dienst; /off: je hebt geen dienst\n\
        /language nl of en, /zone Europe/Amsterdam: hoe ik tegen je praat\n\
        /quiet 22:00-07:00, /quiet off: wanneer alleen P1 je privé bereikt\n\
        /limits 6, /limits off: hoeveel berichten per uur privé; P1 komt altijd\n\
        /stop_sending REDEN: voor leads, al het versturen stopt; /resume_sending wijst waar het weer doorgaat\n\
        /help: dit overzicht";
    unknown_command(all): "I do not know this command. I know {all}. /help tells what they do.",
        "Dit commando ken ik niet. Ik ken {all}. /help zegt wat ze doen.";
    do_not_know_you: "I do not know you: the settings name nobody with your id in chat.telegram.users.",
        "Ik ken je niet: de instellingen noemen niemand met jouw nummer in chat.telegram.users.";
    not_a_colleague: "I do not know you as somebody who works here: ask for your id in chat.telegram.users.",
        "Ik ken je niet als iemand die hier werkt: vraag om je nummer in chat.telegram.users.";
    open_head(n): "{n} open that need an answer", "{n} open die een antwoord nodig hebben";
    mine_head(n, name): "{n} claimed by {name}", "{n} opgepakt door {name}";
    late_head(late, soon, span): "{late} late, {soon} due within {span}", "{late} te laat, {soon} binnen {span}";
    tell_which_why: "Tell which case: /why 12, or /why BRAND 12.", "Zeg welke zaak: /why 12, of /why MERK 12.";
    tell_which(word): "Tell which case: {word} 12 …, or {word} BRAND 12 …", "Zeg welke zaak: {word} 12 …, of {word} MERK 12 …";
    no_such_case(n): "This chat knows of no case #{n}.", "Deze chat kent geen zaak #{n}.";
    several_brands(n, word, brand): "Several brands have a #{n}; name one: {word} {brand} {n}",
        "Meer merken hebben een #{n}; noem er een: {word} {brand} {n}";
    intent_line(platform, language, intent, score): "{platform} · {language} · {intent} · score {score} of 100",
        "{platform} · {language} · {intent} · score {score} van 100";
    no_reasons: "no reasons are kept", "er zijn geen redenen bewaard";
    because(reasons): "because: {reasons}", "omdat: {reasons}";
    yes: "yes", "ja";
    no: "no", "nee";
    somebody: "somebody", "iemand";
    corrected(name, field, was, became): "{name} corrected {field}: {was} → {became}",
        "{name} verbeterde {field}: {was} → {became}";
    wants_private: "needs a private channel", "heeft een privékanaal nodig";
    wants_no_private: "needs no private channel", "heeft geen privékanaal nodig";
    state_claimed(state, name): "{state}, claimed by {name}", "{state}, opgepakt door {name}";
    state_nobody(state): "{state}, nobody has it", "{state}, niemand heeft haar";
    no_clock: "no clock runs", "er loopt geen klok";
    clock_still(what): "{what}: stands still", "{what}: staat stil";
    clock_left(what, left, at): "{what}: {left} left ({at})", "{what}: nog {left} ({at})";
    clock_late(what, span): "{what}: late by {span}", "{what}: {span} te laat";

    no_ticket_system: "No ticket system is set up for this brand.", "Voor dit merk is geen ticketsysteem ingesteld.";
    name_ticket_system(all): "Name the ticket system, one of {all}.", "Noem het ticketsysteem, een van {all}.";
    stale_ask(what): "Changed meanwhile: {what}. Ask again.", "Intussen veranderd: {what}. Vraag het opnieuw.";
    handed_to(n, login): "#{n} is handed to {login}.", "#{n} is aan {login} gegeven.";
    tied_to(n, ticket, system): "#{n} is tied to {ticket} in {system}.", "#{n} is gekoppeld aan {ticket} in {system}.";
    tell_whom: "Tell to whom: /assign 12 LOGIN and what they should know.",
        "Zeg aan wie: /assign 12 LOGIN en wat die moet weten.";
    tell_how_long: "Tell for how long: /snooze 12 15m, 4h or 2d; at most 14d.",
        "Zeg hoe lang: /snooze 12 15m, 4h of 2d; hoogstens 14d.";
    tell_ticket: "Tell which ticket: /link 12 4711, or /link 12 SYSTEM 4711.",
        "Zeg welk ticket: /link 12 4711, of /link 12 SYSTEEM 4711.";
    no_system(name, all): "There is no ticket system '{name}'; there is {all}.", "Ticketsysteem '{name}' is er niet; er is {all}.";
    none_word: "none", "geen";
    ticket_age(span): "{span} old", "{span} oud";
    ticket_promised(at): "promised for {at}", "beloofd voor {at}";
    ticket_is_made(n, system): "#{n}: a ticket is being made in {system}, with the whole conversation as a note.",
        "#{n}: er wordt een ticket gemaakt in {system}, met het hele gesprek als notitie.";
    ticket_system_silent(system): "{system} does not answer now.", "{system} antwoordt nu niet.";
    ticket_earlier(ticket, status): "earlier: {ticket} ({status})", "eerder: {ticket} ({status})";
    no_open_ticket(n): "#{n}: no open ticket was found.", "#{n}: er is geen open ticket gevonden.";
    tickets_by_nothing(n): "#{n}: the customer gave nothing in private to search by; /tickets {n} NUMBER or MAIL searches by that.",
        "#{n}: de klant gaf privé niets om op te zoeken; /tickets {n} NUMMER of MAIL zoekt daarop.";
    search_alone: "By what names a customer I search only in a chat with me alone: here everybody reads it.",
        "Op wat een klant aanwijst zoek ik alleen in een chat met mij alleen: hier leest iedereen mee.";
    tickets_how(n): "/link {n} TICKET ties one, /tickets {n} new makes one, /tickets {n} untie takes a tie away.",
        "/link {n} TICKET koppelt er een, /tickets {n} nieuw maakt er een, /tickets {n} los koppelt er een los.";
    tell_contact: "Tell how: /contact 12 phone, shop, letter or web, and what was said.",
        "Zeg hoe: /contact 12 telefoon, winkel, brief of web, en wat er gezegd werd.";
    contact_noted(n): "#{n}: the contact is written down.", "#{n}: het contact is vastgelegd.";
    ticket_tied(ticket, status): "tied: {ticket} ({status})", "gekoppeld: {ticket} ({status})";
    ticket_solved_there(ticket, n): "{ticket} is solved there: /resolve {n} ends the case, /tickets {n} unsolved says that it is not.",
        "{ticket} is daar opgelost: /resolve {n} rondt de zaak af, /tickets {n} onopgelost zegt van niet.";
    ticket_not_taken(ticket): "{ticket} did not take the status that we gave it; the page of the case says why.",
        "{ticket} nam de status die wij gaven niet over; de pagina van de zaak zegt waarom.";
    ticket_note_not_taken(ticket): "{ticket} did not take a note of ours; the page of the case says why.",
        "{ticket} nam een notitie van ons niet aan; de pagina van de zaak zegt waarom.";
    ticket_is_unsolved(n, ticket): "#{n}: {ticket} counts as not solved.", "#{n}: {ticket} geldt als niet opgelost.";
    ticket_is_untied(n, ticket): "#{n} is tied to {ticket} no more.", "#{n} is niet meer aan {ticket} gekoppeld.";
    no_ticket_tied(n): "#{n} is not tied to such a ticket.", "#{n} is niet aan zo'n ticket gekoppeld.";
    name_tied_ticket(n, all): "#{n} is tied to {all}; /tickets {n} untie NUMBER, or SYSTEM NUMBER, says which.",
        "#{n} is gekoppeld aan {all}; /tickets {n} los NUMMER, of SYSTEEM NUMMER, zegt welk.";
    thanks_off: "No brand here writes cards.", "Geen merk hier schrijft kaartjes.";
    thanks_none: "Today's list is empty.", "De lijst van vandaag is leeg.";
    thanks_head(n): "Whom to thank today: {n}", "Wie vandaag een bedankje krijgt: {n}";
    thanks_to_write: "to be written", "nog te schrijven";
    thanks_written(name): "written by {name}", "geschreven door {name}";
    thanks_how: "/thanks 12 written says that you wrote the card.", "/thanks 12 geschreven zegt dat jij het kaartje schreef.";
    thanks_is_written(n): "#{n}: the card is written.", "#{n}: het kaartje is geschreven.";
    thanks_not_owed(n): "#{n}: no card of it is still to be written.", "#{n}: er is geen kaartje meer te schrijven.";
    yesterday_alone: "Yesterday at the back door I tell only in a chat with me alone.",
        "Gisteren aan de achterdeur vertel ik alleen in een chat met mij alleen.";
    yesterday_none: "Nothing of yours came in by the back door yesterday.", "Er kwam gisteren niets van jou door de achterdeur.";
    yesterday_head(n): "Yesterday at the back door: {n}", "Gisteren aan de achterdeur: {n}";
    yesterday_broken: "a promise was broken", "een belofte is gebroken";
    yesterday_nobody: "nobody sees to it yet", "nog niemand pakt het op";
    yesterday_owner(name): "{name} sees to it", "{name} pakt het op";
    yesterday_until(name, day): "{name} sees to it until {day}", "{name} pakt het op, uiterlijk {day}";
    yesterday_link: "The whole list", "De hele lijst";
    no_ticket_solved(n): "#{n}: no tied ticket is solved there.", "#{n}: geen gekoppeld ticket is daar opgelost.";
    no_sectors: "This brand has no sectors.", "Dit merk heeft geen sectoren.";
    sector_proposed(n, name, all): "#{n}: proposed is {name}. There are {all}; /sector {n} NAME says which.",
        "#{n}: voorgesteld is {name}. Er zijn {all}; /sector {n} NAAM zegt welke.";
    sector_said(n, name, all): "#{n}: it is {name}. There are {all}; /sector {n} NAME says otherwise.",
        "#{n}: het is {name}. Er zijn {all}; /sector {n} NAAM zegt iets anders.";
    sector_is(n, name): "#{n}: the sector is {name}.", "#{n}: de sector is {name}.";
    tell_finding: "Tell to whom and what goes wrong: /finding 12 OWNER: words; or its number: /finding 12 3.",
        "Zeg aan wie en wat er misgaat: /finding 12 EIGENAAR: tekst; of het nummer: /finding 12 3.";
    finding_raised(n): "#{n}: the finding is raised.", "#{n}: de bevinding is gemeld.";
    finding_counted(n): "#{n} is counted to the finding.", "#{n} telt mee bij de bevinding.";
    tell_promise: "Tell until when and what: /promise 12 16:00 words, /promise 12 tomorrow 9:00 words, or /promise 12 2h words.",
        "Zeg tot wanneer en wat: /promise 12 16:00 tekst, /promise 12 morgen 9:00 tekst, of /promise 12 2h tekst.";
    is_promised(n, act, at): "#{n}: {act} is promised until {at}.", "#{n}: beloofd, {act}, uiterlijk {at}.";
    is_promised_plain(n, at): "#{n}: a promise until {at} is written down.", "#{n}: een belofte tot {at} is vastgelegd.";
    contradicts_standing(n, at): "#{n}: not written down: it contradicts a promise that stands, due {at}. Open the case and say which holds.",
        "#{n}: niet vastgelegd: het spreekt een lopende belofte tegen, uiterlijk {at}. Open de zaak en zeg welke geldt.";
    is_kept(n): "#{n}: the promise is kept.", "#{n}: de belofte is nagekomen.";
    nothing_to_keep(n): "#{n}: nothing is promised that still runs.", "#{n}: er loopt geen belofte.";
    several_promises(n, all): "#{n} has several promises; say which: {all}", "#{n} heeft meer beloften; zeg welke: {all}";

    status_head: "How it stands", "Hoe het staat";
    status_stopped(why): "All sending is stopped: {why}", "Al het versturen is gestopt: {why}";
    status_stopped_plain: "All sending is stopped", "Al het versturen is gestopt";
    status_sends: "sending goes on", "het versturen loopt";
    status_hears: "every source hears", "elke bron hoort";
    status_deaf(source, kind, span): "{source}: {kind}, for {span}", "{source}: {kind}, al {span}";
    status_unknown(n): "{n} of which nobody can tell whether they were sent", "{n} waarvan niemand weet of ze verstuurd zijn";
    status_no_unknown: "nothing is unknown in the outbox", "niets onbekend bij uitgaand";
    status_waiting(ready, refused, held): "outbox: {ready} wait, {refused} refused, {held} held",
        "uitgaand: {ready} wachten, {refused} geweigerd, {held} vastgehouden";
    outbox_link: "outbox", "uitgaand";

    only_leads: "Only leads of all brands stop sending, and let it go on.",
        "Alleen leads van alle merken stoppen het versturen en laten het doorgaan.";
    say_why: "Say why: /stop_sending WHY", "Zeg waarom: /stop_sending REDEN";
    all_stopped: "All sending is stopped. A lead lets it go on in the console, under Outbox.",
        "Al het versturen is gestopt. Een lead laat het weer doorgaan in de console, onder Uitgaand.";
    goes_on: "Letting it go on wants a proof of who you are: do it in the console, under Outbox.", "Om het door te laten gaan laat je eerst zien wie je bent: doe het in de console, onder Uitgaand.";

    not_understood_on(word): "I do not know '{word}'. Say /on, /on until 17:00, or /on until 17:00 nl en.",
        "Ik ken '{word}' niet. Zeg /on, /on tot 17:00, of /on tot 17:00 nl en.";
    all_languages: "all languages", "alle talen";
    on_line(at, reads): " until {at} · {reads}", " tot {at} · {reads}";
    on_buddy(name): " · buddy {name}", " · maatje {name}";
    is_off(name): "{name} is off. Thank you.", "{name} heeft geen dienst meer. Bedankt.";
    was_not_on(name): "{name} was not on.", "{name} had geen dienst.";
    is_on(name, at, reads): "{name} is on until {at}, {reads}. /off ends it sooner.",
        "{name} heeft dienst tot {at}, {reads}. Met /off eerder klaar.";
    on_duty_head(n): "{n} on duty", "{n} met dienst";

    language_now(name): "I speak {name} to you.", "Ik spreek {name} met je.";
    own_name: "English", "Nederlands";
    language_which: "Say /language nl or /language en.", "Zeg /language nl of /language en.";
    zone_now(zone): "Times are shown to you in {zone}.", "Tijden zie je in {zone}.";
    zone_which: "Say a time zone, such as /zone Europe/Amsterdam.", "Noem een tijdzone, zoals /zone Europe/Amsterdam.";
    quiet_now(hours): "Between {hours} only P1 reaches you in private.", "Tussen {hours} bereikt alleen P1 je privé.";
    quiet_off: "You have no quiet hours.", "Je hebt geen stille uren.";
    quiet_which: "Say /quiet 22:00-07:00, or /quiet off.", "Zeg /quiet 22:00-07:00, of /quiet off.";
    limits_now(n): "At most {n} messages an hour in private; P1 comes beyond it.",
        "Hoogstens {n} berichten per uur privé; P1 komt altijd.";
    limits_off: "You have no limit.", "Je hebt geen grens.";
    limits_which: "Say a number from 1 to 60, such as /limits 6, or /limits off.",
        "Noem een getal van 1 tot 60, zoals /limits 6, of /limits off.";
}
