//! What the front office gets by mail: what people came round the back for, each week, and yesterday's list, each
//! morning. Neither names a customer or an agent, and neither leads to a case, which the front office may not open.

use super::demand::{Demand, Example, Row, hours, moved};
use super::yesterday::{Line, Yesterday};
use crate::domain::time::Timestamp;
use crate::reports::frozen::Figures;
use crate::reports::paper::{Block, Paper, Piece, link, say};
use crate::reports::words::Words;

/// Code, English, Dutch.
pub const WORDS: &[(&str, &str, &str)] = &[
    ("demand", "What people came round the back for", "Waar mensen achterom voor kwamen"),
    ("yesterday", "Yesterday at the back door", "Gisteren aan de achterdeur"),
    ("finding", "Finding", "Bevinding"),
    ("finding_owner", "Raised to", "Gemeld aan"),
    ("finding_cases", "Cases so far", "Zaken tot nu toe"),
    (
        "finding_decide",
        "Accept it, say that it is fixed, or decline it",
        "Aannemen, verholpen melden of afwijzen",
    ),
    ("overdue", "Past its day", "Over de datum"),
    ("overdue_list", "The list on which it stands", "De lijst waarop het staat"),
    ("in_console", "In the console", "In de console"),
    ("cases", "Cases by the back door", "Zaken door de achterdeur"),
    ("done", "Done by webcare", "Gedaan door webcare"),
    ("work", "Hours of webcare's work", "Uren werk van webcare"),
    (
        "counted",
        "Work: each thing that somebody of webcare did on such a case counts the time since the last thing that happened on it, at least 1 and at most 15 minutes.",
        "Werk: alles wat iemand van webcare aan zo'n zaak deed, telt de tijd sinds het vorige dat eraan gebeurde, minstens 1 en hoogstens 15 minuten.",
    ),
    ("changed", "What changed since the period before", "Wat er veranderde sinds de periode ervoor"),
    ("causes", "Why they came", "Waarom ze kwamen"),
    (
        "promises",
        "What had become of the front office's promise",
        "Wat er van de belofte van de frontoffice geworden was",
    ),
    ("examples", "Examples, without names", "Voorbeelden, zonder namen"),
    ("cut", "There were more cases than are counted.", "Er waren meer zaken dan geteld worden."),
    ("new", "new", "nieuw"),
    ("gone", "gone", "weg"),
    ("nobody", "Nobody came by the back door that day.", "Die dag kwam er niemand door de achterdeur."),
    ("ticket", "Ticket", "Ticket"),
    ("no_ticket", "no ticket", "geen ticket"),
    ("not_said", "not said", "niet gezegd"),
    ("queue", "Queue or supplier", "Wachtrij of leverancier"),
    ("promise", "Promise", "Belofte"),
    ("age", "Age", "Leeftijd"),
    ("difference", "Why webcare could", "Waarom webcare het kon"),
    ("owner", "Owner", "Eigenaar"),
    ("action", "Action", "Actie"),
    ("due", "By", "Uiterlijk"),
    ("trend", "Like it: four weeks before, after", "Zulke: vier weken ervoor, erna"),
    ("dropped", "fewer", "minder"),
    ("not_dropped", "not fewer", "niet minder"),
    ("running", "so far", "tot nu toe"),
    ("until", "until", "tot"),
    ("broken", "broken", "gebroken"),
    ("not yet due", "not yet due", "nog niet verstreken"),
    ("none", "none", "geen"),
    ("no_answer", "no answer", "geen antwoord"),
    ("waited_too_long", "waited too long", "te lang gewacht"),
    ("promise_broken", "a promise was broken", "een belofte is gebroken"),
    ("pillar_to_post", "sent from pillar to post", "van het kastje naar de muur gestuurd"),
    ("wrong_data", "wrong data", "verkeerde gegevens"),
    ("outcome_not_accepted", "did not accept the outcome", "niet eens met de uitkomst"),
    ("channel_hard_to_find", "the channel is hard to find", "het kanaal is moeilijk te vinden"),
    ("habit", "habit", "gewoonte"),
    ("other", "something else", "iets anders"),
    ("mandate", "may decide more", "mag meer beslissen"),
    ("system_access", "access to a system", "toegang tot een systeem"),
    ("knowledge", "knowledge", "kennis"),
    ("wrong_data_corrected", "wrong data put right", "verkeerde gegevens verbeterd"),
    ("goodwill", "goodwill", "coulance"),
    ("time", "time", "tijd"),
    ("supplier", "reached the supplier", "bereikte de leverancier"),
];

/// A word of this page, or of codes that stand on it, in the language of the letter.
pub fn word(code: &str, w: &Words) -> String {
    if let Some((_, own)) = w.codes.iter().find(|(known, _)| *known == code) {
        return (*own).to_owned();
    }
    let found = WORDS.iter().find(|(known, ..)| *known == code);
    found.map_or_else(
        || code.replace('_', " "),
        |(_, en, nl)| (if w.lang == "nl" { *nl } else { *en }).to_owned(),
    )
}

fn named(code: &str, none: &str, w: &Words) -> String {
    word(if code.is_empty() { none } else { code }, w)
}

/// A name of the settings or of a ticket system, which is no code.
fn called(name: &str, none: &str, w: &Words) -> String {
    if name.is_empty() { word(none, w) } else { name.to_owned() }
}

fn heading(what: &str, brands: &[String], days: (&str, &str), w: &Words) -> String {
    let brands = if brands.is_empty() { w.all_brands.to_owned() } else { brands.join(", ") };
    let days =
        if days.0 == days.1 { days.0.to_owned() } else { format!("{} {} {}", days.0, w.until, days.1) };
    format!("{}, {brands}, {days}", word(what, w))
}

/// The failure-demand report; `days` are its first and last.
pub fn demand(d: &Demand, days: (&str, &str), w: &'static Words) -> Paper {
    let title = heading("demand", &d.brands, days, w);
    let mut paper = Paper { lang: w.lang, title, blocks: Vec::new() };
    paper.blocks.push(Block::Line(vec![link(word("in_console", w), "/yesterday/demand")]));
    let two = |now: String, then: String| vec![vec![say(now)], vec![say(then)]];
    let row = |name: String, cells: Vec<Vec<Piece>>| [vec![vec![say(name)]], cells].concat();
    paper.blocks.push(Block::Table {
        head: vec![String::new(), w.this.to_owned(), w.before.to_owned()],
        rows: vec![
            row(word("cases", w), two(d.cases.to_string(), d.before.to_string())),
            row(word("work", w), two(hours_in(d.minutes, w), hours_in(d.before_minutes, w))),
            row(w.shadow.to_owned(), two(w.percent(d.shadow_index_percent), String::new())),
            row(word("done", w), two(w.percent(d.done_by_webcare_percent), String::new())),
        ],
    });
    paper.blocks.push(Block::Line(vec![say(word("counted", w))]));
    if d.cut {
        paper.blocks.push(Block::Line(vec![say(word("cut", w))]));
    }
    paper.part(&word("changed", w), changes(d, w));
    let coded = |r: &Row| named(&r.name, "not_said", w);
    table(&mut paper, &word("causes", w), &d.causes, &coded, w);
    table(&mut paper, &word("promises", w), &d.promises, &coded, w);
    table(&mut paper, w.by_team, &d.teams, &|r| called(&r.name, "no_ticket", w), w);
    table(&mut paper, w.by_sector, &d.sectors, &|r| called(&r.name, "none", w), w);
    if d.by_brand.len() > 1 {
        table(&mut paper, w.by_brand, &d.by_brand, &|r| r.name.clone(), w);
    }
    paper.part(&word("examples", w), d.examples.iter().map(|e| example(e, w)).collect());
    paper
}

fn hours_in(minutes: i64, w: &Words) -> String {
    let text = hours(minutes).trim_end_matches(" hours").to_owned();
    text.replace('.', w.decimal_mark)
}

fn changes(d: &Demand, w: &Words) -> Vec<Vec<Piece>> {
    let one = |name: String, r: &Row| {
        let how = match (r.before, r.cases) {
            (0, now) => format!("{}, {now}", word("new", w)),
            (then, 0) => format!("{}, {then} {}", word("gone", w), w.before),
            (then, now) => format!("{then} → {now} ({:+})", now - then),
        };
        vec![say(format!("{name}: {how}"))]
    };
    let causes = moved(&d.causes).into_iter().map(|r| one(named(&r.name, "not_said", w), r));
    let teams = moved(&d.teams).into_iter().map(|r| one(called(&r.name, "no_ticket", w), r));
    causes.chain(teams).collect()
}

fn table(paper: &mut Paper, head: &str, rows: &[Row], name: &dyn Fn(&Row) -> String, w: &Words) {
    if rows.is_empty() {
        return;
    }
    let cell = |n: i64| vec![say(n.to_string())];
    paper.blocks.push(Block::Head(head.to_owned()));
    paper.blocks.push(Block::Table {
        head: vec![String::new(), w.this.to_owned(), w.before.to_owned()],
        rows: rows.iter().map(|r| vec![vec![say(name(r))], cell(r.cases), cell(r.before)]).collect(),
    });
}

fn example(e: &Example, w: &Words) -> Vec<Piece> {
    let (cause, team) = (named(&e.cause, "not_said", w), called(&e.team, "no_ticket", w));
    let promise = format!("{}: {}", word("promise", w), word(e.promise, w));
    vec![say(format!("{} ({cause}; {team}; {promise}): {}", e.case, e.words))]
}

/// The counts of the failure-demand report, as they are kept when it is sent.
pub fn demand_figures(d: &Demand) -> Figures {
    let mut all = Figures::new();
    all.insert("demand/cases".to_owned(), d.cases);
    all.insert("demand/minutes".to_owned(), d.minutes);
    let groups = [("cause", &d.causes), ("promise", &d.promises), ("team", &d.teams), ("sector", &d.sectors)];
    for (kind, rows) in groups {
        all.extend(rows.iter().map(|r| (format!("demand/{kind}/{}", r.name), r.cases)));
    }
    all
}

/// Yesterday's list; `day` is the day that it tells of.
pub fn yesterday(made: &Yesterday, brands: &[String], day: &str, w: &'static Words) -> Paper {
    let title = heading("yesterday", brands, (day, day), w);
    let mut paper = Paper { lang: w.lang, title, blocks: Vec::new() };
    paper.blocks.push(Block::Line(vec![link(word("in_console", w), format!("/yesterday?day={day}"))]));
    if made.lines.is_empty() {
        paper.blocks.push(Block::Line(vec![say(word("nobody", w))]));
        return paper;
    }
    let head =
        ["ticket", "queue", "promise", "age", "causes", "difference", "owner", "action", "due", "trend"];
    paper.blocks.push(Block::Table {
        head: head.iter().map(|h| word(h, w)).collect(),
        rows: made.lines.iter().map(|l| line(l, w)).collect(),
    });
    paper
}

fn line(l: &Line, w: &Words) -> Vec<Vec<Piece>> {
    let ticket = l.ticket.clone().unwrap_or_else(|| word("no_ticket", w));
    let promise = l.promised_ms.map_or_else(String::new, |at| {
        let until = Timestamp(at).rfc3339().get(..16).unwrap_or_default().replace('T', " ");
        let broken = if l.promise_broken { format!(", {}", word("broken", w)) } else { String::new() };
        format!("{until}Z{broken}")
    });
    let trend = match (l.acted_ms, l.dropped) {
        (None, _) => l.before.to_string(),
        (_, None) => format!("{}, {} ({})", l.before, l.after, word("running", w)),
        (_, Some(true)) => format!("{}, {}: {}", l.before, l.after, word("dropped", w)),
        (_, Some(false)) => format!("{}, {}: {}", l.before, l.after, word("not_dropped", w)),
    };
    let cells = [
        format!("{ticket} ({}#{})", l.brand, l.number),
        called(&l.queue, "no_ticket", w),
        promise,
        l.age_ms.map(|ms| Words::span(Some(ms))).unwrap_or_default(),
        named(l.back_door.as_deref().unwrap_or_default(), "not_said", w),
        named(l.difference.as_deref().unwrap_or_default(), "not_said", w),
        l.owner.clone(),
        l.action.clone(),
        l.due.clone(),
        trend,
    ];
    cells.into_iter().map(|c| vec![say(c)]).collect()
}

/// The counts of yesterday's list, as they are kept when it is sent.
pub fn yesterday_figures(made: &Yesterday) -> Figures {
    let count =
        |of: &dyn Fn(&&Line) -> bool| i64::try_from(made.lines.iter().filter(of).count()).unwrap_or(i64::MAX);
    let all = [
        ("yesterday/lines", count(&|_| true)),
        ("yesterday/promises_broken", count(&|l| l.promise_broken)),
        ("yesterday/with_action", count(&|l| l.acted_ms.is_some())),
    ];
    all.map(|(name, n)| (name.to_owned(), n)).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ending::{BackDoor, Difference};
    use crate::reports::words::{EN, NL};

    fn made() -> Demand {
        let row =
            |name: &str, cases, before| Row { name: name.into(), cases, before, list: vec!["Acme#1".into()] };
        Demand {
            cases: 3,
            before: 1,
            minutes: 90,
            causes: vec![row("habit", 2, 1), row("", 1, 0)],
            promises: vec![row("broken", 1, 0)],
            teams: vec![row("<Field>", 3, 1)],
            examples: vec![Example {
                case: "Acme#1".into(),
                cause: "habit".into(),
                team: String::new(),
                promise: "broken",
                words: "still […]".into(),
            }],
            ..Demand::default()
        }
    }

    #[test]
    fn the_letter_names_no_case_that_could_be_opened() {
        let paper = demand(&made(), ("2026-11-16", "2026-11-22"), &EN);
        let text = paper.text("https://care.example");
        assert!(
            text.starts_with("What people came round the back for, all brands, 2026-11-16 to 2026-11-22\n")
        );
        for wanted in [
            "1.5",
            "habit: 1 → 2 (+1)",
            "not said: new, 1",
            "Acme#1 (habit; no ticket; Promise: broken): still […]",
        ] {
            assert!(text.contains(wanted), "{wanted}: {text}");
        }
        assert!(!text.contains("/c/") && !text.contains("/cases/"), "{text}");
        let html = demand(&made(), ("2026-11-16", "2026-11-22"), &NL).mail("https://care.example");
        assert!(
            html.contains("&lt;Field&gt;") && html.contains("gewoonte") && html.contains("1,5"),
            "{html}"
        );
        assert_eq!(demand_figures(&made())["demand/cause/habit"], 2);
    }

    #[test]
    fn a_day_without_anybody_says_so() {
        let text = yesterday(&Yesterday::default(), &["Acme".into()], "2026-11-22", &NL).text("");
        assert!(text.contains("Die dag kwam er niemand"), "{text}");
        let one = Line {
            ticket: Some("desk #7".into()),
            before: 4,
            acted_ms: Some(1),
            dropped: Some(true),
            ..Line::default()
        };
        let list = Yesterday { lines: vec![one], ..Yesterday::default() };
        let text = yesterday(&list, &[], "2026-11-22", &EN).text("");
        assert!(text.contains("desk #7") && text.contains("4, 0: fewer"), "{text}");
        assert_eq!(yesterday_figures(&list)["yesterday/with_action"], 1);
    }

    #[test]
    fn every_reason_has_words() {
        let codes = BackDoor::ALL.iter().map(|b| b.code()).chain(Difference::ALL.iter().map(|d| d.code()));
        for code in codes {
            assert!(WORDS.iter().any(|(known, ..)| *known == code), "{code}");
        }
    }
}
