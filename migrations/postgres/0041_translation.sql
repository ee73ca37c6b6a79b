-- Messages as a machine put them into a reader's language, each once for each revision and language. The words are
-- content `ID/text` of the author of the message. What the service took is counted in api_use.
CREATE TABLE translation (
    id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    mention_id TEXT NOT NULL,
    revision BIGINT NOT NULL,
    -- Into which language, and from which one, as the service says.
    language TEXT NOT NULL,
    from_language TEXT NOT NULL,
    service TEXT NOT NULL,
    -- Characters that went out.
    characters BIGINT NOT NULL,
    -- How many pieces were covered before.
    masked BIGINT NOT NULL,
    at BIGINT NOT NULL
);
CREATE UNIQUE INDEX translation_post ON translation (brand_id, mention_id, revision, language);
CREATE INDEX translation_mention ON translation (mention_id);
