//! Tables of states and events in Markdown, as they stand in `ARCHITECTURE.md`: for the tests that hold the page to them.

/// What each event makes of each state, in the words of `cell`.
pub fn grid<S: Copy, E: Copy>(
    states: &[S],
    events: &[E],
    state: impl Fn(S) -> &'static str,
    event: impl Fn(E) -> &'static str,
    cell: impl Fn(S, E) -> String,
) -> String {
    let heads: Vec<&str> = states.iter().map(|s| state(*s)).collect();
    let mut lines =
        vec![format!("| event | {} |", heads.join(" | ")), format!("|---|{}", "---|".repeat(states.len()))];
    for e in events {
        let cells: Vec<String> = states.iter().map(|s| cell(*s, *e)).collect();
        lines.push(format!("| {} | {} |", event(*e), cells.join(" | ")));
    }
    lines.join("\n")
}
