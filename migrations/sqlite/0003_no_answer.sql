-- The lane of open cases in which nothing needs an answer, latest first.
CREATE INDEX case_no_answer ON cases (brand_id, id) WHERE open = 1 AND needs_answer = 0;
