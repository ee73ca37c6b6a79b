-- The parts of an answer that was too long for one post: each is an action, and goes after the one before it.
CREATE TABLE answer_part (
    action_id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    -- The action of the first part, by which the answer is known.
    first_id TEXT NOT NULL,
    -- Its number, from 1, and how many there are.
    n BIGINT NOT NULL,
    parts BIGINT NOT NULL
);
CREATE UNIQUE INDEX answer_part_chain ON answer_part (first_id, n);
CREATE INDEX answer_part_case ON answer_part (brand_id, case_id);
