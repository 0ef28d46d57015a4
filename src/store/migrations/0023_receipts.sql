-- Finds the reply that somebody points at in their channel.
CREATE INDEX outbox_by_receipt ON outbox (receipt) WHERE receipt <> '';
