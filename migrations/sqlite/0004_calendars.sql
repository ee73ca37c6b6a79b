-- Hours: in which calendar a clock counts (empty is day and night), and how much of it had been
-- counted when it was kept or broken; which handles of the brand a message names.
ALTER TABLE obligation ADD COLUMN calendar TEXT NOT NULL DEFAULT '';
ALTER TABLE obligation ADD COLUMN counted_ms INTEGER;
ALTER TABLE judgement ADD COLUMN handles TEXT NOT NULL DEFAULT '';
