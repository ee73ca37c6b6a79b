-- What may be spent on a platform in a month, of each source whose platform charges; what was spent stands in api_use.
CREATE TABLE purse (
    source TEXT NOT NULL PRIMARY KEY,
    credential TEXT NOT NULL,
    platform TEXT NOT NULL,
    brand TEXT NOT NULL,
    currency TEXT NOT NULL,
    budget BIGINT,
    told_month TEXT NOT NULL DEFAULT '',
    told BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX purse_brand ON purse (platform, brand);
