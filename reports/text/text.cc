// Formatting of numbers, escaping of text.
#include "reports/text/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "engine/core/printable.h"

namespace qbench::text {
namespace {

constexpr std::string_view kMinus = "−";

// A number with `decimals` digits after the point; a true minus, and none before a zero.
std::string decimal(double value, int decimals) {
  if (std::isnan(value)) return std::string(kAbsent);
  const std::string digits = fmt::format("{:.{}f}", std::fabs(value), decimals);
  const bool zero = digits.find_first_not_of("0.") == std::string::npos;
  return fmt::format("{}{}", value < 0 && !zero ? kMinus : "", digits);
}

// At least three significant digits, and no more decimals than that takes.
std::string significant(double value) {
  const double size = std::fabs(value);
  if (size >= 100) return decimal(value, size >= 1000 ? 0 : 1);
  if (size >= 10) return decimal(value, 2);
  return decimal(value, size >= 1 || size == 0 ? 3 : 4);
}

bool continues_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

}  // namespace

std::string percent(double fraction) { return decimal(100 * fraction, 2); }

std::string percent(const Interval& fractions) {
  return fmt::format("[{}, {}]", percent(fractions.low), percent(fractions.high));
}

std::string change(double fraction) {
  const std::string digits = decimal(100 * fraction, 1);
  const bool zero = digits.find_first_not_of("0.") == std::string::npos;
  return (fraction > 0 && !zero ? "+" : "") + digits;
}

std::string milliseconds(double ns) { return significant(ns / 1e6); }

std::string megabytes(double bytes) {
  const double mb = bytes / 1e6;
  return decimal(mb, mb >= 100 ? 0 : mb >= 10 ? 1 : 2);
}

std::string rate(double per_second) {
  if (!std::isfinite(per_second) || per_second < 1000) return significant(per_second);
  return count(std::llround(std::min(per_second, 1e15)));
}

std::string times(double ratio) { return decimal(ratio, 2) + "×"; }

std::string p_value(double p) {
  if (p < 0.001) return "<0.001";
  return decimal(p, p < 0.1 ? 3 : 2);
}

std::string count(std::int64_t number) {
  const std::string digits = fmt::format("{}", number);
  std::string grouped;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const bool boundary = i > 0 && digits[i - 1] != '-' && (digits.size() - i) % 3 == 0;
    if (boundary) grouped += ',';
    if (digits[i] == '-') {
      grouped += kMinus;
    } else {
      grouped += digits[i];
    }
  }
  return grouped;
}

std::string about(std::int64_t number) {
  std::int64_t unit = 1;
  while (number / unit >= 100) unit *= 10;
  return count((number + unit - 1) / unit * unit);
}

std::string upper(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return result;
}

std::string plural(std::int64_t number, std::string_view noun) {
  const std::string_view ending = number == 1 ? "" : noun.ends_with("ch") ? "es" : "s";
  return fmt::format("{} {}{}", count(number), noun, ending);
}

std::string metric_key(std::string_view name, std::string_view unit) {
  const bool plain = unit.empty() || unit == "fraction" || unit == "images" || unit == "images/s";
  if (plain || name.ends_with("_seconds")) return std::string(name);
  return fmt::format("{}_{}", name, unit);
}

std::string one_line(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < 0x20; }, ' ');
  return printable(line);
}

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&') {
      escaped += "&amp;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else if (c == '>') {
      escaped += "&gt;";
    } else if (c == '"') {
      escaped += "&quot;";
    } else if (c == '\'') {
      escaped += "&#39;";
    } else if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') {
      escaped += c;
    }
  }
  return printable(escaped);
}

std::string escape_markdown(std::string_view raw) {
  const std::string text = one_line(raw);
  static constexpr std::string_view kMarkup = "\\`*<>|~&";
  const auto at = [&](std::size_t i) { return i < text.size() ? text[i] : ' '; };
  const auto is_word = [&](std::size_t i) {
    return std::isalnum(static_cast<unsigned char>(at(i))) != 0;
  };
  std::string escaped;
  for (std::size_t i = 0; i < text.size(); ++i) {
    // An underscore within a word (resnet50_v1) and a bracket that starts no link are no markup.
    const bool emphasis = text[i] == '_' && !(is_word(i - 1) && is_word(i + 1));
    const bool link = text[i] == ']' && (at(i + 1) == '(' || at(i + 1) == ':');
    if (emphasis || link || kMarkup.find(text[i]) != std::string_view::npos) escaped += '\\';
    escaped += text[i];
  }
  return escaped;
}

std::string escape_csv(std::string_view text) {
  if (text.find_first_of("\",\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !continues_code_point(c); }));
}

std::string fit(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  std::string cut;
  std::size_t columns = 0;
  for (const char c : text) {
    if (!continues_code_point(c) && ++columns >= width) break;
    cut += c;
  }
  return cut + "…";
}

std::string fit_end(std::string_view text, std::size_t width) {
  const std::size_t columns = display_width(text);
  if (columns <= width) return std::string(text);
  std::size_t left_out = columns - width + 1;
  std::size_t begin = 0;
  for (; begin < text.size(); ++begin) {
    if (continues_code_point(text[begin])) continue;
    if (left_out-- == 0) break;
  }
  return "…" + std::string(text.substr(begin));
}

std::string describe(Status status) {
  std::string name(to_string(status));
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

std::string describe(const CaseRecord& record) {
  std::string precision = upper(record.precision);
  if (!record.mode.empty()) precision += " " + record.mode;
  if (record.calib_batches > 0) precision += ", " + plural(record.calib_batches, "batch");
  if (!record.quantized_dtype.empty() && record.quantized_dtype != "auto") {
    precision += ", " + record.quantized_dtype;
  }
  return fmt::format("{}, {}, {}, batch {}, {}", record.model, precision, record.backend,
                     record.batch_size, plural(record.threads, "thread"));
}

}  // namespace qbench::text
