//! Every address of the console that can be got, from the router's own table, and which walk looks at it with axe-core:
//! a new page fails here until it is listed, and a walk fails that leaves out what is listed for it.

use std::collections::BTreeSet;
use webcared::web::table;

/// Who looks at a page, and by which addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walk {
    /// A lead on a busy morning.
    Lead(&'static [&'static str]),
    /// An admin on that morning.
    Admin(&'static [&'static str]),
    /// There is such a page only once something was done: the walk that does it says what it looked at.
    Made(Made),
    /// Nothing that is looked at: files, streams, deliveries, what only leads elsewhere.
    NoPage,
}

/// Walks that do something before they look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// `morning`
    Morning,
    /// `states`
    States,
    /// `door`
    Door,
}

use Walk::{Admin, Lead, NoPage};
const MORNING: Walk = Walk::Made(Made::Morning);
const STATES: Walk = Walk::Made(Made::States);
const DOOR: Walk = Walk::Made(Made::Door);

/// The addresses of the table, each with its walk.
pub const WALKED: &[(&str, Walk)] = &[
    ("/healthz", NoPage),
    ("/readyz", NoPage),
    ("/assets/{*path}", NoPage),
    ("/metrics", NoPage),
    ("/hooks/{source}", NoPage),
    ("/public/{file}", NoPage),
    ("/ical/{file}", NoPage),
    ("/live", NoPage),
    ("/wall/{token}/live", NoPage),
    ("/login/provider", NoPage),
    ("/login/provider/back", NoPage),
    ("/next", NoPage),
    ("/c/{brand}/{number}", NoPage),
    ("/cases/{id}/attachments/{file}", NoPage),
    ("/cases/{id}/enclosed/{file}", NoPage),
    ("/login", STATES),
    ("/login/{token}", STATES),
    ("/login/second", DOOR),
    ("/wall/{token}", STATES),
    ("/cases/{id}", STATES),
    ("/collecting/{id}", STATES),
    ("/cases/{id}/library", MORNING),
    ("/incidents/{id}", MORNING),
    ("/bulk/{id}", MORNING),
    ("/", Lead(&["/", "/?lane=no_answer", "/?level=P1,P2&text=flight"])),
    ("/shadow", Lead(&["/shadow"])),
    ("/shadow/demand", Lead(&["/shadow/demand", "/shadow/demand?days=30"])),
    ("/findings", Lead(&["/findings"])),
    ("/yesterday", Lead(&["/yesterday"])),
    ("/yesterday/demand", Lead(&["/yesterday/demand"])),
    ("/tokens", Lead(&["/tokens"])),
    ("/duty", Lead(&["/duty"])),
    ("/duty/coverage", Lead(&["/duty/coverage"])),
    ("/sources", Lead(&["/sources"])),
    ("/outbox", Lead(&["/outbox"])),
    ("/reports", Lead(&["/reports", "/reports?period=weekly", "/reports?period=monthly"])),
    ("/reports/monday", Lead(&["/reports/monday"])),
    ("/reports/staff", Lead(&["/reports/staff"])),
    ("/reports/cases", Lead(&["/reports/cases?period=daily&by=total&name=&kind=begun&late=0"])),
    ("/reports/sent", Lead(&["/reports/sent"])),
    ("/reports/survey", Lead(&["/reports/survey"])),
    ("/reports/helpers", Lead(&["/reports/helpers"])),
    ("/reports/forecast", Lead(&["/reports/forecast"])),
    ("/incidents", Lead(&["/incidents"])),
    ("/protocols", Lead(&["/protocols"])),
    ("/brands", Lead(&["/brands"])),
    ("/templates", Lead(&["/templates"])),
    ("/templates/edit", Lead(&["/templates/edit"])),
    ("/policies", Lead(&["/policies", "/policies?policy=social-30m&at=2026-11-24T09:30"])),
    ("/policies/{policy}/edit", Lead(&["/policies/social-30m/edit"])),
    ("/quality", Lead(&["/quality"])),
    ("/wall", Lead(&["/wall"])),
    ("/briefing", Lead(&["/briefing"])),
    ("/library", Lead(&["/library"])),
    ("/bulk", Lead(&["/bulk?lane=unclaimed"])),
    ("/planner", Lead(&["/planner"])),
    ("/planner/mine", Lead(&["/planner/mine"])),
    ("/planner/swaps", Lead(&["/planner/swaps"])),
    ("/planner/guests", Lead(&["/planner/guests"])),
    ("/labels", Lead(&["/labels"])),
    ("/goodwill", Lead(&["/goodwill"])),
    ("/complaints", Lead(&["/complaints"])),
    ("/thanks", Lead(&["/thanks"])),
    ("/privacy", Lead(&["/privacy"])),
    ("/checks", Lead(&["/checks"])),
    ("/collecting", Lead(&["/collecting"])),
    ("/public-figure", Lead(&["/public-figure"])),
    ("/triage", Lead(&["/triage"])),
    ("/help", Lead(&["/help"])),
    (
        "/help/{page}",
        Lead(&[
            "/help/shadow",
            "/help/api",
            "/help/duty",
            "/help/promises",
            "/help/protocols",
            "/help/survey",
            "/help/login",
            "/help/people",
            "/help/privacy",
        ]),
    ),
    ("/people", Admin(&["/people", "/people?q=a"])),
    ("/audit", Admin(&["/audit", "/audit?act=case&first=2026-01-01&last=2099-12-31"])),
    ("/account", Admin(&["/account"])),
    ("/account/prove", Admin(&["/account/prove"])),
    ("/account/second", Admin(&["/account/second"])),
];

/// What a lead looks at.
pub fn of_lead() -> impl Iterator<Item = &'static str> {
    WALKED.iter().flat_map(|(_, walk)| if let Lead(paths) = walk { *paths } else { &[] }).copied()
}

/// What an admin looks at.
pub fn of_admin() -> impl Iterator<Item = &'static str> {
    WALKED.iter().flat_map(|(_, walk)| if let Admin(paths) = walk { *paths } else { &[] }).copied()
}

/// What is listed for a walk and not among the addresses that it looked at.
pub fn missed(by: Made, seen: &[String]) -> Vec<&'static str> {
    let of_it = WALKED.iter().filter(|(_, walk)| *walk == Walk::Made(by)).map(|(route, _)| *route);
    of_it.filter(|route| !seen.iter().any(|path| fits(route, path))).collect()
}

/// Whether an address is one of a route, and of none that stands there in full.
fn fits(route: &str, path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    if route == path {
        return true;
    }
    let (route, parts): (Vec<&str>, Vec<&str>) = (route.split('/').collect(), path.split('/').collect());
    let same = |(wanted, part): (&&str, &&str)| wanted.starts_with('{') || wanted == part;
    WALKED.iter().all(|(other, _)| *other != path)
        && route.len() == parts.len()
        && route.iter().zip(&parts).all(same)
}

#[test]
fn every_page_of_the_table_has_a_walk_that_looks_at_it() {
    let table = table();
    let routes: BTreeSet<&str> = table.iter().filter(|r| r.method == "GET").map(|r| r.path).collect();
    let listed: BTreeSet<&str> = WALKED.iter().map(|(route, _)| *route).collect();
    assert_eq!(routes, listed, "decide which walk looks at the new page and list it here");
    assert_eq!(listed.len(), WALKED.len(), "each once");
    for (route, walk) in WALKED {
        let (Lead(paths) | Admin(paths)) = walk else { continue };
        assert!(!paths.is_empty() && paths.iter().all(|path| fits(route, path)), "{route}: {paths:?}");
    }
}

#[test]
fn what_a_walk_leaves_out_is_told() {
    let seen = |paths: &[&str]| paths.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>();
    assert_eq!(missed(Made::Door, &[]), ["/login/second"]);
    assert!(missed(Made::Door, &seen(&["/login/second"])).is_empty());
    let morning = seen(&["/bulk/blk_1", "/incidents/inc_1", "/cases/cas_1"]);
    assert_eq!(missed(Made::Morning, &morning), ["/cases/{id}/library"]);
    assert!(!fits("/login/{token}", "/login/second"), "it is a page of its own");
    assert!(
        fits("/collecting/{id}", "/collecting/cas_1?after=50") && !fits("/collecting/{id}", "/collecting")
    );
}
