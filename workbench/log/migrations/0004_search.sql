-- Full text over all sessions without an extension: which blocks of 1,024 records have which word. A search reads only the blocks
-- that have all of its words. Words are kept as numbers that are the same in every version of the database.

CREATE TABLE kept.words (word UBIGINT NOT NULL, block BIGINT NOT NULL);

-- The words of a text, as long as they count. The pattern has no bounds, with which it would take ten times as long.
CREATE MACRO words_of(said) AS list_filter(
    list_transform(regexp_extract_all(lower(said), '[\pL\pN_]+'), lambda word: left(word, 40)), lambda word: length(word) > 1
);

UPDATE kept.events SET text = left(coalesce(json_extract_string(body, '$.input.command'), json_extract_string(body, '$.input.file_path')), 2000)
WHERE text IS NULL AND type IN ('agent.tool_use', 'agent.mcp_tool_use', 'agent.custom_tool_use');

UPDATE kept.events SET text = left(array_to_string(json_extract_string(body, '$.content[*].text'), E'\n'), 2000)
WHERE text IS NULL AND type IN ('agent.tool_result', 'agent.mcp_tool_result', 'user.tool_result', 'user.custom_tool_result');

INSERT INTO kept.words
SELECT DISTINCT md5_number_lower(word), block
FROM (
    SELECT unnest(words_of(left(text, 20000))) AS word, position >> 10 AS block
    FROM kept.events WHERE text IS NOT NULL
);

CREATE MACRO search(wanted) AS TABLE
WITH asked AS (
    SELECT DISTINCT unnest(words_of(wanted)) AS word
), blocks AS (
    SELECT w.block FROM kept.words AS w JOIN asked ON w.word = md5_number_lower(asked.word)
    GROUP BY w.block HAVING count(DISTINCT w.word) = (SELECT count(*) FROM asked)
    -- What is said everywhere is looked for in the newest half million records.
    ORDER BY w.block DESC LIMIT 512
), places AS (
    -- Joined by places and not by blocks, the scan passes over whole row groups.
    SELECT unnest(range(block << 10, (block + 1) << 10)) AS position FROM blocks
), near AS (
    SELECT e.session_id, e.seq, e.id, e.type, e.tool, e.processed_at, e.text, lower(e.text) AS said
    FROM kept.events AS e SEMI JOIN places ON places.position = e.position
    WHERE e.text IS NOT NULL AND e.seq IS NOT NULL
), found AS (
    SELECT near.*, sum((length(said) - length(replace(said, word, ''))) / length(word)) AS times, count(*) AS words
    FROM near, asked WHERE contains(said, word) GROUP BY ALL
)
SELECT
    session_id, seq, id AS event_id, type, tool, processed_at,
    CAST(round(words * times * 2.2 / (times + 1.2 * (0.25 + 0.75 * length(said) / 400.0)), 2) AS DOUBLE) AS score,
    text
FROM found WHERE words = (SELECT count(*) FROM asked)
ORDER BY score DESC, processed_at DESC;

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
