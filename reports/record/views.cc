#include "reports/record/views.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>

#include "reports/record/metrics.h"

namespace qbench {
namespace {

// As a query of its own for each metric: what a query does not ask for costs nothing.
std::string metric_columns() {
  std::string columns;
  for (const MetricInfo& metric : metrics()) {
    columns += fmt::format(
        ",\n  (SELECT value FROM metrics WHERE case_row = c.id AND name = '{0}') AS {0}",
        metric.name);
  }
  return columns;
}

// One row for each case.
std::string cases_view() {
  return fmt::format(
      "CREATE VIEW v_cases AS SELECT\n"
      "  c.id, c.run, r.suite, r.started AS run_started, c.case_id, c.model, c.model_source,\n"
      "  c.dataset, c.backend, c.precision, c.mode, c.calib_batches, c.quantized_dtype,\n"
      "  c.batch_size, c.threads, c.status, c.reason, c.mistrusted, c.documented_top1,\n"
      "  c.documented_top5, c.documented_map, c.started, c.finished, c.model_hash, c.data_hash{}\n"
      "FROM cases c JOIN runs r ON r.id = c.run",
      metric_columns());
}

// One row for each network, variant and result in a run: cases that differ in batch size and
// threads have one together while they agree.
std::string accuracy_view() {
  const char* const key =
      "run, suite, run_started, model, model_source, dataset, backend, precision, mode, "
      "calib_batches, quantized_dtype";
  const char* const figures =
      "images, top1, top5, map_voc07, map_area, map_coco, agreement, documented_top1, "
      "documented_top5, documented_map";
  return fmt::format(
      "CREATE VIEW v_accuracy AS SELECT {0}, {1}, count(*) AS cases\n"
      "FROM v_cases\n"
      "WHERE status = 'ok' OR status = 'mistrusted' AND mistrusted = 'latency'\n"
      "GROUP BY {0}, {1}\n"
      "HAVING top1 IS NOT NULL OR map_voc07 IS NOT NULL",
      key, figures);
}

// One row for each case that was timed, beside FP32 of the same network, batch size and threads.
std::string latency_view() {
  return "CREATE VIEW v_latency AS SELECT\n"
         "  v.run, v.suite, v.run_started, v.model, v.model_source, v.dataset, v.backend,\n"
         "  v.precision, v.mode, v.calib_batches, v.quantized_dtype, v.batch_size, v.threads,\n"
         "  v.latency_median / 1e6 AS median_ms, v.latency_p90 / 1e6 AS p90_ms,\n"
         "  v.latency_p99 / 1e6 AS p99_ms, v.images_per_second,\n"
         "  f.latency_median / v.latency_median AS speedup, v.peak_rss / 1e6 AS peak_mb\n"
         "FROM v_cases v LEFT JOIN v_cases f ON f.run = v.run AND f.model = v.model\n"
         "  AND f.model_source = v.model_source AND f.dataset = v.dataset\n"
         "  AND f.backend = v.backend AND f.batch_size = v.batch_size AND f.threads = v.threads\n"
         "  AND f.precision = 'fp32' AND f.status = 'ok'\n"
         "WHERE v.status = 'ok' AND v.latency_median IS NOT NULL";
}

}  // namespace

void refresh_views(SQLite::Database& database) {
  const std::array<std::pair<const char*, std::string>, 3> views = {{
      {"v_cases", cases_view()},
      {"v_accuracy", accuracy_view()},
      {"v_latency", latency_view()},
  }};
  const auto stale = [&] {
    SQLite::Statement found(database,
                            "SELECT sql FROM sqlite_master WHERE type = 'view' AND name = ?");
    for (const auto& [name, sql] : views) {
      found.reset();
      found.bind(1, name);
      if (!found.executeStep() || found.getColumn(0).getString() != sql) return true;
    }
    return false;
  };
  if (!stale()) return;
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  for (const auto& [name, sql] : views) {
    database.exec(fmt::format("DROP VIEW IF EXISTS {}", name));
    database.exec(sql);
  }
  transaction.commit();
}

}  // namespace qbench
