//! What stands in a report beside the promises of the policy: what people promised, what was given, complaints.

use crate::reports::{Report, complaints, goodwill, promises, quality, spending};

/// Hands over titles and lines, in the order in which they are read; what is empty shows nothing.
pub fn each_beside(report: &Report, mut write: impl FnMut(&'static str, Vec<String>)) {
    let all = [
        (promises::TITLE, promises::lines(&report.promises)),
        (promises::CASES, promises::case_lines(&report.promises)),
        (goodwill::TITLE, goodwill::lines(&report.goodwill)),
        (goodwill::CASES, goodwill::case_lines(&report.goodwill)),
        (complaints::TITLE, complaints::lines(&report.complaints)),
        (complaints::CASES, complaints::case_lines(&report.complaints)),
        (quality::TITLE, quality::lines(&report.quality)),
        (spending::TITLE, spending::lines(&report.spending)),
    ];
    for (title, lines) in all {
        write(title, lines);
    }
}

/// The same as tables, each with its head; those of goodwill and complaints only where there is something.
pub fn beside_csv(report: &Report) -> Vec<Vec<Vec<String>>> {
    let owners = promises::csv_rows(&report.promises).into_iter().map(|r| r.to_vec()).collect();
    let cases = promises::csv_cases(&report.promises).into_iter().map(|r| r.to_vec()).collect();
    let mut tables: Vec<Vec<Vec<String>>> = vec![owners, cases];
    if !report.goodwill.cases.is_empty() {
        tables.push(goodwill::csv_rows(&report.goodwill));
        tables.push(goodwill::csv_cases(&report.goodwill));
    }
    if report.complaints.made > 0 {
        tables.push(complaints::csv_rows(&report.complaints));
    }
    if !report.quality.is_empty() {
        tables.push(quality::csv_rows(&report.quality));
    }
    if !report.spending.is_empty() {
        tables.push(spending::csv_rows(&report.spending));
    }
    tables
}
