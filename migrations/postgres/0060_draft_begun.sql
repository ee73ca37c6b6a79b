-- When somebody began to write, so that a breach tells how much of its time was writing. Of what is kept already that is not known.
ALTER TABLE draft ADD COLUMN begun_at BIGINT;
