-- Why a note was not taken stands beside why a status was not; and a ticket that is closed for good and that another
-- follows names that one, so that what is told goes there alone.
ALTER TABLE ticket_link ADD COLUMN note_why TEXT NOT NULL DEFAULT '';
ALTER TABLE ticket_link ADD COLUMN followed_by TEXT;
UPDATE ticket_link SET note_why = substr(status_why, 9), status_why = '' WHERE status_why LIKE 'a note: %';
