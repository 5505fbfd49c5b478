// The tables of a report with every entry as text: what Markdown and HTML share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/judge/comparison.h"

namespace qbench::text {

enum class Tone { plain, good, bad, muted };

// A difference with its interval, to be drawn beside its number.
struct Whisker {
  double value = 0;
  Interval interval;
};

struct Entry {
  std::string text{};  // kAbsent when not measured
  std::string note{};  // an interval or a published figure, less prominent
  Tone tone = Tone::plain;
  double bar = 0;  // length in [0,1], 0: none
  std::optional<Whisker> whisker{};
};

struct Column {
  std::string title;
  std::string unit{};  // "ms", "top-1 / top-5"; may be empty
  bool numeric = false;
  bool setting = false;  // leaves the table for its caption when all lines agree on it
};

// The usual kinds of column.
Column word(std::string title);
Column setting(std::string title);  // what a run is likely to have in common
Column number(std::string title, std::string unit = {});

struct Line {
  std::vector<Entry> entries;  // one for each column
  bool starts_group = false;   // another network or setting than the line before
};

struct Table {
  std::string title;
  std::string caption{};  // "Backend: onednn · Batch: 1", what all lines have in common
  std::vector<Column> columns{};
  std::vector<Line> lines{};
  std::vector<std::string> notes{};  // how the numbers are to be read
  bool folded = false;               // long: shown when asked for
};

Table verdict_table(const Report& report);     // the gates, and what made them fail
Table accuracy_table(const Report& report);    // the documented columns: FP32 beside the others
Table change_table(const Report& report);      // the others against FP32, image by image
Table detection_table(const Report& report);   // mAP of detectors
Table class_table(const Report& report);       // average precision of each class
Table documented_table(const Report& report);  // published beside measured
Table speed_table(const Report& report);       // latency, throughput, memory, size
Table device_table(const Report& report);      // time and memory on a GPU

// All tables that have anything to show, in the order they are shown, without columns in which
// nothing was measured or all lines agree.
std::vector<Table> tables(const Report& report);

// What is compared with FP32 in this report, as far as it was measured: "INT8", "TF32, FP16 and
// INT8".
std::string compared_precisions(const Report& report);

// The gates as lines of text, below each at most `most` of the cases that make it fail or are
// forgiven.
struct Spoken {
  std::string text;
  Tone tone = Tone::plain;
};
std::vector<Spoken> verdict_lines(const Report& report, std::size_t most);

// "3 of 4 gates passed, 1 FAILED"; empty where there are none.
std::string gates_outcome(const Report& report);

// Bad or good only where the interval leaves out 0: a drop that may be none is plain.
Tone tone_of_drop(const Interval& drop);

// "6 of 7 cases ok, 1 skipped; 3 of 4 gates passed, 1 FAILED".
std::string outcome(const Report& report);

// Something to know about one or more cases that is no number.
struct Remark {
  std::string subject;  // the case, or a model and how many of its cases
  std::string text;
  std::string command;  // reproduces it; may be empty
};
// Of images that were scored until a margin was decided: which margin, and how many it took of how
// many, for each model. Empty when all were scored.
std::string decided_note(const Report& report);

// What is not ok, with its reason; `command` reproduces the first case of each.
std::vector<Remark> problems(const Report& report);
std::vector<Remark> remarks(const Report& report);  // warnings, and layers that stayed FP32
std::vector<Remark> warnings(const Report& report);
std::vector<std::string> warnings(const CaseRecord& record);  // of its details

}  // namespace qbench::text
