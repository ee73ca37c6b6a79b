-- Answering: who wrote an action and how its outcome is found out, drafts, signatures, posts that
-- show what a case is about, what must be looked at again, what was deleted by its author.

-- An action that a customer may see: who made it, the id its effect will have where our key decides
-- that, the post it answers by the platform's id; and while its outcome is unknown, since when, when
-- to look again, and when a person was told.
ALTER TABLE action ADD COLUMN made_by TEXT;
ALTER TABLE action ADD COLUMN expected_id TEXT;
ALTER TABLE action ADD COLUMN answers_id TEXT;
ALTER TABLE action ADD COLUMN unknown_since INTEGER;
ALTER TABLE action ADD COLUMN look_at INTEGER;
ALTER TABLE action ADD COLUMN looks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE action ADD COLUMN told_at INTEGER;
CREATE INDEX action_expected ON action (expected_id) WHERE expected_id IS NOT NULL;
CREATE INDEX action_remote ON action (remote_id) WHERE remote_id IS NOT NULL AND made_by IS NOT NULL;
CREATE INDEX action_unsettled ON action (answers_id) WHERE answers_id IS NOT NULL AND state IN ('sending', 'unknown');
CREATE INDEX action_mention ON action (mention_id) WHERE mention_id IS NOT NULL;

-- How visible a post is on its platform: an answer is never more visible.
ALTER TABLE mention ADD COLUMN visibility TEXT NOT NULL DEFAULT '';

-- Which person gave an answer, where that is known.
ALTER TABLE own_post ADD COLUMN person_id TEXT;

-- Put away until an instant; the clocks run on.
ALTER TABLE cases ADD COLUMN snoozed_until INTEGER;

-- What somebody has typed and not sent; the words are content `draft/CASE/PERSON`.
CREATE TABLE draft (
    case_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    brand_id TEXT NOT NULL,
    seen INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (case_id, person_id)
) STRICT, WITHOUT ROWID;

-- By which sign a person's answers are known ('^Jan'); brand '' is for every brand without its own.
CREATE TABLE signature (
    person_id TEXT NOT NULL,
    brand_id TEXT NOT NULL,
    sign TEXT NOT NULL,
    PRIMARY KEY (person_id, brand_id)
) STRICT, WITHOUT ROWID;

-- Log-ins at platforms, sealed under a key that is not in this database.
CREATE TABLE credential_session (
    credential TEXT NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Posts by others that only show what a conversation is about; words are content `ID/1`.
CREATE TABLE thread_post (
    id TEXT NOT NULL PRIMARY KEY,
    platform TEXT NOT NULL,
    authority TEXT NOT NULL,
    external_id TEXT NOT NULL,
    source TEXT NOT NULL,
    author_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    in_reply_to TEXT,
    posted_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX thread_post_identity ON thread_post (external_id, platform, authority);
CREATE INDEX thread_post_conversation ON thread_post (conversation_id);

-- Posts whose source is asked again whether they stand; `post_id` is a mention or a post of ours.
CREATE TABLE recheck (
    post_id TEXT NOT NULL PRIMARY KEY,
    source TEXT NOT NULL,
    posted_at INTEGER NOT NULL,
    next_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX recheck_next ON recheck (source, next_at);

-- What must not come in again: keyed hashes of identities, for a time.
CREATE TABLE gone (
    hash TEXT NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX gone_until ON gone (until_ms);

-- Deleted by their authors: what is left to be cleared of raw deliveries and the like.
CREATE TABLE erasure (
    post_id TEXT NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    done_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX erasure_waiting ON erasure (at) WHERE done_at IS NULL;

-- Which post a raw delivery became, so that it can be cleared with it.
ALTER TABLE inbox ADD COLUMN post_id TEXT;
