-- Fills the columns of 0030 for what the log has already, and asks them in the views.

UPDATE kept.facts SET subject = json_extract_string(body, '$.model_request_start_id') WHERE name = 'model.answered';

UPDATE kept.events AS r SET answered = u.position, began_at = coalesce(f.made_at, u.processed_at)
FROM kept.events AS u
LEFT JOIN (
    SELECT session_id, subject, max(made_at) AS made_at FROM kept.facts WHERE name = 'tool.started' GROUP BY ALL
) AS f ON f.session_id = u.session_id AND f.subject = u.id
WHERE r.session_id = u.session_id AND r.answers = u.id AND r.seq IS NOT NULL AND u.seq IS NOT NULL
    AND u.type IN ('agent.tool_use', 'agent.mcp_tool_use', 'agent.custom_tool_use', 'span.model_request_start');

CREATE TEMP TABLE asked_for AS
SELECT
    session_id, subject,
    max(json_extract_string(body, '$.model')) AS model,
    max(json_extract_string(body, '$.purpose')) AS purpose,
    max(CAST(json_extract(body, '$.ephemeral_1h_input_tokens') AS BIGINT)) AS hour_tokens
FROM kept.facts WHERE name IN ('model.requested', 'model.answered') GROUP BY ALL;

UPDATE kept.events AS s SET model = f.model, purpose = f.purpose FROM asked_for AS f
WHERE s.type = 'span.model_request_start' AND s.seq IS NOT NULL AND f.session_id = s.session_id AND f.subject = s.id;

UPDATE kept.events AS e SET
    model = f.model, purpose = f.purpose, hour_tokens = f.hour_tokens,
    is_fast = coalesce(json_extract_string(e.body, '$.model_usage.speed') = 'fast', false)
FROM asked_for AS f
WHERE e.type = 'span.model_request_end' AND e.seq IS NOT NULL AND f.session_id = e.session_id AND f.subject = e.answers;

DROP TABLE asked_for;

INSERT INTO kept.prices (model) SELECT DISTINCT model FROM kept.events WHERE model IS NOT NULL;

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

CREATE OR REPLACE VIEW tool_calls AS
SELECT
    u.session_id,
    u.tool,
    CASE u.type WHEN 'agent.tool_use' THEN 'built-in' WHEN 'agent.mcp_tool_use' THEN 'mcp' ELSE 'custom' END AS kind,
    u.mcp_server,
    json_extract(u.body, '$.input') AS input,
    coalesce(r.began_at, u.processed_at) AS started_at,
    r.processed_at AS ended_at,
    (epoch_us(r.processed_at) - epoch_us(r.began_at)) / 1000.0 AS duration_ms,
    CASE WHEN r.answered IS NOT NULL THEN coalesce(r.is_error, false) END AS is_error,
    array_to_string(json_extract_string(r.body, '$.content[*].text'), E'\n') AS result,
    u.permission AS evaluated_permission,
    u.id AS tool_use_id,
    u.seq
FROM kept.events AS u
LEFT JOIN kept.events AS r
    ON r.answered = u.position
    AND r.type IN ('agent.tool_result', 'agent.mcp_tool_result', 'user.custom_tool_result', 'user.tool_result')
WHERE u.type IN ('agent.tool_use', 'agent.mcp_tool_use', 'agent.custom_tool_use') AND u.seq IS NOT NULL;

COMMENT ON VIEW tool_calls IS 'One row a tool call: built-in, mcp and custom';
COMMENT ON COLUMN tool_calls.session_id IS 'The session';
COMMENT ON COLUMN tool_calls.tool IS 'The name of the tool';
COMMENT ON COLUMN tool_calls.kind IS 'built-in, mcp or custom';
COMMENT ON COLUMN tool_calls.mcp_server IS 'The MCP server of the tool, for mcp';
COMMENT ON COLUMN tool_calls.input IS 'What the tool was given, as JSON';
COMMENT ON COLUMN tool_calls.started_at IS 'When it began to run; when it was asked for, while it runs and where that is not known';
COMMENT ON COLUMN tool_calls.ended_at IS 'When its result came; NULL while there is none';
COMMENT ON COLUMN tool_calls.duration_ms IS 'From start to result, in milliseconds';
COMMENT ON COLUMN tool_calls.is_error IS 'Whether it failed; NULL while there is no result';
COMMENT ON COLUMN tool_calls.result IS 'The text of its result';
COMMENT ON COLUMN tool_calls.evaluated_permission IS 'allow, ask or deny, as the gate decided';
COMMENT ON COLUMN tool_calls.tool_use_id IS 'The event of the call, sevt_…';
COMMENT ON COLUMN tool_calls.seq IS 'The place of the call in the log of the session';

CREATE OR REPLACE VIEW model_requests AS
SELECT
    s.session_id,
    s.model,
    coalesce(s.purpose, 'answer') AS purpose,
    s.processed_at AS started_at,
    e.processed_at AS ended_at,
    (epoch_us(e.processed_at) - epoch_us(s.processed_at)) / 1000.0 AS duration_ms,
    CASE WHEN e.answered IS NOT NULL THEN coalesce(e.is_error, false) END AS is_error,
    e.input_tokens,
    e.output_tokens,
    e.cache_read_tokens,
    e.cache_creation_tokens,
    CASE
        WHEN e.input_tokens + e.output_tokens + e.cache_read_tokens + e.cache_creation_tokens = 0 THEN 0.0
        ELSE (p.input * e.input_tokens + p.output * e.output_tokens + p.cache_read * e.cache_read_tokens
            + p.cache_write_5m * (e.cache_creation_tokens - coalesce(e.hour_tokens, 0)) + p.cache_write_1h * coalesce(e.hour_tokens, 0))
            / 1000000 * CASE WHEN e.is_fast THEN p.fast ELSE 1 END
            * CASE WHEN e.input_tokens + e.cache_read_tokens + e.cache_creation_tokens > 100000 THEN p.long_prompt ELSE 1 END
    END AS usd,
    s.id AS model_request_start_id,
    s.seq
FROM kept.events AS s
LEFT JOIN kept.events AS e ON e.answered = s.position AND e.type = 'span.model_request_end'
LEFT JOIN kept.prices AS p ON p.model = s.model
WHERE s.type = 'span.model_request_start' AND s.seq IS NOT NULL;

COMMENT ON VIEW model_requests IS 'One row a request to a model';
COMMENT ON COLUMN model_requests.session_id IS 'The session';
COMMENT ON COLUMN model_requests.model IS 'The model that was asked';
COMMENT ON COLUMN model_requests.purpose IS 'What it was for: answer (of the agent), compaction or judgement';
COMMENT ON COLUMN model_requests.started_at IS 'When it was sent';
COMMENT ON COLUMN model_requests.ended_at IS 'When it ended; NULL while it runs';
COMMENT ON COLUMN model_requests.duration_ms IS 'How long it took, in milliseconds';
COMMENT ON COLUMN model_requests.is_error IS 'Whether it failed; NULL while it runs';
COMMENT ON COLUMN model_requests.input_tokens IS 'Input tokens that came from no cache';
COMMENT ON COLUMN model_requests.output_tokens IS 'Output tokens';
COMMENT ON COLUMN model_requests.cache_read_tokens IS 'Input tokens read from the cache';
COMMENT ON COLUMN model_requests.cache_creation_tokens IS 'Input tokens written to the cache';
COMMENT ON COLUMN model_requests.model_request_start_id IS 'The event of its start, sevt_…';
COMMENT ON COLUMN model_requests.seq IS 'The place of its start in the log of the session';
COMMENT ON COLUMN model_requests.usd IS 'What it cost at list price, in USD; NULL while it runs and where no list price is known';

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
    sum(epoch_us(processed_at) - epoch_us(began_at)) / 1000000.0 AS seconds,
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
        END AS usd
    FROM kept.events AS e
    LEFT JOIN kept.prices AS p ON p.model = e.model
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
COMMENT ON COLUMN usage_by_day.seconds IS 'How long the requests took together, in seconds';
COMMENT ON COLUMN usage_by_day.usd IS 'What they cost at list price, in USD; NULL where no list price is known';

CREATE OR REPLACE VIEW approvals AS
SELECT
    u.session_id,
    u.tool,
    u.mcp_server,
    json_extract(u.body, '$.input') AS input,
    u.processed_at AS asked_at,
    c.processed_at AS answered_at,
    (epoch_us(c.processed_at) - epoch_us(u.processed_at)) / 1000.0 AS waited_ms,
    c.permission AS answer,
    c.text AS deny_message,
    u.id AS tool_use_id,
    u.seq
FROM kept.events AS u
LEFT JOIN kept.events AS c ON c.answered = u.position AND c.type = 'user.tool_confirmation'
WHERE u.permission = 'ask' AND u.type IN ('agent.tool_use', 'agent.mcp_tool_use') AND u.seq IS NOT NULL;

COMMENT ON VIEW approvals IS 'Tool calls that a person was asked about';
COMMENT ON COLUMN approvals.session_id IS 'The session';
COMMENT ON COLUMN approvals.tool IS 'The name of the tool';
COMMENT ON COLUMN approvals.mcp_server IS 'The MCP server of the tool, if it is of one';
COMMENT ON COLUMN approvals.input IS 'What the tool was to be given, as JSON';
COMMENT ON COLUMN approvals.asked_at IS 'When it was asked';
COMMENT ON COLUMN approvals.answered_at IS 'When the answer was taken up; NULL while it waits';
COMMENT ON COLUMN approvals.waited_ms IS 'How long it waited for the answer, in milliseconds';
COMMENT ON COLUMN approvals.answer IS 'allow or deny; NULL while it waits';
COMMENT ON COLUMN approvals.deny_message IS 'What the person said with a no';
COMMENT ON COLUMN approvals.tool_use_id IS 'The event of the call, sevt_…';
COMMENT ON COLUMN approvals.seq IS 'The place of the call in the log of the session';

CREATE OR REPLACE VIEW files_touched AS
SELECT
    u.session_id,
    u.path,
    count(*) FILTER (u.tool = 'read') AS reads,
    count(*) FILTER (u.tool = 'write') AS writes,
    count(*) FILTER (u.tool = 'edit') AS edits,
    min(u.processed_at) AS first_at,
    max(u.processed_at) AS last_at,
    max(u.seq) AS seq
FROM kept.events AS u
JOIN kept.events AS r ON r.answered = u.position AND r.type = 'agent.tool_result'
WHERE u.type = 'agent.tool_use' AND u.path IS NOT NULL AND u.seq IS NOT NULL AND NOT coalesce(r.is_error, false)
GROUP BY ALL;

COMMENT ON VIEW files_touched IS 'Files that the tools read, write and edit touched without an error, in their sandboxes';
COMMENT ON COLUMN files_touched.session_id IS 'The session';
COMMENT ON COLUMN files_touched.path IS 'The path as the tool was given it';
COMMENT ON COLUMN files_touched.reads IS 'How often it was read';
COMMENT ON COLUMN files_touched.writes IS 'How often it was written whole';
COMMENT ON COLUMN files_touched.edits IS 'How often it was edited';
COMMENT ON COLUMN files_touched.first_at IS 'When it was touched first';
COMMENT ON COLUMN files_touched.last_at IS 'When it was touched last';
COMMENT ON COLUMN files_touched.seq IS 'The place of the last touch in the log of the session';
