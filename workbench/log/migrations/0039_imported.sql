-- What is not known of imported requests is NULL and not zero, and the web searches of a request cost apart from its tokens.

CREATE OR REPLACE VIEW sessions AS
SELECT
    s.session_id,
    json_extract_string(d.body, '$.title') AS title,
    json_extract_string(d.body, '$.agent.name') AS agent,
    json_extract_string(d.body, '$.agent.id') AS agent_id,
    json_extract_string(d.body, '$.environment_id') AS environment_id,
    coalesce(
        TRY_CAST(json_extract_string(d.body, '$.created_at') AS TIMESTAMPTZ),
        (SELECT min(e.processed_at) FROM kept.events AS e WHERE e.session_id = s.session_id)
    ) AS created_at,
    TRY_CAST(json_extract_string(d.body, '$.archived_at') AS TIMESTAMPTZ) AS archived_at,
    json_extract_string(s.body, '$.status') AS status,
    json_extract_string(s.body, '$.stop_reason.type') AS stop_reason,
    CAST(json_extract(s.body, '$.queued') AS BIGINT) AS queued,
    CAST(json_extract(s.body, '$.seq') AS BIGINT) AS events,
    TRY_CAST(json_extract_string(s.body, '$.last_event_at') AS TIMESTAMPTZ) AS last_event_at,
    -- Of what another program did, no moment says when it was running.
    CASE WHEN coalesce(json_extract_string(d.body, '$.agent.id'), '') <> 'agent_imported' OR CAST(json_extract(s.body, '$.active_seconds') AS DOUBLE) > 0
        THEN CAST(json_extract(s.body, '$.active_seconds') AS DOUBLE) END AS active_seconds,
    TRY_CAST(json_extract_string(s.body, '$.usage.input_tokens') AS BIGINT) AS input_tokens,
    TRY_CAST(json_extract_string(s.body, '$.usage.output_tokens') AS BIGINT) AS output_tokens,
    TRY_CAST(json_extract_string(s.body, '$.usage.list_cost.amount') AS DOUBLE) AS cost_cents,
    json_extract_string(s.body, '$.last_text') AS last_text,
    json_extract_string(s.body, '$.last_error') AS last_error
FROM kept.states AS s
LEFT JOIN (
    SELECT id, body FROM kept.documents WHERE kind = 'session'
    QUALIFY row_number() OVER (PARTITION BY id ORDER BY version DESC) = 1
) AS d ON d.id = s.session_id;

COMMENT ON VIEW sessions IS 'One row a session, as it is now';
COMMENT ON COLUMN sessions.session_id IS 'The session, sesn_…';
COMMENT ON COLUMN sessions.title IS 'Its title, if it has one';
COMMENT ON COLUMN sessions.agent IS 'The name of its agent';
COMMENT ON COLUMN sessions.agent_id IS 'The id of its agent, agent_…';
COMMENT ON COLUMN sessions.environment_id IS 'The environment that it runs in, env_…';
COMMENT ON COLUMN sessions.created_at IS 'When it was made';
COMMENT ON COLUMN sessions.archived_at IS 'When it was archived, if it was';
COMMENT ON COLUMN sessions.status IS 'idle, running, rescheduling or terminated, as the last status event says';
COMMENT ON COLUMN sessions.stop_reason IS 'Why it was idle last: end_turn, requires_action, …';
COMMENT ON COLUMN sessions.queued IS 'Messages that wait in its inbox';
COMMENT ON COLUMN sessions.events IS 'How many events its log has';
COMMENT ON COLUMN sessions.last_event_at IS 'When the last event happened';
COMMENT ON COLUMN sessions.active_seconds IS 'How long it was running, in seconds, without the span that is open now; NULL where it is not known';
COMMENT ON COLUMN sessions.input_tokens IS 'Uncached input tokens so far, from the last session.usage';
COMMENT ON COLUMN sessions.output_tokens IS 'Output tokens so far, from the last session.usage';
COMMENT ON COLUMN sessions.cost_cents IS 'List cost so far in US cents, from the last session.usage';
COMMENT ON COLUMN sessions.last_text IS 'The last message of user or agent, at most 400 characters';
COMMENT ON COLUMN sessions.last_error IS 'The error that it has not got over yet';

CREATE OR REPLACE VIEW model_requests AS
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
    CASE
        WHEN e.input_tokens + e.output_tokens + e.cache_read_tokens + e.cache_creation_tokens = 0 THEN 0.0
        ELSE (p.input * e.input_tokens + p.output * e.output_tokens + p.cache_read * e.cache_read_tokens
            + p.cache_write_5m * (e.cache_creation_tokens - coalesce(e.hour_tokens, 0)) + p.cache_write_1h * coalesce(e.hour_tokens, 0))
            / 1000000 * CASE WHEN e.is_fast THEN p.fast ELSE 1 END
            * CASE WHEN e.input_tokens + e.cache_read_tokens + e.cache_creation_tokens > 100000 THEN p.long_prompt ELSE 1 END
    END + 0.01 * coalesce(w.requests, 0) AS usd,
    s.id AS model_request_start_id,
    s.seq
FROM kept.events AS s
LEFT JOIN kept.events AS e ON e.answered = s.position AND e.type = 'span.model_request_end'
LEFT JOIN kept.prices AS p ON p.model = s.model
LEFT JOIN (
    SELECT session_id, subject, max(CAST(json_extract(body, '$.requests') AS BIGINT)) AS requests
    FROM kept.facts WHERE name = 'web.searched' GROUP BY ALL
) AS w ON w.session_id = s.session_id AND w.subject = s.id
WHERE s.type = 'span.model_request_start' AND s.seq IS NOT NULL;

COMMENT ON VIEW model_requests IS 'One row a request to a model';
COMMENT ON COLUMN model_requests.session_id IS 'The session';
COMMENT ON COLUMN model_requests.model IS 'The model that was asked';
COMMENT ON COLUMN model_requests.purpose IS 'What it was for: answer (of the agent), compaction or judgement';
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
COMMENT ON COLUMN model_requests.usd IS 'What it cost at list price with its web searches, in USD; NULL while it runs and where no list price is known';

CREATE OR REPLACE VIEW usage_by_day AS
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
        CASE
            WHEN e.input_tokens + e.output_tokens + e.cache_read_tokens + e.cache_creation_tokens = 0 THEN 0.0
            ELSE (p.input * e.input_tokens + p.output * e.output_tokens + p.cache_read * e.cache_read_tokens
                + p.cache_write_5m * (e.cache_creation_tokens - coalesce(e.hour_tokens, 0)) + p.cache_write_1h * coalesce(e.hour_tokens, 0))
                / 1000000 * CASE WHEN e.is_fast THEN p.fast ELSE 1 END
                * CASE WHEN e.input_tokens + e.cache_read_tokens + e.cache_creation_tokens > 100000 THEN p.long_prompt ELSE 1 END
        END + coalesce(w.usd, 0) AS usd
    FROM kept.events AS e
    LEFT JOIN kept.prices AS p ON p.model = e.model
    LEFT JOIN (
        SELECT session_id, subject, max(CAST(json_extract(body, '$.requests') AS BIGINT)) * 0.01 AS usd
        FROM kept.facts WHERE name = 'web.searched' GROUP BY ALL
    ) AS w ON w.session_id = e.session_id AND w.subject = e.answers
    WHERE e.type = 'span.model_request_end' AND e.seq IS NOT NULL
)
GROUP BY ALL;

COMMENT ON VIEW usage_by_day IS 'What each model used on each day (UTC)';
COMMENT ON COLUMN usage_by_day.day IS 'The day, in UTC';
COMMENT ON COLUMN usage_by_day.model IS 'The model';
COMMENT ON COLUMN usage_by_day.requests IS 'How many requests that ended';
COMMENT ON COLUMN usage_by_day.sessions IS 'From how many sessions';
COMMENT ON COLUMN usage_by_day.input_tokens IS 'Input tokens that came from no cache';
COMMENT ON COLUMN usage_by_day.output_tokens IS 'Output tokens';
COMMENT ON COLUMN usage_by_day.cache_read_tokens IS 'Input tokens read from the cache';
COMMENT ON COLUMN usage_by_day.cache_creation_tokens IS 'Input tokens written to the cache';
COMMENT ON COLUMN usage_by_day.seconds IS 'How long the requests took together, in seconds; NULL where no time is known';
COMMENT ON COLUMN usage_by_day.usd IS 'What they cost at list price, in USD; NULL where no list price is known';
