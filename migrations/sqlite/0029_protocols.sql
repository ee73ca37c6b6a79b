-- Protocols of cases with what was done of them, and labels on authors.

-- What is done when the press writes, somebody is threatened, and the like. Of one kind a case has at most one that is
-- open; one that is over stays as it was.
CREATE TABLE protocol (
    id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    -- self_harm, threat, legal, press, troll
    kind TEXT NOT NULL,
    -- proposed, running, taken, ended, declined
    state TEXT NOT NULL,
    -- 1 while it is one of the first three.
    open INTEGER NOT NULL,
    -- words, label, person
    origin TEXT NOT NULL,
    proposed_at INTEGER NOT NULL,
    started_at INTEGER,
    started_by TEXT,
    taken_at INTEGER,
    taken_by TEXT,
    ended_at INTEGER,
    ended_by TEXT,
    -- The wait of the case by which its deadline runs.
    wait INTEGER,
    -- When it is told again, and how often that was done.
    again_at INTEGER,
    told INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX protocol_one ON protocol (case_id, kind) WHERE open = 1;
CREATE INDEX protocol_case ON protocol (case_id);
CREATE INDEX protocol_again ON protocol (again_at) WHERE again_at IS NOT NULL;
CREATE INDEX protocol_brand ON protocol (brand_id, open, proposed_at);

-- Steps that were done. The note, where there is one, is content `PROTOCOL/step/STEP`.
CREATE TABLE protocol_step (
    protocol_id TEXT NOT NULL,
    step TEXT NOT NULL,
    brand_id TEXT NOT NULL,
    done_at INTEGER NOT NULL,
    done_by TEXT NOT NULL,
    PRIMARY KEY (protocol_id, step)
) STRICT, WITHOUT ROWID;

-- What people of the team say of an account for one brand. The reason is content `ID/reason`.
CREATE TABLE author_label (
    id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    author_id TEXT NOT NULL,
    -- press, influencer, vip, vulnerable, troll, employee
    label TEXT NOT NULL,
    set_by TEXT NOT NULL,
    set_at INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,
    ended_at INTEGER,
    ended_by TEXT
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX author_label_one ON author_label (brand_id, author_id, label) WHERE ended_at IS NULL;
CREATE INDEX author_label_author ON author_label (author_id);
