-- What owners say about answers, and what the pages look things up by.

-- One judgement per answer. The words are there only while a consent to learning covers them, and 30 days at most.
CREATE TABLE correction (
    inbox_id INTEGER PRIMARY KEY REFERENCES inbox (id) ON DELETE CASCADE,
    person   TEXT    NOT NULL,
    -- good, corrected.
    verdict  TEXT    NOT NULL,
    -- What should have been said; empty when it was good, or nobody agreed to keep it.
    text     TEXT    NOT NULL,
    -- The consent that lets the words be kept, or 0.
    consent_id INTEGER NOT NULL,
    actor    TEXT    NOT NULL,
    at       INTEGER NOT NULL
) STRICT;

CREATE INDEX correction_by_person ON correction (person, inbox_id);
CREATE INDEX inbox_by_person ON inbox (person, accepted_at, id);
