-- Into a private channel: hand-overs, conversations that are merged and split, joins that wait for a
-- person, and public answers with personal data that somebody must stand for.

-- The hand-over of a case: its way into a private channel. One a case; a second round begins it again.
CREATE TABLE handover (
    case_id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    state TEXT NOT NULL,
    code TEXT NOT NULL,
    author_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    reach TEXT NOT NULL,
    reach_why TEXT NOT NULL,
    reached_at INTEGER,
    offered_at INTEGER,
    reminded_at INTEGER,
    opened_at INTEGER,
    ended_at INTEGER,
    next_at INTEGER,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX handover_code ON handover (code);
CREATE INDEX handover_author ON handover (author_id);
CREATE INDEX handover_next ON handover (next_at) WHERE next_at IS NOT NULL;

-- Whose case takes what is said in a conversation that was merged into another.
ALTER TABLE conversation ADD COLUMN merged_as TEXT;
CREATE INDEX conversation_merged ON conversation (merged_into) WHERE merged_into IS NOT NULL;

-- What was merged and split, by whom and why; never changed. `merged_into` and `merged_as` of a
-- conversation are those of its last event.
CREATE TABLE conversation_event (
    conversation_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    brand_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('merge', 'split')),
    into_id TEXT,
    as_author TEXT,
    evidence TEXT NOT NULL,
    who TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX conversation_event_case ON conversation_event (brand_id, case_id);

-- A private conversation that may belong to a case: `due` is joined at once, `proposed` waits for a person.
CREATE TABLE handover_join (
    id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    from_case TEXT,
    into_case TEXT NOT NULL,
    evidence TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('due', 'proposed', 'joined', 'undone', 'declined')),
    made_at INTEGER NOT NULL,
    settled_at INTEGER,
    settled_by TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX handover_join_into ON handover_join (brand_id, into_case);
CREATE INDEX handover_join_from ON handover_join (brand_id, from_case);
CREATE INDEX handover_join_due ON handover_join (made_at) WHERE state = 'due';
CREATE UNIQUE INDEX handover_join_once ON handover_join (conversation_id, into_case) WHERE state IN ('due', 'proposed');

-- Public answers that hold personal data and are meant: who asked, who stood for it, who looked at it
-- the next day. The words are content `ID/text`.
CREATE TABLE guard_pass (
    id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    mention_id TEXT NOT NULL,
    kinds TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('asked', 'passed', 'refused', 'alone')),
    asked_by TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    decided_by TEXT,
    decided_at INTEGER,
    review_from INTEGER,
    reviewed_by TEXT,
    reviewed_at INTEGER,
    action_id TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX guard_pass_case ON guard_pass (brand_id, case_id);
CREATE INDEX guard_pass_review ON guard_pass (brand_id, review_from) WHERE review_from IS NOT NULL AND reviewed_at IS NULL;
