CREATE VIEW asked AS
SELECT
    made_at AS asked_at,
    json_extract_string(body, '$.sql') AS sql,
    TRY_CAST(json_extract_string(body, '$.seconds') AS DOUBLE) AS seconds,
    TRY_CAST(json_extract_string(body, '$.rows') AS BIGINT) AS rows,
    json_extract_string(body, '$.error') AS error
FROM kept.facts WHERE name = 'sql.asked';

COMMENT ON VIEW asked IS 'The questions that were asked in SQL, with how they went';
COMMENT ON COLUMN asked.asked_at IS 'When it was asked';
COMMENT ON COLUMN asked.sql IS 'The statement';
COMMENT ON COLUMN asked.seconds IS 'How long it took';
COMMENT ON COLUMN asked.rows IS 'How many rows it gave';
COMMENT ON COLUMN asked.error IS 'Why it was refused or failed, if it was';
