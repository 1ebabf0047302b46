-- An outbreak of thirty days in the register at hand, set-wise, for benchmarks/pages.py.
--
-- Before it runs there are: residents, sites, `codes(number, signs)`, `said(moment, pack,
-- open_round, playbook)`, rounds and the accounts. Every id is made from what it is about, so that
-- causes can be named before their events are written.

SELECT setseed(0.42);

CREATE FUNCTION pg_temp.moment() RETURNS timestamptz LANGUAGE sql STABLE
AS 'SELECT moment FROM said';

-- As UUIDv7: sorts by time.
CREATE FUNCTION pg_temp.made(at timestamptz, about text) RETURNS uuid LANGUAGE sql IMMUTABLE
AS $$
  SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7'
    || substr(md5(about), 1, 3) || '8' || substr(md5(about), 4, 15))::uuid
$$;

CREATE FUNCTION pg_temp.event(about text) RETURNS uuid LANGUAGE sql IMMUTABLE
AS $$ SELECT md5('event ' || about)::uuid $$;

CREATE FUNCTION pg_temp.grid(path text) RETURNS text LANGUAGE sql IMMUTABLE
AS $$ SELECT array_to_string((string_to_array(path, '/'))[1:6], '/') || '/' $$;

CREATE TEMP TABLE crowd ON COMMIT DROP AS
SELECT (row_number() OVER (ORDER BY area_path, id) - 1)::int AS n, id, number, area_path
FROM people_resident WHERE merged_into_id IS NULL;
CREATE UNIQUE INDEX ON crowd (n);

CREATE TEMP TABLE venues ON COMMIT DROP AS
SELECT (row_number() OVER (ORDER BY number) - 1)::int AS n, number
FROM areas_site WHERE kind = 'venue';

CREATE TEMP TABLE hands ON COMMIT DROP AS
SELECT (row_number() OVER (ORDER BY username) - 1)::int AS n, id FROM kernel_account;

CREATE TEMP TABLE sizes ON COMMIT DROP AS SELECT
  (SELECT count(*) FROM crowd)::int AS people,
  (SELECT count(*) FROM venues)::int AS venues,
  (SELECT count(*) FROM hands)::int AS hands;

CREATE UNIQUE INDEX ON codes (number);
CREATE UNIQUE INDEX ON venues (n);
CREATE UNIQUE INDEX ON hands (n);
ANALYZE crowd, venues, hands, codes;


-- Tubes: 36,000 of the round under way, 12,000 of the nineteen before, 2,000 single retests.

CREATE TEMP TABLE tube ON COMMIT DROP AS
WITH drawn AS (
  SELECT i, i > 12000 AS today, i > 48000 AS retest, random() AS luck, random() AS wait,
    CASE WHEN i > 48000 THEN pg_temp.moment() - interval '14 hours' + (i - 48000) * interval '20 s'
      WHEN i > 12000 THEN pg_temp.moment() - interval '15 hours' + (i - 12000) * interval '1.4 s'
      ELSE pg_temp.moment() - interval '21 days' + i * interval '140 s' END AS opened_at
  FROM generate_series(1, 50000) AS i
), timed AS (
  SELECT *, opened_at + interval '15 minutes' AS sealed_at,
    opened_at + interval '15 minutes' + (3 + 5 * wait) * interval '1 hour' AS found_at
  FROM drawn
)
SELECT i, retest, luck, opened_at, sealed_at, found_at,
  pg_temp.made(opened_at, 'tube ' || i) AS id,
  'T' || codes.signs AS barcode,
  crowd.n AS first, crowd.id AS resident_id, pg_temp.grid(crowd.area_path) AS area_path,
  CASE WHEN retest THEN 1 ELSE 8 + i % 3 END AS swabs,
  CASE WHEN sealed_at > pg_temp.moment() THEN 'open'
    WHEN found_at > pg_temp.moment() THEN 'sealed'
    WHEN luck < CASE WHEN retest THEN 0.1 ELSE 0.004 END THEN 'positive'
    WHEN luck > 0.998 THEN 'invalid' ELSE 'negative' END AS state,
  CASE WHEN retest THEN NULL WHEN today THEN (SELECT open_round FROM said)
    ELSE (SELECT id FROM sampling_round WHERE name = 'earlier ' || 1 + i / 650) END AS round_id
FROM timed
JOIN codes ON codes.number = i
JOIN crowd ON crowd.n = (i::bigint * 10) % (SELECT people FROM sizes);
CREATE UNIQUE INDEX ON tube (i);
ANALYZE tube;

CREATE TEMP TABLE pool ON COMMIT DROP AS
SELECT (row_number() OVER (ORDER BY i) - 1)::int AS n, * FROM tube
WHERE state = 'positive' AND NOT retest;

CREATE UNIQUE INDEX ON pool (n);
ANALYZE pool;

CREATE TEMP TABLE pools ON COMMIT DROP AS SELECT count(*)::int AS number FROM pool;

INSERT INTO sampling_tube (id, number, barcode, round_id, purpose, retest_of_id, area_path, "group", state,
  swabs, capacity, pack, opened_at, sealed_at, result_at, void_reason)
SELECT id, i, barcode, round_id, CASE WHEN retest THEN 'retest' ELSE 'round' END, NULL, area_path, 'general',
  state, CASE WHEN state = 'open' THEN 0 ELSE swabs END, CASE WHEN retest THEN 1 ELSE 10 END,
  (SELECT pack FROM said), opened_at, CASE WHEN state = 'open' THEN NULL ELSE sealed_at END,
  CASE WHEN state IN ('negative', 'positive', 'invalid') THEN found_at END, ''
FROM tube;

UPDATE sampling_tube SET retest_of_id = pool.id
FROM tube, pool, pools
WHERE tube.id = sampling_tube.id AND tube.retest AND pool.n = tube.i % pools.number;

CREATE TEMP TABLE swab ON COMMIT DROP AS
SELECT tube.i, tube.id AS tube_id, tube.round_id, crowd.id AS resident_id, crowd.area_path,
  tube.opened_at + k * interval '30 s' AS taken_at
FROM tube
CROSS JOIN LATERAL generate_series(0, tube.swabs - 1) AS k
JOIN crowd ON crowd.n = (tube.first + k) % (SELECT people FROM sizes)
WHERE tube.state <> 'open';

INSERT INTO sampling_swab (id, tube_id, resident_id, taken_at)
SELECT pg_temp.made(taken_at, 'swab ' || tube_id || resident_id), tube_id, resident_id, taken_at
FROM swab ORDER BY i;

INSERT INTO sampling_turnout (round_id, resident_id, area_path)
SELECT DISTINCT round_id, resident_id, area_path FROM swab WHERE round_id IS NOT NULL
ON CONFLICT DO NOTHING;

INSERT INTO sampling_report (id, tube_id, laboratory_id, finding, standing, measured_at,
  reported_at, reported_by, reason)
SELECT pg_temp.made(found_at, 'report ' || i), id, NULL, state, 'decided', found_at, found_at,
  (SELECT id FROM hands WHERE n = tube.i % (SELECT hands FROM sizes)), ''
FROM tube WHERE state IN ('negative', 'positive', 'invalid');

INSERT INTO sampling_report (id, tube_id, laboratory_id, finding, standing, measured_at,
  reported_at, reported_by, reason)
SELECT pg_temp.made(found_at, 'dispute ' || i), id, NULL, 'positive', 'disputed', found_at,
  found_at, (SELECT id FROM hands WHERE n = 0), ''
FROM tube WHERE state = 'negative' AND i % 500 = 0;


-- Cases: 1,000, more of them lately, more of them where the register begins.

CREATE TEMP TABLE infected ON COMMIT DROP AS
WITH drawn AS MATERIALIZED (
  SELECT k, floor((SELECT people FROM sizes) * power(random(), 2))::int AS n,
    pg_temp.moment() - power(random(), 1.5) * interval '29 days' - interval '10 min' AS reported_at,
    random() AS luck, random() AS wait
  FROM generate_series(1, 1600) AS k
), one_each AS (
  SELECT DISTINCT ON (n) * FROM drawn ORDER BY n, k
), numbered AS (
  SELECT row_number() OVER (ORDER BY reported_at)::int AS i, *
  FROM (SELECT * FROM one_each ORDER BY k LIMIT 1000) AS first
)
SELECT numbered.i, numbered.n, reported_at, luck,
  reported_at - (6 + 12 * wait) * interval '1 hour' AS specimen_at,
  pg_temp.made(reported_at, 'case ' || numbered.i) AS id, 'C' || codes.signs AS code,
  crowd.id AS resident_id, crowd.number AS person, crowd.area_path,
  CASE WHEN luck < 0.02 THEN 'withdrawn'
    WHEN reported_at < pg_temp.moment() - interval '12 days' THEN 'closed' ELSE 'open' END AS state,
  reported_at > pg_temp.moment() - interval '3 days' AS fresh
FROM numbered JOIN crowd ON crowd.n = numbered.n JOIN codes ON codes.number = numbered.i;
CREATE UNIQUE INDEX ON infected (i);
ANALYZE infected;

INSERT INTO cases_case (id, number, resident_id, area_path, classification, found_by,
  under_control, state, onset_on, specimen_at, isolated_at, infectious_from, infectious_until,
  pack, because_id, reported_at, traced_at, closed_at)
SELECT id, i, resident_id, area_path, CASE WHEN i % 5 < 4 THEN 'asymptomatic' ELSE 'confirmed' END,
  (ARRAY['screening', 'contact', 'clinic', 'checkpoint'])[1 + i % 4], luck < 0.6, state, NULL,
  specimen_at, reported_at, specimen_at - interval '2 days', reported_at, (SELECT pack FROM said),
  (SELECT pg_temp.event('result ' || pool.i) FROM pool, pools WHERE pool.n = infected.i % number),
  reported_at, reported_at + interval '5 minutes',
  CASE WHEN state <> 'open' THEN reported_at + interval '11 days' END
FROM infected;

INSERT INTO cases_visit (person, place, start_at, end_at, source)
SELECT person, place, start_at, start_at + stayed * interval '1 minute',
  (ARRAY['attended', 'rotating', 'poster', 'interview'])[1 + (person + place) % 4]
FROM (
  SELECT person, venues.number AS place, stayed,
    date_trunc('minute', reported_at - back * interval '1 day') AS start_at
  FROM (
    SELECT person, reported_at, 10 * random() AS back, 5 + floor(110 * random()) AS stayed,
      floor((SELECT venues FROM sizes) * power(random(), 2))::int AS v
    FROM infected, generate_series(1, 30)
    UNION ALL
    SELECT number, pg_temp.moment(), 14 * random(), 5 + floor(110 * random()),
      floor((SELECT venues FROM sizes) * power(random(), 2))::int
    FROM (SELECT number FROM crowd WHERE n % 7 = 0 LIMIT 60000) AS others, generate_series(1, 5)
  ) AS drawn JOIN venues ON venues.n = drawn.v
) AS stays
ON CONFLICT DO NOTHING;

INSERT INTO cases_longestvisit (place, minutes)
SELECT place, max(extract(epoch FROM end_at - start_at) / 60)::int FROM cases_visit GROUP BY place;


-- Contacts: 20,000; half of the cases have few, some have hundreds.

CREATE TEMP TABLE met ON COMMIT DROP AS
WITH drawn AS MATERIALIZED (
  SELECT k, 1 + floor(1000 * power(random(), 3))::int AS pick,
    floor(4000 * (random() + random() - 1))::int AS away, random() AS luck,
    floor(180 * power(random(), 2))::int AS minutes,
    floor((SELECT venues FROM sizes) * power(random(), 2))::int AS v
  FROM generate_series(1, 26000) AS k
), placed AS (
  SELECT drawn.*, infected.i, infected.id AS case_id, infected.code, infected.fresh,
    infected.reported_at,
    ((infected.n + away)::bigint + (SELECT people FROM sizes)) % (SELECT people FROM sizes) AS n
  FROM drawn JOIN infected ON infected.i = 1 + (pick * 7919) % 1000
  WHERE away <> 0
)
SELECT DISTINCT ON (case_id, placed.n) placed.*, crowd.id AS resident_id, crowd.area_path,
  pg_temp.made(reported_at, 'contact ' || case_id || placed.n) AS id,
  CASE WHEN luck < 0.6 THEN 'close' WHEN luck < 0.7 THEN 'secondary' ELSE 'general' END AS kind,
  CASE WHEN luck BETWEEN 0.6 AND 0.7 THEN 'named' WHEN luck < 0.1 THEN 'household'
    ELSE 'co_presence' END AS how,
  CASE WHEN fresh AND k % 2 = 0 THEN 'proposed' WHEN k % 7 = 0 THEN 'discarded'
    ELSE 'confirmed' END AS state
FROM placed JOIN crowd ON crowd.n = placed.n;
DELETE FROM met WHERE ctid IN (SELECT ctid FROM met ORDER BY k OFFSET 20000);
ANALYZE met;

INSERT INTO cases_contact (id, case_id, resident_id, area_path, kind, how, state, through_id, place,
  evidence, meetings, minutes, first_at, last_at, pack, decided_at, reason, found_at)
SELECT met.id, case_id, resident_id, area_path, kind, how, state, NULL,
  CASE WHEN how = 'co_presence' THEN venues.number END,
  CASE WHEN how = 'co_presence' THEN 'rotating' ELSE '' END, 1 + k % 3, minutes,
  reported_at - interval '2 days', reported_at - interval '1 day', (SELECT pack FROM said),
  CASE WHEN state <> 'proposed' THEN reported_at + interval '1 hour' END,
  CASE WHEN state = 'discarded' THEN 'was elsewhere' ELSE '' END,
  reported_at + interval '5 minutes'
FROM met JOIN venues ON venues.n = met.v;


-- Orders: 100,000. Infected people, contacts, members of pools, people around cases.

CREATE TEMP TABLE ordered ON COMMIT DROP AS
WITH grounds AS (
  SELECT resident_id, area_path, 'hospital' AS kind, 'infected' AS subject, id AS about_id,
    pg_temp.event('case ' || i) AS because_id, reported_at AS at, interval '9 days' AS length,
    1 AS first
  FROM infected
  UNION ALL
  SELECT resident_id, area_path,
    CASE kind WHEN 'close' THEN 'central_quarantine' ELSE 'home_quarantine' END,
    CASE kind WHEN 'close' THEN 'close_contact' ELSE 'secondary_contact' END, id,
    pg_temp.event('contact ' || id), reported_at + interval '1 hour', interval '7 days', 1
  FROM met WHERE state = 'confirmed' AND kind <> 'general'
  UNION ALL
  SELECT crowd.id, crowd.area_path, 'hold', 'pool_member', pool.id,
    pg_temp.event('result ' || pool.i), pool.found_at, interval '1 day', 2
  FROM pool CROSS JOIN LATERAL generate_series(0, 199) AS k
  JOIN crowd ON crowd.n = (pool.first + k) % (SELECT people FROM sizes)
  UNION ALL
  SELECT crowd.id, crowd.area_path, 'home_quarantine', 'high_risk_resident', infected.id,
    pg_temp.event('case ' || infected.i), infected.reported_at + interval '2 hours',
    interval '7 days', 3
  FROM infected CROSS JOIN LATERAL generate_series(1, 120) AS k
  JOIN crowd ON crowd.n = (infected.n + k) % (SELECT people FROM sizes)
), numbered AS (
  SELECT row_number() OVER (ORDER BY at, resident_id)::int AS i, *
  FROM (
    SELECT DISTINCT ON (resident_id, about_id, kind) * FROM grounds
    ORDER BY resident_id, about_id, kind, first
  ) AS distinct_ones
  WHERE at <= pg_temp.moment()
  AND (first < 3 OR hashtext(resident_id::text || about_id) % 100 < 62)
)
SELECT numbered.*, 'O' || codes.signs AS code, at + length AS ends_at,
  pg_temp.made(at, 'order ' || numbered.i) AS id,
  CASE WHEN at + length > pg_temp.moment()
      OR (at + length > pg_temp.moment() - interval '4 hours' AND numbered.i % 4 = 0)
    THEN 'in_force' ELSE 'ended' END AS state
FROM numbered JOIN codes ON codes.number = numbered.i
WHERE numbered.i <= 100000;
ANALYZE ordered;

INSERT INTO measures_order (id, number, resident_id, area_path, kind, subject, stage, state,
  because_id, about_id, pack, rule, counted_from, starts_at, ends_at, issued_at, issued_by,
  follows_id, served_at, release_proposed_at, ended_at, end_reason)
SELECT id, i, resident_id, area_path, kind, subject, 0, state, because_id, about_id,
  (SELECT pack FROM said),
  CASE kind WHEN 'hold' THEN 'positive_pool.hold' ELSE 'measures.' || subject END,
  at, at, ends_at, at, (SELECT playbook FROM said), NULL,
  CASE WHEN i % 10 <> 0 THEN at + interval '2 hours' END, NULL,
  CASE WHEN state = 'ended' THEN ends_at END,
  CASE WHEN state = 'ended' THEN 'all conditions hold' ELSE '' END
FROM ordered ORDER BY i;

INSERT INTO measures_extension (id, order_id, was, becomes, reason, by_id, at)
SELECT md5('extension ' || i)::uuid, id, ends_at - interval '1 day', ends_at, 'a new finding',
  (SELECT id FROM hands WHERE n = 0), ends_at - interval '1 day'
FROM ordered WHERE i % 50 = 0;

INSERT INTO measures_objection (id, order_id, text, filed_at, filed_by, state, decided_at,
  decided_by, reasons)
SELECT md5('objection ' || i)::uuid, id, 'I was not there.', at + interval '1 hour',
  (SELECT id FROM hands WHERE n = 0), CASE state WHEN 'ended' THEN 'rejected' ELSE 'open' END,
  CASE state WHEN 'ended' THEN at + interval '1 day' END,
  CASE state WHEN 'ended' THEN (SELECT id FROM hands WHERE n = 1) END,
  CASE state WHEN 'ended' THEN 'The camera shows it.' ELSE '' END
FROM ordered WHERE i % 300 = 0;

INSERT INTO sampling_testcall (id, resident_id, area_path, reason, about_id, "group", day, due_at,
  state, tube_id, because_id)
SELECT md5('call ' || i || ' ' || day)::uuid, resident_id, area_path, 'order', id, 'community', day,
  at + day * interval '1 day',
  CASE WHEN state = 'ended' THEN 'cancelled' ELSE 'due' END, NULL,
  pg_temp.event('order ' || i)
FROM ordered, unnest(ARRAY[1, 3, 7]) AS day
WHERE kind <> 'hold' AND (state = 'in_force' OR i % 4 = 0);

INSERT INTO sampling_testcall (id, resident_id, area_path, reason, about_id, "group", day, due_at,
  state, tube_id, because_id)
SELECT md5('retest ' || pool.i || ' ' || k)::uuid, crowd.id, crowd.area_path, 'retest', pool.id,
  'community', NULL, pool.found_at + interval '2 hours', 'cancelled', NULL,
  pg_temp.event('result ' || pool.i)
FROM pool CROSS JOIN LATERAL generate_series(0, pool.swabs - 1) AS k
JOIN crowd ON crowd.n = (pool.first + k) % (SELECT people FROM sizes);


-- Tasks: 20,000, of which some 3,000 are to be done and some 300 are late.

CREATE TEMP TABLE task ON COMMIT DROP AS
WITH wanted AS (
  SELECT 'investigate_case' AS kind, 'investigate' AS duty, area_path, id AS about_id, code,
    pg_temp.event('case ' || i) AS because_id, reported_at AS at, interval '1 day' AS length
  FROM infected
  UNION ALL
  SELECT 'confirm_contacts', 'investigate', area_path, id, code,
    pg_temp.event('contacts ' || i), reported_at + interval '5 min', interval '1 day'
  FROM infected
  UNION ALL
  SELECT CASE kind WHEN 'central_quarantine' THEN 'transfer_person' ELSE 'serve_order' END,
    'carry_out', area_path, id, code, pg_temp.event('order ' || i), at, interval '8 hours'
  FROM ordered WHERE kind <> 'hold' AND i % 3 = 0
  UNION ALL
  SELECT 'decide_release', 'decide_measures', area_path, id, code, pg_temp.event('order ' || i),
    ends_at, interval '8 hours'
  FROM ordered WHERE state = 'in_force' AND ends_at <= pg_temp.moment()
  UNION ALL
  SELECT 'retest_members', 'collect_samples', area_path, id, barcode,
    pg_temp.event('result ' || i), found_at, interval '4 hours'
  FROM pool
), numbered AS (
  SELECT row_number() OVER (ORDER BY at DESC, about_id, kind)::int AS i, * FROM wanted
)
SELECT *, pg_temp.made(at, 'task ' || i) AS id, pg_temp.grid(area_path) AS grid,
  CASE WHEN at + length > pg_temp.moment() OR i % 60 = 0
    THEN CASE WHEN i % 3 = 0 THEN 'taken' ELSE 'open' END ELSE 'done' END AS state,
  at + length AS due_at
FROM numbered WHERE i <= 20000;
ANALYZE task;

INSERT INTO dispatch_task (id, kind, duty, area_path, route, about_id, facts, state, owner_id, because_id,
  created_at, due_at, taken_at, closed_at, level, escalated_at, note, refusal, refused_by_id)
SELECT id, kind, duty, grid, grid, about_id, jsonb_build_object('code', code), state,
  CASE WHEN state <> 'open' THEN
    (SELECT hands.id FROM hands WHERE hands.n = task.i % (SELECT hands FROM sizes)) END,
  because_id, at, due_at, CASE WHEN state <> 'open' THEN at + interval '30 min' END,
  CASE WHEN state = 'done' THEN at + interval '2 hours' END,
  CASE WHEN state = 'done' OR due_at > pg_temp.moment() THEN i % 2 ELSE i % 4 END,
  NULL, '', '', NULL
FROM task;


-- The ledger: what all of this leaves in it, and 130,000 times that somebody was looked at.

CREATE TEMP TABLE told ON COMMIT DROP AS
SELECT pg_temp.event('sealed ' || i) AS id, 'sampling.tube_sealed' AS kind, id AS subject_id,
  area_path, NULL::uuid AS actor_id, NULL::uuid AS because_id, '' AS pack, sealed_at AS at,
  jsonb_build_object('barcode', barcode, 'swabs', swabs) AS facts
FROM tube WHERE state <> 'open'
UNION ALL
SELECT pg_temp.event('result ' || i), 'sampling.tube_found_' || state, id, area_path, NULL,
  pg_temp.event('sealed ' || i), (SELECT pack FROM said), found_at,
  jsonb_build_object('barcode', barcode, 'swabs', swabs,
    'purpose', CASE WHEN retest THEN 'retest' ELSE 'round' END,
    'resident_id', CASE WHEN retest THEN resident_id END, 'retest_of_id', NULL,
    'specimen_at', opened_at, 'measured_at', found_at)
FROM tube WHERE state IN ('negative', 'positive', 'invalid')
UNION ALL
SELECT pg_temp.event('case ' || infected.i), 'cases.case_reported', infected.id,
  infected.area_path, (SELECT playbook FROM said), pg_temp.event('result ' || pool.i),
  (SELECT pack FROM said), reported_at, jsonb_build_object('code', infected.code,
    'resident_id', infected.resident_id, 'classification', 'confirmed',
    'specimen_at', specimen_at, 'under_control', false)
FROM infected, pool, pools WHERE pool.n = infected.i % pools.number
UNION ALL
SELECT pg_temp.event('contacts ' || i), 'cases.contacts_proposed', id, area_path,
  (SELECT playbook FROM said), pg_temp.event('case ' || i), (SELECT pack FROM said),
  reported_at + interval '5 min',
  jsonb_build_object('code', code, 'close', 12, 'general', 6, 'secondary', 2)
FROM infected
UNION ALL
SELECT pg_temp.event('closed ' || i), 'cases.case_closed', id, area_path, NULL,
  pg_temp.event('case ' || i), '', reported_at + interval '11 days',
  jsonb_build_object('code', code, 'resident_id', resident_id)
FROM infected WHERE state = 'closed'
UNION ALL
SELECT pg_temp.event('contact ' || id), 'cases.contact_confirmed', id, area_path, NULL,
  pg_temp.event('contacts ' || i), (SELECT pack FROM said), reported_at + interval '1 hour',
  jsonb_build_object('case_id', case_id, 'code', code, 'resident_id', resident_id,
    'contact_kind', kind, 'how', how, 'minutes', minutes,
    'last_at', reported_at - interval '1 day')
FROM met WHERE state = 'confirmed'
UNION ALL
SELECT pg_temp.event('order ' || i), 'measures.order_issued', id, area_path,
  (SELECT playbook FROM said), because_id, (SELECT pack FROM said), at,
  jsonb_build_object('code', code, 'resident_id', resident_id, 'measure', kind,
    'subject', subject, 'rule', 'measures.' || subject, 'stage', 0, 'about_id', about_id,
    'ends_at', ends_at)
FROM ordered
UNION ALL
SELECT pg_temp.event('served ' || i), 'measures.order_served', id, area_path, NULL,
  pg_temp.event('order ' || i), '', at + interval '2 hours', jsonb_build_object('code', code)
FROM ordered WHERE i % 10 <> 0
UNION ALL
SELECT pg_temp.event('ended ' || i), 'measures.order_ended', id, area_path, NULL,
  pg_temp.event('order ' || i), (SELECT pack FROM said), ends_at,
  jsonb_build_object('code', code, 'resident_id', resident_id, 'measure', kind,
    'reason', 'all conditions hold')
FROM ordered WHERE state = 'ended'
UNION ALL
SELECT pg_temp.event('task ' || i), 'dispatch.task_opened', id, grid, (SELECT playbook FROM said),
  because_id, '', at, jsonb_build_object('task', kind, 'about_id', about_id, 'duty', duty,
    'due_at', due_at, 'level', 0)
FROM task
UNION ALL
SELECT pg_temp.event('done ' || i), 'dispatch.task_finished', id, grid, NULL,
  pg_temp.event('task ' || i), '', at + interval '2 hours',
  jsonb_build_object('task', kind, 'about_id', about_id, 'note', '')
FROM task WHERE state = 'done'
UNION ALL
SELECT md5('looked ' || crowd.n || ' ' || k)::uuid, 'people.person_opened', crowd.id,
  crowd.area_path, NULL, NULL, '',
  pg_temp.moment() - (abs(hashtext(crowd.n || ' ' || k)) % 2500000) * interval '1 s',
  jsonb_build_object('purpose', 'page')
FROM crowd, generate_series(1, 2) AS k WHERE crowd.n < 50000
UNION ALL
SELECT md5('looked at case ' || i || ' ' || k)::uuid, 'people.person_opened', resident_id,
  area_path, NULL, NULL, '',
  pg_temp.moment() - (abs(hashtext(i || ' ' || k)) % 2500000) * interval '1 s',
  jsonb_build_object('purpose', 'page')
FROM infected, generate_series(1, 30) AS k;

INSERT INTO kernel_event (id, kind, subject_id, area_path, actor_id, because_id, pack, at, facts,
  exercise)
SELECT told.id, kind, subject_id, area_path, coalesce(actor_id, hands.id), because_id, pack, at,
  facts, true
FROM told JOIN hands ON hands.n = abs(hashtext(told.id::text)) % (SELECT hands FROM sizes)
WHERE at <= pg_temp.moment()
ORDER BY at, told.id;

SELECT setval('sampling_tube_number', 50000), setval('cases_case_number', 1000),
  setval('measures_order_number', 100000);
