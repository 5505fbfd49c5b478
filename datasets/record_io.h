// RecordIO, the container of .rec files: each record is a magic number, a word with its length and
// its part in a split record, the payload, and zeros up to a multiple of 4 bytes.
//
// A payload that holds the magic number at a multiple of 4 is cut there into parts; the magic is
// left out between them and put back when reading, so that a reader can find record starts
// anywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "datasets/file.h"
#include "engine/core/output_file.h"

namespace qbench {

inline constexpr std::uint32_t kRecordMagic = 0xCED7230A;

// Reads records by number, in file order. All functions may be called from several threads at once.
class RecordReader {
 public:
  // Takes the positions from the .idx file beside `path` when there is one, otherwise from one scan
  // over the record headers. Throws Error naming file and byte when the file is damaged or the
  // index does not fit it.
  explicit RecordReader(const std::string& path);

  std::int64_t size() const { return static_cast<std::int64_t>(offsets_.size()); }
  const std::string& path() const { return file_.path(); }
  std::uint64_t file_size() const { return file_.size(); }
  // Bytes from the start of the file to each record's magic, increasing.
  std::span<const std::uint64_t> offsets() const { return offsets_; }

  std::vector<std::byte> read(std::int64_t index) const;

 private:
  struct Part {
    unsigned flag;         // 0 whole, 1 first, 2 middle, 3 last
    std::uint64_t begin;   // of the payload, in the file
    std::uint64_t length;  // of the payload, in bytes
    std::uint64_t end;     // of the padding, in the file
  };
  Part part_at(std::uint64_t offset) const;
  // Visits the parts of the record at `offset`; returns where the record ends.
  template <class Visit>
  std::uint64_t for_each_part(std::uint64_t offset, Visit visit) const;
  void scan();
  void load_index(const std::string& index_path);

  InputFile file_;
  std::vector<std::uint64_t> offsets_;
};

// Writes PATH.rec and PATH.idx. The files take their names only in finish(): a writer destroyed
// before leaves nothing behind.
class RecordWriter {
 public:
  // `path` ends in ".rec". Throws Error when the files cannot be made.
  explicit RecordWriter(const std::string& path);

  // Appends a record of less than 2^29 bytes, listed in the .idx file under `key`.
  void write(std::uint64_t key, std::span<const std::byte> payload);
  void finish();

 private:
  void write_part(unsigned flag, std::span<const std::byte> payload);

  OutputFile records_;
  OutputFile index_;
};

// The .idx file that belongs to a .rec file: "data/val.rec" -> "data/val.idx".
std::string index_path_of(const std::string& record_path);

}  // namespace qbench
