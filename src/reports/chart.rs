//! Charts of reports, drawn as SVG by presentation attributes alone: no styles, no scripts, nothing fetched. Beside
//! each stands a table with the same figures, for readers of mail that show no SVG and for people who see none.

use super::canvas::{AXIS, Canvas, GLYPH, KEPT, LATE, PAPER, width_of};
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

/// A bar in its place, in points.
struct Placed<'a> {
    left: f64,
    width: f64,
    kept: f64,
    broken: f64,
    /// Its name, if it stands below it.
    name: Option<&'a str>,
    /// How wide a name may be so that none stands in another.
    room: f64,
}

/// The bars in their places, and how much the highest stands for.
fn placed<'a>(bars: &'a [Bar]) -> (i64, Vec<Placed<'a>>) {
    let most = bars.iter().map(|b| b.kept.max(0) + b.broken.max(0)).max().unwrap_or(0).max(1);
    let (plot_w, plot_h) = (WIDTH - LEFT - 4.0, HEIGHT - TOP - BOTTOM);
    let step = plot_w / bars.len().max(1) as f64;
    let width = (step * 0.7).clamp(1.0, 60.0);
    let scale = |n: i64| plot_h * n.max(0) as f64 / most as f64;
    // So many names that none stands in another.
    let every = (bars.len() / 12 + 1).max(1);
    let one = |(at, bar): (usize, &'a Bar)| Placed {
        left: LEFT + step * at as f64 + (step - width) / 2.0,
        width,
        kept: scale(bar.kept),
        broken: scale(bar.broken),
        name: (at % every == 0).then_some(bar.name.as_str()),
        room: step * every as f64,
    };
    (most, bars.iter().enumerate().map(one).collect())
}

/// Bars beside each other, kept below and broken above, told apart by colour and by hatching.
pub fn bars(title: &str, bars: &[Bar]) -> String {
    let (most, all) = placed(bars);
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
    for Placed { left, width, kept, broken, name, .. } in all {
        let _ = write!(
            out,
            "<rect x=\"{left:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{kept:.1}\" fill=\"#1d6fb8\"/>\
             <rect x=\"{left:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{broken:.1}\" fill=\"url(#{late})\"/>",
            base - kept,
            base - kept - broken
        );
        if let Some(name) = name {
            let _ = write!(
                out,
                "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"#333\">{}</text>",
                left + width / 2.0,
                HEIGHT - 8.0,
                escape(name)
            );
        }
    }
    out.push_str("</svg>");
    out
}

/// The same bars as a picture (PNG), for programs that read mail: those show no SVG. Nothing if it cannot be made.
pub fn picture(bars: &[Bar]) -> Option<Vec<u8>> {
    let (most, all) = placed(bars);
    let base = HEIGHT - BOTTOM;
    let mut canvas = Canvas::new(WIDTH, HEIGHT);
    canvas.fill((LEFT, TOP), (1.0, base - TOP), |_, _| AXIS);
    canvas.fill((LEFT, base), (WIDTH - LEFT, 1.0), |_, _| AXIS);
    let most = most.to_string();
    canvas.write(&most, (LEFT - 4.0 - width_of(&most), TOP + 1.0));
    canvas.write("0", (LEFT - 4.0 - width_of("0"), base - GLYPH));
    for Placed { left, width, kept, broken, name, room } in all {
        canvas.fill((left, base - kept), (width, kept), |_, _| KEPT);
        // Hatched, so that it is told apart without colours too.
        let late = |x: usize, y: usize| if (x + y) % 10 < 2 { PAPER } else { LATE };
        canvas.fill((left, base - kept - broken), (width, broken), late);
        if let Some(name) = name {
            // The table below has it whole.
            let name: String = name.chars().take((room / GLYPH) as usize).collect();
            canvas.write(&name, (left + (width - width_of(&name)) / 2.0, HEIGHT - 16.0));
        }
    }
    canvas.png()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_picture_shows_what_was_kept_and_what_was_late() {
        let list = [(8, 0), (2, 6), (0, 0)].map(|(kept, broken)| Bar { name: "09-21".into(), kept, broken });
        let made = picture(&list).unwrap();
        let mut read = png::Decoder::new(std::io::Cursor::new(&made)).read_info().unwrap();
        let mut points = vec![0; read.output_buffer_size().unwrap()];
        let shown = read.next_frame(&mut points).unwrap();
        assert_eq!((shown.width, shown.height), (1280, 360));
        let mut of = [0_u32; 256];
        for p in points {
            of[usize::from(p)] += 1;
        }
        let (kept, late) = (f64::from(of[usize::from(KEPT)]), f64::from(of[usize::from(LATE)]));
        // Ten kept stand beside six late, of which a fifth is hatched away.
        let ratio = kept / late;
        assert!((1.9..2.3).contains(&ratio), "{kept} {late}");
        assert!(made.len() < 8_000, "{}", made.len());
    }

    proptest! {
        #[test]
        fn a_picture_is_always_made(kept in prop::collection::vec(-5i64..1_000_000_000, 0..90), name in ".{0,60}") {
            let list: Vec<Bar> =
                kept.iter().map(|k| Bar { name: name.clone(), kept: *k, broken: *k / 3 }).collect();
            prop_assert!(picture(&list).is_some());
        }

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
