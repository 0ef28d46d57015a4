-- Approval cards in Slack: one row per request and person who was asked, so that a click is known after a restart and
-- a card that was decided elsewhere can be changed.

CREATE TABLE slack_card (
    -- What the buttons carry: drawn at random, says nothing.
    token       TEXT    PRIMARY KEY,
    action_id   INTEGER NOT NULL REFERENCES action (id) ON DELETE CASCADE,
    person      TEXT    NOT NULL,
    team        TEXT    NOT NULL,
    -- Whom it was shown to, by their id in Slack.
    user        TEXT    NOT NULL,
    -- Of the request as it was shown: a decision counts for nothing else.
    fingerprint TEXT    NOT NULL,
    -- Before it is posted: whether it was is looked up when these two stay empty.
    made_at     INTEGER NOT NULL,
    channel     TEXT    NOT NULL DEFAULT '',
    ts          TEXT    NOT NULL DEFAULT '',
    -- The state of the request that it shows; empty before it was posted.
    shown       TEXT    NOT NULL DEFAULT '',
    -- 1 once it shows how the request ended, or can't be shown any more.
    closed      INTEGER NOT NULL DEFAULT 0,
    UNIQUE (action_id, user)
) STRICT, WITHOUT ROWID;

CREATE INDEX slack_card_open ON slack_card (person, team) WHERE closed = 0;
