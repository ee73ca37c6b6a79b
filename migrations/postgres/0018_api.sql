-- Who may use the interface for programs, and what was done under a key of theirs.

CREATE TABLE api_token (
    id TEXT NOT NULL PRIMARY KEY,
    -- SHA-256 of the token; the token itself is shown once and kept nowhere.
    hash TEXT NOT NULL UNIQUE,
    -- What people call it.
    name TEXT NOT NULL,
    -- In whose name it acts.
    person_id TEXT NOT NULL,
    -- Words with spaces between them.
    scopes TEXT NOT NULL,
    -- Brands by name, a JSON list; an empty one means all.
    brands TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    -- When it ends by itself.
    until_ms BIGINT NOT NULL,
    used_at BIGINT,
    revoked_at BIGINT
);

CREATE TABLE api_once (
    token_id TEXT NOT NULL,
    key TEXT NOT NULL,
    -- SHA-256 of method, path, precondition and body.
    request TEXT NOT NULL,
    -- Whose turn it is to carry the request out: an older one changes nothing.
    attempt TEXT NOT NULL,
    -- 0 while it is carried out, then the status that was answered.
    status BIGINT NOT NULL,
    etag TEXT,
    body TEXT NOT NULL,
    at BIGINT NOT NULL,
    -- While it is carried out: until when nobody else may. Afterwards: until when it is remembered.
    until_ms BIGINT NOT NULL,
    PRIMARY KEY (token_id, key)
);
CREATE INDEX api_once_until ON api_once (until_ms);
