CREATE VIEW outcomes AS
SELECT
    e.session_id,
    json_extract_string(e.body, '$.outcome_id') AS outcome_id,
    CAST(json_extract(e.body, '$.iteration') AS INTEGER) + 1 AS round,
    json_extract_string(e.body, '$.result') AS result,
    d.description,
    len(j.criteria) AS criteria,
    len(list_filter(j.criteria, lambda one: NOT CAST(json_extract(one, '$.passed') AS BOOLEAN))) AS failed,
    list_transform(
        list_filter(j.criteria, lambda one: NOT CAST(json_extract(one, '$.passed') AS BOOLEAN)),
        lambda one: json_extract_string(one, '$.criterion')
    ) AS failed_criteria,
    j.reason,
    json_extract_string(e.body, '$.explanation') AS explanation,
    s.processed_at AS started_at,
    e.processed_at AS ended_at,
    coalesce(g.requests, 0) AS requests,
    CASE WHEN coalesce(g.requests, 0) = 0 THEN 0.0 ELSE g.usd END AS usd,
    e.id AS event_id,
    e.seq
FROM kept.events AS e
LEFT JOIN kept.events AS s
    ON s.session_id = e.session_id AND s.type = 'span.outcome_evaluation_start'
    AND s.id = json_extract_string(e.body, '$.outcome_evaluation_start_id') AND s.seq IS NOT NULL
LEFT JOIN (
    SELECT
        session_id, json_extract_string(body, '$.outcome_id') AS outcome_id,
        json_extract_string(body, '$.description') AS description
    FROM kept.events WHERE type = 'user.define_outcome' AND seq IS NOT NULL
) AS d ON d.session_id = e.session_id AND d.outcome_id = json_extract_string(e.body, '$.outcome_id')
LEFT JOIN (
    SELECT
        session_id, subject, CAST(json_extract(body, '$.criteria') AS JSON[]) AS criteria,
        nullif(json_extract_string(body, '$.reason'), '') AS reason
    FROM kept.facts WHERE name = 'outcome.judged'
) AS j ON j.session_id = e.session_id AND j.subject = e.id
LEFT JOIN (
    SELECT b.session_id, b.id, count(r.seq) AS requests, sum(r.usd) AS usd
    FROM kept.events AS b
    JOIN kept.events AS f
        ON f.session_id = b.session_id AND f.type = 'span.outcome_evaluation_end'
        AND json_extract_string(f.body, '$.outcome_evaluation_start_id') = b.id
    LEFT JOIN model_requests AS r
        ON r.session_id = b.session_id AND r.seq > b.seq AND r.seq < f.seq AND r.purpose = 'grading'
    WHERE b.type = 'span.outcome_evaluation_start' AND b.seq IS NOT NULL
    GROUP BY ALL
) AS g ON g.session_id = e.session_id AND g.id = s.id
WHERE e.type = 'span.outcome_evaluation_end' AND e.seq IS NOT NULL;

COMMENT ON VIEW outcomes IS 'Every round of every outcome: what the grader found, and what grading it cost';
COMMENT ON COLUMN outcomes.session_id IS 'The session';
COMMENT ON COLUMN outcomes.outcome_id IS 'The outcome, outc_…';
COMMENT ON COLUMN outcomes.round IS 'The round, from 1';
COMMENT ON COLUMN outcomes.result IS 'satisfied, needs_revision, max_iterations_reached, failed or interrupted';
COMMENT ON COLUMN outcomes.description IS 'What was to be reached';
COMMENT ON COLUMN outcomes.criteria IS 'How many criteria were judged; NULL where there is no verdict';
COMMENT ON COLUMN outcomes.failed IS 'How many of them failed';
COMMENT ON COLUMN outcomes.failed_criteria IS 'Those that failed';
COMMENT ON COLUMN outcomes.reason IS 'Why no further round was made, where criteria had failed';
COMMENT ON COLUMN outcomes.explanation IS 'The verdict in words, with what is missing';
COMMENT ON COLUMN outcomes.started_at IS 'When grading began; NULL where it had not';
COMMENT ON COLUMN outcomes.ended_at IS 'When it ended';
COMMENT ON COLUMN outcomes.requests IS 'How many model requests grading took; commands take none';
COMMENT ON COLUMN outcomes.usd IS 'What they cost at list price, in USD';
COMMENT ON COLUMN outcomes.event_id IS 'The event of the end, sevt_…';
COMMENT ON COLUMN outcomes.seq IS 'Its place in the log of the session';
