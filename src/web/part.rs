//! Long lists in parts: by words, by a state, by a brand, a page at a time, all of it in the address, so that it can be
//! shared and works without scripts.
//!
//! What can grow without end is counted and cut by the store ([`Part::set`]), or walked through where only words or names tell
//! what fits ([`Walk`]); only what is bounded by nature, such as a team, is cut in memory ([`Part::cut`]).

use std::collections::HashMap;

/// Most entries of one page of a list.
pub const PAGE: usize = 30;
/// The same as the store counts.
pub const PAGE_ROWS: i64 = PAGE as i64;
/// How many entries a walk reads at a time.
pub const BATCH: i64 = 500;
/// A list with no more than this is read at a glance: it has no filter.
const GLANCE: usize = 8;
/// Longest words that are looked for, in characters.
const WORDS_MAX: usize = 60;

/// Which part of a list is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// The address of the page.
    pub path: &'static str,
    /// The words that are looked for.
    pub words: String,
    /// The state that is looked for; nothing means any.
    pub state: String,
    /// The brand by name; nothing means any.
    pub brand: String,
    /// The states that there are, code and name.
    pub states: Vec<(String, String)>,
    /// What they are called, where they are no states.
    pub states_are: &'static str,
    /// The brands that there are, by name.
    pub brands: Vec<String>,
    /// The first and the last entry of this page, from 1, and how many fit.
    pub span: (usize, usize, usize),
    /// The page before.
    pub before: Option<String>,
    /// The page behind.
    pub after: Option<String>,
    /// Whether there is enough to be sifted.
    pub has_filter: bool,
    from: usize,
    beside: Vec<(&'static str, String)>,
}

impl Part {
    /// What an address asks for. A state that there is not asks for nothing.
    pub fn read(
        path: &'static str,
        query: &HashMap<String, String>,
        states: Vec<(String, String)>,
        brands: Vec<String>,
    ) -> Self {
        let get = |name: &str| query.get(name).map(|v| v.trim()).unwrap_or_default();
        let state = states.iter().find(|s| s.0 == get("state")).map(|s| s.0.clone()).unwrap_or_default();
        let brand = brands.iter().find(|b| b.as_str() == get("brand")).cloned().unwrap_or_default();
        Self {
            path,
            words: get("q").chars().filter(|c| !c.is_control()).take(WORDS_MAX).collect(),
            state,
            brand,
            from: get("from").parse().unwrap_or(0),
            states,
            brands,
            ..Self::default()
        }
    }

    /// The same with what else the page asks for, so that its links lead on with it.
    pub fn beside(mut self, name: &'static str, value: &str) -> Self {
        self.beside.push((name, value.to_owned()));
        self
    }

    /// Whether anything is asked for, beside a page.
    pub fn is_sifted(&self) -> bool {
        !(self.words.is_empty() && self.state.is_empty() && self.brand.is_empty())
    }

    /// Whether an entry with these words, in this state, of this brand is asked for.
    pub fn fits(&self, words: &str, state: &str, brand: &str) -> bool {
        let words = words.to_lowercase();
        self.words.to_lowercase().split_whitespace().all(|w| words.contains(w))
            && (self.state.is_empty() || self.state == state)
            && self.is_of(brand)
    }

    /// Whether entries of this brand are asked for.
    pub fn is_of(&self, brand: &str) -> bool {
        self.brand.is_empty() || self.brand == brand
    }

    /// The entries of this page, of these that fit.
    pub fn cut<T>(&mut self, fitting: Vec<T>) -> Vec<T> {
        let from = self.set(fitting.len());
        fitting.into_iter().skip(from).take(PAGE).collect()
    }

    /// Sets the page among as many as fit, and tells the place of its first entry, from 0.
    pub fn set(&mut self, all: usize) -> usize {
        // A page behind the last one is the last one.
        let last = all.saturating_sub(1) / PAGE * PAGE;
        let from = self.from.min(last) / PAGE * PAGE;
        let to = (from + PAGE).min(all);
        self.has_filter = all > GLANCE || self.is_sifted();
        self.span = (if all == 0 { 0 } else { from + 1 }, to, all);
        self.before = (from > 0).then(|| self.link(from.saturating_sub(PAGE)));
        self.after = (to < all).then(|| self.link(to));
        from
    }

    fn link(&self, from: usize) -> String {
        let start = format!("{}?", self.path);
        let mut link = url::form_urlencoded::Serializer::for_suffix(start.clone(), start.len());
        let own = [("q", &self.words), ("state", &self.state), ("brand", &self.brand)];
        for (name, value) in own.into_iter().chain(self.beside.iter().map(|(name, value)| (*name, value))) {
            if !value.is_empty() {
                link.append_pair(name, value);
            }
        }
        link.append_pair("from", &from.to_string()).finish()
    }
}

/// One page of entries that are looked at one after the other, where only that tells which of them fit: however many there
/// are, no more than two pages are kept.
#[derive(Debug)]
pub struct Walk<T> {
    from: usize,
    seen: usize,
    page: Vec<T>,
    last: Vec<T>,
}

impl<T: Clone> Walk<T> {
    /// The walk to the page that is asked for.
    pub fn of(part: &Part) -> Self {
        Self { from: part.from / PAGE * PAGE, seen: 0, page: Vec::new(), last: Vec::new() }
    }

    /// Takes the next entry that fits. The page turns to the one that an address leads to, wherever it stands by now.
    pub fn take(&mut self, entry: T, is_wanted: bool) {
        if self.seen.is_multiple_of(PAGE) {
            self.last.clear();
        }
        self.last.push(entry.clone());
        if is_wanted {
            self.from = self.seen / PAGE * PAGE;
            self.page.clone_from(&self.last);
        } else if (self.from..self.from.saturating_add(PAGE)).contains(&self.seen) {
            self.page.push(entry);
        }
        self.seen += 1;
    }

    /// The entries of the page; the part tells what stands around it.
    pub fn end(self, part: &mut Part) -> Vec<T> {
        part.from = self.from;
        part.set(self.seen);
        if self.from < self.seen { self.page } else { self.last }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Part {
        let query = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let states = vec![("open".to_owned(), "Open".to_owned())];
        Part::read("/things", &query, states, vec!["Acme".to_owned()])
    }

    #[test]
    fn what_is_asked_for_is_held_against_words_state_and_brand() {
        let part = of(&[("q", " Late  PARCEL "), ("state", "open"), ("brand", "Acme")]);
        assert!(part.fits("a parcel that is late", "open", "Acme"));
        assert!(!part.fits("a parcel", "open", "Acme"));
        assert!(!part.fits("late parcel", "over", "Acme") && !part.fits("late parcel", "open", "Tempo"));
        let none = of(&[("state", "nonsense"), ("brand", "Tempo"), ("from", "x")]);
        assert!(!none.is_sifted() && none.fits("", "over", "Tempo"));
    }

    #[test]
    fn every_entry_is_on_one_page_and_links_lead_on() {
        let all: Vec<usize> = (0..75).collect();
        let mut seen = Vec::new();
        let mut part = of(&[("q", "a&b")]);
        for n in 0..3 {
            let page = part.cut(all.clone());
            assert_eq!(part.span, (n * PAGE + 1, (n * PAGE + PAGE).min(75), 75));
            seen.extend(page);
            let Some(next) = part.after.clone() else { break };
            let kept = if n == 0 { "" } else { "&text=x%3Dy" };
            assert!(next.starts_with(&format!("/things?q=a%26b{kept}&from=")), "{next}");
            part = of(&[("q", "a&b"), ("from", next.rsplit('=').next().unwrap())]).beside("text", "x=y");
        }
        assert_eq!(seen, all);
        let mut behind = of(&[("from", "9000")]);
        assert_eq!(behind.cut(all).len(), 15);
        assert!(behind.after.is_none() && behind.before.is_some());
        let mut empty = of(&[]);
        assert!(empty.cut(Vec::<u8>::new()).is_empty() && !empty.has_filter);
        assert_eq!(empty.span, (0, 0, 0));
    }

    #[test]
    fn a_walk_keeps_the_page_that_is_asked_for_or_led_to() {
        let walk = |from: &str, at: Option<usize>| {
            let mut part = of(&[("from", from)]);
            let mut walk = Walk::of(&part);
            (0..75).for_each(|n| walk.take(n, at == Some(n)));
            let page: Vec<usize> = walk.end(&mut part);
            (page.first().copied(), page.len(), part.span)
        };
        for (from, wanted) in [
            ("0", (Some(0), PAGE, (1, 30, 75))),
            ("30", (Some(30), PAGE, (31, 60, 75))),
            ("64", (Some(60), 15, (61, 75, 75))),
            ("9000", (Some(60), 15, (61, 75, 75))),
            ("18446744073709551615", (Some(60), 15, (61, 75, 75))),
        ] {
            assert_eq!(walk(from, None), wanted, "{from}");
        }
        for (from, at) in [("0", 34), ("60", 34), ("30", 59)] {
            assert_eq!(walk(from, Some(at)), (Some(30), PAGE, (31, 60, 75)), "{from} {at}");
        }
        assert_eq!(walk("0", Some(90)), (Some(0), PAGE, (1, 30, 75)), "one that there is not");
        let mut part = of(&[("from", "30")]);
        assert!(Walk::<u8>::of(&part).end(&mut part).is_empty() && part.span == (0, 0, 0));
    }
}
