-- A promise has a name of its own, which stays when it goes to another case; one made before this has none stored and
-- is named after case and wait. What became of the answer in which it was made: nothing known yet, `said`, `unsaid`
-- (it did not leave and may yet go), `gone` (it never will).
ALTER TABLE promise ADD COLUMN id TEXT;
ALTER TABLE promise ADD COLUMN words_id TEXT;
ALTER TABLE promise ADD COLUMN answer TEXT;
CREATE UNIQUE INDEX promise_id ON promise (id) WHERE id IS NOT NULL;
CREATE INDEX promise_answer ON promise (action_id) WHERE action_id IS NOT NULL AND (answer IS NULL OR answer = 'unsaid');
CREATE INDEX promise_link ON promise (link_id) WHERE link_id IS NOT NULL;

-- Promises that went to another case with a conversation, and came back.
CREATE TABLE promise_move (
    promise_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    brand_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    from_case TEXT NOT NULL,
    case_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    undone_at INTEGER,
    PRIMARY KEY (promise_id, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX promise_move_case ON promise_move (case_id, conversation_id);

-- What was given to a customer on a case: how much, what it is, who gave it and who approved it. Why is content `ID/why`.
CREATE TABLE goodwill (
    id TEXT PRIMARY KEY,
    brand_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    micros INTEGER NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    limit_micros INTEGER,
    decided_by TEXT,
    decided_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX goodwill_case ON goodwill (brand_id, case_id);
CREATE INDEX goodwill_at ON goodwill (made_at);
CREATE INDEX goodwill_asked ON goodwill (brand_id, made_at) WHERE state = 'asked';

-- Formal complaints; at most one a case. Why it was decided so is content `CASE/complaint`.
CREATE TABLE complaint (
    brand_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    marked_by TEXT NOT NULL,
    marked_at INTEGER NOT NULL,
    acknowledge_wait INTEGER NOT NULL,
    decide_wait INTEGER NOT NULL,
    acknowledged_by TEXT,
    acknowledged_at INTEGER,
    outcome TEXT,
    decided_by TEXT,
    decided_at INTEGER,
    unmarked_at INTEGER,
    PRIMARY KEY (brand_id, case_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX complaint_at ON complaint (brand_id, marked_at);
