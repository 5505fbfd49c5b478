#include "harness/run/job.h"

#include <gmock/gmock.h>

#include "engine/core/error.h"

namespace qbench {
namespace {

using testing::HasSubstr;
using testing::Not;

AccuracyResult accuracy_result() {
  AccuracyResult result;
  result.variant = {"int8", "naive", 5, "auto"};
  result.status = Status::mistrusted;
  result.reason = "all outputs equal";
  result.symbol = "a.json";
  result.params = "a.params";
  result.model_hash = "abc";
  result.metrics = {{"top1", 0.1, "fraction", true}, {"model_size", 1e9, "bytes", false}};
  result.predictions = {{0, 7, {1, 2, 3, 4, 5}}, {1LL << 40, -1, {3, -1, -1, -1, -1}}};
  result.detections = {
      {.sample = 1LL << 40,
       .detections = {{.label = 7, .score = 0.1F, .voc = Detection::Outcome::hit, .coco_hits = 5}},
       .truth = {{.label = 7, .voc = 2, .coco = 1}}}};
  result.details = R"({"warnings":["w"]})";
  return result;
}

TEST(Message, ComesBackAsItWasSent) {
  LatencyResult latency;
  latency.metrics = {{"latency_median", 1.25e6, "ns", false}};
  latency.latency_ns = {1e6, 0.1, 1234567.875};
  latency.algorithms = {{"jit:avx2", 52}, {"own:gemv", 1}};
  latency.device = {{1, 2.5}, {3, 1e9}, {5, 0.125}, {1980, 1965}, 3, 1};
  for (const Message& message :
       {Message(ProgressMessage{"score", 5, 10}), Message(accuracy_result()), Message(latency)}) {
    const std::string line = encode(message);
    EXPECT_THAT(line, Not(HasSubstr("\n")));
    EXPECT_EQ(decode_message(line), message);
  }
}

TEST(Message, TextThatIsNoUtf8ArrivesByteForByte) {
  AccuracyResult result = accuracy_result();
  result.reason = "file \xff\xfe\x80 \xC3\xBC.json";
  const std::string line = encode(result);
  EXPECT_EQ(std::get<AccuracyResult>(decode_message(line)), result);
  for (std::size_t length = 0; length < line.size(); ++length) {
    EXPECT_THROW(decode_message(line.substr(0, length)), Error) << length;
  }
  EXPECT_THROW(decode_message("{\"kind\":\"progress\",\"bytes\":\"\xC4\x80\"}"), Error);
}

TEST(Message, AnythingElseIsAnError) {
  const std::string line = encode(accuracy_result());
  for (const std::string& bad :
       {std::string(), std::string("hello"), std::string("{}"), std::string("[1,2]"),
        std::string(R"({"kind":"latency","body":3})"), std::string(R"({"kind":"cake","body":{}})"),
        std::string(R"({"kind":"progress","body":{"step":1,"done":2,"total":3}})"),
        std::string(1000000, '[')}) {
    EXPECT_THROW(decode_message(bad), Error) << bad.substr(0, 50);
  }
  for (std::size_t length = 0; length < line.size(); ++length) {
    EXPECT_THROW(decode_message(line.substr(0, length)), Error) << length;
  }
}

TEST(Job, AccuracyJobComesBackWithWhatAWorkerNeeds) {
  AccuracyJob job;
  job.model.name = "net";
  job.model.symbol = "net-symbol.json";
  job.model.params = "net-0000.params";
  job.model.image_shape = {3, 48, 32};
  job.model.output = "probs";
  job.model.until = "fc";
  job.model.rgb_mean = {123.68F, 116.779F, 103.939F};
  job.model.rgb_std = {58.393F, 57.12F, 57.375F};
  job.model.resize_short = 256;
  job.model.excluded_layers = {"conv0"};
  job.model.exclude_first_conv = true;
  job.model.dataset = {"set", "set.rec", {"cal.rec", 3, 16, true, 99}, 7, 8, {"cat"}, {}};
  job.model.dataset.detection = {0.4F, true, {1, 0}, {5, 6}};
  job.backend = "onednn";
  job.device = 3;
  job.batch_size = 32;
  job.threads = 2;
  job.decode_threads = 3;
  job.table_dir = "tables";
  job.output_dir = "models";
  job.variants = {{"fp32", "", 0, ""}, {"int8", "naive", 5, "uint8"}};

  const auto back = std::get<AccuracyJob>(decode_job(encode(job)));
  EXPECT_EQ(encode(back), encode(job));
  EXPECT_EQ(back.model.rgb_mean, job.model.rgb_mean);  // bit for bit
  EXPECT_EQ(back.model.image_shape, job.model.image_shape);
  EXPECT_EQ(back.model.output, "probs");
  EXPECT_EQ(back.model.until, "fc");
  EXPECT_EQ(back.model.dataset.calibration.shuffle_seed, 99);
  EXPECT_EQ(back.device, 3);
  EXPECT_EQ(back.variants, job.variants);
  EXPECT_EQ(back.directory(back.variants[1]), "models/uint8");
}

TEST(Job, LatencyJobComesBack) {
  LatencyJob job;
  job.symbol = "s";
  job.params = "p";
  job.image_shape = {3, 5, 7};
  job.output = "probs";
  job.until = "fc";
  job.backend = "reference";
  job.device = 2;
  job.precision = "fp16";
  job.batch_size = 4;
  job.threads = 2;
  job.measure.max_seconds = 0.125;
  job.measure.min_samples = 3;
  const auto back = std::get<LatencyJob>(decode_job(encode(job)));
  EXPECT_EQ(encode(back), encode(job));
  EXPECT_EQ(back.device, 2);
  EXPECT_EQ(back.precision, "fp16");
  EXPECT_EQ(back.image_shape, job.image_shape);
  EXPECT_EQ(back.output, "probs");
  EXPECT_EQ(back.until, "fc");
  EXPECT_EQ(back.measure.max_seconds, 0.125);
}

TEST(Job, AnythingElseIsAnError) {
  for (const char* bad :
       {"", "x", "{}", R"({"kind":"accuracy","body":{}})", R"({"kind":"x","body":{}})"}) {
    EXPECT_THROW(decode_job(bad), Error) << bad;
  }
}

}  // namespace
}  // namespace qbench
