// What a network's convolutions and fully connected layers cost when nothing else does: each as one
// oneDNN primitive in the layout that the library likes best, the faster of direct and Winograd, in
// the network's order, with weights as cold and activations as warm as in a network.
//   conv_sum SYMBOL PARAMS C,H,W [BATCH] [THREADS] [SECONDS]
// The model may be FP32, which goes through the passes, or a saved INT8 model.
#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <random>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/backends/onednn/layout.h"
#include "engine/backends/onednn/library/library.h"
#include "engine/core/error.h"
#include "engine/formats/formats.h"
#include "engine/passes/passes.h"

namespace qbench::onednn {
namespace {

using Clock = std::chrono::steady_clock;

// One way to compute a layer, its values bound.
struct Contender {
  Kernel kernel;
  std::vector<std::pair<int, dnnl::memory>> arguments;
  std::vector<double> ms;

  double median() {
    std::ranges::sort(ms);
    return ms[ms.size() / 2];
  }
};

struct Layer {
  std::string name;
  std::int64_t macs = 0;
  std::vector<Contender> contenders;

  Contender& best() {
    return *std::ranges::min_element(contenders, {}, [](Contender& c) { return c.median(); });
  }
};

class ConvSum {
 public:
  explicit ConvSum(const Graph& graph)
      : graph_(graph), engine_(dnnl::engine::kind::cpu, 0), stream_(engine_) {
    for (NodeId id = 0; id < graph.size(); ++id) {
      if (std::holds_alternative<Convolution>(graph[id].op)) add_convolution(id);
      if (std::holds_alternative<FullyConnected>(graph[id].op)) add_fully_connected(id);
    }
    for (std::vector<std::byte>& buffer : activations_) buffer.resize(largest_);
    scratch_.resize(largest_scratch_);
    for (std::size_t i = 0; i < layers_.size(); ++i) bind(layers_[i], i % 2);
  }

  void measure(double seconds) {
    const Clock::time_point end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                                     std::chrono::duration<double>(seconds));
    for (int pass = 0; pass < 3 || Clock::now() < end; ++pass) {
      for (std::size_t way = 0; way < 2; ++way) run_pass(way, pass > 0);
    }
  }

  void print(std::int64_t batch) {
    double sum = 0;
    std::int64_t macs = 0;
    for (Layer& layer : layers_) {
      Contender& best = layer.best();
      const double ms = best.median();
      sum += ms;
      macs += layer.macs;
      fmt::print("{:<44} {:9.3f} ms {:8.1f} GOP/s  {}\n", layer.name, ms,
                 2e-6 * static_cast<double>(layer.macs) / ms, best.kernel.implementation);
    }
    fmt::print("{} layers, {:.3f} ms an image, {:.1f} GOP/s, {} threads\n", layers_.size(),
               sum / static_cast<double>(batch), 2e-6 * static_cast<double>(macs) / sum,
               omp_get_max_threads());
  }

 private:
  Epilogue epilogue_of(NodeId id, const ActivationSpec& activation) const {
    Epilogue epilogue;
    epilogue.activation = activation;
    const auto channels = static_cast<std::size_t>(graph_[id].type.shape[1]);
    if (graph_[graph_[id].inputs[0]].type.quant) epilogue.scales.assign(channels, 0.01F);
    return epilogue;
  }

  void add_convolution(NodeId id) {
    const Node& node = graph_[id];
    const auto& op = std::get<Convolution>(node.op);
    Dims weights = to_dims(graph_[node.inputs[1]].type.shape);
    if (op.groups > 1) {
      weights[0] /= op.groups;
      weights.insert(weights.begin(), op.groups);
    }
    const ConvolutionGeometry geometry{.data = to_dims(graph_[node.inputs[0]].type.shape),
                                       .weights = weights,
                                       .result = to_dims(node.type.shape),
                                       .stride = op.stride,
                                       .dilation = op.dilation,
                                       .padding = op.padding};
    Epilogue epilogue = epilogue_of(id, op.activation);
    if (op.has_residual) {
      epilogue.residual_scale = 1.0F;
      epilogue.residual_dtype = graph_[node.inputs.back()].type.dtype;
    }
    const DType data = graph_[node.inputs[0]].type.dtype;
    Layer layer{.name = node.name, .macs = macs_of(id), .contenders = {}};
    for (const auto method : {ConvolutionMethod::direct, ConvolutionMethod::winograd}) {
      auto kernel = make_convolution(engine_, method, geometry, data, node.type.dtype, op.has_bias,
                                     {}, epilogue);
      if (kernel && !kernel->is_reference()) take(layer, *std::move(kernel), op.has_bias);
    }
    if (layer.contenders.empty()) throw Error(node.name + ": no fast kernel");
    layers_.push_back(std::move(layer));
  }

  void add_fully_connected(NodeId id) {
    const Node& node = graph_[id];
    const auto& op = std::get<FullyConnected>(node.op);
    const TensorType& data = graph_[node.inputs[0]].type;
    const Dims flat{data.shape[0], data.shape.elements(1)};
    auto kernel = make_inner_product(engine_, row_major(flat, data.dtype),
                                     to_dims(graph_[node.inputs[1]].type.shape),
                                     row_major(to_dims(node.type.shape), node.type.dtype),
                                     op.has_bias, epilogue_of(id, op.activation));
    if (!kernel) throw Error(node.name + ": no kernel");
    Layer layer{.name = node.name, .macs = macs_of(id), .contenders = {}};
    take(layer, *std::move(kernel), op.has_bias);
    layers_.push_back(std::move(layer));
  }

  std::int64_t macs_of(NodeId id) const {
    const Node& node = graph_[id];
    return node.type.shape.elements() * graph_[node.inputs[1]].type.shape.elements(1);
  }

  void take(Layer& layer, Kernel kernel, bool has_bias) {
    largest_ = std::max({largest_, kernel.src.get_size(), kernel.dst.get_size()});
    largest_scratch_ = std::max(largest_scratch_, kernel.scratchpad.get_size());
    Contender contender{.kernel = std::move(kernel), .arguments = {}, .ms = {}};
    std::ranges::copy(parameter_arguments(engine_, contender.kernel),
                      std::back_inserter(contender.arguments));
    contender.arguments.emplace_back(DNNL_ARG_WEIGHTS, filled(contender.kernel.weights));
    if (has_bias) {
      const Desc bias = row_major({dims_of(contender.kernel.dst)[1]}, DType::f32);
      contender.arguments.emplace_back(DNNL_ARG_BIAS, filled(bias));
    }
    layer.contenders.push_back(std::move(contender));
  }

  // Small numbers, so that no value is denormal or infinite.
  dnnl::memory filled(const Desc& desc) {
    dnnl::memory memory(desc, engine_);
    auto* bytes = static_cast<std::byte*>(memory.get_data_handle());
    if (dtype_of(desc) == DType::f32) {
      std::uniform_real_distribution<float> values(-0.05F, 0.05F);
      auto* reals = reinterpret_cast<float*>(bytes);
      std::generate_n(reals, desc.get_size() / sizeof(float), [&] { return values(random_); });
    } else {
      std::uniform_int_distribution<int> values(0, 100);
      std::generate_n(bytes, desc.get_size(), [&] { return std::byte(values(random_)); });
    }
    return memory;
  }

  void bind(Layer& layer, std::size_t from) {
    for (Contender& c : layer.contenders) {
      c.arguments.emplace_back(DNNL_ARG_SRC,
                               dnnl::memory(c.kernel.src, engine_, activations_[from].data()));
      c.arguments.emplace_back(DNNL_ARG_DST,
                               dnnl::memory(c.kernel.dst, engine_, activations_[1 - from].data()));
      c.arguments.emplace_back(DNNL_ARG_SCRATCHPAD,
                               dnnl::memory(c.kernel.scratchpad, engine_, scratch_.data()));
    }
  }

  // Every layer in its `way`th way, or in its only one.
  void run_pass(std::size_t way, bool counts) {
    for (std::vector<std::byte>& buffer : activations_) std::memset(buffer.data(), 0, largest_);
    for (Layer& layer : layers_) {
      Contender& c = layer.contenders[std::min(way, layer.contenders.size() - 1)];
      const std::unordered_map<int, dnnl::memory> arguments(c.arguments.begin(), c.arguments.end());
      const Clock::time_point start = Clock::now();
      c.kernel.primitive.execute(stream_, arguments);
      const std::chrono::duration<double, std::milli> elapsed = Clock::now() - start;
      if (counts) c.ms.push_back(elapsed.count());
    }
  }

  const Graph& graph_;
  dnnl::engine engine_;
  dnnl::stream stream_;
  std::mt19937 random_;
  std::vector<Layer> layers_;
  std::size_t largest_ = 0;
  std::size_t largest_scratch_ = 0;
  std::vector<std::byte> activations_[2];  // each layer reads one and writes the other
  std::vector<std::byte> scratch_;
};

int run(const std::vector<std::string>& arguments) {
  const auto number = [&](std::size_t i, double otherwise) {
    return arguments.size() > i ? std::atof(arguments[i].c_str()) : otherwise;
  };
  if (arguments.size() < 3) {
    fmt::print(stderr, "usage: conv_sum SYMBOL PARAMS C,H,W [BATCH] [THREADS] [SECONDS]\n");
    return 2;
  }
  std::int64_t c = 0;
  std::int64_t h = 0;
  std::int64_t w = 0;
  if (std::sscanf(arguments[2].c_str(), "%ld,%ld,%ld", &c, &h, &w) != 3)
    throw Error(arguments[2] + ": expected channels,height,width");
  const auto batch = static_cast<std::int64_t>(number(3, 1));
  omp_set_num_threads(static_cast<int>(number(4, 1)));
  Graph graph = import_model({arguments[0], arguments[1]},
                             {.image_shape = Shape{c, h, w}, .batch = 1, .seed = 0});
  const bool quantized = std::ranges::any_of(
      graph.nodes(), [](const Node& node) { return node.type.quant.has_value(); });
  if (!quantized) graph = optimize(graph);
  graph = with_batch(graph, batch);
  ConvSum sum(graph);
  sum.measure(number(5, 3));
  sum.print(batch);
  return 0;
}

}  // namespace
}  // namespace qbench::onednn

int main(int argc, char** argv) {
  try {
    return qbench::onednn::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    fmt::print(stderr, "conv_sum: {}\n", error.what());
    return 2;
  }
}
