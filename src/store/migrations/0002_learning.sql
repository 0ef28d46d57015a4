-- What people agreed to, what was taken in because of it, and proof of what was destroyed.
-- No word of anybody lies in these tables: words lie in files that are encrypted with the key of their run.

-- One row per purpose that a person agreed to. No row, no intake. Rows stay as proof after a withdrawal and go
-- with the person's erasure.
CREATE TABLE consent (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    person       TEXT    NOT NULL,
    -- training, export
    purpose      TEXT    NOT NULL,
    -- JSON list of kinds: slack, mail, transcript, markdown, notes, steps.
    sources      TEXT    NOT NULL,
    -- Only words written from `from_at` on and before `until_at` are covered.
    from_at      INTEGER NOT NULL,
    until_at     INTEGER NOT NULL,
    -- The version of src/learning/consent.txt that they read.
    text_version INTEGER NOT NULL,
    how          TEXT    NOT NULL,
    given_at     INTEGER NOT NULL,
    -- 0 until it is taken back.
    withdrawn_at INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX consent_by_person ON consent (person, id);

-- People whose understudy answers nobody any more: `why` is withdrawn or erased. A new consent deletes the row.
CREATE TABLE stopped (
    person TEXT    PRIMARY KEY,
    why    TEXT    NOT NULL,
    at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A round of learning with one key: bundles are added while it collects, a training run uses them, and seven
-- days after that ended they are destroyed; 30 days after the first intake they are destroyed in any case.
-- `state`: collecting, training, ended, failed, cancelled, destroyed.
CREATE TABLE learning_run (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    person          TEXT    NOT NULL,
    state           TEXT    NOT NULL DEFAULT 'collecting',
    opened_at       INTEGER NOT NULL,
    -- 0 until the first bundle is being taken in.
    first_intake_at INTEGER NOT NULL DEFAULT 0,
    -- When the latest training ended, 0 before and while one runs.
    ended_at        INTEGER NOT NULL DEFAULT 0,
    destroyed_at    INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX learning_run_by_person ON learning_run (person, id);
CREATE INDEX learning_run_alive ON learning_run (id) WHERE state <> 'destroyed';

-- One bundle of words. `state`: open (being read), kept, given_up.
CREATE TABLE intake (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id     INTEGER NOT NULL REFERENCES learning_run (id),
    -- The consent that let it in.
    consent_id INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    state      TEXT    NOT NULL DEFAULT 'open',
    opened_at  INTEGER NOT NULL,
    -- Messages that were kept, and how many were left out for which reason, as JSON; counts only.
    events     INTEGER NOT NULL DEFAULT 0,
    report     TEXT    NOT NULL DEFAULT '{}'
) STRICT;

CREATE INDEX intake_by_run ON intake (run_id, id);

-- Examples that their person took out of the data set. The id is a hash of where the example comes from, so a
-- data set that is made anew leaves it out again.
CREATE TABLE veto (
    person  TEXT    NOT NULL,
    example TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (person, example)
) STRICT, WITHOUT ROWID;

-- Proof of destruction: what went, when and why. Kept after an erasure too; it holds ids and counts only.
CREATE TABLE receipt (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    at     INTEGER NOT NULL,
    person TEXT    NOT NULL,
    run_id INTEGER NOT NULL,
    -- run ended, run failed, run cancelled, 30 days, consent withdrawn, erased
    why    TEXT    NOT NULL,
    files  INTEGER NOT NULL,
    bytes  INTEGER NOT NULL
) STRICT;
