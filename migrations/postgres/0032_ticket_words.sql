-- What a ticket's status means to us beside open and solved, and why a status that we asked for was not taken.
ALTER TABLE ticket_link ADD COLUMN waits BIGINT NOT NULL DEFAULT 0;
ALTER TABLE ticket_link ADD COLUMN status_why TEXT NOT NULL DEFAULT '';

-- What we wrote on tickets, by the system's id of it: which words of which posts stand in it, in which revision, and
-- whether what was withdrawn since was taken away there. No words, only ids.
CREATE TABLE ticket_note (
    action_id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    link_id TEXT NOT NULL,
    system TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    remote_id TEXT NOT NULL,
    what TEXT NOT NULL,
    payload TEXT NOT NULL,
    held TEXT NOT NULL,
    written_at BIGINT NOT NULL,
    state TEXT NOT NULL,
    cause TEXT NOT NULL DEFAULT '',
    settled_at BIGINT
);
CREATE INDEX ticket_note_case ON ticket_note (case_id, link_id);
CREATE INDEX ticket_note_remains ON ticket_note (state) WHERE state IN ('asked', 'remains');
