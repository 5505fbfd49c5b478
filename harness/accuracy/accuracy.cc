#include "harness/accuracy/accuracy.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "engine/core/error.h"

namespace qbench {
namespace {

// What the outputs of one contestant look like over all images, to tell a dead network.
class OutputWatch {
 public:
  void see(std::span<const float> values) {
    for (const float v : values) finite_ = finite_ && std::isfinite(v);
    if (first_.empty()) {
      first_.assign(values.begin(), values.end());
    } else {
      varies_ = varies_ || !std::ranges::equal(values, first_);
    }
    ++images_;
  }

  std::string mistrust() const {
    if (!finite_) return "outputs are not finite";
    if (images_ > 1 && !varies_) return fmt::format("the same outputs for all {} images", images_);
    return {};
  }

 private:
  bool finite_ = true;
  bool varies_ = false;
  std::int64_t images_ = 0;
  std::vector<float> first_;
};

double nanoseconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

std::array<int, 5> top5(std::span<const float> values) {
  std::array<int, 5> top{-1, -1, -1, -1, -1};
  for (std::size_t i = 0; i < values.size(); ++i) {
    // Insertion from the back: equal values keep the lower index in front.
    std::size_t rank = top.size();
    while (rank > 0 &&
           (top[rank - 1] < 0 || values[i] > values[static_cast<std::size_t>(top[rank - 1])]))
      --rank;
    if (rank == top.size()) continue;
    std::move_backward(top.begin() + static_cast<std::ptrdiff_t>(rank), top.end() - 1, top.end());
    top[rank] = static_cast<int>(i);
  }
  return top;
}

std::vector<Score> score(Loader& loader, const Shape& batch_shape,
                         std::span<const Contestant> contestants, const ScoreProgress& progress) {
  const auto capacity = static_cast<std::size_t>(batch_shape[0]);
  Tensor padded(DType::f32, batch_shape);  // the last batch may be short: its rest stays zero
  std::vector<std::vector<float>> outputs;
  for (const Contestant& c : contestants)
    outputs.emplace_back(capacity * static_cast<std::size_t>(c.classes));

  std::vector<Score> scores(contestants.size());
  std::vector<OutputWatch> watches(contestants.size());
  std::int64_t images = 0;
  while (std::optional<Batch> batch = loader.next()) {
    std::span<const float> data = batch->data.data<float>();
    if (batch->size < batch_shape[0]) {
      std::ranges::copy(data, padded.data<float>().begin());
      data = padded.data<float>();
    }
    for (std::size_t c = 0; c < contestants.size(); ++c) {
      const std::span<const float> inputs[] = {data};
      const std::span<float> results[] = {outputs[c]};
      scores[c].run_ns.push_back(
          nanoseconds_of([&] { contestants[c].executable->run(inputs, results); }));
      const auto classes = static_cast<std::size_t>(contestants[c].classes);
      for (std::size_t n = 0; std::cmp_less(n, batch->size); ++n) {
        const std::span<const float> values = std::span(outputs[c]).subspan(n * classes, classes);
        watches[c].see(values);
        scores[c].predictions.push_back({batch->indices[n], batch->labels[n], top5(values)});
      }
    }
    images += batch->size;
    loader.recycle(*std::move(batch));
    if (progress && !progress(images)) break;
  }
  for (std::size_t c = 0; c < contestants.size(); ++c) scores[c].mistrust = watches[c].mistrust();
  return scores;
}

Accuracy count_correct(std::span<const Prediction> predictions) {
  Accuracy accuracy;
  for (const Prediction& p : predictions) {
    ++accuracy.images;
    accuracy.correct_top1 += p.right(1) ? 1 : 0;
    accuracy.correct_top5 += p.right(5) ? 1 : 0;
  }
  return accuracy;
}

std::int64_t count_same_top1(std::span<const Prediction> a, std::span<const Prediction> b) {
  if (a.size() != b.size())
    throw Error(fmt::format("{} and {} predictions compared", a.size(), b.size()));
  std::int64_t same = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].sample != b[i].sample) throw Error("predictions of different images compared");
    same += a[i].top[0] == b[i].top[0] ? 1 : 0;
  }
  return same;
}

}  // namespace qbench
