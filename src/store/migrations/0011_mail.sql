-- Mail: what lies in the mailboxes, what became of each piece, and the replies exactly as they left.

-- How far each mailbox was read. It moves only in the transaction that keeps what was read.
CREATE TABLE mail_cursor (
    -- "user@server/folder"
    mailbox      TEXT    PRIMARY KEY,
    uid_validity INTEGER NOT NULL,
    -- The first UID that was not read yet.
    uid_next     INTEGER NOT NULL,
    -- When the mailbox was last read to its end: what is younger is looked through when the server has
    -- renumbered its mail.
    read_at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The ledger: one row per mail, written with its bytes before anything looks at them.
-- `state`: received (nobody has read it yet), taken (it became a message), silent (nobody is to be answered),
-- held (nobody knows who sent it), own (we sent it), repeat (the same mail was here before), parked (it could
-- not be read and waits for a person).
CREATE TABLE mail (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox      TEXT    NOT NULL,
    uid_validity INTEGER NOT NULL,
    uid          INTEGER NOT NULL,
    -- The bytes, or only the header fields of a mail that is too big; empty a month after it was dealt with.
    raw          BLOB    NOT NULL,
    -- Of the whole mail.
    size_bytes   INTEGER NOT NULL,
    -- When the server got it.
    arrived_at   INTEGER NOT NULL,
    kept_at      INTEGER NOT NULL,
    state        TEXT    NOT NULL DEFAULT 'received',
    why          TEXT    NOT NULL DEFAULT '',
    -- Counted before a mail is read, so that one that takes the process down is parked in the end.
    attempts     INTEGER NOT NULL DEFAULT 0,
    -- Hash of Message-ID, From, Date and body: the same mail under another UID has the same one, another mail
    -- under the same Message-ID has not.
    content_key  TEXT    NOT NULL DEFAULT '',
    -- Hash of the new text, to notice two machines that tell each other the same again and again.
    text_hash    TEXT    NOT NULL DEFAULT '',
    sender       TEXT    NOT NULL DEFAULT '',
    UNIQUE (mailbox, uid_validity, uid)
) STRICT;

CREATE INDEX mail_received ON mail (mailbox, id) WHERE state = 'received';
CREATE INDEX mail_by_content ON mail (mailbox, content_key);

-- What a mail asks of one person; two people who are addressed are two rows. The key is the message's in the
-- inbox, so the same mail is answered once for each of them.
CREATE TABLE mail_task (
    source_key   TEXT    PRIMARY KEY,
    mail_id      INTEGER NOT NULL REFERENCES mail (id),
    person       TEXT    NOT NULL,
    conversation TEXT    NOT NULL,
    sender       TEXT    NOT NULL,
    message_id   TEXT    NOT NULL,
    -- What the reply needs to know of the mail, as JSON.
    head         TEXT    NOT NULL,
    -- Whether the reply leaves without its owner's yes. No row: it does not.
    automatic    INTEGER NOT NULL,
    at           INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX mail_task_by_message_id ON mail_task (person, sender, message_id);
CREATE INDEX mail_task_by_conversation ON mail_task (conversation, at);
CREATE INDEX mail_task_by_sender ON mail_task (sender, at);
CREATE INDEX mail_task_by_mail ON mail_task (mail_id);

-- Replies as they leave: made once, kept before any server is called, sent again only byte by byte.
CREATE TABLE mail_sent (
    outbox_id    INTEGER PRIMARY KEY REFERENCES outbox (id) ON DELETE CASCADE,
    message_id   TEXT    NOT NULL UNIQUE,
    -- Another id that a server gave it on the way, learnt from our own copy.
    learnt_id    TEXT    NOT NULL DEFAULT '',
    person       TEXT    NOT NULL,
    -- Who gets it.
    recipient    TEXT    NOT NULL,
    conversation TEXT    NOT NULL,
    bytes        BLOB    NOT NULL,
    made_at      INTEGER NOT NULL,
    -- When its content was last handed to a server; 0: never, so it has certainly not left.
    tried_at     INTEGER NOT NULL DEFAULT 0,
    -- When our own copy of it came in; 0: it has not.
    seen_at      INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX mail_sent_by_learnt_id ON mail_sent (learnt_id) WHERE learnt_id <> '';
