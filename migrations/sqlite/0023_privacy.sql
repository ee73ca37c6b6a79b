-- What must be kept for privacy: who was erased, who is not watched, what is held, what retention did.

-- Why a post must not come in again: 'deleted' by its author, 'erased' at a person's request or by retention.
ALTER TABLE gone ADD COLUMN why TEXT NOT NULL DEFAULT 'deleted';

-- Accounts that were erased, as keyed hashes with an end: what a backup brings back of them goes again.
CREATE TABLE erased_account (
    hash TEXT NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Accounts whose posts are not taken in, as keyed hashes, until somebody takes that back.
CREATE TABLE objection (
    hash TEXT NOT NULL PRIMARY KEY,
    -- What people tell it apart by; never a name.
    label TEXT NOT NULL,
    at INTEGER NOT NULL,
    set_by TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Cases of which nothing may go until an instant. The ground is content `ID/ground`.
CREATE TABLE legal_hold (
    id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    set_by TEXT NOT NULL,
    set_at INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,
    ended_by TEXT,
    ended_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX legal_hold_case ON legal_hold (case_id, until_ms);

-- Each erasure of a person, without who it was.
CREATE TABLE erasure_done (
    id TEXT NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    done_by TEXT NOT NULL,
    -- How much went, a JSON object of numbers.
    counts TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What retention took away, by day, platform and kind.
CREATE TABLE retention_count (
    day TEXT NOT NULL,
    platform TEXT NOT NULL,
    what TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (day, platform, what)
) STRICT, WITHOUT ROWID;

-- When the words of a case went.
ALTER TABLE cases ADD COLUMN forgotten_at INTEGER;
CREATE INDEX case_to_forget ON cases (state_since) WHERE open = 0 AND forgotten_at IS NULL;

-- Why a switch was turned.
ALTER TABLE switch ADD COLUMN reason TEXT NOT NULL DEFAULT '';
