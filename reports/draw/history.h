// A history, drawn.
#pragma once

#include <string>
#include <vector>

#include "reports/draw/tables.h"
#include "reports/judge/history.h"

namespace qbench {

// Model, Backend, Batch and Threads, then each cell's course.
text::Table history_table(const History& history);

// One character of eight heights for each of the last `most` values, from the least to the largest.
std::string sparkline(std::span<const HistoryPoint> points, std::size_t most);

// At most `width` columns (never under 60 are used), ANSI colours when `color`.
std::string history_terminal(const History& history, const std::string& title,
                             const std::vector<std::string>& notices, int width, bool color);
std::string history_markdown(const History& history, const std::string& title,
                             const std::vector<std::string>& notices);
std::string history_json(const History& history, const std::string& title,
                         const std::vector<std::string>& notices);

}  // namespace qbench
