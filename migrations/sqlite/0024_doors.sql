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

-- How often the second factor of somebody was used, and what stands for it where it is lost.
CREATE TABLE second_factor (
    person_id TEXT NOT NULL PRIMARY KEY,
    secret TEXT NOT NULL,
    last_step INTEGER NOT NULL,
    confirmed_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE recovery_code (
    person_id TEXT NOT NULL,
    hash TEXT NOT NULL,
    used_at INTEGER,
    PRIMARY KEY (person_id, hash)
) STRICT, WITHOUT ROWID;

-- A log-in: when it was last proved, whether a second factor is still owed, from where it came.
ALTER TABLE login_session ADD COLUMN proved_at INTEGER;
ALTER TABLE login_session ADD COLUMN owes_factor INTEGER NOT NULL DEFAULT 0;
ALTER TABLE login_session ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE login_session ADD COLUMN agent TEXT NOT NULL DEFAULT '';

-- Keys of people's own devices.
CREATE TABLE passkey (
    id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL,
    name TEXT NOT NULL,
    algorithm INTEGER NOT NULL,
    public_key BLOB NOT NULL,
    counter INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX passkey_person ON passkey (person_id);

-- What was asked of a browser and is awaited: challenges of passkeys, states of log-ins elsewhere.
CREATE TABLE login_challenge (
    hash TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    person_id TEXT NOT NULL,
    body TEXT NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who somebody is at a provider of identities.
CREATE TABLE person_identity (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    person_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_identity_person ON person_identity (person_id);
