// Running a plan allocates nothing. The library itself makes small notes of each execution's
// arguments; they are told apart by who calls operator new.
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

#include "engine/backends/onednn/onednn_backend.h"
#include "tests/engine/backends/small_networks.h"

// Set by the linker: where this program's own code lies.
// NOLINTNEXTLINE(bugprone-reserved-identifier): the linker's name
extern const char __executable_start;
extern const char etext;

namespace {

std::atomic<bool> counting{false};
std::atomic<int> own{0};
std::atomic<std::size_t> largest_of_library{0};

void note(const void* caller, std::size_t bytes) {
  if (!counting) return;
  const auto address = reinterpret_cast<std::uintptr_t>(caller);
  if (address >= reinterpret_cast<std::uintptr_t>(&__executable_start) &&
      address < reinterpret_cast<std::uintptr_t>(&etext)) {
    ++own;
  } else if (bytes > largest_of_library) {
    largest_of_library = bytes;
  }
}

}  // namespace

// Not inlined: the compiler would warn of memory from one allocator freed by another.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  note(__builtin_return_address(0), bytes);
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  note(__builtin_return_address(0), bytes);
  return std::malloc(bytes);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace qbench {
namespace {

struct Counts {
  int own = 0;
  std::size_t largest_of_library = 0;
};

Counts count_allocations(const Graph& graph, int threads, bool observing) {
  CompileOptions options;
  options.threads = threads;
  if (observing) options.observed = {"data"};
  const auto executable = onednn_backend().compile(graph, options);
  const auto size = [&](NodeId id) {
    return static_cast<std::size_t>(graph[id].type.shape.elements());
  };
  const std::vector<float> in(size(graph.inputs()[0]), 0.5F);
  std::vector<float> out(size(graph.outputs()[0]));
  const std::vector<std::span<const float>> inputs = {in};
  const std::vector<std::span<float>> outputs = {out};
  const ObserveFunction look = [](int, std::size_t, std::span<const float>) {};
  executable->run(inputs, outputs);
  own = 0;
  largest_of_library = 0;
  counting = true;
  if (observing) {
    executable->run_observed(inputs, outputs, look);
  } else {
    executable->run(inputs, outputs);
  }
  counting = false;
  return {own, largest_of_library};
}

TEST(OnednnAllocation, CountsWhatThisProgramAllocates) {
  own = 0;
  counting = true;
  const auto memory = std::make_unique<std::vector<int>>(10);
  counting = false;
  EXPECT_GT(own, 0);
}

TEST(OnednnAllocation, RunAllocatesNothing) {
  const std::vector<Graph> networks = [] {
    std::vector<Graph> list;
    for (const bool quantized : {false, true}) {
      list.push_back(squeezenet_like(4, quantized));
      list.push_back(resnet_like(4, quantized));
      list.push_back(mobilenet_like(4, quantized));
    }
    list.push_back(ssd_like(4));
    list.push_back(dynamic_like(4));
    return list;
  }();
  for (const Graph& graph : networks) {
    for (const int threads : {1, 2}) {
      const Counts counts = count_allocations(graph, threads, false);
      EXPECT_EQ(counts.own, 0);
      // Notes, not tensors: the smallest value in these networks is larger.
      EXPECT_LE(counts.largest_of_library, 8192U);
    }
  }
}

TEST(OnednnAllocation, NorDoesObserving) {
  EXPECT_EQ(count_allocations(squeezenet_like(4, false), 2, true).own, 0);
}

}  // namespace
}  // namespace qbench
