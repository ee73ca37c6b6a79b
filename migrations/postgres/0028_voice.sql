-- Asking customers afterwards, and thanking them.

-- One row for each case that was looked at: asked, or passed over and why.
CREATE TABLE survey (
    case_id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    -- The author of the case, and the account that was written to.
    author_id TEXT NOT NULL,
    written_to TEXT NOT NULL,
    -- asked, passed_over, erased.
    state TEXT NOT NULL,
    -- Why it was passed over.
    why TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    -- Until then a reply is taken for one.
    until_at BIGINT NOT NULL,
    action_id TEXT
);
CREATE INDEX survey_author ON survey (author_id, asked_at);
CREATE INDEX survey_written ON survey (written_to, asked_at);
CREATE INDEX survey_asked ON survey (brand_id, asked_at);

-- What came back, by message. Words are the message's own content and go with it.
CREATE TABLE survey_reply (
    mention_id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL,
    brand_id TEXT NOT NULL,
    -- 1 to 10, where the message gives one.
    score BIGINT,
    -- 1 where it answers the open question.
    open_answer BIGINT NOT NULL,
    -- 1 where it is nothing else: it begins no wait.
    silent BIGINT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX survey_reply_case ON survey_reply (case_id);
CREATE INDEX survey_reply_at ON survey_reply (brand_id, at);

-- The thank-you list: each case at most once.
CREATE TABLE thanks (
    case_id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    -- The local day of the list, as 2026-11-24.
    day TEXT NOT NULL,
    points BIGINT NOT NULL,
    -- A JSON list of codes.
    reasons TEXT NOT NULL,
    drawn_at BIGINT NOT NULL,
    written_by TEXT,
    written_at BIGINT
);
CREATE INDEX thanks_day ON thanks (brand_id, day);

-- What was given to a customer. Its words are content `ID/text`.
CREATE TABLE gesture (
    id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    -- card, flowers, voucher.
    kind TEXT NOT NULL,
    -- Its worth in millionths of a currency; none where it has none.
    micros BIGINT,
    currency TEXT NOT NULL,
    person_id TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX gesture_case ON gesture (case_id);
CREATE INDEX gesture_at ON gesture (brand_id, at);
