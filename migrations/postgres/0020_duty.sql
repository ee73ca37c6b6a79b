-- Duty: what people said of themselves, what was planned, and what came of reading plans.

-- Each 'I'm on' and 'I'm off', in the order of the ids; nothing is changed here, so it is the history.
CREATE TABLE duty_said (
    id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL,
    -- 1 on, 0 off.
    is_on BIGINT NOT NULL,
    from_ms BIGINT NOT NULL,
    until_ms BIGINT NOT NULL,
    -- JSON lists; empty ones mean everything.
    languages TEXT NOT NULL,
    sectors TEXT NOT NULL,
    -- console, bot, api.
    via TEXT NOT NULL
);
CREATE INDEX duty_said_until ON duty_said (until_ms);

-- Planned shifts, each of one plan.
CREATE TABLE duty_shift (
    plan TEXT NOT NULL,
    person_id TEXT NOT NULL,
    from_ms BIGINT NOT NULL,
    until_ms BIGINT NOT NULL,
    languages TEXT NOT NULL,
    sectors TEXT NOT NULL,
    role TEXT NOT NULL,
    buddy_id TEXT,
    PRIMARY KEY (plan, person_id, from_ms)
);
CREATE INDEX duty_shift_until ON duty_shift (until_ms);

-- The last reading of each plan, with the lines that were passed over.
CREATE TABLE duty_plan (
    plan TEXT NOT NULL PRIMARY KEY,
    -- SHA-256 of what was read; an equal one changes nothing.
    digest TEXT NOT NULL,
    read_at BIGINT NOT NULL,
    shifts BIGINT NOT NULL,
    -- A JSON list of line, found, allowed.
    wrong TEXT NOT NULL,
    -- Why the last try brought nothing; empty when it did.
    trouble TEXT NOT NULL
);
