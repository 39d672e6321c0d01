-- The views that people ask, each with a word on every column. All moments are TIMESTAMPTZ, shown in UTC.

CREATE VIEW sessions AS
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
    CAST(json_extract(s.body, '$.active_seconds') AS DOUBLE) AS active_seconds,
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
COMMENT ON COLUMN sessions.active_seconds IS 'How long it was running, in seconds, without the span that is open now';
COMMENT ON COLUMN sessions.input_tokens IS 'Uncached input tokens so far, from the last session.usage';
COMMENT ON COLUMN sessions.output_tokens IS 'Output tokens so far, from the last session.usage';
COMMENT ON COLUMN sessions.cost_cents IS 'List cost so far in US cents, from the last session.usage';
COMMENT ON COLUMN sessions.last_text IS 'The last message of user or agent, at most 400 characters';
COMMENT ON COLUMN sessions.last_error IS 'The error that it has not got over yet';

CREATE VIEW messages AS
SELECT
    session_id, seq, id AS event_id,
    split_part(type, '.', 1) AS sender,
    text, processed_at
FROM kept.events
WHERE type IN ('user.message', 'agent.message', 'system.message') AND seq IS NOT NULL;

COMMENT ON VIEW messages IS 'What was said: one row a message of user, agent or system';
COMMENT ON COLUMN messages.session_id IS 'The session';
COMMENT ON COLUMN messages.seq IS 'The place in the log of the session, from 1';
COMMENT ON COLUMN messages.event_id IS 'The event, sevt_…';
COMMENT ON COLUMN messages.sender IS 'user, agent or system';
COMMENT ON COLUMN messages.text IS 'The text; other blocks are named in brackets';
COMMENT ON COLUMN messages.processed_at IS 'When it entered the log';

CREATE VIEW tool_calls AS
SELECT
    u.session_id,
    u.tool,
    CASE u.type WHEN 'agent.tool_use' THEN 'built-in' WHEN 'agent.mcp_tool_use' THEN 'mcp' ELSE 'custom' END AS kind,
    u.mcp_server,
    json_extract(u.body, '$.input') AS input,
    coalesce(f.made_at, u.processed_at) AS started_at,
    r.processed_at AS ended_at,
    (epoch_us(r.processed_at) - epoch_us(coalesce(f.made_at, u.processed_at))) / 1000.0 AS duration_ms,
    CASE WHEN r.id IS NOT NULL THEN coalesce(r.is_error, false) END AS is_error,
    array_to_string(json_extract_string(r.body, '$.content[*].text'), E'\n') AS result,
    u.permission AS evaluated_permission,
    u.id AS tool_use_id,
    u.seq
FROM kept.events AS u
LEFT JOIN kept.events AS r
    ON r.session_id = u.session_id AND r.answers = u.id AND r.seq IS NOT NULL
    AND r.type IN ('agent.tool_result', 'agent.mcp_tool_result', 'user.custom_tool_result', 'user.tool_result')
LEFT JOIN (
    SELECT subject, max(made_at) AS made_at FROM kept.facts WHERE name = 'tool.started' GROUP BY subject
) AS f ON f.subject = u.id
WHERE u.type IN ('agent.tool_use', 'agent.mcp_tool_use', 'agent.custom_tool_use') AND u.seq IS NOT NULL;

COMMENT ON VIEW tool_calls IS 'One row a tool call: built-in, mcp and custom';
COMMENT ON COLUMN tool_calls.session_id IS 'The session';
COMMENT ON COLUMN tool_calls.tool IS 'The name of the tool';
COMMENT ON COLUMN tool_calls.kind IS 'built-in, mcp or custom';
COMMENT ON COLUMN tool_calls.mcp_server IS 'The MCP server of the tool, for mcp';
COMMENT ON COLUMN tool_calls.input IS 'What the tool was given, as JSON';
COMMENT ON COLUMN tool_calls.started_at IS 'When it began to run; when it was asked for, where that is not known';
COMMENT ON COLUMN tool_calls.ended_at IS 'When its result came; NULL while there is none';
COMMENT ON COLUMN tool_calls.duration_ms IS 'From start to result, in milliseconds';
COMMENT ON COLUMN tool_calls.is_error IS 'Whether it failed; NULL while there is no result';
COMMENT ON COLUMN tool_calls.result IS 'The text of its result';
COMMENT ON COLUMN tool_calls.evaluated_permission IS 'allow, ask or deny, as the gate decided';
COMMENT ON COLUMN tool_calls.tool_use_id IS 'The event of the call, sevt_…';
COMMENT ON COLUMN tool_calls.seq IS 'The place of the call in the log of the session';

CREATE VIEW model_requests AS
SELECT
    s.session_id,
    json_extract_string(f.body, '$.model') AS model,
    coalesce(json_extract_string(f.body, '$.purpose'), 'answer') AS purpose,
    s.processed_at AS started_at,
    e.processed_at AS ended_at,
    (epoch_us(e.processed_at) - epoch_us(s.processed_at)) / 1000.0 AS duration_ms,
    CASE WHEN e.id IS NOT NULL THEN coalesce(e.is_error, false) END AS is_error,
    e.input_tokens,
    e.output_tokens,
    e.cache_read_tokens,
    e.cache_creation_tokens,
    s.id AS model_request_start_id,
    s.seq
FROM kept.events AS s
LEFT JOIN kept.events AS e
    ON e.session_id = s.session_id AND e.answers = s.id AND e.type = 'span.model_request_end' AND e.seq IS NOT NULL
LEFT JOIN (
    SELECT subject, arg_max(body, position) AS body FROM kept.facts WHERE name = 'model.requested' GROUP BY subject
) AS f ON f.subject = s.id
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

CREATE VIEW usage_by_day AS
SELECT
    CAST(started_at AS DATE) AS day,
    model,
    count(*) AS requests,
    count(DISTINCT session_id) AS sessions,
    sum(input_tokens) AS input_tokens,
    sum(output_tokens) AS output_tokens,
    sum(cache_read_tokens) AS cache_read_tokens,
    sum(cache_creation_tokens) AS cache_creation_tokens,
    sum(duration_ms) / 1000.0 AS seconds
FROM model_requests
GROUP BY ALL;

COMMENT ON VIEW usage_by_day IS 'What each model used on each day (UTC)';
COMMENT ON COLUMN usage_by_day.day IS 'The day, in UTC';
COMMENT ON COLUMN usage_by_day.model IS 'The model';
COMMENT ON COLUMN usage_by_day.requests IS 'How many requests';
COMMENT ON COLUMN usage_by_day.sessions IS 'From how many sessions';
COMMENT ON COLUMN usage_by_day.input_tokens IS 'Input tokens that came from no cache';
COMMENT ON COLUMN usage_by_day.output_tokens IS 'Output tokens';
COMMENT ON COLUMN usage_by_day.cache_read_tokens IS 'Input tokens read from the cache';
COMMENT ON COLUMN usage_by_day.cache_creation_tokens IS 'Input tokens written to the cache';
COMMENT ON COLUMN usage_by_day.seconds IS 'How long the requests took together, in seconds';

CREATE VIEW approvals AS
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
    u.id AS tool_use_id
FROM kept.events AS u
LEFT JOIN kept.events AS c
    ON c.session_id = u.session_id AND c.answers = u.id AND c.type = 'user.tool_confirmation' AND c.seq IS NOT NULL
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

CREATE VIEW errors AS
SELECT
    session_id,
    processed_at AS happened_at,
    json_extract_string(body, '$.error.type') AS error_type,
    text AS message,
    json_extract_string(body, '$.error.retry_status.type') AS retry_status,
    id AS event_id,
    seq
FROM kept.events
WHERE type = 'session.error' AND seq IS NOT NULL;

COMMENT ON VIEW errors IS 'Errors of sessions; those of tools are in tool_calls';
COMMENT ON COLUMN errors.session_id IS 'The session';
COMMENT ON COLUMN errors.happened_at IS 'When it happened';
COMMENT ON COLUMN errors.error_type IS 'The kind of error, model_overloaded_error for example';
COMMENT ON COLUMN errors.message IS 'What it said';
COMMENT ON COLUMN errors.retry_status IS 'retrying, exhausted or terminal';
COMMENT ON COLUMN errors.event_id IS 'The event, sevt_…';
COMMENT ON COLUMN errors.seq IS 'The place in the log of the session';

CREATE VIEW files_touched AS
SELECT
    u.session_id,
    u.path,
    count(*) FILTER (u.tool = 'read') AS reads,
    count(*) FILTER (u.tool = 'write') AS writes,
    count(*) FILTER (u.tool = 'edit') AS edits,
    min(u.processed_at) AS first_at,
    max(u.processed_at) AS last_at
FROM kept.events AS u
JOIN kept.events AS r
    ON r.session_id = u.session_id AND r.answers = u.id AND r.type = 'agent.tool_result' AND r.seq IS NOT NULL
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

CREATE VIEW egress AS
SELECT
    session_id,
    made_at AS decided_at,
    json_extract_string(body, '$.host') AS host,
    TRY_CAST(json_extract_string(body, '$.port') AS INTEGER) AS port,
    TRY_CAST(json_extract_string(body, '$.allowed') AS BOOLEAN) AS allowed,
    json_extract_string(body, '$.reason') AS reason
FROM kept.facts
WHERE name = 'egress.decided';

COMMENT ON VIEW egress IS 'Where sandboxes wanted to connect to, and what was decided';
COMMENT ON COLUMN egress.session_id IS 'The session';
COMMENT ON COLUMN egress.decided_at IS 'When it was decided';
COMMENT ON COLUMN egress.host IS 'The host';
COMMENT ON COLUMN egress.port IS 'The port';
COMMENT ON COLUMN egress.allowed IS 'Whether the connection was let through';
COMMENT ON COLUMN egress.reason IS 'Why';

CREATE VIEW sandboxes AS
SELECT
    s.session_id,
    s.subject AS container_id,
    json_extract_string(s.body, '$.image') AS image,
    json_extract_string(s.body, '$.image_id') AS image_id,
    s.made_at AS started_at,
    e.made_at AS ended_at,
    json_extract_string(e.body, '$.reason') AS reason,
    json_extract(s.body, '$.warnings') AS warnings
FROM kept.facts AS s
LEFT JOIN (
    SELECT subject, session_id, max(made_at) AS made_at, arg_max(body, position) AS body
    FROM kept.facts WHERE name = 'sandbox.ended' GROUP BY ALL
) AS e ON e.subject = s.subject AND e.session_id = s.session_id
WHERE s.name = 'sandbox.started';

COMMENT ON VIEW sandboxes IS 'One row a container';
COMMENT ON COLUMN sandboxes.session_id IS 'The session';
COMMENT ON COLUMN sandboxes.container_id IS 'The container';
COMMENT ON COLUMN sandboxes.image IS 'The image, by name';
COMMENT ON COLUMN sandboxes.image_id IS 'The image, by id';
COMMENT ON COLUMN sandboxes.started_at IS 'When it was started';
COMMENT ON COLUMN sandboxes.ended_at IS 'When it was ended; NULL while it runs';
COMMENT ON COLUMN sandboxes.reason IS 'Why it was ended';
COMMENT ON COLUMN sandboxes.warnings IS 'What was worth a warning at its start, as JSON';

CREATE VIEW events AS
SELECT session_id, seq, id, type, thread_id, processed_at, position, CAST(body AS JSON) AS body
FROM kept.events
WHERE seq IS NOT NULL;

COMMENT ON VIEW events IS 'Everything that happened, one row an event as it goes over the wire';
COMMENT ON COLUMN events.session_id IS 'The session';
COMMENT ON COLUMN events.seq IS 'The place in the log of the session, from 1';
COMMENT ON COLUMN events.id IS 'The event, sevt_…';
COMMENT ON COLUMN events.type IS 'The type, agent.tool_use for example';
COMMENT ON COLUMN events.thread_id IS 'The thread that the event names, if it names one';
COMMENT ON COLUMN events.processed_at IS 'When it entered the log';
COMMENT ON COLUMN events.position IS 'The place in the whole log: the cursor of every stream';
COMMENT ON COLUMN events.body IS 'The whole event, as JSON';
