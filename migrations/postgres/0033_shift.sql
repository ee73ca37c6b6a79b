-- Offers of cases, questions at the end of a shift, what is told at its begin, and what the one before left.

-- A case that is offered, round by round; each round is wider than the one before. Of a case one round is open at most.
CREATE TABLE offer (
    case_id TEXT NOT NULL,
    round BIGINT NOT NULL,
    brand_id TEXT NOT NULL,
    -- person, language, everyone
    width TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    -- When the next round follows; the last has none.
    until_at BIGINT,
    -- Why that person, a JSON list.
    reasons TEXT NOT NULL,
    ended_at BIGINT,
    -- claimed, time, declined, left, over
    ended_why TEXT NOT NULL,
    PRIMARY KEY (case_id, round)
);
CREATE UNIQUE INDEX offer_open ON offer (case_id) WHERE ended_at IS NULL;
CREATE INDEX offer_until ON offer (until_at) WHERE ended_at IS NULL;

-- To whom.
CREATE TABLE offer_to (
    case_id TEXT NOT NULL,
    round BIGINT NOT NULL,
    person_id TEXT NOT NULL,
    brand_id TEXT NOT NULL,
    declined_at BIGINT,
    PRIMARY KEY (case_id, round, person_id)
);
CREATE INDEX offer_to_person ON offer_to (person_id, case_id, round);

-- What somebody was asked about a case of theirs, before their duty ended or at its end.
CREATE TABLE shift_ask (
    case_id TEXT NOT NULL,
    n BIGINT NOT NULL,
    brand_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    -- When it was asked once more, at the end.
    again_at BIGINT,
    -- empty while it is open; kept, unanswered, settled
    answer TEXT NOT NULL,
    answered_at BIGINT,
    PRIMARY KEY (case_id, n)
);
CREATE INDEX shift_ask_open ON shift_ask (person_id) WHERE answered_at IS NULL;

-- What is told at the begin of a shift. The words are content `ID/text`.
CREATE TABLE briefing_line (
    id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    written_by TEXT NOT NULL,
    written_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    approved_by TEXT,
    approved_at BIGINT,
    ended_by TEXT,
    ended_at BIGINT
);
CREATE INDEX briefing_line_brand ON briefing_line (brand_id, until_at) WHERE ended_at IS NULL;

-- What is left to the next shift: a line of somebody, or what was open at the change. Words are content `ID/text`.
CREATE TABLE shift_summary (
    id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    -- When the shift changed.
    at BIGINT NOT NULL,
    -- Who made it; empty where nobody did.
    made_by TEXT NOT NULL,
    -- Numbers of cases and counts, JSON; no words of anybody.
    body TEXT NOT NULL
);
CREATE UNIQUE INDEX shift_summary_brand ON shift_summary (brand_id, at);
CREATE TABLE shift_note (
    id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    made_by TEXT NOT NULL
);
CREATE INDEX shift_note_brand ON shift_note (brand_id, at);
