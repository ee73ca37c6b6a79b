-- A question that is left to the members of a forum first, until an instant; and that its topic was marked as
-- solved, when. Neither holds words of people.
ALTER TABLE cases ADD COLUMN held_until INTEGER;
ALTER TABLE cases ADD COLUMN solved_at INTEGER;
CREATE INDEX case_held ON cases (brand_id, held_until) WHERE held_until IS NOT NULL;
