#include "harness/run/job.h"

#include <fmt/format.h>

#include <charconv>
#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/core/error.h"
#include "reports/record/blob.h"

namespace qbench {

using Json = nlohmann::json;

void to_json(Json& json, const Shape& shape) { json = shape.dims(); }
void from_json(const Json& json, Shape& shape) {
  shape = Shape(json.get<std::vector<std::int64_t>>());
}

void to_json(Json& json, Status status) { json = to_string(status); }
void from_json(const Json& json, Status& status) {
  status = status_from_string(json.get_ref<const std::string&>());
}

// [sample, label, top...]: there are tens of thousands of them.
void to_json(Json& json, const Prediction& p) {
  json = {p.sample, p.label, p.top[0], p.top[1], p.top[2], p.top[3], p.top[4]};
}
void from_json(const Json& json, Prediction& p) {
  p.sample = json.at(0);
  p.label = json.at(1);
  for (std::size_t i = 0; i < p.top.size(); ++i) p.top[i] = json.at(i + 2);
}

// Packed bytes in hexadecimal: there are hundreds of detections in an image.
void to_json(Json& json, const DetectedImage& image) {
  std::string digits;
  for (const char byte : pack_detections({&image, 1})) {
    digits += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  }
  json = std::move(digits);
}
void from_json(const Json& json, DetectedImage& image) {
  const auto& digits = json.get_ref<const std::string&>();
  std::vector<std::byte> bytes(digits.size() / 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    unsigned value = 0;
    const char* const at = digits.data() + 2 * i;
    if (std::from_chars(at, at + 2, value, 16).ptr != at + 2) throw Error("not hexadecimal");
    bytes[i] = static_cast<std::byte>(value);
  }
  std::vector<DetectedImage> images = unpack_detections(bytes);
  if (images.size() != 1) throw Error("detections of more or less than one image");
  image = std::move(images.front());
}

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(DetectionOptions, overlap, use_difficult, network_classes,
                                   label_classes)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Variant, precision, mode, calib_batches, quantized_dtype)
void to_json(Json& json, const CalibrationSpec& spec) {
  json = {{"records", spec.records},
          {"first", spec.first},
          {"batch_size", spec.batch_size},
          {"shuffle_seed", spec.shuffle_seed}};
  if (spec.shuffle) json["shuffle"] = *spec.shuffle;
}
void from_json(const Json& json, CalibrationSpec& spec) {
  json.at("records").get_to(spec.records);
  json.at("first").get_to(spec.first);
  json.at("batch_size").get_to(spec.batch_size);
  json.at("shuffle_seed").get_to(spec.shuffle_seed);
  if (json.contains("shuffle")) spec.shuffle = json.at("shuffle").get<bool>();
}

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(DatasetSpec, name, records, calibration, skip, count,
                                   class_names, detection)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(MeasureOptions, warmup_seconds, warmup_runs, min_seconds,
                                   max_seconds, min_samples, give_up_seconds, max_samples,
                                   target_interval, pin)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(DeviceSamples, to_device_ns, compute_ns, to_host_ns, clock_mhz,
                                   discarded, slowed)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(MetricValue, name, value, unit, bigger_is_better)

// The members that a worker needs.
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ModelSpec, name, symbol, params, output, until, image_shape,
                                   rgb_mean, rgb_std, resize_short, excluded_layers,
                                   exclude_first_conv, dataset)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(AccuracyJob, model, backend, device, batch_size, threads,
                                   decode_threads, table_dir, output_dir, variants, until_margin)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LatencyJob, symbol, params, output, until, image_shape, backend,
                                   device, precision, batch_size, threads, measure)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ProgressMessage, step, done, total)
void to_json(Json& json, const AccuracyResult& r) {
  json = {{"variant", r.variant},       {"status", r.status},   {"reason", r.reason},
          {"symbol", r.symbol},         {"params", r.params},   {"image_shape", r.image_shape},
          {"model_hash", r.model_hash}, {"metrics", r.metrics}, {"predictions", r.predictions},
          {"detections", r.detections}, {"details", r.details}};
  if (r.decided_margin) json["decided_margin"] = *r.decided_margin;
}
void from_json(const Json& json, AccuracyResult& r) {
  json.at("variant").get_to(r.variant);
  json.at("status").get_to(r.status);
  json.at("reason").get_to(r.reason);
  json.at("symbol").get_to(r.symbol);
  json.at("params").get_to(r.params);
  json.at("image_shape").get_to(r.image_shape);
  json.at("model_hash").get_to(r.model_hash);
  json.at("metrics").get_to(r.metrics);
  json.at("predictions").get_to(r.predictions);
  json.at("detections").get_to(r.detections);
  json.at("details").get_to(r.details);
  if (json.contains("decided_margin")) r.decided_margin = json.at("decided_margin").get<double>();
}
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Interference, other_cores, stolen_cores, waited_cores,
                                   throttled_share)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LatencyResult, status, reason, metrics, latency_ns, device,
                                   algorithms, interference)

namespace {

// `json` with each of its texts put through `convert`; names of members are ours.
template <class Convert>
Json with_texts(const Json& json, const Convert& convert) {
  if (json.is_string()) return convert(json.get_ref<const std::string&>());
  Json result = json;
  if (json.is_structured()) {
    for (Json& element : result) element = with_texts(element, convert);
  }
  return result;
}

// A character for each byte, and back: paths need not be UTF-8, and must arrive as they are.
std::string characters_of(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) text += static_cast<char>(0xC0U | byte >> 6U);
    text += static_cast<char>(byte >= 0x80 ? 0x80U | (byte & 0x3FU) : byte);
  }
  return text;
}

std::string bytes_of(const std::string& characters) {
  std::string bytes;
  for (std::size_t i = 0; i < characters.size(); ++i) {
    auto byte = static_cast<unsigned char>(characters[i]);
    if (byte >= 0x80) {
      if (byte > 0xC3 || i + 1 == characters.size())
        throw Error("a worker's text holds a character that is no byte");
      byte = static_cast<unsigned char>((byte & 3U) << 6U |
                                        (static_cast<unsigned char>(characters[++i]) & 0x3FU));
    }
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

std::string dump(const char* kind, const Json& body) {
  try {
    return Json{{"kind", kind}, {"body", body}}.dump();
  } catch (const Json::type_error&) {  // a text is not UTF-8
    return Json{{"kind", kind}, {"bytes", with_texts(body, characters_of)}}.dump();
  }
}

template <class Result, class Decode>
Result decode(std::string_view text, const Decode& decode_kind) {
  try {
    const Json json = Json::parse(text);
    const auto& kind = json.at("kind").get_ref<const std::string&>();
    if (json.contains("bytes")) return decode_kind(kind, with_texts(json["bytes"], bytes_of));
    return decode_kind(kind, json.at("body"));
  } catch (const Json::exception& error) {
    constexpr std::size_t kQuoted = 60;
    throw Error("the worker's line '" + std::string(text.substr(0, kQuoted)) +
                "' is none of its messages: " + error.what());
  }
}

}  // namespace

std::string AccuracyJob::directory(const Variant& variant) const {
  return (std::filesystem::path(output_dir) / variant.quantized_dtype).string();
}

std::string encode(const AccuracyJob& job) { return dump("accuracy", job); }
std::string encode(const LatencyJob& job) { return dump("latency", job); }

std::string encode(const Message& message) {
  if (const auto* progress = std::get_if<ProgressMessage>(&message)) {
    return dump("progress", *progress);
  }
  if (const auto* accuracy = std::get_if<AccuracyResult>(&message)) {
    return dump("accuracy", *accuracy);
  }
  return dump("latency", std::get<LatencyResult>(message));
}

Message decode_message(std::string_view line) {
  return decode<Message>(line, [](const std::string& kind, const Json& body) -> Message {
    if (kind == "progress") return body.get<ProgressMessage>();
    if (kind == "accuracy") return body.get<AccuracyResult>();
    if (kind == "latency") return body.get<LatencyResult>();
    throw Error("the worker sent a message of unknown kind '" + kind + "'");
  });
}

std::variant<AccuracyJob, LatencyJob> decode_job(std::string_view text) {
  using Job = std::variant<AccuracyJob, LatencyJob>;
  return decode<Job>(text, [](const std::string& kind, const Json& body) -> Job {
    if (kind == "accuracy") return body.get<AccuracyJob>();
    if (kind == "latency") return body.get<LatencyJob>();
    throw Error("unknown kind of job '" + kind + "'");
  });
}

}  // namespace qbench
