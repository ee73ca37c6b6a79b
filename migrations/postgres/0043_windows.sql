-- Private conversations by when their customer last wrote, for platforms that let us write only so long after that.
CREATE INDEX mention_talk ON mention (conversation_id, posted_at) WHERE private = 1;
CREATE INDEX mention_window ON mention (platform, posted_at) WHERE private = 1;
-- When the private window closes in which an answer is owed, if that is soon; NULL for nearly all.
ALTER TABLE cases ADD COLUMN closing_at BIGINT;
CREATE INDEX case_closing ON cases (brand_id, closing_at, id) WHERE closing_at IS NOT NULL;
