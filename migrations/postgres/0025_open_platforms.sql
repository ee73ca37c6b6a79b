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

-- Answers of members of a forum and how they were received. Points are counted from these rows and stand nowhere.
CREATE TABLE helper_answer (
    post_id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    source TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    helper_id TEXT NOT NULL,
    asker_id TEXT NOT NULL,
    answered_at BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    likes BIGINT NOT NULL,
    void TEXT NOT NULL,
    checked_at BIGINT NOT NULL
);
CREATE INDEX helper_answer_brand ON helper_answer (brand_id, answered_at);
CREATE INDEX helper_answer_helper ON helper_answer (helper_id);
CREATE INDEX helper_answer_asker ON helper_answer (asker_id);
