// The forms a report can be written in. To add one: a file with a render function and a line in
// exporters.cc.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "reports/judge/comparison.h"

namespace qbench {

struct Exporter {
  std::string_view name;       // as given on the command line: "markdown"
  std::string_view extension;  // with the dot: ".md"
  std::string_view description;
  std::string (*render)(const Report& report);  // the whole file, UTF-8
};

std::span<const Exporter> exporters();
// Throws Error listing the names there are.
const Exporter& find_exporter(std::string_view name);
// By the file name's extension. Throws Error listing the extensions there are.
const Exporter& exporter_for_file(std::string_view path);

// The verdicts of the gates alone, as they stand first on the terminal.
std::string render_verdicts(const Report& report, bool color);
// The same for programs: one JSON object of "run", "suite" and "verdicts".
std::string render_verdicts_json(const Report& report);

// The short table that ends a sweep: at most `width` columns (never under 60 are used), ANSI
// colours when `color`.
std::string render_terminal(const Report& report, int width, bool color);

}  // namespace qbench
