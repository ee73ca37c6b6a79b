//! What reports to leads count beside promises, by every dimension at once: one statement for each figure, whose rows
//! are the smallest groups there are. A middle cannot be told from smaller groups, so that one is counted by dimension.

use super::leading::Span;
use super::query::query;
use super::{During, StoreError, Tx, json, of_brands, row};

/// The names of all groups in which a case counts, as [`super::leading::group`] has them.
macro_rules! apart {
    () => {
        "(SELECT b.name FROM brand b WHERE b.id = k.brand_id) AS brand, k.platform AS channel, k.language,
            'P' || CAST(k.level AS TEXT) AS level,
            COALESCE((SELECT s.sector FROM case_sector s WHERE s.case_id = k.id), '') AS sector"
    };
}
pub(super) use apart;

/// The head of a statement that sums up `one` and `two` of what follows it, by all groups.
macro_rules! summed {
    () => {
        "SELECT w.brand, w.channel, w.language, w.level, w.sector, CAST(SUM(w.one) AS BIGINT) AS one,
            CAST(SUM(w.two) AS BIGINT) AS two FROM (SELECT "
    };
}
pub(super) use summed;

/// The end of it.
macro_rules! by_all {
    () => {
        ") w GROUP BY w.brand, w.channel, w.language, w.level, w.sector"
    };
}
pub(super) use by_all;

row! {
    /// What was counted in one of the smallest groups.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct SmallRow {
        /// The brand by name.
        pub brand: String,
        /// The platform.
        pub channel: String,
        /// The language.
        pub language: String,
        /// `P1` … `P5`.
        pub level: String,
        /// The sector; empty without one.
        pub sector: String,
        /// The first number.
        pub one: i64,
        /// The second.
        pub two: i64,
    }
}

impl SmallRow {
    /// Its group by a dimension.
    pub fn name(&self, by: &str) -> &str {
        match by {
            "brand" => &self.brand,
            "channel" => &self.channel,
            "language" => &self.language,
            "level" => &self.level,
            _ => &self.sector,
        }
    }
}

/// Private channels offered in the period, and customers who came into one.
pub async fn private(tx: &mut Tx, of: Span<'_>) -> Result<Vec<SmallRow>, StoreError> {
    let sql = of_brands!(
        tx,
        concat!(
            summed!(),
            apart!(),
            ", CASE WHEN h.offered_at >= $2 AND h.offered_at < $3 THEN 1 ELSE 0 END AS one,
                CASE WHEN h.opened_at >= $2 AND h.opened_at < $3 THEN 1 ELSE 0 END AS two
             FROM handover h JOIN cases k ON k.id = h.case_id
             WHERE ((h.offered_at >= $2 AND h.offered_at < $3) OR (h.opened_at >= $2 AND h.opened_at < $3))
               AND k.sample = 0 AND k.historic = 0 AND"
        ),
        by_all!()
    );
    read(tx, "counting private channels by group", sql, of).await
}

/// Ties to tickets that were made in the period.
pub async fn tied(tx: &mut Tx, of: Span<'_>) -> Result<Vec<SmallRow>, StoreError> {
    let sql = of_brands!(
        tx,
        concat!(
            summed!(),
            apart!(),
            ", 1 AS one, 0 AS two FROM ticket_link l JOIN cases k ON k.id = l.case_id
             WHERE l.linked_at >= $2 AND l.linked_at < $3 AND k.sample = 0 AND k.historic = 0 AND"
        ),
        by_all!()
    );
    read(tx, "counting ties to tickets by group", sql, of).await
}

/// Posts of the period from sources that something reads a second time, and how many of them only that found.
pub async fn seen(tx: &mut Tx, of: Span<'_>) -> Result<Vec<SmallRow>, StoreError> {
    let sql = of_brands!(
        tx,
        concat!(
            summed!(),
            apart!(),
            ", 1 AS one, CASE WHEN x.mention_id IS NULL THEN 0 ELSE 1 END AS two
             FROM mention m JOIN judgement g ON g.mention_id = m.id AND g.revision = m.revision
                JOIN cases k
                    ON k.id = COALESCE((SELECT z.case_id FROM collecting z WHERE z.id = g.case_id), g.case_id)
                LEFT JOIN swept x ON x.mention_id = m.id
             WHERE m.posted_at >= $2 AND m.posted_at < $3 AND m.sample = 0 AND m.historic = 0
               AND m.source IN (SELECT c.source FROM source_cursor c WHERE c.stream = '~swept'
                    UNION SELECT o.source FROM swept y JOIN mention o ON o.id = y.mention_id
                     WHERE o.posted_at >= $2 AND o.posted_at < $3) AND"
        ),
        by_all!()
    );
    read(tx, "counting what was seen in its turn by group", sql, of).await
}

async fn read(
    tx: &mut Tx,
    what: &'static str,
    sql: &'static str,
    of: Span<'_>,
) -> Result<Vec<SmallRow>, StoreError> {
    let text = json(what, of.brands)?;
    query(sql).bind(text).bind(of.from.millis()).bind(of.to.millis()).all(tx).await.during(what)
}

row! {
    /// How long it took from post to receipt in one group of one dimension.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct DelayRow {
        /// The dimension.
        pub dim: String,
        /// The group.
        pub name: String,
        /// Median, in milliseconds.
        pub median_ms: Option<i64>,
        /// 95th percentile.
        pub p95_ms: Option<i64>,
    }
}

/// How long posts of the period took until we had them, in the groups of every dimension.
pub async fn delays(tx: &mut Tx, of: Span<'_>) -> Result<Vec<DelayRow>, StoreError> {
    let what = "counting the delay of channels by group";
    let sql = of_brands!(
        tx,
        concat!(
            "SELECT r.dim, r.name,
                CAST(MIN(CASE WHEN r.n >= (r.total * 50 + 99) / 100 THEN r.ms END) AS BIGINT) AS median_ms,
                CAST(MIN(CASE WHEN r.n >= (r.total * 95 + 99) / 100 THEN r.ms END) AS BIGINT) AS p95_ms
             FROM (SELECT w.dim, w.name, w.ms,
                    ROW_NUMBER() OVER (PARTITION BY w.dim, w.name ORDER BY w.ms) AS n,
                    COUNT(*) OVER (PARTITION BY w.dim, w.name) AS total
                FROM (SELECT d.dim, v.ms, CASE d.dim WHEN 'brand' THEN v.brand WHEN 'channel' THEN v.channel
                        WHEN 'language' THEN v.language WHEN 'level' THEN v.level ELSE v.sector END AS name
                    FROM (SELECT 'brand' AS dim UNION ALL SELECT 'channel' UNION ALL SELECT 'language'
                            UNION ALL SELECT 'level' UNION ALL SELECT 'sector') d
                        CROSS JOIN (SELECT ",
            apart!(),
            ", m.received_at - m.posted_at AS ms FROM mention m
                            JOIN judgement g ON g.mention_id = m.id AND g.revision = m.revision
                            JOIN cases k
                                ON k.id = COALESCE((SELECT z.case_id FROM collecting z WHERE z.id = g.case_id), g.case_id)
                        WHERE m.posted_at >= $2 AND m.posted_at < $3 AND m.sample = 0 AND m.historic = 0 AND"
        ),
        ") v) w) r GROUP BY r.dim, r.name"
    );
    let text = json(what, of.brands)?;
    query(sql).bind(text).bind(of.from.millis()).bind(of.to.millis()).all(tx).await.during(what)
}
