-- The open question of a survey is asked by itself, once a score came: when, and by which action; without an action
-- nobody was to be asked. Who was asked both in one message before is not asked again.
ALTER TABLE survey ADD COLUMN open_at BIGINT;
ALTER TABLE survey ADD COLUMN open_action_id TEXT;
UPDATE survey SET open_at = asked_at WHERE state = 'asked';
