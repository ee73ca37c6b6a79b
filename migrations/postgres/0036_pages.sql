-- The quality of answers: each week a few at random are scored by a colleague, seen first by who gave them. The word
-- of who scored and the one line of who answered are content, `ID/word` and `ID/line`.
CREATE TABLE quality_sample (
    id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    -- The post of ours, each once.
    answer_id TEXT NOT NULL UNIQUE,
    -- Who gave it.
    person_id TEXT NOT NULL,
    -- The Monday of the week in which it was posted, in the zone of the team.
    week TEXT NOT NULL,
    drawn_at BIGINT NOT NULL,
    -- Until when it may be scored.
    until_at BIGINT NOT NULL,
    scored_by TEXT,
    scored_at BIGINT,
    -- The card as it was: a JSON list of [criterion, points, scale].
    scores TEXT,
    -- When who gave it had seen the scores.
    seen_at BIGINT
);
CREATE INDEX quality_sample_open ON quality_sample (brand_id, until_at) WHERE scored_at IS NULL;
CREATE INDEX quality_sample_person ON quality_sample (person_id, scored_at);
CREATE INDEX quality_sample_case ON quality_sample (case_id);

-- A version that counts from a later instant than that at which it was made.
ALTER TABLE setting_version ADD COLUMN counts_from BIGINT;
