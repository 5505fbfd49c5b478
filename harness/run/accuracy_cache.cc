#include "harness/run/accuracy_cache.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "engine/core/error.h"
#include "engine/core/output_file.h"
#include "harness/model/zoo_source.h"

namespace qbench {

namespace fs = std::filesystem;

void save_accuracy(const std::string& path, const AccuracyResult& result) {
  if (result.status != Status::ok && result.status != Status::mistrusted) return;
  std::error_code failure;
  fs::create_directories(fs::path(path).parent_path(), failure);
  try {
    write_output(path, encode(result) + '\n');
  } catch (const Error&) {  // it is measured again then
    return;
  }
}

std::optional<AccuracyResult> load_accuracy(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  try {
    Message message = decode_message(line);
    auto* result = std::get_if<AccuracyResult>(&message);
    if (result == nullptr) return std::nullopt;
    for (const std::string& name : {result->symbol, result->params}) {
      if (!name.empty() && !is_zoo(name) && !fs::exists(name)) return std::nullopt;
    }
    return std::move(*result);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace qbench
