// The order in which MXNet's ImageRecordIter reads with shuffle=True and no index file.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace qbench {

// Where the iterator's 64 MiB reading windows end, as record numbers. A window starts at a record
// and holds all records before the last one that begins inside it. `offsets` are the records'
// positions in a file of `file_size` bytes.
std::vector<std::int64_t> reading_windows(std::span<const std::uint64_t> offsets,
                                          std::uint64_t file_size,
                                          std::uint64_t window_bytes = std::uint64_t{64} << 20);

// The samples of each window shuffled among themselves by std::mt19937(111 + seed), whose state
// runs on from window to window. The permutation is that of libstdc++'s std::shuffle.
std::vector<std::int64_t> shuffled_order(std::span<const std::int64_t> windows, std::uint32_t seed);

// Every order is as likely as any other (Fisher and Yates); the same for a seed on every machine.
void permute(std::span<std::int64_t> order, std::uint64_t seed);

}  // namespace qbench
