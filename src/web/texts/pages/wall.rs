//! The words of the wallboard.

use super::super::texts;

texts! { WallTexts;
    wall: "Wallboard", "Wandbord";
    next: "Next breach in", "Volgende overschrijding over";
    next_none: "no deadline ahead", "geen termijn in zicht";
    late: "Late", "Te laat";
    open: "Open", "Open";
    today: "On time today", "Vandaag op tijd";
    today_none: "nothing due yet", "nog niets verschuldigd";
    today_of: "of", "van";
    on_duty: "On duty", "Aanwezig";
    parked: "Parked", "Geparkeerd";
    levels: "By level", "Per niveau";
    level: "Level", "Niveau";
    languages: "By language", "Per taal";
    language: "Language", "Taal";
    expected: "Expected wait", "Verwachte wachttijd";
    unknown: "other", "overig";
    stopped: "All sending is stopped.", "Alle verzending is gestopt.";
    crisis: "Crisis", "Crisis";
    as_of: "as of", "stand van";
    offline: "No connection: these numbers are old.", "Geen verbinding: deze getallen zijn oud.";
    back: "Console", "Console";
    hour: "h", "u";
    minute: "min", "min";
}
