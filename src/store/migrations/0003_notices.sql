-- Besides replies, a message can leave one notice in the outbox: that it is stuck, written with its parking.
-- `kind`: reply, notice. A notice takes the way of a reply out and is none: it is in no thread that a model
-- reads, it waits for no owner, and a later retry still gets its reply.
ALTER TABLE outbox ADD COLUMN kind TEXT NOT NULL DEFAULT 'reply';

-- For monitors, which count what is parked.
CREATE INDEX outbox_parked ON outbox (id) WHERE state = 'parked';
