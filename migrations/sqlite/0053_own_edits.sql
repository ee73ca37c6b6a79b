-- When a post of our own was last edited on its platform, as that says; its words are those that stand there now.
ALTER TABLE own_post ADD COLUMN edited_at INTEGER;
