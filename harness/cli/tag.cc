// qbench tag: names for runs.
#include <fmt/format.h>

#include <algorithm>

#include "engine/core/error.h"
#include "engine/core/nearest_name.h"
#include "harness/cli/commands.h"
#include "harness/cli/options.h"
#include "harness/cli/run_reference.h"
#include "reports/record/tags.h"

namespace qbench {
namespace {

struct Arguments {
  std::vector<std::string> words;
  std::string database = "qbench.sqlite";
  bool remove = false;
};

int list(const Arguments& a, std::FILE* out) {
  for (const Tag& tag : list_tags(a.database)) fmt::print(out, "{:>6}  {}\n", tag.run, tag.name);
  return kExitOk;
}

int remove(const Arguments& a, std::FILE* out) {
  if (a.words.size() != 1)
    throw Error(fmt::format("--delete: expected one tag, found {}", a.words.size()));
  const std::string& name = a.words.front();
  const std::vector<Tag> tags = list_tags(a.database);
  if (std::ranges::find(tags, name, &Tag::name) == tags.end()) {
    std::vector<std::string_view> names;
    for (const Tag& tag : tags) names.emplace_back(tag.name);
    const std::string_view nearest = nearest_name(name, names);
    throw Error(fmt::format("{}: no tag '{}'{}", a.database, name,
                            nearest.empty() ? "; 'qbench tag' lists them"
                                            : fmt::format("; did you mean '{}'?", nearest)));
  }
  remove_tag(a.database, name);
  fmt::print(out, "{} is no tag any more; its run stays\n", name);
  return kExitOk;
}

int put(const Arguments& a, std::FILE* out) {
  if (a.words.size() > 2)
    throw Error(fmt::format("expected a tag and a run, found {} words", a.words.size()));
  const std::string& name = a.words.front();
  check_tag(name);
  const RunReference run =
      resolve_run(a.words.size() == 2 ? a.words[1] : std::string("latest"), a.database);
  if (run.database != a.database)
    throw Error(
        fmt::format("run '{}' is in another file than --database {}", a.words[1], a.database));
  const std::vector<Tag> before = list_tags(a.database);
  const auto moved = std::ranges::find(before, name, &Tag::name);
  put_tag(a.database, {name, run.run});
  const bool was_elsewhere = moved != before.end() && moved->run != run.run;
  fmt::print(out, "{} is run {}{}\n", name, run.run,
             was_elsewhere ? fmt::format(", no longer run {}", moved->run) : "");
  return kExitOk;
}

}  // namespace

int tag_command(std::span<const std::string> arguments, const Streams& streams) {
  Arguments a;
  Options options("qbench tag [NAME [RUN]] [options]",
                  "Gives a run of the database a name that other commands know it by. Without a "
                  "run: the latest. Without a name: lists the tags.");
  options.positional("NAME [RUN]", a.words,
                     "the tag, and the run: number, latest, previous or a tag");
  options.add("database", a.database, "FILE", "records of earlier runs");
  options.add("delete", a.remove, "take the name away again");
  if (!options.parse(arguments)) {
    fmt::print(streams.out, "{}", options.help());
    return kExitOk;
  }
  if (a.remove) return remove(a, streams.out);
  return a.words.empty() ? list(a, streams.out) : put(a, streams.out);
}

}  // namespace qbench
