CREATE VIEW prices AS SELECT * FROM kept.prices;

COMMENT ON VIEW prices IS 'List prices of the models in this log, in USD per million tokens';
COMMENT ON COLUMN prices.model IS 'The model';
COMMENT ON COLUMN prices.input IS 'Input tokens that come from no cache; NULL where no list price is known';
COMMENT ON COLUMN prices.output IS 'Output tokens';
COMMENT ON COLUMN prices.cache_write_5m IS 'Input tokens written to the cache for five minutes';
COMMENT ON COLUMN prices.cache_write_1h IS 'Input tokens written to the cache for an hour';
COMMENT ON COLUMN prices.cache_read IS 'Input tokens read from the cache';
COMMENT ON COLUMN prices.long_prompt IS 'How many times as much a request of more than 100,000 tokens costs';
COMMENT ON COLUMN prices.fast IS 'How many times as much a fast answer costs; NULL where there is none';
