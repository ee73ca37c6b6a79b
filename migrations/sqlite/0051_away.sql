-- Accounts that their platform says are away: how (deactivated, suspended, takendown, deleted), and since when it is so; a
-- time without a word is when it came back.
ALTER TABLE author ADD COLUMN away TEXT;
ALTER TABLE author ADD COLUMN away_at INTEGER;
