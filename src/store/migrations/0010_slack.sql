-- What Slack needs: follow-ups that are answered with what they follow, and where an admin wants silence.
-- Further states of the inbox: `merged` (answered with the row in `merged_into`) and `cancelled` (taken back by its
-- sender, or stopped). Further kinds of the outbox: `aside`, what only the asker may read, in a place of its own.

ALTER TABLE inbox ADD COLUMN merged_into INTEGER NOT NULL DEFAULT 0;
CREATE INDEX inbox_merged ON inbox (merged_into, id) WHERE merged_into <> 0;

-- Where a person's understudy is silent in Slack; the empty channel means everywhere.
CREATE TABLE slack_pause (
    person  TEXT    NOT NULL,
    channel TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (person, channel)
) STRICT, WITHOUT ROWID;

-- Until when a person's bot has heard everything; what was said after that is read back when it connects again.
CREATE TABLE slack_heard (
    person TEXT    NOT NULL,
    team   TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (person, team)
) STRICT, WITHOUT ROWID;
