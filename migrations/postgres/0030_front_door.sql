-- Codes of an app, for one person: the secret is sealed, and no step counts twice.
CREATE TABLE code_app (
    person_id TEXT NOT NULL PRIMARY KEY,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    confirmed_at BIGINT,
    last_step BIGINT NOT NULL DEFAULT 0
);

-- Codes for the day on which the app is gone, each good once; only hashes.
CREATE TABLE recovery_code (
    person_id TEXT NOT NULL,
    hash TEXT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (person_id, hash)
);

-- Passkeys by the id that the authenticator gave them.
CREATE TABLE passkey (
    id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL,
    name TEXT NOT NULL,
    algorithm BIGINT NOT NULL,
    public_key BYTEA NOT NULL,
    sign_count BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX passkey_person ON passkey (person_id, created_at);

-- What was begun on the way in and lives for minutes: a password that was right, a challenge, a visit to a provider.
CREATE TABLE login_step (
    token_hash TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    person_id TEXT NOT NULL,
    body TEXT NOT NULL,
    until_ms BIGINT NOT NULL
);
CREATE INDEX login_step_until ON login_step (until_ms);

-- Who somebody is to a provider of identities.
CREATE TABLE person_identity (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    person_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX person_identity_person ON person_identity (person_id);

-- What others did to somebody's account, until they have read it.
CREATE TABLE person_told (
    id BIGINT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    what TEXT NOT NULL,
    made_by TEXT NOT NULL,
    seen_at BIGINT
);
CREATE INDEX person_told_person ON person_told (person_id, seen_at);

-- Which provider let somebody in, where it was one.
ALTER TABLE login_session ADD COLUMN provider TEXT NOT NULL DEFAULT '';
