// Numbers and text as people read them: units, significant digits, escaping.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "reports/record/latency.h"
#include "reports/record/record.h"

namespace qbench::text {

inline constexpr std::string_view kAbsent = "—";  // was not measured

std::string percent(double fraction);            // 0.7587 -> "75.87"
std::string percent(const Interval& fractions);  // "[−0.21, 0.99]"
std::string change(double fraction);             // 0.0312 -> "+3.1", −0.0004 -> "0.0"
std::string milliseconds(double ns);             // three or four significant digits: "12.34"
std::string megabytes(double bytes);             // 1 MB = 10^6 bytes
std::string rate(double per_second);             // "81.2", "1,234"
std::string times(double ratio);                 // "1.84×"
std::string p_value(double p);                   // "0.32", "0.004", "<0.001"
std::string count(std::int64_t number);          // "50,000"
std::string about(std::int64_t number);          // two digits, rounded up: 30,241 -> "31,000"
std::string upper(std::string_view text);        // "fp32" -> "FP32"
std::string plural(std::int64_t number, std::string_view noun);  // "1 batch", "5 batches"

// A metric's name with its unit, for machines: "latency_median_ns", "top1", "calibration_seconds".
std::string metric_key(std::string_view name, std::string_view unit);

std::string one_line(std::string_view text);         // control characters become spaces
std::string escape_html(std::string_view text);      // & < > " '; control characters dropped
std::string escape_markdown(std::string_view text);  // inside a table cell: one line, no markup
std::string escape_csv(std::string_view text);       // quoted where RFC 4180 asks for it

// Columns that `text` takes on a terminal, one for each code point.
std::size_t display_width(std::string_view text);
// Cut to `width` columns, the last being "…" when something was cut.
std::string fit(std::string_view text, std::size_t width);
// The same, cut at the beginning, where "…" stands then.
std::string fit_end(std::string_view text, std::size_t width);

std::string describe(Status status);  // "timed out"

// What a case is called in a sentence: "squeezenet1.0, INT8 naive, 5 batches, onednn, batch 32,
// 2 threads".
std::string describe(const CaseRecord& record);

}  // namespace qbench::text
