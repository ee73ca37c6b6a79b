-- Learning from people, and the safety net under triage.

-- What a person put right in what triage said of one revision of a message. It holds no words: they
-- are read from `content` when they are needed, so that what is gone there is gone here.
CREATE TABLE correction (
    id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    mention_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    field TEXT NOT NULL CHECK (field IN ('level', 'intent', 'language', 'needs_answer', 'needs_private')),
    was TEXT NOT NULL,
    became TEXT NOT NULL,
    person_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    rules_version TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX correction_case ON correction (brand_id, case_id);
CREATE INDEX correction_mention ON correction (brand_id, mention_id, field);
CREATE INDEX correction_at ON correction (brand_id, at);

-- What was drawn to be looked at by a person: of the cases of the day before that triage thought to
-- need no answer, a few at random. `verdict` is NULL until somebody has looked.
CREATE TABLE triage_check (
    brand_id TEXT NOT NULL,
    day TEXT NOT NULL,
    case_id TEXT NOT NULL,
    mention_id TEXT NOT NULL,
    drawn_at INTEGER NOT NULL,
    verdict TEXT CHECK (verdict IN ('right', 'missed')),
    person_id TEXT,
    decided_at INTEGER,
    PRIMARY KEY (brand_id, day, case_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX triage_check_case ON triage_check (brand_id, case_id);
CREATE INDEX triage_check_open ON triage_check (brand_id, drawn_at) WHERE verdict IS NULL;
CREATE INDEX triage_check_decided ON triage_check (brand_id, decided_at) WHERE verdict IS NOT NULL;

-- When a person said that a case needs an answer of which triage had thought that it needs none.
ALTER TABLE cases ADD COLUMN missed_at INTEGER;

-- Whether its author wrote to the brand more than once, one of the posts thought to need no answer.
ALTER TABLE cases ADD COLUMN wrote_again INTEGER NOT NULL DEFAULT 0;
CREATE INDEX case_author ON cases (author_id, brand_id, opened_at);
CREATE INDEX case_wrote_again ON cases (brand_id, id) WHERE open = 1 AND needs_answer = 0 AND wrote_again = 1;
