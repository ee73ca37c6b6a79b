-- Files that we send along with answers. What one is called and what it shows is content under the id of its row;
-- its bytes are pieces in attachment_chunk, as those of customers' files.
CREATE TABLE answer_file (
    id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'asked', 'going')),
    goes_with TEXT NOT NULL,
    place INTEGER NOT NULL,
    media TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    width INTEGER,
    height INTEGER,
    digest TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX answer_file_case ON answer_file (brand_id, case_id, place);
CREATE INDEX answer_file_with ON answer_file (goes_with, place);
CREATE INDEX answer_file_digest ON answer_file (digest);
