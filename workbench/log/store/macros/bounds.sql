-- What makes long texts or lists of short ones because of a number takes its memory beside the database's limit, in two thousand rows
-- at once, and hears no interrupt: in people's statements these stand in front of the functions of the same names. The bound is in an
-- argument, as a constant call is made in any case. As tables, range and generate_series are as long as one likes. What compares all of
-- two texts takes the product of their lengths, in time and memory.

CREATE MACRO too_many(wanted, since, until, step) AS
    step > step - step AND TRY(since + step * CAST(wanted AS BIGINT)) < until
    OR step < step - step AND TRY(since + step * CAST(wanted AS BIGINT)) > until;

CREATE MACRO range
    (until) AS system.main.range(CASE
        WHEN CAST(until AS BIGINT) > 10000 THEN error('range: the list would be longer than 10,000; write it as a table, FROM range(…)')
        ELSE CAST(until AS BIGINT)
    END),
    (since, until) AS system.main.range(since, CASE
        WHEN CAST(until AS HUGEINT) - since > 10000 THEN error('range: the list would be longer than 10,000; write it as a table, FROM range(…)')
        ELSE CAST(until AS BIGINT)
    END),
    (since, until, step) AS system.main.range(since, CASE
        WHEN too_many(10000, since, until, step) THEN error('range: the list would be longer than 10,000; write it as a table, FROM range(…)')
        ELSE until
    END, step);

CREATE MACRO generate_series
    (until) AS system.main.generate_series(CASE
        WHEN CAST(until AS BIGINT) >= 10000 THEN error('generate_series: the list would be longer than 10,000; write it as a table, FROM generate_series(…)')
        ELSE CAST(until AS BIGINT)
    END),
    (since, until) AS system.main.generate_series(since, CASE
        WHEN CAST(until AS HUGEINT) - since >= 10000 THEN error('generate_series: the list would be longer than 10,000; write it as a table, FROM generate_series(…)')
        ELSE CAST(until AS BIGINT)
    END),
    (since, until, step) AS system.main.generate_series(since, CASE
        WHEN too_many(9999, since, until, step) THEN error('generate_series: the list would be longer than 10,000; write it as a table, FROM generate_series(…)')
        ELSE until
    END, step);

CREATE MACRO list_resize
    (list, size) AS system.main.list_resize(list, CASE
        WHEN size > 10000 AND size > len(list) THEN error('list_resize: the list would be longer than 10,000') ELSE size
    END),
    (list, size, filling) AS system.main.list_resize(list, CASE
        WHEN size > 10000 AND size > len(list) THEN error('list_resize: the list would be longer than 10,000')
        WHEN size > len(list) AND strlen(CAST(filling AS VARCHAR)) * CAST(size AS HUGEINT) > 65536 THEN error('list_resize: the list would be larger than 64 KiB')
        ELSE size
    END, filling);

CREATE MACRO array_resize
    (list, size) AS list_resize(list, size),
    (list, size, filling) AS list_resize(list, size, filling);

CREATE MACRO bitstring(what, width) AS system.main.bitstring(what, CASE
    WHEN CAST(width AS HUGEINT) > 32768 THEN error('bitstring: the bits would be longer than 4 KiB') ELSE CAST(width AS INTEGER)
END);

CREATE MACRO repeat(what, times) AS system.main.repeat(what, CASE
    WHEN times > 1 AND strlen(CAST(what AS VARCHAR)) * CAST(times AS HUGEINT) > 4096 THEN error('repeat: the result would be longer than 4 KiB')
    ELSE CAST(times AS BIGINT)
END);

CREATE MACRO lpad(what, width, filling) AS system.main.lpad(what, CASE
    WHEN CAST(width AS HUGEINT) > 4096 THEN error('lpad: the text would be longer than 4 KiB') ELSE CAST(width AS INTEGER)
END, filling);

CREATE MACRO rpad(what, width, filling) AS system.main.rpad(what, CASE
    WHEN CAST(width AS HUGEINT) > 4096 THEN error('rpad: the text would be longer than 4 KiB') ELSE CAST(width AS INTEGER)
END, filling);

CREATE MACRO replace(what, part, other) AS system.main.replace(what, part, CASE
    WHEN strlen(other) > 64 AND strlen(what) * CAST(strlen(other) AS HUGEINT) > 1048576
        THEN error('replace: the text could be longer than 1 MiB')
    ELSE other
END);

CREATE MACRO regexp_replace
    (what, part, other) AS system.main.regexp_replace(what, part, CASE
        WHEN strlen(other) > 64 AND strlen(what) * CAST(strlen(other) AS HUGEINT) > 1048576
            THEN error('regexp_replace: the text could be longer than 1 MiB')
        ELSE other
    END),
    (what, part, other, options) AS system.main.regexp_replace(what, part, CASE
        WHEN strlen(other) > 64 AND strlen(what) * CAST(strlen(other) AS HUGEINT) > 1048576
            THEN error('regexp_replace: the text could be longer than 1 MiB')
        ELSE other
    END, options);

CREATE MACRO levenshtein(one, other) AS system.main.levenshtein(one, CASE
    WHEN strlen(one) * CAST(strlen(other) AS HUGEINT) > 262144 THEN error('levenshtein: the texts are too long to be compared so; write left(…, 500)')
    ELSE other
END);

CREATE MACRO editdist3(one, other) AS levenshtein(one, other);

CREATE MACRO damerau_levenshtein(one, other) AS system.main.damerau_levenshtein(one, CASE
    WHEN strlen(one) * CAST(strlen(other) AS HUGEINT) > 65536 THEN error('damerau_levenshtein: the texts are too long to be compared so; write left(…, 250)')
    ELSE other
END);
