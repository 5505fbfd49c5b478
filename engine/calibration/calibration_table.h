// Calibration table: what one calibration gave for each tensor, stored as JSON and used again.
#pragma once

#include <map>
#include <string>

#include "engine/core/quant_params.h"

namespace qbench {

// The range of a tensor for each way of quantizing it, since entropy chooses another threshold for
// 255 positive levels than for 127 on either side.
struct CalibratedRange {
  Range observed;  // min and max of all values
  Range s8;        // range to quantize to s8
  Range u8;        // range to quantize to u8; equal to s8 where a value is negative
  bool operator==(const CalibratedRange&) const = default;
};

struct CalibrationTable {
  std::string mode;  // "naive", "entropy"
  int batches = 0;   // number of calibration batches
  std::int64_t images = 0;
  std::string model_hash;  // of the FP32 graph that was run
  std::string data_hash;   // of the data set, the images chosen and their preprocessing
  std::map<std::string, CalibratedRange> ranges;  // by node name

  // Content key: equal tables come from equal model, data, mode and amount.
  std::string key() const;
  bool operator==(const CalibrationTable&) const = default;
};

// Written to a temporary file and renamed. Throws Error naming the file.
void save_table(const CalibrationTable& table, const std::string& path);
CalibrationTable load_table(const std::string& path);

}  // namespace qbench
