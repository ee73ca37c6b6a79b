//! Charts of reports, drawn as SVG by presentation attributes alone: no styles, no scripts, nothing fetched. Beside
//! each stands a table with the same figures, for readers of mail that show no SVG and for people who see none.

use super::write::escape;
use std::fmt::Write;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 180.0;
const LEFT: f64 = 36.0;
const BOTTOM: f64 = 24.0;
const TOP: f64 = 8.0;

/// A bar of two parts: what stands below, and what stands on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// What it is of.
    pub name: String,
    /// The lower part.
    pub kept: i64,
    /// The upper part.
    pub broken: i64,
}

/// Bars beside each other, kept below and broken above, told apart by colour and by hatching.
pub fn bars(title: &str, bars: &[Bar]) -> String {
    let most = bars.iter().map(|b| b.kept.max(0) + b.broken.max(0)).max().unwrap_or(0).max(1);
    let (plot_w, plot_h) = (WIDTH - LEFT - 4.0, HEIGHT - TOP - BOTTOM);
    let step = plot_w / bars.len().max(1) as f64;
    let width = (step * 0.7).clamp(1.0, 60.0);
    let scale = |n: i64| plot_h * n.max(0) as f64 / most as f64;
    // Two charts on a page have two patterns.
    let late: String = "late-".chars().chain(title.chars().filter(char::is_ascii_alphanumeric)).collect();
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" \
         height=\"{HEIGHT}\" role=\"img\" aria-label=\"{}\" font-family=\"sans-serif\" font-size=\"11\">\
         <defs><pattern id=\"{late}\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\"><rect width=\"5\" \
         height=\"5\" fill=\"#b3261e\"/><path d=\"M0 5L5 0\" stroke=\"#fff\" stroke-width=\"1\"/></pattern></defs>\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>",
        escape(title)
    );
    let base = HEIGHT - BOTTOM;
    // Writing to a text cannot fail.
    let _ = write!(
        out,
        "<path d=\"M{LEFT} {TOP}V{base}H{WIDTH}\" stroke=\"#777\" fill=\"none\"/><text x=\"{}\" y=\"{}\" \
         text-anchor=\"end\" fill=\"#333\">{most}</text><text x=\"{}\" y=\"{base}\" text-anchor=\"end\" \
         fill=\"#333\">0</text>",
        LEFT - 4.0,
        TOP + 9.0,
        LEFT - 4.0
    );
    // So many names that none stands in another.
    let every = (bars.len() / 12 + 1).max(1);
    for (at, bar) in bars.iter().enumerate() {
        let x = LEFT + step * at as f64 + (step - width) / 2.0;
        let (kept, broken) = (scale(bar.kept), scale(bar.broken));
        let _ = write!(
            out,
            "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{kept:.1}\" fill=\"#1d6fb8\"/>\
             <rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{broken:.1}\" fill=\"url(#{late})\"/>",
            base - kept,
            base - kept - broken
        );
        if at % every == 0 {
            let _ = write!(
                out,
                "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"#333\">{}</text>",
                x + width / 2.0,
                HEIGHT - 8.0,
                escape(&bar.name)
            );
        }
    }
    out.push_str("</svg>");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_bar_never_leaves_its_chart(kept in prop::collection::vec(0i64..1_000_000, 0..40), broken in 0i64..9_000) {
            let list: Vec<Bar> =
                kept.iter().map(|k| Bar { name: "<&\"".into(), kept: *k, broken }).collect();
            let svg = bars("a \"title\" <x>", &list);
            prop_assert!(!svg.contains("<x>") && !svg.contains("NaN") && !svg.contains("=\"-"));
            prop_assert_eq!(svg.matches("url(#late-atitlex)").count(), list.len());
            prop_assert!(!svg.contains("<script") && !svg.contains("style="));
        }
    }
}
