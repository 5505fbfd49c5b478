// Names of the words of a verdict.
#include "reports/record/verdict.h"

#include <fmt/format.h>

#include <array>

#include "engine/core/error.h"

namespace qbench {

std::string_view to_string(Verdict::Word word) {
  switch (word) {
    case Verdict::Word::ok:
      return "ok";
    case Verdict::Word::worse:
      return "worse";
    case Verdict::Word::inconclusive:
      return "inconclusive";
    case Verdict::Word::mistrusted:
      return "mistrusted";
    case Verdict::Word::not_judged:
      return "not judged";
  }
  throw Error(fmt::format("verdict number {} is none of qbench's", static_cast<int>(word)));
}

Verdict::Word verdict_word_from_string(std::string_view text) {
  using enum Verdict::Word;
  for (const Verdict::Word word : {ok, worse, inconclusive, mistrusted, not_judged}) {
    if (text == to_string(word)) return word;
  }
  throw Error(fmt::format(
      "verdict '{}', expected ok, worse, inconclusive, mistrusted or not judged", text));
}

}  // namespace qbench
