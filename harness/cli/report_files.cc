#include "harness/cli/report_files.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <system_error>

#include "engine/core/error.h"
#include "reports/exporters.h"

namespace qbench {
namespace {

namespace fs = std::filesystem;

void check_file(const std::string& path) {
  if (path.empty()) return;
  const fs::path folder = fs::path(path).parent_path();
  const std::string name = folder.empty() ? "." : folder.string();
  if (!fs::is_directory(name)) throw Error(path + ": there is no folder " + name);
  if (access(name.c_str(), W_OK) != 0 || fs::is_directory(path)) {
    throw Error(path + ": cannot be written", ErrorKind::environment);
  }
}

void write_file(const std::string& path, const std::string& text) {
  const std::string temporary = path + ".new";
  std::ofstream file(temporary, std::ios::binary);
  file << text;
  file.close();
  std::error_code failure;
  if (file) fs::rename(temporary, path, failure);
  if (!file || failure) {
    fs::remove(temporary, failure);
    throw Error(path + ": cannot be written", ErrorKind::environment);
  }
}

}  // namespace

void ReportFiles::add_to(Options& options) {
  options.add("markdown", markdown, "FILE", "write the report as Markdown");
  options.add("html", html, "FILE", "write the report as one HTML page");
  options.add("report-dir", directory, "DIR", "write the report there in every form");
}

void ReportFiles::check() const {
  check_file(markdown);
  check_file(html);
  if (directory.empty()) return;
  std::error_code failure;
  fs::create_directories(directory, failure);
  check_file((fs::path(directory) / "report").string());
}

void ReportFiles::write(const Report& report) const {
  if (!markdown.empty()) write_file(markdown, find_exporter("markdown").render(report));
  if (!html.empty()) write_file(html, find_exporter("html").render(report));
  if (directory.empty()) return;
  for (const Exporter& exporter : exporters()) {
    const std::string name = "report" + std::string(exporter.extension);
    write_file((fs::path(directory) / name).string(), exporter.render(report));
  }
}

}  // namespace qbench
