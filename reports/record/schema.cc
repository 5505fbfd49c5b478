// The steps of the schema, oldest first.
#include "reports/record/schema.h"

#include <array>
#include <string>

#include "reports/record/views.h"

namespace qbench {
namespace {

constexpr const char* kVersion1 = R"sql(
CREATE TABLE runs (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  suite        TEXT NOT NULL,
  command_line TEXT NOT NULL,
  started      TEXT NOT NULL,
  finished     TEXT NOT NULL
);
CREATE TABLE environment (
  run      INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  position INTEGER NOT NULL,
  name     TEXT NOT NULL,
  value    TEXT NOT NULL,
  PRIMARY KEY (run, position)
) WITHOUT ROWID;
CREATE TABLE cases (
  id              INTEGER PRIMARY KEY,
  run             INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  case_id         TEXT NOT NULL,
  model           TEXT NOT NULL,
  model_source    TEXT NOT NULL,
  dataset         TEXT NOT NULL,
  backend         TEXT NOT NULL,
  precision       TEXT NOT NULL,
  mode            TEXT NOT NULL,
  calib_batches   INTEGER NOT NULL,
  quantized_dtype TEXT NOT NULL,
  batch_size      INTEGER NOT NULL,
  threads         INTEGER NOT NULL,
  status          TEXT NOT NULL,
  reason          TEXT NOT NULL,
  documented_top1 REAL,
  documented_top5 REAL,
  documented_map  REAL,
  started         TEXT NOT NULL,
  finished        TEXT NOT NULL,
  model_hash      TEXT NOT NULL,
  data_hash       TEXT NOT NULL,
  options_hash    TEXT NOT NULL,
  reproduce       TEXT NOT NULL,
  details         TEXT NOT NULL,  -- JSON
  latency_ns      BLOB NOT NULL,  -- 8-byte floats, little-endian
  predictions     BLOB NOT NULL,  -- each int64 sample, int32 label, 5 int32 classes, little-endian
  UNIQUE (run, case_id)
);
CREATE INDEX cases_by_content ON cases (case_id, run);
CREATE TABLE metrics (
  case_row         INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
  position         INTEGER NOT NULL,
  name             TEXT NOT NULL,
  value            REAL,
  unit             TEXT NOT NULL,
  bigger_is_better INTEGER NOT NULL,
  PRIMARY KEY (case_row, position)
) WITHOUT ROWID;
)sql";

constexpr const char* kVersion2 = R"sql(
-- each image: int64 sample, int32 numbers of detections and classes; a detection: int32 class,
-- float32 score, int32 verdicts (blob.h); a class: int32 class, boxes for VOC, boxes for COCO
ALTER TABLE cases ADD COLUMN detections BLOB NOT NULL DEFAULT x'';
)sql";

constexpr const char* kVersion3 = R"sql(
-- place in the run's plan: cases on several devices end in any order
ALTER TABLE cases ADD COLUMN position INTEGER NOT NULL DEFAULT 0;
)sql";

constexpr const char* kVersion4 = R"sql(
-- how many of latency_ns each process took, in turn: "11,11,12"; empty: all are of one process
ALTER TABLE cases ADD COLUMN latency_counts TEXT NOT NULL DEFAULT '';
-- what of a case of that status proves nothing: "latency"; empty: all
ALTER TABLE cases ADD COLUMN mistrusted TEXT NOT NULL DEFAULT '';
-- predictions are in the order of scoring, which ended when a drop of this margin was decided
ALTER TABLE cases ADD COLUMN decided_margin REAL;
CREATE TABLE verdicts (
  run           INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  position      INTEGER NOT NULL,
  rule          TEXT NOT NULL,
  kind          TEXT NOT NULL,
  place         TEXT NOT NULL,  -- FILE:LINE:COLUMN
  case_id       TEXT NOT NULL,  -- '': about the rule as a whole
  word          TEXT NOT NULL,  -- ok, worse, inconclusive, mistrusted, not judged
  failed        INTEGER NOT NULL,
  value         REAL,
  bound         REAL,
  low           REAL,  -- interval of value
  high          REAL,
  images_needed INTEGER,
  reason        TEXT NOT NULL,
  PRIMARY KEY (run, position)
) WITHOUT ROWID;
)sql";

// Of version 4: raw samples, predictions and detections by their content. What several cases have
// in common is kept once, and the key tells whether the bytes are those that were written. No
// foreign keys: they would cost an index on each of the three columns.
constexpr const char* kContent = R"sql(
CREATE TABLE blobs (
  hash  TEXT PRIMARY KEY,  -- XXH3 of the bytes, 128 bits as 32 hexadecimal digits
  bytes BLOB NOT NULL
);
-- into blobs; NULL: there are none
ALTER TABLE cases ADD COLUMN latency_hash TEXT;
ALTER TABLE cases ADD COLUMN predictions_hash TEXT;
ALTER TABLE cases ADD COLUMN detections_hash TEXT;
INSERT OR IGNORE INTO blobs
  SELECT content_hash(latency_ns), latency_ns FROM cases WHERE length(latency_ns) > 0;
INSERT OR IGNORE INTO blobs
  SELECT content_hash(predictions), predictions FROM cases WHERE length(predictions) > 0;
INSERT OR IGNORE INTO blobs
  SELECT content_hash(detections), detections FROM cases WHERE length(detections) > 0;
UPDATE cases SET
  latency_hash     = CASE WHEN length(latency_ns) > 0 THEN content_hash(latency_ns) END,
  predictions_hash = CASE WHEN length(predictions) > 0 THEN content_hash(predictions) END,
  detections_hash  = CASE WHEN length(detections) > 0 THEN content_hash(detections) END;
ALTER TABLE cases DROP COLUMN latency_ns;
ALTER TABLE cases DROP COLUMN predictions;
ALTER TABLE cases DROP COLUMN detections;
)sql";

// Of version 4: what takes long to compute from blobs (statistics_cache.h).
constexpr const char* kStatistics = R"sql(
CREATE TABLE statistics (
  name       TEXT NOT NULL,  -- with the version of the formula: "map_drop 1"
  parameters TEXT NOT NULL,  -- "seed 1, 1000 resamples, confidence 0.95"
  inputs     TEXT NOT NULL,  -- JSON array of hashes of blobs
  numbers    BLOB NOT NULL,  -- 8-byte floats, little-endian
  checksum   TEXT NOT NULL,  -- of all of the row
  PRIMARY KEY (inputs, name, parameters)
) WITHOUT ROWID;
)sql";

}  // namespace

Migrations schema_migrations() {
  static const std::string version4 = std::string(kVersion4) + kContent + kStatistics;
  static const std::array steps = {kVersion1, kVersion2, kVersion3, version4.c_str()};
  return steps;
}

SQLite::Database open_runs_for_writing(const std::string& path) {
  SQLite::Database database = open_for_writing(path, schema_migrations());
  refresh_views(database);
  return database;
}

SQLite::Database open_runs_for_reading(const std::string& path) {
  return open_for_reading(path, schema_migrations());
}

}  // namespace qbench
