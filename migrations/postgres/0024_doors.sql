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

-- How often the second factor of somebody was used, and what stands for it where it is lost.
CREATE TABLE second_factor (
    person_id TEXT NOT NULL PRIMARY KEY,
    secret TEXT NOT NULL,
    last_step BIGINT NOT NULL,
    confirmed_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE TABLE recovery_code (
    person_id TEXT NOT NULL,
    hash TEXT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (person_id, hash)
);

-- A log-in: when it was last proved, whether a second factor is still owed, from where it came.
ALTER TABLE login_session ADD COLUMN proved_at BIGINT;
ALTER TABLE login_session ADD COLUMN owes_factor BIGINT NOT NULL DEFAULT 0;
ALTER TABLE login_session ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE login_session ADD COLUMN agent TEXT NOT NULL DEFAULT '';

-- Keys of people's own devices.
CREATE TABLE passkey (
    id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL,
    name TEXT NOT NULL,
    algorithm BIGINT NOT NULL,
    public_key BYTEA NOT NULL,
    counter BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX passkey_person ON passkey (person_id);

-- What was asked of a browser and is awaited: challenges of passkeys, states of log-ins elsewhere.
CREATE TABLE login_challenge (
    hash TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    person_id TEXT NOT NULL,
    body TEXT NOT NULL,
    until_ms BIGINT NOT NULL
);

-- Who somebody is at a provider of identities.
CREATE TABLE person_identity (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    person_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX person_identity_person ON person_identity (person_id);
