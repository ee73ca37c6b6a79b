-- Threads and authors that are collected: what others say there, or what an author says anywhere, stands with one case.
-- A post that is collected has a judgement like every other; in the place of a case that names the row here, so that
-- nothing folds, tells or counts it as a message of the case. The reason is content `ID/reason`.
CREATE TABLE collecting (
    id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    -- The case that keeps what is collected.
    case_id TEXT NOT NULL,
    -- thread, author
    scope TEXT NOT NULL,
    -- Where the case stood, and whose it was.
    conversation_id TEXT NOT NULL,
    author_id TEXT NOT NULL,
    set_by TEXT NOT NULL,
    set_at INTEGER NOT NULL,
    -- Posts of this instant and later are not collected any more.
    until_ms INTEGER NOT NULL,
    -- When a person ended it before.
    ended_at INTEGER,
    ended_by TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX collecting_case ON collecting (brand_id, case_id);
CREATE INDEX collecting_conversation ON collecting (conversation_id);
CREATE INDEX collecting_author ON collecting (author_id);
