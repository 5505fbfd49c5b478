// The style sheet of the HTML report.
#pragma once

#include <string_view>

namespace qbench {

extern const std::string_view kReportStyle;

}  // namespace qbench
