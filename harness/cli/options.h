// Command-line options of one command: declared once, from which parsing, errors and --help follow.
// `--name=value`, `--name value` and, for flags, `--name` and `--name=True|False` are read; where
// an option has a letter, `-x value`, `-xvalue` and `-x=value` too.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace qbench {

class Options {
 public:
  // `usage` is the line after "usage: ", e.g. "qbench infer [options]".
  Options(std::string usage, std::string description);
  ~Options();

  void section(const std::string& title);  // following options are listed under it

  // The target's value at this moment is the default that --help shows; a number below 0 is not
  // shown.
  void add(const std::string& name, bool& target, const std::string& help);
  void add(const std::string& name, std::string& target, const std::string& value,
           const std::string& help);
  void add(const std::string& name, int& target, const std::string& help);
  void add(const std::string& name, std::int64_t& target, const std::string& help);
  void add(const std::string& name, double& target, const std::string& help);
  void add(const std::string& name, std::vector<std::string>& target, const std::string& value,
           const std::string& help);  // comma separated, may be repeated
  void add(const std::string& name, std::vector<int>& target, const std::string& help);
  void add(const std::string& name, std::array<float, 3>& target, const std::string& help);
  // Another way to write an option that takes a value and has been added.
  void letter(const std::string& name, char letter);
  void positional(const std::string& name, std::vector<std::string>& target,
                  const std::string& help);

  bool given(const std::string& name) const;

  // Throws Error for an unknown option (with the nearest names), a missing or a malformed value.
  // Returns false when --help was asked for; the text is help().
  bool parse(std::span<const std::string> arguments);
  std::string help() const;  // at most 80 columns

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace qbench
