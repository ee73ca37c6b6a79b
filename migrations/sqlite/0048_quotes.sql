-- The post that a post quotes, by the platform's id; its words stay where they are kept.
ALTER TABLE mention ADD COLUMN quotes TEXT;
ALTER TABLE own_post ADD COLUMN quotes TEXT;
ALTER TABLE thread_post ADD COLUMN quotes TEXT;
CREATE INDEX mention_quotes ON mention (quotes) WHERE quotes IS NOT NULL;
CREATE INDEX own_post_quotes ON own_post (quotes) WHERE quotes IS NOT NULL;
CREATE INDEX thread_post_quotes ON thread_post (quotes) WHERE quotes IS NOT NULL;

-- What somebody has typed about a case beside the public answer and not sent: a private word, a mail, a note.
-- Words are content `draft/CASE/PERSON/KIND`.
CREATE TABLE draft_beside (
    case_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    brand_id TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (case_id, person_id, kind)
) STRICT, WITHOUT ROWID;
