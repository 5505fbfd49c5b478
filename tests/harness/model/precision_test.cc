#include "harness/model/precision.h"

#include <gmock/gmock.h>

#include "engine/core/error.h"
#include "engine/graph/text.h"
#include "harness/model/model.h"
#include "tests/harness/fake_gpu.h"

namespace qbench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

template <class F>
std::string unsupported(F f) {
  try {
    f();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::unsupported);
    return error.what();
  }
  return "no error";
}

TEST(Precision, NamesAreThoseOfTheFloatMathsAndInt8) {
  for (const FloatMath math : {FloatMath::f32, FloatMath::tf32, FloatMath::f16})
    EXPECT_EQ(float_math_from_string(to_string(math)), math);
  EXPECT_THAT(precision_names(), ElementsAre("fp32", "tf32", "fp16", "int8"));
  EXPECT_EQ(float_math_of("int8"), FloatMath::f32);
  EXPECT_EQ(float_math_of("fp16"), FloatMath::f16);
  for (const char* bad : {"int8", "f16", "FP16", ""})
    EXPECT_THROW(float_math_from_string(bad), Error) << bad;
}

TEST(Precision, BackendsSayWhatTheyHave) {
  EXPECT_THAT(precisions_of(FakeGpu()), ElementsAre("fp32", "tf32", "fp16", "int8"));
  EXPECT_THAT(precisions_of(find_backend("reference")), ElementsAre("fp32", "int8"));
}

TEST(Precision, WithoutU8AutomaticIsS8) {
  const FakeGpu gpu;
  EXPECT_EQ(dtype_for(gpu, QuantizedDType::automatic), QuantizedDType::s8);
  EXPECT_EQ(dtype_for(gpu, QuantizedDType::s8), QuantizedDType::s8);
  EXPECT_THAT(unsupported([&] { dtype_for(gpu, QuantizedDType::u8); }),
              HasSubstr("uint8: backend cudnn computes on int8 values alone"));
  for (const auto dtype : {QuantizedDType::automatic, QuantizedDType::s8, QuantizedDType::u8})
    EXPECT_EQ(dtype_for(find_backend("reference"), dtype), dtype);
}

TEST(CompileModel, SaysWhatTheBackendLacks) {
  const Graph graph = parse_graph("data = Input(shape=[1,4])\nout = Softmax(data)\nreturn out\n");
  const auto message = [&](const Backend& backend, const CompileOptions& options) {
    return unsupported([&] { compile_model(graph, backend, 2, options); });
  };
  FakeGpu gpu;
  EXPECT_EQ(message(gpu, {.observed = {}, .float_math = FloatMath::f16, .device = 1}), "no error");
  EXPECT_EQ(message(gpu, {.observed = {}, .device = 2}),
            "backend cudnn has 2 devices, found number 2, expected 0 to 1");
  EXPECT_EQ(message(gpu, {.observed = {}, .device = -1}),
            "backend cudnn has 2 devices, found number -1, expected 0 to 1");
  gpu.reason = "no NVIDIA GPU";
  EXPECT_EQ(message(gpu, {.observed = {}}), "backend cudnn cannot run here: no NVIDIA GPU");
  EXPECT_EQ(gpu.compiled.size(), 1U);
  const Backend& cpu = find_backend("reference");
  EXPECT_EQ(message(cpu, {.observed = {}, .float_math = FloatMath::tf32}),
            "backend reference has no tf32, it has fp32, int8");
  EXPECT_EQ(message(cpu, {.observed = {}, .device = 1}),
            "backend reference has 1 device, found number 1, expected 0");
}

}  // namespace
}  // namespace qbench
