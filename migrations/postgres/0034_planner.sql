-- Our own planner: shifts with patterns, swaps, absences, calendars out; guests and their quarters. What it comes to
-- stands in duty_shift as a plan like any other.

-- A shift on one day or again and again.
CREATE TABLE planner_shift (
    id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL,
    role TEXT NOT NULL,
    buddy_id TEXT,
    -- JSON lists; empty ones mean everything.
    languages TEXT NOT NULL,
    sectors TEXT NOT NULL,
    -- The zone of its times, by its IANA name.
    zone TEXT NOT NULL,
    -- Days as 2026-12-01; no last one goes on.
    first_day TEXT NOT NULL,
    last_day TEXT,
    -- Minutes of the wall after midnight; an end past 1440 is on the next day.
    starts BIGINT NOT NULL,
    ends BIGINT NOT NULL,
    every_weeks BIGINT NOT NULL,
    -- Monday is the lowest bit.
    weekdays BIGINT NOT NULL,
    -- A JSON list of days on which it does not take place.
    except_days TEXT NOT NULL,
    -- How often it was changed.
    sequence BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL
);
CREATE INDEX planner_shift_last ON planner_shift (last_day);

-- One day of a shift that somebody wants to give away.
CREATE TABLE planner_swap (
    id TEXT NOT NULL PRIMARY KEY,
    shift_id TEXT NOT NULL,
    day TEXT NOT NULL,
    from_id TEXT NOT NULL,
    to_id TEXT,
    -- asked, taken, agreed, refused, withdrawn.
    state TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    taken_at BIGINT,
    decided_at BIGINT,
    decided_by TEXT
);
CREATE UNIQUE INDEX planner_swap_open ON planner_swap (shift_id, day) WHERE state IN ('asked', 'taken');
CREATE INDEX planner_swap_day ON planner_swap (day);

-- Somebody is away.
CREATE TABLE planner_absence (
    id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL,
    -- leave, sick, training, other.
    kind TEXT NOT NULL,
    from_ms BIGINT NOT NULL,
    until_ms BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    called_off_at BIGINT
);
CREATE INDEX planner_absence_until ON planner_absence (until_ms);

-- Addresses by which calendars read the plan: somebody's own, or the team's.
CREATE TABLE planner_feed (
    id TEXT NOT NULL PRIMARY KEY,
    -- SHA-256 of the token.
    hash TEXT NOT NULL UNIQUE,
    -- Whose; none for the team's.
    person_id TEXT,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    revoked_at BIGINT
);

-- Who takes support days, and how many a quarter.
CREATE TABLE planner_guest (
    person_id TEXT NOT NULL PRIMARY KEY,
    owes BIGINT NOT NULL,
    -- The first day of a newcomer's two weeks, and who looks after them.
    newcomer_from TEXT,
    buddy_id TEXT
);

-- Proposed and accepted quarters.
CREATE TABLE planner_quarter (
    id TEXT NOT NULL PRIMARY KEY,
    -- As 2026-Q4.
    quarter TEXT NOT NULL,
    -- proposed, accepted, discarded.
    state TEXT NOT NULL,
    -- JSON lists: day and person; person and how many days too few.
    days TEXT NOT NULL,
    short TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    decided_by TEXT,
    decided_at BIGINT
);
CREATE INDEX planner_quarter_name ON planner_quarter (quarter);
