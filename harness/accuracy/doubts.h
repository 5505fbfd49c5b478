// Why a score may prove nothing though the network ran. Each function gives an empty text where
// there is no such doubt.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "datasets/transform.h"
#include "reports/record/record.h"

namespace qbench {

// Guesses that know nothing of the images. Both must hold, at 1 % each:
// - As many images would be right by chance (one-sided binomial test). The share that is right by
//   chance is that of the same guesses dealt out to the images at random, and at least that of
//   guessing among the labels that occur, or among the network's `classes` where one label does.
// - There are images enough to tell, 30 at least: a network that knows a fifth of what chance does
//   not give would have more right. Or nearly all images whose label is another (95 % of at least
//   ten) are said to be of one class.
std::string doubt_guesses(std::span<const Prediction> predictions, std::int64_t classes);

// Boxes were drawn, and not one of at least ten that are there was found.
std::string doubt_detections(std::span<const DetectedImage> images);

// Mean or deviation as of pixels from 0 to 1, which qbench does not scale, or a factor in place of
// a divisor: all deviations are below 1, or all means are, and not all of them 0.
std::string doubt_units(const Preprocess& preprocess);

}  // namespace qbench
