//! The report to leads on a page of the console in a language that is not English: what the mail says, with the chart as it is
//! drawn for the English page, and with the recommendation and the back door as tables, each figure with its cases.

use super::leads::Leads;
use super::letter::letter;
use super::office::paper::word;
use super::office::{Group, Office};
use super::paper::{Block, Paper, Piece, link, say};
use super::survey::{Score, Survey};
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
    let groups: [(&str, &[Score]); 7] = [
        (w.by_week, &s.weeks),
        (w.by_brand, &s.brands),
        (w.by_channel, &s.channels),
        (w.by_sector, &s.sectors),
        (w.by_solved, &s.solved),
        (w.by_language, &s.languages),
        (w.by_level, &s.levels),
    ];
    for (title, list) in groups.into_iter().filter(|(_, list)| !list.is_empty()) {
        let mut head = head.clone();
        title.clone_into(&mut head[0]);
        let rows = list.iter().map(|x| row(&named(&x.name, w), x)).collect();
        paper.blocks.push(Block::Table { head, rows });
    }
    let beside = format!("{}: {}, {} {}", w.worded, s.worded.len(), w.worded_asked, s.complained.len());
    paper.blocks.push(Block::Line(vec![say(beside)]));
}

fn named(name: &str, w: &Words) -> String {
    match name {
        "" => w.none.to_owned(),
        "webcare_linked" => w.webcare_linked.to_owned(),
        "webcare_unregistered" => w.webcare_unregistered.to_owned(),
        "front_office" => w.front_office.to_owned(),
        code => word(code, w),
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
    let groups: [(&str, &[Group]); 10] = [
        (w.this, std::slice::from_ref(&o.total)),
        (w.by_week, &o.weeks),
        (w.by_brand, &o.brands),
        (w.by_channel, &o.channels),
        (w.by_language, &o.languages),
        (w.by_level, &o.levels),
        (w.by_sector, &o.sectors),
        (w.by_cause, &o.causes),
        (w.by_matter, &o.matters),
        (w.by_team, &o.teams),
    ];
    for (at, (title, list)) in groups.into_iter().enumerate().filter(|(_, (_, list))| !list.is_empty()) {
        let mut head = head.map(str::to_owned).to_vec();
        title.clone_into(&mut head[0]);
        let name = |g: &Group| if at == 0 { String::new() } else { named(&g.name, w) };
        let rows = list.iter().map(|g| row(&name(g), g)).collect();
        paper.blocks.push(Block::Table { head, rows });
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
        made.report.office.total = Group { name: String::new(), ..group };
        made
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
            assert!(page.contains(">2026-09-21</th>") && page.contains(">3</td>"), "{page}");
            for part in [w.recommend, w.back_door, w.by_cause, w.promoters] {
                assert!(page.contains(part), "{}: {part}", w.lang);
            }
            assert!(page.contains("href=\"/c/Acme%20%26%20Co/7\""), "{page}");
            assert!(!page.contains("style=") && !page.contains("bgcolor"), "{page}");
        }
        let dutch = paper(&made, &NL).page();
        assert!(dutch.contains("+33,3 (-20,0 t/m +71,5)") && dutch.contains("geen antwoord"), "{dutch}");
        for english in ["promoters of", "shadow index", "By cause", "not said"] {
            assert!(!dutch.contains(english), "{english}");
        }
    }
}
