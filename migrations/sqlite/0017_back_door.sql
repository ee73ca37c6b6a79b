-- The sector of a case: as proposed, and as a person said it ('' where they say that it is of none).
CREATE TABLE case_sector (
    brand_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    sector TEXT NOT NULL,
    proposed TEXT NOT NULL,
    certainty INTEGER NOT NULL,
    said_by TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (brand_id, case_id)
) STRICT, WITHOUT ROWID;

-- The queue in which a tied ticket stands: the name of a team or a supplier, never of a person.
CREATE TABLE ticket_queue (
    link_id TEXT NOT NULL PRIMARY KEY,
    queue TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Whether the reasons of an ending were asked for, and how certain the proposed one was, in percent.
CREATE TABLE ending_asked (
    brand_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    asked INTEGER NOT NULL,
    certainty INTEGER NOT NULL,
    PRIMARY KEY (brand_id, case_id)
) STRICT, WITHOUT ROWID;

-- A contact of a customer elsewhere, written down by a person; its words are content `ID/text`.
CREATE TABLE other_contact (
    id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    person_id TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX other_contact_case ON other_contact (brand_id, case_id, at);
CREATE INDEX other_contact_at ON other_contact (at);

-- Something that somebody should take away. Its words are content `ID/text`; `owner` is a person's login or a team.
CREATE TABLE finding (
    id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    state TEXT NOT NULL,
    owner TEXT NOT NULL,
    raised_by TEXT NOT NULL,
    raised_at INTEGER NOT NULL,
    decided_by TEXT,
    decided_at INTEGER,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX finding_number ON finding (brand_id, number);

CREATE TABLE finding_case (
    brand_id TEXT NOT NULL,
    finding_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (finding_id, case_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX finding_case_case ON finding_case (brand_id, case_id);

-- Who is to be told that a finding was decided, until they have seen it.
CREATE TABLE finding_news (
    person_id TEXT NOT NULL,
    finding_id TEXT NOT NULL,
    brand_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (person_id, finding_id)
) STRICT, WITHOUT ROWID;

-- The queues that somebody of the front office may see; a brand and a queue, by name.
CREATE TABLE person_queue (
    person_id TEXT NOT NULL,
    brand TEXT NOT NULL,
    queue TEXT NOT NULL,
    PRIMARY KEY (person_id, brand, queue)
) STRICT, WITHOUT ROWID;

-- What the front office does about one line of the list 'yesterday at the back door'. The words are content
-- `line/CASE/action`, and the login or team who has it is `owner`.
CREATE TABLE back_door_line (
    brand_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    owner TEXT NOT NULL,
    due_day TEXT NOT NULL,
    person_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (brand_id, case_id)
) STRICT, WITHOUT ROWID;

-- When cases were resolved, for what is counted over a period.
CREATE INDEX case_event_resolved ON case_event (at) WHERE kind = 'resolve';
