-- When what lets us in somewhere ends, as the settings or the platform say, and which stage of that was told.
CREATE TABLE source_end (
    source TEXT NOT NULL,
    origin TEXT NOT NULL,
    what TEXT NOT NULL,
    at BIGINT NOT NULL,
    renews BIGINT NOT NULL,
    told BIGINT NOT NULL,
    PRIMARY KEY (source, origin, what)
);

-- Rights that a credential turned out to lack, with the reason; gone when it has them.
CREATE TABLE source_lack (
    source TEXT NOT NULL,
    of TEXT NOT NULL,
    why TEXT NOT NULL,
    since BIGINT NOT NULL,
    told_at BIGINT,
    PRIMARY KEY (source, of)
);
