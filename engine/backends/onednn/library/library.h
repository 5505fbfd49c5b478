// oneDNN as the rest of the backend sees it: how values lie, and kernels with the layouts they
// want. The library's versions 2 and 3 differ in memory descriptors, in how primitives are
// described and in how they scale; all of that is in version_2.cc and version_3.cc, of which a
// build has the one that suits the library it found. Kernels of both compute the same on integers,
// bit for bit.
#pragma once

#include <cstdint>
#include <dnnl.hpp>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/core/dtype.h"
#include "engine/graph/op.h"

namespace qbench::onednn {

using Desc = dnnl::memory::desc;
using Dims = dnnl::memory::dims;

dnnl::memory::data_type to_dnnl(DType dtype);  // f32, s32, s8, u8; others are an Error
DType dtype_of(const Desc& desc);
Dims dims_of(const Desc& desc);

// Element [i, j, ...] lies at the sum of strides, once the inner blocks are divided out of the
// indices: the last block is the innermost.
struct Blocking {
  struct Block {
    int dim;
    std::int64_t size;
  };
  Dims padded;   // dimensions, rounded up to whole blocks
  Dims strides;  // in elements
  std::vector<Block> blocks;
};
// Of values, not of packed weights, which may hold more than their elements. Nothing where the
// library keeps to itself how they lie.
std::optional<Blocking> blocking_of(const Desc& desc);

// Whether there are kernels for Winograd's algorithm with the instruction set in use.
bool has_winograd();

// f32 values that a kernel reads as a further argument, the same in every run.
struct Parameter {
  int argument;
  Desc desc;
  std::vector<float> values;
};

struct Kernel {
  dnnl::primitive primitive;
  std::string implementation;
  Desc src;
  Desc weights;
  Desc dst;
  Desc scratchpad;
  std::vector<Parameter> parameters{};
  int post_ops = 0;  // how many; all else of them does not count in time

  bool is_reference() const { return implementation.find("ref") != std::string::npos; }
};
// The kernel's parameters as arguments in memory of their own.
std::unordered_map<int, dnnl::memory> parameter_arguments(const dnnl::engine& engine,
                                                          const Kernel& kernel);

// What happens between the accumulator and the store, in this order, each step rounded to f32 and
// the residual's product and sum rounded once:
//   dst = activation_scale * activation(scale[o] * (acc + bias[o]) * data_scale
//                                       + residual_scale * dst)
struct Epilogue {
  std::vector<float> scales;  // one, or one per output channel; empty: 1
  bool data_scale = false;    // a factor known at run time: argument kDataScale, f32 [1, 1, ...]
  std::optional<float> residual_scale;
  DType residual_dtype = DType::f32;
  ActivationSpec activation;
  float activation_scale = 1;
};
extern const int kDataScale;

struct ConvolutionGeometry {
  Dims data;     // NCHW
  Dims weights;  // OIHW, or GOIHW when grouped
  Dims result;   // NCHW
  Extent2d stride;
  Extent2d dilation;
  Padding2d padding;
};

enum class ConvolutionMethod { direct, winograd };

// The layouts of a convolution's data and result; nothing: the library's choice.
struct Layouts {
  std::optional<Desc> data;
  std::optional<Desc> result;
};
// This and the others that may give nothing: where the library has no such kernel. Those that may
// not throw dnnl::error then.
std::optional<Kernel> make_convolution(const dnnl::engine& engine, ConvolutionMethod method,
                                       const ConvolutionGeometry& geometry, DType data_dtype,
                                       DType result_dtype, bool has_bias, const Layouts& layouts,
                                       const Epilogue& epilogue);

// `data` and `weights` of the same rank (2 or 4); weights [O, ...].
std::optional<Kernel> make_inner_product(const dnnl::engine& engine, const Desc& data,
                                         const Dims& weights, const Desc& result, bool has_bias,
                                         const Epilogue& epilogue);

struct PoolGeometry {
  PoolKind kind = PoolKind::max;
  bool count_padding = false;
  Extent2d kernel;
  Extent2d stride;
  Padding2d padding;
};
std::optional<Kernel> make_pool(const dnnl::engine& engine, const PoolGeometry& geometry,
                                const Desc& data, const Dims& result);

// dst = saturate(round(scale * src)), or a copy in another layout.
Kernel make_reorder(const dnnl::engine& engine, const Desc& from, const Desc& to, float scale = 1);

// Into the layout of `a`; dimensions of `b` are 1 or those of `a`. Arguments SRC_0, SRC_1, DST.
std::optional<Kernel> make_binary(const dnnl::engine& engine, dnnl::algorithm algorithm,
                                  const Desc& a, const Desc& b, const ActivationSpec& activation);
Kernel make_activation(const dnnl::engine& engine, const Desc& data, const ActivationSpec& spec);
Kernel make_softmax(const dnnl::engine& engine, const Desc& data, int axis);
Kernel make_lrn(const dnnl::engine& engine, const Desc& data, const Lrn& op);

}  // namespace qbench::onednn
