// Creation of oneDNN primitives. Everything that differs between the 2.x and 3.x interfaces of the
// library (descriptors, scales, post-operations) is in primitives.cc; the rest of the room sees
// kernels: what to execute and the layouts it wants.
#pragma once

#include <dnnl.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/backends/onednn/layout.h"
#include "engine/graph/op.h"

namespace qbench::onednn {

struct Kernel {
  dnnl::primitive primitive;
  std::string implementation;
  Desc src;
  Desc weights;
  Desc dst;
  Desc scratchpad;
  int post_ops = 0;  // how many; all else of them does not count in time

  bool is_reference() const { return implementation.find("ref") != std::string::npos; }
};

// What happens between the accumulator and the store:
//   dst = activation_scale * activation(scale[o] * (acc + bias[o]) * data_scale
//                                       + residual_scale * dst)
struct Epilogue {
  std::vector<float> scales;  // one, or one per output channel; empty: 1
  bool data_scale = false;    // a factor known at run time: argument kDataScale, f32 [1]
  std::optional<float> residual_scale;
  DType residual_dtype = DType::f32;
  ActivationSpec activation;
  float activation_scale = 1;
};
// The factor is the first post-operation, so that its argument is always the same.
inline constexpr int kDataScale = DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1;

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
// This and the others that may give nothing: where the library has no such kernel.
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
