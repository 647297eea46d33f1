# A schema with 100,000 rows; indexes, joins, transactions, WAL; a kill in the midst of writing loses nothing committed.
cd "$(mktemp -d)" || exit
sqlite3 db <<'END'
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, age INTEGER, town INTEGER REFERENCES towns (id));
CREATE TABLE towns (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) INSERT INTO towns SELECT i, 'town ' || i FROM n;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
INSERT INTO people SELECT i, 'name ' || (i * 7919 % 100003), i * 31 % 90, i % 100 + 1 FROM n;
CREATE INDEX by_age ON people (age, name);
SELECT count(*), sum(age), min(name), max(name) FROM people;
SELECT towns.name, count(*), avg(age) FROM people JOIN towns ON towns.id = town GROUP BY town ORDER BY 3 DESC, 1 LIMIT 3;
EXPLAIN QUERY PLAN SELECT * FROM people WHERE age = 5;
BEGIN;
DELETE FROM people WHERE age < 45;
SELECT count(*) FROM people;
ROLLBACK;
SELECT count(*) FROM people;
UPDATE people SET age = age + 1 WHERE id % 2;
VACUUM;
PRAGMA integrity_check;
END
stat -c %s db
sqlite3 db 'PRAGMA journal_mode = WAL; INSERT INTO towns VALUES (101, "new"); SELECT count(*) FROM towns; PRAGMA wal_checkpoint;'
for mode in DELETE WAL; do
    sqlite3 db "PRAGMA journal_mode = $mode; CREATE TABLE kept_$mode (i INTEGER);"
    : >written
    (
        for i in $(seq 20000); do
            echo "INSERT INTO kept_$mode VALUES ($i); SELECT $i;"
        done
    ) | sqlite3 db >written 2>/dev/null &
    writer=$!
    until [ "$(wc -l <written)" -gt 100 ]; do sleep 0.01; done
    kill -KILL $writer
    wait $writer 2>/dev/null
    sqlite3 db "PRAGMA integrity_check; SELECT count(*) >= $(wc -l <written), count(*) = max(i) FROM kept_$mode;"
done
sqlite3 db 'BEGIN EXCLUSIVE; SELECT "locked";' '.shell touch locked; until [ -e tried ]; do sleep 0.1; done' 'COMMIT;' &
until [ -e locked ]; do sleep 0.1; done
sqlite3 db 'INSERT INTO towns VALUES (200, "x");' 2>&1 | tail -1
touch tried
wait
sqlite3 db '.timeout 5000' 'INSERT INTO towns VALUES (201, "y"); SELECT count(*) FROM towns;'
sqlite3 db .dump | md5sum | wc -l
sqlite3 db '.mode csv' '.output out.csv' 'SELECT * FROM people LIMIT 1000;' && wc -l out.csv
sqlite3 other '.mode csv' '.import out.csv t' 'SELECT count(*) FROM t;'
