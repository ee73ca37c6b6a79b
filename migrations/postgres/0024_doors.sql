-- Which brands somebody sees: nothing for all, else a JSON list of their ids.
ALTER TABLE person ADD COLUMN brands TEXT;

-- Who did what, one row an act; rows are only ever added.
CREATE TABLE audit (
    number BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
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
);
CREATE INDEX audit_person ON audit (person, number);
CREATE INDEX audit_target ON audit (target, number);

CREATE FUNCTION audit_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of the audit never change and are never deleted';
END $$;
CREATE TRIGGER audit_never_changes BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_stands();
CREATE TRIGGER audit_never_empties BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_stands();

-- The last row; whoever adds one holds this row until it stands, so that there are no gaps and no forks.
CREATE TABLE audit_head (
    id BIGINT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL,
    hash TEXT NOT NULL
);

-- When who holds a log-in last showed who they are, and from which network it began.
ALTER TABLE login_session ADD COLUMN proved_at BIGINT;
ALTER TABLE login_session ADD COLUMN source TEXT NOT NULL DEFAULT '';
