-- The durable path of a message: inbox -> steps -> outbox, and what the console needs to show it.
-- Times are integer Unix seconds, *_at; ids are never reused (AUTOINCREMENT), because a reused id can deliver
-- the wrong reply.

-- One row per accepted message. `state`: ready, running, done, parked, dropped.
CREATE TABLE inbox (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    channel       TEXT    NOT NULL,
    -- The channel's own key of the message; (channel, source_key) makes a repeat a no-op.
    source_key    TEXT    NOT NULL,
    conversation  TEXT    NOT NULL,
    person        TEXT    NOT NULL,
    -- The whole Inbound as JSON; nothing else is needed to answer it after a crash.
    message       TEXT    NOT NULL,
    state         TEXT    NOT NULL DEFAULT 'ready',
    accepted_at   INTEGER NOT NULL,
    run_after_at  INTEGER NOT NULL,
    -- Claims since the last orderly end, counted in the claim, before any work: a message that kills the process
    -- is parked in the end.
    attempts      INTEGER NOT NULL DEFAULT 0,
    -- Orderly failures.
    failures      INTEGER NOT NULL DEFAULT 0,
    -- Fencing: whoever completes must hold the token of the latest claim.
    lease_token   INTEGER NOT NULL DEFAULT 0,
    lease_until_at INTEGER NOT NULL DEFAULT 0,
    last_error    TEXT    NOT NULL DEFAULT '',
    done_at       INTEGER NOT NULL DEFAULT 0,
    -- answered, asked, escalated, refused, needs_approval, failed; empty until done.
    outcome       TEXT    NOT NULL DEFAULT '',
    UNIQUE (channel, source_key)
) STRICT;

-- Order per conversation: a row is claimed only when no earlier one of its conversation is unfinished.
CREATE INDEX inbox_open_by_conversation ON inbox (conversation, id) WHERE state IN ('ready', 'running');
CREATE INDEX inbox_due ON inbox (run_after_at, id) WHERE state = 'ready';
CREATE INDEX inbox_by_conversation ON inbox (conversation, id);
CREATE INDEX inbox_parked ON inbox (id) WHERE state = 'parked';

-- What a turn did, in order: queries, passages, draft, timings. Written with the commit that follows it.
CREATE TABLE step (
    inbox_id  INTEGER NOT NULL REFERENCES inbox (id) ON DELETE CASCADE,
    n         INTEGER NOT NULL,
    kind      TEXT    NOT NULL,
    result    TEXT    NOT NULL,
    took_us   INTEGER NOT NULL,
    PRIMARY KEY (inbox_id, n)
) STRICT, WITHOUT ROWID;

-- One row per reply. `state`: draft (waits for its owner), ready, sending, sent, uncertain, parked, dropped.
-- A row found in 'sending' at start is uncertain: its channel must look before anything is sent again.
CREATE TABLE outbox (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Derived from the inbox row, so that a turn that runs twice can't answer twice.
    idempotency_key TEXT    NOT NULL UNIQUE,
    inbox_id        INTEGER NOT NULL REFERENCES inbox (id),
    channel         TEXT    NOT NULL,
    conversation    TEXT    NOT NULL,
    person          TEXT    NOT NULL,
    -- The reply as JSON: text, citations, outcome.
    reply           TEXT    NOT NULL,
    state           TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    run_after_at    INTEGER NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    lease_token     INTEGER NOT NULL DEFAULT 0,
    -- What the channel calls the delivered reply.
    receipt         TEXT    NOT NULL DEFAULT '',
    last_error      TEXT    NOT NULL DEFAULT '',
    sent_at         INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX outbox_due ON outbox (run_after_at, id) WHERE state IN ('ready', 'uncertain');
CREATE INDEX outbox_open_by_conversation ON outbox (conversation, id) WHERE state IN ('ready', 'sending', 'uncertain');
CREATE INDEX outbox_by_inbox ON outbox (inbox_id);
CREATE INDEX outbox_drafts ON outbox (person, id) WHERE state = 'draft';

-- Where replies wait for their owner's yes. No row: they leave at once.
CREATE TABLE draft_mode (
    person  TEXT NOT NULL,
    channel TEXT NOT NULL,
    PRIMARY KEY (person, channel)
) STRICT, WITHOUT ROWID;

-- Folders and files whose notes a person's understudy reads.
CREATE TABLE note_folder (
    person   TEXT    NOT NULL,
    path     TEXT    NOT NULL,
    readers  TEXT    NOT NULL,
    watched  INTEGER NOT NULL,
    PRIMARY KEY (person, path)
) STRICT, WITHOUT ROWID;

-- What happened to whom, for people to read later.
CREATE TABLE audit (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL,
    actor    TEXT    NOT NULL,
    action   TEXT    NOT NULL,
    subject  TEXT    NOT NULL
) STRICT;

-- Single values, such as the hash of the sign-in token.
CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Browsers that are signed in; only the hash of the cookie is kept.
CREATE TABLE session (
    token_hash TEXT    PRIMARY KEY,
    reader     TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    standing   TEXT    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
