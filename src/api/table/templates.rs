//! The routes of texts of brands, and of trying a post.

use super::{Endpoint, Sort, read, route, run};
use crate::api::{templates, trying};
use crate::tokens::Scope;

/// Every route.
pub(super) fn all() -> Vec<Endpoint> {
    let all = vec![
        read::<templates::Templates>(
            "/brands/{brand}/templates",
            "listTemplates",
            "Lists the texts of a brand, those of the settings and those of the console, each with an example and its length.",
            run!(templates::list),
        ),
        route::<templates::TemplateMade>(
            ("POST", "/brands/{brand}/templates", Sort::Write),
            Scope::Lead,
            ("addTemplate", "Adds a text to a brand, by the checks of the settings; it counts at once."),
            run!(templates::add),
        )
        .takes::<templates::TemplateBody>()
        .making(),
        route::<templates::TemplateMade>(
            ("POST", "/brands/{brand}/templates/{template}", Sort::Write),
            Scope::Lead,
            ("changeTemplate", "Makes a new version of a text of the console; a retired one counts again."),
            run!(templates::change),
        )
        .takes::<templates::TemplateChange>(),
        route::<templates::TemplateMade>(
            ("POST", "/brands/{brand}/templates/{template}/retire", Sort::Write),
            Scope::Lead,
            ("retireTemplate", "Retires a text of the console: nothing chooses it any more."),
            run!(templates::retire),
        )
        .takes::<templates::TemplateRetire>(),
        route::<trying::TriedPost>(
            ("POST", "/brands/try", Sort::Ask),
            Scope::Read,
            (
                "tryPost",
                "Tells which brands a post would match, by what, what stops it, and how it would be judged; nothing is kept.",
            ),
            run!(trying::attempt),
        )
        .takes::<trying::TryPostBody>(),
    ];
    all.into_iter().map(|e| e.in_group("Figures and settings")).chain(super::rest::all()).collect()
}
