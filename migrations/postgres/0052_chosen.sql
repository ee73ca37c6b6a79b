-- What somebody chose for their pages: the language by its BCP 47 tag and the time zone by its IANA name. Nothing where the
-- browser says the language, and where the team's zone holds.
ALTER TABLE person ADD COLUMN page_language TEXT;
ALTER TABLE person ADD COLUMN page_zone TEXT;
