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
    -- Of what another program did, no moment says when it was running.
    CASE WHEN coalesce(json_extract_string(d.body, '$.agent.id'), '') <> 'agent_imported' OR CAST(json_extract(s.body, '$.active_seconds') AS DOUBLE) > 0
        THEN CAST(json_extract(s.body, '$.active_seconds') AS DOUBLE) END AS active_seconds,
    json_extract_string(d.body, '$.workbench.project') AS project,
    string_split(nullif(json_extract_string(d.body, '$.metadata."workbench.tags"'), ''), ' ') AS tags,
    json_extract_string(d.body, '$.metadata."workbench.group"') AS "group",
    json_extract_string(d.body, '$.agent.model.id') AS model,
    TRY_CAST(json_extract_string(d.body, '$.budget.max_list_cost.amount') AS DOUBLE) / 100 AS budget_usd,
    json_extract_string(d.body, '$.workbench.forked_from') AS forked_from,
    json_extract_string(d.body, '$.deployment_id') AS deployment_id,
    json_extract_string(d.body, '$.metadata."workbench.imported"') AS imported_from,
    json_extract_string(d.body, '$.workbench.hosted') AS hosted,
    TRY_CAST(json_extract_string(s.body, '$.usage.input_tokens') AS BIGINT) AS input_tokens,
    TRY_CAST(json_extract_string(s.body, '$.usage.output_tokens') AS BIGINT) AS output_tokens,
    -- A fork's history was paid for by its parent.
    (SELECT CASE WHEN count(*) = count(m.usd) THEN coalesce(sum(m.usd), 0) END FROM model_requests AS m
        WHERE m.session_id = s.session_id AND m.seq > coalesce(CAST(json_extract(d.body, '$.workbench.copied_through') AS BIGINT), 0)) AS usd,
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
COMMENT ON COLUMN sessions.project IS 'The folder that it works on; NULL where there is none';
COMMENT ON COLUMN sessions.tags IS 'Its tags; NULL where it has none';
COMMENT ON COLUMN sessions."group" IS 'The group whose budget it shares';
COMMENT ON COLUMN sessions.model IS 'The model of its agent';
COMMENT ON COLUMN sessions.budget_usd IS 'What it may cost at list price, in USD; NULL where that is not limited';
COMMENT ON COLUMN sessions.forked_from IS 'The session that it is a fork of';
COMMENT ON COLUMN sessions.deployment_id IS 'The deployment that started it';
COMMENT ON COLUMN sessions.imported_from IS 'The program that it was imported from';
COMMENT ON COLUMN sessions.hosted IS 'The service where it works, of a session that is mirrored; NULL of those here';
COMMENT ON COLUMN sessions.input_tokens IS 'Uncached input tokens so far, from the last session.usage';
COMMENT ON COLUMN sessions.output_tokens IS 'Output tokens so far, from the last session.usage';
COMMENT ON COLUMN sessions.usd IS 'What its own requests cost at list price, those of its threads too, in USD; NULL where no list price is known';
COMMENT ON COLUMN sessions.last_text IS 'The last message of user or agent, at most 400 characters';
COMMENT ON COLUMN sessions.last_error IS 'The error that it has not got over yet';
