-- Lanes of few cases among very many: what is put away, and what has ended.
CREATE INDEX case_asleep ON cases (brand_id, level, due_at, id) WHERE open = 1 AND snoozed_until IS NOT NULL;
CREATE INDEX case_ended ON cases (brand_id, id) WHERE open = 0;
