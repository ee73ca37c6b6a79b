//! Where what a report to leads says is shown in the console: each path below its address, of the same days and brands.

use super::leads::Leads;

/// Where the cases of a figure are listed, below the address of the console.
pub fn cases_path(made: &Leads, by: &str, name: &str, kind: &str, late: bool) -> String {
    let more = [("by", by), ("name", name), ("kind", kind), ("late", if late { "1" } else { "0" })];
    path_of(made, "/reports/cases", (made.period, &made.this.first), &more)
}

/// Where a page tells of a period, by its kind and its first day, of the brands of a report and in its zone.
fn path_of(made: &Leads, page: &str, (period, day): (&str, &str), more: &[(&str, &str)]) -> String {
    let mut line = url::form_urlencoded::Serializer::new(String::new());
    line.append_pair("period", period).append_pair("day", day);
    for (name, value) in more {
        line.append_pair(name, value);
    }
    for brand in &made.report.brands {
        line.append_pair("brand", brand);
    }
    if !made.zone.is_empty() {
        line.append_pair("zone", &made.zone);
    }
    format!("{page}?{}", line.finish())
}

/// Where a report is shown.
pub fn report_path(made: &Leads) -> String {
    path_of(made, "/reports", (made.period, &made.this.first), &[])
}

/// Where the report of one day of a period is shown.
pub fn day_path(made: &Leads, day: &str) -> String {
    path_of(made, "/reports", ("daily", day), &[])
}

/// Where the cases of a figure that is no promise are listed, by one of the codes of
/// [`crate::store::leading_more::WHATS`].
pub fn else_path(made: &Leads, what: &str) -> String {
    cases_path(made, "total", "", what, false)
}

/// Where a case stands, by brand and short number, below the address of the console.
pub fn case_path(brand: &str, number: i64) -> String {
    let brand: String = url::form_urlencoded::byte_serialize(brand.as_bytes()).collect();
    format!("/c/{}/{number}", brand.replace('+', "%20"))
}
