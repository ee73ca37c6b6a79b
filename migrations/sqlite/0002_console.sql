-- What the console asks for and no index answered yet.

-- 'Mine': few cases are claimed, so this stays small.
CREATE INDEX case_claimed ON cases (claimed_by, brand_id, level, due_at, id)
    WHERE open = 1 AND claimed_by IS NOT NULL;

-- 'Waiting': the lane names the states in these very words, so that both engines see that it fits.
CREATE INDEX case_waiting ON cases (brand_id, level, due_at, id)
    WHERE open = 1 AND state IN ('waiting_customer', 'waiting_front_office', 'waiting_private');
