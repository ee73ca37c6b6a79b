-- Codes of an app, for one person: the secret is sealed, and no step counts twice.
CREATE TABLE code_app (
    person_id TEXT NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    confirmed_at INTEGER,
    last_step INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Codes for the day on which the app is gone, each good once; only hashes.
CREATE TABLE recovery_code (
    person_id TEXT NOT NULL,
    hash TEXT NOT NULL,
    used_at INTEGER,
    PRIMARY KEY (person_id, hash)
) STRICT;

-- Passkeys by the id that the authenticator gave them.
CREATE TABLE passkey (
    id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL,
    name TEXT NOT NULL,
    algorithm INTEGER NOT NULL,
    public_key BLOB NOT NULL,
    sign_count INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT;
CREATE INDEX passkey_person ON passkey (person_id, created_at);

-- What was begun on the way in and lives for minutes: a password that was right, a challenge, a visit to a provider.
CREATE TABLE login_step (
    token_hash TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    person_id TEXT NOT NULL,
    body TEXT NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX login_step_until ON login_step (until_ms);

-- Who somebody is to a provider of identities.
CREATE TABLE person_identity (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    person_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (issuer, subject)
) STRICT;
CREATE INDEX person_identity_person ON person_identity (person_id);

-- What others did to somebody's account, until they have read it.
CREATE TABLE person_told (
    id INTEGER NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    what TEXT NOT NULL,
    made_by TEXT NOT NULL,
    seen_at INTEGER
) STRICT;
CREATE INDEX person_told_person ON person_told (person_id, seen_at);

-- Which provider let somebody in, where it was one.
ALTER TABLE login_session ADD COLUMN provider TEXT NOT NULL DEFAULT '';
