//! The shadow index in a report: its figures by brand, why customers came and why webcare could help, and the cases
//! behind each figure. What the figures mean is defined in [`crate::domain::ending`].

use super::Ask;
use crate::domain::ending::{BackDoor, Difference, Shadow as Counts, Solved, Taken, too_many_other};
use crate::store::ending::{self, EndedCase, EndedCount};
use crate::store::{StoreError, Tx};
use serde::Serialize;

/// How many cases are listed one by one.
pub const CASES_MAX: usize = 5_000;
/// The title of the figures.
pub const TITLE: &str = "Shadow index";
/// The title of the cases.
pub const CASES: &str = "Ended, of what was the front office's to solve";

/// How often a reason was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Given {
    /// The reason, a code.
    pub reason: &'static str,
    /// How often.
    pub cases: i64,
}

/// The figures of one brand, or of all.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// The brand by name; empty in the total.
    pub brand: String,
    /// Cases that were the front office's to solve, resolved in the period and over by now.
    pub cases: i64,
    /// Of these, solved by the front office with a ticket.
    pub front_office: i64,
    /// Solved by webcare with a ticket made before the answer that solved it.
    pub webcare_linked: i64,
    /// Solved by webcare without a ticket, or with one made afterwards.
    pub webcare_unregistered: i64,
    /// The latter of all; none if nothing was counted.
    pub shadow_index_percent: Option<f64>,
    /// The last two of all; none if nothing was counted.
    pub done_by_webcare_percent: Option<f64>,
    /// Why customers came to webcare.
    pub back_door: Vec<Given>,
    /// So many of these are 'other' that they say nothing.
    pub back_door_bad_data: bool,
    /// Why webcare could what the front office could not.
    pub difference: Vec<Given>,
    /// So many of these are 'other' that they say nothing.
    pub difference_bad_data: bool,
    /// Left as proposed.
    pub accepted: i64,
    /// Other than proposed.
    pub changed: i64,
    /// As proposed, and shown to nobody.
    pub unseen: i64,
}

/// One case behind the figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Case {
    /// The brand by name.
    pub brand: String,
    /// The case's short number.
    pub number: i64,
    /// Who solved it.
    pub solved: String,
    /// Why webcare could.
    pub difference: Option<String>,
    /// Why the customer came to webcare.
    pub back_door: Option<String>,
    /// `accepted`, `changed` or `unseen`.
    pub taken: String,
}

/// The part of a report.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Shadow {
    /// All brands together.
    pub total: Figures,
    /// By brand.
    pub brands: Vec<Figures>,
    /// The cases behind the figures, by brand and who solved them.
    pub cases: Vec<Case>,
    /// How many cases are not listed.
    pub cases_not_listed: i64,
}

/// Counts and lists the endings of a period.
pub async fn of(tx: &mut Tx, asked: &Ask) -> Result<Shadow, StoreError> {
    let counts = ending::counted(tx, &asked.brands, asked.from, asked.to).await?;
    let cases = ending::listed(tx, &asked.brands, asked.from, asked.to, CASES_MAX).await?;
    Ok(put_together(&counts, cases))
}

fn put_together(counts: &[EndedCount], cases: Vec<EndedCase>) -> Shadow {
    let all: Vec<&EndedCount> = counts.iter().collect();
    let mut names: Vec<&str> = counts.iter().map(|c| c.brand.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let of_brand = |name: &&str| {
        let of: Vec<&EndedCount> = counts.iter().filter(|c| c.brand == **name).collect();
        figures(name, &of)
    };
    let total = figures("", &all);
    let listed = i64::try_from(cases.len()).unwrap_or(i64::MAX);
    let case = |c: EndedCase| Case {
        brand: c.brand,
        number: c.number,
        solved: c.solved,
        difference: c.difference,
        back_door: c.back_door,
        taken: c.taken,
    };
    Shadow {
        cases_not_listed: (total.cases - listed).max(0),
        total,
        brands: names.iter().map(of_brand).collect(),
        cases: cases.into_iter().map(case).collect(),
    }
}

fn figures(brand: &str, counts: &[&EndedCount]) -> Figures {
    let sum =
        |fits: &dyn Fn(&EndedCount) -> bool| counts.iter().filter(|c| fits(c)).map(|c| c.n).sum::<i64>();
    let solved = |s: Solved| sum(&|c| c.solved == s.code());
    let taken = |t: Taken| sum(&|c| c.taken == t.code());
    let shadow = Counts {
        front_office: solved(Solved::FrontOffice),
        linked: solved(Solved::Linked),
        unregistered: solved(Solved::Unregistered),
    };
    let back = BackDoor::ALL.iter().map(|b| (b.code(), sum(&|c| c.back_door.as_deref() == Some(b.code()))));
    let apart =
        Difference::ALL.iter().map(|d| (d.code(), sum(&|c| c.difference.as_deref() == Some(d.code()))));
    let (back_door, back_door_bad_data) = given(back, BackDoor::Other.code());
    let (difference, difference_bad_data) = given(apart, Difference::Other.code());
    Figures {
        brand: brand.to_owned(),
        cases: shadow.all(),
        front_office: shadow.front_office,
        webcare_linked: shadow.linked,
        webcare_unregistered: shadow.unregistered,
        shadow_index_percent: shadow.index_percent(),
        done_by_webcare_percent: shadow.by_webcare_percent(),
        back_door,
        back_door_bad_data,
        difference,
        difference_bad_data,
        accepted: taken(Taken::Accepted),
        changed: taken(Taken::Changed),
        unseen: taken(Taken::Unseen),
    }
}

/// The reasons that were given, most often first, and whether too many are `other`.
fn given(all: impl Iterator<Item = (&'static str, i64)>, other: &str) -> (Vec<Given>, bool) {
    let mut given: Vec<Given> =
        all.filter(|(_, n)| *n > 0).map(|(reason, cases)| Given { reason, cases }).collect();
    // Stable, so that equals stay in the order of the list.
    given.sort_by_key(|g| -g.cases);
    let others = given.iter().filter(|g| g.reason == other).map(|g| g.cases).sum();
    let sum = given.iter().map(|g| g.cases).sum();
    (given, too_many_other(others, sum))
}

fn shown(percent: Option<f64>) -> String {
    percent.map_or_else(|| "not measured".to_owned(), |p| format!("{p:.1} %"))
}

/// The two figures in one line.
pub fn headline(f: &Figures) -> String {
    format!(
        "shadow index: {}, {} of {} solved unregistered; done by webcare: {}",
        shown(f.shadow_index_percent),
        f.webcare_unregistered,
        f.cases,
        shown(f.done_by_webcare_percent),
    )
}

fn reasons(given: &[Given], bad: bool) -> String {
    let one = |g: &Given| format!("{} {}", g.reason.replace('_', " "), g.cases);
    let list = given.iter().map(one).collect::<Vec<_>>().join(", ");
    let list = if list.is_empty() { "none given".to_owned() } else { list };
    if bad { format!("{list} (bad data: more than 15 % are 'other')") } else { list }
}

/// The figures in words, all brands first.
pub fn lines(shadow: &Shadow) -> Vec<String> {
    if shadow.total.cases == 0 {
        return vec!["not measured: no case that was the front office's to solve ended".to_owned()];
    }
    let all = (shadow.brands.len() > 1).then_some(&shadow.total);
    let mut lines = Vec::new();
    for f in all.into_iter().chain(&shadow.brands) {
        let name = if f.brand.is_empty() { "all brands" } else { &f.brand };
        lines.push(format!(
            "{name}: {} (with a ticket {}, by the front office {})",
            headline(f),
            f.webcare_linked,
            f.front_office
        ));
        lines.push(format!("{name}: why they came: {}", reasons(&f.back_door, f.back_door_bad_data)));
        lines.push(format!("{name}: why webcare could: {}", reasons(&f.difference, f.difference_bad_data)));
        lines.push(format!(
            "{name}: as proposed {}, changed {}, seen by nobody {}",
            f.accepted, f.changed, f.unseen
        ));
    }
    lines
}

/// The cases behind the figures, one line each.
pub fn case_lines(shadow: &Shadow) -> Vec<String> {
    let word = |code: &Option<String>| code.as_deref().unwrap_or("–").replace('_', " ");
    let one = |c: &Case| {
        format!(
            "{} #{}: {}; came: {}; could: {}; {}",
            c.brand,
            c.number,
            c.solved.replace('_', " "),
            word(&c.back_door),
            word(&c.difference),
            c.taken
        )
    };
    let more = (shadow.cases_not_listed > 0).then(|| format!("and {} more", shadow.cases_not_listed));
    shadow.cases.iter().map(one).chain(more).collect()
}

/// The figures as a table with its head; the first column tells the kind of row, `marked` is `bad_data` for reasons
/// of which too many are 'other'.
pub fn csv_rows(shadow: &Shadow) -> Vec<[String; 7]> {
    let head = ["row", "brand", "what", "solved", "cases", "percent", "marked"].map(ToOwned::to_owned);
    let all = std::iter::once(&shadow.total).chain(&shadow.brands);
    std::iter::once(head).chain(all.flat_map(csv_figures)).collect()
}

/// The cases as a table with its head.
pub fn csv_cases(shadow: &Shadow) -> Vec<[String; 7]> {
    let head =
        ["row", "brand", "number", "solved", "back_door", "difference", "taken"].map(ToOwned::to_owned);
    let text = |code: &Option<String>| code.clone().unwrap_or_default();
    let one = |c: &Case| {
        [
            "shadow_case".to_owned(),
            c.brand.clone(),
            c.number.to_string(),
            c.solved.clone(),
            text(&c.back_door),
            text(&c.difference),
            c.taken.clone(),
        ]
    };
    std::iter::once(head).chain(shadow.cases.iter().map(one)).collect()
}

fn csv_figures(f: &Figures) -> Vec<[String; 7]> {
    let percent = |p: Option<f64>| p.map_or_else(String::new, |p| format!("{p:.1}"));
    let row = |kind: &str, what: &str, solved: &str, n: i64, p: String, marked: bool| {
        let marked = if marked { "bad_data" } else { "" };
        [kind, &f.brand, what, solved, &n.to_string(), &p, marked].map(ToOwned::to_owned)
    };
    let plain =
        |what: &str, solved: &str, n: i64, p: Option<f64>| row("shadow", what, solved, n, percent(p), false);
    let by_webcare = f.webcare_linked + f.webcare_unregistered;
    let mut rows = vec![
        plain("cases", "", f.cases, None),
        plain("solved", Solved::FrontOffice.code(), f.front_office, None),
        plain("solved", Solved::Linked.code(), f.webcare_linked, None),
        plain("solved", Solved::Unregistered.code(), f.webcare_unregistered, None),
        plain("shadow_index", "", f.webcare_unregistered, f.shadow_index_percent),
        plain("done_by_webcare", "", by_webcare, f.done_by_webcare_percent),
        plain("accepted", "", f.accepted, None),
        plain("changed", "", f.changed, None),
        plain("unseen", "", f.unseen, None),
    ];
    let why = |kind: &'static str, given: &[Given], bad: bool| {
        given.iter().map(|g| row(kind, g.reason, "", g.cases, String::new(), bad)).collect::<Vec<_>>()
    };
    rows.extend(why("shadow_back_door", &f.back_door, f.back_door_bad_data));
    rows.extend(why("shadow_difference", &f.difference, f.difference_bad_data));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(brand: &str, solved: Solved, why: (Option<Difference>, Option<BackDoor>), n: i64) -> EndedCount {
        EndedCount {
            brand: brand.into(),
            solved: solved.code().into(),
            difference: why.0.map(|d| d.code().into()),
            back_door: why.1.map(|b| b.code().into()),
            taken: Taken::Accepted.code().into(),
            n,
        }
    }

    #[test]
    fn figures_are_by_brand_and_over_all() {
        let counts = [
            count("Acme", Solved::FrontOffice, (None, None), 2),
            count("Acme", Solved::Unregistered, (Some(Difference::Mandate), Some(BackDoor::Habit)), 1),
            count("Tempo", Solved::Linked, (None, Some(BackDoor::Other)), 1),
        ];
        let made = put_together(&counts, Vec::new());
        assert_eq!((made.total.cases, made.cases_not_listed), (4, 4));
        assert_eq!(made.total.shadow_index_percent, Some(25.0));
        assert_eq!(made.total.done_by_webcare_percent, Some(50.0));
        assert_eq!(made.brands[0].shadow_index_percent, Some(33.3));
        assert_eq!(made.brands[1].shadow_index_percent, Some(0.0));
        assert_eq!(made.brands[0].difference, [Given { reason: "mandate", cases: 1 }]);
        assert!(made.brands[1].back_door_bad_data && !made.brands[0].back_door_bad_data);
        let told = lines(&made).join("\n");
        assert!(told.contains("all brands: shadow index: 25.0 %, 1 of 4 solved unregistered"), "{told}");
        assert!(told.contains("Tempo: why they came: other 1 (bad data"), "{told}");
        let csv = csv_rows(&made);
        assert!(
            csv.contains(&["shadow_back_door", "Tempo", "other", "", "1", "", "bad_data"].map(String::from))
        );
    }

    #[test]
    fn nothing_counted_is_not_measured() {
        let made = put_together(&[], Vec::new());
        assert_eq!((made.total.shadow_index_percent, made.total.done_by_webcare_percent), (None, None));
        assert!(lines(&made)[0].starts_with("not measured"));
        assert!(headline(&made.total).contains("not measured"));
        assert!(case_lines(&made).is_empty());
    }
}
