#include "engine/backends/cudnn/tuning_cache.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "engine/core/error.h"
#include "engine/core/output_file.h"

namespace qbench::cudnn {
namespace {

constexpr std::string_view kHeader = "qbench cudnn tuning 1";

std::string_view name_of(WayKind kind) {
  switch (kind) {
    case WayKind::fused:
      return "fused";
    case WayKind::sums:
      return "sums";
    case WayKind::own:
      break;
  }
  return "own";
}

std::optional<WayKind> kind_of(std::string_view name) {
  for (const WayKind kind : {WayKind::fused, WayKind::sums, WayKind::own}) {
    if (name == name_of(kind)) return kind;
  }
  return std::nullopt;
}

// Up to the next `end`, which is taken too.
std::string_view take(std::string_view& text, char end) {
  const std::size_t length = text.find(end);
  const std::string_view word = text.substr(0, length);
  text.remove_prefix(length == std::string_view::npos ? text.size() : length + 1);
  return word;
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc() || end != last) return std::nullopt;
  return value;
}

}  // namespace

std::string to_text(const Way& way) {
  std::string text(name_of(way.kind));
  if (way.kind == WayKind::own) return text;
  text += fmt::format(" {}", way.choice.engine);
  for (const auto& [type, value] : way.choice.knobs) text += fmt::format(" {}={}", type, value);
  return text;
}

std::optional<Way> way_from_text(std::string_view text) {
  const std::optional<WayKind> kind = kind_of(take(text, ' '));
  if (!kind) return std::nullopt;
  Way way{.kind = *kind};
  if (*kind == WayKind::own) return text.empty() ? std::optional(way) : std::nullopt;
  const std::optional<std::int64_t> engine = number(take(text, ' '));
  if (!engine) return std::nullopt;
  way.choice.engine = *engine;
  while (!text.empty()) {
    std::string_view knob = take(text, ' ');
    const std::optional<std::int64_t> type = number(take(knob, '='));
    const std::optional<std::int64_t> value = number(knob);
    if (!type || !value) return std::nullopt;
    way.choice.knobs.emplace_back(*type, *value);
  }
  return way;
}

TuningCache::TuningCache(std::string path) : path_(std::move(path)) { read(); }

std::optional<Way> TuningCache::find(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = ways_.find(key);
  return found == ways_.end() ? std::nullopt : std::optional(found->second);
}

void TuningCache::store(const std::string& key, const Way& way) {
  const std::lock_guard lock(mutex_);
  read();
  ways_[key] = way;
  write();
}

// Lines "key <tab> way" after the header. What this process has found itself stays.
void TuningCache::read() {
  std::ifstream file(path_);
  std::string line;
  if (path_.empty() || !std::getline(file, line) || line != kHeader) return;
  while (std::getline(file, line)) {
    std::string_view rest = line;
    const std::string key(take(rest, '\t'));
    const std::optional<Way> way = way_from_text(rest);
    if (!key.empty() && way) ways_.emplace(key, *way);
  }
}

void TuningCache::write() const {
  if (path_.empty()) return;
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), error);
  std::string text = fmt::format("{}\n", kHeader);
  for (const auto& [key, way] : ways_) text += fmt::format("{}\t{}\n", key, to_text(way));
  try {
    write_output(path_, text);
  } catch (const Error&) {  // it is found again then
    return;
  }
}

std::string default_tuning_path() {
  const auto value = [](const char* name) {
    const char* text = std::getenv(name);
    return std::string(text == nullptr ? "" : text);
  };
  std::string folder = value("XDG_CACHE_HOME");
  if (folder.empty() && !value("HOME").empty()) folder = value("HOME") + "/.cache";
  return folder.empty() ? "" : folder + "/qbench/cudnn-tuning.txt";
}

}  // namespace qbench::cudnn
