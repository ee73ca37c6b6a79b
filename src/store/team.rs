//! What people of the team did in a period: answers that they gave, and promised answers in time and late. How long
//! anybody took is not read.

use super::query::query;
use super::{During, StoreError, Tx, json, of_brands, person};
use crate::domain::staff::Did;
use crate::domain::time::Timestamp;
use std::collections::BTreeMap;

/// By person, in the order of ids; who did nothing is not there. An empty list of brands means all.
pub async fn did(
    tx: &mut Tx,
    brands: &[String],
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<Did>, StoreError> {
    let what = "counting what the team did";
    let text = json(what, brands)?;
    let answers = of_brands!(
        tx,
        "SELECT k.person_id, COUNT(*) FROM own_post k
         WHERE k.person_id IS NOT NULL AND k.posted_at >= $2 AND k.posted_at < $3 AND k.sample = 0 AND k.counts = 1
           AND k.deleted_at IS NULL AND",
        "GROUP BY k.person_id ORDER BY k.person_id"
    );
    let answers: Vec<(String, i64)> =
        query(answers).bind(&text).bind(from.millis()).bind(to.millis()).all(tx).await.during(what)?;
    // A wait counts when its answer was due, by its last part, and a breach that was annulled is none.
    let promised = of_brands!(
        tx,
        "SELECT w.person_id, CAST(SUM(1 - w.late) AS BIGINT), CAST(SUM(w.late) AS BIGINT) FROM (
            SELECT p.person_id, CASE WHEN k.state = 'broken' OR EXISTS (SELECT 1 FROM clock_event e
                WHERE e.case_id = k.case_id AND e.wait = k.wait AND e.stage = 100 AND e.annulled_at IS NULL)
                THEN 1 ELSE 0 END AS late
            FROM obligation k JOIN own_post p ON p.id = k.ended_by
            WHERE k.due_at >= $2 AND k.due_at < $3 AND k.kind IN ('first_response', 'next_response')
              AND k.state IN ('kept', 'broken') AND p.person_id IS NOT NULL AND p.sample = 0
              AND NOT EXISTS (SELECT 1 FROM obligation n WHERE n.case_id = k.case_id AND n.wait = k.wait
                AND n.part > k.part) AND",
        ") w GROUP BY w.person_id ORDER BY w.person_id"
    );
    let promised: Vec<(String, i64, i64)> =
        query(promised).bind(&text).bind(from.millis()).bind(to.millis()).all(tx).await.during(what)?;
    let mut found: BTreeMap<String, Did> = BTreeMap::new();
    for (person, n) in answers {
        found.entry(person).or_default().answers = n;
    }
    for (person, kept, late) in promised {
        let did = found.entry(person).or_default();
        (did.kept, did.late) = (kept, late);
    }
    let people = person::all(tx).await?;
    let one = |(id, did): (String, Did)| {
        let who = people.iter().find(|p| p.id == id)?;
        Some(Did { person: id, name: who.name.clone(), role: who.role.clone(), ..did })
    };
    Ok(found.into_iter().filter_map(one).collect())
}
