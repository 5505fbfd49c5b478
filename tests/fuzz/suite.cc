#include "harness/suite/suite.h"

#include "tests/fuzz/fuzz.h"

namespace qbench::fuzz {

void suite(Bytes input) {
  accepts([&] { parse_suite(std::string(text_of(input)), "suite.yaml"); });
}

}  // namespace qbench::fuzz
