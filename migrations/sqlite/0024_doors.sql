-- Which brands somebody sees: nothing for all, else a JSON list of their ids.
ALTER TABLE person ADD COLUMN brands TEXT;

-- Who did what, one row an act; rows are only ever added.
CREATE TABLE audit (
    number INTEGER NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    via TEXT NOT NULL,
    person TEXT NOT NULL,
    token TEXT NOT NULL,
    act TEXT NOT NULL,
    brand TEXT NOT NULL,
    target TEXT NOT NULL,
    source TEXT NOT NULL,
    outcome TEXT NOT NULL,
    before TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE INDEX audit_person ON audit (person, number);
CREATE INDEX audit_target ON audit (target, number);

CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'rows of the audit never change'); END;
CREATE TRIGGER audit_never_shrinks BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'rows of the audit are never deleted'); END;

-- The last row; whoever adds one holds this row until it stands, so that there are no gaps and no forks.
CREATE TABLE audit_head (
    id INTEGER NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL,
    hash TEXT NOT NULL
) STRICT;

-- When who holds a log-in last showed who they are, and from which network it began.
ALTER TABLE login_session ADD COLUMN proved_at INTEGER;
ALTER TABLE login_session ADD COLUMN source TEXT NOT NULL DEFAULT '';
