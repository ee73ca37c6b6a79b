-- Files that customers put into posts. What a file is called, where it came from and what its author says of it
-- is personal and lives in `content` under the id of its row here, so that an erasure takes it with the words.
CREATE TABLE attachment (
    id TEXT NOT NULL PRIMARY KEY,
    mention_id TEXT NOT NULL,
    place BIGINT NOT NULL,
    source TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'kept', 'refused', 'gone')),
    why TEXT NOT NULL,
    media TEXT NOT NULL,
    bytes BIGINT,
    width BIGINT,
    height BIGINT,
    digest TEXT,
    attempts BIGINT NOT NULL,
    next_at BIGINT,
    changed_at BIGINT NOT NULL
);
CREATE INDEX attachment_mention ON attachment (mention_id, place);
CREATE INDEX attachment_due ON attachment (next_at) WHERE state = 'waiting';
CREATE INDEX attachment_digest ON attachment (digest) WHERE digest IS NOT NULL;

-- Their bytes, cut into pieces of at most 1 MiB, known by the hash of the whole: the same picture is here once.
CREATE TABLE attachment_chunk (
    digest TEXT NOT NULL,
    n BIGINT NOT NULL,
    body BYTEA NOT NULL
);
CREATE UNIQUE INDEX attachment_chunk_place ON attachment_chunk (digest, n);

-- Hashes of which a row was taken away; used within one transaction, and empty between.
CREATE TABLE attachment_loose (
    digest TEXT NOT NULL PRIMARY KEY
);

-- Whoever keeps a file or takes one away holds this row, so that bytes are not taken away that just became needed.
INSERT INTO meta (name, value) VALUES ('attachment_turn', '');

-- Why a post of ours did not arrive, as the status code that the mail system gave.
ALTER TABLE own_post ADD COLUMN undelivered TEXT;
