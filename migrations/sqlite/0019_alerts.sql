-- Alerts that go on until somebody takes the case, and what channels were told.

CREATE TABLE escalation (
    case_id TEXT NOT NULL,
    -- Each time that nobody had the case begins a run of its own.
    n INTEGER NOT NULL,
    brand_id TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    -- The number of the next step, from 0.
    step INTEGER NOT NULL,
    -- When it is due; none after the last.
    next_at INTEGER,
    ended_at INTEGER,
    -- Why it ended: claimed, or the state of the case.
    ended_why TEXT NOT NULL,
    PRIMARY KEY (case_id, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX escalation_runs ON escalation (next_at) WHERE ended_at IS NULL;

-- Each message that a channel took: the law of bursts and the limit an hour count them.
CREATE TABLE alert_message (
    channel TEXT NOT NULL,
    at INTEGER NOT NULL,
    cases INTEGER NOT NULL,
    PRIMARY KEY (channel, at)
) STRICT, WITHOUT ROWID;

-- Cases for which a channel stands in alarm until it is told that somebody took them.
CREATE TABLE alert_standing (
    channel TEXT NOT NULL,
    case_id TEXT NOT NULL,
    brand_id TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (channel, case_id)
) STRICT, WITHOUT ROWID;

-- Why a notice was held back.
CREATE TABLE alert_held (
    action_id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    -- quiet, limit
    why TEXT NOT NULL,
    held_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_held_case ON alert_held (case_id);
