-- The topic of a group in which a message stands; 0 where there are none.
ALTER TABLE chat_card ADD COLUMN topic BIGINT NOT NULL DEFAULT 0;

-- People of ours as a chat platform knows them, from their first contact on, with what they told the bot about
-- themselves. Empty texts mean that the settings say it.
CREATE TABLE chat_person (
    credential TEXT NOT NULL,
    user_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    language TEXT NOT NULL,
    zone TEXT NOT NULL,
    -- Hours in which only P1 is told, as 22:00-07:00.
    quiet TEXT NOT NULL,
    -- Most messages in an hour; 0 for no limit.
    hourly BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    -- Since when they can be written to in private.
    private_at BIGINT,
    PRIMARY KEY (credential, user_id)
);
CREATE INDEX chat_person_person ON chat_person (person_id);
