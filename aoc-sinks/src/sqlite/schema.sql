-- Version 1. Small rows for what every search and every append needs; bodies apart, so that scans stay small.

-- position: place in the log. key: head of SHA-256 of the dedupe key. ticks: event time, 100 ns since 1970.
-- print: seeded hash of the raw text; equal prints under one key are the same record byte for byte.
CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    key      BLOB NOT NULL,
    ticks    INTEGER NOT NULL,
    print    INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_key ON events (key);

-- body: length when unpacked (4 bytes, little end first), then a zstd frame of: length of the head (4 bytes),
-- head (JSON of all but the raw record, under short names), the raw record.
CREATE TABLE bodies (
    position   INTEGER PRIMARY KEY,
    dictionary INTEGER NOT NULL,
    body       BLOB NOT NULL
) STRICT;

-- Compression dictionaries, trained from this store's own events. 0 is none.
CREATE TABLE dictionaries (
    id    INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;

-- Other keys of revisions: what they say, so that another shape of one is recognised.
CREATE TABLE aliases (
    key      BLOB PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX aliases_position ON aliases (position);

-- All sources there ever were: an id alone is looked up under each of them.
CREATE TABLE sources (
    name TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE tags (
    tag      TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (tag, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX tags_position ON tags (position);

CREATE TABLE comments (
    position INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    comment  TEXT NOT NULL,
    PRIMARY KEY (position, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE notes (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
-- What ties an index to this store. Here from the start: who only searches could not note it without becoming the
-- one who writes.
INSERT INTO notes (key, value) VALUES ('index/identity', json_quote(lower(hex(randomblob(16)))));

-- seed: of the prints. head: last position, kept for when the last events are forgotten. horizon: ticks before
-- which all is forgotten.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta (name, value) VALUES ('seed', random()), ('head', 0);
