// The single-valued fields of a CaseRecord by name: one list for the database, JSON and CSV.
#pragma once

#include <string_view>

#include "reports/record/record.h"

namespace qbench {

// Calls visit(name, field) for each; `field` is a string, int, Status or optional double, const
// when the record is.
template <class Record, class Visitor>
void visit_fields(Record& record, Visitor&& visit) {
  visit("case_id", record.case_id);
  visit("model", record.model);
  visit("model_source", record.model_source);
  visit("dataset", record.dataset);
  visit("backend", record.backend);
  visit("precision", record.precision);
  visit("mode", record.mode);
  visit("calib_batches", record.calib_batches);
  visit("quantized_dtype", record.quantized_dtype);
  visit("batch_size", record.batch_size);
  visit("threads", record.threads);
  visit("status", record.status);
  visit("reason", record.reason);
  visit("mistrusted", record.mistrusted);
  visit("documented_top1", record.documented.top1);
  visit("documented_top5", record.documented.top5);
  visit("documented_map", record.documented.map);
  visit("decided_margin", record.decided_margin);
  visit("started", record.started);
  visit("finished", record.finished);
  visit("model_hash", record.model_hash);
  visit("data_hash", record.data_hash);
  visit("options_hash", record.options_hash);
  visit("reproduce", record.reproduce);
  visit("details", record.details);
}

}  // namespace qbench
