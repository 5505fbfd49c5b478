#include "tests/engine/backends/op_cases.h"

#include <iterator>
#include <ostream>

namespace qbench {

void PrintTo(const OpCase& op_case, std::ostream* out) { *out << op_case.name; }

std::vector<OpCase> op_cases() {
  std::vector<OpCase> cases = convolution_cases();
  for (auto part : {real_cases, quantized_cases, detection_cases}) {
    std::vector<OpCase> more = part();
    cases.insert(cases.end(), std::make_move_iterator(more.begin()),
                 std::make_move_iterator(more.end()));
  }
  return cases;
}

}  // namespace qbench
