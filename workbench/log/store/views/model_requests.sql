CREATE VIEW model_requests AS
SELECT
    s.session_id,
    s.model,
    coalesce(s.purpose, 'answer') AS purpose,
    s.processed_at AS started_at,
    e.processed_at AS ended_at,
    CASE WHEN e.processed_at > s.processed_at THEN (epoch_us(e.processed_at) - epoch_us(s.processed_at)) / 1000.0 END AS duration_ms,
    CASE WHEN e.answered IS NOT NULL THEN coalesce(e.is_error, false) END AS is_error,
    e.input_tokens,
    e.output_tokens,
    e.cache_read_tokens,
    e.cache_creation_tokens,
    coalesce(e.hour_tokens, 0) AS cache_creation_1h_tokens,
    coalesce(w.requests, 0) AS web_searches,
    coalesce(t.usd, CASE
        WHEN e.input_tokens + e.output_tokens + e.cache_read_tokens + e.cache_creation_tokens = 0 THEN 0.0
        ELSE (p.input * e.input_tokens + p.output * e.output_tokens + p.cache_read * e.cache_read_tokens
            + p.cache_write_5m * (e.cache_creation_tokens - coalesce(e.hour_tokens, 0)) + p.cache_write_1h * coalesce(e.hour_tokens, 0))
            / 1000000 * CASE WHEN e.is_fast THEN p.fast ELSE 1 END
            * CASE WHEN e.input_tokens + e.cache_read_tokens + e.cache_creation_tokens > 100000 THEN p.long_prompt ELSE 1 END
    END) + 0.01 * coalesce(w.requests, 0) AS usd,
    s.id AS model_request_start_id,
    s.seq,
    s.thread AS thread_id
FROM kept.events AS s
LEFT JOIN kept.events AS e ON e.answered = s.position AND e.type = 'span.model_request_end'
LEFT JOIN kept.prices AS p ON p.model = s.model
LEFT JOIN (
    SELECT session_id, subject, max(CAST(json_extract(body, '$.requests') AS BIGINT)) AS requests
    FROM kept.facts WHERE name = 'web.searched' GROUP BY ALL
) AS w ON w.session_id = s.session_id AND w.subject = s.id
LEFT JOIN (
    SELECT session_id, subject, max(CAST(json_extract(body, '$.usd') AS DOUBLE)) AS usd
    FROM kept.facts WHERE name = 'acp.cost' GROUP BY ALL
) AS t ON t.session_id = s.session_id AND t.subject = s.id
WHERE s.type = 'span.model_request_start' AND s.seq IS NOT NULL;

COMMENT ON VIEW model_requests IS 'One row a request to a model';
COMMENT ON COLUMN model_requests.session_id IS 'The session';
COMMENT ON COLUMN model_requests.model IS 'The model that was asked';
COMMENT ON COLUMN model_requests.purpose IS 'What it was for: answer (of the agent), compaction, judgement, grading (of an outcome) or acp (a prompt of an agent of others, with all its requests); unrecorded is what an imported session''s program counted beyond the answers in its files';
COMMENT ON COLUMN model_requests.started_at IS 'When it was sent';
COMMENT ON COLUMN model_requests.ended_at IS 'When it ended; NULL while it runs';
COMMENT ON COLUMN model_requests.duration_ms IS 'How long it took, in milliseconds; NULL where it is not known, as of imported transcripts';
COMMENT ON COLUMN model_requests.is_error IS 'Whether it failed; NULL while it runs';
COMMENT ON COLUMN model_requests.input_tokens IS 'Input tokens that came from no cache';
COMMENT ON COLUMN model_requests.output_tokens IS 'Output tokens';
COMMENT ON COLUMN model_requests.cache_read_tokens IS 'Input tokens read from the cache';
COMMENT ON COLUMN model_requests.cache_creation_tokens IS 'Input tokens written to the cache';
COMMENT ON COLUMN model_requests.cache_creation_1h_tokens IS 'Of those, the ones written for an hour, which cost more';
COMMENT ON COLUMN model_requests.web_searches IS 'Web searches that the vendor made for it, at 10 USD a thousand';
COMMENT ON COLUMN model_requests.model_request_start_id IS 'The event of its start, sevt_…';
COMMENT ON COLUMN model_requests.seq IS 'The place of its start in the log of the session';
COMMENT ON COLUMN model_requests.usd IS 'What it cost at list price with its web searches, in USD, or as an agent of others told it; NULL while it runs and where no list price is known';
COMMENT ON COLUMN model_requests.thread_id IS 'The child thread that asked; NULL for the primary one';
