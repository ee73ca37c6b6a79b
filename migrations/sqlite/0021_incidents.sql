-- Unusual rises, incidents with their cases, words for many, planned peaks, protocols.

-- How many mentions came in a quarter of an hour (since 1970), by brand, topic and language. A row with empty names
-- says that the quarter was counted, and how many there were in all.
CREATE TABLE mention_slot (
    slot INTEGER NOT NULL,
    brand_id TEXT NOT NULL,
    topic TEXT NOT NULL,
    language TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (slot, brand_id, topic, language)
) STRICT, WITHOUT ROWID;

-- Something that many write about at once. Its title is content `ID/title`.
CREATE TABLE incident (
    id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    -- rise, person
    origin TEXT NOT NULL,
    topic TEXT NOT NULL,
    language TEXT NOT NULL,
    -- 1 while it runs.
    open INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    opened_by TEXT,
    -- What was usual in the hour, and the most that came in one.
    expected INTEGER NOT NULL,
    most INTEGER NOT NULL,
    -- Since when the rise has been calm.
    calm_since INTEGER,
    ended_at INTEGER,
    ended_by TEXT,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX incident_number ON incident (brand_id, number);
CREATE UNIQUE INDEX incident_rise ON incident (brand_id, topic, language) WHERE open = 1 AND origin = 'rise';
CREATE INDEX incident_last ON incident (brand_id, topic, language, ended_at);

-- Its cases. A case belongs to at most one that is open.
CREATE TABLE incident_case (
    incident_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    brand_id TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    -- A person, or none for the rise itself.
    added_by TEXT,
    open INTEGER NOT NULL,
    PRIMARY KEY (incident_id, case_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX incident_case_one ON incident_case (case_id) WHERE open = 1;
CREATE INDEX incident_case_case ON incident_case (brand_id, case_id);

-- What happened to it, append-only; `seq` is the version it had after the event.
CREATE TABLE incident_event (
    incident_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    brand_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    who TEXT,
    body TEXT NOT NULL,
    PRIMARY KEY (incident_id, seq)
) STRICT, WITHOUT ROWID;

-- Words for many: variants by language, each approved by somebody. The words are content `ID/text`.
CREATE TABLE incident_line (
    id TEXT NOT NULL PRIMARY KEY,
    incident_id TEXT NOT NULL,
    brand_id TEXT NOT NULL,
    language TEXT NOT NULL,
    -- answer, solved
    purpose TEXT NOT NULL,
    -- written, approved, withdrawn
    state TEXT NOT NULL,
    written_by TEXT NOT NULL,
    written_at INTEGER NOT NULL,
    approved_by TEXT,
    approved_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX incident_line_incident ON incident_line (incident_id);

-- Answers to many: each action with the press that made it.
CREATE TABLE incident_sent (
    action_id TEXT NOT NULL PRIMARY KEY,
    incident_id TEXT NOT NULL,
    sending_id TEXT NOT NULL,
    brand_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    purpose TEXT NOT NULL,
    credential TEXT NOT NULL,
    line_id TEXT NOT NULL,
    made_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX incident_sent_incident ON incident_sent (incident_id, case_id);
CREATE INDEX incident_sent_case ON incident_sent (case_id);

-- Planned peaks, and the crisis switch: a crisis begins when it is switched on. Words are content: `ID/title`, `ID/words`,
-- `ID/lines` (one line a language: `nl: ...`).
CREATE TABLE peak (
    id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    -- peak, crisis
    kind TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    -- Who stands by: a JSON list of people.
    standby TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    ended_at INTEGER,
    ended_by TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX peak_running ON peak (brand_id, until_at) WHERE ended_at IS NULL;
