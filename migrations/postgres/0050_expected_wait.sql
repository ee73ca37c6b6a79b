-- How long somebody who writes during a peak or a crisis may expect to wait, as a lead says.
ALTER TABLE peak ADD COLUMN wait_minutes BIGINT;
