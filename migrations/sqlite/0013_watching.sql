-- Mentions that only a second reading of their source found: what intake had not seen in its turn.
CREATE TABLE swept (
    mention_id TEXT NOT NULL PRIMARY KEY,
    source TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How many mentions each source brought in an hour, by the hour's number since 1970; hours without any have a
-- row too, so that silence can be told from not having counted.
CREATE TABLE source_hour (
    source TEXT NOT NULL,
    hour INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (source, hour)
) STRICT, WITHOUT ROWID;

-- What leads were told of a source that is deaf; gone when it hears again.
CREATE TABLE source_alarm (
    source TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    since INTEGER NOT NULL,
    told_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
