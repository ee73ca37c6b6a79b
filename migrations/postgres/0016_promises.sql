-- Of a promise: what is to be done, where it was made (person, answer, customer, ticket), the ticket whose due date it
-- is, and the answer whose words it was made with.
ALTER TABLE promise ADD COLUMN act TEXT NOT NULL DEFAULT '';
ALTER TABLE promise ADD COLUMN origin TEXT NOT NULL DEFAULT 'person';
ALTER TABLE promise ADD COLUMN link_id TEXT;
ALTER TABLE promise ADD COLUMN action_id TEXT;

-- Each try to call a customer back. Whom and by which number is content `CASE/promise/WAIT/call`.
CREATE TABLE call_try (
    case_id TEXT NOT NULL,
    wait BIGINT NOT NULL,
    n BIGINT NOT NULL,
    brand_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    person_id TEXT NOT NULL,
    reached BIGINT NOT NULL,
    next_at BIGINT,
    PRIMARY KEY (case_id, wait, n)
);
