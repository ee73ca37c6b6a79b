-- What everything stands on: intake, cases, clocks, outbox, people.
-- Times are epoch milliseconds, flags 0 or 1, ids text. Personal text lives in `content` only.
-- Tables WITHOUT ROWID are one tree in the order of their key, which is the order of use.

CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Who may do what only one at a time may do: poll a source, send with a credential.
CREATE TABLE lease (
    name TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE brand (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    last_case_number INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Versions of brands, policies, sources and the like: immutable, the highest counts.
CREATE TABLE setting_version (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    origin TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (kind, name, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE source (
    name TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    counts_from INTEGER NOT NULL,
    state TEXT NOT NULL,
    state_why TEXT NOT NULL,
    state_since INTEGER NOT NULL,
    retry_at INTEGER,
    last_heard_at INTEGER,
    last_posted_at INTEGER,
    removed_at INTEGER
) STRICT, WITHOUT ROWID;

-- How far a source has been read; moves only in the transaction that stores what it passed.
CREATE TABLE source_cursor (
    source TEXT NOT NULL,
    stream TEXT NOT NULL,
    cursor TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (source, stream)
) STRICT, WITHOUT ROWID;

-- Calls to outside services by credential and day, and what they cost.
CREATE TABLE api_use (
    credential TEXT NOT NULL,
    day TEXT NOT NULL,
    unit TEXT NOT NULL,
    units INTEGER NOT NULL,
    micros INTEGER NOT NULL,
    currency TEXT NOT NULL,
    PRIMARY KEY (credential, day, unit)
) STRICT, WITHOUT ROWID;

-- Every payload received. `verdict` is NULL until intake has settled it.
CREATE TABLE inbox (
    id TEXT NOT NULL PRIMARY KEY,
    source TEXT NOT NULL,
    place TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    body BLOB,
    verdict TEXT CHECK (verdict IN ('mention', 'duplicate', 'own_echo', 'filtered', 'quarantined')),
    why TEXT,
    settled_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX inbox_waiting ON inbox (id) WHERE verdict IS NULL;
CREATE INDEX inbox_quarantined ON inbox (received_at) WHERE verdict = 'quarantined';
CREATE INDEX inbox_settled ON inbox (settled_at) WHERE body IS NOT NULL AND verdict IS NOT NULL;

-- Received and verdicts by source and day: the five verdicts and what waits add up to received.
CREATE TABLE intake_count (
    source TEXT NOT NULL,
    day TEXT NOT NULL,
    what TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (source, day, what)
) STRICT, WITHOUT ROWID;

CREATE TABLE author (
    id TEXT NOT NULL PRIMARY KEY,
    platform TEXT NOT NULL,
    authority TEXT NOT NULL,
    external_id TEXT NOT NULL,
    followers INTEGER,
    first_seen_at INTEGER NOT NULL,
    erased_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX author_identity ON author (external_id, platform, authority);

CREATE TABLE conversation (
    id TEXT NOT NULL PRIMARY KEY,
    platform TEXT NOT NULL,
    authority TEXT NOT NULL,
    external_key TEXT NOT NULL,
    merged_into TEXT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX conversation_identity ON conversation (external_key, platform, authority);

-- The only place of personal text: words, names, handles, addresses. `subject` is whose it is.
CREATE TABLE content (
    id TEXT NOT NULL PRIMARY KEY,
    subject TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX content_subject ON content (subject);

-- A post by somebody else, neutral of brands. Its text is content `id/revision`.
CREATE TABLE mention (
    seq INTEGER NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    platform TEXT NOT NULL,
    authority TEXT NOT NULL,
    external_id TEXT NOT NULL,
    source TEXT NOT NULL,
    author_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    in_reply_to TEXT,
    lang_tag TEXT NOT NULL,
    posted_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    private INTEGER NOT NULL,
    historic INTEGER NOT NULL,
    sample INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    edited_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;
CREATE UNIQUE INDEX mention_identity ON mention (external_id, platform, authority);
CREATE INDEX mention_conversation ON mention (conversation_id, author_id);

-- The id by which one source reaches a mention, where it differs from the mention's own.
CREATE TABLE mention_handle (
    mention_id TEXT NOT NULL,
    source TEXT NOT NULL,
    local_id TEXT NOT NULL,
    PRIMARY KEY (mention_id, source)
) STRICT, WITHOUT ROWID;

-- A post by one of our own accounts, wherever it was typed. Its text is content `id/1`.
CREATE TABLE own_post (
    id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    platform TEXT NOT NULL,
    authority TEXT NOT NULL,
    external_id TEXT NOT NULL,
    source TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    in_reply_to TEXT,
    answers_author_id TEXT,
    posted_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    counts INTEGER NOT NULL,
    sample INTEGER NOT NULL,
    action_id TEXT,
    deleted_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX own_post_identity ON own_post (external_id, platform, authority);
CREATE INDEX own_post_conversation ON own_post (conversation_id);

-- What triage said about a mention for one brand, and the case it belongs to.
CREATE TABLE judgement (
    brand_id TEXT NOT NULL,
    mention_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    case_id TEXT NOT NULL,
    language TEXT NOT NULL,
    language_millis INTEGER NOT NULL,
    intent TEXT NOT NULL,
    urgency INTEGER NOT NULL,
    level INTEGER NOT NULL,
    needs_answer INTEGER NOT NULL,
    needs_private INTEGER NOT NULL,
    personal_data TEXT NOT NULL,
    reasons TEXT NOT NULL,
    rules_version TEXT NOT NULL,
    PRIMARY KEY (mention_id, brand_id, revision)
) STRICT, WITHOUT ROWID;
CREATE INDEX judgement_case ON judgement (brand_id, case_id);

CREATE TABLE cases (
    id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    conversation_id TEXT NOT NULL,
    author_id TEXT NOT NULL,
    customer_id TEXT,
    previous_case_id TEXT,
    first_mention_id TEXT NOT NULL,
    platform TEXT NOT NULL,
    channel TEXT NOT NULL,
    private INTEGER NOT NULL,
    historic INTEGER NOT NULL,
    sample INTEGER NOT NULL,
    state TEXT NOT NULL,
    open INTEGER NOT NULL,
    state_since INTEGER NOT NULL,
    claimed_by TEXT,
    claimed_since INTEGER,
    claimed_until INTEGER,
    level INTEGER NOT NULL,
    urgency INTEGER NOT NULL,
    intent TEXT NOT NULL,
    language TEXT NOT NULL,
    needs_answer INTEGER NOT NULL,
    needs_private INTEGER NOT NULL,
    policy TEXT NOT NULL,
    policy_version INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    last_message_at INTEGER NOT NULL,
    first_answer_at INTEGER,
    due_at INTEGER,
    ended_why TEXT,
    version INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX case_open ON cases (conversation_id, author_id, brand_id) WHERE open = 1;
CREATE UNIQUE INDEX case_number ON cases (brand_id, number);
CREATE INDEX case_conversation ON cases (conversation_id, author_id) WHERE open = 0;
CREATE INDEX case_risk ON cases (brand_id, level, due_at, id) WHERE open = 1 AND needs_answer = 1;
CREATE INDEX case_changed ON cases (changed_at);
-- 'Mine': few cases are claimed, so this stays small.
CREATE INDEX case_claimed ON cases (claimed_by, brand_id, level, due_at, id)
    WHERE open = 1 AND claimed_by IS NOT NULL;
-- 'Waiting': the lane names the states in these very words, so that both engines see that it fits.
CREATE INDEX case_waiting ON cases (brand_id, level, due_at, id)
    WHERE open = 1 AND state IN ('waiting_customer', 'waiting_front_office', 'waiting_private');

-- The timeline of a case, append-only. `seq` is the version the case had after the event.
CREATE TABLE case_event (
    case_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    brand_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    who_kind TEXT NOT NULL,
    who TEXT,
    state TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (case_id, seq)
) STRICT, WITHOUT ROWID;

-- The clocks of a case: part `part` of wait `wait`. `next_at` is set while a stage is still to come.
CREATE TABLE obligation (
    case_id TEXT NOT NULL,
    wait INTEGER NOT NULL,
    part INTEGER NOT NULL,
    brand_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    policy TEXT NOT NULL,
    policy_version INTEGER NOT NULL,
    mention_id TEXT,
    started_at INTEGER NOT NULL,
    target_ms INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    warn_at TEXT NOT NULL,
    stages_done INTEGER NOT NULL,
    next_at INTEGER,
    held_since INTEGER,
    ended_at INTEGER,
    ended_by TEXT,
    PRIMARY KEY (case_id, wait, part)
) STRICT, WITHOUT ROWID;
CREATE INDEX obligation_next ON obligation (next_at) WHERE next_at IS NOT NULL;

-- Warnings and breaches, each once per wait and stage. Never deleted; a breach may be annulled.
CREATE TABLE clock_event (
    case_id TEXT NOT NULL,
    wait INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    brand_id TEXT NOT NULL,
    part INTEGER NOT NULL,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    cause TEXT NOT NULL,
    parts TEXT NOT NULL,
    annulled_at INTEGER,
    annulled_evidence TEXT,
    PRIMARY KEY (case_id, wait, stage)
) STRICT, WITHOUT ROWID;
CREATE INDEX clock_event_breach ON clock_event (brand_id, at) WHERE stage = 100;

-- The outbox: one row is one intent for one effect in the outside world.
CREATE TABLE action (
    id TEXT NOT NULL PRIMARY KEY,
    brand_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    credential TEXT NOT NULL,
    priority INTEGER NOT NULL,
    once_key TEXT NOT NULL UNIQUE,
    case_id TEXT,
    mention_id TEXT,
    payload TEXT NOT NULL,
    state TEXT NOT NULL,
    not_before INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    repeat_marked INTEGER NOT NULL,
    token INTEGER NOT NULL,
    lease_until INTEGER,
    remote_id TEXT,
    remote_at INTEGER,
    detail TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    settled_at INTEGER,
    decided_by TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX action_due ON action (credential, not_before, priority) WHERE state = 'ready';
CREATE INDEX action_leased ON action (lease_until) WHERE state IN ('claimed', 'sending');
CREATE INDEX action_shown ON action (state, created_at) WHERE state IN ('unknown', 'held', 'by_hand', 'refused');
CREATE INDEX action_case ON action (case_id) WHERE case_id IS NOT NULL;

CREATE TABLE attempt (
    action_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    token INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    outcome TEXT,
    detail TEXT NOT NULL,
    PRIMARY KEY (action_id, n)
) STRICT, WITHOUT ROWID;

-- Messages that stand in a chat, so that they can be edited as the case moves on.
CREATE TABLE chat_card (
    credential TEXT NOT NULL,
    chat TEXT NOT NULL,
    message TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    shown TEXT NOT NULL,
    stale_at INTEGER,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (credential, chat, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX chat_card_stale ON chat_card (stale_at) WHERE stale_at IS NOT NULL;

CREATE TABLE chat_card_case (
    case_id TEXT NOT NULL,
    credential TEXT NOT NULL,
    chat TEXT NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (case_id, credential, chat, message)
) STRICT, WITHOUT ROWID;

-- Updates of the chat, stored before they are acknowledged.
CREATE TABLE chat_update (
    credential TEXT NOT NULL,
    update_id INTEGER NOT NULL,
    body TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    settled_at INTEGER,
    PRIMARY KEY (credential, update_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX chat_update_waiting ON chat_update (credential, update_id) WHERE settled_at IS NULL;

CREATE TABLE person (
    id TEXT NOT NULL PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password TEXT,
    chat_user TEXT UNIQUE,
    created_at INTEGER NOT NULL,
    disabled_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE login_session (
    token_hash TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL,
    csrf TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX login_session_person ON login_session (person_id);

CREATE TABLE login_link (
    token_hash TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL,
    until_ms INTEGER NOT NULL,
    used_at INTEGER
) STRICT, WITHOUT ROWID;

-- Counts that limit how often somebody may try something.
CREATE TABLE rate_count (
    name TEXT NOT NULL,
    window_start INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (name, window_start)
) STRICT, WITHOUT ROWID;

-- Things done once: form nonces, webhook ids, reports sent, files imported.
CREATE TABLE once (
    name TEXT NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX once_until ON once (until_ms);

-- Switches that hold for every replica and over restarts, such as the kill switch.
CREATE TABLE switch (
    name TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL,
    set_by TEXT,
    set_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Full text over mentions by our own tokens; rowid is mention.seq.
CREATE VIRTUAL TABLE search USING fts5(tokens, content='', contentless_delete=1, detail=none, tokenize='ascii');
