// The switch of the instruction set.
#include "engine/core/isa.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <string>

#include "engine/core/error.h"

namespace qbench {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string error_of(std::string_view name) {
  try {
    isa_named(name);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Isa, TheLargestOfTheProcessorUnlessAnotherIsNamed) {
  EXPECT_TRUE(processor_has(Isa::baseline));
  EXPECT_TRUE(processor_has(isa_named("")));
  EXPECT_EQ(isa_named("baseline"), Isa::baseline);
  for (const Isa each : kIsas) {
    if (!processor_has(each)) continue;
    EXPECT_EQ(isa_named(to_string(each)), each);
    EXPECT_LE(each, isa_named(""));
  }
}

TEST(Isa, NamesTheChoicesWhereThereIsNoSuchSet) {
  EXPECT_THAT(error_of("avx3"), AllOf(HasSubstr("QBENCH_ISA is 'avx3'"), HasSubstr("baseline"),
                                      HasSubstr("avx2_vnni"), HasSubstr("avx512_amx")));
}

TEST(Isa, RefusesWhatTheProcessorLacks) {
  for (const Isa each : kIsas) {
    if (processor_has(each)) continue;
    EXPECT_THAT(error_of(to_string(each)),
                AllOf(HasSubstr("'" + std::string(to_string(each)) + "', which this processor"),
                      HasSubstr("expected one of baseline")));
  }
}

TEST(Isa, IsThatOfTheEnvironment) {
  const char* wanted = std::getenv("QBENCH_ISA");
  EXPECT_EQ(isa(), isa_named(wanted == nullptr ? "" : wanted));
}

TEST(Isa, KnowsWhichSetsAddByteProductsIn32Bits) {
  EXPECT_FALSE(has_byte_products(Isa::baseline));
  EXPECT_FALSE(has_byte_products(Isa::avx2));
  EXPECT_TRUE(has_byte_products(Isa::avx2_vnni));
  EXPECT_FALSE(has_byte_products(Isa::avx512));
  EXPECT_TRUE(has_byte_products(Isa::avx512_vnni));
  EXPECT_TRUE(has_byte_products(Isa::avx512_amx));
}

}  // namespace
}  // namespace qbench
