-- Full text over all sessions without an extension, by records: who looks for several words reads only the texts that have them all,
-- however old. Words are kept as numbers that are the same in every version of the database.

-- The words of a text, as long as they count. The pattern has no bounds, with which it would take ten times as long.
CREATE MACRO words_of(said) AS list_filter(
    list_transform(regexp_extract_all(lower(said), '[\pL\pN_]+'), lambda word: left(word, 40)), lambda word: length(word) > 1
);

-- Two words may have one number: the texts decide.
CREATE MACRO number_of(word) AS CAST(md5_number_lower(word) & 4294967295 AS UINTEGER);

CREATE MACRO search(wanted) AS TABLE
WITH asked AS (
    SELECT DISTINCT unnest(words_of(wanted)) AS word
), numbers AS (
    SELECT DISTINCT number_of(word) AS number FROM asked
), runs AS (
    -- With how many texts are likely to have all words, if words come by chance.
    SELECT run, 131072 * product(many / 131072.0) AS likely FROM kept.word_runs
    WHERE word IN (SELECT number FROM numbers) GROUP BY run HAVING count(*) = (SELECT count(*) FROM numbers)
), newest AS (
    -- Of what is said everywhere, only the newest texts are looked at; what is rare is looked for in all.
    SELECT run FROM (
        SELECT run, sum(likely) OVER (ORDER BY run DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS newer FROM runs
    ) WHERE coalesce(newer, 0) < 4000
), noted AS (
    SELECT position FROM kept.words WHERE word IN (SELECT number FROM numbers)
    UNION ALL
    SELECT unnest(positions) FROM kept.word_runs
    WHERE word IN (SELECT number FROM numbers) AND run IN (SELECT run FROM newest)
), places AS (
    SELECT position FROM noted GROUP BY position HAVING count(*) = (SELECT count(*) FROM numbers)
    ORDER BY position DESC LIMIT 1000
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
