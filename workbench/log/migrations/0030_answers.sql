-- What answers a call or a request stands in one row with what is asked of both most: joined by names of 27 characters, ten million
-- events would be asked for seconds.

ALTER TABLE kept.events ADD COLUMN answered BIGINT;
ALTER TABLE kept.events ADD COLUMN began_at TIMESTAMPTZ;
ALTER TABLE kept.events ADD COLUMN model VARCHAR;
ALTER TABLE kept.events ADD COLUMN purpose VARCHAR;
ALTER TABLE kept.events ADD COLUMN hour_tokens BIGINT;
ALTER TABLE kept.events ADD COLUMN is_fast BOOLEAN;

-- List prices in USD per million tokens of the models in this log: written from the program's own list at each opening.
CREATE TABLE kept.prices (
    model VARCHAR NOT NULL,
    input DOUBLE,
    output DOUBLE,
    cache_write_5m DOUBLE,
    cache_write_1h DOUBLE,
    cache_read DOUBLE,
    long_prompt BIGINT,
    fast BIGINT
);
