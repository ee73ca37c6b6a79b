-- What the console asks for and no index answered yet.

-- 'Mine': few cases are claimed, so this stays small.
CREATE INDEX case_claimed ON cases (claimed_by, brand_id, level, due_at, id)
    WHERE open = 1 AND claimed_by IS NOT NULL;
