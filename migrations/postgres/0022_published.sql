-- Reports that were mailed: their figures as they were sent, and the mail itself until it has gone. Counts only.
CREATE TABLE published (
    -- The name of the letter in the settings.
    letter TEXT NOT NULL,
    -- daily, weekly, monthly, monday.
    kind TEXT NOT NULL,
    -- Whole local days, both counted.
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL,
    zone TEXT NOT NULL,
    -- A JSON list of brands by id; an empty one means all.
    brands TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    -- When the mail server took it.
    sent_at BIGINT,
    -- A JSON object: figure to number.
    figures TEXT NOT NULL,
    -- Empty once it has gone, or was given up.
    subject TEXT NOT NULL,
    words TEXT NOT NULL,
    page TEXT NOT NULL,
    PRIMARY KEY (letter, kind, first_day)
);
CREATE INDEX published_made ON published (made_at);

-- What a lead notes of a day, such as a strike. Its words are content `ID/text`.
CREATE TABLE day_note (
    id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    -- A local day of the reports, as 2026-11-24.
    day TEXT NOT NULL,
    person_id TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX day_note_day ON day_note (brand_id, day);

-- The public figure of a brand while a lead has it frozen.
CREATE TABLE public_freeze (
    brand_id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    -- What is shown meanwhile, a JSON object.
    shown TEXT NOT NULL
);
