// What a rule said about a case: plain values, kept by the store, drawn by the reports.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "reports/record/latency.h"

namespace qbench {

struct Verdict {
  enum class Word {
    ok,
    worse,         // shown to be beyond the bound
    inconclusive,  // more images are needed to tell
    mistrusted,    // the result proves nothing
    not_judged,    // no result to be judged
  };

  std::string rule;     // "top1 of int8: drop at most 0.01"
  std::string kind;     // "min", "max", "equals", "max_drop", "margin", "documented"
  std::string place;    // FILE:LINE:COLUMN of the rule; empty where it is in no file
  std::string case_id;  // empty: about the rule as a whole
  Word word = Word::not_judged;
  bool failed = false;  // makes the rule fail
  std::optional<double> value{};
  std::optional<double> bound{};
  std::optional<Interval> interval{};           // of `value`
  std::optional<std::int64_t> images_needed{};  // about so many, where inconclusive
  std::string reason{};                         // what was found, or why there is no word

  bool operator==(const Verdict&) const = default;
};

std::string_view to_string(Verdict::Word word);  // "not judged"
// Throws Error when `text` is none of the names that to_string gives.
Verdict::Word verdict_word_from_string(std::string_view text);

}  // namespace qbench
