// The instruction set that everything here computes with: one switch for the libraries and for our
// own loops.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace qbench {

// Each with all before it, but for avx2_vnni, which no avx512 set needs.
enum class Isa : std::uint8_t {
  baseline,     // what every processor of the architecture has; of x86-64 the library wants SSE4.1
  avx2,         // with FMA
  avx2_vnni,    // 256-bit products of four bytes added up in 32 bits
  avx512,       // F, BW, CD, DQ and VL
  avx512_vnni,  // the same of 512 bits
  avx512_amx,   // tiles of bytes
};
inline constexpr std::array kIsas{Isa::baseline, Isa::avx2,        Isa::avx2_vnni,
                                  Isa::avx512,   Isa::avx512_vnni, Isa::avx512_amx};

std::string_view to_string(Isa isa);

// Whether this processor, and its operating system, have it.
bool processor_has(Isa isa);

// The set of this name, or the largest of this processor for an empty one. Throws Error for a name
// that is none and for a set that the processor lacks.
Isa isa_named(std::string_view name);

// isa_named(environment variable QBENCH_ISA), the same for the life of the process.
Isa isa();

// Whether the set adds products of u8 and s8 straight into 32 bits. Others add two of them in 16
// bits first, which saturate.
constexpr bool has_byte_products(Isa isa) {
  return isa == Isa::avx2_vnni || isa >= Isa::avx512_vnni;
}

}  // namespace qbench
