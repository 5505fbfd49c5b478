// The database of runs: one SQLite file, one transaction per record.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reports/record/record.h"

namespace qbench {

// Whatever has been put is on disk: killing the process loses at most the record in flight. Several
// processes may write to one file; each waits for the others. One Store is for one thread at a
// time, and must not be used on both sides of a fork.
//
// Every function throws Error, naming the file, when it is no database of qbench, was written by
// a newer qbench, is damaged, cannot be written, or the disk is full. A failed call changes
// nothing.
class Store {
 public:
  enum class Mode {
    create,     // read and write; made when absent, brought up to date when older
    read_only,  // must exist and is never changed, even when older
  };

  static Store open(const std::string& path, Mode mode);
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  // Records `info` as a new run and returns its id; info.id and info.finished are not looked at.
  std::int64_t begin_run(const RunInfo& info);
  void finish_run(std::int64_t run, std::string_view finished);

  // Adds the record to the run, in place of one with the same case_id. Records are read in the
  // order of their positions, equal ones as they were first put.
  void put(std::int64_t run, const CaseRecord& record, std::int64_t position = 0);

  // In place of the verdicts that the run had.
  void put_verdicts(std::int64_t run, std::span<const Verdict> verdicts);

  Run load_run(std::int64_t run) const;
  // The run that began last, of any suite when `suite` is empty; nothing when there is none.
  std::optional<std::int64_t> latest_run(std::string_view suite = {}) const;
  std::vector<RunInfo> list_runs() const;  // oldest first

  // The newest `ok` record with this content id, of any run: what it measured need not be measured
  // again.
  std::optional<CaseRecord> find_reusable(std::string_view case_id) const;

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace qbench
