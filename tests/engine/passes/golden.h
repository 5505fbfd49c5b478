// Golden tests of rewrites: a graph's text before and after.
#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/error.h"
#include "engine/graph/text.h"
#include "engine/passes/passes.h"

namespace qbench {

// Without the indentation and empty lines that make texts readable inside tests.
inline std::string flush_left(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    if (!line.empty()) result.append(line).append("\n");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

inline const Pass& pass_named(std::string_view name) {
  for (const Pass& pass : fp32_passes()) {
    if (pass.name == name) return pass;
  }
  throw Error("no pass " + std::string(name));
}

// Runs one pass. An empty `after` says that the pass must find nothing to do.
inline void expect_rewrite(std::string_view pass, std::string_view before, std::string_view after) {
  const std::optional<Graph> rewritten = pass_named(pass).run(parse_graph(before));
  if (after.empty()) {
    EXPECT_FALSE(rewritten.has_value()) << pass << " gave\n" << print_graph(*rewritten);
    return;
  }
  ASSERT_TRUE(rewritten.has_value()) << pass << " left\n" << before;
  EXPECT_EQ(print_graph(*rewritten), flush_left(after));
}

}  // namespace qbench
