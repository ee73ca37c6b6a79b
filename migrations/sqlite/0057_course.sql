-- What the course of a case adds to its urgency: its customer asked again, and after we were late.
ALTER TABLE cases ADD COLUMN course TEXT NOT NULL DEFAULT '[]';
