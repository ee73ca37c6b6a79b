-- Files that customers put into posts. What a file is called, where it came from and what its author says of it
-- is personal and lives in `content` under the id of its row here, so that an erasure takes it with the words.
CREATE TABLE attachment (
    id TEXT NOT NULL PRIMARY KEY,
    mention_id TEXT NOT NULL,
    place INTEGER NOT NULL,
    source TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'kept', 'refused', 'gone')),
    why TEXT NOT NULL,
    media TEXT NOT NULL,
    bytes INTEGER,
    width INTEGER,
    height INTEGER,
    digest TEXT,
    attempts INTEGER NOT NULL,
    next_at INTEGER,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX attachment_mention ON attachment (mention_id, place);
CREATE INDEX attachment_due ON attachment (next_at) WHERE state = 'waiting';
CREATE INDEX attachment_digest ON attachment (digest) WHERE digest IS NOT NULL;

-- Their bytes, cut into pieces of at most 1 MiB, known by the hash of the whole: the same picture is here once.
CREATE TABLE attachment_chunk (
    digest TEXT NOT NULL,
    n INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX attachment_chunk_place ON attachment_chunk (digest, n);

-- Hashes of which a row was taken away; used within one transaction, and empty between.
CREATE TABLE attachment_loose (
    digest TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Whoever keeps a file or takes one away holds this row, so that bytes are not taken away that just became needed.
INSERT INTO meta (name, value) VALUES ('attachment_turn', '');

-- Why a post of ours did not arrive, as the status code that the mail system gave.
ALTER TABLE own_post ADD COLUMN undelivered TEXT;
