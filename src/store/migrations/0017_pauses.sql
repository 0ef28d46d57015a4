-- Where understudies stand still: messages are taken in and wait, and nothing leaves. No row: they work.
CREATE TABLE pause (
    -- Empty: everybody.
    person  TEXT    NOT NULL,
    -- Empty: every channel.
    channel TEXT    NOT NULL,
    -- Who paused it.
    actor   TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (person, channel)
) STRICT, WITHOUT ROWID;
