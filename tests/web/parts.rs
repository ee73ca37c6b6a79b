//! Long lists in parts: filters and pages as links, and what is said where nothing fits.

use crate::site::Site;

/// How many people a page names.
fn named(page: &str) -> usize {
    page.matches("<section class=\"card\" aria-labelledby=\"p-").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_found_by_words_and_role_a_page_at_a_time() {
    let site = Site::open().await;
    let admin = site.login("zadmin", "admin").await;
    let few = admin.get("/people").await.body;
    assert!(!few.contains("id=\"part-q\""), "a short list is read at a glance");
    for n in 0..40 {
        let role = if n == 7 { "auditor" } else { "agent" };
        site.people.add(&format!("person{n:02}"), &format!("Person {n}"), role).await.unwrap();
    }
    let first = admin.get("/people").await.body;
    assert!(named(&first) == 30 && first.contains("1–30 / 41"), "{first}");
    let next = first.split("rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap();
    let next = next.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    let second = admin.get(&next).await.body;
    assert!(named(&second) == 11 && second.contains("31–41 / 41") && second.contains("zadmin"));
    let auditors = admin.get("/people?state=auditor").await.body;
    assert!(named(&auditors) == 1 && auditors.contains("person07"));
    assert!(auditors.contains("<label for=\"part-state\">Role</label>"), "{auditors}");
    let found = admin.get("/people?q=PERSON+12").await.body;
    assert!(named(&found) == 1 && found.contains("person12") && found.contains("value=\"PERSON 12\""));
    let none = admin.get("/people?q=%3Cb%3Enobody").await.body;
    assert!(named(&none) == 0 && none.contains("Nothing fits") && !none.contains("<b>nobody"), "{none}");
    assert!(admin.get("/findings?q=x&state=open&from=9").await.status == 200);
}
