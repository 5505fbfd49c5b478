#include "harness/cli/run_reference.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/nearest_name.h"
#include "reports/record/store.h"
#include "reports/record/tags.h"

namespace qbench {
namespace {

constexpr std::string_view kLatest = "latest";
constexpr std::string_view kPrevious = "previous";

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_file(std::string_view text) {
  std::error_code none;
  return std::filesystem::is_regular_file(std::string(text), none);
}

struct Parts {
  std::string database;
  std::string run;
};

// Numbers, the two words and tags hold neither a colon nor a slash.
Parts split(std::string_view text, const std::string& database) {
  if (text == kLatest || text == kPrevious || is_number(text)) return {database, std::string(text)};
  if (is_file(text)) return {std::string(text), std::string(kLatest)};
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && text.find('/', colon) == std::string_view::npos) {
    if (colon == 0 || colon + 1 == text.size())
      throw Error(fmt::format("run '{}', expected {}", text, kRunReferenceHelp));
    return {std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
  }
  const bool names_a_file = text.find('/') != std::string_view::npos || text.ends_with(".sqlite");
  if (names_a_file) return {std::string(text), std::string(kLatest)};
  return {database, std::string(text)};
}

// The last few of many.
std::string enumerate(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 12;
  const std::size_t left_out = names.size() - std::min(names.size(), kShown);
  const auto shown = names.begin() + static_cast<std::ptrdiff_t>(left_out);
  return fmt::format("{}{}", left_out > 0 ? fmt::format("{} more, ", left_out) : "",
                     fmt::join(shown, names.end(), ", "));
}

// A database as far as a reference needs it.
class Shelf {
 public:
  Shelf(std::string database, std::string_view suite)
      : database_(std::move(database)),
        suite_(suite),
        runs_(Store::open(database_, Store::Mode::read_only).list_runs()),
        tags_(list_tags(database_)) {
    if (runs_.empty()) throw Error(database_ + ": holds no run");
  }

  std::int64_t find(const std::string& text) const {
    if (text == kLatest) return newest_finished(suite_, runs_.end()).id;
    if (text == kPrevious) return previous().id;
    if (is_number(text)) return numbered(text);
    const auto tag = std::ranges::find(tags_, text, &Tag::name);
    if (tag != tags_.end()) return tag->run;
    throw Error(unknown(text));
  }

 private:
  using Place = std::vector<RunInfo>::const_iterator;

  // The last before `end`.
  const RunInfo& newest_finished(std::string_view suite, Place end) const {
    for (Place run = end; run != runs_.begin();) {
      --run;
      if (!run->finished.empty() && (suite.empty() || run->suite == suite)) return *run;
    }
    const std::string of = suite.empty() ? "" : fmt::format(" of suite '{}'", suite);
    const std::string before = end == runs_.end() ? "" : fmt::format(" before run {}", end->id);
    throw Error(
        fmt::format("{}: holds no finished run{}{}; {}", database_, of, before, there_are()));
  }

  const RunInfo& previous() const {
    const RunInfo& latest = newest_finished(suite_, runs_.end());
    return newest_finished(latest.suite, std::ranges::find(runs_, latest.id, &RunInfo::id));
  }

  std::int64_t numbered(const std::string& text) const {
    std::int64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool known =
        parsed.ec == std::errc() && std::ranges::find(runs_, number, &RunInfo::id) != runs_.end();
    if (!known) throw Error(fmt::format("{}: no run {}; {}", database_, text, there_are()));
    return number;
  }

  std::string there_are() const {
    std::vector<std::string> numbers;
    for (const RunInfo& run : runs_)
      numbers.push_back(fmt::format("{} ({}{})", run.id, run.suite,
                                    run.finished.empty() ? ", not finished" : ""));
    std::vector<std::string> names;
    for (const Tag& tag : tags_) names.push_back(tag.name);
    return fmt::format("there are the runs {}{}", enumerate(numbers),
                       names.empty() ? " and no tag" : "; tags " + enumerate(names));
  }

  std::string unknown(const std::string& text) const {
    std::vector<std::string_view> names{kLatest, kPrevious};
    for (const Tag& tag : tags_) names.emplace_back(tag.name);
    const std::string_view nearest = nearest_name(text, names);
    return fmt::format("{}: no run is called '{}'{}; {}", database_, text,
                       nearest.empty() ? "" : fmt::format(", did you mean '{}'?", nearest),
                       there_are());
  }

  std::string database_;
  std::string suite_;
  std::vector<RunInfo> runs_;  // oldest first
  std::vector<Tag> tags_;
};

}  // namespace

RunReference resolve_run(std::string_view text, const std::string& database,
                         std::string_view suite) {
  const Parts parts = split(text, database);
  return {parts.database, Shelf(parts.database, suite).find(parts.run)};
}

Run load(const RunReference& reference) {
  return Store::open(reference.database, Store::Mode::read_only).load_run(reference.run);
}

std::string describe(const RunReference& reference, const RunInfo& info) {
  std::string names;
  for (const Tag& tag : list_tags(reference.database))
    if (tag.run == reference.run) names += ", " + tag.name;
  return fmt::format("run {} of {} ({}, {}{})", reference.run, reference.database, info.suite,
                     info.started, names);
}

}  // namespace qbench
