CREATE VIEW workflow_runs AS
SELECT
    w.session_id,
    w.subject AS workflow_run_id,
    json_extract_string(w.body, '$.name') AS name,
    CASE WHEN e.id IS NULL THEN p.name END AS phase,
    coalesce(len(CAST(json_extract(w.body, '$.phases') AS JSON[])), 0) AS phases,
    coalesce(t.agents, 0) AS agents,
    coalesce(a.done, 0) AS done,
    coalesce(a.failed, 0) AS failed,
    coalesce(json_extract_string(e.body, '$.result.type'), 'running') AS result,
    coalesce(json_extract_string(e.body, '$.result.error.message'), CAST(json_extract(v.body, '$.value') AS VARCHAR)) AS value,
    coalesce(t.tokens, 0) AS tokens,
    CASE WHEN t.agents IS NULL THEN 0.0 ELSE t.usd END AS usd,
    w.made_at AS started_at,
    v.made_at AS ended_at
FROM kept.facts AS w
LEFT JOIN (
    SELECT session_id, workflow_run_id, count(*) AS agents, sum(tokens) AS tokens, sum(usd) AS usd
    FROM threads WHERE workflow_run_id IS NOT NULL GROUP BY ALL
) AS t ON t.session_id = w.session_id AND t.workflow_run_id = w.subject
LEFT JOIN (
    SELECT
        session_id, json_extract_string(body, '$.workflow_run_id') AS run, count(*) AS done,
        count(*) FILTER (json_extract_string(body, '$.error') IS NOT NULL) AS failed
    FROM kept.facts WHERE name = 'workflow.answered' GROUP BY ALL
) AS a ON a.session_id = w.session_id AND a.run = w.subject
LEFT JOIN kept.facts AS v
    ON v.session_id = w.session_id AND v.name = 'workflow.ended'
    AND json_extract_string(v.body, '$.workflow_run_id') = w.subject
LEFT JOIN (
    -- It waits for the session's own agent first, and stands in its log when that has read it.
    SELECT session_id, id, any_value(body) AS body, max(processed_at) AS processed_at
    FROM kept.events WHERE type = 'workflow_run.status_ended' GROUP BY ALL
) AS e ON e.session_id = w.session_id AND e.id = v.subject
LEFT JOIN (
    SELECT
        b.session_id, json_extract_string(b.body, '$.workflow_run_id') AS run,
        arg_max(json_extract_string(b.body, '$.workflow_run_phase_id'), b.seq) AS phase_id
    FROM kept.events AS b WHERE b.type = 'workflow_run.phase_started' AND b.seq IS NOT NULL GROUP BY ALL
) AS s ON s.session_id = w.session_id AND s.run = w.subject
LEFT JOIN (
    SELECT
        session_id, subject, json_extract_string(one, '$.id') AS phase_id, json_extract_string(one, '$.name') AS name
    FROM (
        SELECT session_id, subject, unnest(CAST(json_extract(body, '$.phases') AS JSON[])) AS one
        FROM kept.facts WHERE name = 'workflow.started'
    )
) AS p ON p.session_id = w.session_id AND p.subject = w.subject AND p.phase_id = s.phase_id
WHERE w.name = 'workflow.started';

COMMENT ON VIEW workflow_runs IS 'One row a workflow run: a program of many agents';
COMMENT ON COLUMN workflow_runs.session_id IS 'The session';
COMMENT ON COLUMN workflow_runs.workflow_run_id IS 'The run, wrun_…';
COMMENT ON COLUMN workflow_runs.name IS 'What it is called';
COMMENT ON COLUMN workflow_runs.phase IS 'The phase that it is in; NULL before the first one, and once it has ended';
COMMENT ON COLUMN workflow_runs.phases IS 'How many phases its program has';
COMMENT ON COLUMN workflow_runs.agents IS 'How many agents it has started';
COMMENT ON COLUMN workflow_runs.done IS 'How many of them have ended';
COMMENT ON COLUMN workflow_runs.failed IS 'How many of those gave nothing: an error, or an answer that did not fit its schema';
COMMENT ON COLUMN workflow_runs.result IS 'running, completed, stopped or error';
COMMENT ON COLUMN workflow_runs.value IS 'What its program gave, as JSON, or why it failed';
COMMENT ON COLUMN workflow_runs.tokens IS 'All tokens of its agents';
COMMENT ON COLUMN workflow_runs.usd IS 'What they cost at list price, in USD; NULL where no list price is known';
COMMENT ON COLUMN workflow_runs.started_at IS 'When it was started';
COMMENT ON COLUMN workflow_runs.ended_at IS 'When it ended; NULL while it runs';
