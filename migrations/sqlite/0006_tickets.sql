-- Which case is tied to which ticket of the front office, and how that ticket stood when it was last seen.
-- Subject, owner and queue are content `LINK/ticket`; what the front office wrote is content `LINK/entry/ID`.
CREATE TABLE ticket_link (
    id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    system TEXT NOT NULL,
    ticket_id TEXT,
    action_id TEXT,
    state TEXT NOT NULL,
    status TEXT NOT NULL,
    url TEXT NOT NULL,
    opened_at INTEGER,
    changed_at INTEGER,
    due_at INTEGER,
    last_entry TEXT NOT NULL,
    seen_at INTEGER,
    solved_at INTEGER,
    linked_by TEXT,
    linked_at INTEGER NOT NULL,
    unlinked_by TEXT,
    unlinked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX ticket_link_case ON ticket_link (brand_id, case_id);
CREATE UNIQUE INDEX ticket_link_live ON ticket_link (system, ticket_id, case_id)
    WHERE unlinked_at IS NULL AND ticket_id IS NOT NULL;
CREATE INDEX ticket_link_watched ON ticket_link (system, seen_at) WHERE unlinked_at IS NULL;

-- What was promised to a customer beside what a policy promises: a clock of the kind `promise` runs for each, by
-- the same case and wait. The words are content `CASE/promise/WAIT`.
CREATE TABLE promise (
    case_id TEXT NOT NULL,
    wait INTEGER NOT NULL,
    brand_id TEXT NOT NULL,
    owed_by TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    PRIMARY KEY (case_id, wait)
) STRICT, WITHOUT ROWID;
