-- What still has to be taken out of the database's files after somebody was erased: a row for each table that is to be
-- written anew, or one for the log, until that is done.
CREATE TABLE file_sweep (
    name TEXT NOT NULL PRIMARY KEY,
    -- Since when it is owed.
    since BIGINT NOT NULL,
    -- Rises each time that it is owed anew.
    asked BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    -- Why it could not be done the last time, in words.
    why TEXT NOT NULL
);
-- Reasons from before may repeat what stood in a delivery; whoever tries one again is told why anew.
UPDATE inbox SET why = CASE WHEN body IS NULL THEN '' ELSE 'read it again to be told why' END
WHERE verdict = 'quarantined' AND why IS NOT NULL;
