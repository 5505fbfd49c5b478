// The render function of each exporter; the list of them is exporters.cc.
#pragma once

#include <string>

#include "reports/judge/comparison.h"

namespace qbench {

std::string render_markdown(const Report& report);
std::string render_html(const Report& report);
std::string render_json(const Report& report);
std::string render_csv(const Report& report);

}  // namespace qbench
