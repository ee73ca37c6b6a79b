//! The report to leads on a page of the console in a language that is not English: what the mail says, with the chart as it is
//! drawn for the English page, and with the recommendation and the back door as tables, each figure with its cases.

use super::leads::Leads;
use super::letter::letter;
use super::office::paper::word;
use super::office::{self, Group, Office};
use super::paper::{Block, Paper, Piece, link, say};
use super::survey::{self, Score, Survey};
use super::words::Words;

/// How many cases stand beside a figure; the page of the figure has all.
const CASES_SHOWN: usize = 20;

/// The page.
pub fn paper(made: &Leads, w: &'static Words) -> Paper {
    let mut paper = letter(made, &[], w);
    // It need not lead to where it stands.
    paper.blocks.remove(0);
    let rule = paper.blocks.pop();
    if let Some(survey) = &made.report.survey {
        recommendation(&mut paper, survey, w);
    }
    back_door(&mut paper, &made.report.office, w);
    paper.blocks.extend(rule);
    paper
}

/// A number with its cases behind it.
fn cases(all: &[String]) -> Vec<Piece> {
    let mut pieces = vec![say(all.len().to_string())];
    for name in all.iter().take(CASES_SHOWN) {
        pieces.push(say(" "));
        let path = name.rsplit_once('#').and_then(|(brand, n)| Some((brand, n.parse::<i64>().ok()?)));
        pieces.push(match path {
            Some((brand, n)) => link(name.clone(), super::leads_write::case_path(brand, n)),
            None => say(name.clone()),
        });
    }
    if all.len() > CASES_SHOWN {
        pieces.push(say(" …"));
    }
    pieces
}

/// A score with its interval, as it is written in the language.
pub fn score(s: &Score, w: &Words) -> String {
    let one = |v: f64| if v > 0.0 { format!("+{}", w.decimal(v, 1)) } else { w.decimal(v, 1) };
    match (s.score, s.low, s.high) {
        (Some(score), Some(low), Some(high)) => {
            format!("{} ({} {} {})", one(score), one(low), w.until, one(high))
        }
        _ => w.not_measured.to_owned(),
    }
}

/// What customers would recommend, in total and by week, brand, channel, sector, who solved it, language and level.
pub(super) fn recommendation(paper: &mut Paper, s: &Survey, w: &'static Words) {
    paper.blocks.push(Block::Head(w.recommend.to_owned()));
    let head = ["", w.score, w.asked, w.promoters, w.passives, w.detractors].map(str::to_owned).to_vec();
    let row = |name: &str, s: &Score| {
        let plain = |text: String| vec![say(text)];
        vec![
            plain(name.to_owned()),
            plain(score(s, w)),
            plain(s.asked.to_string()),
            cases(&s.promoters),
            cases(&s.passives),
            cases(&s.detractors),
        ]
    };
    let totals = vec![row(w.this, &s.total), row(w.before, &s.before)];
    paper.blocks.push(Block::Table { head: head.clone(), rows: totals });
    for (by, _, list, _) in survey::groups(s).into_iter().filter(|(.., list, _)| !list.is_empty()) {
        let mut head = head.clone();
        w.by(by).clone_into(&mut head[0]);
        let rows = list.iter().map(|x| row(&named(by, &x.name, w), x)).collect();
        paper.blocks.push(Block::Table { head, rows });
    }
    let beside = format!("{}: {}, {} {}", w.worded, s.worded.len(), w.worded_asked, s.complained.len());
    paper.blocks.push(Block::Line(vec![say(beside)]));
}

/// The name of a group: a code in words, and what is somebody's name as it stands.
fn named(by: &str, name: &str, w: &Words) -> String {
    match (by, name) {
        (_, "") => w.none.to_owned(),
        ("solved", "webcare_linked") => w.webcare_linked.to_owned(),
        ("solved", "webcare_unregistered") => w.webcare_unregistered.to_owned(),
        ("solved", "front_office") => w.front_office.to_owned(),
        ("solved" | "cause" | "matter", code) => word(code, w),
        (_, name) => name.to_owned(),
    }
}

/// What people came round the back for, by week, brand, channel, language, level, sector, cause, matter and team.
pub(super) fn back_door(paper: &mut Paper, o: &Office, w: &'static Words) {
    if o.total.cases == 0 && o.total.before_cases.unwrap_or(0) == 0 {
        return;
    }
    paper.blocks.push(Block::Head(w.back_door.to_owned()));
    let head = [
        "",
        w.begun,
        w.shadow,
        w.before,
        w.done_by_webcare,
        w.before,
        w.front_office,
        w.webcare_linked,
        w.webcare_unregistered,
    ];
    let row = |name: &str, g: &Group| {
        let share = |p| vec![say(w.percent(p))];
        vec![
            vec![say(name)],
            vec![say(g.cases.to_string())],
            share(g.shadow_index_percent),
            share(g.before_shadow_index_percent),
            share(g.done_by_webcare_percent),
            share(g.before_done_by_webcare_percent),
            cases(&g.front_office),
            cases(&g.webcare_linked),
            cases(&g.webcare_unregistered),
        ]
    };
    let titled = |title: &str| {
        let mut head = head.map(str::to_owned).to_vec();
        title.clone_into(&mut head[0]);
        head
    };
    paper.blocks.push(Block::Table { head: titled(w.this), rows: vec![row("", &o.total)] });
    for (by, _, list, _) in office::groups(o).into_iter().filter(|(.., list, _)| !list.is_empty()) {
        let rows = list.iter().map(|g| row(&named(by, &g.name, w), g)).collect();
        paper.blocks.push(Block::Table { head: titled(w.by(by)), rows });
    }
}

#[cfg(test)]
mod tests {
    use super::super::words::{EN, NL};
    use super::*;
    use crate::reports::leads::Day;

    fn made() -> Leads {
        let mut made = Leads { period: "weekly", ..Leads::default() };
        made.days = vec![Day { day: "2026-09-21".into(), kept: 3, broken: 1 }];
        let total = Score {
            asked: 4,
            answered: 3,
            score: Some(33.3),
            low: Some(-20.0),
            high: Some(71.5),
            promoters: vec!["Acme & Co#7".into(), "Acme & Co#8".into()],
            passives: Vec::new(),
            detractors: vec!["Acme & Co#9".into()],
            ..Score::default()
        };
        made.report.survey = Some(Survey {
            channels: vec![Score { name: "mastodon".into(), ..total.clone() }],
            total,
            ..Survey::default()
        });
        let group = Group {
            name: "no_answer".into(),
            cases: 2,
            webcare_unregistered: vec!["Acme & Co#3".into()],
            ..Group::default()
        };
        made.report.office.causes = vec![group.clone()];
        made.report.office.sectors = vec![Group { name: "wrong_data".into(), ..group.clone() }];
        made.report.office.total = Group { name: String::new(), ..group };
        made
    }

    #[test]
    fn whatever_groups_are_told_apart_by_has_words() {
        let (said, office) = (Survey::default(), Office::default());
        let said = survey::groups(&said).map(|(by, ..)| by);
        let ended = office::groups(&office).map(|(by, ..)| by);
        for by in said.into_iter().chain(ended).chain(crate::reports::leads::DIMENSIONS) {
            assert!(EN.by(by) != by && NL.by(by) != by, "{by}");
        }
    }

    #[test]
    fn each_language_has_the_chart_and_the_tables_behind_it() {
        let made = made();
        let english = super::super::leads_write::body(&made);
        for w in [&EN, &NL] {
            let page = paper(&made, w).page();
            assert_eq!(page.matches("<svg").count(), english.matches("<svg").count(), "{}: {page}", w.lang);
            assert!(page.contains("role=\"img\"") && page.contains(w.legend), "{page}");
            // The figures of the chart stand in a table too.
            assert!(page.contains(">2026-09-21</th>") && page.contains(">3</a></td>"), "{page}");
            for part in [w.recommend, w.back_door, w.by_cause, w.promoters] {
                assert!(page.contains(part), "{}: {part}", w.lang);
            }
            assert!(page.contains("href=\"/c/Acme%20%26%20Co/7\""), "{page}");
            assert!(!page.contains("style=") && !page.contains("bgcolor"), "{page}");
        }
        let dutch = paper(&made, &NL).page();
        assert!(dutch.contains("+33,3 (-20,0 t/m +71,5)") && dutch.contains("geen antwoord"), "{dutch}");
        assert!(dutch.contains("wrong_data"), "a sector stands as it is named: {dutch}");
        for english in ["promoters of", "shadow index", "By cause", "not said"] {
            assert!(!dutch.contains(english), "{english}");
        }
    }
}
