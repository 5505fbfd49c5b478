#include "engine/backends/backends.h"

#include <string>

#include "engine/backends/reference/reference_backend.h"
#include "engine/core/error.h"
#ifdef QBENCH_WITH_ONEDNN
#include "engine/backends/onednn/onednn_backend.h"
#endif
#ifdef QBENCH_WITH_CUDA
#include "engine/backends/cudnn/device/cudnn_backend.h"
#endif

namespace qbench {

std::vector<const Backend*> all_backends() {
  return {
#ifdef QBENCH_WITH_ONEDNN
      &onednn_backend(),
#endif
      &reference_backend(),
#ifdef QBENCH_WITH_CUDA
      &cudnn_backend(),
#endif
  };
}

std::vector<const Backend*> usable_backends() {
  std::vector<const Backend*> backends = all_backends();
  std::erase_if(backends,
                [](const Backend* backend) { return backend->unavailable().has_value(); });
  return backends;
}

std::vector<std::string_view> absent_backends() {
  return {
#ifndef QBENCH_WITH_ONEDNN
      "onednn",
#endif
#ifndef QBENCH_WITH_CUDA
      "cudnn",
#endif
  };
}

const Backend& find_backend(std::string_view name) {
  std::string names;
  for (const Backend* backend : all_backends()) {
    if (backend->name() == name) return *backend;
    names += (names.empty() ? "" : ", ") + backend->name();
  }
  throw Error("no backend '" + std::string(name) + "' in this build, expected one of: " + names);
}

}  // namespace qbench
