CREATE VIEW threads AS
SELECT
    c.session_id,
    c.subject AS thread_id,
    coalesce(json_extract_string(c.body, '$.agent.name'), 'advisor') AS agent,
    json_extract_string(c.body, '$.role') AS role,
    CASE s.type
        WHEN 'session.thread_status_running' THEN 'running'
        WHEN 'session.thread_status_rescheduled' THEN 'rescheduling'
        WHEN 'session.thread_status_terminated' THEN 'terminated'
        ELSE 'idle'
    END AS status,
    CASE s.type WHEN 'session.thread_status_idle' THEN json_extract_string(s.body, '$.stop_reason.type') END AS stop_reason,
    c.made_at AS started_at,
    CASE s.type WHEN 'session.thread_status_terminated' THEN s.processed_at END AS ended_at,
    coalesce(m.requests, 0) AS requests,
    coalesce(m.tokens, 0) AS tokens,
    CASE WHEN coalesce(m.requests, 0) = 0 THEN 0.0 ELSE m.usd END AS usd,
    coalesce(r.reports, 0) AS reports,
    json_extract_string(c.body, '$.workflow_run_id') AS workflow_run_id
FROM kept.facts AS c
LEFT JOIN (
    SELECT session_id, thread, arg_max(type, seq) AS type, arg_max(body, seq) AS body, arg_max(processed_at, seq) AS processed_at
    FROM kept.events
    WHERE thread IS NOT NULL AND seq IS NOT NULL AND type LIKE 'session.thread_status_%'
    GROUP BY ALL
) AS s ON s.session_id = c.session_id AND s.thread = c.subject
LEFT JOIN (
    SELECT
        session_id, thread_id, count(*) AS requests, sum(usd) AS usd,
        sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0) + coalesce(cache_read_tokens, 0)
            + coalesce(cache_creation_tokens, 0)) AS tokens
    FROM model_requests WHERE thread_id IS NOT NULL GROUP BY ALL
) AS m ON m.session_id = c.session_id AND m.thread_id = c.subject
LEFT JOIN (
    SELECT e.session_id, json_extract_string(e.body, '$.from_session_thread_id') AS thread, count(*) AS reports
    FROM kept.events AS e
    JOIN kept.facts AS p
        ON p.session_id = e.session_id AND p.name = 'message.posted' AND p.subject = e.id
        AND CAST(json_extract(p.body, '$.is_report') AS BOOLEAN)
    WHERE e.type = 'agent.thread_message_received' AND e.thread IS NULL AND e.seq IS NOT NULL
    GROUP BY ALL
) AS r ON r.session_id = c.session_id AND r.thread = c.subject
WHERE c.name = 'thread.created';

COMMENT ON VIEW threads IS 'One row a child thread: an agent that a session has started';
COMMENT ON COLUMN threads.session_id IS 'The session';
COMMENT ON COLUMN threads.thread_id IS 'The thread, sthr_…';
COMMENT ON COLUMN threads.agent IS 'The name of its agent';
COMMENT ON COLUMN threads.role IS 'subagent, advisor, or workflow for an agent of a workflow run';
COMMENT ON COLUMN threads.status IS 'running, idle, rescheduling, or terminated for one that has ended for good';
COMMENT ON COLUMN threads.stop_reason IS 'Why it rests: end_turn, requires_action, retries_exhausted …; NULL while it does not';
COMMENT ON COLUMN threads.started_at IS 'When it was made';
COMMENT ON COLUMN threads.ended_at IS 'When it ended for good';
COMMENT ON COLUMN threads.requests IS 'How many model requests it made';
COMMENT ON COLUMN threads.tokens IS 'All tokens of them, in and out, cached ones too';
COMMENT ON COLUMN threads.usd IS 'What they cost at list price, in USD; NULL where no list price is known';
COMMENT ON COLUMN threads.reports IS 'How many of its reports the session''s own agent has read';
COMMENT ON COLUMN threads.workflow_run_id IS 'The workflow run that it works for, wrun_…; NULL where it works for none';
