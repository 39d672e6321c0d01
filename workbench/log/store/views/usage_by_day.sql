CREATE VIEW usage_by_day AS
SELECT
    CAST(began_at AS DATE) AS day,
    model,
    count(*) AS requests,
    count(DISTINCT session_id) AS sessions,
    sum(input_tokens) AS input_tokens,
    sum(output_tokens) AS output_tokens,
    sum(cache_read_tokens) AS cache_read_tokens,
    sum(cache_creation_tokens) AS cache_creation_tokens,
    sum(CASE WHEN processed_at > began_at THEN epoch_us(processed_at) - epoch_us(began_at) END) / 1000000.0 AS seconds,
    CASE WHEN count(*) = count(usd) THEN sum(usd) END AS usd
FROM (
    SELECT
        e.session_id, e.model, coalesce(e.began_at, e.processed_at) AS began_at, e.processed_at,
        e.input_tokens, e.output_tokens, e.cache_read_tokens, e.cache_creation_tokens,
        coalesce(t.usd, CASE
            WHEN e.input_tokens + e.output_tokens + e.cache_read_tokens + e.cache_creation_tokens = 0 THEN 0.0
            ELSE (p.input * e.input_tokens + p.output * e.output_tokens + p.cache_read * e.cache_read_tokens
                + p.cache_write_5m * (e.cache_creation_tokens - coalesce(e.hour_tokens, 0)) + p.cache_write_1h * coalesce(e.hour_tokens, 0))
                / 1000000 * CASE WHEN e.is_fast THEN p.fast ELSE 1 END
                * CASE WHEN e.input_tokens + e.cache_read_tokens + e.cache_creation_tokens > 100000 THEN p.long_prompt ELSE 1 END
        END) + coalesce(w.usd, 0) AS usd
    FROM kept.events AS e
    LEFT JOIN kept.prices AS p ON p.model = e.model
    LEFT JOIN (
        SELECT session_id, subject, max(CAST(json_extract(body, '$.requests') AS BIGINT)) * 0.01 AS usd
        FROM kept.facts WHERE name = 'web.searched' GROUP BY ALL
    ) AS w ON w.session_id = e.session_id AND w.subject = e.answers
    LEFT JOIN (
        SELECT session_id, subject, max(CAST(json_extract(body, '$.usd') AS DOUBLE)) AS usd
        FROM kept.facts WHERE name = 'acp.cost' GROUP BY ALL
    ) AS t ON t.session_id = e.session_id AND t.subject = e.answers
    WHERE e.type = 'span.model_request_end' AND e.seq IS NOT NULL
)
GROUP BY ALL;

COMMENT ON VIEW usage_by_day IS 'What each model used on each day';
COMMENT ON COLUMN usage_by_day.day IS 'The day, in your own time zone';
COMMENT ON COLUMN usage_by_day.model IS 'The model';
COMMENT ON COLUMN usage_by_day.requests IS 'How many requests that ended';
COMMENT ON COLUMN usage_by_day.sessions IS 'From how many sessions';
COMMENT ON COLUMN usage_by_day.input_tokens IS 'Input tokens that came from no cache';
COMMENT ON COLUMN usage_by_day.output_tokens IS 'Output tokens';
COMMENT ON COLUMN usage_by_day.cache_read_tokens IS 'Input tokens read from the cache';
COMMENT ON COLUMN usage_by_day.cache_creation_tokens IS 'Input tokens written to the cache';
COMMENT ON COLUMN usage_by_day.seconds IS 'How long the requests took together, in seconds; NULL where no time is known';
COMMENT ON COLUMN usage_by_day.usd IS 'What they cost at list price, or as an agent of others told it, in USD; NULL where no list price is known';
