#pragma once

namespace gpu_check {

// Operations a second (a multiplication and an addition are two) that matrix products of the
// library reach on the device; 0 where they could not be measured.
struct Peaks {
  double f32 = 0;
  double tf32 = 0;
  double f16 = 0;
  double int8 = 0;
};

// Square matrices of 8192, by cuBLAS.
Peaks measure_peaks(int device);

}  // namespace gpu_check
