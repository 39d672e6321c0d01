CREATE VIEW turns AS
WITH placed AS (
    SELECT
        session_id, seq, type, processed_at, tool, is_error, text, thread, began_at, answered, body,
        sum(CASE WHEN thread IS NULL AND type IN ('user.message', 'user.define_outcome') THEN 1 ELSE 0 END)
            OVER (PARTITION BY session_id ORDER BY seq ROWS UNBOUNDED PRECEDING) AS turn
    FROM kept.events WHERE seq IS NOT NULL
), summed AS (
    SELECT
        session_id, turn, min(seq) AS seq, max(seq) AS last_seq, min(processed_at) AS started_at,
        max(processed_at) FILTER (type NOT LIKE 'session.%' OR type = 'session.error') AS ended_at,
        arg_min(text, seq) FILTER (type IN ('user.message', 'user.define_outcome') AND thread IS NULL) AS said,
        arg_max(text, seq) FILTER (type = 'agent.message' AND thread IS NULL) AS answer,
        count(*) FILTER (type LIKE 'agent.%tool_use') AS tool_calls,
        count(*) FILTER (type LIKE '%tool_result' AND is_error) AS failed_calls,
        count(*) FILTER (type = 'user.interrupt') AS interrupts,
        count(DISTINCT thread) AS child_threads,
        arg_max(json_extract_string(body, '$.stop_reason.type'), seq) FILTER (type = 'session.status_idle') AS stop_reason
    FROM placed WHERE turn > 0 GROUP BY session_id, turn
), spent AS (
    SELECT p.session_id, p.turn, count(*) AS requests, CASE WHEN count(*) = count(m.usd) THEN sum(m.usd) END AS usd
    FROM model_requests AS m JOIN placed AS p ON p.session_id = m.session_id AND p.seq = m.seq GROUP BY ALL
), waited AS (
    SELECT p.session_id, p.turn, sum(a.waited_ms) / 1000 AS seconds
    FROM approvals AS a JOIN placed AS p ON p.session_id = a.session_id AND p.seq = a.seq GROUP BY ALL
)
SELECT
    t.session_id, t.turn, t.started_at, t.ended_at,
    greatest(0, (epoch_us(t.ended_at) - epoch_us(t.started_at)) / 1000000.0 - coalesce(w.seconds, 0)) AS seconds,
    coalesce(w.seconds, 0) AS waited_seconds,
    t.said, t.answer, coalesce(c.requests, 0) AS requests, t.tool_calls, t.failed_calls, t.interrupts, t.child_threads, t.stop_reason,
    coalesce(c.usd, CASE WHEN c.requests IS NULL THEN 0.0 END) AS usd, t.seq, t.last_seq
FROM summed AS t
LEFT JOIN spent AS c USING (session_id, turn)
LEFT JOIN waited AS w USING (session_id, turn);

COMMENT ON VIEW turns IS 'One row a turn: what a user said, and everything up to the next time';
COMMENT ON COLUMN turns.session_id IS 'The session';
COMMENT ON COLUMN turns.turn IS 'The number of the turn in its session, from 1';
COMMENT ON COLUMN turns.started_at IS 'When the user said it';
COMMENT ON COLUMN turns.ended_at IS 'When the last message, call, result or request in it was';
COMMENT ON COLUMN turns.seconds IS 'How long it took without waiting for a person, in seconds';
COMMENT ON COLUMN turns.waited_seconds IS 'How long calls of it waited for a person, in seconds';
COMMENT ON COLUMN turns.said IS 'What the user said';
COMMENT ON COLUMN turns.answer IS 'The last message of the agent';
COMMENT ON COLUMN turns.requests IS 'How many requests to models, those of child threads too';
COMMENT ON COLUMN turns.tool_calls IS 'How many tool calls, those of child threads too';
COMMENT ON COLUMN turns.failed_calls IS 'How many of them failed';
COMMENT ON COLUMN turns.interrupts IS 'How often the user stopped the agent';
COMMENT ON COLUMN turns.child_threads IS 'How many child threads were at work';
COMMENT ON COLUMN turns.stop_reason IS 'Why the session was idle last in it; NULL of imported sessions';
COMMENT ON COLUMN turns.usd IS 'What its requests cost at list price, in USD; NULL where no list price is known';
COMMENT ON COLUMN turns.seq IS 'The place of what the user said in the log of the session';
COMMENT ON COLUMN turns.last_seq IS 'The place of the last event of the turn';
