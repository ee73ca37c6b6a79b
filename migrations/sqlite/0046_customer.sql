-- Whose matter a case is, where that is not who wrote. What is known of them is content `CASE/customer`; by keyed hashes of
-- what they gave the cases of one customer are found.
CREATE TABLE case_customer (
    case_id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    said_by TEXT NOT NULL,
    said_at INTEGER NOT NULL,
    erased_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE customer_key (
    brand_id TEXT NOT NULL,
    hash TEXT NOT NULL,
    case_id TEXT NOT NULL,
    PRIMARY KEY (brand_id, hash, case_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX customer_key_by_case ON customer_key (case_id);

-- To whom a promise was made: `reporter`, `customer` or `other`; in a few words as content `WORDS/whom`.
ALTER TABLE promise ADD COLUMN to_whom TEXT NOT NULL DEFAULT 'reporter';
