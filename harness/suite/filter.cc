// Choosing cases by name. POSIX's regular expressions, because those of libstdc++ take seconds to
// compile and do not compile without warnings under the sanitizers.
#include <fmt/format.h>
#include <regex.h>

#include "engine/core/error.h"
#include "harness/suite/plan.h"

namespace qbench {
namespace {

class Pattern {
 public:
  explicit Pattern(const std::string& text) {
    const int failure = regcomp(&regex_, text.c_str(), REG_EXTENDED | REG_NOSUB);
    if (failure == 0) return;
    char reason[128];
    regerror(failure, &regex_, reason, sizeof reason);
    throw Error(fmt::format("--filter: '{}' is no regular expression: {}", text, reason));
  }
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;
  ~Pattern() { regfree(&regex_); }

  bool matches(const std::string& text) const {
    return regexec(&regex_, text.c_str(), 0, nullptr, 0) == 0;
  }

 private:
  regex_t regex_{};
};

}  // namespace

void filter(Plan& plan, const std::string& regex) {
  const Pattern pattern(regex);
  for (Group& group : plan.groups) {
    std::erase_if(group.cases,
                  [&pattern](const Case& candidate) { return !pattern.matches(candidate.name); });
  }
  std::erase_if(plan.groups, [](const Group& group) { return group.cases.empty(); });
  if (plan.groups.empty()) {
    throw Error(fmt::format("--filter: '{}' matches no case; --dry-run lists their names", regex));
  }
  plan.suite.narrow("--filter");
}

}  // namespace qbench
