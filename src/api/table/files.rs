//! Files that go along with answers.

use super::{Endpoint, Sort, route, run};
use crate::api::files;
use crate::tokens::Scope;

/// Their routes.
pub fn all() -> Vec<Endpoint> {
    let all = vec![
        route::<files::FileReady>(
            ("POST", "/cases/{case}/files", Sort::Write),
            Scope::Answer,
            (
                "uploadFile",
                "Uploads a file that is to go along with an answer. It stands ready in the draft of whom the token acts for until an answer names it; the same bytes again are the same file. Place and hour are taken out of pictures.",
            ),
            run!(files::upload),
        )
        .takes::<files::UploadBody>()
        .with_files()
        .making(),
        route::<files::FilesReady>(
            ("GET", "/cases/{case}/files", Sort::Read),
            Scope::Answer,
            ("listFiles", "The files that stand ready and that no answer has taken yet."),
            run!(files::list),
        ),
        route::<files::FilesReady>(
            ("POST", "/cases/{case}/files/{file}/remove", Sort::Write),
            Scope::Answer,
            ("removeFile", "Takes a file away that no answer has taken yet; answers with those that are left."),
            run!(files::remove),
        )
        .takes::<files::Nothing>(),
    ];
    // Kept together, as they follow one another in the description.
    all.into_iter().chain(super::translate::all()).collect()
}
