#include "harness/cli/report_files.h"

#include <filesystem>
#include <system_error>

#include "engine/core/output_file.h"
#include "reports/draw/exporters.h"

namespace qbench {
namespace fs = std::filesystem;

void ReportFiles::add_to(Options& options) {
  options.add("markdown", markdown, "FILE", "write the report as Markdown");
  options.add("html", html, "FILE", "write the report as one HTML page");
  options.add("report-dir", directory, "DIR", "write the report there in every form");
}

void ReportFiles::check() const {
  if (!markdown.empty()) check_output(markdown);
  if (!html.empty()) check_output(html);
  if (directory.empty()) return;
  std::error_code failure;
  fs::create_directories(directory, failure);
  check_output((fs::path(directory) / "report").string());
}

void ReportFiles::write(const Report& report) const {
  if (!markdown.empty()) write_output(markdown, find_exporter("markdown").render(report));
  if (!html.empty()) write_output(html, find_exporter("html").render(report));
  if (directory.empty()) return;
  for (const Exporter& exporter : exporters()) {
    const std::string name = "report" + std::string(exporter.extension);
    write_output((fs::path(directory) / name).string(), exporter.render(report));
  }
}

}  // namespace qbench
