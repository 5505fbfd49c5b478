#include "harness/accuracy/accuracy.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>

#include "engine/core/error.h"
#include "harness/accuracy/doubts.h"
#include "harness/accuracy/truth.h"

namespace qbench {
namespace {

constexpr std::size_t kDetectionRow = 6;

// What the outputs of one contestant look like over all images, to tell a dead network.
class OutputWatch {
 public:
  // Whether the outputs are numbers, all of them.
  bool see(std::int64_t image, std::span<const float> data, std::span<const float> values,
           Task task) {
    ++images_;
    watch_change(data, values);
    const bool finite = std::ranges::all_of(values, [](float v) { return std::isfinite(v); });
    if (!finite && not_finite_++ == 0) first_not_finite_ = image;
    if (task == Task::classification) return finite;
    detects_ = true;
    for (std::size_t row = 0; row < values.size(); row += kDetectionRow) {
      detected_ = detected_ || values[row] >= 0;
    }
    return finite;
  }

  std::string failure() const {
    if (not_finite_ == 0) return {};
    return fmt::format("outputs are not finite in {} of {} images, the first of them image {}",
                       not_finite_, images_, first_not_finite_);
  }

  std::string mistrust() const {
    if (differ_ && !varies_) return fmt::format("the same outputs for all {} images", images_);
    if (detects_ && !detected_) return fmt::format("nothing detected in {} images", images_);
    return {};
  }

 private:
  // Equal images have equal outputs.
  void watch_change(std::span<const float> data, std::span<const float> values) {
    if (images_ == 1) {
      first_data_.assign(data.begin(), data.end());
      first_.assign(values.begin(), values.end());
    }
    differ_ = differ_ || !std::ranges::equal(data, first_data_);
    varies_ = varies_ || !std::ranges::equal(values, first_);
  }

  bool differ_ = false;  // images
  bool varies_ = false;  // outputs
  bool detects_ = false;
  bool detected_ = false;
  std::int64_t images_ = 0;
  std::int64_t not_finite_ = 0;  // images
  std::int64_t first_not_finite_ = 0;
  std::vector<float> first_data_;
  std::vector<float> first_;
};

double nanoseconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
}

// One contestant and what it has said so far.
class Scorer {
 public:
  Scorer(const Contestant& contestant, std::int64_t batch_size, const Dataset& dataset,
         const DetectionOptions& detection)
      : contestant_(contestant),
        detection_(detection),
        truth_(dataset, contestant.output, detection),
        outputs_(static_cast<std::size_t>(batch_size * contestant.output.values)) {}

  void run(const Batch& batch, std::span<const float> data) {
    const std::span<const float> inputs[] = {data};
    const std::span<float> results[] = {outputs_};
    score_.run_ns.push_back(nanoseconds_of([&] { contestant_.executable->run(inputs, results); }));
    const auto size = static_cast<std::size_t>(contestant_.output.values);
    const std::size_t pixels =
        batch.data.data<float>().size() / static_cast<std::size_t>(batch.size);
    for (std::size_t n = 0; std::cmp_less(n, batch.size); ++n) {
      const std::span<const float> values = std::span(outputs_).subspan(n * size, size);
      const bool finite = watch_.see(batch.indices[n], data.subspan(n * pixels, pixels), values,
                                     contestant_.output.task);
      if (contestant_.output.task == Task::detection) {
        score_.detections.push_back(
            match_detections(batch.indices[n], values, truth_.boxes(batch, n), detection_));
      } else {
        score_.predictions.push_back(
            {batch.indices[n], truth_.label(batch, n), top5(finite ? values : values.first(0))});
      }
    }
  }

  const Score& so_far() const { return score_; }

  Score take(const Preprocess& preprocess) && {
    score_.failure = watch_.failure();
    score_.mistrust = mistrust(preprocess);
    score_.warnings = truth_.notices();
    if (!contestant_.trained)
      score_.warnings.emplace_back("weights are drawn at random: accuracy says nothing");
    return std::move(score_);
  }

 private:
  std::string mistrust(const Preprocess& preprocess) const {
    if (!score_.failure.empty()) return {};
    std::string dead = watch_.mistrust();
    if (!contestant_.trained) return dead;
    if (dead.empty()) {
      dead = contestant_.output.task == Task::detection
                 ? doubt_detections(score_.detections)
                 : doubt_guesses(score_.predictions, contestant_.output.values);
    }
    std::string all;
    for (const std::string& doubt :
         {contestant_.doubt, doubt_units(preprocess), truth_.mistrust(), dead}) {
      if (!doubt.empty()) all += (all.empty() ? "" : "; ") + doubt;
    }
    return all;
  }

  Contestant contestant_;
  const DetectionOptions& detection_;
  TruthReader truth_;
  std::vector<float> outputs_;
  OutputWatch watch_;
  Score score_;
};

}  // namespace

std::array<int, 5> top5(std::span<const float> values) {
  std::array<int, 5> top{-1, -1, -1, -1, -1};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) continue;
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
                         std::span<const Contestant> contestants, const DetectionOptions& detection,
                         const ScoreProgress& progress) {
  check(detection);
  Tensor padded(DType::f32, batch_shape);  // the last batch may be short: its rest stays zero
  std::vector<Scorer> scorers;
  for (const Contestant& c : contestants)
    scorers.emplace_back(c, batch_shape[0], loader.dataset(), detection);
  std::vector<const Score*> so_far;
  for (const Scorer& scorer : scorers) so_far.push_back(&scorer.so_far());
  std::int64_t images = 0;
  while (std::optional<Batch> batch = loader.next()) {
    std::span<const float> data = batch->data.data<float>();
    if (batch->size < batch_shape[0]) {
      std::ranges::copy(data, padded.data<float>().begin());
      data = padded.data<float>();
    }
    for (Scorer& scorer : scorers) scorer.run(*batch, data);
    images += batch->size;
    loader.recycle(*std::move(batch));
    if (progress && !progress(images, so_far)) break;
  }
  std::vector<Score> scores;
  const std::vector<std::string> notices = loader.notices();
  for (Scorer& scorer : scorers) {
    scores.push_back(std::move(scorer).take(loader.preprocess()));
    std::ranges::copy(notices, std::back_inserter(scores.back().warnings));
  }
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
    same += a[i].top[0] != Prediction::kNone && a[i].top[0] == b[i].top[0] ? 1 : 0;
  }
  return same;
}

}  // namespace qbench
