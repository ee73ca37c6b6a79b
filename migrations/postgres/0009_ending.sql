-- How a case ended that is the front office's to solve, as a person said it or as it was proposed; at most one for
-- each case. It counts while the case is resolved or closed. No words of people are here.
CREATE TABLE ending (
    brand_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    solved TEXT NOT NULL,
    difference TEXT,
    back_door TEXT,
    proposed_solved TEXT NOT NULL,
    proposed_back_door TEXT,
    taken TEXT NOT NULL,
    at BIGINT NOT NULL,
    person_id TEXT NOT NULL,
    said_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, case_id)
);
CREATE INDEX ending_at ON ending (at);
