-- A search asks the runs of words that are in order, and the words that are not yet.

CREATE OR REPLACE MACRO search(wanted) AS TABLE
WITH asked AS (
    SELECT DISTINCT word, md5_number_lower(word) AS number FROM (SELECT unnest(words_of(wanted)) AS word)
), noted AS (
    SELECT word, block FROM kept.words WHERE word IN (SELECT number FROM asked)
    UNION ALL
    SELECT word, unnest(blocks) FROM kept.word_runs WHERE word IN (SELECT number FROM asked)
), blocks AS (
    SELECT block FROM noted GROUP BY block HAVING count(DISTINCT word) = (SELECT count(*) FROM asked)
    -- What is said everywhere is looked for in the newest half million records.
    ORDER BY block DESC LIMIT 512
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
