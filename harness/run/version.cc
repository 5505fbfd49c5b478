#include "harness/run/version.h"

#include <revision.inc>  // written at build time

namespace qbench {

std::string_view version() { return QBENCH_VERSION; }

std::string_view revision() { return QBENCH_REVISION; }

std::string_view build_type() { return QBENCH_BUILD_TYPE; }

std::string version_text() {
  std::string text(version());
  if (!revision().empty()) text += " (" + std::string(revision()) + ")";
  return text;
}

}  // namespace qbench
