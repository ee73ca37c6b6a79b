-- Where a delivery stood is often what the platform calls a post or its author: it goes with the body from now on, so it
-- goes where the body went already.
UPDATE inbox SET place = '' WHERE body IS NULL AND verdict IS NOT NULL AND place <> '';
