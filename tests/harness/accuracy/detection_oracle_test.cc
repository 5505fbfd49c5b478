// Matching and averaging together against a slow evaluator that follows the definitions: all
// detections of a class at once, no shared code.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <tuple>
#include <vector>

#include "harness/accuracy/match_detections.h"
#include "reports/record/average_precision.h"

namespace qbench {
namespace {

struct Drawn {
  int label;
  float score;
  double x0, y0, x1, y1;
};
struct Scene {
  std::vector<Drawn> drawn;
  std::vector<GroundTruthBox> boxes;
};

// Corners on a coarse grid and few scores, so that overlaps and scores are equal now and then.
std::vector<Scene> make_scenes(unsigned seed, int count, bool difficult) {
  std::mt19937 random(seed);
  const auto below = [&random](unsigned n) { return static_cast<int>(random() % n); };
  const auto side = [&](int& low, int& high) {
    low = below(12);
    high = low + 1 + below(static_cast<unsigned>(16 - low));
  };
  std::vector<Scene> scenes(static_cast<std::size_t>(count));
  for (Scene& scene : scenes) {
    for (int n = below(5); n > 0; --n) {
      int x0 = 0, x1 = 0, y0 = 0, y1 = 0;
      side(x0, x1);
      side(y0, y1);
      scene.boxes.push_back({.label = below(4),
                             .xmin = static_cast<float>(x0) / 16,
                             .ymin = static_cast<float>(y0) / 16,
                             .xmax = static_cast<float>(x1) / 16,
                             .ymax = static_cast<float>(y1) / 16,
                             .difficult = difficult && below(3) == 0});
    }
    for (int n = below(12); n > 0; --n) {
      int x0 = 0, x1 = 0, y0 = 0, y1 = 0;
      side(x0, x1);
      side(y0, y1);
      Drawn drawn{below(5), static_cast<float>(below(40)) / 40, x0 / 16., y0 / 16., x1 / 16.,
                  y1 / 16.};
      if (!scene.boxes.empty() && below(2) == 0) {  // near a box
        const GroundTruthBox& box = scene.boxes[random() % scene.boxes.size()];
        drawn = {box.label, drawn.score, box.xmin, box.ymin, box.xmax, box.ymax + below(3) / 16.};
      }
      scene.drawn.push_back(drawn);
    }
  }
  return scenes;
}

double iou(const Drawn& a, const GroundTruthBox& b) {
  const double w = std::min<double>(a.x1, b.xmax) - std::max<double>(a.x0, b.xmin);
  const double h = std::min<double>(a.y1, b.ymax) - std::max<double>(a.y0, b.ymin);
  if (w <= 0 || h <= 0) return 0;
  const double area_b =
      (static_cast<double>(b.xmax) - b.xmin) * (static_cast<double>(b.ymax) - b.ymin);
  return w * h / ((a.x1 - a.x0) * (a.y1 - a.y0) + area_b - w * h);
}

// Mean of the best precision at each recall, by the definition.
double sampled(const std::vector<bool>& hits, int boxes, int points, double step) {
  double sum = 0;
  for (int p = 0; p < points; ++p) {
    double best = 0;
    int found = 0;
    for (std::size_t i = 0; i < hits.size(); ++i) {
      found += hits[i] ? 1 : 0;
      const double recall = boxes > 0 ? static_cast<double>(found) / boxes : 0;
      if (recall >= p * step) best = std::max(best, found / static_cast<double>(i + 1));
    }
    sum += best;
  }
  return sum / points;
}

double area(const std::vector<bool>& hits, int boxes) {
  double sum = 0;
  for (std::size_t i = 0; i < hits.size(); ++i) {
    if (!hits[i]) continue;
    double best = 0;
    int found = 0;
    for (std::size_t j = 0; j < hits.size(); ++j) {
      found += hits[j] ? 1 : 0;
      if (j >= i) best = std::max(best, found / static_cast<double>(j + 1));
    }
    sum += best / boxes;
  }
  return sum;
}

// A line of MXNet's record array: score and 0 (nothing), 1 (true), 2 (false).
using Lines = std::vector<std::pair<float, int>>;

// numpy's x[x.argsort()[::-1]] with a stable sort.
void sort_as_numpy(Lines& lines) {
  std::stable_sort(lines.begin(), lines.end(), [](auto& a, auto& b) { return a.first < b.first; });
  std::reverse(lines.begin(), lines.end());
}

Lines voc_lines(std::vector<Drawn> drawn, const std::vector<GroundTruthBox>& boxes) {
  std::stable_sort(drawn.begin(), drawn.end(),
                   [](const Drawn& a, const Drawn& b) { return a.score < b.score; });
  std::reverse(drawn.begin(), drawn.end());
  std::vector<bool> found(boxes.size());
  Lines lines;
  for (const Drawn& d : drawn) {
    std::size_t best = 0;
    for (std::size_t b = 1; b < boxes.size(); ++b) {
      if (iou(d, boxes[b]) > iou(d, boxes[best])) best = b;
    }
    if (boxes.empty() || iou(d, boxes[best]) <= 0.5) {
      lines.emplace_back(d.score, 2);
    } else if (!boxes[best].difficult) {
      lines.emplace_back(d.score, found[best] ? 2 : 1);
      found[best] = true;
    }
  }
  return lines;
}

MeanPrecision voc_by_definition(const std::vector<Scene>& scenes) {
  std::map<int, Lines> lines;
  std::map<int, int> counts;
  for (const Scene& scene : scenes) {
    if (scene.boxes.empty()) continue;
    for (int label = 0; label < 5; ++label) {
      std::vector<Drawn> drawn;
      std::vector<GroundTruthBox> boxes;
      for (const Drawn& d : scene.drawn)
        if (d.label == label) drawn.push_back(d);
      for (const GroundTruthBox& b : scene.boxes)
        if (b.label == label) boxes.push_back(b);
      if (drawn.empty() && boxes.empty()) continue;
      const Lines found = voc_lines(drawn, boxes);
      if (!drawn.empty() && found.empty()) continue;
      lines[label].insert(lines[label].end(), found.begin(), found.end());
      counts[label] += static_cast<int>(
          drawn.empty() ? boxes.size()
                        : static_cast<std::size_t>(std::count_if(
                              boxes.begin(), boxes.end(), [](auto& b) { return !b.difficult; })));
    }
  }
  MeanPrecision sum;
  for (auto& [label, found] : lines) {
    sort_as_numpy(found);
    std::vector<bool> hits;
    for (const auto& line : found) hits.push_back(line.second == 1);
    sum.voc07 += sampled(hits, counts[label], 11, 0.1) / static_cast<double>(lines.size());
    sum.area += area(hits, counts[label]) / static_cast<double>(lines.size());
  }
  return sum;
}

double coco_by_definition(const std::vector<Scene>& scenes, int label, double threshold,
                          int& boxes) {
  std::vector<std::tuple<float, bool>> all;  // in the order of images
  boxes = 0;
  for (const Scene& scene : scenes) {
    std::vector<Drawn> drawn;
    for (const Drawn& d : scene.drawn)
      if (d.label == label) drawn.push_back(d);
    std::stable_sort(drawn.begin(), drawn.end(),
                     [](const Drawn& a, const Drawn& b) { return a.score > b.score; });
    std::vector<bool> taken(scene.boxes.size());
    for (const GroundTruthBox& b : scene.boxes) boxes += b.label == label ? 1 : 0;
    for (const Drawn& d : drawn) {
      int best = -1;
      double most = threshold;
      for (std::size_t b = 0; b < scene.boxes.size(); ++b) {
        if (scene.boxes[b].label != label || taken[b] || iou(d, scene.boxes[b]) < most) continue;
        most = iou(d, scene.boxes[b]);
        best = static_cast<int>(b);
      }
      if (best >= 0) taken[static_cast<std::size_t>(best)] = true;
      all.emplace_back(d.score, best >= 0);
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](auto& a, auto& b) { return std::get<0>(a) > std::get<0>(b); });
  std::vector<bool> hits;
  for (const auto& line : all) hits.push_back(std::get<1>(line));
  return boxes > 0 ? sampled(hits, boxes, 101, 0.01) : 0;
}

MeanPrecision scored(const std::vector<Scene>& scenes) {
  std::vector<DetectedImage> images;
  for (std::size_t i = 0; i < scenes.size(); ++i) {
    std::vector<float> rows;
    for (const Drawn& d : scenes[i].drawn) {
      for (const double v :
           {static_cast<double>(d.label), static_cast<double>(d.score), d.x0, d.y0, d.x1, d.y1}) {
        rows.push_back(static_cast<float>(v));
      }
    }
    images.push_back(match_detections(static_cast<std::int64_t>(i), rows, scenes[i].boxes));
  }
  return PrecisionSet(images).mean();
}

TEST(DetectionOracle, VocAgreesWithTheDefinition) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    const std::vector<Scene> scenes = make_scenes(seed, 25, seed % 2 == 0);
    const MeanPrecision expected = voc_by_definition(scenes);
    const MeanPrecision found = scored(scenes);
    EXPECT_NEAR(found.voc07, expected.voc07, 1e-12) << "seed " << seed;
    EXPECT_NEAR(found.area, expected.area, 1e-12) << "seed " << seed;
    EXPECT_GT(found.voc07, 0.05);
  }
}

TEST(DetectionOracle, CocoAgreesWithTheDefinition) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    const std::vector<Scene> scenes = make_scenes(seed, 25, false);
    double sum = 0;
    int classes = 0;
    for (int label = 0; label < 5; ++label) {
      int boxes = 0;
      double mean = 0;
      for (int t = 0; t < 10; ++t) {
        mean += coco_by_definition(scenes, label, 0.5 + 0.05 * t, boxes) / 10;
      }
      sum += mean;
      classes += boxes > 0 ? 1 : 0;
    }
    EXPECT_NEAR(scored(scenes).coco, sum / classes, 1e-12) << "seed " << seed;
  }
}

}  // namespace
}  // namespace qbench
