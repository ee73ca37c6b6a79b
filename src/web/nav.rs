//! The way to all parts of the console: what is needed all day stands in the bar, the rest in menus that open without
//! scripts. A link stands there for whoever may follow it, and for modules that are on.

use super::App;
use super::auth::Viewer;
use super::frame::brands_of;
use super::texts::Texts;
use crate::domain::role::Right;

/// One link.
#[derive(Clone, Debug)]
pub struct Link {
    /// Where it leads.
    pub href: &'static str,
    /// Its words.
    pub text: &'static str,
    /// Whether the page shown belongs to it.
    pub here: bool,
}

/// A menu.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its name.
    pub name: &'static str,
    /// Whether the page shown is in it.
    pub here: bool,
    /// What is in it.
    pub links: Vec<Link>,
}

/// The whole bar.
#[derive(Clone, Debug, Default)]
pub struct Nav {
    /// Before the menus.
    pub first: Vec<Link>,
    /// The menus.
    pub groups: Vec<Group>,
    /// Behind them.
    pub last: Vec<Link>,
}

/// A part by its code: address, words, and whether it is shown.
type Part = (&'static str, &'static str, &'static str, bool);

fn links(parts: &[Part], here: &str) -> Vec<Link> {
    let shown = parts.iter().filter(|(.., shown)| *shown);
    shown.map(|(code, href, text, _)| Link { href, text, here: *code == here }).collect()
}

impl Nav {
    /// For somebody, on a page of the part `here`.
    pub fn of(app: &App, viewer: &Viewer, t: &'static Texts, here: &str) -> Self {
        let last = links(&[("help", "/help", t.help, true)], here);
        let o = t.office();
        if viewer.person.is_front_office() {
            let parts = [
                ("yesterday", "/yesterday", o.yesterday, true),
                ("demand", "/yesterday/demand", o.failure_demand, true),
                ("findings", "/findings", o.findings, true),
            ];
            return Self { first: links(&parts, here), groups: Vec::new(), last };
        }
        let first = [
            ("inbox", "/", t.inbox, true),
            ("briefing", "/briefing", t.shift().briefing, true),
            ("incidents", "/incidents", t.incidents().incidents, true),
            ("duty", "/duty", t.duty().duty, true),
            ("outbox", "/outbox", t.outbox, true),
        ];
        let menus = [
            (t.menu().work, Self::work(app, viewer, t)),
            (t.menu().figures, Self::figures(viewer, t)),
            (t.menu().set_up, Self::set_up(viewer, t)),
        ];
        let group = |(name, parts): (&'static str, Vec<Part>)| {
            let links = links(&parts, here);
            Group { name, here: links.iter().any(|l| l.here), links }
        };
        let groups = menus.into_iter().map(group).filter(|g| !g.links.is_empty()).collect();
        Self { first: links(&first, here), groups, last }
    }

    fn work(app: &App, viewer: &Viewer, t: &'static Texts) -> Vec<Part> {
        let works = viewer.person.may(Right::Work);
        let brands = brands_of(app, viewer);
        let thanks = works && brands.iter().any(|b| b.brand.thanks.enabled);
        let quality = works && brands.iter().any(|b| b.brand.quality.enabled);
        vec![
            ("protocols", "/protocols", t.protocols().protocols, true),
            ("collecting", "/collecting", t.collecting().collecting, true),
            ("library", "/library", t.working().library, true),
            ("checks", "/checks", t.checks, true),
            ("thanks", "/thanks", t.voice().thanks, thanks),
            ("quality", "/quality", t.quality().quality, quality),
            ("wall", "/wall", t.wall().wall, true),
        ]
    }

    fn figures(viewer: &Viewer, t: &'static Texts) -> Vec<Part> {
        let reads = viewer.person.may(Right::Reports);
        vec![
            ("reports", "/reports", t.reports().reports, reads),
            ("shadow", "/shadow", t.office().shadow, reads),
            ("findings", "/findings", t.office().findings, viewer.person.may(Right::FindingsSee)),
        ]
    }

    fn set_up(viewer: &Viewer, t: &'static Texts) -> Vec<Part> {
        let (may, all) = (|right| viewer.person.may(right), viewer.person.walls.is_open());
        vec![
            ("sources", "/sources", t.sources, all),
            ("brands", "/brands", t.brands().brands, true),
            ("policies", "/policies", t.policies().policies, true),
            ("templates", "/templates", t.templates().templates, true),
            ("triage", "/triage", t.triage_page, may(Right::Steer)),
            ("labels", "/labels", t.protocols().labels_title, may(Right::Steer)),
            ("privacy", "/privacy", t.privacy().privacy, may(Right::Privacy) && all),
            ("people", "/people", t.people().people, may(Right::People) && all),
            ("tokens", "/tokens", t.programs().tokens, may(Right::Tokens)),
            ("audit", "/audit", t.people().audit, may(Right::Audit)),
        ]
    }
}
