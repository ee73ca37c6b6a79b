//! What the console shows is what a role may do: every page is walked as every role, and each form and button on it is
//! pressed. None may end in 'your role does not allow this'.

use crate::fake::{FakeAccount, Ledger};
use crate::harness::post;
use crate::site::{Browser, Site};
use std::sync::Arc;
use webcared::domain::role::Role;
use webcared::sources::Account;
use webcared::web::{Access, table};

/// What is said to who may not.
const NO: [&str; 2] = ["your role does not allow this", "your role answers the press, and this is not"];
/// What is pressed, for what it does is bounded by role behind the door too; of all else the door's own table is asked.
const PRESSED: [&str; 7] =
    ["/cases/", "/incidents", "/outbox/act", "/findings/", "/checks/", "/yesterday/", "/duty"];

/// One form as a browser sees it: where it goes, its fields, and its buttons.
struct Form {
    action: String,
    fields: Vec<(String, String)>,
    buttons: Vec<Option<(String, String)>>,
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let from = tag.split_once(&format!(" {name}=\""))?.1;
    Some(from.split('"').next().unwrap().replace("&amp;", "&"))
}

/// The tags of one kind, each from its name to its end.
fn tags<'a>(html: &'a str, kind: &str) -> Vec<&'a str> {
    let begin = format!("<{kind}");
    html.split(&begin)
        .skip(1)
        .filter(|t| t.starts_with([' ', '>']))
        .map(|t| t.split('>').next().unwrap())
        .collect()
}

fn forms(html: &str) -> Vec<Form> {
    let mut all = Vec::new();
    for part in html.split("<form ").skip(1) {
        let (tag, rest) = part.split_once('>').unwrap();
        let body = rest.split("</form>").next().unwrap();
        let tag = format!(" {tag}");
        if attribute(&tag, "method").as_deref() != Some("post") {
            continue;
        }
        let mut fields = Vec::new();
        for input in tags(body, "input") {
            let kind = attribute(input, "type").unwrap_or_default();
            let Some(name) = attribute(input, "name") else { continue };
            let value = attribute(input, "value").unwrap_or_else(|| "some words".to_owned());
            if !matches!(kind.as_str(), "checkbox" | "radio") || !fields.iter().any(|(n, _)| *n == name) {
                fields.push((name, value));
            }
        }
        for select in body.split("<select").skip(1) {
            let name = attribute(select.split('>').next().unwrap(), "name").unwrap_or_default();
            let option = tags(select, "option").first().and_then(|o| attribute(o, "value"));
            fields.push((name, option.unwrap_or_else(|| "en".to_owned())));
        }
        for area in tags(body, "textarea") {
            fields.push((attribute(area, "name").unwrap_or_default(), "We are on it.".to_owned()));
        }
        let of = |b: &&str| attribute(b, "name").zip(attribute(b, "value"));
        let buttons = tags(body, "button").iter().map(of).collect();
        all.push(Form { action: attribute(&tag, "action").unwrap(), fields, buttons });
    }
    all
}

/// Who may ask what such a form asks, by the router's own table.
fn access(action: &str) -> Access {
    let path = action.split(['?', '#']).next().unwrap();
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |route: &str| {
        let route: Vec<&str> = route.split('/').collect();
        route.len() == parts.len() && route.iter().zip(&parts).all(|(r, p)| r.starts_with('{') || r == p)
    };
    let found = table().into_iter().find(|r| r.method == "POST" && fits(r.path));
    found.unwrap_or_else(|| panic!("no route takes {action}")).access
}

/// Something of everything: cases, an incident with words, something to settle, something to check.
async fn furnished() -> (Site, Vec<String>) {
    let site = Site::open().await;
    let ledger = Arc::new(Ledger::default());
    let source = FakeAccount { ledger, handle: "acme".into(), text_max: 500 };
    site.accounts.set(vec![Account { source: Arc::new(source), brand: Some("Acme".into()) }]);
    let posts = [
        post("1", "ann", "t1", 0, "@acme my parcel never arrived. When does it come?"),
        post("2", "bob", "t2", 0, "@Acme my order 12345 is gone, mail me at bob@example.org"),
    ];
    site.house.take(&posts).await;
    let lead = site.login("els", "lead").await;
    let made = [("brand", "Acme"), ("title", "Parcels"), ("numbers", "1 2")];
    let made = lead.press("/incidents", "/incidents", &made).await;
    let incident = made.header("location").unwrap().to_owned();
    let write = [("do", "write"), ("language", "en"), ("purpose", "answer"), ("text", "We know of it.")];
    assert_eq!(lead.press(&incident, &incident, &write).await.status, 303);
    let (one, two) = (site.house.case(1).await.id, site.house.case(2).await.id);
    let mut pages: Vec<String> = table()
        .into_iter()
        .filter(|r| r.method == "GET" && !r.path.contains('{') && r.path != "/live" && r.path != "/metrics")
        .map(|r| r.path.to_owned())
        .collect();
    pages.extend([incident, format!("/cases/{one}"), format!("/cases/{two}")]);
    (site, pages)
}

async fn pressed(who: &Browser, role: Role, page: &str, form: &Form, button: Option<&(String, String)>) {
    let mut fields: Vec<(&str, &str)> = form.fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    fields.extend(button.map(|(n, v)| (n.as_str(), v.as_str())));
    let answer = who.post(form.action.split('#').next().unwrap(), &fields).await;
    let told = format!("{} on {page} pressed {} {button:?}: {}", role.code(), form.action, answer.status);
    assert!(answer.status != 403 && answer.status < 500, "{told}: {}", answer.body);
    for no in NO {
        assert!(!answer.body.contains(no), "{told}: {no}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_form_is_shown_whose_post_the_role_would_be_refused() {
    let mut presses = 0;
    for role in Role::ALL.into_iter().filter(|r| *r != Role::Service) {
        let (site, pages) = furnished().await;
        let who = site.login("me", role.code()).await;
        let mut shown = 0;
        for page in &pages {
            // Each button is pressed on a page that was just read: what went before may have changed it.
            let count =
                forms(&who.get(page).await.body).iter().map(|f| f.buttons.len().max(1)).sum::<usize>();
            for n in 0..count {
                let answer = who.get(page).await;
                let all = forms(&answer.body);
                let mut each = all.iter().flat_map(|f| {
                    let none = f.buttons.is_empty().then_some(None);
                    f.buttons.iter().map(Option::as_ref).chain(none).map(move |b| (f, b))
                });
                let Some((form, button)) = each.nth(n) else { continue };
                if let Access::Needs(right) = access(&form.action) {
                    assert!(role.may(right), "{} sees {} on {page}", role.code(), form.action);
                }
                if PRESSED.iter().any(|p| form.action.starts_with(p)) {
                    pressed(&who, role, page, form, button).await;
                    shown += 1;
                }
            }
        }
        // Pages that are not theirs were asked for above; acts are refused for other reasons too.
        let refused = "SELECT COUNT(*) FROM audit WHERE act LIKE 'door.%' AND target NOT LIKE 'GET %'";
        assert_eq!(site.house.count(refused).await, 0, "{}", role.code());
        assert!(
            shown > 0 || matches!(role, Role::Auditor | Role::FrontOffice),
            "{} sees nothing",
            role.code()
        );
        presses += shown;
    }
    assert!(presses > 100, "{presses}");
}

/// A guest and a newcomer see no moderation, an agent does; all of them may write.
#[tokio::test(flavor = "multi_thread")]
async fn what_only_some_may_is_shown_to_them_alone() {
    let (site, pages) = furnished().await;
    let case = pages.last().unwrap();
    for (role, moderates) in [("agent", true), ("guest", false), ("newcomer", false)] {
        let who = site.login(role, role).await;
        let page = who.get(case).await.body;
        let measure = |code: &str| page.contains(&format!("value=\"{code}\""));
        assert_eq!(measure("mute"), moderates, "{role}: {page}");
        assert!(page.contains("id=\"reply-form\""), "{role}");
    }
    // Not about the press: who answers the press alone has nothing to write here.
    let press = site.login("press", "communications").await;
    assert!(!press.get(case).await.body.contains("id=\"reply-form\""));
    // They read figures, and take none out as a file.
    assert_eq!(press.get("/reports/monday").await.status, 200);
    for page in ["/reports", "/reports/monday"] {
        assert_eq!(press.get(&format!("{page}?format=json")).await.status, 403, "{page}");
    }
}
