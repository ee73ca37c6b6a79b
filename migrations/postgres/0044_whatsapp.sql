-- Other ids under which an author is known: a platform may change them, or have told a number before it told an id.
CREATE TABLE author_alias (
    external_id TEXT NOT NULL,
    platform TEXT NOT NULL,
    authority TEXT NOT NULL,
    author_id TEXT NOT NULL,
    strong BIGINT NOT NULL,
    PRIMARY KEY (external_id, platform, authority)
);
CREATE INDEX author_alias_author ON author_alias (author_id);
