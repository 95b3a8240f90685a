-- How many servers were bought and became ready in each minute and each hour, for the charts of the console.
CREATE TABLE trends (
  grain      TEXT NOT NULL CHECK (grain IN ('minute', 'hour')),
  at         INTEGER NOT NULL,
  purchases  INTEGER NOT NULL,
  ready      INTEGER NOT NULL,
  waited_ms  INTEGER NOT NULL,
  longest_ms INTEGER NOT NULL,
  PRIMARY KEY (grain, at)
) STRICT;
