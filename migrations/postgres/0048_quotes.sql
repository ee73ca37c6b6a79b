-- The post that a post quotes, by the platform's id; its words stay where they are kept.
ALTER TABLE mention ADD COLUMN quotes TEXT;
ALTER TABLE own_post ADD COLUMN quotes TEXT;
ALTER TABLE thread_post ADD COLUMN quotes TEXT;
CREATE INDEX mention_quotes ON mention (quotes) WHERE quotes IS NOT NULL;
CREATE INDEX own_post_quotes ON own_post (quotes) WHERE quotes IS NOT NULL;
CREATE INDEX thread_post_quotes ON thread_post (quotes) WHERE quotes IS NOT NULL;
