-- What reports and lists read back: by when it was due, given or over, and what is open from before a source counted.
CREATE INDEX obligation_due ON obligation (due_at);
CREATE INDEX own_post_given ON own_post (posted_at) WHERE person_id IS NOT NULL;
CREATE INDEX case_over ON cases (state_since) WHERE open = 0;
CREATE INDEX case_history ON cases (brand_id, level, id) WHERE open = 1 AND historic = 1;
CREATE INDEX incident_listed ON incident (brand_id, open, opened_at, id);
