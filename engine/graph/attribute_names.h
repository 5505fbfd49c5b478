// Names of enumerators in the text form, in the order of their values. Used by print.cc and
// parse.cc only.
#pragma once

#include <array>
#include <string_view>

#include "engine/graph/op.h"

namespace qbench {

template <class Enum>
inline constexpr std::array<std::string_view, 0> kEnumNames{};
template <>
inline constexpr std::array<std::string_view, 6> kEnumNames<ActivationKind> = {
    "none", "relu", "clip", "leaky", "sigmoid", "tanh"};
template <>
inline constexpr std::array<std::string_view, 2> kEnumNames<PoolKind> = {"max", "average"};
template <>
inline constexpr std::array<std::string_view, 3> kEnumNames<L2Mode> = {"channel", "spatial",
                                                                       "instance"};

// What a name or bare word may consist of; other names are written in quotes.
constexpr bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.' || c == '/' || c == '+';
}

}  // namespace qbench
