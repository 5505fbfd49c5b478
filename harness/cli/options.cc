#include "harness/cli/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/value_semantic.hpp>
#include <set>

#include "engine/core/error.h"
#include "engine/core/nearest_name.h"
#include "harness/cli/text.h"
#include "harness/suite/values.h"

namespace qbench {
namespace {

namespace po = boost::program_options;

constexpr std::size_t kHelpColumn = 26;

struct Entry {
  std::size_t section = 0;
  std::string name;
  char letter = 0;
  std::string value;  // how help names the value; empty for a flag
  std::string help;
  std::string default_text;
  std::function<void(const std::string&)> assign;
  std::function<void()> clear = [] {};  // of lists: a given list replaces the default
};

std::string with_dashes(std::string_view name) {
  std::string text(name);
  std::ranges::replace(text, '_', '-');
  return text;
}

// "--batch_size=32" -> "--batch-size=32"; the value and what is no option stay.
std::string normalize(const std::string& token) {
  if (!token.starts_with("--")) return token;
  const std::size_t end = std::min(token.find('='), token.size());
  return with_dashes(token.substr(0, end)) + token.substr(end);
}

// "--name=value" -> "name", as Boost's errors call it.
std::string bare_name(const po::error_with_option_name& error) {
  const std::string text = error.get_option_name();
  const std::size_t begin = std::min(text.find_first_not_of('-'), text.size());
  return text.substr(begin, text.find('=') - begin);
}

// An array or a list as it would be typed.
template <class T>
std::string joined(const T& values) {
  return fmt::format("{}", fmt::join(values, ","));
}

// A number below 0 as a default means that there is none.
template <class T>
std::string default_number(T value) {
  return value < 0 ? std::string() : fmt::to_string(value);
}

std::string entry_text(const Entry& entry) {
  const std::string letter = entry.letter == 0 ? "" : fmt::format("-{}, ", entry.letter);
  return letter + "--" + entry.name + (entry.value.empty() ? "" : " " + entry.value);
}

}  // namespace

struct Options::State {
  std::string usage;
  std::string description;
  std::vector<std::string> sections{"Options"};
  std::vector<Entry> entries;
  std::string positional_name;
  std::string positional_help;
  std::vector<std::string>* positional = nullptr;
  std::set<std::string> given;

  void add(Entry entry) {
    entry.name = with_dashes(entry.name);
    entry.section = sections.size() - 1;
    entries.push_back(std::move(entry));
  }

  const Entry& find(const std::string& name) const {
    const auto found = std::ranges::find(entries, name, &Entry::name);
    if (found == entries.end()) throw Error(unknown(name));
    return *found;
  }

  std::string unknown(const std::string& name) const {
    std::vector<std::string_view> names;
    for (const Entry& entry : entries) names.push_back(entry.name);
    const std::string_view nearest = nearest_name(name, names);
    const std::string hint =
        nearest.empty() ? std::string() : fmt::format("; did you mean --{}?", nearest);
    return fmt::format("unknown option --{}{}", name, hint);
  }

  std::string spelled_out(const std::string& token) const;
  std::vector<std::string> mended(std::span<const std::string> arguments) const;
  std::vector<po::option> tokenize(std::span<const std::string> arguments) const;
  void take_positional(const std::vector<std::string>& values) const;
  void take(const po::option& option);
};

Options::Options(std::string usage, std::string description) : state_(std::make_unique<State>()) {
  state_->usage = std::move(usage);
  state_->description = std::move(description);
}

Options::~Options() = default;

void Options::section(const std::string& title) { state_->sections.push_back(title); }

void Options::add(const std::string& name, bool& target, const std::string& help) {
  state_->add({.name = name,
               .value = "",
               .help = help,
               .default_text = target ? "True" : "",
               .assign = [&target](const std::string& text) { target = parse_bool(text); }});
}

void Options::add(const std::string& name, std::string& target, const std::string& value,
                  const std::string& help) {
  state_->add({.name = name,
               .value = value,
               .help = help,
               .default_text = target,
               .assign = [&target](const std::string& text) { target = text; }});
}

void Options::add(const std::string& name, int& target, const std::string& help) {
  state_->add({.name = name,
               .value = "N",
               .help = help,
               .default_text = default_number(target),
               .assign = [&target](const std::string& text) { target = parse_int(text); }});
}

void Options::add(const std::string& name, std::int64_t& target, const std::string& help) {
  state_->add({.name = name,
               .value = "N",
               .help = help,
               .default_text = default_number(target),
               .assign = [&target](const std::string& text) { target = parse_int64(text); }});
}

void Options::add(const std::string& name, double& target, const std::string& help) {
  state_->add({.name = name,
               .value = "X",
               .help = help,
               .default_text = default_number(target),
               .assign = [&target](const std::string& text) { target = parse_double(text); }});
}

void Options::add(const std::string& name, std::vector<std::string>& target,
                  const std::string& value, const std::string& help) {
  state_->add({.name = name,
               .value = value,
               .help = help,
               .default_text = joined(target),
               .assign =
                   [&target](const std::string& text) {
                     for (std::string& item : parse_list(text)) target.push_back(std::move(item));
                   },
               .clear = [&target] { target.clear(); }});
}

void Options::add(const std::string& name, std::vector<int>& target, const std::string& help) {
  state_->add({.name = name,
               .value = "N,...",
               .help = help,
               .default_text = joined(target),
               .assign =
                   [&target](const std::string& text) {
                     for (const std::string& item : parse_list(text))
                       target.push_back(parse_int(item));
                   },
               .clear = [&target] { target.clear(); }});
}

void Options::add(const std::string& name, std::array<float, 3>& target, const std::string& help) {
  state_->add({.name = name,
               .value = "R,G,B",
               .help = help,
               .default_text = joined(target),
               .assign = [&target](const std::string& text) { target = parse_triple(text); }});
}

void Options::letter(const std::string& name, char letter) {
  for (Entry& entry : state_->entries)
    if (entry.name == with_dashes(name)) entry.letter = letter;
}

void Options::positional(const std::string& name, std::vector<std::string>& target,
                         const std::string& help) {
  state_->positional_name = name;
  state_->positional_help = help;
  state_->positional = &target;
}

bool Options::given(const std::string& name) const {
  return state_->given.contains(with_dashes(name));
}

// "-b32", "-b=32" -> "--batch-size=32"; "-b" -> "--batch-size".
std::string Options::State::spelled_out(const std::string& token) const {
  if (token.size() < 2 || token[0] != '-') return normalize(token);
  const auto entry = std::ranges::find(entries, token[1], &Entry::letter);
  if (entry == entries.end()) return normalize(token);
  const std::string value = token.substr(token.size() > 2 && token[2] == '=' ? 3 : 2);
  return "--" + entry->name + (token.size() > 2 ? "=" + value : "");
}

// The arguments so that Boost reads them as they are meant: left alone, it gives a flag the
// positional argument after it, and an option without a value the next option.
std::vector<std::string> Options::State::mended(std::span<const std::string> arguments) const {
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--") {
      tokens.insert(tokens.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i),
                    arguments.end());
      break;
    }
    tokens.push_back(spelled_out(arguments[i]));
    const auto entry = std::ranges::find_if(entries, [&tokens](const Entry& candidate) {
      return tokens.back() == "--" + candidate.name;
    });
    if (entry == entries.end()) continue;
    if (entry->value.empty()) {
      tokens.back() += "=True";
    } else if (i + 1 == arguments.size() || arguments[i + 1].starts_with("--")) {
      throw Error(tokens.back() + ": expected a value");
    } else {
      tokens.push_back(arguments[++i]);
    }
  }
  return tokens;
}

std::vector<po::option> Options::State::tokenize(std::span<const std::string> arguments) const {
  const std::vector<std::string> tokens = mended(arguments);
  po::options_description declared;
  for (const Entry& entry : entries) {
    declared.add_options()(entry.name.c_str(), po::value<std::string>());
  }
  namespace style = po::command_line_style;
  try {
    return po::command_line_parser(tokens)
        .options(declared)
        .style(style::allow_long | style::long_allow_adjacent | style::long_allow_next)
        .run()
        .options;
  } catch (const po::unknown_option& error) {
    throw Error(unknown(bare_name(error)));
  } catch (const po::invalid_command_line_syntax& error) {
    throw Error(fmt::format("--{}: expected a value", bare_name(error)));
  } catch (const po::error& error) {
    throw Error(error.what());
  }
}

void Options::State::take_positional(const std::vector<std::string>& values) const {
  for (const std::string& value : values) {
    if (value.size() > 1 && value.starts_with('-')) {
      throw Error(fmt::format("unknown option {}; options begin with two dashes", value));
    }
    if (positional == nullptr) throw Error(fmt::format("unexpected argument '{}'", value));
    positional->push_back(value);
  }
}

void Options::State::take(const po::option& option) {
  if (option.position_key >= 0) return take_positional(option.value);
  const Entry& entry = find(option.string_key);
  if (given.insert(entry.name).second) entry.clear();
  try {
    entry.assign(option.value.at(0));
  } catch (const Error& error) {
    throw error.at("--" + entry.name);
  }
}

bool Options::parse(std::span<const std::string> arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--") break;
    if (argument == "--help" || argument == "-h") return false;
  }
  for (const po::option& option : state_->tokenize(arguments)) state_->take(option);
  return true;
}

std::string Options::help() const {
  constexpr std::string_view kUsage = "usage: ";
  std::string text =
      fmt::format("{}{}\n\n{}\n", kUsage, wrap(state_->usage, kUsage.size() + 2, kUsage.size()),
                  wrap(state_->description));
  if (state_->positional != nullptr) {
    text += '\n' + two_columns(state_->positional_name, state_->positional_help, kHelpColumn);
  }
  for (std::size_t section = 0; section < state_->sections.size(); ++section) {
    bool titled = false;
    for (const Entry& entry : state_->entries) {
      if (entry.section != section) continue;
      if (!titled) text += fmt::format("\n{}:\n", state_->sections[section]);
      titled = true;
      const std::string shown = entry.default_text.empty()
                                    ? entry.help
                                    : fmt::format("{} [{}]", entry.help, entry.default_text);
      text += two_columns(entry_text(entry), shown, kHelpColumn);
    }
  }
  return text + '\n' +
         wrap("Flags may be written --name or --name=True|False; _ and - are the same in names.") +
         '\n';
}

}  // namespace qbench
