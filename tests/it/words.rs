//! Words of a small brand beside a large neighbour: the wall stands before anything is cut off.

use crate::harness::{Engine, House, on_each, person, post};
use webcared::store::filtered::{self, Sift};
use webcared::store::lanes::{Lane, Wanted};

/// Cases of a brand in which a word stands, by the text of the inbox.
async fn found(house: &House, brand_id: &str, text: &str) -> Vec<String> {
    let wanted = Wanted {
        lane: Lane::All,
        who: person(1).to_string(),
        now: house.clock_now(),
        after: None,
        limit: 50,
    };
    let (brand, sift) = (brand_id.to_owned(), Sift { text: text.to_owned(), ..Sift::default() });
    let page = house
        .write(move |tx| Box::pin(async move { filtered::page(tx, &brand, &wanted, &sift).await }))
        .await
        .unwrap();
    page.cases.into_iter().map(|c| c.id).collect()
}

/// Messages of a neighbour, all later than what is there, that hold the word.
async fn crowd(house: &House) {
    house
        .execute(
            "INSERT INTO mention (seq, id, platform, authority, external_id, source, author_id, conversation_id, kind,
                lang_tag, posted_at, received_at, private, historic, sample, revision, edited_at)
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
             SELECT (SELECT MAX(seq) FROM mention) + n.i, 'bulk' || n.i, 'x', '', 'bulk' || n.i, 'bulk', 'a', 'c', 'post',
                'en', 1, 1, 0, 0, 0, 1, 1 FROM n",
        )
        .await;
    house
        .execute(
            "INSERT INTO judgement (brand_id, mention_id, revision, case_id, language, language_millis, intent, urgency,
                level, needs_answer, needs_private, personal_data, reasons, rules_version)
             SELECT (SELECT id FROM brand WHERE name = 'Acme'), id, 1, 'cas_bulk', 'en', 0, 'question', 1, 4, 1, 0, '[]',
                '[]', 'x' FROM mention WHERE source = 'bulk'",
        )
        .await;
    let index = match house.engine {
        Engine::Sqlite => {
            "INSERT INTO search (rowid, tokens) SELECT seq, 'parcel' FROM mention WHERE source = 'bulk'"
        }
        Engine::Postgres => {
            "INSERT INTO search (seq, tokens) SELECT seq, array_to_tsvector(ARRAY['parcel']) FROM mention
             WHERE source = 'bulk'"
        }
    };
    house.execute(index).await;
}

#[test]
fn a_large_neighbour_hides_nothing_of_a_small_brand() {
    on_each(|house| async move {
        house
            .take(&[
                post("1", "sanne", "t1", 0, "@Tempo where is my parcel?"),
                post("2", "mia", "t2", 1, "@Acme where is the parcel with the zebra?"),
            ])
            .await;
        let tempo = house.current.get().named("tempo").unwrap().id.clone();
        let cases = house.cases().await;
        let of = |brand: &str| cases.iter().find(|c| c.brand_id == brand).unwrap().id.clone();
        crowd(&house).await;
        assert_eq!(
            found(&house, &tempo, "parcel").await,
            [of(&tempo)],
            "twelve thousand later hits of another"
        );
        assert_eq!(
            found(&house, &tempo, "zebra").await,
            Vec::<String>::new(),
            "and nothing of the neighbour"
        );
        // Of the large one the hits are walked.
        assert_eq!(found(&house, &house.brand_id, "zebra parcel").await, [of(&house.brand_id)]);
    });
}
