-- Lanes of few cases among many.
CREATE INDEX case_in_private ON cases (brand_id, level, due_at, id) WHERE open = 1 AND private = 1;
CREATE INDEX case_kind_words ON cases (brand_id, id) WHERE open = 1 AND intent IN ('compliment', 'praise');
CREATE INDEX handover_going ON handover (brand_id, case_id) WHERE state IN ('offered', 'opened', 'linked', 'by_hand');

-- Filters of the inbox that somebody saved; name and address are content `ID/text`.
CREATE TABLE saved_filter (
    id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX saved_filter_person ON saved_filter (person_id, created_at);

-- One act on many cases, which can be undone until an instant.
CREATE TABLE batch (
    id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    until_ms BIGINT NOT NULL,
    undone_at BIGINT,
    undone_by TEXT
);

-- What it did with each case: how the case stood before, its version after, or why nothing was done.
CREATE TABLE batch_case (
    batch_id TEXT NOT NULL,
    place BIGINT NOT NULL,
    brand_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    stood TEXT NOT NULL,
    version BIGINT,
    why TEXT,
    undone_at BIGINT,
    undo_why TEXT,
    PRIMARY KEY (batch_id, place)
);
CREATE INDEX batch_case_case ON batch_case (case_id);

-- Who has a case before them, and who types; of no meaning once its times are past.
CREATE TABLE presence (
    case_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    brand_id TEXT NOT NULL,
    looks_until BIGINT NOT NULL,
    types_until BIGINT NOT NULL,
    PRIMARY KEY (case_id, person_id)
);
CREATE INDEX presence_over ON presence (looks_until);

-- Colleagues who are named in a note, until they have seen it.
CREATE TABLE called_in (
    case_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    person_id TEXT NOT NULL,
    brand_id TEXT NOT NULL,
    made_by TEXT NOT NULL,
    at BIGINT NOT NULL,
    seen_at BIGINT,
    PRIMARY KEY (case_id, seq, person_id)
);
CREATE INDEX called_in_unseen ON called_in (person_id, at) WHERE seen_at IS NULL;

-- The library of answers; title and words are content `ID/text`. What is approved is never changed, only replaced.
CREATE TABLE library_answer (
    id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    language TEXT NOT NULL,
    state TEXT NOT NULL,
    replaces TEXT,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    decided_by TEXT,
    decided_at BIGINT
);
CREATE INDEX library_answer_brand ON library_answer (brand_id, state, language, id);

-- An answer of the library that went into a case, at the version that the case had with it.
CREATE TABLE library_use (
    answer_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    brand_id TEXT NOT NULL,
    edited BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (answer_id, case_id, seq)
);
CREATE INDEX library_use_case ON library_use (case_id);
