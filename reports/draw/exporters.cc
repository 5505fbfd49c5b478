// The list of exporters.
#include "reports/draw/exporters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/core/error.h"
#include "reports/draw/renderers.h"

namespace qbench {
namespace {

constexpr std::array kExporters = {
    Exporter{"markdown", ".md", "tables to paste into release notes", render_markdown},
    Exporter{"html", ".html", "one page for a browser, nothing to load", render_html},
    Exporter{"json", ".json", "everything, raw samples included", render_json},
    Exporter{"csv", ".csv", "one line for each case", render_csv},
};

std::string choices(std::string_view Exporter::*field) {
  std::string text;
  for (const Exporter& exporter : kExporters) {
    text += (text.empty() ? "" : ", ") + std::string(exporter.*field);
  }
  return text;
}

}  // namespace

std::span<const Exporter> exporters() { return kExporters; }

const Exporter& find_exporter(std::string_view name) {
  for (const Exporter& exporter : kExporters) {
    if (exporter.name == name) return exporter;
  }
  throw Error(
      fmt::format("report format '{}', expected one of {}", name, choices(&Exporter::name)));
}

const Exporter& exporter_for_file(std::string_view path) {
  for (const Exporter& exporter : kExporters) {
    if (path.ends_with(exporter.extension)) return exporter;
  }
  throw Error(fmt::format("report file '{}', expected a name that ends in one of {}", path,
                          choices(&Exporter::extension)));
}

}  // namespace qbench
