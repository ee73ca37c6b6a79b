-- How urgent the case was when nobody had it: one that becomes a P1 meanwhile begins anew. What runs already stays as it is.
ALTER TABLE escalation ADD COLUMN level INTEGER NOT NULL DEFAULT 1;
