//! The tables of the back door by week, brand, channel, language, level, sector, cause, matter and team, and of first-time
//! resolution by its dimensions, each number with its cases.

use super::shadow::{Links, links, percent};
use super::texts::Texts;
use crate::reports::office::{FirstTime, Group, Of, Office};

/// A group as a row.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) cases: i64,
    pub(super) before_cases: Option<i64>,
    pub(super) index: String,
    pub(super) index_before: Option<String>,
    pub(super) done: String,
    pub(super) done_before: Option<String>,
    pub(super) lists: [Links; 3],
}

/// A dimension as a table.
pub(super) struct Table {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) rows: Vec<Row>,
}

/// First-time resolution of a group as a row.
pub(super) struct First {
    pub(super) name: String,
    pub(super) percent: String,
    pub(super) solved: i64,
    pub(super) known: i64,
    pub(super) young: i64,
    /// Solved the first time, came again, not yet known.
    pub(super) lists: [Links; 3],
}

/// First-time resolution by a dimension as a table.
pub(super) struct Firsts {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) rows: Vec<First>,
}

/// One group.
pub(super) fn row(g: &Group, name: String, t: &Texts) -> Row {
    Row {
        name,
        cases: g.cases,
        before_cases: g.before_cases,
        index: percent(g.shadow_index_percent, t),
        index_before: g.before_shadow_index_percent.map(|p| percent(Some(p), t)),
        done: percent(g.done_by_webcare_percent, t),
        done_before: g.before_done_by_webcare_percent.map(|p| percent(Some(p), t)),
        lists: [links(&g.front_office), links(&g.webcare_linked), links(&g.webcare_unregistered)],
    }
}

/// All dimensions.
pub(super) fn tables(made: &Office, t: &'static Texts) -> Vec<Table> {
    let (o, v) = (t.office(), t.voice());
    let plain = |g: &Group| g.name.clone();
    let or = |g: &Group, none: &str| if g.name.is_empty() { none.to_owned() } else { g.name.clone() };
    let table = |id, title, groups: &[Group], name: &dyn Fn(&Group) -> String| Table {
        id,
        title,
        rows: groups.iter().map(|g| row(g, name(g), t)).collect(),
    };
    let cause = |g: &Group| match g.name.as_str() {
        "" => t.ends().ending_none.to_owned(),
        code => t.name("back_door", code),
    };
    vec![
        table("weeks", o.by_week, &made.weeks, &plain),
        table("brands", o.by_brand, &made.brands, &plain),
        table("channels", v.by_channel, &made.channels, &plain),
        table("languages", v.by_language, &made.languages, &plain),
        table("levels", v.by_level, &made.levels, &plain),
        table("sectors", o.by_sector, &made.sectors, &|g| or(g, o.sector_none)),
        table("causes", o.by_cause, &made.causes, &cause),
        table("matters", o.by_matter, &made.matters, &|g| t.name("intent", &g.name)),
        table("teams", o.by_team, &made.teams, &|g| or(g, o.no_ticket)),
    ]
}

fn first(of: &Of, name: String, t: &Texts) -> First {
    First {
        name,
        percent: percent(of.percent, t),
        solved: of.first_time,
        known: of.first_time + of.came_again,
        young: of.not_yet_known,
        lists: [links(&of.first_time_cases), links(&of.came_again_cases()), links(&of.not_yet_known_cases)],
    }
}

/// First-time resolution by channel, all channels first, and by each other dimension.
pub(super) fn firsts(made: &FirstTime, t: &'static Texts) -> Vec<Firsts> {
    let (o, v) = (t.office(), t.voice());
    let all = std::iter::once(first(&made.total, o.all_channels.to_owned(), t));
    let rows = |list: &[Of], none: &str| -> Vec<First> {
        let name = |of: &Of| if of.name.is_empty() { none.to_owned() } else { of.name.clone() };
        list.iter().map(|of| first(of, name(of), t)).collect()
    };
    let table = |id, title, rows| Firsts { id, title, rows };
    let mut tables = vec![
        table("channel", o.channel, all.chain(rows(&made.platforms, "")).collect()),
        table("brand", o.by_brand, rows(&made.brands, "")),
        table("language", v.by_language, rows(&made.languages, "")),
        table("level", v.by_level, rows(&made.levels, "")),
        table("sector", o.by_sector, rows(&made.sectors, o.sector_none)),
    ];
    tables.retain(|table| !table.rows.is_empty());
    tables
}
