#include "engine/core/isa.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "engine/core/error.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace qbench {
namespace {

constexpr const char* kVariable = "QBENCH_ISA";

#if defined(__x86_64__)

bool has_avx2() {
  return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
}

bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") != 0 &&
         __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512cd") != 0 &&
         __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0;
}

bool has_avx512_vnni() { return has_avx512() && __builtin_cpu_supports("avx512vnni") != 0; }

// What not every compiler has a name for.
struct Leaf {
  unsigned a = 0, b = 0, c = 0, d = 0;
  explicit Leaf(unsigned subleaf) { __get_cpuid_count(7, subleaf, &a, &b, &c, &d); }
};
bool is_set(unsigned bits, unsigned bit) { return (bits >> bit & 1U) != 0; }

bool has_avx2_vnni() { return has_avx2() && is_set(Leaf(1).a, 4); }

// The operating system has to keep the tiles' registers.
bool has_avx512_amx() {
  const Leaf leaf(0);
  if (!has_avx512_vnni() || !is_set(leaf.d, 24) || !is_set(leaf.d, 25)) return false;
  unsigned low = 0;
  unsigned high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return is_set(low, 17) && is_set(low, 18);
}

#else

bool has_avx2() { return false; }
bool has_avx2_vnni() { return false; }
bool has_avx512() { return false; }
bool has_avx512_vnni() { return false; }
bool has_avx512_amx() { return false; }

#endif

std::vector<Isa> sets_of_processor() {
  std::vector<Isa> sets;
  for (const Isa isa : kIsas) {
    if (processor_has(isa)) sets.push_back(isa);
  }
  return sets;
}

template <class Sets>
std::string names(const Sets& sets) {
  std::vector<std::string_view> list;
  for (const Isa isa : sets) list.push_back(to_string(isa));
  return fmt::format("{}", fmt::join(list, ", "));
}

}  // namespace

std::string_view to_string(Isa isa) {
  switch (isa) {
    case Isa::baseline:
      return "baseline";
    case Isa::avx2:
      return "avx2";
    case Isa::avx2_vnni:
      return "avx2_vnni";
    case Isa::avx512:
      return "avx512";
    case Isa::avx512_vnni:
      return "avx512_vnni";
    case Isa::avx512_amx:
      return "avx512_amx";
  }
  return "baseline";
}

bool processor_has(Isa isa) {
  switch (isa) {
    case Isa::baseline:
      return true;
    case Isa::avx2:
      return has_avx2();
    case Isa::avx2_vnni:
      return has_avx2_vnni();
    case Isa::avx512:
      return has_avx512();
    case Isa::avx512_vnni:
      return has_avx512_vnni();
    case Isa::avx512_amx:
      return has_avx512_amx();
  }
  return false;
}

Isa isa_named(std::string_view name) {
  if (name.empty()) return sets_of_processor().back();
  for (const Isa isa : kIsas) {
    if (to_string(isa) != name) continue;
    if (processor_has(isa)) return isa;
    throw Error(fmt::format("{} is '{}', which this processor does not have, expected one of {}",
                            kVariable, name, names(sets_of_processor())));
  }
  throw Error(fmt::format("{} is '{}', expected one of {}", kVariable, name, names(kIsas)));
}

Isa isa() {
  static const Isa kChosen = [] {
    const char* wanted = std::getenv(kVariable);
    return isa_named(wanted == nullptr ? "" : wanted);
  }();
  return kChosen;
}

}  // namespace qbench
